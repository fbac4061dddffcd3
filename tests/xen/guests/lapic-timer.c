/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local APIC by its registers in memory: self-IPIs and its timer; the 8254
 * beside it. */
#include "guest64.h"

#define APIC	(KERNBASE + 0x30000000)

static volatile unsigned got[3], order[4], n;

static uint32_t apic_read(unsigned r)
{
	uint32_t v;

	asm volatile("movl (%1), %0" : "=r"(v) : "r"(APIC + r) : "memory");
	return v;
}

static void apic_write(unsigned r, uint32_t v)
{
	asm volatile("movl %0, (%1)" : : "r"(v), "r"(APIC + r) : "memory");
}

static bool took(struct trapframe *tf)
{
	got[(tf->vector >> 4) - 5]++;
	if (n < 4)
		order[n++] = (unsigned)tf->vector;
	apic_write(0xb0, 0);
	return true;
}

static void wait_for(volatile unsigned *what, unsigned count)
{
	while (*what < count)
		asm volatile("sti; hlt; cli" : : : "memory");
}

void guest_main(void)
{
	unsigned i;

	vm_map(kernel_root, APIC, 0xfee00000, PTE_W | PTE_NX | 0x10);
	handlers[0x51] = handlers[0x61] = handlers[0x71] = took;
	check((apic_read(0x30) & 0xff) >= 0x10, "version");
	apic_write(0xf0, 0x1ff);
	apic_write(0x80, 0);
	cli();
	apic_write(0x310, 0);
	apic_write(0x300, 0x00040051);
	apic_write(0x300, 0x00040071);
	check(!n, "with interrupts off none comes");
	check(apic_read(0x200 + 0x20) & 1 << (0x51 & 31) && apic_read(0x230) & 1 << (0x71 & 31),
	      "both are requested");
	sti();
	asm volatile("nop");
	cli();
	check(n == 2 && order[0] == 0x71 && order[1] == 0x51, "both come, the higher first");
	apic_write(0x80, 0x70);
	apic_write(0x300, 0x00040061);
	sti();
	asm volatile("nop; nop");
	cli();
	check(!got[1], "the task priority holds one back");
	apic_write(0x80, 0);
	sti();
	asm volatile("nop; nop");
	cli();
	check(got[1] == 1, "and lets it go");

	got[0] = 0;
	apic_write(0x3e0, 3);
	apic_write(0x320, 0x51);
	apic_write(0x380, 100000);
	wait_for(&got[0], 1);
	check(got[0] == 1 && !apic_read(0x390), "its timer, once");
	apic_write(0x320, 0x20051);
	apic_write(0x380, 100000);
	wait_for(&got[0], 6);
	check(got[0] >= 6, "again and again");
	apic_write(0x380, 0);
	i = got[0];

	irq_unmask(0);
	pit_start(1193);
	while (irq_count(0) < 5)
		asm volatile("sti; hlt; cli" : : : "memory");
	check(got[0] - i <= 1, "the 8254 ticks, the APIC's timer is stopped");
}
