/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local APIC: its registers, self interrupts, priorities, its timer.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define APIC	0xfee00000u
#define R(off)	read32(APIC + (off))
#define W(off, v) write32(APIC + (off), v)
#define VEC	0x61

static volatile unsigned count;

static bool take(struct trapframe *tf)
{
	count++;
	W(0xb0, 0);
	return true;
}

static void let_in(void)
{
	sti();
	asm volatile("nop; nop; nop");
	cli();
}

void guest_main(void)
{
	unsigned i, a, b;

	check(cpuid(1).d & 1 << 9, "it is there");
	check((rdmsr(0x1b) & 0xfffff900) == (APIC | 0x900), "its base, enabled, the boot processor");
	check((R(0x30) & 0xff) >= 0x10 && R(0x20) >> 24 == cpuid(1).b >> 24, "version and number");
	W(0xf0, 0x1ff);
	check((R(0xf0) & 0x1ff) == 0x1ff, "switched on");
	W(0x80, 0x20);
	check(R(0x80) == 0x20, "task priority");
	W(0x80, 0);
	handlers[VEC] = take;
	W(0x310, 0);
	W(0x300, 0x40000 | VEC);	/* to ourselves */
	check(count == 0 && R(0x200 + (VEC / 32) * 16) & 1 << VEC % 32, "requested");
	let_in();
	check(count == 1 && !(R(0x200 + (VEC / 32) * 16) & 1 << VEC % 32), "taken");
	W(0x80, 0x70);
	W(0x300, 0x40000 | VEC);
	let_in();
	check(count == 1, "held back by the task priority");
	W(0x80, 0);
	let_in();
	check(count == 2, "let in when it sinks");

	W(0x3e0, 0xb);			/* by 1 */
	W(0x320, VEC);			/* one-shot */
	W(0x380, 0x40000000);
	a = R(0x390);
	check(a && a <= 0x40000000, "the timer runs");
	while ((b = R(0x390)) == a)
		;
	check(b < a, "it counts down");
	W(0x380, 1000000);
	for (i = 0; i < 1000 && count < 3; i++) {
		delay_us(1000);
		let_in();
	}
	check(count == 3, "one-shot: an interrupt");
	delay_us(5000);
	let_in();
	check(count == 3 && R(0x390) == 0, "one");
	W(0x320, 0x20000 | VEC);	/* periodic */
	W(0x380, 1000000);
	for (i = 0; i < 1000 && count < 10; i++)
		asm volatile("sti; hlt; cli");
	check(count >= 10, "periodic: many");
	W(0x320, 0x10000 | VEC);
	W(0x380, 0);
}
