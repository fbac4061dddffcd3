/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trap flag: one #DB an instruction, behind it, also across those that a
 * hypervisor meddles with. */
#include "guest.h"

static volatile unsigned steps;
static volatile word where[16];
static volatile word flags_seen;
extern char step_1[], step_2[], step_3[], step_4[], step_5[], step_6[];

static bool debug(struct trapframe *tf)
{
	if (steps < 16)
		where[steps] = tf->ip;
	flags_seen = tf->flags;
	steps++;
	return true;
}

void guest_main(void)
{
	word f;

	handlers[1] = debug;
	asm volatile("pushfl; orl $0x100, (%%esp); popfl;"
		     "nop; step_1: movl $5, %%ecx; step_2: incl %%ecx; step_3:"
		     "pushfl; step_4: popl %0; step_5: andl $~0x100, %0; pushl %0; popfl; step_6:"
		     : "=r"(f) : : "ecx", "memory", "cc");
	check(steps >= 3 && where[0] == (word)step_1 && where[1] == (word)step_2 &&
	      where[2] == (word)step_3, "one after each instruction");
	check(where[3] == (word)step_4 && where[4] == (word)step_5, "across pushf and pop");
	check(steps == 8 && where[7] == (word)step_6, "popf that ends it is the last");
	check(!(flags_read() & 0x100), "ended");

	steps = 0;
	asm volatile("pushfl; orl $0x100, (%%esp); popfl; nop; cli; nop; pushfl; andl $~0x100, (%%esp); popfl"
		     : : : "memory", "cc");
	check(steps == 6, "across cli");
}
