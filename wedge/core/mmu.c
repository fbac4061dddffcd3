/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page walks: the guest's own tables, read as the processor reads them, with 2
 * levels (32-bit), 3 (PAE; the top one lies in four registers) and 4 (long
 * mode).  No TLB here: the surroundings keep translations as long as the guest
 * may not notice.
 *
 * A table's entry is marked accessed when the walk goes through it, whatever comes
 * of the walk; the page's own accessed and dirty bits only once the access is known
 * to be allowed.
 */
#include "core/cpu.h"

#define MAX_LEVELS	4

struct walk {
	uint64_t va;
	unsigned acc;
	unsigned levels;	/* tables to walk in memory */
	unsigned entry_size;
	uint64_t table;		/* physical address of the next table */
	uint64_t entry_pa[MAX_LEVELS];
	uint64_t entry[MAX_LEVELS];
	unsigned count;		/* entries read; the last one is the leaf */
	unsigned page_shift;
	bool peek;		/* leave the tables as they are */
	bool write, user, nx;	/* what the entries together allow */
};

static bool nx_enabled(const struct ab_machine *m)
{
	return (m->cpu.cr4 & AB_CR4_PAE) && (m->cpu.efer & AB_EFER_NX);
}

static enum ab_result page_fault(struct ab_machine *m, const struct walk *w, unsigned bits)
{
	unsigned error = bits | (w->acc & (AB_PF_W | AB_PF_U));

	if (nx_enabled(m))
		error |= w->acc & AB_PF_I;
	ab_fault_code(m, AB_PF, error);
	m->fault.cr2 = w->va;
	return AB_FAULT;
}

/* Memory that is not RAM reads as ones, also for the page walker. */
static uint64_t entry_read(struct ab_machine *m, uint64_t pa, unsigned size)
{
	void *p = m->host->phys(m, pa, size);

	if (!p)
		return ab_size_mask(size);
	return size == 8 ? *(volatile uint64_t *)p : *(volatile uint32_t *)p;
}

static void entry_write(struct ab_machine *m, uint64_t pa, unsigned size, uint64_t value)
{
	void *p = m->host->phys(m, pa, size);

	if (!p)
		return;
	if (size == 8)
		*(volatile uint64_t *)p = value;
	else
		*(volatile uint32_t *)p = (uint32_t)value;
}

static bool entry_is_page(const struct ab_machine *m, const struct walk *w,
			  unsigned level, uint64_t e)
{
	if (level == 1)
		return true;
	if (!(e & AB_PTE_PS))
		return false;
	if (w->entry_size == 4)
		return m->cpu.cr4 & AB_CR4_PSE;
	return level <= 3;
}

/* Reserved bits of a present entry at (level), where 1 is the page table. */
static uint64_t entry_reserved(const struct ab_machine *m, const struct walk *w,
			       unsigned level, uint64_t e)
{
	uint64_t bits;

	if (w->entry_size == 4)	/* PSE-36: bits 20:13 are address bits 39:32 */
		return level == 2 && entry_is_page(m, w, level, e) ? 1ull << 21 : 0;
	bits = (1ull << 52) - (1ull << AB_PHYS_BITS);
	if (!ab_long_mode(m))
		bits |= (1ull << 63) - (1ull << 52);
	if (!(m->cpu.efer & AB_EFER_NX))
		bits |= AB_PTE_NX;
	if (level == 4)
		bits |= AB_PTE_PS;
	else if (level > 1 && (e & AB_PTE_PS))
		bits |= (1ull << (level == 3 ? 30 : 21)) - (1ull << 13);
	return bits;
}

static uint64_t entry_frame(const struct walk *w, uint64_t e, unsigned shift)
{
	if (w->entry_size == 4 && shift == 22)
		return (e & 0xffc00000) | (e & 0x001fe000) << 19;
	if (w->entry_size == 4)
		return e & 0xfffff000;
	return e & AB_PHYS_MASK & ~((1ull << shift) - 1);
}

/* Set (bits) in entry (i). */
static void entry_mark(struct ab_machine *m, struct walk *w, unsigned i, uint64_t bits)
{
	if (w->peek || (w->entry[i] & bits) == bits)
		return;
	w->entry[i] |= bits;
	entry_write(m, w->entry_pa[i], w->entry_size, w->entry[i]);
}

static enum ab_result walk_tables(struct ab_machine *m, struct walk *w)
{
	unsigned bits = w->entry_size == 8 ? 9 : 10;
	unsigned level, shift;
	uint64_t pa, e;

	for (level = w->levels; ; level--) {
		shift = 12 + (level - 1) * bits;
		pa = w->table + ((w->va >> shift) & ((1u << bits) - 1)) * w->entry_size;
		e = entry_read(m, pa, w->entry_size);
		if (!(e & AB_PTE_P))
			return page_fault(m, w, 0);
		if (e & entry_reserved(m, w, level, e))
			return page_fault(m, w, AB_PF_P | AB_PF_RSVD);
		w->write = w->write && (e & AB_PTE_W);
		w->user = w->user && (e & AB_PTE_U);
		w->nx = w->nx || (w->entry_size == 8 && (e & AB_PTE_NX));
		w->entry_pa[w->count] = pa;
		w->entry[w->count++] = e;
		if (entry_is_page(m, w, level, e)) {
			w->page_shift = shift;
			return AB_OK;
		}
		entry_mark(m, w, w->count - 1, AB_PTE_A);
		w->table = entry_frame(w, e, 12);
	}
}

static bool access_allowed(const struct ab_machine *m, const struct walk *w, bool write)
{
	if ((w->acc & AB_ACC_U) && !w->user)
		return false;
	if ((w->acc & AB_ACC_X) && w->nx)
		return false;
	if (!write || w->write)
		return true;
	return !(w->acc & AB_ACC_U) && !(m->cpu.cr0 & AB_CR0_WP);
}

static enum ab_result walk_begin(struct ab_machine *m, struct walk *w)
{
	uint64_t pdpte;

	if (ab_long_mode(m)) {
		w->levels = 4;
		w->table = m->cpu.cr3 & AB_PHYS_MASK & ~0xfffull;
	} else if (m->cpu.cr4 & AB_CR4_PAE) {
		w->levels = 2;
		pdpte = m->cpu.pdpte[w->va >> 30];
		if (!(pdpte & AB_PTE_P))
			return page_fault(m, w, 0);
		w->table = pdpte & AB_PHYS_MASK & ~0xfffull;
	} else {
		w->levels = 2;
		w->entry_size = 4;
		w->table = m->cpu.cr3 & 0xfffff000;
	}
	return AB_OK;
}

static void identity(struct ab_xlat *out, uint64_t va)
{
	out->pa = va;
	out->page_size = 4096;
	out->writable = out->user = out->exec = out->dirty = out->accessed = true;
	out->leaf = 0;
	out->global = false;
}

enum ab_result ab_walk(struct ab_machine *m, uint64_t va, unsigned acc, bool peek,
		       struct ab_xlat *out)
{
	struct walk w;
	uint64_t leaf, offset;

	if (!ab_long_mode(m))
		va &= 0xffffffff;
	if (!(m->cpu.cr0 & AB_CR0_PG)) {
		identity(out, va);
		return AB_OK;
	}
	w.va = va;
	w.acc = acc;
	w.entry_size = 8;
	w.count = 0;
	w.write = w.user = true;
	w.nx = false;
	w.peek = peek;
	AB_TRY(walk_begin(m, &w));
	AB_TRY(walk_tables(m, &w));
	if (!access_allowed(m, &w, acc & AB_ACC_W))
		return page_fault(m, &w, AB_PF_P);
	entry_mark(m, &w, w.count - 1, AB_PTE_A | (acc & AB_ACC_W ? AB_PTE_D : 0));
	leaf = w.entry[w.count - 1];
	offset = va & ((1ull << w.page_shift) - 1);
	out->pa = entry_frame(&w, leaf, w.page_shift) | offset;
	out->page_size = 1ull << w.page_shift;
	out->dirty = leaf & AB_PTE_D;
	out->accessed = leaf & AB_PTE_A;
	out->leaf = leaf;
	out->writable = access_allowed(m, &w, true) && out->dirty;
	out->user = w.user;
	out->exec = !w.nx;
	out->global = (leaf & AB_PTE_G) && (m->cpu.cr4 & AB_CR4_PGE);
	return AB_OK;
}

enum ab_result ab_load_pdptes(struct ab_machine *m, uint64_t cr3)
{
	const uint64_t reserved = 0x1e6 | ~AB_PHYS_MASK;
	uint64_t base = cr3 & 0xffffffe0, pdpte[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		pdpte[i] = entry_read(m, base + i * 8, 8);
		if ((pdpte[i] & AB_PTE_P) && (pdpte[i] & reserved))
			return ab_gp0(m);
	}
	for (i = 0; i < 4; i++)
		m->cpu.pdpte[i] = pdpte[i];
	return AB_OK;
}
