/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accessed and dirty bits: set when, and only when, they should be. */
#include "guest.h"

#define VA	0x40000000

static bool bits(word want)
{
	return (*pte(VA) & (PTE_A | PTE_D)) == want;
}

void guest_main(void)
{
	word page = (word)page_new();
	uint32_t *pde = &page_directory[VA >> 22];

	paging_on();
	map(VA, page, PTE_W);
	*pde &= ~PTE_A;
	cr3_write(cr3_read());
	check(bits(0), "clear at first");
	(void)read32(VA);
	check(bits(PTE_A) && *pde & PTE_A, "a read sets accessed, in the directory too");
	write32(VA, 1);
	check(bits(PTE_A | PTE_D), "a write sets dirty");
	*pte(VA) &= ~PTE_D;
	invlpg((void *)VA);
	(void)read32(VA);
	check(bits(PTE_A), "cleared, a read does not set dirty");
	write32(VA, 2);
	check(bits(PTE_A | PTE_D), "a write does, again");
	*pte(VA) &= ~(PTE_A | PTE_D);
	invlpg((void *)VA);
	asm volatile("lock; orl $0, 0x40000000" : : : "memory");
	check(bits(PTE_A | PTE_D), "a locked change sets both");
	*pte(VA) &= ~(PTE_A | PTE_D);
	cr3_write(cr3_read());
	check(TRY("movl $1, 0x40001000", "r"(0)) == T_PF && bits(0), "a fault next door sets nothing");
	map(VA, page, 0);
	invlpg((void *)VA);
	check(TRY("movl $1, 0x40000000", "r"(0)) == T_PF && !(*pte(VA) & PTE_D),
	      "a refused write does not set dirty");
}
