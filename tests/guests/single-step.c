/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trap flag: a #DB behind each instruction, also behind those that a
 * hypervisor meddles with.  (A site may have no-ops behind it, which are steps of
 * their own: so no total is checked there.) */
#include "guest.h"

#define MAX	64
static volatile unsigned steps;
static volatile word where[MAX];
extern char step_1[], step_2[], step_3[], step_4[], step_5[],
	step_6[], step_7[], step_8[];

static bool debug(struct trapframe *tf)
{
	if (steps < MAX)
		where[steps++] = tf->ip;
	return true;
}

static unsigned visits(const char *p)
{
	unsigned i, n = 0;

	for (i = 0; i < steps; i++)
		n += where[i] == (word)p;
	return n;
}

void guest_main(void)
{
	uint8_t table[8];
	word f;

	handlers[1] = debug;
	/* One more step than meets the eye: popf sets TF, and the first #DB comes
	 * behind the instruction after it. */
	asm volatile("pushfl; orl $0x100, (%%esp); popfl;"
		     "movl $5, %%ecx; step_1: movl $5, %%ecx; step_2: incl %%ecx; step_3:"
		     "xorl %%ecx, %%ecx;"
		     "pushfl; andl $~0x100, (%%esp); popfl"
		     : : : "ecx", "memory", "cc");
	check(visits(step_1) == 1 && visits(step_2) == 1 && visits(step_3) == 1,
	      "once behind each instruction");
	check(!(flags_read() & 0x100), "popf ends it");
	steps = 0;
	asm volatile("nop; nop; nop");
	check(steps == 0, "ended");

	asm volatile("pushfl; orl $0x100, (%%esp); popfl;"
		     "nop; cli; nop; step_4: pushfl; popl %0; step_5: nop;"
		     "pushl %0; andl $~0x100, (%%esp); popfl"
		     : "=r"(f) : : "memory", "cc");
	check(visits(step_4) == 1 && visits(step_5) == 1, "across cli and pushf");
	check(f & 0x100, "pushf shows the trap flag");

	steps = 0;
	asm volatile("pushfl; orl $0x100, (%%esp); popfl;"
		     "movl %%ds, %%eax; movl %%eax, %%ds; nop; step_6: nop;"
		     "movl $0x3ff, %%edx; inb %%dx, %%al; nop; step_7: nop;"
		     "sgdt %0; movl %%cr0, %%eax; movl %%eax, %%cr0; nop; step_8: nop;"
		     "pushfl; andl $~0x100, (%%esp); popfl"
		     : "=m"(table) : : "eax", "edx", "memory", "cc");
	check(visits(step_6) == 1 && visits(step_7) == 1 && visits(step_8) == 1,
	      "across what a monitor does");
}
