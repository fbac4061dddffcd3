/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_window.c: the wedge window in the guest's linear addresses, and its
 * move to another place.
 *
 * The window is laid over whatever the guest's tables say, so it must lie where
 * they say nothing.  Nobody can know that before the guest has made its tables
 * (many small kernels map their page directory into itself, at the very top,
 * where the window is by default).  So each time the guest loads new tables they
 * are looked at, and when they use the window's place, all patched sites and
 * stubs are moved to a hole: only addresses change, and the templates' holes say
 * which.
 */
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

#define SIZE_4M		(1u << 22)

/* ---- laying it ---- */

static void window_map(struct engine *e, uint32_t at, uint32_t size, long prot,
		       uint64_t offset)
{
	uint32_t i;

	if (sys_call6(SYS_mmap, at, size, prot, MAP_SHARED | MAP_FIXED,
		      e->mon->ram_fd, (long)(e->mon->ram_size + offset)) < 0)
		mon_end(e->mon, MON_FAILED, "the host refuses to map the wedge window");
	for (i = at >> 12; i < (at >> 12) + (size >> 12); i++)
		e->sh.page[i] = SH_PRESENT | SH_WINDOW;
}

/* Rights of the two aliases of the vCPU page. */
static long vcpu_rights(const struct engine *e)
{
	return e->window_closed ? PROT_NONE : PROT_READ | PROT_WRITE;
}

static long doorbell_rights(const struct engine *e)
{
	return vcpu_rights(e) & ~(e->doorbell_armed ? PROT_WRITE : 0);
}

/* Lay the window over the shadow.  Kernel space only. */
void window_lay(struct engine *e)
{
	if (e->window == e->window_end)
		return;
	window_map(e, e->window + AB_WINDOW_VCPU, PAGE, vcpu_rights(e), 0);
	window_map(e, e->window + AB_WINDOW_DOORBELL, PAGE, doorbell_rights(e), 0);
	window_map(e, e->window + AB_WINDOW_TEXT,
		   e->window_end - e->window - AB_WINDOW_TEXT, PROT_READ | PROT_EXEC,
		   PAGE);
}

static void window_lift(struct engine *e)
{
	uint32_t i;

	for (i = e->window >> 12; i <= (e->window_end - 1) >> 12; i++)
		e->sh.page[i] = 0;
	sys_call3(SYS_munmap, e->window, e->window_end - e->window, 0);
}

void window_doorbell(struct engine *e, bool armed)
{
	if (e->doorbell_armed == armed || e->window == e->window_end)
		return;
	e->doorbell_armed = armed;
	sys_call3(SYS_mprotect, e->window + AB_WINDOW_DOORBELL, PAGE, doorbell_rights(e));
}

void window_close(struct engine *e, bool closed)
{
	if (e->window_closed == closed || e->window == e->window_end)
		return;
	e->window_closed = closed;
	sys_call3(SYS_mprotect, e->window + AB_WINDOW_VCPU, PAGE, vcpu_rights(e));
	sys_call3(SYS_mprotect, e->window + AB_WINDOW_DOORBELL, PAGE, doorbell_rights(e));
}

/* ---- moving it ---- */

static void add32(uint8_t *p, uint32_t v)
{
	*(uint32_t *)p += v;
}

void window_move_code(struct engine *e, const struct ab_wedge_template *t,
		      uint8_t *code, uint32_t delta, bool stub)
{
	unsigned i;

	for (i = 0; i < t->hole_count; i++) {
		const struct ab_wedge_hole *h = &e->mon->wedge->hole[t->hole_first + i];

		switch (h->kind) {
		case AB_HOLE_VCPU:
		case AB_HOLE_DOORBELL:
		case AB_HOLE_TEXT:
			add32(code + h->offset, delta);
			break;
		case AB_HOLE_EXIT:
			if (stub)
				add32(code + h->offset, -delta);
			break;
		case AB_HOLE_TEXT_REL:
			if (!stub)
				add32(code + h->offset, delta);
			break;
		}
	}
}

/* Does the site in guest RAM still hold the jump to its stub? */
static bool holds_jump(const struct ab_site *s, const uint8_t *code)
{
	return code[0] == 0xe9 &&
	       (uint32_t)s->addr + 5 + *(const uint32_t *)(code + 1) == s->stub;
}

/* The stubs' addresses, of which each process has its own copy. */
static void move_stubs(struct engine *e, uint32_t window)
{
	struct ab_guest *g = e->mon->guest;
	uint32_t delta = window - e->stubs_at;
	size_t i;

	for (i = 0; delta && i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK && g->site[i].template >= 0 &&
		    e->mon->wedge->tmpl[g->site[i].template].form == AB_FORM_STUB)
			g->site[i].stub = (uint32_t)(g->site[i].stub + delta);
	e->stubs_at = window;
}

/* The code of sites and stubs, in memory that all processes share. */
static void move_sites(struct engine *e, uint32_t delta)
{
	struct ab_guest *g = e->mon->guest;
	uint8_t *code;
	size_t i;

	bt_changed(e);
	for (i = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];
		const struct ab_wedge_template *t;

		if (s->state != AB_SITE_OK || s->template < 0 || s->op == AB_OP_VSYSCALL)
			continue;
		t = &e->mon->wedge->tmpl[s->template];
		code = s->paddr + s->total_len <= e->mon->ram_size ?
			e->mon->ram + s->paddr : NULL;
		if (t->form == AB_FORM_STUB) {
			if (code && holds_jump(s, code))
				add32(code + 1, delta);
			window_move_code(e, t, e->text + (s->stub - e->window - AB_WINDOW_TEXT),
					 delta, true);
		} else if (t->form == AB_FORM_INLINE && code) {
			window_move_code(e, t, code, delta, false);
		}
	}
}

void window_adopt(struct engine *e, uint32_t window, uint32_t end, uint32_t text_end)
{
	if (e->window == window && e->window_end == end)
		return;
	if (e->window != e->window_end)
		window_lift(e);
	e->window = window;
	e->window_end = end;
	e->text_end = text_end;
	if (window == end)
		return;
	move_stubs(e, window);
	shadow_range(e, window, end - window);
	window_lay(e);
}

/* Do the guest's tables map RAM or a device in this range? */
static bool range_used(struct engine *e, uint32_t at, uint32_t end)
{
	struct ab_xlat x;
	uint64_t va;

	for (va = at; va < end; va += PAGE)
		if (ab_walk(e->m, va, AB_ACC_R, true, &x) == AB_OK &&
		    (x.pa < e->mon->ram_size || ab_mmio_page(e->m, x.pa)))
			return true;
	return false;
}

/* Does the guest have tables for the 4 MiB at (at)? */
static bool region_mapped(struct engine *e, uint32_t at)
{
	return directory_entry(e, at) & AB_PTE_P ||
	       directory_entry(e, at + SIZE_4M / 2) & AB_PTE_P;
}

/* A place for the window: where the guest has no tables, or (mapped) where they lead
 * to nothing. */
static bool hole_find(struct engine *e, bool mapped, uint32_t *hole)
{
	uint32_t size = e->window_end - e->window, region, at;

	for (region = 0 - SIZE_4M; region >= SIZE_4M; region -= SIZE_4M) {
		at = region + MON_WINDOW_ASIDE(size);
		if ((e->limits && region < e->user_top) ||
		    (mapped ? range_used(e, at, at + size) : region_mapped(e, region)))
			continue;
		*hole = at;
		return true;
	}
	return false;
}

static void window_move(struct engine *e, uint32_t at)
{
	uint32_t delta = at - e->window;

	if (e->limits)
		vsyscall_set(e, VSYSCALL_INT);
	shadow_range(e, at, e->window_end - e->window);
	window_lift(e);
	move_sites(e, delta);
	move_stubs(e, at);
	copy_window(e, at);
	space_reset_all(e);	/* all pages are looked at again */
	e->window += delta;
	e->window_end += delta;
	e->text_end += delta;
	window_lay(e);
	if (e->limits)
		vsyscall_set(e, VSYSCALL_CALL);
	if (e->mon->trace)
		mon_log(e->mon, "window moved to %x\n", e->window);
}

/* The guest has new tables, or uses addresses close to the window: is its place
 * still free? */
void window_check(struct engine *e)
{
	uint32_t at;
	bool used;

	if (e->window == e->window_end || e->kind != SPACE_KERNEL ||
	    !(e->m->cpu.cr0 & AB_CR0_PG) ||
	    !region_mapped(e, e->window & ~(SIZE_4M - 1)))
		return;
	used = range_used(e, e->window, e->window_end);
	if (hole_find(e, false, &at) || (used && hole_find(e, true, &at)))
		window_move(e, at);
	else if (used)
		engine_died(e, "the guest's page tables leave no hole of 4 MiB for the wedge window; -t none needs none");
}

void window_check_near(struct engine *e, uint32_t va)
{
	if (!((va ^ e->window) & ~(SIZE_4M - 1)))
		window_check(e);
}
