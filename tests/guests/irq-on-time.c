/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An interrupt comes at the first moment that it may: after iret, after popf, and
 * right away when interrupts are on.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define APIC	0xfee00000u
#define VEC	0x61

extern char iret_target[], before_popf[];

static bool take(struct trapframe *tf)
{
	write32(APIC + 0xb0, 0);
	return true;
}

static void request(void)
{
	write32(APIC + 0x300, 0x40000 | VEC);
}

void guest_main(void)
{
	unsigned i, n, late = 0;
	word at;

	write32(APIC + 0xf0, 0x1ff);
	handlers[VEC] = take;
	cli();
	request();
	asm volatile("pushl %0; pushl %1; pushl $iret_target; iret; iret_target: nop; cli"
		     : : "r"((word)(FL_IF | FL_ONE)), "i"(SEL_KCODE) : "memory", "cc");
	check(trap_count[VEC] == 1 && trap_ip[VEC] == (word)iret_target, "iret: at its target");
	request();
	asm volatile("pushl %0; before_popf: popfl; nop; cli"
		     : : "r"((word)(FL_IF | FL_ONE)) : "memory", "cc");
	at = trap_ip[VEC] - (word)before_popf;
	check(trap_count[VEC] == 2 && at >= 1 && at < 16, "popf: behind it");
	sti();
	for (i = 0; i < 1000; i++) {
		n = trap_count[VEC];
		request();
		for (at = 0; at < 1000 && trap_count[VEC] == n; at++)
			asm volatile("nop");
		late += trap_count[VEC] == n;
	}
	cli();
	check(!late && trap_count[VEC] == 1002, "at once, a thousand times");
	request();
	for (at = 0; at < 10000; at++)
		asm volatile("nop");
	check(trap_count[VEC] == 1002, "not before it may");
	sti();
	asm volatile("nop; nop");
	cli();
	check(trap_count[VEC] == 1003, "but then");
}
