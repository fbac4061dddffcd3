/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hlt between no-ops and sites looks much like one that stands for a silent site. */
#include "guest.h"

void guest_main(void)
{
	word leak, rounds = 20;

	asm volatile("pushl %ds; pushl %es; pushl %ds; popl %ds; popl %es; popl %ds");
	irq_unmask(0);
	pit_start(500);
	asm volatile("movl %%esp, %%edi;"
		     "1: sti; hlt; pushfl; popl %%eax; cli; decl %1; jnz 1b;"
		     "movl %%edi, %0; subl %%esp, %0; movl %%edi, %%esp"
		     : "=&S"(leak), "+c"(rounds) : : "eax", "edi", "memory", "cc");
	check(!leak, "it pushes nothing");
	check(irq_count(0) >= 20, "and waits each time");
}
