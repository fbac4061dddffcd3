/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pushf shows the interrupt flag as it is, in each form and place. */
#include "guest.h"

void guest_main(void)
{
	word f, g;
	uint16_t h;

	cli();
	asm volatile("pushfl; popl %0" : "=r"(f));
	check(!(f & FL_IF), "pushfl after cli");
	asm volatile("pushfw; popw %0" : "=r"(h));
	check(!(h & FL_IF) && h & FL_ONE, "pushfw after cli");
	sti();
	asm volatile("pushfl; popl %0" : "=r"(f));
	asm volatile("pushfw; popw %0" : "=r"(h));
	cli();
	check(f & FL_IF && h & FL_IF, "both after sti");
	asm volatile("pushfl; movl (%%esp), %0; addl $4, %%esp" : "=r"(f) : : "cc");
	check(!(f & FL_IF), "read in place");
	asm volatile("sti; pushfl; cli; pushfl; popl %0; popl %1" : "=r"(g), "=r"(f));
	check(f & FL_IF && !(g & FL_IF), "two on the stack");
	asm volatile("stc; pushfl; popl %0; clc; pushfl; popl %1" : "=r"(f), "=r"(g));
	check(f & FL_CF && !(g & FL_CF), "the carry is the guest's own");
	check((f & ~(word)(FL_ARITH | FL_ONE)) == 0, "nothing else is set");
}
