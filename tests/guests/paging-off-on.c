/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paging switched off and on again, and between two levels and three. */
#include "guest.h"

static uint64_t pdpt[4] __attribute__((aligned(32)));
static uint64_t dir[512] __attribute__((aligned(4096)));

void guest_main(void)
{
	uint32_t *page = page_new();
	unsigned i, wrong = 0;
	word cr0;

	for (i = 0; i < 16; i++)
		dir[i] = i * 0x200000ull | PTE_PS | PTE_W | PTE_P;
	dir[511] = (word)0x200000 | PTE_PS | PTE_W | PTE_P;
	pdpt[0] = (word)dir | PTE_P;
	paging_on();
	cr0 = cr0_read();
	map(0x40000000, (word)page, PTE_W);
	write32(0x40000000, 0x1234);
	check(*page == 0x1234, "on");
	cr0_write(cr0 & ~(word)CR0_PG);
	check(read32((word)page) == 0x1234, "off: addresses are physical");
	write32((word)page, 0x5678);
	cr0_write(cr0);
	check(read32(0x40000000) == 0x5678, "on again");
	for (i = 0; i < 50; i++) {
		cr0_write(cr0 & ~(word)CR0_PG);
		write32((word)page, i);
		cr0_write(cr0);
		wrong += read32(0x40000000) != i;
	}
	check(!wrong, "fifty times");
	cr0_write(cr0 & ~(word)CR0_PG);
	if (cpuid(1).d & 1 << 6) {
		cr4_write(cr4_read() | CR4_PAE);
		cr3_write((word)pdpt);
		cr0_write(cr0);
		wrong = read32((word)page) != 49;
		wrong += TRY("cmpl $0, 0x40000000", "r"(0)) != T_PF;
		cr0_write(cr0 & ~(word)CR0_PG);
		cr4_write(cr4_read() & ~(word)CR4_PAE);
	}
	check(!wrong, "three levels");
	cr3_write((word)page_directory);
	cr0_write(cr0);
	check(read32(0x40000000) == 49, "two levels again");
}
