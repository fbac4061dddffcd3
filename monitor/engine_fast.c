/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_fast.c: what the short ways need to know.
 *
 * Two things are kept for code that does not come through m->cpu: a cache of
 * selectors, by which patched loads of segment registers are done in the guest
 * itself (wedge/hosted), and what the changes between rings need under --user
 * limits (engine_ring.S).  Both rest on descriptors in guest memory: their bytes
 * are remembered and compared at each use, as the processor would read them.
 *
 * fast_out() prepares both whenever guest code is entered; fast_sync() brings
 * m->cpu up to date with what was done without it.  The functions between never
 * see m->cpu out of date.
 */
#include "monitor/engine.h"

#define ATTR_P		0x0080u
#define ATTR_DB		0x4000u
#define ATTR_DPL(a)	((a) >> 5 & 3)
#define TYPE_CODE	0x1bu		/* S, code, readable, accessed; not conforming */
#define TYPE_DATA	0x13u		/* S, data, writable, accessed */
#define TYPE_CONFORMING	0x1cu		/* these bits of S and type */
#define VECTOR		0x80u

static const uint8_t data_segs[] = { AB_SEG_ES, AB_SEG_DS, AB_SEG_FS, AB_SEG_GS };
#define NDATA (sizeof(data_segs) / sizeof(data_segs[0]))

/* The descriptor of (sel) in the GDT, as linear address and bytes. */
static bool descriptor(struct engine *e, uint16_t sel, uint32_t *va, uint64_t *raw)
{
	const struct ab_dtr *gdt = &e->m->cpu.gdtr;
	struct ab_fault fault = e->m->fault;
	bool ok;

	if (sel & 4 || !(sel & 0xfffc) || (sel | 7u) > gdt->limit)
		return false;
	*va = (uint32_t)gdt->base + (sel & 0xfff8u);
	ok = ab_read(e->m, *va, raw, 8, AB_ACC_R) == AB_OK;
	e->m->fault = fault;
	return ok;
}

/* ---- the cache of selectors ---- */

void fast_init(struct engine *e)
{
	struct fast *f = &e->fast;

	f->hint = &e->m->irq_hint;
	f->stat = &e->mon->sh->stat[MON_STAT_FAST];
	f->vp = e->vp;
	fast_flush(e);
}

/* This process's entries to where the stubs look. */
static void cache_publish(struct engine *e)
{
	struct fast *f = &e->fast;
	unsigned i, w;

	for (i = 0; i < NDATA; i++)
		for (w = 0; w < AB_CACHE_WAYS; w++)
			e->vp->cache[data_segs[i]][w] = f->cache[data_segs[i]][w];
}

/* Nothing is known any more: the guest's GDT, or the LDT of the host, is another. */
void fast_flush(struct engine *e)
{
	struct fast *f = &e->fast;
	unsigned i, w;

	if (e->kind != SPACE_KERNEL)
		return;
	f->ok = 0;
	f->stale = true;
	for (i = 0; i < NDATA; i++) {
		for (w = 0; w < AB_CACHE_WAYS; w++)
			f->cache[data_segs[i]][w].nsel = AB_CACHE_NONE;
		f->known[data_segs[i]].attr = 0xffff;	/* no segment has that */
	}
	cache_publish(e);
}

/* The vCPU came from another process: m->cpu is what counts, and what that process
 * knew of its own LDT is none of ours. */
void fast_adopt(struct engine *e)
{
	struct fast *f = &e->fast;
	unsigned i;

	f->moved = 0;
	for (i = 0; i < NDATA; i++)
		f->known[data_segs[i]].attr = 0xffff;
	if (e->kind == SPACE_KERNEL)
		cache_publish(e);
}

/* Put what is in segment register (i) into the cache, if its descriptor says the
 * same. */
static bool cache_fill(struct engine *e, unsigned i, uint32_t hsel)
{
	const struct ab_seg *s = &e->m->cpu.seg[i];
	struct fast *f = &e->fast;
	struct ab_selcache *c;
	uint64_t raw = 0;
	struct ab_seg now;
	uint32_t va;
	unsigned w;

	/* the cache itself is reached through ds; a stub cannot set gs's base */
	if (e->bt_on || (i == AB_SEG_DS && (hsel & 0xffff) != HOST_DS) || (i == AB_SEG_GS && e->gs_own))
		return false;
	if (!(s->sel & 0xfffc) && !s->attr) {
		va = e->window + AB_WINDOW_VCPU + AB_VCPU_NULL;
	} else {
		if (!descriptor(e, s->sel, &va, &raw))
			return false;
		ab_seg_decode(raw, s->sel, &now);
		if (!seg_same(&now, s) || !(s->attr & ATTR_P) ||
		    (s->sel & 3) > ATTR_DPL(s->attr))
			return false;
	}
	for (w = 0; w < AB_CACHE_WAYS; w++)
		if (f->seg[i][w].sel == s->sel &&
		    (f->cache[i][w].hsel & 0xffff) == (hsel & 0xffff))
			break;
	if (w == AB_CACHE_WAYS)
		w = f->way[i]++ % AB_CACHE_WAYS;
	c = &f->cache[i][w];
	c->va = va;
	c->nlo = -(uint32_t)raw;
	c->nhi = -(uint32_t)(raw >> 32);
	c->hsel = hsel;
	c->nsel = -(uint32_t)s->sel;
	f->seg[i][w] = *s;
	e->vp->cache[i][w] = *c;
	return true;
}

static void cache_out(struct engine *e, unsigned i)
{
	const struct ab_seg *s = &e->m->cpu.seg[i];
	struct fast *f = &e->fast;
	uint32_t hsel;

	if (!seg_same(&f->known[i], s)) {
		hsel = e->hsel0[i];
		if (!e->limits || hsel != e->hsel3[i] ||
		    (s->attr && ATTR_DPL(s->attr) < 3))
			hsel |= AB_HSEL_RING0;
		if (!cache_fill(e, i, hsel))
			hsel |= AB_HSEL_UNKNOWN;
		f->known[i] = *s;
		f->out_hsel[i] = hsel;
	}
	f->out_sel[i] = s->sel;
	e->vp->hsel[i] = f->out_hsel[i];
}

/* Patched code has loaded segment register (i), perhaps. */
static void cache_in(struct engine *e, unsigned i)
{
	struct fast *f = &e->fast;
	uint32_t sel = e->vp->sel[i], hsel = e->vp->hsel[i];
	unsigned w;

	if (sel == f->out_sel[i] && hsel == f->out_hsel[i])
		return;
	e->hseg[i].attr = 0xffff;
	for (w = 0; w < AB_CACHE_WAYS; w++)
		if (f->seg[i][w].sel == sel && f->cache[i][w].hsel == hsel) {
			e->m->cpu.seg[i] = e->hseg[i] = f->seg[i][w];
			e->hsel0[i] = e->hsel[i] = (uint16_t)hsel;
			if (hsel & AB_HSEL_RING0)
				e->hseg[i].attr = 0xffff;
			else
				e->hsel3[i] = (uint16_t)hsel;
			break;
		}
}

/* ---- between the rings ---- */

/* A flat segment of the kernel's that the host has as its own. */
static bool flat(const struct ab_seg *s, unsigned type)
{
	return (s->attr & 0x1f) == type && s->attr & ATTR_P && s->attr & ATTR_DB &&
	       !ATTR_DPL(s->attr) && !s->base && s->limit == 0xffffffff;
}

/* Where int $0x80 leads in ring 3. */
static bool prepare_kernel(struct engine *e, struct fast *f)
{
	struct ab_cpu *c = &e->m->cpu;
	uint64_t gate;
	uint16_t sel;

	if (c->idtr.limit < VECTOR * 8 + 7 || (c->tr.attr & 0xd) != 9 || c->tr.limit < 9)
		return false;
	f->idt_va = (uint32_t)c->idtr.base + VECTOR * 8;
	f->tss_va = (uint32_t)c->tr.base + 4;
	if (ab_read(e->m, f->idt_va, &gate, 8, AB_ACC_R) != AB_OK ||
	    ab_read(e->m, f->tss_va + 4, &sel, 2, AB_ACC_R) != AB_OK)
		return false;
	f->idt_raw = gate;
	/* present, DPL 3, interrupt or trap gate of 32 bits */
	if ((gate >> 40 & 0xfe) != 0xee)
		return false;
	f->vif = gate >> 40 & 1 ? 0 : AB_VIF_OFF_BYTE;
	f->handler = (uint32_t)((gate & 0xffff) | (gate >> 32 & 0xffff0000));
	f->kss = sel;
	f->kcs = gate >> 16 & 0xfffc;
	if (f->kss & 3 || !descriptor(e, (uint16_t)f->kss, &f->kss_va, &f->kss_raw) ||
	    !descriptor(e, (uint16_t)f->kcs, &f->kcs_va, &f->kcs_raw))
		return false;
	ab_seg_decode(f->kcs_raw, (uint16_t)f->kcs, &f->kernel[AB_SEG_CS]);
	ab_seg_decode(f->kss_raw, (uint16_t)f->kss, &f->kernel[AB_SEG_SS]);
	return flat(&f->kernel[AB_SEG_CS], TYPE_CODE) &&
	       flat(&f->kernel[AB_SEG_SS], TYPE_DATA);
}

/* The segments that ring 3 runs with now. */
static bool prepare_user(struct engine *e, struct fast *f)
{
	struct ab_cpu *c = &e->m->cpu;
	struct ab_seg s;

	f->ucs = c->seg[AB_SEG_CS].sel;
	f->uss = c->seg[AB_SEG_SS].sel;
	if (!descriptor(e, (uint16_t)f->ucs, &f->ucs_va, &f->ucs_raw) ||
	    !descriptor(e, (uint16_t)f->uss, &f->uss_va, &f->uss_raw))
		return false;
	ab_seg_decode(f->ucs_raw, (uint16_t)f->ucs, &s);
	if (!seg_same(&s, &c->seg[AB_SEG_CS]) || s.base ||
	    (s.attr & TYPE_CONFORMING) == TYPE_CONFORMING)
		return false;
	ab_seg_decode(f->uss_raw, (uint16_t)f->uss, &s);
	if (!seg_same(&s, &c->seg[AB_SEG_SS]) || s.base || !(s.attr & ATTR_DB))
		return false;
	f->hcs = e->hsel3[AB_SEG_CS];
	f->hss = e->hsel3[AB_SEG_SS];
	f->uds = c->seg[AB_SEG_DS].sel;
	f->ues = c->seg[AB_SEG_ES].sel;
	f->uds3 = e->hsel3[AB_SEG_DS];
	f->ues3 = e->hsel3[AB_SEG_ES];
	f->hds = f->out_hsel[AB_SEG_DS];
	f->hes = f->out_hsel[AB_SEG_ES];
	f->user_top = (uint32_t)e->user_top;
	return e->hsel0[AB_SEG_DS] == HOST_DS && e->hsel0[AB_SEG_ES] == HOST_DS &&
	       !((f->hds | f->hes) & AB_HSEL_UNKNOWN) &&
	       ATTR_DPL(c->seg[AB_SEG_DS].attr) == 3 && ATTR_DPL(c->seg[AB_SEG_ES].attr) == 3;
}

static bool user_changed(const struct fast *f, const struct ab_cpu *c)
{
	return !seg_same(&f->user[AB_SEG_CS], &c->seg[AB_SEG_CS]) ||
	       !seg_same(&f->user[AB_SEG_SS], &c->seg[AB_SEG_SS]) ||
	       !seg_same(&f->user[AB_SEG_DS], &c->seg[AB_SEG_DS]) ||
	       !seg_same(&f->user[AB_SEG_ES], &c->seg[AB_SEG_ES]);
}

static void prepare(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	struct fast *f = &e->fast;
	struct ab_fault fault = e->m->fault;

	if (!f->stale && !user_changed(f, c))
		return;
	f->stale = false;
	f->user[AB_SEG_CS] = c->seg[AB_SEG_CS];
	f->user[AB_SEG_SS] = c->seg[AB_SEG_SS];
	f->user[AB_SEG_DS] = c->seg[AB_SEG_DS];
	f->user[AB_SEG_ES] = c->seg[AB_SEG_ES];
	f->good = prepare_user(e, f) && prepare_kernel(e, f);
	e->m->fault = fault;
}

/* Has something moved that addresses or selectors were taken from? */
static bool tables_moved(struct engine *e, struct fast *f)
{
	const struct ab_cpu *c = &e->m->cpu;
	uint64_t top = e->limits ? e->user_top : 0;
	bool moved = f->top != top || f->window != e->window || f->gdt != c->gdtr.base || f->gdt_limit != c->gdtr.limit ||
		     f->idt != c->idtr.base || f->tss != c->tr.base;

	f->top = top;
	f->window = e->window;
	f->gdt = c->gdtr.base;
	f->gdt_limit = c->gdtr.limit;
	f->idt = c->idtr.base;
	f->tss = c->tr.base;
	return moved;
}

void fast_out(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	struct fast *f = &e->fast;
	unsigned i;

	f->ok = 0;
	f->ring = c->cpl;
	if (e->window == e->window_end)
		return;
	/* the cache answers for ring 0 only */
	if (tables_moved(e, f) || c->cpl == 1 || c->cpl == 2)
		fast_flush(e);
	if (c->cpl == 1 || c->cpl == 2) {
		for (i = 0; i < NDATA; i++) {
			f->out_sel[data_segs[i]] = c->seg[data_segs[i]].sel;
			f->out_hsel[data_segs[i]] = e->vp->hsel[data_segs[i]] =
				AB_HSEL_UNKNOWN | AB_HSEL_RING0;
		}
		return;
	}
	for (i = 0; i < NDATA; i++)
		cache_out(e, data_segs[i]);
	if (!e->limits)
		return;
	if (c->cpl == 3) {
		if (e->expect.cpl == 3 && e->expect.cr3 == c->cr3)
			e->expect.wanted = false;	/* it went elsewhere */
		prepare(e);
	}
	f->ok = f->good && !f->stale && !(c->cr0 & AB_CR0_TS) && !c->nmi_masked &&
		!(e->expect.wanted && e->expect.cpl == 3) && !e->step && !e->mon->debug &&
		!e->mon->exact && !e->mon->trace;
}

/* A short way met a page of the guest's that is not mapped here.  Tables that only
 * the processor reads are never touched by guest code: without this they would be
 * missing for ever. */
static void map_missed(struct engine *e)
{
	struct ab_fault fault = e->m->fault;
	struct fast *f = &e->fast;

	if (!f->missed)
		return;
	f->missed = false;
	shadow_fault(e, f->missed_va, f->missed_acc);
	e->m->fault = fault;
}

/* What was done without m->cpu since fast_out(). */
void fast_sync(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	struct fast *f = &e->fast;
	const struct ab_seg *from = f->ring ? f->user : f->kernel;
	unsigned i;

	if (e->window == e->window_end)
		return;
	if (f->moved) {
		f->moved = 0;
		c->cpl = e->hcpl = (uint8_t)f->ring;
		c->shadow = 0;
		c->rflags &= ~(uint64_t)(AB_FL_RF | AB_FL_AC);
		c->seg[AB_SEG_CS] = from[AB_SEG_CS];
		c->seg[AB_SEG_SS] = from[AB_SEG_SS];
		c->seg[AB_SEG_DS] = e->hseg[AB_SEG_DS] = f->user[AB_SEG_DS];
		c->seg[AB_SEG_ES] = e->hseg[AB_SEG_ES] = f->user[AB_SEG_ES];
		/* these two are loaded at every way out: seg_out() may choose anew */
		e->hseg[AB_SEG_CS].attr = e->hseg[AB_SEG_SS].attr = 0xffff;
		e->hsel0[AB_SEG_DS] = e->hsel0[AB_SEG_ES] = HOST_DS;
		e->hsel3[AB_SEG_DS] = (uint16_t)f->uds3;
		e->hsel3[AB_SEG_ES] = (uint16_t)f->ues3;
		e->hsel[AB_SEG_DS] = f->ring ? (uint16_t)f->uds3 : HOST_DS;
		e->hsel[AB_SEG_ES] = f->ring ? (uint16_t)f->ues3 : HOST_DS;
		f->out_sel[AB_SEG_DS] = f->uds;
		f->out_sel[AB_SEG_ES] = f->ues;
		f->out_hsel[AB_SEG_DS] = f->hds;
		f->out_hsel[AB_SEG_ES] = f->hes;
		f->known[AB_SEG_DS] = f->user[AB_SEG_DS];
		f->known[AB_SEG_ES] = f->user[AB_SEG_ES];
	}
	for (i = 0; i < NDATA; i++)
		cache_in(e, data_segs[i]);
	map_missed(e);
}

/* A signal while a short way runs: where it goes on, 0 when (ip) is in none.  A
 * page fault (at va, for acc) can be told only before anything is changed. */
uint64_t fast_signal(struct engine *e, uint64_t ip, bool async, uint64_t va, unsigned acc)
{
	struct fast *f = &e->fast;
	static const struct { const char *begin, *commit, *end, *slow; } way[] = {
		{ fast_iret_begin, fast_iret_commit, fast_iret_end, fast_iret_slow },
		{ fast_vsyscall_begin, fast_vsyscall_commit, fast_vsyscall_end,
		  fast_vsyscall_slow },
	};
	unsigned i;

	for (i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		if (ip < (uint64_t)(uintptr_t)way[i].begin ||
		    ip >= (uint64_t)(uintptr_t)way[i].end)
			continue;
		if (ip < (uint64_t)(uintptr_t)way[i].commit) {
			f->missed = !async && va < 1ull << 32;
			f->missed_va = (uint32_t)va;
			f->missed_acc = acc & AB_ACC_W;
			return (uint64_t)(uintptr_t)way[i].slow;
		}
		return async ? (uint64_t)(uintptr_t)way[i].commit : 0;
	}
	return 0;
}

/* From fast_forward: the ring has changed, and signals came. */
void engine_fast_async(void)
{
	struct engine *e = &engine;

	engine_state_in(e);
	e->segs_dirty = 1;
	e->async = 0;
	engine_poll(e);
	engine_leave(e);
}

/* The int (insn) at (at), in the guest's code segment. */
static void vsyscall_int(struct engine *e, uint32_t at, const uint8_t insn[2])
{
	enum ab_result r;

	e->m->cpu.rip = at + 2;
	e->m->cpu.shadow = 0;
	e->mon->sh->stat[MON_STAT_SYSCALL]++;
	if (e->mon->profile)
		mon_profile_hit(e->mon, at, AB_OP_INT, AB_PROF_SYSCALL, 3, 0, insn, 2, 0);
	e->fast.stale = true;
	r = ab_deliver(e->m, insn[1], true);
	if (r != AB_OK)
		engine_check(e, r);
}

/* A far call of ring 3 to the vsyscall entry, the long way: its two words are on
 * the stack, and an int stands where it returns to. */
void engine_vsyscall(void)
{
	struct engine *e = &engine;
	struct ab_cpu *c = &e->m->cpu;
	uint64_t sp;
	uint32_t at;
	uint8_t insn[2];

	engine_state_in(e);
	seg_in(e);
	e->segs_dirty = 1;
	sp = (uint32_t)(c->seg[AB_SEG_SS].base + c->gpr[AB_ESP]);
	if (c->cpl != 3 || ab_read(e->m, sp, &at, 4, AB_ACC_U) != AB_OK ||
	    ab_read(e->m, (uint32_t)(c->seg[AB_SEG_CS].base + at), insn, 2, AB_ACC_U) != AB_OK ||
	    insn[0] != 0xcd)
		engine_died(e, "guest code jumped into the wedge window (ring %u)", c->cpl);
	c->gpr[AB_ESP] = (uint32_t)(c->gpr[AB_ESP] + 8);
	if (e->call_tf)
		c->rflags |= AB_FL_TF;
	e->call_tf = false;
	vsyscall_int(e, at, insn);
	engine_leave(e);
}

/* ---- vsyscall sites: patched while ring 3 runs ---- */

/* A hlt, where no far call may be: a fault reaches us at half the cost of an int
 * that the host takes for a system call of its own. */
#define HLT 0xf4

static void vsyscall_call(struct engine *e, const struct ab_site *s, uint8_t *b)
{
	const struct ab_wedge *w = e->mon->wedge;
	const struct ab_wedge_template *t = &w->tmpl[s->template];
	unsigned i, k;

	for (i = 0; i < t->code_len && i < s->total_len; i++)
		b[i] = w->text[t->code + i];
	for (i = 0; i < t->hole_count; i++) {
		const struct ab_wedge_hole *h = &w->hole[t->hole_first + i];
		uint32_t v;

		if (h->kind == AB_HOLE_IMM8) {
			b[h->offset] = s->orig[s->insn_len - 1];
			continue;
		}
		v = *(const uint32_t *)(b + h->offset) + e->window + AB_WINDOW_TEXT;
		for (k = 0; k < 4; k++)
			b[h->offset + k] = (uint8_t)(v >> 8 * k);
	}
}

static void vsyscall_bytes(struct engine *e, const struct ab_site *s,
			   enum vsyscall_as as, uint8_t *b)
{
	unsigned i;

	for (i = 0; i < s->total_len; i++)
		b[i] = s->orig[i];
	if (as == VSYSCALL_HLT)
		b[0] = HLT;
	else if (as == VSYSCALL_CALL)
		vsyscall_call(e, s, b);
}

static bool vsyscall_here(const struct engine *e, const struct ab_site *s)
{
	return s->op == AB_OP_VSYSCALL && s->state == AB_SITE_OK && s->template >= 0 &&
	       s->insn_len > 2 && s->paddr + s->total_len <= e->mon->ram_size;
}

void vsyscall_set(struct engine *e, enum vsyscall_as as)
{
	struct ab_guest *g = e->mon->guest;
	uint8_t to[AB_SITE_MAX], is[AB_SITE_MAX];
	enum vsyscall_as was;
	size_t i;
	unsigned k;

	if (e->window == e->window_end || e->kind != SPACE_KERNEL)
		return;
	bt_changed(e);
	for (i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];
		uint8_t *ram = e->mon->ram + s->paddr;

		if (!vsyscall_here(e, s))
			continue;
		vsyscall_bytes(e, s, as, to);
		for (was = VSYSCALL_INT; was <= VSYSCALL_HLT; was++) {
			vsyscall_bytes(e, s, was, is);
			for (k = 0; k < s->total_len && ram[k] == is[k]; k++)
				;
			if (k < s->total_len)
				continue;
			for (k = 0; k < s->total_len; k++)
				ram[k] = to[k];
			break;
		}
	}
}

bool vsyscall_trap(struct engine *e)
{
	const struct ab_guest *g = e->mon->guest;
	const struct ab_cpu *c = &e->m->cpu;
	struct ab_xlat x;
	uint8_t byte;
	size_t i;

	if (c->cpl != 3 || e->mon->target != MON_HOSTED ||
	    ab_read(e->m, linear_ip(e), &byte, 1, AB_ACC_U) != AB_OK || byte != HLT ||
	    ab_walk(e->m, linear_ip(e), AB_ACC_U, false, &x) != AB_OK)
		return false;
	for (i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];

		if (!vsyscall_here(e, s) || s->paddr != x.pa)
			continue;
		vsyscall_int(e, (uint32_t)(c->rip + s->insn_len - 2),
			     s->orig + s->insn_len - 2);
		return true;
	}
	return false;
}
