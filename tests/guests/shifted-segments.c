/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel code in segments whose base is not zero: kernels that are linked high
 * run so before paging is on.
 */
#include "guest.h"

#define SHIFT	0x40000000u
#define CODE	SEL(FIRST_FREE)
#define DATA	SEL(FIRST_FREE + 1)

static volatile struct {
	word f_cli, f_sti, cs, ds, cr0, in, count;
} saw;

/* Runs at its own linear address, but every offset is SHIFT less: so it names
 * memory by labels minus SHIFT, as a linker would have done. */
#define AT(x) "(" x " - 0x40000000)"

static bool timer(struct trapframe *tf)
{
	return false;
}

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor(SHIFT, 0xfffff, A_CODE, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(SHIFT, 0xfffff, A_DATA, F_PAGES | F_32);
	handlers[IRQ_VECTOR(0)] = timer;
	asm volatile("movl %%esp, %%ebp; movl %0, %%eax;"
		     "ljmp %1, $" AT("1f") "; 1:"
		     "movw %%ax, %%ds; movw %%ax, %%es; movw %%ax, %%ss; leal -0x40000000(%%ebp), %%esp;"
		     "cli; pushfl; popl " AT("saw") ";"
		     "movl %%cs, %%eax; movl %%eax, " AT("saw + 8") ";"
		     "movl %%ds, %%eax; movl %%eax, " AT("saw + 12") ";"
		     "movl %%cr0, %%eax; movl %%eax, " AT("saw + 16") ";"
		     "movl $0x3ff, %%edx; movb $0x3c, %%al; outb %%al, %%dx; xorl %%eax, %%eax; inb %%dx, %%al;"
		     "movl %%eax, " AT("saw + 20") ";"
		     "sti; pushfl; popl " AT("saw + 4") "; cli;"
		     "movw %2, %%ax; ljmp %3, $2f; 2:"
		     "movw %%ax, %%ds; movw %%ax, %%es; movw %%ax, %%ss; movl %%ebp, %%esp"
		     : : "i"(DATA), "i"(CODE), "i"(SEL_KDATA), "i"(SEL_KCODE)
		     : "eax", "edx", "ebp", "memory");
	check(!(saw.f_cli & FL_IF) && saw.f_sti & FL_IF, "cli, sti, pushf");
	check((saw.cs & 0xffff) == CODE && (saw.ds & 0xffff) == DATA, "mov from cs and ds");
	check(saw.cr0 == cr0_read(), "mov from cr0");
	check(saw.in == 0x3c, "out, in");
}
