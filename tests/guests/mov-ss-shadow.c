/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing comes between a load of ss and the next instruction, which loads esp:
 * for a moment the two do not fit together. */
#include "guest.h"

#define SS2		SEL(FIRST_FREE)

extern char mov_between[], pop_between[];
static volatile unsigned between;
static char stack[4096] __attribute__((aligned(16)));

static bool timer(struct trapframe *tf)
{
	between += tf->ip == (word)mov_between || tf->ip == (word)pop_between;
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
			     "movw %w0, %%ss; mov_between: movl %2, %%esp;"
			     "pushl $7; popl %%edx;"
			     "pushl %1; popl %%ss; pop_between: movl %%ecx, %%esp"
			     : : "r"(SS2), "r"((word)SEL_KDATA), "r"(stack + sizeof(stack))
			     : "ecx", "edx", "memory");
	cli();
	check(irq_count(0) > 0, "interrupts came");
	check(!between, "none between ss and esp");
	check(ss_read() == SEL_KDATA, "we are back");
}
