/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page tables, of two levels or of four.
 *
 * Every address space shares the kernel's tables: a new root is a copy of the
 * kernel's root, whose entries all point to the same lower tables.  All of user
 * space hangs on *one* entry of the root (USER_SLOT), so it is copied and freed
 * by one recursion.
 *
 * Nothing of a program is mapped at first.  vm_fault() brings in what is
 * touched: pages of the image as they are, shared until someone writes; all
 * else as zeroes.
 */
#include "kernel.h"

#define ENTRIES		(PAGESIZE / sizeof(pte_t))
#define INDEX(va, level) \
	((va) >> (12 + INDEX_BITS * (level)) & (ENTRIES - 1))
#define USER_SLOT	INDEX((word)USERBASE, LEVELS - 1)

extern char user_image[], user_image_end[];	/* image.S */

pte_t *kernel_root;
struct vm_stats vm_stats;

/* The entry for (va) in its table of (level): 0 for a page, 1 for a large one.
 * NULL when a table is missing and (make) is not set.  Upper entries allow
 * everything: the last one decides. */
pte_t *vm_walk(pte_t *root, word va, int level, bool make)
{
	pte_t *table = root, *e;
	int i;

	for (i = LEVELS - 1; i > level; i--) {
		e = &table[INDEX(va, i)];
		if (!(*e & PTE_P)) {
			if (!make)
				return NULL;
			*e = V2P(page_alloc()) | PTE_P | PTE_W | PTE_U;
		}
		table = P2V(*e & PTE_ADDR);
	}
	return &table[INDEX(va, level)];
}

void vm_map(pte_t *root, word va, word pa, word bits)
{
	*vm_walk(root, va, 0, true) = pa | bits | PTE_P;
}

void vm_unmap(pte_t *root, word va)
{
	*vm_walk(root, va, 0, true) = 0;
	invlpg((void *)va);
}

void vm_init(void)
{
	word pa, va, bits;

	kernel_root = page_alloc();
	/* Page 0 stays out in the low layout: NULL must fault. */
	for (pa = KERNBASE ? 0 : PAGESIZE; pa < RAM; pa += PAGESIZE) {
		va = pa + KERNBASE;
		bits = PTE_W | PTE_NX;
		if (va >= (word)kernel_start && va < (word)kernel_text_end)
			bits = 0;
		vm_map(kernel_root, va, pa, bits);
	}
	vm_walk(kernel_root, TESTBASE, 0, true);	/* shared by all from now on */
	vm_use(kernel_root);
}

void vm_use(pte_t *root)
{
	cr3_write(V2P(root));
}

pte_t *vm_new(void)
{
	pte_t *root = page_alloc();

	memcpy(root, kernel_root, PAGESIZE);
	return root;
}

static void table_free(pte_t *table, int level)
{
	unsigned i;

	for (i = 0; i < ENTRIES; i++) {
		if (!(table[i] & PTE_P))
			continue;
		if (level)
			table_free(P2V(table[i] & PTE_ADDR), level - 1);
		else
			page_free(P2V(table[i] & PTE_ADDR));
	}
	page_free(table);
}

void vm_free(pte_t *root)
{
	if (root[USER_SLOT] & PTE_P)
		table_free(P2V(root[USER_SLOT] & PTE_ADDR), LEVELS - 2);
	page_free(root);
}

static pte_t *table_copy(pte_t *from, int level)
{
	pte_t *to = page_alloc();
	unsigned i;

	for (i = 0; i < ENTRIES; i++) {
		if (!(from[i] & PTE_P))
			continue;
		if (level) {
			to[i] = V2P(table_copy(P2V(from[i] & PTE_ADDR), level - 1))
				| (from[i] & ~PTE_ADDR);
			continue;
		}
		if (from[i] & PTE_W)
			from[i] = (from[i] & ~PTE_W) | PTE_COW;
		to[i] = from[i];
		page_share(P2V(from[i] & PTE_ADDR));
	}
	return to;
}

pte_t *vm_copy(pte_t *from)
{
	pte_t *root = vm_new();

	if (from[USER_SLOT] & PTE_P)
		root[USER_SLOT] = V2P(table_copy(P2V(from[USER_SLOT] & PTE_ADDR),
						 LEVELS - 2))
			| (from[USER_SLOT] & ~PTE_ADDR);
	vm_use(from);			/* its entries lost W: forget the old ones */
	return root;
}

static bool write_fault(pte_t *e, word va)
{
	void *old = P2V(*e & PTE_ADDR), *new;

	if (!(*e & PTE_COW))
		return false;
	if (page_owners(old) == 1) {
		vm_stats.reclaimed++;
		new = old;
	} else {
		vm_stats.copied++;
		new = memcpy(page_alloc(), old, PAGESIZE);
		page_free(old);
	}
	*e = V2P(new) | (*e & ~(PTE_ADDR | PTE_COW)) | PTE_W;
	invlpg((void *)va);
	return true;
}

/* Can the fault at (va) be mended?  Then it is. */
bool vm_fault(pte_t *root, word va, word error)
{
	word page = va & ~(word)(PAGESIZE - 1);
	word offset = page - USERBASE;
	pte_t *e;

	if (va < USERBASE || va >= USERTOP)
		return false;
	e = vm_walk(root, va, 0, true);
	if (*e & PTE_P)
		return error & PF_W && write_fault(e, va);
	if (offset < (word)(user_image_end - user_image)) {
		page_share(user_image + offset);
		*e = V2P(user_image + offset) | PTE_U | PTE_P | PTE_COW;
		vm_stats.image++;
	} else {
		*e = V2P(page_alloc()) | PTE_U | PTE_W | PTE_P | PTE_NX;
		vm_stats.zero++;
	}
	return true;
}

/* From user memory.  Pages that are not there yet come in by faults that this
 * very loop takes, as in ring 3; the exception table is for those that don't. */
bool copy_in(void *to, word from, size_t n)
{
	char *d = to;

	if (from < USERBASE || from >= USERTOP || n > USERTOP - from)
		return false;
	for (; n; n--, from++, d++)
		if (TRY_ASM("", "movb (%[from]), %[v]", "", OUT([v] "=q"(*d)),
			    [from] "r"(from)) != NO_FAULT)
			return false;
	return true;
}
