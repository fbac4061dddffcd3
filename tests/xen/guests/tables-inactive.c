/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page tables that are edited while no CR3 points to them, or under another name. */
#include "guest64.h"

#define OWN	0x0000500000000000ul	/* a root entry that only one root has */
#define A	(KERNBASE + 0x20000000)
#define B	(KERNBASE + 0x20001000)

static pte_t *other_root(void)
{
	return vm_new();
}

/* A page that was data becomes a table, and data again. */
static void data_or_table(char *p, char *q)
{
	pte_t *e = page_alloc();
	unsigned i;
	bool good;

	vm_map(kernel_root, B, V2P(e), PTE_W);
	for (i = 0; i < 512; i++)
		write64(B + 8 * i, V2P(i & 1 ? q : p) | PTE_P);
	*vm_walk(kernel_root, A + LARGEPAGE, 1, true) = V2P(e) | PTE_P | PTE_W;
	for (i = 0, good = true; i < 512; i++)
		good &= read64(A + LARGEPAGE + i * PAGESIZE) == (i & 1 ? 0x2222u : 0x1111u);
	check(good, "a page of data, made a table, maps 512 pages");
	write64(B + 8, V2P(p) | PTE_P);	/* by its other name */
	invlpg((void *)(A + LARGEPAGE + PAGESIZE));
	check(read64(A + LARGEPAGE + PAGESIZE) == 0x1111, "written by another address");
	*vm_walk(kernel_root, A + LARGEPAGE, 1, true) = 0;
	cr3_write(cr3_read());
	check(page_faulted(try_read(A + LARGEPAGE), 0, A + LARGEPAGE), "gone again");
	for (i = 0, good = true; i < 512; i++) {
		write64(B + 8 * i, i * 3);
		good &= read64((word)e + 8 * i) == i * 3;
	}
	check(good, "and is data again");
}

void guest_main(void)
{
	char *p = page_alloc(), *q = page_alloc();
	pte_t *root, *e;

	write64((word)p, 0x1111);
	write64((word)q, 0x2222);
	vm_walk(kernel_root, A, 0, true);	/* the tables that all roots share */
	root = other_root();

	/* a table of its own in the lower half, where the kernel has nothing */
	vm_map(root, OWN, V2P(p), PTE_W);
	check(try_read(OWN) == T_PF, "not there in this root");
	vm_use(root);
	check(try_read(OWN) == NO_FAULT && read64(OWN) == 0x1111,
	      "there in the other");
	vm_use(kernel_root);
	*vm_walk(root, OWN, 0, true) = V2P(q) | PTE_W | PTE_P;
	vm_use(root);
	check(read64(OWN) == 0x2222, "changed while inactive: the new page");
	vm_use(kernel_root);
	*vm_walk(root, OWN, 0, true) &= ~(word)PTE_W;
	vm_use(root);
	check(page_faulted(try_write(OWN, 1), PF_P | PF_W, OWN),
	      "made read-only while inactive");
	vm_use(kernel_root);
	*vm_walk(root, OWN, 0, true) = 0;
	vm_use(root);
	check(page_faulted(try_read(OWN), 0, OWN), "unmapped while inactive");

	/* a whole directory exchanged while inactive */
	vm_map(root, OWN, V2P(p), PTE_W);
	check(read64(OWN) == 0x1111, "mapped while active, never present before");
	vm_use(kernel_root);
	e = page_alloc();
	e[0] = V2P(q) | PTE_P | PTE_W;
	*vm_walk(root, OWN, 1, true) = V2P(e) | PTE_P | PTE_W;
	vm_use(root);
	check(read64(OWN) == 0x2222, "another table in its place");
	vm_use(kernel_root);

	/* tables that both roots share: edited through one, seen in the other */
	vm_map(kernel_root, A, V2P(p), PTE_W);
	check(read64(A) == 0x1111, "a shared table: here");
	vm_use(root);
	check(read64(A) == 0x1111, "a shared table: there");
	*vm_walk(root, A, 0, true) = V2P(q) | PTE_P | PTE_W;
	invlpg((void *)A);
	check(read64(A) == 0x2222, "changed there");
	vm_use(kernel_root);
	check(read64(A) == 0x2222, "changed there, seen here");

	data_or_table(p, q);

	/* the same root under two physical copies */
	root = vm_new();
	memcpy(root, kernel_root, PAGESIZE);
	vm_use(root);
	check(cr3_read() == V2P(root) && read64(A) == 0x2222, "a copy of the root");
	root[0] = 0;
	vm_use(kernel_root);
	check(read64(A) == 0x2222, "and back");
}
