/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page zero and the rest of the first 64 KiB are memory like any other. */
#include "guest.h"

void guest_main(void)
{
	volatile uint32_t *zero = (uint32_t *)0;
	uint32_t old;
	word page = (word)page_new();

	asm volatile("" : "+r"(zero));
	old = zero[4];
	zero[4] = 0x1234;
	check(zero[4] == 0x1234, "address 16");
	asm volatile("lock; addl $1, %0" : "+m"(zero[4]));
	check(zero[4] == 0x1235, "changed in place");
	zero[4] = old;
	write32(0x8000, 0x5678);
	check(read32(0x8000) == 0x5678, "address 0x8000");
	memset((void *)0x2000, 0x5a, 0x3000);
	check(read8(0x2000) == 0x5a && read8(0x4fff) == 0x5a, "filled");
	asm volatile("rep; movsb" : : "S"(0x2000), "D"(0x6000), "c"(64) : "memory");
	check(read8(0x603f) == 0x5a, "copied");
	paging_on();
	write32(0x8004, 0x9abc);
	check(read32(0x8000) == 0x5678 && read32(0x8004) == 0x9abc, "with paging");
	map(0, page, PTE_W);
	invlpg(NULL);
	zero[1] = 0x4321;
	check(read32(page + 4) == 0x4321, "another page at 0");
	*pte(0) = 0;
	invlpg(NULL);
	check(faulted(TRY("cmpl $0, (%1)", "r"(8)), T_PF, 0) && last_fault.addr == 8,
	      "no page at 0");
}
