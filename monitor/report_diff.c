/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report --diff OLD NEW`: what became dearer and what cheaper.
 *
 * Two builds have their code at other addresses, so places are compared by
 * function, event and operation where the guests are known; without them by
 * address, which only fits profiles of one build.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "monitor/report.h"

struct line {
	char *key;
	uint64_t count[2], cost[2];
};

struct lines {
	struct line *v;
	size_t n;
};

static char *key_of(const struct report *r, const struct ab_profile_record *rec)
{
	const char *name = r->guest ? ab_guest_symbol(r->guest, rec->addr, NULL) : NULL;

	if (name)
		return xasprintf("%-7s %-12s %s", profile_kind_name(rec->kind),
				 report_what(rec), name);
	return xasprintf("%-7s %-12s 0x%llx", profile_kind_name(rec->kind),
			 report_what(rec), (unsigned long long)rec->addr);
}

static void lines_add(struct lines *l, const struct report *r, unsigned side)
{
	uint64_t i, n = r->profile.head.nrecords;

	l->v = xrealloc(l->v, (l->n + n + 1) * sizeof *l->v);
	for (i = 0; i < n; i++) {
		const struct ab_profile_record *rec = &r->profile.rec[i];
		struct line *v = &l->v[l->n++];

		*v = (struct line){ .key = key_of(r, rec) };
		v->count[side] = rec->count;
		v->cost[side] = fate_cost(&r->profile, rec);
	}
}

static int by_key(const void *x, const void *y)
{
	return strcmp(((const struct line *)x)->key, ((const struct line *)y)->key);
}

static uint64_t change(const struct line *l)
{
	return l->cost[0] > l->cost[1] ? l->cost[0] - l->cost[1] :
		l->cost[1] - l->cost[0];
}

static int by_change(const void *x, const void *y)
{
	uint64_t a = change(x), b = change(y);

	return a != b ? (a > b ? -1 : 1) : by_key(x, y);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void lines_join(struct lines *l, struct line *sum)
{
	size_t i, n = 0;
	unsigned s;

	*sum = (struct line){ 0 };
	qsort(l->v, l->n, sizeof *l->v, by_key);
	for (i = 0; i < l->n; i++) {
		struct line *v = &l->v[i], *z = n ? &l->v[n - 1] : NULL;

		for (s = 0; s < 2; s++) {
			sum->count[s] = add(sum->count[s], v->count[s]);
			sum->cost[s] = add(sum->cost[s], v->cost[s]);
		}
		if (!z || strcmp(z->key, v->key)) {
			l->v[n++] = *v;
			continue;
		}
		for (s = 0; s < 2; s++) {
			z->count[s] = add(z->count[s], v->count[s]);
			z->cost[s] = add(z->cost[s], v->cost[s]);
		}
		free(v->key);
	}
	l->n = n;
	qsort(l->v, n, sizeof *l->v, by_change);
}

static void line_print(const struct line *v, const char *key, FILE *f)
{
	fprintf(f, "%12llu %12llu %15llu %15llu %c%14llu  %s\n",
		(unsigned long long)v->count[0], (unsigned long long)v->count[1],
		(unsigned long long)v->cost[0], (unsigned long long)v->cost[1],
		v->cost[1] < v->cost[0] ? '-' : '+', (unsigned long long)change(v), key);
}

void report_diff(const struct report *old, const struct report *new, FILE *f)
{
	struct lines l = { 0 };
	struct line sum;
	size_t i, shown;

	lines_add(&l, old, 0);
	lines_add(&l, new, 1);
	lines_join(&l, &sum);
	fprintf(f, "# run time %.3f s before, %.3f s after; cycles with the host's share\n",
		(double)old->profile.head.run_ns / 1e9,
		(double)new->profile.head.run_ns / 1e9);
	fprintf(f, "%12s %12s %15s %15s %15s  %-7s %-12s %s\n", "count", "after", "cycles",
		"after", "change", "how", "operation", "function");
	shown = new->limit && new->limit < l.n ? new->limit : l.n;
	for (i = 0; i < shown; i++)
		line_print(&l.v[i], l.v[i].key, f);
	line_print(&sum, "in all", f);
	if (shown < l.n)
		fprintf(f, "# and %zu lines more (--limit 0 shows them)\n", l.n - shown);
	for (i = 0; i < l.n; i++)
		free(l.v[i].key);
	free(l.v);
}
