/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_shadow.c: lazy shadow paging.  The low 4 GiB of this process are the
 * guest's linear addresses (for translated code of ring 3 another 4 GiB: its
 * *view*, which has no page of the kernel's).  A page is mapped (mmap of the guest RAM's memfd)
 * when guest code faults on it and the guest's tables allow the access, and
 * unmapped when the guest invalidates it: the mappings are a TLB, with a TLB's
 * rights to keep what was true at the last invalidation, and no others.
 *
 * An invalidation compares what is mapped with the guest's tables and drops what
 * differs, which costs far less than to lose and fault back what does not.
 *
 * Writable only once the guest's dirty bit is set, so that the first write is
 * seen.  Pages of a large page come and go together.
 *
 * In segments, a page that copied code could run from can be written to or run, not
 * both at once (engine_copy.c): it becomes executable (SH_RUN) when code is fetched from
 * it, and ceases to be when it is written to.
 *
 * A process may hold only so many mappings; (maps) counts those made since the
 * last flush, an upper bound, and the whole shadow is dropped when it gets near.
 */
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

#define SIZE_4M		(1u << 22)
#define RUN_MAX		16u		/* pages that come along to either side, */
#define RUN_LOOKED	4u		/* and that have to be looked at for that */

/* What an invalidation may leave: nothing; what is still right; that, and
 * globals unseen. */
enum shadow_keep { KEEP_NONE, KEEP_RIGHT, KEEP_GLOBAL };

static void *table(struct engine *e, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the shadow page table");
	return p;
}

static void view_init(struct engine *e, struct shadow *s, uint64_t base, uint32_t low)
{
	s->base = base;
	s->low = low;
	s->page = table(e, PAGES_4G);
	s->frame = table(e, PAGES_4G * sizeof(uint32_t));
	s->leaf = table(e, PAGES_4G * sizeof(uint32_t));
	/* Room for what the process itself has mapped. */
	s->maps_max = e->mon->map_max > 4096 ? e->mon->map_max - 2048 : e->mon->map_max / 2;
	if (e->bt_on)
		s->maps_max /= 2;
}

void shadow_init(struct engine *e)
{
	view_init(e, &e->sh, 0, e->mon->low_base);
	if (e->bt_on)
		view_init(e, &e->ush, e->bt_user_base, 0);
	e->view = &e->sh;
}

struct shadow *shadow_view(struct engine *e)
{
	return e->bt_on && e->m->cpu.cpl == 3 ? &e->ush : &e->sh;
}

/* Pages to go, and holes between them: one host call. */
struct gone {
	uint32_t first, end;
};

/* Page (i) changes: if translated code was reached there, it is not any more. */
static void stale(const struct shadow *s, uint32_t i)
{
	if (s->page[i] & SH_CODE)
		engine.bt.stale |= s == &engine.ush ? BT_STALE_USER : BT_STALE_KERNEL;
}

/* Forget pages [first, first + n). */
static void forget(struct shadow *s, uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = first; i < first + n; i++) {
		if (!(s->page[i] & SH_PRESENT) || s->page[i] & SH_WINDOW)
			continue;
		s->count[i >> 10]--;
		if (s->page[i] & SH_GLOBAL)
			s->globals[i >> 10]--;
		s->whole[i >> 10] = 0;
		stale(s, i);
		s->page[i] = 0;
	}
}

static void gone_unmap(struct engine *e, struct gone *g)
{
	if (g->first != g->end)
		sys_call3(SYS_munmap, (long)(e->view->base + ((uint64_t)g->first << 12)),
			  (long)((uint64_t)(g->end - g->first) << 12), 0);
	g->first = g->end;
}

static void gone_add(struct shadow *s, struct gone *g, uint32_t first, uint32_t n)
{
	forget(s, first, n);
	if (g->first == g->end)
		g->first = first;
	g->end = first + n;
}

/* Forget and unmap. */
static void drop(struct engine *e, uint32_t first, uint32_t n)
{
	struct gone g = { 0, 0 };

	gone_add(e->view, &g, first, n);
	gone_unmap(e, &g);
}

/* The guest's page table for a region, if all pages there were mapped by the
 * directory entry that it has now; two-level paging only.  NULL says nothing. */
static const uint32_t *region_table(struct engine *e, uint32_t region)
{
	uint32_t pde = e->view->directory[region];

	if (!pde || pde & AB_PTE_PS || e->m->cpu.cr4 & AB_CR4_PAE ||
	    pde != (uint32_t)directory_entry(e, (uint64_t)region << 22))
		return NULL;
	return engine_host.phys(e->m, pde & ~0xfffu, PAGE);
}

/* Is page (first) writable by the tables alone, whatever CR0.WP says?  (leaf): its
 * entry, in two-level tables. */
static bool writable_by_tables(struct engine *e, uint32_t first, uint32_t leaf)
{
	return leaf & AB_PTE_W && directory_entry(e, (uint64_t)first << 12) & AB_PTE_W;
}

/* Note by which entries pages [first, first + n) were mapped, unless more than these
 * count. */
static void remember(struct engine *e, uint32_t first, uint32_t n, uint32_t leaf, bool run)
{
	struct shadow *s = e->view;
	uint32_t i, pde = 0;

	if (leaf && !(e->m->cpu.cr4 & AB_CR4_PAE) &&
	    (!(s->page[first] & SH_WRITE) || writable_by_tables(e, first, leaf))) {
		pde = (uint32_t)directory_entry(e, (uint64_t)first << 12);
		/* pages of one region were all mapped by one entry, or none counts */
		if (s->count[first >> 10] > n && s->directory[first >> 10] != pde)
			pde = 0;
		s->directory[first >> 10] = pde;
	}
	s->whole[first >> 10] = n == 1024 && pde & AB_PTE_PS;
	for (i = 0; i < n; i++)
		s->leaf[first + i] = pde && (first + i) >> 10 == first >> 10 ?
				     leaf + (run ? i << 12 : 0) : 0;
}

/* Is page (i) still what the guest's tables say?  Then it need not go: the guest
 * would get the same one back. */
static bool still_right(struct engine *e, uint32_t i)
{
	uint8_t p = e->view->page[i];
	struct ab_xlat x;

	if (ab_walk(e->m, (uint64_t)i << 12, e->kind == SPACE_USER || e->view == &e->ush ? AB_ACC_U : 0,
		    true, &x) != AB_OK)
		return false;
	return x.pa >> 12 == e->view->frame[i] && x.accessed &&
	       (!(p & SH_WRITE) || (x.writable && x.dirty)) &&
	       (!(p & SH_EXEC) || x.exec) && !(p & SH_USER) == !x.user &&
	       !(p & SH_GLOBAL) == !x.global;
}

/* Must page (i) go?  (table): see region_table(). */
static bool must_go(struct engine *e, uint32_t i, enum shadow_keep keep,
		    const uint32_t *table)
{
	struct shadow *s = e->view;

	if (keep == KEEP_NONE)
		return true;
	if (keep == KEEP_GLOBAL && s->page[i] & SH_GLOBAL)
		return false;
	if (table && s->leaf[i] && s->leaf[i] == table[i & 1023])
		return false;
	return !still_right(e, i);
}

/* One large page fills it, and the guest's entry is what it was. */
static bool region_stays(struct engine *e, uint32_t region, enum shadow_keep keep)
{
	struct shadow *s = e->view;

	if (keep == KEEP_GLOBAL && s->count[region] == s->globals[region])
		return true;
	return keep != KEEP_NONE && s->whole[region] &&
	       s->directory[region] == (uint32_t)directory_entry(e, (uint64_t)region << 22);
}

/* A look at the pages of a region, one after the other. */
struct look {
	enum shadow_keep keep;
	const uint32_t *table;		/* see region_table() */
	uint32_t next;			/* frame of the same large page, */
	uint8_t same;			/* mapped with these rights */
	bool go;			/* the last page must go */
};

/* Must page (i), which is mapped, go?  Pages of one large page share its fate. */
static bool look_at(struct engine *e, struct look *l, uint32_t i)
{
	struct shadow *s = e->view;

	if (s->page[i] & SH_WINDOW)
		l->go = false;
	else if (!(i & 511 && s->page[i] & SH_LARGE && s->frame[i] == l->next &&
		   s->page[i] == l->same))
		l->go = must_go(e, i, l->keep, l->table);
	l->same = s->page[i];
	l->next = s->page[i] & SH_LARGE ? s->frame[i] + 1 : ~0u;
	return l->go;
}

static bool zero8(const void *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return !v;
}

/* Nothing is mapped in regions (r) to (r) + 3. */
static bool empty_regions(const struct shadow *s, uint32_t r)
{
	return !(r & 3) && zero8(s->count + r);
}

/* Nothing is mapped of pages (i) to (i) + 7. */
static bool empty_pages(const struct shadow *s, uint32_t i)
{
	return !(i & 7) && zero8(s->page + i);
}

static void drop_region(struct engine *e, uint32_t region, enum shadow_keep keep,
			struct gone *g)
{
	struct look l = { .keep = keep, .next = ~0u };
	struct shadow *s = e->view;
	uint32_t i = region << 10, end = i + 1024;

	if (region_stays(e, region, keep)) {
		gone_unmap(e, g);
		return;
	}
	l.table = region_table(e, region);
	for (; i < end; i++) {
		if (empty_pages(s, i)) {
			i += 7;
			continue;
		}
		if (!(s->page[i] & SH_PRESENT))
			continue;
		if (look_at(e, &l, i))
			gone_add(s, g, i, 1);
		else
			gone_unmap(e, g);
	}
}

/* Would the load of cr3 leave all that is mapped here? */
static bool view_fits(struct engine *e)
{
	struct shadow *s = e->view;
	uint32_t r, i;

	for (r = 0; r < REGIONS; r++) {
		struct look l = { .keep = KEEP_GLOBAL, .next = ~0u };

		if (empty_regions(s, r)) {
			r += 3;
			continue;
		}
		if (!s->count[r] || region_stays(e, r, KEEP_GLOBAL))
			continue;
		l.table = region_table(e, r);
		for (i = r << 10; i < (r + 1) << 10; i++)
			if (empty_pages(s, i))
				i += 7;
			else if (s->page[i] & SH_PRESENT && look_at(e, &l, i))
				return false;
	}
	return true;
}

bool shadow_fits(struct engine *e)
{
	bool fits;

	e->view = &e->sh;
	fits = view_fits(e);
	if (fits && e->bt_on) {
		e->view = &e->ush;
		fits = view_fits(e);
	}
	return fits;
}

static void drop_all(struct engine *e, enum shadow_keep keep)
{
	uint32_t window = e->window >> 22, window_last = (e->window_end - 1) >> 22, r;
	struct gone g = { 0, 0 };

	for (r = 0; r < REGIONS; r++) {
		if (empty_regions(e->view, r) &&
		    (e->window == e->window_end || r + 3 < window || r > window_last))
			r += 3;
		else if (e->view->count[r])
			drop_region(e, r, keep, &g);
		else if (r >= window && r <= window_last)
			gone_unmap(e, &g);		/* the window, perhaps */
	}
	gone_unmap(e, &g);
	if (keep == KEEP_NONE)
		e->view->maps = 0;
}

static void drop_views(struct engine *e, enum shadow_keep keep)
{
	struct shadow *was = e->view;

	e->view = &e->sh;
	drop_all(e, keep);
	if (e->bt_on) {
		e->view = &e->ush;
		drop_all(e, keep);
	}
	e->view = was;
}

/* What is mapped in [at, at + size) goes; the window is the kernel's. */
void shadow_range(struct engine *e, uint32_t at, uint32_t size)
{
	e->view = &e->sh;
	drop(e, at >> 12, (size + PAGE - 1) >> 12);
}

void shadow_frame(struct engine *e, uint32_t frame, uint32_t but)
{
	struct shadow *s = e->view = &e->sh;
	uint32_t r, i;

	for (r = 0; r < REGIONS; r++)
		for (i = r << 10; s->count[r] && i < (r + 1) << 10; i++)
			if (s->page[i] & SH_PRESENT && !(s->page[i] & SH_WINDOW) &&
			    s->frame[i] == frame && i != but)
				drop(e, i, 1);
}

/* The guest invalidated: after this no page is mapped that a walk would not
 * give. */
void shadow_flush(struct engine *e, bool global_too)
{
	e->mon->sh->stat[MON_STAT_FLUSH]++;
	drop_views(e, global_too ? KEEP_RIGHT : KEEP_GLOBAL);
}

/* Everything, whatever the tables say. */
void shadow_reset(struct engine *e)
{
	drop_views(e, KEEP_NONE);
}

static void view_page(struct engine *e, uint32_t p)
{
	struct gone g = { 0, 0 };

	if (!(e->view->page[p] & SH_PRESENT) || e->view->page[p] & SH_WINDOW ||
	    still_right(e, p))
		return;
	if (e->view->page[p] & SH_LARGE)
		drop_region(e, p >> 10, KEEP_NONE, &g);
	else
		gone_add(e->view, &g, p, 1);
	gone_unmap(e, &g);
}

void shadow_page(struct engine *e, uint32_t va)
{
	e->view = &e->sh;
	view_page(e, va >> 12);
	if (!e->bt_on)
		return;
	e->view = &e->ush;
	view_page(e, va >> 12);
}

/* How many mappings there are at most: where the next page is no neighbour in guest
 * RAM or not of the same kind, one ends. */
static uint32_t maps_count(struct shadow *s)
{
	uint32_t i, r;

	s->maps = 8;			/* the window's */
	for (r = 0; r < REGIONS; r++)
		for (i = r << 10; s->count[r] && i < (r + 1) << 10; i++)
			if (s->page[i] & SH_PRESENT &&
			    (!(i & 1023) || s->page[i - 1] != s->page[i] ||
			     s->frame[i - 1] + 1 != s->frame[i]))
				s->maps++;
	return s->maps;
}

/* Map n guest pages from physical (pa) at page (first), all alike; false when the host
 * refuses. */
static bool map_alike(struct engine *e, uint32_t first, uint32_t n, uint64_t pa,
		unsigned flags)
{
	struct shadow *s = e->view;
	uint32_t i;
	long prot = PROT_READ | (flags & SH_WRITE ? PROT_WRITE : 0) |
		    (flags & SH_RUN ? PROT_EXEC : 0);

	if (s->maps + 3 > s->maps_max && maps_count(s) > s->maps_max / 4 * 3) {
		e->mon->sh->stat[MON_STAT_EVICT]++;
		shadow_reset(e);
	}
	s->maps += 2;		/* a mapping inside another splits it */
	/* Small runs are in use or about to be: the host's own fault is saved.  A
	 * large page stays empty until touched. */
	if (sys_call6(SYS_mmap, (long)(s->base + ((uint64_t)first << 12)), (long)((uint64_t)n << 12),
		      prot, MAP_SHARED | MAP_FIXED | (n <= 2 * RUN_MAX ? MAP_POPULATE : 0),
		      e->mon->ram_fd, (long)pa) < 0)
		return false;
	for (i = first; i < first + n; i++) {
		if (!(s->page[i] & SH_PRESENT))
			s->count[i >> 10]++;
		if (s->page[i] & SH_GLOBAL)
			s->globals[i >> 10]--;
		stale(s, i);
		s->page[i] = (uint8_t)(SH_PRESENT | flags);
		s->frame[i] = (uint32_t)((pa >> 12) + i - first);
		if (flags & SH_GLOBAL)
			s->globals[i >> 10]++;
	}
	if (e->bt_on && flags & SH_WRITE)
		bt_protect_range(e, first, n);
	return true;
}

/* Rights of page (i) as part of a large page that would have (flags). */
static unsigned part_flags(struct engine *e, uint32_t i, uint32_t frame, unsigned flags)
{
	enum copy_page how = copy_page(e, frame);

	if (how == COPY_UNSEEN && flags & SH_EXEC && copy_image_look(e, i << 12, frame))
		how = COPY_RUNS;
	if (how == COPY_RUNS || how == COPY_FOUND)
		flags &= ~SH_WRITE;
	return flags | (flags & SH_EXEC && how < COPY_UNSEEN ? SH_RUN : 0);
}

/* The same; those of a large page can differ. */
static bool map(struct engine *e, uint32_t first, uint32_t n, uint64_t pa, unsigned flags)
{
	uint32_t frame = (uint32_t)(pa >> 12), i, end;
	unsigned now, then;

	if (e->bt_on || !(flags & SH_LARGE))
		return map_alike(e, first, n, pa, flags);
	then = part_flags(e, first, frame, flags);
	for (i = 0; i < n; i = end) {
		now = then;
		for (end = i + 1; end < n; end++) {
			then = part_flags(e, first + end, frame + end, flags);
			if (then != now)
				break;
		}
		if (!map_alike(e, first + i, end - i, pa + ((uint64_t)i << 12), now))
			return false;
	}
	return true;
}

/* Widen a large page to as much of it as there is. */
static void widen(struct engine *e, uint32_t va, const struct ab_xlat *x,
		  uint32_t *first, uint32_t *n, uint64_t *pa)
{
	uint64_t size = x->page_size < SIZE_4M ? x->page_size : SIZE_4M;
	uint64_t lin, phys, end, cut;

	*first = va >> 12;
	*n = 1;
	*pa = x->pa & ~(uint64_t)(PAGE - 1);
	if (size <= PAGE)
		return;
	lin = va & ~(size - 1);
	phys = (x->pa & ~(uint64_t)(PAGE - 1)) - ((va & ~(PAGE - 1)) - lin);
	end = lin + size;
	/* clip to RAM, to what the host lets us map, and to the window */
	if (phys + (end - lin) > e->mon->ram_size)
		end = lin + (e->mon->ram_size - phys);
	if (lin < e->view->low) {
		cut = e->view->low - lin;
		lin += cut;
		phys += cut;
	}
	if (e->window != e->window_end) {
		if (lin < e->window && end > e->window) {
			if (va < e->window)
				end = e->window;
		} else if (lin < e->window_end && lin >= e->window) {
			return;
		}
	}
	*first = (uint32_t)(lin >> 12);
	*n = (uint32_t)((end - lin) >> 12);
	*pa = phys;
}

static unsigned flags_of(const struct ab_xlat *x, bool writable)
{
	return SH_PRESENT | (writable ? SH_WRITE : 0) | (x->global ? SH_GLOBAL : 0) |
	       (x->user ? SH_USER : 0) | (x->exec ? SH_EXEC : 0);
}

/* SH_RUN when page (i) can be mapped executable: at once, or since code is (fetched)
 * from it.  A page that only comes along is not changed. */
static unsigned may_run(struct engine *e, uint32_t i, uint32_t frame, bool exec, bool fetched,
			bool along)
{
	if (e->bt_on || !exec)
		return 0;
	return copy_page(e, frame) < COPY_UNSEEN ||
	       (fetched && copy_look(e, i << 12, frame, !along)) ? SH_RUN : 0;
}

/* Would page (i) be mapped as frame (frame) with (flags), by an access that sets
 * no bit in the guest's tables? */
static bool same_run(struct engine *e, uint32_t i, uint32_t frame, unsigned flags)
{
	struct ab_xlat x;

	return !e->view->page[i] && i >= e->view->low >> 12 &&
	       (uint64_t)frame << 12 < e->mon->ram_size &&
	       ab_walk(e->m, (uint64_t)i << 12, flags & SH_USER ? AB_ACC_U : 0, true,
		       &x) == AB_OK &&
	       x.pa >> 12 == frame && x.accessed && x.page_size == PAGE &&
	       (!(flags & SH_WRITE) || bt_writable(e, frame)) &&
	       copy_page(e, frame) != COPY_FOUND &&
	       flags_of(&x, x.writable && x.dirty) == (flags & ~SH_RUN) &&
	       may_run(e, i, frame, x.exec, flags & SH_RUN, true) == (flags & SH_RUN);
}

/* Neighbours that the guest has used before and that lie side by side in its RAM
 * come along: one host call for all. */
static void widen_run(struct engine *e, uint32_t va, const struct ab_xlat *x,
		      unsigned flags, uint32_t *first, uint32_t *n, uint64_t *pa)
{
	uint32_t page = va >> 12, frame = (uint32_t)(x->pa >> 12), lo = 0, hi = 1;
	uint32_t max = flags & SH_RUN && copy_page(e, frame) == COPY_UNSEEN ? RUN_LOOKED : RUN_MAX;

	while (hi < max && page + hi < PAGES_4G &&
	       same_run(e, page + hi, frame + hi, flags))
		hi++;
	while (lo < max && page > lo && frame > lo &&
	       same_run(e, page - lo - 1, frame - lo - 1, flags))
		lo++;
	*first = page - lo;
	*n = lo + hi;
	*pa = (uint64_t)(frame - lo) << 12;
}

/* A fault on a page that is mapped as the access wants it would come back for
 * ever. */
static void watch(struct engine *e, uint32_t va, unsigned acc)
{
	uint8_t p = e->view->page[va >> 12];

	if (!(p & SH_PRESENT) || (acc & AB_ACC_W && !(p & SH_WRITE)) ||
	    (acc & AB_ACC_X && !(p & (e->bt_on ? SH_EXEC : SH_RUN))) || e->last_fault != va) {
		e->last_fault = va;
		e->last_fault_count = 0;
	} else if (++e->last_fault_count > 100) {
		engine_died(e, "the same page fault at address %x again and again (at %x)",
			    va, (uint32_t)e->m->cpu.rip);
	}
}

/* A page that is there, but not for this access, since it can be written to or run, not
 * both: the other way round now. */
static bool turn(struct engine *e, uint32_t va, unsigned acc, const struct ab_xlat *x,
		 bool writable)
{
	struct shadow *s = e->view;
	uint32_t i = va >> 12, frame = (uint32_t)(x->pa >> 12);
	uint8_t p = s->page[i];

	if (!(p & SH_PRESENT) || s->frame[i] != frame || copy_page(e, frame) == COPY_FREE)
		return false;
	if (acc & AB_ACC_X && !(p & SH_RUN)) {
		copy_look(e, va, frame, true);
		p = (uint8_t)((p | SH_RUN) & ~SH_WRITE);
	} else if (acc & AB_ACC_W && !(p & SH_WRITE) && writable &&
		   (p & SH_RUN || copy_page(e, frame) != COPY_UNSEEN)) {
		copy_stored(e, frame);
		p = (uint8_t)(p | SH_WRITE);
		if (copy_page(e, frame) != COPY_FREE)
			p &= (uint8_t)~SH_RUN;
	} else {
		return false;
	}
	if (copy_page(e, frame) == COPY_FOUND)
		copy_alone(e, i, frame);
	if (sys_call3(SYS_mprotect, (long)(s->base + ((uint64_t)i << 12)), PAGE,
		      PROT_READ | (p & SH_WRITE ? PROT_WRITE : 0) | (p & SH_RUN ? PROT_EXEC : 0)))
		return false;
	s->page[i] = p;
	s->maps += 2;
	return true;
}

/* What a page is mapped with that comes alone, (flags) but for that. */
static unsigned alone(struct engine *e, uint32_t va, unsigned acc, const struct ab_xlat *x,
		      unsigned flags)
{
	uint32_t i = va >> 12, frame = (uint32_t)(x->pa >> 12);
	unsigned run;

	if (copy_page(e, frame) == COPY_FREE)
		return flags | may_run(e, i, frame, x->exec, false, false);
	if (acc & AB_ACC_W &&
	    (copy_page(e, frame) == COPY_RUNS || e->view->page[i] & SH_RUN))
		copy_stored(e, frame);
	run = may_run(e, i, frame, x->exec, acc & AB_ACC_X, false);
	if (run || (copy_page(e, frame) == COPY_FOUND && !(acc & AB_ACC_W)))
		flags &= ~SH_WRITE;
	if (copy_page(e, frame) == COPY_FOUND && (run || flags & SH_WRITE))
		copy_alone(e, i, frame);
	return flags | run;
}

static enum shadow_result shadow_fill(struct engine *e, uint32_t va, unsigned acc)
{
	struct ab_machine *m = e->m;
	struct ab_xlat x;
	uint32_t first, n;
	uint64_t pa;
	unsigned flags;
	bool writable;

	if (ab_walk(m, va, acc, false, &x) != AB_OK)
		return SHADOW_GUEST;
	if (x.pa >= e->mon->ram_size || va < e->view->low)
		return SHADOW_EMULATE;
	if (e->view->page[va >> 12] & SH_WINDOW)
		return SHADOW_EMULATE;
	writable = x.writable && x.dirty;
	if (m->cpu.cr0 & AB_CR0_PG && e->limits) {
		/* One space for both rings: nothing of the kernel's may lie where
		 * ring 3 reaches, and a kernel's write to a page that is
		 * read-only for ring 3 must not open it. */
		if (!x.user && va < e->user_top) {
			user_abandon_limits(e);
		} else if (x.user && !(m->cpu.cr0 & AB_CR0_WP) && m->cpu.cpl < 3) {
			if (acc & AB_ACC_W)
				return SHADOW_EMULATE;
			writable = false;
		}
	}
	if (!(m->cpu.cr0 & AB_CR0_PG)) {
		x.page_size = SIZE_4M;
		writable = x.exec = true;
	}
	if (writable && !bt_writable(e, (uint32_t)(x.pa >> 12))) {
		if (acc & AB_ACC_W && !bt_write_fault(e, (uint32_t)(x.pa >> 12)))
			return SHADOW_EMULATE;
		if (acc & AB_ACC_W && bt_unprotect(e, va >> 12, (uint32_t)(x.pa >> 12)))
			return SHADOW_DONE;
		/* of a large page only this part: bt_protect_range() */
		writable = acc & AB_ACC_W || x.page_size > PAGE;
	}
	if (x.page_size > PAGE && turn(e, va, acc, &x, writable))
		return SHADOW_DONE;
	watch(e, va, acc);
	e->mon->sh->stat[MON_STAT_SHADOW]++;
	flags = flags_of(&x, writable);
	if (x.page_size > PAGE) {
		widen(e, va, &x, &first, &n, &pa);
		flags = n > 1 ? flags | SH_LARGE : alone(e, va, acc, &x, flags);
	} else {
		flags = alone(e, va, acc, &x, flags);
		widen_run(e, va, &x, flags, &first, &n, &pa);
	}
	if (!map(e, first, n, pa, flags)) {
		e->mon->sh->stat[MON_STAT_EVICT]++;
		shadow_reset(e);
		if (!map(e, first, n, pa, flags))
			engine_died(e, "the host refuses to map guest page %x", va);
	}
	remember(e, first, n, (uint32_t)(x.leaf - (x.page_size > PAGE ? 0 :
		 ((uint64_t)(va >> 12) - first) << 12)), x.page_size == PAGE);
	if (flags & SH_LARGE && acc & (AB_ACC_X | AB_ACC_W))
		turn(e, va, acc, &x, writable);
	return SHADOW_DONE;
}

enum shadow_result shadow_fault(struct engine *e, uint32_t va, unsigned acc)
{
	uint64_t start = e->mon->profile ? rdtsc() : 0;
	enum shadow_result r;

	e->view = shadow_view(e);
	r = shadow_fill(e, va, acc);
	if (e->mon->profile && r == SHADOW_DONE)
		mon_profile_hit(e->mon, e->m->cpu.rip, AB_OP_NONE, AB_PROF_SHADOW,
				e->m->cpu.cpl, rdtsc() - start, NULL, 0, 0);
	return r;
}

/* The guest's kernel has handled a page fault and goes back to the instruction:
 * map the page now rather than take a second signal for it. */
void shadow_expect(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	struct expect *x = &e->expect;
	struct ab_xlat to;

	if (!x->wanted || c->rip != x->rip || c->cpl != x->cpl || c->cr3 != x->cr3)
		return;
	x->wanted = false;
	if (ab_walk(e->m, x->va, x->acc, true, &to) == AB_OK &&
	    to.pa < e->mon->ram_size && x->va >= shadow_view(e)->low)
		shadow_fault(e, x->va, x->acc);
}
