/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No step is lost or done twice where interrupts come at any moment. */
#include "guest.h"

#define FL_TF	0x100
#define ROUNDS	40000u

static volatile unsigned dbs, strange;
extern char from[], to[];

static bool step(struct trapframe *tf)
{
	dbs++;
	strange += tf->ip < (word)from || tf->ip > (word)to;
	if (tf->ip == (word)to)
		tf->flags &= ~FL_TF;
	return true;
}

void guest_main(void)
{
	word c = ROUNDS, sum = 0, flags = FL_ONE | FL_IF | FL_TF;

	handlers[1] = step;
	irq_unmask(0);
	pit_start(5000);
	sti();		/* nobody knows of the popf */
	asm volatile("pushl %2; .byte 0x9d; nop\n"
		     "from: incl %1; pushl %0; popl %0; decl %0; jnz from\n to: cli"
		     : "+r"(c), "+r"(sum) : "r"(flags) : "memory", "cc");
	check(dbs == 5 * ROUNDS + 1 && !strange, "each step once");
	check(c == 0 && sum == ROUNDS, "each instruction once");
	check(irq_count(0) > 10, "interrupts came");
}
