/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report --format html`: one file that needs nothing else, light and
 * dark: the summary, cost by function and operation as nested bars, and a table
 * that sorts by a click.  Names come from files that nobody vouches for, so every
 * text is escaped.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "monitor/report.h"

#define ROWS_MAX	5000u	/* browsers sort no more with pleasure */
#define BARS_MAX	40u
#define TEXT_MAX	256

static const char head[] =
"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width\">\n"
"<title>Trap profile</title>\n<style>\n"
":root{color-scheme:light dark}\n"
"body{font:14px system-ui,sans-serif;margin:2em;max-width:90em}\n"
"table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:left}\n"
"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
"th{cursor:pointer;border-bottom:1px solid;white-space:nowrap}\n"
"tbody tr:nth-child(even){background:#8882}code{font-size:13px}\n"
".bar{display:flex;height:1.5em;margin:1px 0;overflow:hidden;white-space:nowrap}\n"
".bar i{font-style:normal;flex:none;overflow:hidden;padding:0 .3em;\n"
"box-sizing:border-box;border-right:1px solid #8888;min-width:1px}\n"
".trap,.mmio{background:#d9534f99}.call{background:#5a9e6f99}\n"
".shadow,.fault,.syscall{background:#6a8caf99}\n"
"</style></head><body>\n<h1>Trap profile</h1>\n";

static const char script[] =
"<script>\n"
"document.querySelectorAll('th').forEach(function(th,c){th.onclick=function(){\n"
"var b=document.querySelector('tbody'),n=th.className=='n',d=th.dataset.d=th.dataset.d=='1'?'0':'1';\n"
"Array.from(b.rows).sort(function(x,y){var p=x.cells[c].dataset.v||x.cells[c].textContent,\n"
"q=y.cells[c].dataset.v||y.cells[c].textContent,r=n?q-p:p.localeCompare(q);\n"
"return d=='1'?r:-r}).forEach(function(r){b.append(r)})}})\n"
"</script>\n</body></html>\n";

static void text_print(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&' || c == '<' || c == '>' || c == '"')
			fprintf(f, "&#%u;", c);
		else
			putc(c < ' ' || c == 0x7f ? '?' : c, f);
	}
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static uint64_t weight(const struct report *r, const struct ab_profile_record *rec)
{
	return r->cycles ? rec->cycles : rec->count;
}

static void summary_print(const struct report *r, FILE *f)
{
	const struct ab_profile_header *h = &r->profile.head;
	unsigned i;

	fputs("<p>Target ", f);
	text_print(f, h->target);
	fprintf(f, ", run time %.3f s%s: %llu events at %zu places, %llu cycles.",
		(double)h->run_ns / 1e9, h->complete ? "" : " (cut off: a checkpoint)",
		(unsigned long long)r->count, r->nrow, (unsigned long long)r->cycles);
	if (h->build_id_len) {
		fputs(" Guest: build-id <code>", f);
		for (i = 0; i < h->build_id_len; i++)
			fprintf(f, "%02x", h->build_id[i]);
		fputs("</code>.", f);
	}
	fputs("</p>\n", f);
}

/* ---- bars: a function's share, parted by what it did ---- */

struct bar {
	const struct ab_profile_record *rec;
	char *name;
	uint64_t sum;		/* of the function */
};

static int by_name(const void *x, const void *y)
{
	const struct bar *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->rec > b->rec) - (a->rec < b->rec);
}

static int by_sum(const void *x, const void *y)
{
	const struct bar *a = x, *b = y;

	if (a->sum != b->sum)
		return a->sum > b->sum ? -1 : 1;
	return by_name(x, y);
}

static void bars_sum(const struct report *r, struct bar *bar, size_t n)
{
	size_t i, from, k;

	qsort(bar, n, sizeof *bar, by_name);
	for (from = 0; from < n; from = i) {
		uint64_t sum = 0;

		for (i = from; i < n && !strcmp(bar[i].name, bar[from].name); i++)
			sum += weight(r, bar[i].rec);
		for (k = from; k < i; k++)
			bar[k].sum = sum;
	}
	qsort(bar, n, sizeof *bar, by_sum);
}

static void bar_part(const struct report *r, const struct bar *b, FILE *f)
{
	uint64_t w = weight(r, b->rec), all = r->cycles ? r->cycles : r->count;
	char insn[TEXT_MAX];

	report_insn(r, b->rec, insn, sizeof insn);
	fprintf(f, "<i class=\"%s\" style=\"width:%.3f%%\" title=\"%s ",
		profile_kind_name(b->rec->kind), share(w, all),
		profile_kind_name(b->rec->kind));
	text_print(f, *insn ? insn : report_what(b->rec));
	fprintf(f, ": %.2f %%\">", share(w, all));
	text_print(f, report_what(b->rec));
	fputs("</i>", f);
}

static void bars_print(const struct report *r, FILE *f)
{
	size_t n = r->nrow < ROWS_MAX ? r->nrow : ROWS_MAX, i, shown = 0;
	struct bar *bar = xcalloc(n + 1, sizeof *bar);
	uint64_t all = r->cycles ? r->cycles : r->count;

	for (i = 0; i < n; i++) {
		const char *name = r->guest ?
			ab_guest_symbol(r->guest, r->row[i]->addr, NULL) : NULL;

		bar[i].rec = r->row[i];
		bar[i].name = name ? xstrdup(name) :
			xasprintf("0x%llx", (unsigned long long)r->row[i]->addr);
	}
	bars_sum(r, bar, n);
	fputs("<h2>By function</h2>\n", f);
	for (i = 0; i < n; i++) {
		bool new = !i || strcmp(bar[i].name, bar[i - 1].name);

		if (new && shown++ == BARS_MAX)
			break;
		if (new) {
			fputs(i ? "</div>\n<div><code>" : "<div><code>", f);
			text_print(f, bar[i].name);
			fprintf(f, "</code> %.2f %%</div><div class=\"bar\">",
				share(bar[i].sum, all));
		}
		bar_part(r, &bar[i], f);
	}
	fputs(n ? "</div>\n" : "", f);
	for (i = 0; i < n; i++)
		free(bar[i].name);
	free(bar);
}

/* ---- table ---- */

static void number_cell(FILE *f, uint64_t v)
{
	fprintf(f, "<td class=\"n\">%llu</td>", (unsigned long long)v);
}

static void text_cell(FILE *f, const char *text, bool code)
{
	fputs(code ? "<td><code>" : "<td>", f);
	text_print(f, text);
	fputs(code ? "</code></td>" : "</td>", f);
}

static void row_print(const struct report *r, const struct ab_profile_record *rec, FILE *f)
{
	uint64_t all = r->cycles ? r->cycles : r->count;
	char text[TEXT_MAX];

	fprintf(f, "<tr><td class=\"n\">%.2f</td>", share(weight(r, rec), all));
	number_cell(f, rec->count);
	number_cell(f, rec->cycles);
	number_cell(f, rec->cycles / rec->count);
	text_cell(f, profile_kind_name(rec->kind), false);
	text_cell(f, report_what(rec), false);
	number_cell(f, rec->ring);
	report_place(r, rec->addr, text, sizeof text);
	text_cell(f, text, true);
	report_insn(r, rec, text, sizeof text);
	text_cell(f, text, true);
	text_cell(f, fate_text(report_fate(r, rec)), false);
	report_line(r, rec->addr, text, sizeof text);
	text_cell(f, text, true);
	fputs("</tr>\n", f);
}

void report_html(const struct report *r, FILE *f)
{
	size_t i, n = r->nrow < ROWS_MAX ? r->nrow : ROWS_MAX;

	fputs(head, f);
	summary_print(r, f);
	bars_print(r, f);
	fputs("<h2>Places</h2>\n<table><thead><tr><th class=\"n\">share, %</th>"
	      "<th class=\"n\">count</th><th class=\"n\">cycles</th><th class=\"n\">each</th>"
	      "<th>how</th><th>operation</th><th class=\"n\">ring</th><th>place</th>"
	      "<th>instruction</th><th>patched?</th><th>source</th></tr></thead><tbody>\n", f);
	for (i = 0; i < n; i++)
		row_print(r, r->row[i], f);
	fputs("</tbody></table>\n", f);
	if (n < r->nrow)
		fprintf(f, "<p>The dearest %zu of %zu places.</p>\n", n, r->nrow);
	fputs(script, f);
}
