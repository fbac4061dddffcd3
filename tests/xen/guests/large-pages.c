/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 2 MiB pages: used, split, put together again; accessed, dirty and NX in them. */
#include "guest64.h"

#define AT	(KERNBASE + 0x20000000)
#define PA	0x00800000ul		/* 8 MiB: free memory, ours by force */

static pte_t *large;

static void set(pte_t v)
{
	*large = v;
	invlpg((void *)AT);
	cr3_write(cr3_read());
}

static bool shows(void)
{
	unsigned i;

	for (i = 0; i < 512; i += 37)
		if (read64(AT + i * PAGESIZE) != read64(KERNBASE + PA + i * PAGESIZE))
			return false;
	return true;
}

void guest_main(void)
{
	pte_t *table = page_alloc();
	unsigned i;

	large = vm_walk(kernel_root, AT, 1, true);
	for (i = 0; i < 512; i++)
		write64(KERNBASE + PA + i * PAGESIZE, 0x1000 + i);
	set(PA | PTE_PS | PTE_P | PTE_W);
	check(shows(), "shows 2 MiB");
	check((*large & (PTE_A | PTE_D)) == PTE_A, "accessed, not dirty");
	write64(AT + 511 * PAGESIZE, 77);
	check(read64(KERNBASE + PA + 511 * PAGESIZE) == 77, "writes its last page");
	check((*large & (PTE_A | PTE_D)) == (PTE_A | PTE_D), "dirty");
	set(PA | PTE_PS | PTE_P);
	check(page_faulted(try_write(AT + 8, 1), PF_P | PF_W, AT + 8), "read-only");
	check(shows(), "still shown");

	/* split: a table of 512 pages in its place, one of them another */
	for (i = 0; i < 512; i++)
		table[i] = (PA + i * PAGESIZE) | PTE_P | PTE_W;
	table[3] = PA | PTE_P | PTE_W;
	set(V2P(table) | PTE_P | PTE_W);
	check(read64(AT + 3 * PAGESIZE) == 0x1000 && read64(AT + 4 * PAGESIZE) == 0x1004,
	      "split, one page exchanged");
	write64(AT + 4 * PAGESIZE, 5);
	check(table[4] & PTE_D && !(table[5] & PTE_D), "dirty: that page's entry alone");
	table[5] = 0;
	invlpg((void *)(AT + 5 * PAGESIZE));
	check(page_faulted(try_read(AT + 5 * PAGESIZE), 0, AT + 5 * PAGESIZE), "one taken away");
	set(PA | PTE_PS | PTE_P | PTE_W);
	check(shows(), "put together again");

	/* somewhere else, without a word in between but the flush */
	set((PA + LARGEPAGE) | PTE_PS | PTE_P | PTE_W);
	write64(AT, 0xabc);
	check(read64(KERNBASE + PA + LARGEPAGE) == 0xabc && read64(KERNBASE + PA) == 0x1000,
	      "moved by 2 MiB");

	write64(AT + 0x1000, 0xc3);	/* ret */
	check(try_call(AT + 0x1000) == NO_FAULT, "runs");
	set((PA + LARGEPAGE) | PTE_PS | PTE_P | PTE_W | PTE_NX);
	check(try_call(AT + 0x1000) == T_PF && last_fault.error == (PF_P | PF_I),
	      "runs no more with NX");
	check(read64(AT + 0x1000) == 0xc3, "is read all the same");
	set(0);
	check(page_faulted(try_read(AT), 0, AT), "gone");
}
