/* SPDX-License-Identifier: GPL-3.0-or-later */
/* popf in ring 0 sets and clears IF, lets what waits in, and keeps the rest. */
#include "guest.h"

void guest_main(void)
{
	word f, g;
	unsigned n;

	cli();
	asm volatile("pushl %2; popfl; pushfl; popl %0; pushl %3; popfl; pushfl; popl %1"
		     : "=&r"(f), "=&r"(g) : "r"((word)(FL_IF | FL_ONE)), "r"((word)FL_ONE));
	check(f == (FL_IF | FL_ONE) && g == FL_ONE, "popfl sets and clears IF");
	asm volatile("pushw %w2; popfw; pushfl; popl %0; pushw %w3; popfw; pushfl; popl %1"
		     : "=&r"(f), "=&r"(g) : "r"((word)(FL_IF | FL_ONE)), "r"((word)FL_ONE));
	check(f == (FL_IF | FL_ONE) && g == FL_ONE, "popfw sets and clears IF");
	flags_write(FL_ONE | FL_ARITH | FL_DF | FL_IOPL | FL_NT | FL_ID | 0x40000);
	f = flags_read();
	flags_write(FL_ONE);
	check(f == (FL_ONE | FL_ARITH | FL_DF | FL_IOPL | FL_NT | FL_ID | 0x40000),
	      "every flag that ring 0 may set");
	asm volatile("pushl %1; popfl; pushw $2; popfw; pushfl; popl %0"
		     : "=r"(f) : "r"((word)(FL_ONE | FL_ID | FL_NT)));
	flags_write(FL_ONE);
	check(f == (FL_ONE | FL_ID), "popfw leaves the upper half");

	irq_unmask(0);
	pit_once(100);
	while (!irq_waits(0))
		;
	n = irq_count(0);
	flags_write(FL_ONE | FL_IF);
	flags_write(FL_ONE);
	check(!n && irq_count(0) == 1, "popf lets a waiting interrupt in");
}
