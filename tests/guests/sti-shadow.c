/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sti opens only after the next instruction.  Here it is written as a byte, so
 * that no post-processor knows of it or puts a no-op behind it.
 */
#include "guest.h"

static unsigned count;
extern char behind_nop[], behind_mov[];

static void wait(void)
{
	cli();
	pit_once(100);
	while (!irq_waits(0))
		;
	count = irq_count(0);
	trap_ip[IRQ_VECTOR(0)] = 0;
}

static bool came(const char *behind)
{
	return irq_count(0) == count + 1 &&
		(!behind || trap_ip[IRQ_VECTOR(0)] == (word)behind);
}

void guest_main(void)
{
	word x;

	irq_unmask(0);
	wait();
	asm volatile(".byte 0xfb, 0xfa; nop; nop" : : : "memory");
	check(irq_count(0) == count, "sti; cli lets nothing in");
	asm volatile(".byte 0xfb; nop; behind_nop: cli" : : : "memory");
	check(came(behind_nop), "sti; nop: behind the nop");
	wait();
	asm volatile(".byte 0xfb; mov $1, %0; behind_mov: nop; cli" : "=r"(x) : : "memory");
	check(came(behind_mov) && x == 1, "sti; mov: behind the mov");
	wait();
	asm volatile(".byte 0xfb, 0xfb; nop; cli" : : : "memory");
	check(came(NULL), "sti; sti");
	wait();
	asm volatile(".byte 0xfb; pushfl; popl %0; cli" : "=r"(x) : : "memory");
	check(came(NULL) && x & FL_IF, "sti; pushf");
	/* As compilers and post-processors see it: one way or the other it comes. */
	wait();
	sti();
	asm volatile("nop");
	cli();
	check(came(NULL), "sti; nop; cli");
	wait();
	asm volatile("call 1f; jmp 2f; 1: sti; ret; 2: cli" : : : "memory");
	check(came(NULL), "sti; ret");
}
