/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sti opens only after the next instruction. */
#include "guest.h"

static unsigned count;

static void wait(void)
{
	cli();
	pit_once(100);
	while (!irq_waits(0))
		;
	count = irq_count(0);
	trap_ip[IRQ_VECTOR(0)] = 0;
}

extern char behind_nop[], behind_mov[];

void guest_main(void)
{
	word x;

	irq_unmask(0);
	wait();
	asm volatile("sti; cli; nop; nop" : : : "memory");
	check(irq_count(0) == count, "sti; cli lets nothing in");
	asm volatile("sti; nop; behind_nop: cli" : : : "memory");
	check(irq_count(0) == count + 1 && trap_ip[IRQ_VECTOR(0)] == (word)behind_nop,
	      "sti; nop: after the nop");
	wait();
	asm volatile("sti; mov $1, %0; behind_mov: nop; cli" : "=r"(x) : : "memory");
	check(irq_count(0) == count + 1 && trap_ip[IRQ_VECTOR(0)] == (word)behind_mov &&
	      x == 1, "sti; mov: after the mov");
	/* sti when interrupts are on already has no shadow to speak of. */
	wait();
	asm volatile("sti; sti; nop; cli" : : : "memory");
	check(irq_count(0) == count + 1, "sti; sti: once");
	/* The shadow must not outlive its instruction. */
	wait();
	asm volatile("sti; pushfl; popl %0; cli" : "=r"(x) : : "memory");
	check(irq_count(0) == count + 1 && x & FL_IF, "sti; pushf");
}
