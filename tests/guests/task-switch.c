/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hardware task switch: a target may do without, but must say so.
 * Ends: unsupported
 */
#include "guest.h"

static struct tss other;
static char stack2[4096];
static volatile bool been_there;

static void task(void)
{
	been_there = true;
	asm volatile("ljmp %0, $0" : : "i"(SEL_TSS));
}

void guest_main(void)
{
	other.eip = (word)task;
	other.eflags = FL_ONE;
	other.gpr[4] = (word)stack2 + sizeof(stack2);
	other.seg[0] = other.seg[2] = other.seg[3] = other.seg[4] = other.seg[5] = SEL_KDATA;
	other.seg[1] = SEL_KCODE;
	other.iomap = sizeof(other);
	gdt[FIRST_FREE] = descriptor((word)&other, 0x67, A_TSS, 0);
	asm volatile("ljmp %0, $0" : : "i"(SEL(FIRST_FREE)) : "memory");
	check(been_there, "there and back");
}
