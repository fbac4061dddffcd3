/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forty address spaces in turn, more than anyone keeps at hand, each with pages
 * of its own and one that all share. */
#include "guest.h"

#define SPACES	40
#define VA	0x40000000
#define SHARED	0x40100000

void guest_main(void)
{
	uint32_t *dir[SPACES], *table;
	uint32_t *shared = page_new();
	unsigned i, round, wrong = 0;

	paging_on();
	for (i = 0; i < SPACES; i++) {
		dir[i] = memcpy(page_new(), page_directory, PAGESIZE);
		table = page_new();
		dir[i][VA >> 22] = (word)table | PTE_P | PTE_W;
		table[0] = (word)page_new() | PTE_P | PTE_W;
		table[256] = (word)shared | PTE_P | PTE_W;
	}
	for (round = 0; round < 20; round++)
		for (i = 0; i < SPACES; i++) {
			cr3_write((word)dir[i]);
			wrong += read32(VA) != (round ? i * 100 + round - 1 : 0);
			write32(VA, i * 100 + round);
			wrong += *shared != round * SPACES + i;
			write32(SHARED, *shared + 1);
		}
	check(!wrong, "each finds what it left");
	check(*shared == 20 * SPACES, "all have written to the shared one");
}
