/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual-8086 mode: a target may do without, but must say so.
 * Ends: unsupported
 */
#include "guest.h"

static bool back(struct trapframe *tf)
{
	check(tf->flags & 0x20000 && (tf->cs & 0xffff) == 0x1000 && tf->ip == 0,
	      "hlt there is #GP here");
	guest_end();
}

void guest_main(void)
{
	/* ip cs flags, sp ss, es ds fs gs */
	static word frame[9] = { 0, 0x1000, 0x20000 | FL_ONE, 0x1000, 0x1000 };

	write8(0x10000, 0xf4);		/* hlt, at 1000:0 */
	tss.esp0 = (word)page_new() + PAGESIZE;
	handlers[T_GP] = back;
	asm volatile("movl %0, %%esp; iret" : : "r"(frame) : "memory");
	check(false, "not reached");
}
