/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One and the same store to a device, to plain memory, and to data beside code, in
 * turns, and at each for so long that an engine may think again of how to run it.
 */
#include "guest.h"

#define VA	0x40000000u
#define TPR	((volatile uint32_t *)(VA + 0x80))
#define TURNS	3000u

/* a page: code, then data */
asm(".pushsection .text\n"
    ".balign 4096\n"
    "beside:	movl $1, %eax\n"
    "	ret\n"
    "	.balign 4096\n"
    ".popsection");
extern char beside[];

static volatile uint32_t plain[256];

static void __attribute__((noinline)) store(volatile uint32_t *at, uint32_t v)
{
	asm volatile("movl %1, (%0)" : : "r"(at), "r"(v) : "memory");
}

static uint32_t run(void *code)
{
	uint32_t v;

	asm volatile("call *%1" : "=a"(v) : "r"(code) : "memory", "cc");
	return v;
}

static unsigned turn(uint32_t n)
{
	volatile uint32_t *data = (volatile uint32_t *)(beside + 2048);
	uint32_t i, bad = 0;

	for (i = 0; i < TURNS; i++) {
		store(plain + i % 256, i ^ n);
		bad += plain[i % 256] != (i ^ n);
	}
	for (i = 0; i < 100; i++) {
		store(TPR, i << 4 & 0xf0);
		bad += *TPR != (i << 4 & 0xf0);
	}
	for (i = 0; i < 100; i++) {
		store(data + i % 64, i + n);
		store((volatile uint32_t *)(beside + 1), i);	/* its constant */
		bad += data[i % 64] != i + n;
		bad += run(beside) != i;
	}
	return bad;
}

void guest_main(void)
{
	uint32_t n, bad = 0;

	paging_on();
	map(VA, 0xfee00000, PTE_W | 0x18);
	for (n = 0; n < 6; n++)
		bad += turn(n);
	check(!bad, "every store went where it should");
	/* what lay beside code is data alone now */
	for (n = 0; n < TURNS; n++)
		store((volatile uint32_t *)beside + n % 1024, n);
	for (n = 0; n < 1024; n++)
		bad += ((volatile uint32_t *)beside)[n] / 1024 < 1;
	check(!bad, "a page that held code");
}
