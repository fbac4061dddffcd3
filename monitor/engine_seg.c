/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_seg.c: guest segments as host selectors.
 *
 * A flat segment is the host's own flat one (0x23, 0x2b): no descriptor is
 * needed.  Any other gets an entry in this process's LDT, kept as a cache keyed
 * by base, limit and type.  With --user limits, ring 3 gets segments that end
 * below the kernel; what it does with them is in seg_limits_fault().
 */
#include <asm/ldt.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

#define ATTR_CODE	0x0008
#define ATTR_WRITE	0x0002		/* data: writable; code: readable */
#define ATTR_DOWN	0x0004		/* data: expand-down; code: conforming */
#define ATTR_S		0x0010
#define ATTR_P		0x0080
#define ATTR_DB		0x4000

static void ldt_write(struct engine *e, unsigned n, uint64_t base, uint32_t limit,
		      unsigned attr)
{
	struct user_desc d = {
		.entry_number = n,
		.base_addr = (uint32_t)base,
		.seg_32bit = !!(attr & ATTR_DB),
		.contents = (attr & ATTR_CODE ? MODIFY_LDT_CONTENTS_CODE :
			     attr & ATTR_DOWN ? MODIFY_LDT_CONTENTS_STACK :
			     MODIFY_LDT_CONTENTS_DATA),
		.read_exec_only = !(attr & ATTR_WRITE),
		.limit_in_pages = limit >= 0xfffff,
		.limit = limit >= 0xfffff ? limit >> 12 : limit,
		.useable = 1,
	};

	if (!e->mon->host.ldt)
		engine_died(e, "the guest uses a segment with base %x and limit %x, and this "
			    "host has flat ones only: modify_ldt is forbidden or has no effect",
			    (uint32_t)base, limit);
	if (sys_call3(SYS_modify_ldt, 0x11, (long)&d, sizeof(d)) != 0)
		engine_died(e, "the host refuses an LDT entry (base %x limit %x)",
			    (uint32_t)base, limit);
}

/* Kept for thread_local(). */
static bool tls_slot(unsigned n)
{
	return n >= 6 && n <= 8;
}

static bool slot_in_use(const struct engine *e, unsigned n)
{
	unsigned i;

	if (tls_slot(n))
		return true;

	for (i = 0; i < AB_SEG_COUNT; i++)
		if ((e->hsel[i] >> 3 == n && e->hsel[i] & 4) ||
		    (e->hsel0[i] >> 3 == n && e->hsel0[i] & 4) ||
		    (e->hsel3[i] >> 3 == n && e->hsel3[i] & 4))
			return true;
	return false;
}

/* Entries are taken from the end: a guest that has an LDT uses the beginning of it, and a
 * selector that its programs load there must not be one that this process has. */
static uint16_t ldt_selector(struct engine *e, uint64_t base, uint32_t limit,
			     unsigned attr)
{
	struct ldt *l = &e->ldt;
	unsigned i;

	attr &= ATTR_CODE | ATTR_WRITE | ATTR_DOWN | ATTR_DB;
	if (attr & ATTR_CODE)
		attr &= ~ATTR_DOWN;	/* conforming or not: all is CPL 3 here */
	for (i = LDT_SLOTS - l->count; i < LDT_SLOTS; i++)
		if (l->slot[i].base == base && l->slot[i].limit == limit &&
		    l->slot[i].attr == attr && !tls_slot(i))
			return (uint16_t)(i << 3 | 7);
	while (tls_slot(LDT_SLOTS - 1 - l->count))
		l->count++;
	if (l->count < LDT_SLOTS) {
		i = LDT_SLOTS - 1 - l->count++;
	} else {
		do {
			l->hand = (l->hand + 1) % LDT_SLOTS;
		} while (slot_in_use(e, l->hand));
		i = l->hand;
		fast_flush(e);
	}
	ldt_write(e, i, base, limit, attr);
	l->slot[i].base = base;
	l->slot[i].limit = limit;
	l->slot[i].attr = attr;
	return (uint16_t)(i << 3 | 7);
}

/*
 * Thread-local data of i386 Linux: gs is one of the selectors 33h, 3bh, 43h.  glibc
 * reads it when it makes a thread and tells the kernel its index; so it must find an
 * LDT selector with the same index.  Its descriptor is flat, and the base is set
 * apart from it, where the processor lets us: else each thread would have to write
 * the LDT.  0: (s) is something else.
 */
static uint16_t thread_local(struct engine *e, unsigned seg, const struct ab_seg *s)
{
	unsigned n = s->sel >> 3;

	if (seg != AB_SEG_GS || s->sel & 4 || !tls_slot(n) || !s->base ||
	    s->limit != 0xffffffff || !(s->attr & ATTR_DB) || !(s->attr & ATTR_WRITE) ||
	    s->attr & (ATTR_CODE | ATTR_DOWN) || !signal_has_gsbase())
		return 0;
	if (!(e->ldt.tls & 1u << n))
		ldt_write(e, n, 0, s->limit, s->attr);
	e->ldt.tls |= 1u << n;
	return (uint16_t)(n << 3 | 7);
}

static bool is_thread_local(uint32_t hsel)
{
	return hsel & 4 && tls_slot((hsel & 0xffff) >> 3);
}

/* A 4 KiB-granular limit as the guest's descriptor means it. */
static uint16_t host_selector(struct engine *e, unsigned seg, const struct ab_seg *s,
			      bool capped)
{
	bool code = seg == AB_SEG_CS;
	uint32_t limit = s->limit;
	uint16_t tls;

	if (!(s->attr & ATTR_P) || !(s->attr & ATTR_S))
		return 0;
	if (capped && !(s->attr & ATTR_CODE) && s->attr & ATTR_DOWN) {
		/* expand-down reaches up to 4 GiB: give the part below */
		limit = (uint32_t)(e->user_top - 1);
		return ldt_selector(e, s->base, limit,
				    (s->attr & ~(unsigned)ATTR_DOWN));
	}
	/* Thread-local data lies at negative offsets from a segment that wraps: it
	 * cannot be capped (docs/hosted.md, --user limits). */
	if (capped && s->base && limit == 0xffffffff)
		capped = false;
	tls = thread_local(e, seg, s);
	if (tls)
		return tls;
	if (capped && (uint64_t)s->base + limit >= e->user_top)
		limit = s->base < e->user_top ?
			(uint32_t)(e->user_top - 1 - s->base) : 0;
	if (s->base == 0 && limit == 0xffffffff && s->attr & ATTR_DB) {
		if (code)
			return HOST_CS32;
		if (!(s->attr & ATTR_CODE) && s->attr & ATTR_WRITE &&
		    !(s->attr & ATTR_DOWN))
			return HOST_DS;
	}
	return ldt_selector(e, s->base, limit, s->attr);
}

/* A stub reaches the vCPU page through ds.  Ring 0 can still have ring 3's, and that
 * can be any segment: with none at all each use of it is a fault, and emulated. */
bool seg_left_over(const struct engine *e)
{
	const struct ab_cpu *c = &e->m->cpu;
	const struct ab_seg *ds = &c->seg[AB_SEG_DS];

	return c->cpl == 0 && ds->attr & ATTR_P && (ds->attr >> 5 & 3) == 3 &&
	       e->hsel0[AB_SEG_DS] != HOST_DS;
}

void seg_out(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	bool anew = e->hcpl == 0xff;	/* what selectors mean has changed */
	uint16_t sel;
	unsigned i;

	if (e->bt_on) {
		bt_context(e);
		return;
	}
	if (anew)
		fast_adopt(e);
	e->hcpl = c->cpl;
	for (i = 0; i < AB_SEG_COUNT; i++) {
		if (anew || !seg_same(&e->hseg[i], &c->seg[i])) {
			e->hseg[i] = c->seg[i];
			e->hsel0[i] = host_selector(e, i, &c->seg[i], false);
			e->hsel3[i] = e->limits ?
				host_selector(e, i, &c->seg[i], true) : e->hsel0[i];
			e->segs_dirty = 1;
		}
		sel = c->cpl == 3 ? e->hsel3[i] : e->hsel0[i];
		if (i == AB_SEG_DS && seg_left_over(e))
			sel = 0;
		if (sel != e->hsel[i])
			e->segs_dirty = 1;
		e->hsel[i] = sel;
	}
	e->cs = e->hsel[AB_SEG_CS];
	e->ss = e->hsel[AB_SEG_SS];
	e->ds = e->hsel[AB_SEG_DS];
	e->es = e->hsel[AB_SEG_ES];
	e->fs = e->hsel[AB_SEG_FS];
	e->gs = e->hsel[AB_SEG_GS];
	e->gs_own = is_thread_local(e->gs);
	e->gs_base = (uint32_t)e->hseg[AB_SEG_GS].base;
	if (!e->cs)
		engine_died(e, "no usable code segment (cs %x)", c->seg[AB_SEG_CS].sel);
}

/* Has the guest loaded what it had read from gs?  Then the base is the LDT's: 0. */
static bool gs_flat(const struct engine *e, uint32_t now)
{
	uint64_t base;

	if (!is_thread_local(now))
		return false;
	__asm__ volatile("rdgsbase %0" : "=r"(base));
	return base != e->gs_base;
}

static void seg_in_one(struct engine *e, unsigned seg, uint32_t now)
{
	struct ab_cpu *c = &e->m->cpu;

	if ((now & 0xffff) == e->hsel[seg] && !(seg == AB_SEG_GS && gs_flat(e, now)))
		return;
	/* Ring 3, or kernel code that was not patched, loaded a selector that the
	 * host's tables happen to have.  To the guest it is one of its own. */
	e->mon->sh->stat[MON_STAT_MEND]++;
	e->mended = true;
	if ((now & 0xfffc) == 0) {
		c->seg[seg] = (struct ab_seg){ .sel = now & 3 };
	} else if (ab_load_seg(e->m, seg, is_thread_local(now) ? (uint16_t)(now & ~4u) :
			       (uint16_t)now) != AB_OK) {
		c->seg[seg].sel = (uint16_t)now;
	}
	e->hseg[seg].attr = 0xffff;	/* load it anew on the way out */
}

void seg_in(struct engine *e)
{
	uint32_t ip = linear_ip(e);

	e->mended = false;
	if (ip >= e->window && ip < e->window_end) {
		/* in a stub, what is loaded is the stub's affair */
		e->hseg[AB_SEG_DS].attr = e->hseg[AB_SEG_ES].attr = 0xffff;
		e->hseg[AB_SEG_FS].attr = e->hseg[AB_SEG_GS].attr = 0xffff;
		return;
	}
	seg_in_one(e, AB_SEG_DS, e->ds);
	seg_in_one(e, AB_SEG_ES, e->es);
	seg_in_one(e, AB_SEG_FS, e->fs);
	seg_in_one(e, AB_SEG_GS, e->gs);
}

/* A #GP or #SS of ring 3 under limits: was it an access above user_top that the
 * guest's own segments allow?  Then it is a page fault (true: m->fault is set),
 * or the space's layout has changed (true after leaving limits, nothing set:
 * vector 0xff). */
bool seg_limits_fault(struct engine *e, const struct ab_insn *in)
{
	struct ab_machine *m = e->m;
	unsigned i, acc;
	uint64_t va;

	for (i = 0; i < in->nopnd; i++) {
		const struct ab_operand *o = &in->opnd[i];
		struct ab_xlat x;

		if (o->kind != AB_OPND_MEM)
			continue;
		acc = AB_ACC_U | (i == 0 && in->gen != AB_GEN_CMP &&
				  in->gen != AB_GEN_TEST && in->gen != AB_GEN_PUSH ?
				  AB_ACC_W : 0);
		if (ab_linear(m, o->seg, ab_effective_address(m, in, o),
			      o->size ? o->size : 1, acc, &va) != AB_OK)
			return false;
		if (va + (o->size ? o->size : 1) <= e->user_top)
			continue;
		if (va < e->user_top)
			va = e->user_top;
		if (ab_walk(m, va, acc, false, &x) != AB_OK)
			return true;
		user_abandon_limits(e);
		m->fault.vector = 0xff;
		return true;
	}
	return false;
}
