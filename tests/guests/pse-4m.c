/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 4 MiB pages: mapped, changed, split into small ones. */
#include "guest.h"

#define VA	0x40000000
#define SLOT	(VA >> 22)

static word try_write(word a) { return TRY("movl $0x77, (%1)", "r"(a)); }

void guest_main(void)
{
	uint32_t *page, *table = page_new();
	unsigned i;

	for (i = 0; i < 1500; i++)	/* something beyond the first 4 MiB */
		page = page_new();
	paging_on();
	cr4_write(cr4_read() | CR4_PSE);
	page_directory[SLOT] = 0x400000 | PTE_PS | PTE_W | PTE_P;
	page[5] = 0x5a5a;
	check(read32(VA + (word)page - 0x400000 + 20) == 0x5a5a, "shows memory");
	check((page_directory[SLOT] & (PTE_A | PTE_D)) == PTE_A, "accessed");
	check(try_write(VA + (word)page - 0x400000) == NO_FAULT && *page == 0x77, "writes memory");
	check(page_directory[SLOT] & PTE_D, "dirty");
	page_directory[SLOT] &= ~PTE_W;
	invlpg((void *)(VA + 0x200000));
	check(faulted(try_write(VA + 0x300000), T_PF, PF_P | PF_W), "read-only");
	for (i = 0; i < 1024; i++)
		table[i] = (0x400000 + i * PAGESIZE) | PTE_P | PTE_W;
	table[7] = 0;
	page_directory[SLOT] = (word)table | PTE_P | PTE_W;
	cr3_write(cr3_read());
	check(read32(VA + (word)page - 0x400000 + 20) == 0x5a5a, "split into small ones");
	check(faulted(try_write(VA + 7 * PAGESIZE), T_PF, PF_W), "one of which is missing");
	page_directory[SLOT] = 0x400000 | PTE_PS | PTE_W | PTE_P | PTE_U;
	cr3_write(cr3_read());
	check(try_write(VA + 7 * PAGESIZE) == NO_FAULT, "joined again");
	/* Bit 7 means nothing when PSE is off: it is a table then. */
	page_directory[SLOT] = (word)table | PTE_P | PTE_W;
	cr4_write(cr4_read() & ~(word)CR4_PSE);
	check(faulted(try_write(VA + 7 * PAGESIZE), T_PF, PF_W), "PSE off");
}
