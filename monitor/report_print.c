/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats of `aftermon report`: table, JSON, folded stacks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/out.h"
#include "monitor/report.h"

#define EM_X86_64	62u
#define PLACE_MAX	256
#define INSN_MAX	128

/* ---- the parts of a row ---- */

void report_place(const struct report *r, uint64_t addr, char *buf, size_t size)
{
	uint64_t offset = 0;
	const char *name = r->guest ? ab_guest_symbol(r->guest, addr, &offset) :
		NULL;

	if (name && offset)
		snprintf(buf, size, "%s+0x%llx", name, (unsigned long long)offset);
	else if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
}

void report_line(const struct report *r, uint64_t addr, char *buf, size_t size)
{
	const char *file, *slash;
	unsigned line;

	*buf = '\0';
	if (!srcline_find(r->lines, addr, &file, &line))
		return;
	slash = strrchr(file, '/');
	snprintf(buf, size, "%s:%u", slash ? slash + 1 : file, line);
}

enum fate report_fate(const struct report *r, const struct ab_profile_record *rec)
{
	return fate_of(&r->profile.head, rec, r->guest, r->wedge);
}

const char *report_what(const struct ab_profile_record *rec)
{
	if (rec->op)
		return ab_op_name(rec->op);
	return profile_kind_name(rec->kind);
}

void report_insn(const struct report *r, const struct ab_profile_record *rec,
		 char *buf, size_t size)
{
	*buf = '\0';
	if (rec->insn_len)
		ab_disassemble(rec->insn, rec->insn_len,
			       r->profile.head.machine == EM_X86_64 ? 64 : 32, rec->addr,
			       buf, size);
}

/* A million places have a few thousand instructions: texts that do not depend on
 * the address are kept. */
struct insn_texts {
	struct insn_text {
		uint8_t insn[16], len;
		char text[INSN_MAX];
	} slot[512], now;
};

static const char *insn_text(const struct report *r, struct insn_texts *all,
			     const struct ab_profile_record *rec)
{
	struct insn_text *t;
	char elsewhere[INSN_MAX];
	struct ab_profile_record other = *rec;
	unsigned hash = rec->insn_len, i;

	for (i = 0; i < rec->insn_len; i++)
		hash = hash * 31 + rec->insn[i];
	t = &all->slot[hash % 512];
	if (t->len && t->len == rec->insn_len && !memcmp(t->insn, rec->insn, t->len))
		return t->text;
	report_insn(r, rec, all->now.text, sizeof all->now.text);
	other.addr ^= 0x1000;
	report_insn(r, &other, elsewhere, sizeof elsewhere);
	if (!rec->insn_len || strcmp(elsewhere, all->now.text))
		return all->now.text;
	*t = all->now;
	t->len = rec->insn_len;
	memcpy(t->insn, rec->insn, sizeof t->insn);
	return t->text;
}

/* ---- text ---- */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void summary_print(const struct report *r, FILE *f)
{
	const struct ab_profile_header *h = &r->profile.head;
	double seconds = (double)h->run_ns / 1e9;
	double cost = h->tsc_khz ? (double)r->cycles / (double)h->tsc_khz / 1e3 : 0;

	fprintf(f, "# target %.15s, run time %.3f s%s\n", h->target, seconds,
		h->complete ? "" : " (the run was cut off: a checkpoint)");
	fprintf(f, "# %llu events at %zu places, %llu cycles", 
		(unsigned long long)r->count, r->nrow,
		(unsigned long long)r->cycles);
	if (cost > 0 && seconds > 0)
		fprintf(f, " (%.3f s, %.1f %% of the run)", cost,
			100 * cost / seconds);
	fputc('\n', f);
	if (h->lost)
		fprintf(f, "# %llu events more found no room in the table\n",
			(unsigned long long)h->lost);
}

double report_share(const struct report *r, const struct ab_profile_record *rec)
{
	return (r->cycles ? percent(rec->cycles, r->cycles) :
		percent(rec->count, r->count)) / 100;
}

/* By kind: what rules can change, and what they cannot. */
static void kinds_print(const struct report *r, FILE *f)
{
	uint64_t count[AB_PROF_KINDS] = { 0 }, cycles[AB_PROF_KINDS] = { 0 };
	unsigned k;
	size_t i;

	for (i = 0; i < r->nrow; i++) {
		count[r->row[i]->kind] += r->row[i]->count;
		cycles[r->row[i]->kind] += r->row[i]->cycles;
	}
	for (k = 1; k < AB_PROF_KINDS; k++)
		if (count[k])
			fprintf(f, "#   %-7s %12llu events %15llu cycles%s\n",
				profile_kind_name(k), (unsigned long long)count[k],
				(unsigned long long)cycles[k], k >= AB_PROF_SHADOW ?
				"; no rule removes these" : "");
}

static void timeline_print(const struct report *r, FILE *f)
{
	const struct profile *p = &r->profile;
	uint32_t i;
	unsigned k;

	fprintf(f, "# timeline: %u spans\n%10s", p->head.nspans, "seconds");
	for (k = 1; k < AB_PROF_KINDS; k++)
		fprintf(f, " %11s", profile_kind_name(k));
	fprintf(f, " %15s\n", "cycles");
	for (i = 0; i < p->head.nspans; i++) {
		uint64_t cycles = 0;

		fprintf(f, "%10.3f", (double)p->span[i].end_ns / 1e9);
		for (k = 1; k < AB_PROF_KINDS; k++) {
			fprintf(f, " %11llu", (unsigned long long)p->span[i].count[k]);
			cycles += p->span[i].cycles[k];
		}
		fprintf(f, " %15llu\n", (unsigned long long)cycles);
	}
}

static void row_print(const struct report *r, const struct ab_profile_record *rec,
		      struct insn_texts *texts, struct out *o)
{
	const char *page = profile_page_name(rec->page_class);
	char text[PLACE_MAX];

	out_fixed2(o, 100 * report_share(r, rec), 6);
	out_text(o, "% ");
	out_number(o, rec->count, 12);
	out_char(o, ' ');
	out_number(o, rec->cycles, 15);
	out_char(o, ' ');
	out_number(o, rec->cycles / rec->count, 9);
	out_char(o, ' ');
	out_left(o, profile_kind_name(rec->kind), 8);
	out_left(o, report_what(rec), 13);
	out_number(o, rec->ring, 4);
	out_text(o, "  ");
	report_place(r, rec->addr, text, sizeof text);
	out_left(o, text, 41);
	out_left(o, insn_text(r, texts, rec), 25);
	out_left(o, fate_text(report_fate(r, rec)), 31);
	report_line(r, rec->addr, text, sizeof text);
	out_text(o, text);
	if (*page) {
		out_text(o, "  ");
		out_text(o, page);
	}
	out_char(o, '\n');
}

void report_text(const struct report *r, FILE *f)
{
	size_t i, n = r->limit && r->limit < r->nrow ? r->limit : r->nrow;
	struct insn_texts *texts = xcalloc(1, sizeof *texts);
	struct out o;
	double rest = 0;

	summary_print(r, f);
	kinds_print(r, f);
	if (r->timeline)
		timeline_print(r, f);
	fprintf(f, "%7s %12s %15s %9s %-7s %-12s %4s  %-40s %-24s %-30s %s\n", "share",
		"count", "cycles", "each", "how", "operation", "ring", "place",
		"instruction", "patched?", r->lines ? "source" : "");
	out_begin(&o, f);
	for (i = 0; i < n; i++)
		row_print(r, r->row[i], texts, &o);
	out_end(&o);
	free(texts);
	for (; i < r->nrow; i++)
		rest += 100 * report_share(r, r->row[i]);
	if (n < r->nrow)
		fprintf(f, "# and %zu places more, %.2f %% (--limit 0 shows them)\n",
			r->nrow - n, rest);
}

/* ---- JSON ---- */

static void json_header(const struct report *r, FILE *f)
{
	const struct ab_profile_header *h = &r->profile.head;
	unsigned i;

	fprintf(f, "{\n  \"version\": %u,\n  \"machine\": \"%s\",\n  \"target\": ",
		h->version, h->machine == EM_X86_64 ? "x86-64" : "i386");
	json_string(f, h->target);
	fprintf(f, ",\n  \"complete\": %s,\n  \"run_ns\": %llu,\n"
		"  \"tsc_khz\": %llu,\n  \"build_id\": \"",
		h->complete ? "true" : "false", (unsigned long long)h->run_ns,
		(unsigned long long)h->tsc_khz);
	for (i = 0; i < h->build_id_len; i++)
		fprintf(f, "%02x", h->build_id[i]);
	fprintf(f, "\",\n  \"count\": %llu,\n  \"cycles\": %llu,\n  \"lost\": %llu,\n",
		(unsigned long long)r->count, (unsigned long long)r->cycles,
		(unsigned long long)h->lost);
}

static void json_timeline(const struct report *r, FILE *f)
{
	uint32_t i;
	unsigned k;

	fputs("  \"timeline\": [", f);
	for (i = 0; i < r->profile.head.nspans; i++) {
		const struct ab_profile_span *v = &r->profile.span[i];

		fprintf(f, "%s\n    {\"end_ns\": %llu", i ? "," : "",
			(unsigned long long)v->end_ns);
		for (k = 1; k < AB_PROF_KINDS; k++)
			fprintf(f, ", \"%s\": [%llu, %llu]", profile_kind_name(k),
				(unsigned long long)v->count[k],
				(unsigned long long)v->cycles[k]);
		fputs("}", f);
	}
	fputs("],\n  \"sites\": [", f);
}

/* (name) is a literal: with all around it, it is one copy. */
#define JSON_NAME(name)			", \"" name "\": "
#define json_number(o, name, v)		(out_text(o, JSON_NAME(name)), out_number(o, v, 0))
#define json_text(o, name, text)	(out_text(o, JSON_NAME(name)), out_json(o, text))
/* one of our own words: nothing in it to be escaped */
#define json_word(o, name, word)	\
	(out_text(o, JSON_NAME(name) "\""), out_text(o, word), out_char(o, '"'))

static void json_histogram(const struct ab_profile_record *rec, struct out *o)
{
	unsigned i, last = AB_PROFILE_HIST;

	while (last && !rec->hist[last - 1])
		last--;
	out_text(o, JSON_NAME("histogram") "[");
	for (i = 0; i < last; i++) {
		if (i)
			out_text(o, ", ");
		out_number(o, rec->hist[i], 0);
	}
	out_char(o, ']');
}

static void json_row(const struct report *r, const struct ab_profile_record *rec,
		     struct insn_texts *texts, struct out *o)
{
	char line[PLACE_MAX];
	const char *insn = insn_text(r, texts, rec), *name;
	uint64_t offset = 0;

	out_text(o, "\n    {\"addr\": \"");
	out_hex(o, rec->addr);
	out_char(o, '"');
	json_word(o, "kind", profile_kind_name(rec->kind));
	json_word(o, "op", rec->op ? report_what(rec) : "");
	if (rec->page_class)
		json_word(o, "page", profile_page_name(rec->page_class));
	json_number(o, "ring", rec->ring);
	json_number(o, "count", rec->count);
	json_number(o, "cycles", rec->cycles);
	json_number(o, "cycles_max", rec->cycles_max);
	name = r->guest ? ab_guest_symbol(r->guest, rec->addr, &offset) : NULL;
	if (name) {
		json_text(o, "function", name);
		json_number(o, "offset", offset);
	}
	if (*insn)
		json_text(o, "instruction", insn);
	report_line(r, rec->addr, line, sizeof line);
	if (*line)
		json_text(o, "line", line);
	json_word(o, "patched", fate_name(report_fate(r, rec)));
	json_histogram(rec, o);
	out_char(o, '}');
}

void report_json(const struct report *r, FILE *f)
{
	struct insn_texts *texts = xcalloc(1, sizeof *texts);
	struct out o;
	size_t i;

	json_header(r, f);
	json_timeline(r, f);
	out_begin(&o, f);
	for (i = 0; i < r->nrow; i++) {
		if (i)
			out_char(&o, ',');
		json_row(r, r->row[i], texts, &o);
	}
	out_text(&o, r->nrow ? "\n  ]\n}\n" : "]\n}\n");
	out_end(&o);
	free(texts);
}

/* ---- folded stacks: "function;operation COST" ---- */

void report_folded(const struct report *r, FILE *f)
{
	struct out o;
	size_t i;

	out_begin(&o, f);
	for (i = 0; i < r->nrow; i++) {
		const struct ab_profile_record *rec = r->row[i];
		uint64_t cost = r->cycles ? rec->cycles : rec->count;
		const char *name = r->guest ?
			ab_guest_symbol(r->guest, rec->addr, NULL) : NULL;

		if (!cost)
			continue;
		if (name)
			out_text(&o, name);
		else
			out_hex(&o, rec->addr);
		out_char(&o, ';');
		out_text(&o, profile_kind_name(rec->kind));
		if (rec->op) {
			out_char(&o, ';');
			out_text(&o, report_what(rec));
		}
		out_char(&o, ' ');
		out_number(&o, cost, 0);
		out_char(&o, '\n');
	}
	out_end(&o);
}
