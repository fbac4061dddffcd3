/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report --diff OLD NEW`: what became dearer and what cheaper.
 *
 * Two builds have their code at other addresses, so places are compared by
 * function, event and operation where the guests are known; without them by
 * address, which only fits profiles of one build.  The profiles are read once,
 * record by record: what is kept of them is what is printed.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/out.h"
#include "monitor/rank.h"
#include "monitor/report.h"
#include "monitor/report_diff.h"

struct line {
	const char *name;	/* NULL: the address */
	uint64_t addr;
	uint16_t op;
	uint8_t kind;
	uint64_t count[2], cost[2];
};

struct diff {
	struct ab_guest *guest[2];	/* names are theirs */
	uint64_t run_ns[2];
	struct line *line;
	uint32_t *slot;			/* hash table: line + 1; twice as many as lines */
	size_t n, room;
};

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t key_hash(const struct line *l)
{
	uint64_t h = l->addr + ((uint64_t)l->op << 40) + ((uint64_t)l->kind << 56);
	const char *s = l->name;

	for (; s && *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	h *= 0x9e3779b97f4a7c15;
	return h ^ h >> 32;
}

static bool key_equal(const struct line *a, const struct line *b)
{
	if (a->kind != b->kind || a->op != b->op || !a->name != !b->name)
		return false;
	return a->name ? a->name == b->name || !strcmp(a->name, b->name) : a->addr == b->addr;
}

/* The slot of (key), or the empty one where it goes. */
static uint32_t *slot_find(const struct diff *d, const struct line *key)
{
	size_t mask = 2 * d->room - 1, i = key_hash(key) & mask;

	while (d->slot[i] && !key_equal(&d->line[d->slot[i] - 1], key))
		i = (i + 1) & mask;
	return &d->slot[i];
}

static void diff_grow(struct diff *d)
{
	size_t i;

	d->room = d->room ? 2 * d->room : 1024;
	d->line = xrealloc(d->line, d->room * sizeof *d->line);
	free(d->slot);
	d->slot = xcalloc(2 * d->room, sizeof *d->slot);
	for (i = 0; i < d->n; i++)
		*slot_find(d, &d->line[i]) = (uint32_t)i + 1;
}

static struct line *line_of(struct diff *d, const struct line *key)
{
	uint32_t *slot;

	if (d->n == d->room)
		diff_grow(d);
	slot = slot_find(d, key);
	if (!*slot) {
		d->line[d->n++] = *key;
		*slot = (uint32_t)d->n;
	}
	return &d->line[*slot - 1];
}

struct diff *diff_new(void)
{
	return xcalloc(1, sizeof(struct diff));
}

int diff_add(struct diff *d, unsigned side, const char *profile, const char *guest)
{
	struct profile_stream *s = profile_open(profile);
	const struct ab_profile_record *r;
	struct ab_guest *g = NULL;
	int bad = 0;

	if (!s)
		return -1;
	if (guest)
		g = d->guest[side] = fate_guest(profile_head(s), guest);
	bad = guest && !g;
	d->run_ns[side] = profile_head(s)->run_ns;
	while (!bad && (r = profile_next(s))) {
		const char *name = g ? ab_guest_symbol(g, r->addr, NULL) : NULL;
		struct line key = { .name = name, .addr = name ? 0 : r->addr, .op = r->op,
				    .kind = r->kind };
		struct line *l = line_of(d, &key);

		l->count[side] = add(l->count[side], r->count);
		l->cost[side] = add(l->cost[side], fate_cost(profile_head(s), r));
	}
	return profile_close(s, NULL) || bad ? -1 : 0;
}

void diff_free(struct diff *d)
{
	ab_guest_close(d->guest[0]);
	ab_guest_close(d->guest[1]);
	free(d->line);
	free(d->slot);
	free(d);
}

/* ---- printing ---- */

static uint64_t change(const struct line *l)
{
	return l->cost[0] > l->cost[1] ? l->cost[0] - l->cost[1] :
		l->cost[1] - l->cost[0];
}

static void numbers_print(const struct line *v, struct out *o)
{
	out_number(o, v->count[0], 12);
	out_char(o, ' ');
	out_number(o, v->count[1], 12);
	out_char(o, ' ');
	out_number(o, v->cost[0], 15);
	out_char(o, ' ');
	out_number(o, v->cost[1], 15);
	out_text(o, v->cost[1] < v->cost[0] ? " -" : " +");
	out_number(o, change(v), 14);
	out_text(o, "  ");
}

static void line_print(const struct line *v, struct out *o)
{
	numbers_print(v, o);
	out_left(o, profile_kind_name(v->kind), 8);
	out_left(o, v->op ? ab_op_name(v->op) : profile_kind_name(v->kind), 13);
	if (v->name)
		out_text(o, v->name);
	else
		out_hex(o, v->addr);
	out_char(o, '\n');
}

/* Largest change first; returns the sum of all. */
static struct line lines_rank(const struct diff *d, struct rank *rank)
{
	struct line sum = { 0 };
	size_t i;
	unsigned s;

	for (i = 0; i < d->n; i++) {
		rank[i] = (struct rank){ change(&d->line[i]), 0, (uint32_t)i };
		for (s = 0; s < 2; s++) {
			sum.count[s] = add(sum.count[s], d->line[i].count[s]);
			sum.cost[s] = add(sum.cost[s], d->line[i].cost[s]);
		}
	}
	rank_sort(rank, d->n);
	return sum;
}

void diff_print(const struct diff *d, size_t limit, FILE *f)
{
	struct rank *rank = xcalloc(d->n + 1, sizeof *rank);
	struct line sum = lines_rank(d, rank);
	size_t i, shown = limit && limit < d->n ? limit : d->n;
	struct out o;

	fprintf(f, "# run time %.3f s before, %.3f s after; cycles with the host's share\n",
		(double)d->run_ns[0] / 1e9, (double)d->run_ns[1] / 1e9);
	fprintf(f, "%12s %12s %15s %15s %15s  %-7s %-12s %s\n", "count", "after", "cycles",
		"after", "change", "how", "operation", "function");
	out_begin(&o, f);
	for (i = 0; i < shown; i++)
		line_print(&d->line[rank[i].at], &o);
	numbers_print(&sum, &o);
	out_text(&o, "in all\n");
	out_end(&o);
	if (shown < d->n)
		fprintf(f, "# and %zu lines more (--limit 0 shows them)\n", d->n - shown);
	free(rank);
}
