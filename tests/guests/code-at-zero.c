/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments: no, code in the first pages cannot run where the host maps nothing there
 * Ring 3 starts at linear address 0, as programs of small teaching kernels do, with its
 * stack in the same page; and code goes on from the last address to the first.
 */
#include "guest.h"

#define STACK_ARG	(PAGESIZE - 4)

extern const char program[], program_end[];

/* push $6; pop %ecx; 1: add %ecx, (STACK_ARG); loop 1b; push ...; int $0x80 */
asm(".section .rodata\n"
    "program:\n\t"
    "pushl $6\n\t"
    "popl %ecx\n"
    "1:\taddl %ecx, 0xff0\n\t"
    "decl %ecx\n\t"
    "jnz 1b\n\t"
    "movl 0xff0, %eax\n\t"
    "int $0x80\n"
    "program_end:\n\t"
    ".text");

static struct visit run_at(word ip, word sp)
{
	struct trapframe tf = user_frame((void (*)(void))ip, FL_IF);

	tf.sp = sp;
	return user_run_frame(&tf);
}

void guest_main(void)
{
	char *first = page_new();
	struct visit v;

	paging_on();
	map(0, (word)first, PTE_W | PTE_U);
	page_directory[0] |= PTE_U;
	invlpg((void *)0);
	memcpy(first, program, program_end - program);
	v = run_at(0, PAGESIZE);
	check(v.vector == 0x80 && v.tf.ax == 21, "a program at address 0");
	v = run_at(0, PAGESIZE);
	check(v.vector == 0x80 && v.tf.ax == 42, "again");
}
