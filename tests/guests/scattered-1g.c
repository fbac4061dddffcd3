/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 1 GiB touched page by page in scattered order: more mappings than a host
 * process may have.
 * Memory: 1152
 */
#include "guest.h"

#define VA	0x40000000u
#define FROM	0x1000000u
#define PAGES	(1u << 18)

/* A permutation of the page numbers: odd multiplier, 18 bits. */
static unsigned nth(unsigned i)
{
	return (i * 166021u + 12345u) & (PAGES - 1);
}

void guest_main(void)
{
	unsigned i, n, wrong = 0;

	paging_on();
	for (i = 0; i < PAGES; i++)
		map(VA + i * PAGESIZE, FROM + nth(i) * PAGESIZE, PTE_W);
	for (i = 0; i < PAGES; i++) {
		n = nth(i);
		write32(VA + n * PAGESIZE + (n & 1023) * 4, n);
	}
	check(true, "written");
	for (i = 0; i < PAGES; i++) {
		n = nth(i * 3 & (PAGES - 1));
		wrong += read32(VA + n * PAGESIZE + (n & 1023) * 4) != n;
	}
	check(!wrong, "read back in another order");
}
