/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CR0.WP off and on again, as kernels do around a write to what is read-only: pages that
 * are so by their entry, by the directory's, large ones, global ones, and under other
 * tables than those that were loaded meanwhile.
 */
#include "guest.h"

#define SMALL	0x40000000u
#define TABLE	0x40400000u
#define LARGE	0x40800000u
#define GLOBAL	0x40c00000u
#define CR4_PSE	0x10u
#define CR4_PGE	0x80u

static const word at[] = { SMALL, TABLE, LARGE, GLOBAL };
static word other[1024] __attribute__((aligned(PAGESIZE)));

static word try_write(word a, word v)
{
	return TRY("movl %1, (%2)", "r"(v), "r"(a));
}

static void wp(bool on)
{
	cr0_write(on ? cr0_read() | CR0_WP : cr0_read() & ~(word)CR0_WP);
}

static bool all(bool allowed, word v)
{
	bool ok = true;
	unsigned i;

	for (i = 0; i < 4; i++)
		ok &= allowed ? try_write(at[i], v + i) == NO_FAULT && read32(at[i]) == v + i :
				faulted(try_write(at[i], v + i), T_PF, PF_P | PF_W) &&
				read32(at[i]) != v + i;
	return ok;
}

void guest_main(void)
{
	unsigned i;
	bool ok = true;

	paging_on();
	cr4_write(cr4_read() | CR4_PSE | CR4_PGE);
	map(SMALL, (word)page_new(), 0);
	map(TABLE, (word)page_new(), PTE_W);
	page_directory[TABLE >> 22] &= ~(uint32_t)PTE_W;
	page_directory[LARGE >> 22] = 0x2000000 | PTE_P | 0x80;
	map(GLOBAL, (word)page_new(), 0x100);
	memcpy(other, page_directory, sizeof(other));
	cr3_write(cr3_read());
	wp(true);
	check(all(false, 10), "on: none is written");
	for (i = 0; i < 50 && ok; i++) {
		wp(false);
		ok &= all(true, 100 * i + 100);
		wp(true);
		ok &= all(false, 100 * i + 150);
	}
	check(ok, "off and on, often");
	wp(false);
	check(all(true, 20000), "off");
	cr3_write((word)other);
	check(all(true, 20100), "off with other tables");
	wp(true);
	check(all(false, 20200), "on with them");
	cr3_write((word)page_directory);
	check(all(false, 20300), "on with the first ones");
	wp(false);
	check(all(true, 20400), "off again");
}
