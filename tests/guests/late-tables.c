/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that begins to use the top of its addresses while it runs, without loading
 * cr3 and mostly without invlpg: what was not present need not be flushed.  At last it
 * leaves nothing unmapped at all.
 */
#include "guest.h"

#define SELF	1023u
#define TABLES	0xffc00000u
#define MIB	0x100000u
#define BEHIND	(8 * MIB)	/* what is mapped high, 4 MiB */

static word slot(word n) { return read32((word)page_directory + 4 * n); }
static void slot_set(word n, word v) { write32((word)page_directory + 4 * n, v); }

/* Do sensitive instructions still do what they should? */
static bool sane(void)
{
	word on, off;

	asm volatile("sti; pushfl; popl %0; cli; pushfl; popl %1" : "=r"(on), "=r"(off));
	return on & FL_IF && !(off & FL_IF) && cr3_read() == (word)page_directory &&
		inb(PORT_PIC1 + 1) == 0xff;
}

static bool tables_seen(void)
{
	word i;

	for (i = 0; i < 4096; i++)		/* of the 16 MiB that are mapped */
		if ((read32(TABLES + 4 * i) & ~0xfffu) != i << 12)
			return false;
	return (read32(TABLES + 4096 * SELF) & ~0xfffu) == (slot(0) & ~0xfffu);
}

/* Write and read back 4 MiB, and see what it did to RAM. */
static bool holds(word at, word seed)
{
	word i;

	for (i = 0; i < 1024; i++)
		write32(at + 4096 * i + 8, i * seed);
	for (i = 0; i < 1024; i++)
		if (read32(at + 4096 * i + 8) != i * seed || read32(BEHIND + 4096 * i + 8) != i * seed)
			return false;
	return true;
}

static void heap(bool flush)
{
	uint32_t *table = page_new();
	word i;

	slot_set(SELF, (word)table | PTE_W | PTE_P);
	for (i = 0; i < 1024; i++) {
		write32((word)&table[i], (BEHIND + 4096 * i) | PTE_W | PTE_P);
		if (flush)
			invlpg((void *)(TABLES + 4096 * i));
		write32(TABLES + 4096 * i, i);
	}
	check(holds(TABLES, 3) && sane(), flush ? "a heap, flushed" : "a heap, not flushed");
}

void guest_main(void)
{
	word i;

	paging_on();
	check(sane(), "before");
	slot_set(SELF, (word)page_directory | PTE_W | PTE_P);
	check(tables_seen() && sane(), "its own tables, late");
	slot_set(SELF, 0);
	cr3_write(cr3_read());
	heap(true);
	slot_set(SELF, 0);
	cr3_write(cr3_read());
	heap(false);
	slot_set(SELF, 0);
	cr3_write(cr3_read());
	cr4_write(cr4_read() | 0x10);
	slot_set(SELF, BEHIND | 0x80 | PTE_W | PTE_P);
	check(holds(TABLES, 5) && sane(), "a large page");
	for (i = 4; i < SELF; i++)
		slot_set(i, i << 22 | 0x80 | PTE_W | PTE_P);
	cr3_write(cr3_read());
	check(holds(TABLES, 7) && sane(), "nothing is left unmapped");
}
