/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_space.c: the pool of host address spaces, and how the vCPU goes from one
 * to the next.
 *
 * A *space* is a process with its own low 4 GiB: one for each page directory that
 * the guest used lately, and, with `separate`, one more for what ring 3 sees of
 * it.  Processes share guest RAM, the virtual CPU and struct handover; at any
 * time one of them has the vCPU, all others sleep.  To load a cr3 that has a space
 * is then a hand-over instead of as many host mappings as the guest program uses
 * pages.
 *
 * Coherence: every invalidation goes into a log that all spaces read.  A space
 * that gets the vCPU first does what came into the log while it slept, as if the
 * guest had invalidated there and then: entries are compared with the guest's
 * tables, which may have been edited meanwhile in any way.  The load of cr3 that
 * brings the guest to a space is an entry of the log itself, so nothing but what
 * hardware may keep (global pages, unless invalidated) goes unseen.
 *
 * Spaces are made when they are wanted, by the *nursery*: a process that was
 * forked before the first one confined itself, and that never runs guest code.
 */
#include <signal.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

/* All processes of a run keep to one processor, where a hand-over costs a sixth of
 * what it costs to wake another processor.  Every PERIOD they are let go for a
 * WINDOW, so that the host can move them to one with less to do. */
#define PERIOD_MS	50u
#define WINDOW_MS	1u

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

/* ---- whose turn it is ---- */

static struct space *self(struct engine *e)
{
	return &e->ho->space[e->self];
}

/* Does this process have the vCPU? */
bool space_has_turn(struct engine *e)
{
	return load(&e->ho->turn) == e->self;
}

static uint64_t cycles(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

#define NOWHERE		~0u

/* The processor's number, as the host left it for user code; 0 if it did not. */
static uint32_t processor(void)
{
	uint32_t n = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(n) : "r"(0x7b) : "cc");
	return n & 0xfff;
}

/* Keep to processor (cpu); NOWHERE: to none. */
static void keep_to(struct engine *e, uint32_t cpu)
{
	uint64_t one[64] = { 0 };
	const uint64_t *mask = e->processors;

	if (e->kept_to == cpu || e->processors_size > sizeof(one))
		return;
	if (cpu != NOWHERE) {
		one[cpu / 64] = 1ull << cpu % 64;
		mask = one;
	}
	e->kept_to = cpu;
	sys_call3(SYS_sched_setaffinity, 0, (long)e->processors_size, (long)mask);
}

/* This process has the vCPU: where shall it run? */
static void settle_down(struct engine *e)
{
	struct handover *ho = e->ho;
	uint64_t ms = e->mon->tsc_khz, since = cycles() - ho->settled;

	if (since > (PERIOD_MS + WINDOW_MS) * ms) {
		ho->settled = cycles();
		ho->cpu = processor();
	} else if (since > PERIOD_MS * ms) {
		keep_to(e, NOWHERE);
		return;
	}
	keep_to(e, ho->cpu);
}

/* It computes on and on, with nobody to hand over to. */
void space_unsettle(struct engine *e)
{
	if (cycles() - e->ho->settled > PERIOD_MS * (uint64_t)e->mon->tsc_khz)
		keep_to(e, NOWHERE);
}

/* Sleep until it is this process's turn. */
static void wait_turn(struct engine *e)
{
	struct space *s = self(e);

	if (!load(&s->go)) {
		store(&s->asleep, 1);
		while (!load(&s->go))
			sys_futex_wait(&s->go, 0, NULL);
		store(&s->asleep, 0);
	}
	store(&s->go, 0);
	settle_down(e);
}

static void give_turn(struct engine *e, uint32_t to)
{
	struct space *s = &e->ho->space[to];

	store(&e->ho->turn, to);
	store(&s->go, 1);
	if (load(&s->asleep))
		sys_futex_wake(&s->go, 1);
}

/* ---- the log of invalidations ---- */

void space_flush_page(struct engine *e, uint32_t va)
{
	struct handover *ho = e->ho;

	ho->log[ho->seq++ % SPACE_LOG] = va;
}

void space_flush_all(struct engine *e, bool global_too)
{
	struct handover *ho = e->ho;

	ho->log[ho->seq++ % SPACE_LOG] = 0;
	ho->seq_all = ho->seq;
	if (global_too)
		ho->seq_global = ho->seq;
}

void space_reset_all(struct engine *e)
{
	space_flush_all(e, true);
	e->ho->seq_reset = e->ho->seq;
}

/* Do what the log holds that this space has not done.  (fits): the load of cr3
 * that is in it leaves all as it is. */
static void apply(struct engine *e, bool fits)
{
	struct handover *ho = e->ho;
	uint64_t seen = e->seen, n;

	copy_catch_up(e);
	if (seen == ho->seq)
		return;
	e->seen = ho->seq;
	if (ho->seq_reset > seen) {
		shadow_reset(e);
		return;
	}
	if (ho->seq_global > seen || ho->seq - seen > SPACE_LOG) {
		shadow_flush(e, true);
		return;
	}
	if (ho->seq_all > seen && !fits)
		shadow_flush(e, false);
	/* pages of before the last flush may have been global ones */
	for (n = seen; n < ho->seq; n++)
		shadow_page(e, ho->log[n % SPACE_LOG]);
}

void space_apply(struct engine *e)
{
	apply(e, false);
}

/* ---- what travels with the vCPU ---- */

void space_fp_keep(struct engine *e)
{
	if (e->fp)
		return;
	__asm__ volatile("xsave64 %0" : "=m"(e->ho->fp)
			 : "a"((uint32_t)e->fp_mask), "d"((uint32_t)(e->fp_mask >> 32))
			 : "memory");
	e->fp = e->ho->fp;
}

/* The guest's FPU state into the shared image. */
static void fp_save(struct engine *e)
{
	struct handover *ho = e->ho;

	if (e->fp == ho->fp)
		return;
	if (e->fp) {
		/* a signal frame: the kernel left its size there */
		const uint32_t *sw = (const uint32_t *)((uint8_t *)e->fp + 464);
		size_t n = sw[0] == 0x46505853 ? sw[4] : 512;
		void *to = ho->fp;
		const void *from = e->fp;

		if (n > sizeof(ho->fp))
			n = sizeof(ho->fp);
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
		e->fp = ho->fp;
	} else {
		space_fp_keep(e);
	}
}

static void pack(struct engine *e)
{
	struct handover *ho = e->ho;

	fp_save(e);
	ho->deadline = e->deadline;
	ho->paging_mode = e->paging_mode;
	ho->user_top = e->user_top;
	ho->shadow_rip = e->shadow_rip;
	ho->limits = e->limits;
	ho->user_fixed = e->user_fixed;
	ho->debug_step = e->debug_step;
	ho->debug_stop = e->debug_stop;
	ho->debug_rip = e->debug_rip;
	ho->expect = e->expect;
	e->expect.wanted = false;
	if (e->kind == SPACE_KERNEL) {
		ho->window = e->window;
		ho->window_end = e->window_end;
		ho->text_end = e->text_end;
	}
}

/* Alarms go to the process that asked for them. */
static void take_alarm(struct engine *e)
{
	if (!e->deadline)
		return;
	if (e->armed != e->deadline)
		host_arm(e, e->deadline);
	else if (host_now() >= e->deadline)
		e->async = 1;
}

static void unpack(struct engine *e)
{
	struct handover *ho = e->ho;

	e->deadline = ho->deadline;
	e->paging_mode = ho->paging_mode;
	e->user_top = ho->user_top;
	e->shadow_rip = ho->shadow_rip;
	e->limits = ho->limits;
	e->user_fixed = ho->user_fixed;
	e->debug_step = ho->debug_step;
	e->debug_stop = ho->debug_stop;
	e->debug_rip = ho->debug_rip;
	e->expect = ho->expect;
	e->fp = ho->fp;
	e->hcpl = 0xff;
	libc_world(e);
	take_alarm(e);
	if (load(&e->mon->sh->kick))
		e->async = 1;
}

/* From here on this process has the vCPU. */
static void take(struct engine *e)
{
	struct space *s = self(e);

	unpack(e);
	if (s->kind != e->kind) {
		/* nothing of the kernel's may be left for ring 3, the window least */
		shadow_reset(e);
		window_adopt(e, 0, 0, 0);
		e->kind = s->kind;
	}
	if (e->kind == SPACE_KERNEL)
		window_adopt(e, e->ho->window, e->ho->window_end, e->ho->text_end);
	if (e->bt_on)
		bt_catch_up(e);
}

/* Lend the vCPU to space (to) until it comes back. */
void space_lend(struct engine *e, uint32_t to)
{
	e->mon->sh->stat[MON_STAT_HANDOVER]++;
	pack(e);
	give_turn(e, to);
	wait_turn(e);
	take(e);
}

/* ---- the pool ---- */

static uint64_t key_of(const struct ab_cpu *c)
{
	return c->cr0 & AB_CR0_PG ? SPACE_FLAT + 1 + (c->cr3 & 0xffffffe0) : SPACE_FLAT;
}

static bool newborn(struct engine *e)
{
	struct handover *ho = e->ho;
	uint32_t born = load(&ho->born);

	if (born >= ho->first + SPACES || load(&ho->barren))
		return false;
	store(&ho->want, born + 1);
	sys_futex_wake(&ho->want, 1);
	while (load(&ho->born) == born && !load(&ho->barren))
		sys_futex_wait(&ho->born, born, NULL);
	return load(&ho->born) > born;
}

/* Of those of (kind), or of all where it has none, the one that was not used for
 * longest; never this one.  NOWHERE when there is no other. */
static uint32_t oldest(struct engine *e, uint32_t kind, uint32_t *count)
{
	struct handover *ho = e->ho;
	uint32_t i, born = load(&ho->born), n = NOWHERE, any = NOWHERE;

	for (i = ho->first, *count = 0; i < born; i++) {
		*count += ho->space[i].kind == kind;
		if (i == e->self)
			continue;
		if (any == NOWHERE || ho->space[i].used < ho->space[any].used)
			any = i;
		if (ho->space[i].kind == kind &&
		    (n == NOWHERE || ho->space[i].used < ho->space[n].used))
			n = i;
	}
	return n != NOWHERE ? n : any;
}

/* The space for ring (kind)'s view of the page directory in cr3: the one that
 * there is, a new one, or the oldest of its kind, which has at least the kernel's
 * pages right.  NOWHERE when there is none but this. */
static uint32_t space_for(struct engine *e, uint32_t kind)
{
	struct handover *ho = e->ho;
	uint64_t key = key_of(&e->m->cpu);
	uint32_t born = load(&ho->born), i, n, count;

	for (i = ho->first; i < born; i++)
		if (ho->space[i].key == key && ho->space[i].kind == kind)
			break;
	if (i == born) {
		n = oldest(e, kind, &count);
		if (count < SPACES / 2 && newborn(e))
			n = born;
		if ((i = n) == NOWHERE)
			return n;
		ho->space[i].key = key;
		ho->space[i].kind = kind;
	}
	ho->space[i].used = ++ho->clock;
	return i;
}

/* The space that ring 3 is to run in. */
uint32_t space_user(struct engine *e)
{
	uint32_t n = space_for(e, SPACE_USER);

	if (n == NOWHERE)
		engine_died(e, "the host gives no second process for ring 3");
	return n;
}

/* In a kernel space, on the way back to the guest: true when the vCPU was away in
 * the space that its cr3 belongs to, and all else has to be looked at again. */
bool space_settle(struct engine *e)
{
	uint64_t key = key_of(&e->m->cpu);
	bool moved = false, fits = false;
	uint32_t to;

	if (self(e)->key != key && e->kind == SPACE_KERNEL) {
		/* without paging, or where nothing would change, this one is as
		 * good as any */
		if (self(e)->key <= SPACE_FLAT || key <= SPACE_FLAT ||
		    (fits = shadow_fits(e)) || (to = space_for(e, SPACE_KERNEL)) == NOWHERE) {
			self(e)->key = key;
		} else if (to != e->self) {
			e->mon->sh->stat[MON_STAT_SPACE]++;
			space_lend(e, to);
			moved = true;
		}
	}
	apply(e, fits);
	return moved;
}

/* Guest code is where this process can map nothing.  Translated code only has to be
 * read: from here on all runs in spaces that translate, and those that there are
 * sleep on. */
_Noreturn void space_translate(struct engine *e)
{
	struct handover *ho = e->ho;
	uint32_t n = load(&ho->born);

	e->limits = e->user_fixed = false;
	vsyscall_set(e, VSYSCALL_INT);
	ho->first = n;
	store(&ho->translate, 1);
	if (!newborn(e))
		engine_died(e, "the host gives no process to translate guest code");
	ho->space[n].key = key_of(&e->m->cpu);
	ho->space[n].kind = SPACE_KERNEL;
	ho->space[n].used = ++ho->clock;
	space_lend(e, n);
	engine_died(e, "internal error: a space was used that is done with");
}

/* A process of the pool, from its birth. */
static _Noreturn void space_main(struct engine *e, uint32_t n)
{
	e->self = n;
	e->kind = SPACE_NEW;
	e->window = e->window_end = e->text_end = 0;
	shadow_init(e);
	signal_init(e);
	host_timer(e);
	sandbox_enter(e->mon);
	wait_turn(e);
	take(e);
	if (e->kind == SPACE_USER)
		user_enter(e);
	engine_async();
	e->segs_dirty = 1;
	engine_resume();
}

static _Noreturn void nursery_main(struct engine *e)
{
	struct handover *ho = e->ho;
	uint32_t born = 1;

	sandbox_descriptors(e->mon);
	for (;;) {
		while (load(&ho->want) <= born)
			sys_futex_wait(&ho->want, born, NULL);
		if (load(&ho->translate) && !e->bt_on)
			bt_init(e);
		switch (born < SPACES_EVER ? mon_fork(e->mon) : -1) {
		case -1:
			store(&ho->barren, 1);
			break;
		case 0:
			space_main(e, born);
		default:
			store(&ho->born, ++born);
		}
		sys_futex_wake(&ho->born, 1);
	}
}

/* The first space is the process that calls this. */
void space_init(struct engine *e)
{
	struct handover *ho = e->ho;

	long n = sys_call3(SYS_sched_getaffinity, 0, sizeof(e->processors),
			   (long)e->processors);

	e->processors_size = n > 0 ? (uint32_t)n : ~0u;
	e->kept_to = NOWHERE;
	ho->born = 1;
	ho->want = 1;
	e->self = 0;
	switch (mon_fork(e->mon)) {
	case -1:
		ho->barren = 1;
		break;
	case 0:
		nursery_main(e);
	}
}
