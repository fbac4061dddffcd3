/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CR0.WP: with it off, ring 0 writes read-only pages; ring 3 never does. */
#include "guest.h"

#define VA	0x40000000

USER static void u_write(void) { asm volatile("movl $7, 0x40000000" : : : "memory"); }

static word try_write(word a, word v)
{
	return TRY("movl %1, (%2)", "r"(v), "r"(a));
}

void guest_main(void)
{
	uint32_t *page = page_new();
	struct visit v;
	word cr0;

	paging_on();
	cr0 = cr0_read();
	map(VA, (word)page, PTE_U);
	check(faulted(try_write(VA, 1), T_PF, PF_P | PF_W), "on: ring 0 faults");
	cr0_write(cr0 & ~(word)CR0_WP);
	check(try_write(VA, 2) == NO_FAULT && *page == 2, "off: ring 0 writes");
	check(*pte(VA) & PTE_D && !(*pte(VA) & PTE_W), "dirty is set, W is not");
	v = user_run(u_write, FL_IF);
	check(v.vector == T_PF && v.error == (PF_P | PF_W | PF_U), "off: ring 3 faults");
	cr0_write(cr0);
	check(faulted(try_write(VA, 3), T_PF, PF_P | PF_W), "on again: ring 0 faults");
	check(*page == 2, "nothing was written");
	cr0_write(cr0 & ~(word)CR0_WP);
	map(VA + PAGESIZE, (word)page, PTE_W | PTE_U);
	check(try_write(VA + PAGESIZE, 4) == NO_FAULT && read32(VA) == 4, "an alias that is writable");
	cr0_write(cr0);
	check(faulted(try_write(VA, 3), T_PF, PF_P | PF_W), "which does not help the other");
}
