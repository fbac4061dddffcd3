/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ring 3 runs 16-bit code, as old programs do: it is the program's affair, and the
 * kernel goes on whatever it does.
 */
#include "guest.h"

#define CODE16	(SEL(FIRST_FREE) | 3)
#define DATA16	(SEL(FIRST_FREE + 1) | 3)

USERDATA uint16_t words[4] = { 0x1111, 0x2222, 0x3333, 0 };

USER __attribute__((naked)) static void code16(void)
{
	asm volatile(".code16\n"
		     "movw $0x1234, %ax\n"
		     "movw 2(%si), %bx\n"
		     "addw %ax, %bx\n"
		     "pushw %bx\n"
		     "popw 6(%si)\n"
		     "call 2f\n"
		     "1: decw %cx\n"
		     "jnz 1b\n"
		     "pushfw\n"
		     "popw %di\n"
		     "movl $0x12345678, %eax\n"
		     "int $0x80\n"
		     "2: movb $0x77, %dh\n"
		     "ret\n"
		     ".code32");
}

USER __attribute__((naked)) static void faults16(void)
{
	asm volatile(".code16; movw $5, %ax; ud2; .code32");
}

static struct visit run(void (*f)(void), word cx)
{
	struct trapframe tf = user_frame(f, FL_IF);

	gdt[FIRST_FREE] = descriptor((word)f, 0xfff, A_CODE | A_RING3, 0);
	tf.cs = CODE16;
	tf.ip = 0;
	tf.ax = tf.bx = tf.dx = 0xaaaa0000;
	tf.cx = cx;
	tf.ds = DATA16;
	tf.si = 0xbbbb0000;
	return user_run_frame(&tf);
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	gdt[FIRST_FREE + 1] = descriptor((word)words, 0xfffff, A_DATA | A_RING3, F_PAGES | F_32);
	v = run(code16, 0xcccc0003);
	check(v.vector == 0x80 && (v.tf.cs & 0xffff) == CODE16, "to its system call");
	check(v.tf.ax == 0x12345678 && v.tf.bx == 0xaaaa3456 && v.tf.cx == 0xcccc0000 &&
	      v.tf.dx == 0xaaaa7700, "registers keep their upper halves");
	check(words[3] == 0x3456, "16-bit addresses, push and pop");
	check(v.tf.di & FL_ZF && v.tf.di & FL_IF, "flags");
	v = run(faults16, 0);
	check(v.vector == T_UD && v.tf.ip == 3, "an undefined instruction");
	irq_unmask(0);
	pit_start(1000);
	v = run(code16, 0xcccc0000);
	irq_mask_all();
	check(v.vector == 0x80 && v.tf.cx == 0xcccc0000, "a long loop, with a timer");
}
