/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selectors of a local descriptor table, and what its absence does. */
#include "guest.h"

static uint64_t ldt[4] __attribute__((aligned(8)));
static uint32_t data[2] = { 0x11223344, 0x55667788 };

#define LDT_DATA	0x0c		/* slot 1, TI */
#define LDT_CODE	0x14
#define LDT_SHORT	0x1c

void guest_main(void)
{
	uint32_t v;
	word sel;

	ldt[1] = descriptor((word)data, 0xfff, A_DATA, F_32);
	ldt[2] = descriptor(0, 0xfffff, A_CODE, F_PAGES | F_32);
	gdt[FIRST_FREE] = descriptor((word)ldt, 3 * 8 - 1, A_LDT, 0);
	gdt[FIRST_FREE + 1] = descriptor((word)ldt, 4 * 8 - 1, A_LDT & ~0x80, 0);

	check(faulted(TRY("mov %w1, %%fs", "r"(LDT_DATA)), T_GP, LDT_DATA),
	      "without one, every selector of it is bad");
	lldt(SEL(FIRST_FREE));
	fs_write(LDT_DATA);
	asm volatile("movl %%fs:4, %0" : "=r"(v));
	check(fs_read() == LDT_DATA && v == 0x55667788, "data through it");
	asm volatile("ljmp %1, $1f; 1: movl %%cs, %0; ljmp %2, $2f; 2:"
		     : "=r"(sel) : "i"(LDT_CODE), "i"(SEL_KCODE));
	check((sel & 0xffff) == LDT_CODE, "code through it");
	check(faulted(TRY("mov %w1, %%gs", "r"(LDT_SHORT)), T_GP, LDT_SHORT),
	      "beyond its limit");
	lldt(0);
	asm volatile("movl %%fs:0, %0" : "=r"(v));
	check(v == 0x11223344, "what was loaded stays loaded without it");
	fs_write(0);
	check(faulted(TRY("mov %w1, %%fs", "r"(LDT_DATA)), T_GP, LDT_DATA),
	      "but cannot be loaded again");
	check(faulted(TRY("lldt %w1", "r"(SEL(FIRST_FREE + 1))), T_NP, SEL(FIRST_FREE + 1)),
	      "lldt of one that is not present");
	check(faulted(TRY("lldt %w1", "r"(SEL_KDATA)), T_GP, SEL_KDATA), "lldt of data");
	check(faulted(TRY("lldt %w1", "r"(LDT_DATA)), T_GP, LDT_DATA), "lldt of a local one");
	fs_write(0);
}
