/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * More code than anyone keeps: half a million functions, made at run time, called
 * in order, in another order, changed, and called again; some call others.
 */
#include "guest.h"

#define CODE	0x1000000u
#define STEP	16
#define COUNT	500000u

/* mov $n, %eax; ret; every 16th: call the one before; inc %eax; ret */
static void make(unsigned n)
{
	volatile uint8_t *p = (uint8_t *)(CODE + n * STEP);
	uint32_t v = n % 16 == 15 ? (uint32_t)(-STEP - 5) : n * 3;

	p[0] = n % 16 == 15 ? 0xe8 : 0xb8;
	*(volatile uint32_t *)(p + 1) = v;
	p[5] = n % 16 == 15 ? 0x40 : 0xc3;
	p[6] = 0xc3;
}

static word result(unsigned n)
{
	return n % 16 == 15 ? (n - 1) * 3 + 1 : n * 3;
}

static unsigned call(unsigned n)
{
	word r;

	asm volatile("call *%1" : "=a"(r) : "r"(CODE + n * STEP) : "ecx", "edx", "memory");
	return r;
}

void guest_main(void)
{
	unsigned n, k, wrong = 0;

	for (n = 0; n < COUNT; n++)
		make(n);
	for (n = 0; n < COUNT; n++)
		wrong += call(n) != result(n);
	check(!wrong, "in order");
	for (n = 0, k = 1; n < 100000; n++, k = (k * 7919u + 12345) % COUNT)
		wrong += call(k) != result(k);
	check(!wrong, "in disorder");
	for (n = 7; n < COUNT; n += 4096 / STEP * 3)	/* one of many pages each */
		((volatile uint8_t *)(CODE + n * STEP))[4] = 0x77;
	for (n = 7; n < COUNT; n += 4096 / STEP * 3)
		wrong += call(n) != (result(n) | 0x77000000);
	check(!wrong, "changed here and there");
	for (n = COUNT - 1; n > COUNT - 200000; n--)
		wrong += call(n) != result(n) && n % 768 != 7;
	check(!wrong, "backwards");
}
