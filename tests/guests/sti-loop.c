/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sti, and then a loop of one instruction, as kernels end their start: its interrupts
 * come all the same. */
#include "guest.h"

static volatile word left, at;
extern char loop_1[], loop_2[], loop_3[];

static bool leave(struct trapframe *tf)
{
	if (left)
		at = tf->ip;
	outb(PORT_PIC1, 0x20);
	if (left && !--left)	/* one more may come before cli */
		tf->ip = tf->bx;
	return true;
}

#define LOOP(label, how)						\
	do {								\
		left = 5;						\
		at = 0;							\
		asm volatile("movl $1f, %%ebx; xorl %%ecx, %%ecx; sti; " label how "1: cli"	\
			     : : : "ebx", "ecx", "memory");		\
		check(!left, "interrupts of a loop: " how);		\
	} while (0)

void guest_main(void)
{
	handlers[IRQ_VECTOR(0)] = leave;
	irq_unmask(0);
	pit_start(200);
	LOOP("loop_1: ", "jmp loop_1;");
	check(at == (word)loop_1, "it was there");
	LOOP("loop_2: ", "loop loop_2;");
	LOOP("loop_3: ", ".byte 0xeb, 0xfe;");
	left = 5;
	asm volatile("movl $1f, %%ebx; .byte 0xfb, 0xeb, 0xfe; 1: cli" : : : "ebx", "memory");
	check(!left, "and one of which nobody knows");
}
