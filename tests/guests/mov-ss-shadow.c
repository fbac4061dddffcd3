/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing comes between a load of ss and the next instruction, which loads esp:
 * for a moment the two do not fit together. */
#include "guest.h"

#define SS2		SEL(FIRST_FREE)

extern char at_mov[], at_pop[];		/* two bytes and one byte long */
static volatile unsigned between;
static char stack[4096] __attribute__((aligned(16)));

static bool timer(struct trapframe *tf)
{
	between += tf->ip == (word)at_mov + 2 || tf->ip == (word)at_pop + 1;
	return false;
}

void guest_main(void)
{
	unsigned i;

	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_DATA, F_PAGES | F_32);
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(5000);
	sti();
	for (i = 0; i < 200000 && irq_count(0) < 200; i++)
		asm volatile("movl %%esp, %%ecx;"
			     "at_mov: movw %w0, %%ss; movl %2, %%esp;"
			     "pushl $7; popl %%edx;"
			     "pushl %1; at_pop: popl %%ss; movl %%ecx, %%esp"
			     : : "r"(SS2), "r"((word)SEL_KDATA), "r"(stack + sizeof(stack))
			     : "ecx", "edx", "memory");
	cli();
	check(irq_count(0) > 0, "interrupts came");
	check(!between, "none between ss and esp");
	check(ss_read() == SEL_KDATA, "we are back");
}
