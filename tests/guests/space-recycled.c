/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of a page directory that is not loaded becomes another directory, a
 * page of data, and a directory again; a table's frame likewise.  Then more spaces
 * than anyone keeps at hand, used by both rings in turn. */
#include "guest.h"

#define SPACES	30
#define VA	0x40000000
#define FLAGS	(PTE_P | PTE_W | PTE_U)

USER static void u_read(void) { user_exit(*(volatile word *)VA); }
USER static void u_add(void) { user_exit(*(volatile word *)VA += 3); }

static word ring3(void (*f)(void))
{
	struct visit v = user_run(f, FL_IF);

	return v.vector == 0x80 ? v.tf.ax : 0xbad00000 | v.error;
}

/* A directory in frame (pd), with (page) at VA. */
static void make(uint32_t *pd, uint32_t *table, uint32_t *page)
{
	memcpy(pd, page_directory, PAGESIZE);
	memset(table, 0, PAGESIZE);
	pd[VA >> 22] = (word)table | FLAGS;
	table[0] = (word)page | FLAGS;
}

static void recycle(uint32_t *pd)
{
	uint32_t *t = page_new(), *a = page_new(), *b = page_new(), *u = page_new();

	*a = 0xa;
	*b = 0xb;
	make(pd, t, a);
	cr3_write((word)pd);
	check(read32(VA) == 0xa && ring3(u_read) == 0xa, "a directory");
	cr3_write((word)page_directory);
	make(pd, u, b);
	cr3_write((word)pd);
	check(read32(VA) == 0xb && ring3(u_read) == 0xb, "another in its frame");
	cr3_write((word)page_directory);
	memset(pd, 0x5a, PAGESIZE);
	map(VA, (word)pd, PTE_W | PTE_U);
	check(ring3(u_read) == 0x5a5a5a5a, "a page of data in its frame");
	check(ring3(u_add) == 0x5a5a5a5d && *pd == 0x5a5a5a5d, "written by ring 3");
	map(VA, (word)u, PTE_W | PTE_U);
	cr3_write((word)page_directory);
	check(ring3(u_read) == u[0], "a table's frame as data");
	*a = 0xaa;
	make(pd, u, a);
	*pte(VA) = 0;
	cr3_write((word)pd);
	check(ring3(u_read) == 0xaa && read32(VA) == 0xaa, "both what they were, again");
	cr3_write((word)page_directory);
	check(ring3(u_read) == (0xbad00000 | PF_U), "nothing is left of it");
}

void guest_main(void)
{
	uint32_t *dir[SPACES], *page[SPACES];
	unsigned i, round, wrong = 0;

	paging_on();
	recycle(page_new());
	for (i = 0; i < SPACES; i++) {
		page[i] = page_new();
		dir[i] = page_new();
		make(dir[i], page_new(), page[i]);
	}
	for (round = 0; round < 10; round++)
		for (i = 0; i < SPACES; i++) {
			cr3_write((word)dir[i]);
			wrong += ring3(u_add) != round * 10 + 3;
			wrong += read32(VA) != round * 10 + 3;
			write32(VA, (round + 1) * 10);
		}
	check(!wrong, "thirty in turn, each finds what it left");
	for (round = 0; round < 100; round++) {
		i = round & 1;
		cr3_write((word)dir[i]);
		wrong += ring3(u_add) != 100 + (round / 2 + 1) * 3;
	}
	check(!wrong, "two, back and forth");
}
