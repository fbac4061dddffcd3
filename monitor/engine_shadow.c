/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_shadow.c: lazy shadow paging.  The low 4 GiB of this process are the
 * guest's linear addresses.  A page is mapped (mmap of the guest RAM's memfd)
 * when guest code faults on it and the guest's tables allow the access, and
 * unmapped when the guest invalidates it: the mappings are a TLB, with a TLB's
 * rights to keep what was true at the last invalidation, and no others.
 *
 * Writable only once the guest's dirty bit is set, so that the first write is
 * seen.  Pages of a large page come and go together.
 *
 * A process may hold only so many mappings; (maps) counts those made since the
 * last flush, an upper bound, and the whole shadow is dropped when it gets near.
 */
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

#define SIZE_4M		(1u << 22)

void shadow_init(struct engine *e)
{
	struct shadow *s = &e->sh;

	s->page = mmap(NULL, PAGES_4G, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->page == MAP_FAILED)
		mon_end(e->mon, 1, "no memory for the shadow page table");
	/* Room for what the process itself has mapped. */
	s->maps_max = e->mon->map_max > 4096 ? e->mon->map_max - 2048 : e->mon->map_max / 2;
}

/* Forget and unmap pages [first, first + n), one host call. */
static void drop(struct engine *e, uint32_t first, uint32_t n)
{
	struct shadow *s = &e->sh;
	uint32_t i;

	for (i = first; i < first + n; i++) {
		if (!(s->page[i] & SH_PRESENT) || s->page[i] & SH_WINDOW)
			continue;
		s->count[i >> 10]--;
		if (s->page[i] & SH_GLOBAL)
			s->globals[i >> 10]--;
		s->page[i] = 0;
	}
	sys_call3(SYS_munmap, (long)((uint64_t)first << 12), (long)((uint64_t)n << 12), 0);
}

static bool has_window(const struct engine *e, uint32_t first)
{
	return e->window != e->window_end && first + 1024 > e->window >> 12 &&
	       first <= (e->window_end - 1) >> 12;
}

static void drop_region(struct engine *e, uint32_t region, bool global_too)
{
	struct shadow *s = &e->sh;
	uint32_t first = region << 10, i, n;

	if (!s->count[region] || (!global_too && s->count[region] == s->globals[region]))
		return;
	if ((global_too || !s->globals[region]) && !has_window(e, first)) {
		drop(e, first, 1024);
		return;
	}
	for (i = first; i < first + 1024; i += n ? n : 1) {
		for (n = 0; i + n < first + 1024; n++) {
			uint8_t p = s->page[i + n];

			if (!(p & SH_PRESENT) || p & SH_WINDOW ||
			    (p & SH_GLOBAL && !global_too))
				break;
		}
		if (n)
			drop(e, i, n);
	}
}

void shadow_flush(struct engine *e, bool global_too)
{
	uint32_t r;

	e->mon->sh->stat[MON_STAT_FLUSH]++;
	for (r = 0; r < REGIONS; r++)
		drop_region(e, r, global_too);
	if (global_too)
		e->sh.maps = 0;
	if (e->kind == SPACE_KERNEL)
		e->ho->flush_all |= global_too ? 2 : 1;
}

void shadow_page(struct engine *e, uint32_t va)
{
	struct handover *ho = e->ho;
	uint32_t p = va >> 12;

	if (e->kind == SPACE_KERNEL) {
		if (ho->nflush < USER_FLUSHES)
			ho->flush[ho->nflush++] = va;
		else
			ho->flush_all |= 2;
	}
	if (!(e->sh.page[p] & SH_PRESENT) || e->sh.page[p] & SH_WINDOW)
		return;
	if (e->sh.page[p] & SH_LARGE)
		drop_region(e, p >> 10, true);
	else
		drop(e, p, 1);
}

/* Map n guest pages from physical (pa) at page (first); false when the host
 * refuses. */
static bool map(struct engine *e, uint32_t first, uint32_t n, uint64_t pa,
		unsigned flags, bool exec)
{
	struct shadow *s = &e->sh;
	uint32_t i;
	long prot = PROT_READ | (flags & SH_WRITE ? PROT_WRITE : 0) |
		    (exec ? PROT_EXEC : 0);

	if (s->maps + 3 > s->maps_max) {
		e->mon->sh->stat[MON_STAT_EVICT]++;
		shadow_flush(e, true);
	}
	s->maps += 2;		/* a mapping inside another splits it */
	if (sys_call6(SYS_mmap, (long)((uint64_t)first << 12), (long)((uint64_t)n << 12),
		      prot, MAP_SHARED | MAP_FIXED, e->mon->ram_fd, (long)pa) < 0)
		return false;
	for (i = first; i < first + n; i++) {
		if (!(s->page[i] & SH_PRESENT))
			s->count[i >> 10]++;
		if (s->page[i] & SH_GLOBAL)
			s->globals[i >> 10]--;
		s->page[i] = SH_PRESENT | flags;
		if (flags & SH_GLOBAL)
			s->globals[i >> 10]++;
	}
	return true;
}

/* Widen one page to the run around it that one translation covers. */
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
	if (lin < e->mon->low_base) {
		cut = e->mon->low_base - lin;
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

/* A fault that nothing explains would come back for ever. */
static void watch(struct engine *e, uint32_t va)
{
	if (e->last_fault != va) {
		e->last_fault = va;
		e->last_fault_count = 0;
	} else if (++e->last_fault_count > 1000) {
		engine_died(e, "the same page fault at address %x again and again (at %x)",
			    va, (uint32_t)e->m->cpu.rip);
	}
}

enum shadow_result shadow_fault(struct engine *e, uint32_t va, unsigned acc)
{
	struct ab_machine *m = e->m;
	struct ab_xlat x;
	uint32_t first, n;
	uint64_t pa;
	unsigned flags = SH_PRESENT;
	bool writable;

	if (ab_walk(m, va, acc, false, &x) != AB_OK)
		return SHADOW_GUEST;
	if (x.pa >= e->mon->ram_size || va < e->mon->low_base)
		return SHADOW_EMULATE;
	if (e->sh.page[va >> 12] & SH_WINDOW)
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
	watch(e, va);
	e->mon->sh->stat[MON_STAT_SHADOW]++;
	if (e->mon->profile)
		mon_profile_hit(e->mon, m->cpu.rip, AB_OP_NONE, AB_PROF_SHADOW,
				m->cpu.cpl, 0, NULL, 0, 0);
	if (!(m->cpu.cr0 & AB_CR0_PG)) {
		x.page_size = SIZE_4M;
		writable = x.exec = true;
	}
	widen(e, va, &x, &first, &n, &pa);
	if (writable)
		flags |= SH_WRITE;
	if (x.global)
		flags |= SH_GLOBAL;
	if (x.user)
		flags |= SH_USER;
	if (n > 1)
		flags |= SH_LARGE;
	if (!map(e, first, n, pa, flags, x.exec)) {
		e->mon->sh->stat[MON_STAT_EVICT]++;
		shadow_flush(e, true);
		if (!map(e, first, n, pa, flags, x.exec))
			engine_died(e, "the host refuses to map guest page %x", va);
	}
	return SHADOW_DONE;
}

/* ---- the window: vCPU page, doorbell, text ---- */

static void window_map(struct engine *e, uint32_t at, uint32_t size, long prot,
		       uint64_t offset)
{
	uint32_t i;

	if (sys_call6(SYS_mmap, at, size, prot, MAP_SHARED | MAP_FIXED,
		      e->mon->ram_fd, (long)(e->mon->ram_size + offset)) < 0)
		mon_end(e->mon, 1, "the host refuses to map the wedge window");
	for (i = at >> 12; i < (at >> 12) + (size >> 12); i++)
		e->sh.page[i] = SH_PRESENT | SH_WINDOW;
}

/* Lay the window over the shadow.  Kernel space only. */
void shadow_window(struct engine *e)
{
	uint32_t text = (e->text_end - e->window - AB_WINDOW_TEXT + PAGE - 1) & ~(PAGE - 1);

	if (e->window == e->window_end)
		return;
	window_map(e, e->window + AB_WINDOW_VCPU, PAGE, PROT_READ | PROT_WRITE, 0);
	window_map(e, e->window + AB_WINDOW_DOORBELL, PAGE,
		   PROT_READ | (e->doorbell_armed ? 0 : PROT_WRITE), 0);
	window_map(e, e->window + AB_WINDOW_TEXT, text, PROT_READ | PROT_EXEC,
		   PAGE);
}

void shadow_doorbell(struct engine *e, bool armed)
{
	if (e->doorbell_armed == armed || e->window == e->window_end)
		return;
	e->doorbell_armed = armed;
	sys_call3(SYS_mprotect, e->window + AB_WINDOW_DOORBELL, PAGE,
		  PROT_READ | (armed ? 0 : PROT_WRITE));
}
