/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The formats of `aftermon report`: table, JSON, folded stacks. */
#include <stdio.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/json.h"
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
	return fate_of(&r->profile, rec, r->guest, r->wedge);
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

void report_text(const struct report *r, FILE *f)
{
	size_t i, n = r->limit && r->limit < r->nrow ? r->limit : r->nrow;
	char place[PLACE_MAX], insn[INSN_MAX], line[PLACE_MAX];
	double rest = 0;

	summary_print(r, f);
	kinds_print(r, f);
	if (r->timeline)
		timeline_print(r, f);
	fprintf(f, "%7s %12s %15s %9s %-7s %-12s %4s  %-40s %-24s %-30s %s\n", "share",
		"count", "cycles", "each", "how", "operation", "ring", "place",
		"instruction", "patched?", r->lines ? "source" : "");
	for (i = 0; i < n; i++) {
		const struct ab_profile_record *rec = r->row[i];
		const char *page = profile_page_name(rec->page_class);

		report_place(r, rec->addr, place, sizeof place);
		report_insn(r, rec, insn, sizeof insn);
		report_line(r, rec->addr, line, sizeof line);
		fprintf(f, "%6.2f%% %12llu %15llu %9llu %-7s %-12s %4u  %-40s %-24s %-30s %s%s%s\n",
			100 * report_share(r, rec), (unsigned long long)rec->count,
			(unsigned long long)rec->cycles,
			(unsigned long long)(rec->cycles / rec->count),
			profile_kind_name(rec->kind), report_what(rec),
			rec->ring, place, insn, fate_text(report_fate(r, rec)),
			line, *page ? "  " : "", page);
	}
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

/* A profile may have a million rows of twenty numbers: printf() is too slow. */
static void number_print(FILE *f, const char *before, uint64_t v)
{
	char digits[20];
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	fputs_unlocked(before, f);
	while (n)
		putc_unlocked(digits[--n], f);
}

static void json_row(const struct report *r, const struct ab_profile_record *rec,
		     FILE *f)
{
	char text[INSN_MAX];
	uint64_t offset = 0;
	const char *name = r->guest ? ab_guest_symbol(r->guest, rec->addr,
						      &offset) : NULL;
	unsigned i, last = AB_PROFILE_HIST;

	fprintf(f, "\n    {\"addr\": \"0x%llx\", \"kind\": \"%s\", \"op\": \"%s\"",
		(unsigned long long)rec->addr, profile_kind_name(rec->kind),
		rec->op ? report_what(rec) : "");
	if (rec->page_class) {
		fputs(", \"page\": ", f);
		json_string(f, profile_page_name(rec->page_class));
	}
	number_print(f, ", \"ring\": ", rec->ring);
	number_print(f, ", \"count\": ", rec->count);
	number_print(f, ", \"cycles\": ", rec->cycles);
	number_print(f, ", \"cycles_max\": ", rec->cycles_max);
	if (name) {
		fputs(", \"function\": ", f);
		json_string(f, name);
		number_print(f, ", \"offset\": ", offset);
	}
	report_insn(r, rec, text, sizeof text);
	if (*text) {
		fputs(", \"instruction\": ", f);
		json_string(f, text);
	}
	report_line(r, rec->addr, text, sizeof text);
	if (*text) {
		fputs(", \"line\": ", f);
		json_string(f, text);
	}
	fputs(", \"patched\": \"", f);
	fputs(fate_name(report_fate(r, rec)), f);
	putc('"', f);
	while (last && !rec->hist[last - 1])
		last--;
	fputs(", \"histogram\": [", f);
	for (i = 0; i < last; i++)
		number_print(f, i ? ", " : "", rec->hist[i]);
	fputs("]}", f);
}

void report_json(const struct report *r, FILE *f)
{
	size_t i;

	json_header(r, f);
	json_timeline(r, f);
	for (i = 0; i < r->nrow; i++) {
		if (i)
			fputc(',', f);
		json_row(r, r->row[i], f);
	}
	fputs(r->nrow ? "\n  ]\n}\n" : "]\n}\n", f);
}

/* ---- folded stacks: "function;operation COST" ---- */

void report_folded(const struct report *r, FILE *f)
{
	size_t i;

	for (i = 0; i < r->nrow; i++) {
		const struct ab_profile_record *rec = r->row[i];
		uint64_t offset, cost = r->cycles ? rec->cycles : rec->count;
		const char *name = r->guest ?
			ab_guest_symbol(r->guest, rec->addr, &offset) : NULL;

		if (!cost)
			continue;
		if (name)
			fputs(name, f);
		else
			fprintf(f, "0x%llx", (unsigned long long)rec->addr);
		fprintf(f, ";%s", profile_kind_name(rec->kind));
		if (rec->op)
			fprintf(f, ";%s", report_what(rec));
		fprintf(f, " %llu\n", (unsigned long long)cost);
	}
}
