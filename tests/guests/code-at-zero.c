/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: --user auto
 * Code in the first page, as small teaching kernels link their programs: at address 0,
 * with the stack in the same page.  The host may have no mapping for it; the run goes on,
 * with what there was: other tables, ring 3 elsewhere, interrupts.
 */
#include "guest.h"

extern const char program[], program_end[];

/* 21 more in memory each time */
asm(".section .rodata\n"
    "program:\n\t"
    "pushl $6\n\t"
    "popl %ecx\n"
    "1:\taddl %ecx, 0xf00\n\t"
    "decl %ecx\n\t"
    "jnz 1b\n\t"
    "movl 0xf00, %eax\n\t"
    "testl %esi, %esi\n\t"
    "jnz 2f\n\t"
    "int $0x80\n"
    "2:\tret\n"
    "program_end:\n\t"
    ".text");

static word other[1024] __attribute__((aligned(PAGESIZE)));

static struct visit run_at(word ip, word sp)
{
	struct trapframe tf = user_frame((void (*)(void))ip, FL_IF);

	tf.si = 0;
	tf.sp = sp;
	return user_run_frame(&tf);
}

USER static void elsewhere(void)
{
	volatile unsigned i;

	for (i = 0; i < 1000000; i++)
		;
	user_exit(77);
}

static bool runs(word eax)
{
	struct visit v = run_at(0, PAGESIZE);

	return v.vector == 0x80 && v.tf.ax == eax;
}

static word called(void)
{
	word eax, ebx = 0, ecx;

	asm volatile("call *%%ebx" : "=a"(eax), "+b"(ebx), "=c"(ecx) : "S"(1) : "memory", "cc");
	return eax;
}

void guest_main(void)
{
	char *first = page_new(), *second = page_new();
	struct visit v;
	unsigned ticks;

	paging_on();
	map(0, (word)first, PTE_W | PTE_U);
	page_directory[0] |= PTE_U;
	memcpy(other, page_directory, sizeof(other));
	memcpy(first, program, program_end - program);
	memcpy(second, program, program_end - program);
	cr3_write(cr3_read());
	irq_unmask(0);
	pit_start(1000);
	v = user_run(elsewhere, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 77, "a program elsewhere");
	check(runs(21), "a program at address 0");
	check(runs(42), "again");
	check(called() == 63, "the kernel calls it");
	ticks = irq_count(0);
	v = user_run(elsewhere, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 77, "elsewhere again");
	cr3_write((word)other);
	check(runs(84), "with other tables");
	map(0, (word)second, PTE_W | PTE_U);
	invlpg((void *)0);
	check(runs(21), "another program there");
	cr3_write((word)page_directory);
	check(runs(42), "with the first tables");
	v = user_run(elsewhere, FL_IF);
	check(v.vector == 0x80 && irq_count(0) > ticks, "interrupts come all the time");
	map(0, (word)first, PTE_W);
	invlpg((void *)0);
	v = run_at(0, PAGESIZE);
	check(v.vector == T_PF && !v.addr && v.error == (PF_P | PF_U), "and not when it is the kernel's");
}
