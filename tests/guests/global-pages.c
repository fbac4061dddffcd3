/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Global pages may stay over a load of cr3, and go by invlpg and by CR4.PGE. */
#include "guest.h"

#define VA	0x40000000

void guest_main(void)
{
	uint32_t *a = page_new(), *b = page_new(), seen;

	paging_on();
	check(cpuid(1).d & 1 << 13, "global pages are there");
	cr4_write(cr4_read() | CR4_PGE);
	check(cr4_read() & CR4_PGE, "and on");
	*a = 0xa;
	*b = 0xb;
	map(VA, (word)a, PTE_W | PTE_G);
	check(read32(VA) == 0xa, "mapped");
	map(VA, (word)b, PTE_W | PTE_G);
	cr3_write(cr3_read());
	seen = read32(VA);
	check(seen == 0xa || seen == 0xb, "after cr3: the old page or the new one");
	invlpg((void *)VA);
	check(read32(VA) == 0xb, "after invlpg: the new one");
	map(VA, (word)a, PTE_W | PTE_G);
	cr4_write(cr4_read() & ~(word)CR4_PGE);
	cr4_write(cr4_read() | CR4_PGE);
	check(read32(VA) == 0xa, "after CR4.PGE off and on: the new one");
	map(VA, (word)b, PTE_W | PTE_G);
	cr4_write(cr4_read() & ~(word)CR4_PGE);
	check(read32(VA) == 0xb, "after CR4.PGE off: the new one");
}
