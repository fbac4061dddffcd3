/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report --format annotate`: functions as they stand in the guest's file,
 * source and disassembly, with what happened at each instruction.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "monitor/report.h"
#include "monitor/source.h"

#define EM_X86_64	62u
#define FUNCTIONS_MAX	3u		/* without --function */
#define FUNCTION_MAX	65536u		/* bytes of one */
#define GAP		"                                                     "

struct place {
	const char *name;
	uint64_t start, weight;
};

struct places {
	struct place *v;
	size_t n;
};

static uint64_t weight(const struct report *r, const struct ab_profile_record *rec)
{
	return r->cycles ? rec->cycles : rec->count;
}

static int by_start(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return (a->start > b->start) - (a->start < b->start);
}

static int by_weight(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return a->weight != b->weight ? (a->weight > b->weight ? -1 : 1) : by_start(x, y);
}

/* Dearest first, each once. */
static void places_order(struct places *p)
{
	size_t i, n = 0;

	if (!p->n)
		return;
	qsort(p->v, p->n, sizeof *p->v, by_start);
	for (i = 1; i < p->n; i++) {
		if (p->v[n].start == p->v[i].start)
			p->v[n].weight += p->v[i].weight;
		else
			p->v[++n] = p->v[i];
	}
	p->n = n + 1;
	qsort(p->v, p->n, sizeof *p->v, by_weight);
}

/* All functions that have records.  The profile is sorted by address: those of one
 * function stand together, but where another lies in it. */
static void functions_find(const struct report *r, struct places *p)
{
	uint64_t i;
	size_t room = 0;

	for (i = 0; i < r->profile.head.nrecords; i++) {
		const struct ab_profile_record *rec = &r->profile.rec[i];
		uint64_t off = 0;
		const char *name = ab_guest_symbol(r->guest, rec->addr, &off);

		if (!name || (r->function && strcmp(name, r->function)))
			continue;
		if (!p->n || p->v[p->n - 1].start != rec->addr - off) {
			if (p->n == room) {
				room = room ? 2 * room : 64;
				p->v = xrealloc(p->v, room * sizeof *p->v);
			}
			p->v[p->n++] = (struct place){ name, rec->addr - off, 0 };
		}
		p->v[p->n - 1].weight += weight(r, rec);
	}
	places_order(p);
}

/* The first record at or above (addr); the profile is sorted by address. */
static const struct ab_profile_record *record_from(const struct profile *p, uint64_t addr)
{
	uint64_t lo = 0, hi = p->head.nrecords;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (p->rec[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return p->rec + lo;
}

/* The source line that the instruction begins, when it is another than before. */
static void line_print(const struct report *r, struct sources *s, uint64_t addr,
		       const char **file, unsigned *line, FILE *f)
{
	const char *now, *text, *slash;
	unsigned n;
	size_t len;

	if (!srcline_find(r->lines, addr, &now, &n) ||
	    (*file && n == *line && !strcmp(now, *file)))
		return;
	*file = now;
	*line = n;
	slash = strrchr(now, '/');
	fprintf(f, "%s%s:%u", GAP, slash ? slash + 1 : now, n);
	text = source_line(s, now, n, &len);
	if (text)
		fprintf(f, "  %.*s", (int)(len > 200 ? 200 : len), text);
	fputc('\n', f);
}

/* One line for each record of the instruction; one without when it has none. */
static void insn_print(const struct report *r, uint64_t addr, const char *text, FILE *f)
{
	const struct ab_profile_record *rec = record_from(&r->profile, addr);
	const struct ab_profile_record *end = r->profile.rec + r->profile.head.nrecords;
	bool any = false;

	for (; rec < end && rec->addr == addr; rec++) {
		fprintf(f, "%6.2f%% %12llu %15llu %-7s", 100 * report_share(r, rec),
			(unsigned long long)rec->count, (unsigned long long)rec->cycles,
			profile_kind_name(rec->kind));
		fprintf(f, " %8llx  %-32s ; %s%s%s\n", (unsigned long long)addr, text,
			fate_text(report_fate(r, rec)), *profile_page_name(rec->page_class) ?
			", " : "", profile_page_name(rec->page_class));
		any = true;
	}
	if (!any)
		fprintf(f, "%45s%8llx  %s\n", "", (unsigned long long)addr, text);
}

static void function_print(const struct report *r, struct sources *s, const struct place *p,
			   FILE *f)
{
	int bits = r->profile.head.machine == EM_X86_64 ? 64 : 32;
	uint64_t addr = p->start, all = r->cycles ? r->cycles : r->count;
	const char *file = NULL, *name;
	unsigned line = 0;
	char text[128];
	size_t left;

	fprintf(f, "# %s: %.2f %% of all\n", p->name,
		all ? 100.0 * (double)p->weight / (double)all : 0);
	fprintf(f, "%7s %12s %15s %-7s %8s  %s\n", "share", "count", "cycles", "how",
		"address", "instruction");
	while (addr - p->start < FUNCTION_MAX) {
		const struct ab_site *site = ab_guest_site(r->guest, addr);
		const uint8_t *code = ab_guest_code(r->guest, addr, &left);
		struct ab_insn in;
		int n = code ? ab_decode(code, left, bits, &in) : 0;

		if (n <= 0)
			break;
		ab_disassemble(code, (size_t)n, bits, addr, text, sizeof text);
		line_print(r, s, addr, &file, &line, f);
		insn_print(r, addr, text, f);
		addr += (unsigned)n;
		if (site && site->state == AB_SITE_OK && site->count == 1 &&
		    site->total_len > site->insn_len) {
			fprintf(f, "%45s%8llx  (%u bytes of no-ops)\n", "",
				(unsigned long long)addr, site->total_len - site->insn_len);
			addr += site->total_len - site->insn_len;
		}
		name = ab_guest_symbol(r->guest, addr, NULL);
		if (!name || strcmp(name, p->name))
			break;
	}
	fputc('\n', f);
}

int report_annotate(const struct report *r, FILE *f)
{
	struct sources *s = sources_new();
	struct places p = { 0 };
	size_t i, n;
	int ret = 0;

	functions_find(r, &p);
	n = r->function ? p.n : p.n < FUNCTIONS_MAX ? p.n : FUNCTIONS_MAX;
	if (!n && r->function) {
		error("%s: the profile has nothing in a function '%s'", r->guest->path,
		      r->function);
		ret = -1;
	} else if (!n) {
		error("%s: no place of the profile has a function name: use the file before strip",
		      r->guest->path);
		ret = -1;
	}
	for (i = 0; i < n; i++)
		function_print(r, s, &p.v[i], f);
	free(p.v);
	sources_free(s);
	return ret;
}
