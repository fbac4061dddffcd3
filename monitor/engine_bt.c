/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_bt.c: translated blocks, how they are found, and the ways between them
 * and the monitor.
 *
 * A block belongs to a physical address, a guest address and a context; it stays
 * while its page is unchanged.  How guest addresses lead to blocks is another
 * matter, which follows the guest's page tables: ways (struct bt_way) hold what the
 * shadow (engine_shadow.c) has mapped, and are forgotten when a page goes from there
 * that they lead to.  Jumps inside a page need none.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "monitor/engine.h"
#include "monitor/engine_bt.h"
#include "monitor/sys.h"

/* ---- ways ---- */

static void generation(struct engine *e)
{
	struct bt *bt = &e->bt;

	e->bt_gen = (uint64_t)(bt->views[bt->context.user] * BT_CONTEXTS + bt->now) << 32;
}

/* No way that was known is one any more, in the views that are stale. */
static void ways_forget(struct engine *e)
{
	struct bt *bt = &e->bt;
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (bt->stale & 1u << i)
			bt->views[i]++;
	bt->stale = 0;
	if (bt->views[0] >= BT_GENERATIONS || bt->views[1] >= BT_GENERATIONS) {
		memset(bt->way, 0, (BT_RETURNS + BT_SITES) * sizeof(*bt->way));
		for (i = 0; i < BT_CONTEXTS; i++)
			memset(bt->slot[i], 0, BT_SLOTS * sizeof(struct bt_way));
		bt->views[0] = bt->views[1] = 1;
	}
	generation(e);
}

static uint64_t tag_of(const struct engine *e, uint32_t eip)
{
	return e->bt_gen + (uint64_t)(int64_t)(int32_t)-eip;
}

static void slot_fill(struct engine *e, uint32_t eip, const uint8_t *host)
{
	if (eip != BT_WAY_NONE)
		e->bt_slots[eip % BT_SLOTS] = (struct bt_way){
			.tag = tag_of(e, eip), .host = host,
		};
}

/* Where the guest's eip leads, if that is known. */
static const uint8_t *slot_find(const struct engine *e)
{
	uint32_t eip = (uint32_t)e->rip;
	const struct bt_way *w = &e->bt_slots[eip % BT_SLOTS];

	return w->tag == tag_of(e, eip) && eip != BT_WAY_NONE ? w->host : NULL;
}

/* ---- memory ---- */

static void *memory(struct engine *e, size_t size, int prot, int how)
{
	void *p = mmap(NULL, size, prot, how | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for translated code");
	return p;
}

/* Ring 3's 4 GiB, at the base of gs, which nobody else uses.  What an access can
 * reach beyond either end is nobody's. */
static void user_view(struct engine *e)
{
	const uint64_t size = 1ull << 32, guard = 1ull << 32;
	uint8_t *p = mmap(NULL, size + 3 * guard, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no addresses for ring 3 (is there a limit, ulimit -v?)");
	e->bt_user_base = ((uint64_t)(uintptr_t)p + guard + size - 1) & ~(size - 1);
	if (sys_call3(SYS_arch_prctl, ARCH_SET_GS, (long)e->bt_user_base, 0))
		mon_end(e->mon, MON_FAILED, "the host refuses a base of gs");
}

void bt_init(struct engine *e)
{
	struct bt *bt = &e->bt;
	const int rw = PROT_READ | PROT_WRITE;
	unsigned i;

	/* behind RAM: the window, which no guest code writes to */
	bt->nframes = (uint32_t)((e->mon->ram_size + MON_WINDOW_ROOM) >> 12);
	bt->sh = memory(e, sizeof(*bt->sh) + bt->nframes, rw, MAP_SHARED);
	bt->frame = memory(e, bt->nframes * sizeof(*bt->frame), rw, MAP_SHARED);
	bt->cache = memory(e, BT_CACHE, rw | PROT_EXEC, MAP_SHARED);
	bt->block = memory(e, BT_BLOCKS * sizeof(*bt->block), rw, MAP_SHARED);
	bt->mark = memory(e, (BT_MARKS + BT_MARKS_MAX) * sizeof(*bt->mark), rw, MAP_SHARED);
	bt->insn = memory(e, (BT_INSNS + 1) * sizeof(*bt->insn), rw, MAP_SHARED);
	bt->hash = memory(e, BT_HASH * sizeof(*bt->hash), rw, MAP_SHARED);
	bt->starts = memory(e, BT_STARTS / 8, rw, MAP_SHARED);
	for (i = 0; i < BT_CONTEXTS; i++)
		bt->slot[i] = memory(e, BT_SLOTS * sizeof(struct bt_way), rw, MAP_PRIVATE);
	bt->way = memory(e, (BT_RETURNS + BT_SITES) * sizeof(*bt->way), rw, MAP_PRIVATE);
	bt->views[0] = bt->views[1] = 1;
	e->bt_ways = bt->way;
	bt->sh->used = BT_BLOCK_MAX;	/* before it: a single step's */
	bt->sh->cold = BT_CACHE;
	user_view(e);
	e->bt_on = 1;
	e->mon->sh->translated = 1;
	e->bt_dispatch = bt_dispatch;
	e->bt_site = bt_site;
	e->bt_return = bt_return;
	e->bt_miss = (const char *)bt_miss;
	e->bt_exit_op = (const char *)bt_exit_op;
	e->bt_exit_step = (const char *)bt_exit_step;
	e->bt_pushf = bt_pushf;
	e->bt_popf = bt_popf;
	e->bt_call = (const char *)engine_call_entry;
}

/* ---- contexts ---- */

#define ATTR_TYPE_CODE	0x08u
#define ATTR_DOWN	0x04u
#define ATTR_RW		0x02u
#define ATTR_S_P	0x90u
#define ATTR_DB		0x4000u

static enum bt_reach reach_of(const struct ab_seg *s, unsigned seg)
{
	bool code = s->attr & ATTR_TYPE_CODE;

	if ((s->attr & ATTR_S_P) != ATTR_S_P || s->limit != 0xffffffff ||
	    (code ? !(s->attr & ATTR_RW) : s->attr & ATTR_DOWN) ||
	    (seg == AB_SEG_SS && !(s->attr & ATTR_DB)))
		return BT_EMULATED;
	return s->base ? BT_BASED : BT_FLAT;
}

/* Each change of ring comes here. */
static bool context_same(const struct bt_context *a, const struct bt_context *b)
{
	uint32_t x[sizeof(*a) / 4], y[sizeof(*a) / 4], differ = 0;
	unsigned i;

	_Static_assert(sizeof(*a) % 4 == 0, "a context is made of words");
	__builtin_memcpy(x, a, sizeof(x));
	__builtin_memcpy(y, b, sizeof(y));
	for (i = 0; i < sizeof(x) / 4; i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

static void context_choose(struct engine *e, const struct bt_context *c)
{
	struct bt *bt = &e->bt;
	struct bt_shared *sh = bt->sh;
	uint32_t i;

	for (i = 0; i < sh->ncontext; i++)
		if (context_same(&sh->context[i], c))
			break;
	if (i == BT_CONTEXTS) {
		/* blocks know contexts by number */
		bt_flush(e);
		sh->ncontext = i = 0;
	}
	if (i == sh->ncontext)
		sh->context[sh->ncontext++] = *c;
	bt->now = i;
	bt->context = *c;
	bt->known = true;
	e->bt_slots = bt->slot[i];
	generation(e);
}

void bt_context(struct engine *e)
{
	const struct ab_cpu *c = &e->m->cpu;
	const struct ab_seg *cs = &c->seg[AB_SEG_CS];
	struct bt_context x = { .cs_base = (uint32_t)cs->base, .cs_limit = cs->limit,
				.user = c->cpl == 3,
				.no_fpu = (c->cr0 & (AB_CR0_TS | AB_CR0_EM)) != 0,
				.no_sse = !(c->cr4 & AB_CR4_OSFXSR),
				.no_xsave = !(c->cr4 & AB_CR4_OSXSAVE),
				.no_avx = !ab_avx_enabled(c) };
	const struct bt_context *was = &e->bt.context;
	bool same = e->bt.known && x.user == was->user && x.no_fpu == was->no_fpu &&
		    x.no_sse == was->no_sse &&
		    x.no_xsave == was->no_xsave && x.no_avx == was->no_avx;
	unsigned i;

	for (i = 0; i < AB_SEG_COUNT; i++) {
		const struct ab_seg *s = &c->seg[i];

		if (same && seg_same(&e->hseg[i], s))
			continue;
		same = false;
		e->hseg[i] = *s;
		e->bt_base[i] = (uint32_t)s->base;
	}
	if (same)
		return;
	e->bt.code16 = !(cs->attr & ATTR_DB);
	if (e->bt.code16)
		return;
	for (i = 0; i < AB_SEG_COUNT; i++) {
		x.reach[i] = (uint8_t)reach_of(&c->seg[i], i);
		if (c->seg[i].attr & ATTR_TYPE_CODE || !(c->seg[i].attr & ATTR_RW))
			x.read_only |= (uint8_t)(1u << i);
	}
	/* left over from ring 3: the wedge's memory is not where it says */
	if (x.reach[AB_SEG_DS] == BT_BASED && c->cpl == 0 &&
	    (c->seg[AB_SEG_DS].attr >> 5 & 3) == 3)
		x.reach[AB_SEG_DS] = BT_EMULATED;
	context_choose(e, &x);
}

/* ---- blocks ---- */

static uint32_t hash_of(uint64_t pa, uint32_t eip, uint32_t context)
{
	uint32_t h = (uint32_t)pa * 0x9e3779b1u ^ (eip - (uint32_t)pa) * 0x85ebca6bu ^ context;

	return (h ^ h >> 15) % BT_HASH;
}

struct bt_block *bt_block_at(struct engine *e, uint64_t pa, uint32_t eip, uint32_t frame2)
{
	struct bt *bt = &e->bt;
	uint32_t n = bt->hash[hash_of(pa, eip, bt->now)];

	for (; n; n = bt->block[n - 1].next_hash) {
		struct bt_block *b = &bt->block[n - 1];

		if (b->pa == pa && b->eip == eip && b->context == bt->now && !b->dead &&
		    (b->frame2 == BT_NONE || b->frame2 == frame2))
			return b;
	}
	return NULL;
}

/* A page's bits lie together. */
static uint32_t start_bit(uint64_t pa)
{
	uint32_t frame = (uint32_t)(pa >> 12);

	return ((frame ^ frame >> 12) << 12 | (pa & (PAGE - 1))) % BT_STARTS;
}

bool bt_starts(const struct engine *e, uint64_t pa)
{
	uint32_t bit = start_bit(pa);

	return e->bt.starts[bit / 32] >> bit % 32 & 1;
}

void bt_kill(struct engine *e, struct bt_block *b)
{
	struct bt *bt = &e->bt;
	uint32_t *n = &bt->hash[hash_of(b->pa, b->eip, b->context)];

	if (b->dead)
		return;
	b->dead = true;
	while (*n && &bt->block[*n - 1] != b)
		n = &bt->block[*n - 1].next_hash;
	if (*n)
		*n = b->next_hash;
	bt_put_dispatch(bt->cache + b->host, b->eip);
	bt->stale |= BT_STALE_BOTH;
	bt->link = NULL;
}

void bt_flush(struct engine *e)
{
	struct bt *bt = &e->bt;
	struct bt_shared *sh = bt->sh;
	uint32_t i;

	for (i = 0; i < sh->nblock; i++) {
		const struct bt_block *b = &bt->block[i];

		bt->frame[b->frame] = 0;
		if (b->frame2 != BT_NONE)
			bt->frame[b->frame2] = 0;
		bt->hash[hash_of(b->pa, b->eip, b->context)] = 0;
		bt->starts[start_bit(b->pa) / 32] = 0;
	}
	sh->nblock = sh->nmark = sh->ninsn = sh->nsite = 0;
	sh->used = BT_BLOCK_MAX;
	sh->cold = BT_CACHE;
	bt->generation = ++sh->generation;
	bt->link = NULL;
	bt->stale = BT_STALE_BOTH;
	ways_forget(e);
}

static void room(struct engine *e)
{
	const struct bt_shared *sh = e->bt.sh;

	if (sh->used + BT_BLOCK_MAX + (BT_INSN_MAX + 2) * sizeof(struct bt_cold) > sh->cold || sh->nblock == BT_BLOCKS ||
	    sh->nmark + BT_MARKS_MAX > BT_MARKS || sh->ninsn + 2 > BT_INSNS ||
	    sh->nsite + 2 * BT_INSN_MAX > BT_SITES)
		bt_flush(e);
}

static uint32_t slow_slot(uint64_t pa)
{
	return (uint32_t)(pa ^ pa >> 12) % BT_SLOW;
}

void bt_slow(struct engine *e, uint64_t pa)
{
	if (bt_is_slow(e, pa))
		return;
	e->bt.sh->slow[slow_slot(pa)] = pa + 1;
	bt_forget(e, (uint32_t)(pa >> 12));
}

bool bt_is_slow(const struct engine *e, uint64_t pa)
{
	return e->bt.sh->slow[slow_slot(pa)] == pa + 1;
}

void bt_slow_hit(struct engine *e, bool need)
{
	uint32_t ip = (uint32_t)linear_ip(e);
	uint16_t *times = &e->bt.needless[(ip ^ ip >> 8) % BT_NEEDLESS];
	struct ab_xlat x;

	if (need) {
		*times = 0;
		return;
	}
	if (++*times < BT_QUICK)
		return;
	*times = 0;
	if (ab_walk(e->m, ip, AB_ACC_X, true, &x) != AB_OK || !bt_is_slow(e, x.pa))
		return;
	e->bt.sh->slow[slow_slot(x.pa)] = 0;
	bt_forget(e, (uint32_t)(x.pa >> 12));
}

/* ---- guest code ---- */

#define INSN_MAX	15u		/* bytes */

/* Where the page of linear (va) lies: physical page, and its bytes.  False with *t
 * a trap when code cannot be fetched there. */
static bool code_page(struct engine *e, uint32_t va, uint32_t *frame,
		      const uint8_t **page, struct trap *t)
{
	struct ab_machine *m = e->m;
	struct shadow *s = shadow_view(e);
	uint32_t i = va >> 12;
	unsigned acc = AB_ACC_X | (m->cpu.cpl == 3 ? AB_ACC_U : 0);
	struct ab_xlat x;

	if (m->cpu.cpl < 3 && e->window != e->window_end &&
	    va >= e->window + AB_WINDOW_TEXT && va < e->window_end) {
		*frame = (uint32_t)((e->mon->ram_size + PAGE) >> 12) +
			 ((va - e->window - AB_WINDOW_TEXT) >> 12);
		*page = e->text + ((va - e->window - AB_WINDOW_TEXT) & ~(PAGE - 1));
		return true;
	}
	*t = (struct trap){ .sig = SIGSEGV, .trapno = AB_PF, .cr2 = va,
			    .err = acc | AB_PF_U };
	if (va < s->low) {
		/* no page can be mapped there, but code can be read */
		if (ab_walk(m, va, acc, false, &x) != AB_OK || x.pa >= e->mon->ram_size)
			return false;
		*frame = (uint32_t)(x.pa >> 12);
	} else {
		if ((s->page[i] & (SH_PRESENT | SH_EXEC)) != (SH_PRESENT | SH_EXEC) &&
		    shadow_fault(e, va, acc) != SHADOW_DONE)
			return false;
		if (!(s->page[i] & SH_EXEC) || s->page[i] & SH_WINDOW)
			return false;
		*frame = s->frame[i];
		s->page[i] |= SH_CODE;
	}
	*page = e->mon->ram + ((uint64_t)*frame << 12);
	return true;
}

/* One instruction, at the cache's beginning; the next one takes its place. */
static struct bt_block *translate_one(struct engine *e, struct bt_source *s, uint64_t pa)
{
	struct bt *bt = &e->bt;
	uint32_t ninsn = bt->sh->ninsn;

	bt->one = (struct bt_block){
		.pa = pa, .eip = s->eip, .context = (uint16_t)bt->now,
		.first_mark = BT_MARKS, .frame2 = BT_NONE,
	};
	bt->sh->ninsn = BT_INSNS;
	bt_translate(e, s, &bt->one);
	bt->sh->ninsn = ninsn;
	return &bt->one;
}

static struct bt_block *translate(struct engine *e, struct bt_source *s, uint64_t pa,
				  uint32_t frame2)
{
	struct bt *bt = &e->bt;
	struct bt_shared *sh = bt->sh;
	struct bt_block *b;
	uint32_t got, *hash = &bt->hash[hash_of(pa, s->eip, bt->now)];

	space_fp_keep(e);
	if (s->step)
		return translate_one(e, s, pa);
	room(e);
	e->mon->sh->stat[MON_STAT_BLOCK]++;
	b = &bt->block[sh->nblock];
	*b = (struct bt_block){
		.pa = pa, .eip = s->eip, .context = (uint16_t)bt->now,
		.first_mark = sh->nmark, .host = sh->used,
		.frame = (uint32_t)(pa >> 12), .frame2 = BT_NONE,
	};
	got = bt_translate(e, s, b);
	if (!got)		/* no instruction: all that was looked at */
		got = s->size + s->size2 < INSN_MAX ? s->size + s->size2 : INSN_MAX;
	sh->nmark += b->marks;
	if (b->host_end - b->host < BT_BLOCK_MIN)
		b->host_end = b->host + BT_BLOCK_MIN;
	sh->used = (b->host_end + 15) & ~15u;
	b->len = (uint16_t)(got < s->size ? got : s->size);
	bt_hold(e, b, 0);
	if (got > s->size) {
		b->frame2 = frame2;
		b->len2 = (uint16_t)(got - s->size);
		bt_hold(e, b, 1);
	}
	sh->nblock++;
	b->next_hash = *hash;
	*hash = sh->nblock;
	bt->starts[start_bit(pa) / 32] |= 1u << start_bit(pa) % 32;
	return b;
}

/* Does the first instruction go on beyond the page? */
static bool ends_early(struct engine *e, const struct bt_source *s)
{
	struct ab_insn in;

	space_fp_keep(e);	/* the decoder uses libc, which uses registers */
	return ab_decode(s->code, s->size, 32, &in) == AB_DECODE_SHORT;
}

/* The block for the guest's eip, or NULL with a trap in *t. */
static struct bt_block *find(struct engine *e, bool step, struct trap *t)
{
	struct bt *bt = &e->bt;
	struct bt_source s = {
		.eip = (uint32_t)e->rip, .limit = bt->context.cs_limit, .step = step,
	};
	uint32_t va = s.eip + bt->context.cs_base, frame, frame2 = BT_NONE;
	const uint8_t *page;
	struct trap later;
	struct bt_block *b;
	uint64_t pa;

	if (s.eip > s.limit) {
		*t = (struct trap){ .sig = SIGSEGV, .trapno = AB_GP };
		return NULL;
	}
	if (!code_page(e, va, &frame, &page, t))
		return NULL;
	s.code = page + (va & (PAGE - 1));
	s.size = PAGE - (va & (PAGE - 1));
	if (s.size < INSN_MAX && code_page(e, va + s.size, &frame2, &s.code2, &later)) {
		s.size2 = INSN_MAX;
		/* which may have driven the first one out: ways shall not outlive it */
		if (!code_page(e, va, &frame, &page, t))
			return NULL;
	}
	pa = (uint64_t)frame << 12 | (va & (PAGE - 1));
	b = step ? NULL : bt_block_at(e, pa, s.eip, frame2);
	if (b)
		return b;
	/* never a block that says so: the page may come */
	if (s.size < INSN_MAX && !s.code2 && s.size - 1 < s.limit - s.eip && ends_early(e, &s)) {
		*t = later;
		return NULL;
	}
	s.window = page >= e->text && page < e->text + MON_WINDOW_ROOM;
	return translate(e, &s, pa, frame2);
}

/* ---- into translated code ---- */

/* A jump inside a page that has just missed goes straight to (b) from now on; where that
 * depends on another page as well, by what is known of its address. */
static void link_up(struct engine *e, struct bt_block *b)
{
	struct bt *bt = &e->bt;
	struct bt_cold *cold = bt->link;
	uint8_t *rel32;

	bt->link = NULL;
	if (!cold)
		return;
	if (b->frame2 != BT_NONE || b->frame != bt->block[cold->block].frame) {
		bt_put_dispatch(cold->code, cold->to);
		return;
	}
	rel32 = bt->cache + cold->rel32;
	*(uint32_t *)rel32 = (uint32_t)(bt->cache + b->host - (rel32 + 4));
}

static void op(struct engine *e, const struct ab_insn *in);

/* An instruction of 16-bit code: wedge/core does it. */
static void op16(struct engine *e)
{
	const struct ab_cpu *c = &e->m->cpu;
	struct ab_insn in = { .len = 0 };
	bool beyond;

	space_fp_keep(e);
	engine_state_in(e);
	beyond = (uint32_t)c->rip > c->seg[AB_SEG_CS].limit;
	if (!beyond && trap_decode(e, &in)) {
		beyond = in.len - 1u > c->seg[AB_SEG_CS].limit - (uint32_t)c->rip;
		if (!beyond)
			op(e, &in);
	}
	if (beyond)
		engine_gp0(e);
	engine_leave(e);
}

/* From engine_resume(): engine's registers are the guest's. */
void bt_prepare(void)
{
	struct engine *e = &engine;
	struct bt *bt = &e->bt;
	const uint8_t *host;
	struct bt_block *b;
	struct trap t;
	bool step;

	for (;;) {
		if (bt->epoch != bt->sh->epoch)
			bt_catch_up(e);
		if (bt->code16) {
			if (e->async)
				return;		/* engine_resume() sees to that first */
			op16(e);
			continue;
		}
		step = e->rflags & AB_FL_TF;
		e->bt_flags = e->rflags & ~(uint64_t)AB_FL_TF;
		if (!step && !bt->stale && !bt->link && (host = slot_find(e))) {
			bt->stepping = false;
			e->bt_target = host;
			return;
		}
		b = find(e, step, &t);
		if (b)
			break;
		bt->link = NULL;
		bt->stepping = false;
		space_fp_keep(e);
		engine_trap(e, &t);
		engine_leave(e);
	}
	if (bt->stale)
		ways_forget(e);
	bt->stepping = step;
	e->bt_target = bt->cache + b->host;
	if (step)
		return;
	link_up(e, b);
	if ((uint32_t)e->rip + bt->context.cs_base >= shadow_view(e)->low)
		slot_fill(e, (uint32_t)e->rip, e->bt_target);
}

/* ---- out of translated code ---- */

static struct bt_block *block_of(struct engine *e, uint32_t host)
{
	struct bt *bt = &e->bt;
	uint32_t lo = 0, hi = bt->sh->nblock;

	if (host < BT_BLOCK_MAX)
		return &bt->one;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (bt->block[mid].host <= host)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &bt->block[lo - 1] : NULL;
}

void bt_step_end(struct engine *e)
{
	if (e->bt.stepping)
		e->rflags |= AB_FL_TF;
	e->bt.stepping = false;
}

bool bt_step_over(struct engine *e)
{
	bool done = e->bt.stepping && e->bt.step_done;

	bt_step_end(e);
	return done;
}

static bool within(uint64_t ip, const char *from, const char *to)
{
	return ip >= (uint64_t)(uintptr_t)from && ip < (uint64_t)(uintptr_t)to;
}

bool bt_interrupted(struct engine *e, long long *g)
{
	struct bt *bt = &e->bt;
	uint64_t ip = (uint64_t)g[REG_RIP];
	const struct bt_mark *m;
	struct bt_block *b;
	uint32_t n;

	if (within(ip, bt_dispatch, bt_dispatch_end)) {
		if (ip != (uint64_t)(uintptr_t)bt_dispatch && ip != (uint64_t)(uintptr_t)bt_site &&
		    ip != (uint64_t)(uintptr_t)bt_return)
			g[REG_RCX] = (uint32_t)g[REG_R11];
		g[REG_RIP] = (uint32_t)g[REG_R9];
		return true;
	}
	if (within(ip, bt_pushf, bt_flags_end)) {
		if (ip != (uint64_t)(uintptr_t)bt_pushf && ip != (uint64_t)(uintptr_t)bt_popf)
			g[REG_RSP] = g[REG_R11];
		ip = (uint64_t)g[REG_R10] - 1;
	}
	if (ip - (uint64_t)(uintptr_t)bt->cache >= BT_CACHE)
		return false;
	if (ip >= (uint64_t)(uintptr_t)(bt->cache + bt->sh->cold)) {
		ip -= (ip - (uint64_t)(uintptr_t)bt->cache) % sizeof(struct bt_cold);
		g[REG_RIP] = ((const struct bt_cold *)(uintptr_t)ip)->to;
		return true;
	}
	b = block_of(e, (uint32_t)(ip - (uint64_t)(uintptr_t)bt->cache));
	n = (uint32_t)(ip - (uint64_t)(uintptr_t)(bt->cache + (b ? b->host : 0)));
	if (!b || !b->marks || n >= b->host_end - b->host)
		engine_died(e, "internal error: no guest code at %lx of translated code",
			    ip - (uint64_t)(uintptr_t)bt->cache);
	for (m = &bt->mark[b->first_mark + b->marks - 1]; m->host > n; m--)
		;
	/* a dead one begins with bt_put_dispatch(); a return can still come to its end */
	if (b->dead && n < BT_BLOCK_MIN)
		m = &bt->mark[b->first_mark];
	g[REG_RIP] = m->how & BT_MARK_R9 ? (uint32_t)g[REG_R9] : m->eip;
	if (m->how & BT_MARK_RCX)
		g[REG_RCX] = (uint32_t)g[REG_R11];
	if (m->how & BT_MARK_EBP)
		g[REG_RBP] = (uint32_t)g[REG_R9];
	if (m->how & BT_MARK_PUSHED)
		g[REG_RSP] = (uint32_t)(g[REG_RSP] - 4);
	if (m->how & BT_MARK_RETURN)
		bt->way[(uint16_t)g[REG_RSP]].tag = 0;
	bt->step_done = m > &bt->mark[b->first_mark];
	return true;
}

/* No block is known for the address in rip; arg: of the jump that led here, if it may
 * be made a direct one. */
void bt_missed(void)
{
	struct engine *e = &engine;
	struct bt *bt = &e->bt;
	struct bt_cold *cold = (struct bt_cold *)(uintptr_t)e->bt_arg;

	bt->link = cold && !bt->block[cold->block].dead ? cold : NULL;
	engine_state_in(e);
}

/* An instruction that has only no form in 64-bit mode. */
static void general(struct engine *e, const struct ab_insn *in)
{
	enum ab_result r;

	if (in->gen == AB_GEN_NONE || in->gen >= AB_GEN_FNINIT)
		space_fp_keep(e);
	e->m->cpu.shadow = 0;
	r = ab_emulate(e->m, in);
	if (r != AB_OK)
		engine_check(e, r);
}

/* What the processor would have raised for bytes that it does not know, or for an
 * int3, which the debugger wants to see. */
static void raise_host(struct engine *e, int trapno)
{
	struct trap t = { .sig = SIGSEGV, .trapno = trapno };

	space_fp_keep(e);
	engine_trap(e, &t);
}

/* Does the instruction at cpu.rip, which is none as it was read, go on beyond the code
 * segment's limit?  Then its #GP is delivered. */
static bool cut_off(struct engine *e)
{
	uint32_t room = e->bt.context.cs_limit - (uint32_t)e->m->cpu.rip;
	uint8_t bytes[INSN_MAX];
	struct ab_insn in;
	size_t got;

	space_fp_keep(e);
	if (room >= INSN_MAX - 1 ||
	    ab_fetch(e->m, linear_ip(e), bytes, room + 1, &got) != AB_OK || got != room + 1 ||
	    ab_decode(bytes, got, 32, &in) != AB_DECODE_SHORT)
		return false;
	engine_gp0(e);
	return true;
}

/* Does a site's code, or its stub's, use its own memory here through a segment that
 * does not reach it, or not so? */
static bool is_wedge(struct engine *e)
{
	uint32_t ip = (uint32_t)linear_ip(e);
	struct ab_site *s;
	uint32_t delta;

	if (e->window == e->window_end)
		return false;
	if (ip >= e->window && ip < e->window_end)
		return true;
	s = e->mon->target == MON_HOSTED ? site_at(e, ip, &delta) : NULL;
	return s && s->template >= 0;
}

/* An instruction that the monitor does; m's state is the guest's. */
static void op(struct engine *e, const struct ab_insn *in)
{
	struct ab_cpu *c = &e->m->cpu;

	if (!in->len) {
		if (!cut_off(e))
			raise_host(e, AB_UD);
	} else if (in->op == AB_OP_NONE && in->gen < AB_GEN_FNINIT && in->gen &&
		   engine_device(e, in)) {
		/* done */
	} else if (in->op == AB_OP_NONE && is_wedge(e)) {
		/* as where hardware looks at segments: the site is emulated */
		raise_host(e, AB_GP);
	} else if (in->op == AB_OP_NONE) {
		general(e, in);
	} else if (in->op == AB_OP_INT3) {
		c->rip = (uint32_t)(c->rip + in->len);
		raise_host(e, AB_BP);
	} else if (in->op == AB_OP_SYSENTER || in->op == AB_OP_SYSCALL) {
		/* hidden in CPUID */
		engine_undefined(e);
	} else if (in->op == AB_OP_INT && c->cpl == 3) {
		e->mon->sh->stat[MON_STAT_SYSCALL]++;
		engine_emulate(e, in, AB_PROF_SYSCALL);
	} else {
		engine_privileged(e, in);
	}
}

void bt_op(void)
{
	struct engine *e = &engine;

	bt_step_end(e);
	engine_state_in(e);
	op(e, (const struct ab_insn *)(uintptr_t)e->bt_arg);
	engine_leave(e);
}

void bt_stepped(void)
{
	struct engine *e = &engine;
	struct trap t = { .sig = SIGTRAP, .trapno = AB_DB };

	bt_step_end(e);
	engine_trap_entry(e, &t);
}
