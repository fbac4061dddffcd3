/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trap profile of a run, on the broker's side: once a second the sums of the
 * shared table are looked at and become a span of the timeline; now and then, and
 * at the end, all of it is written.  Guest code can reach the table, so every
 * record is looked at before it is taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ops.h"
#include "core/core.h"
#include "lib/diag.h"
#include "monitor/broker.h"

#define SPAN_NS		1000000000ull
#define SPANS_MAX	4096u		/* then each gets twice as long */
#define CHECKPOINT_NS	5000000000ull	/* at most this is lost to a SIGKILL */

/* ---- timeline ---- */

/* Two spans become one. */
static void spans_halve(struct spans *s)
{
	uint32_t i;
	unsigned k;

	for (i = 0; i < s->n / 2; i++) {
		s->v[i] = s->v[2 * i + 1];
		for (k = 0; k < AB_PROF_KINDS; k++) {
			s->v[i].count[k] += s->v[2 * i].count[k];
			s->v[i].cycles[k] += s->v[2 * i].cycles[k];
		}
	}
	s->n /= 2;
	s->every_ns *= 2;
}

/* What was added to a sum since (*seen): guest code may have written there. */
static uint64_t increase(const uint64_t *sum, uint64_t *seen)
{
	uint64_t now = __atomic_load_n(sum, __ATOMIC_RELAXED);
	uint64_t more = now > *seen ? now - *seen : 0;

	*seen = now;
	return more;
}

static void span_end(struct broker *b, uint64_t now)
{
	const struct mon_profile *table = &b->mon.sh->profile;
	struct spans *s = &b->spans;
	struct ab_profile_span *v;
	unsigned k;

	if (s->n == SPANS_MAX)
		spans_halve(s);
	if (now <= b->start_ns || (s->n && now - b->start_ns <= s->v[s->n - 1].end_ns))
		return;
	v = &s->v[s->n++];
	*v = (struct ab_profile_span){ .end_ns = now - b->start_ns };
	for (k = 1; k < AB_PROF_KINDS; k++) {
		v->count[k] = increase(&table->count[k], &s->count[k]);
		v->cycles[k] = increase(&table->cycles[k], &s->cycles[k]);
	}
}

void profile_begin(struct broker *b)
{
	struct spans *s = &b->spans;

	if (!b->opt->profile)
		return;
	s->v = xcalloc(SPANS_MAX, sizeof *s->v);
	s->every_ns = SPAN_NS;
	b->span_ns = b->start_ns + SPAN_NS;
	b->checkpoint_every = SPAN_NS;
	b->checkpoint_ns = b->start_ns + SPAN_NS;
}

uint64_t profile_due(const struct broker *b)
{
	if (!b->opt->profile)
		return UINT64_MAX;
	return b->span_ns < b->checkpoint_ns ? b->span_ns : b->checkpoint_ns;
}

void profile_look(struct broker *b, uint64_t now)
{
	if (now < profile_due(b))
		return;
	if (now >= b->span_ns) {
		span_end(b, now);
		b->span_ns = now + b->spans.every_ns;
	}
	if (now >= b->checkpoint_ns) {
		profile_save(b, false);
		b->checkpoint_every *= 2;
		if (b->checkpoint_every > CHECKPOINT_NS)
			b->checkpoint_every = CHECKPOINT_NS;
		b->checkpoint_ns = now_ns() + b->checkpoint_every;
	}
}

/* ---- records ---- */

static bool record_take(struct ab_profile_record *to,
			const struct ab_profile_record *from)
{
	if (!__atomic_load_n(&from->count, __ATOMIC_ACQUIRE))
		return false;
	memcpy(to, from, sizeof *to);
	memset(to->reserved, 0, sizeof to->reserved);
	return to->count && to->op < AB_OP_COUNT && to->ring <= 3 &&
		to->kind >= AB_PROF_TRAP && to->kind < AB_PROF_KINDS &&
		to->insn_len <= 15 && to->page_class < AB_PAGE_CLASSES;
}

/* Equal keys can only come from a guest that wrote over the table. */
static void duplicates_drop(struct profile *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->head.nrecords; i++) {
		const struct ab_profile_record *a = &p->rec[i];
		const struct ab_profile_record *z = n ? &p->rec[n - 1] : NULL;

		if (z && a->addr == z->addr && a->op == z->op &&
		    a->ring == z->ring && a->kind == z->kind)
			continue;
		p->rec[n++] = *a;
	}
	p->head.nrecords = n;
}

static void header_fill(const struct broker *b, struct ab_profile_header *h,
			bool complete)
{
	const struct ab_guest *g = b->guest;

	h->machine = g->machine ? g->machine : 3 /* EM_386 */;
	h->tsc_khz = b->mon.tsc_khz;
	h->run_ns = (b->end_ns ? b->end_ns : now_ns()) - b->start_ns;
	snprintf(h->target, sizeof h->target, "%s%s",
		 b->mon.target == MON_HOSTED ? "hosted" : "none",
		 b->mon.sh->translated ? "-bt" : "");
	if (g->build_id_len <= sizeof h->build_id) {
		h->build_id_len = g->build_id_len;
		memcpy(h->build_id, g->build_id, g->build_id_len);
	}
	h->complete = complete;
	h->lost = b->mon.sh->profile.lost;
}

void profile_collect(struct broker *b, struct profile *p, bool complete)
{
	const struct mon_profile *table = &b->mon.sh->profile;
	uint32_t used = __atomic_load_n(&table->used, __ATOMIC_ACQUIRE);
	size_t i, n = 0;

	if (used > MON_PROFILE_SLOTS)
		used = MON_PROFILE_SLOTS;
	profile_new(p, used, b->spans.n);
	for (i = 0; i < used; i++)
		n += record_take(&p->rec[n], &table->slot[i]);
	p->head.nrecords = n;
	profile_sort(p);
	duplicates_drop(p);
	if (b->spans.n)
		memcpy(p->span, b->spans.v, b->spans.n * sizeof *p->span);
	header_fill(b, &p->head, complete);
}

int profile_save(struct broker *b, bool complete)
{
	uint64_t lost = b->mon.sh->profile.lost;
	struct profile p;
	int ret;

	if (complete)
		span_end(b, b->end_ns);
	profile_collect(b, &p, complete);
	ret = profile_write(b->opt->profile, &p);
	profile_free(&p);
	if (complete && lost)
		warn("%s: the profile's table was full: %llu events are missing",
		     b->opt->profile, (unsigned long long)lost);
	return ret;
}
