/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page directory that is its own page table: the tables are edited through the
 * mapping that they describe. */
#include "guest.h"

#define SELF	0x3c0			/* tables at 0xf0000000 */
#define TABLES	(SELF << 22)
#define DIR	(TABLES + (SELF << 12))
#define VA	0x40000000u
#define PTE_OF(va) (TABLES + ((va) >> 12) * 4)
#define PDE_OF(va) (DIR + ((va) >> 22) * 4)

void guest_main(void)
{
	uint32_t *a = page_new(), *b = page_new(), *table = page_new();

	*a = 0xa;
	*b = 0xb;
	paging_on();
	page_directory[SELF] = (word)page_directory | PTE_P | PTE_W;
	cr3_write(cr3_read());
	check(read32(PDE_OF(0u)) == page_directory[0], "the directory sees itself");
	check((read32(PTE_OF((word)a)) & PTE_ADDR) == (word)a, "and the tables");
	write32(PDE_OF(VA), (word)table | PTE_P | PTE_W);
	invlpg((void *)(PTE_OF(VA) & ~0xfffu));
	write32(PTE_OF(VA), (word)a | PTE_P | PTE_W);
	check(read32(VA) == 0xa && table[0] & PTE_A, "a mapping made through it");
	write32(PTE_OF(VA), (word)b | PTE_P | PTE_W);
	invlpg((void *)VA);
	check(read32(VA) == 0xb, "changed through it");
	check(read32(PTE_OF(VA)) & PTE_A, "accessed, seen through it");
	write32(VA, 0xbb);
	check(read32(PTE_OF(VA)) & PTE_D && *b == 0xbb, "dirty, seen through it");
	write32(PTE_OF(VA), 0);
	invlpg((void *)VA);
	check(TRY("cmpl $0, 0x40000000", "r"(0)) == T_PF, "removed through it");
}
