/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report --format html`: one file that needs nothing else, light and
 * dark: the summary, the timeline, cost by file, function and operation, a table
 * that sorts by a click, and the source around the dearest places.  Names come from
 * files that nobody vouches for, so every text is escaped.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "monitor/report_html.h"
#include "monitor/source.h"

#define ROWS_MAX	5000u	/* browsers sort no more with pleasure */
#define EXCERPTS_MAX	20u
#define AROUND		3u	/* lines before and after */
#define TEXT_MAX	256

static const char head[] =
"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width\">\n"
"<title>Trap profile</title>\n<style>\n"
":root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--soft:#0001;--line:#0003;\n"
"--hot:#e08a80;--call:#8cc29c;--cold:#9db4d3;--file:#e3c27c;--fn:#eadaa8}\n"
"@media(prefers-color-scheme:dark){:root{--bg:#16181c;--fg:#e2e4e8;--soft:#fff1;--line:#fff3;\n"
"--hot:#9d4a41;--call:#3f7250;--cold:#47617f;--file:#7d6530;--fn:#5f5130}}\n"
"body{font:14px system-ui,sans-serif;margin:2em;max-width:100em;background:var(--bg);color:var(--fg)}\n"
"table{border-collapse:collapse}td,th{padding:.2em .7em;text-align:left}\n"
"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
"th{border-bottom:1px solid var(--line);white-space:nowrap}thead.sorts th{cursor:pointer}\n"
"tbody tr:nth-child(even){background:var(--soft)}code,pre{font-size:13px}\n"
"#flame{position:relative;height:7em;overflow:hidden}\n"
"#flame i{position:absolute;height:1.6em;font-style:normal;overflow:hidden;white-space:nowrap;\n"
"box-sizing:border-box;padding:0 .3em;border-right:1px solid var(--bg);cursor:pointer}\n"
".all{background:var(--soft)}.file{background:var(--file)}.function{background:var(--fn)}\n"
".trap,.mmio{background:var(--hot);fill:var(--hot)}.call{background:var(--call);fill:var(--call)}\n"
".shadow,.fault,.syscall{background:var(--cold);fill:var(--cold)}\n"
"svg text{fill:currentColor;font-size:11px}.hit{background:var(--soft);font-weight:bold}\n"
"pre{margin:.3em 0;overflow-x:auto}summary{cursor:pointer}\n"
"</style></head><body>\n<h1>Trap profile</h1>\n";

static const char script[] =
"<script>\n"
"document.querySelectorAll('thead.sorts th').forEach(function(th,c){th.onclick=function(){\n"
"var b=document.querySelector('#places tbody'),n=th.className=='n',\n"
"d=th.dataset.d=th.dataset.d=='1'?'0':'1';\n"
"Array.from(b.rows).sort(function(x,y){var p=x.cells[c].textContent,\n"
"q=y.cells[c].textContent,r=n?q-p:p.localeCompare(q);\n"
"return d=='1'?r:-r}).forEach(function(r){b.append(r)})}})\n"
"document.querySelectorAll('#flame i').forEach(function(box,k,all){box.onclick=function(){\n"
"var l=+box.dataset.l,w=+box.dataset.w;all.forEach(function(o){\n"
"var up=o.dataset.d<box.dataset.d&&+o.dataset.l<=l+1e-3&&+o.dataset.l+ +o.dataset.w>=l+w-1e-3,\n"
"from=up?0:(o.dataset.l-l)/w*100,wide=up?100:o.dataset.w/w*100;\n"
"o.style.left=from+'%';o.style.width=wide+'%';\n"
"o.style.display=from>99.99||from+wide<0.01?'none':''})}})\n"
"</script>\n</body></html>\n";

void html_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&' || c == '<' || c == '>' || c == '"')
			fprintf(f, "&#%u;", c);
		else
			putc(c == '\t' ? ' ' : c < ' ' || c == 0x7f ? '?' : c, f);
	}
}

/* ---- summary ---- */

static void kinds_print(const struct report *r, FILE *f)
{
	uint64_t count[AB_PROF_KINDS] = { 0 }, cycles[AB_PROF_KINDS] = { 0 };
	size_t i;
	unsigned k;

	for (i = 0; i < r->nrow; i++) {
		count[r->row[i]->kind] += r->row[i]->count;
		cycles[r->row[i]->kind] += r->row[i]->cycles;
	}
	fputs("<table><thead><tr><th>how</th><th class=\"n\">events</th>"
	      "<th class=\"n\">cycles</th><th></th></tr></thead><tbody>\n", f);
	for (k = 1; k < AB_PROF_KINDS; k++)
		if (count[k])
			fprintf(f, "<tr><td><span class=\"%s\">&nbsp;&nbsp;</span> %s</td>"
				"<td class=\"n\">%llu</td><td class=\"n\">%llu</td><td>%s</td></tr>\n",
				profile_kind_name(k), profile_kind_name(k),
				(unsigned long long)count[k], (unsigned long long)cycles[k],
				k >= AB_PROF_SHADOW ? "no rule removes these" : "");
	fputs("</tbody></table>\n", f);
}

static void summary_print(const struct report *r, FILE *f)
{
	const struct ab_profile_header *h = &r->profile.head;
	unsigned i;

	fputs("<p>Target ", f);
	html_text(f, h->target);
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
	kinds_print(r, f);
}

/* ---- timeline: a column a span, parted by kind ---- */

#define CHART_W		900.0
#define CHART_H		120.0

static double span_rate(const struct ab_profile_span *v, double seconds)
{
	double sum = 0;
	unsigned k;

	for (k = 1; k < AB_PROF_KINDS; k++)
		sum += (double)v->count[k];
	return seconds > 0 ? sum / seconds : 0;
}

static double span_seconds(const struct profile *p, uint32_t i)
{
	return (double)(p->span[i].end_ns - (i ? p->span[i - 1].end_ns : 0)) / 1e9;
}

static void span_print(const struct profile *p, uint32_t i, double most, FILE *f)
{
	const struct ab_profile_span *v = &p->span[i];
	double end = (double)p->span[p->head.nspans - 1].end_ns / 1e9;
	double s = span_seconds(p, i), x = ((double)v->end_ns / 1e9 - s) / end * CHART_W;
	double y = CHART_H;
	unsigned k;

	fprintf(f, "<g><title>%.1f s to %.1f s:", (double)v->end_ns / 1e9 - s,
		(double)v->end_ns / 1e9);
	for (k = 1; k < AB_PROF_KINDS; k++)
		if (v->count[k])
			fprintf(f, " %s %llu", profile_kind_name(k),
				(unsigned long long)v->count[k]);
	fputs("</title>", f);
	for (k = 1; k < AB_PROF_KINDS; k++) {
		double h = s > 0 ? (double)v->count[k] / s / most * CHART_H : 0;

		y -= h;
		if (h > 0)
			fprintf(f, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
				profile_kind_name(k), x, y, s / end * CHART_W, h);
	}
	fputs("</g>\n", f);
}

static void timeline_print(const struct profile *p, FILE *f)
{
	double most = 0;
	uint32_t i;

	for (i = 0; i < p->head.nspans; i++)
		if (span_rate(&p->span[i], span_seconds(p, i)) > most)
			most = span_rate(&p->span[i], span_seconds(p, i));
	if (most <= 0)
		return;
	fprintf(f, "<h2>Timeline</h2>\n<svg id=\"timeline\" viewBox=\"0 -14 %g %g\" width=\"%g\" "
		"role=\"img\"><text x=\"0\" y=\"-3\">%.0f events a second</text>\n", CHART_W,
		CHART_H + 30, CHART_W, most);
	for (i = 0; i < p->head.nspans; i++)
		span_print(p, i, most, f);
	fprintf(f, "<text x=\"0\" y=\"%g\">0 s</text><text x=\"%g\" y=\"%g\" "
		"text-anchor=\"end\">%.1f s</text></svg>\n", CHART_H + 13, CHART_W,
		CHART_H + 13, (double)p->span[p->head.nspans - 1].end_ns / 1e9);
}

/* ---- table ---- */

static void number_cell(FILE *f, uint64_t v)
{
	fprintf(f, "<td class=\"n\">%llu</td>", (unsigned long long)v);
}

static void text_cell(FILE *f, const char *text, bool code)
{
	fputs(code ? "<td><code>" : "<td>", f);
	html_text(f, text);
	fputs(code ? "</code></td>" : "</td>", f);
}

static void row_print(const struct report *r, const struct ab_profile_record *rec, FILE *f)
{
	char text[TEXT_MAX];

	fprintf(f, "<tr><td class=\"n\">%.2f</td>", 100 * report_share(r, rec));
	number_cell(f, rec->count);
	number_cell(f, rec->cycles);
	number_cell(f, rec->cycles / rec->count);
	number_cell(f, rec->cycles_max);
	text_cell(f, profile_kind_name(rec->kind), false);
	text_cell(f, report_what(rec), false);
	number_cell(f, rec->ring);
	report_place(r, rec->addr, text, sizeof text);
	text_cell(f, text, true);
	report_insn(r, rec, text, sizeof text);
	text_cell(f, text, true);
	text_cell(f, profile_page_name(rec->page_class), false);
	text_cell(f, fate_text(report_fate(r, rec)), false);
	report_line(r, rec->addr, text, sizeof text);
	text_cell(f, text, true);
	fputs("</tr>\n", f);
}

static void table_print(const struct report *r, size_t n, FILE *f)
{
	size_t i;

	fputs("<h2>Places</h2>\n<table id=\"places\"><thead class=\"sorts\"><tr>"
	      "<th class=\"n\">share, %</th><th class=\"n\">count</th><th class=\"n\">cycles</th>"
	      "<th class=\"n\">each</th><th class=\"n\">dearest</th><th>how</th><th>operation</th>"
	      "<th class=\"n\">ring</th><th>place</th><th>instruction</th><th>memory</th>"
	      "<th>patched?</th><th>source</th></tr></thead><tbody>\n", f);
	for (i = 0; i < n; i++)
		row_print(r, r->row[i], f);
	fputs("</tbody></table>\n", f);
	if (n < r->nrow)
		fprintf(f, "<p>The dearest %zu of %zu places.</p>\n", n, r->nrow);
}

/* ---- source ---- */

static bool excerpt_print(const struct report *r, struct sources *s,
			  const struct ab_profile_record *rec, FILE *f)
{
	const char *file, *text;
	unsigned line, i;
	char place[TEXT_MAX], copy[TEXT_MAX];
	size_t len;

	if (!srcline_find(r->lines, rec->addr, &file, &line) ||
	    !source_line(s, file, line, &len))
		return false;
	report_place(r, rec->addr, place, sizeof place);
	fprintf(f, "<details open><summary>%.2f %% %s <code>", 100 * report_share(r, rec),
		report_what(rec));
	html_text(f, place);
	fputs("</code>, ", f);
	html_text(f, file);
	fprintf(f, ":%u</summary><pre>", line);
	for (i = line > AROUND ? line - AROUND : 1; i <= line + AROUND; i++) {
		text = source_line(s, file, i, &len);
		if (!text)
			break;
		snprintf(copy, sizeof copy, "%.*s", (int)len, text);
		fprintf(f, "<span%s>%5u  ", i == line ? " class=\"hit\"" : "", i);
		for (text = copy; *text; text++) {
			const char one[2] = { *text, 0 };

			if (*text == '\t')
				fputs("        ", f);
			else
				html_text(f, one);
		}
		fputs("</span>\n", f);
	}
	fputs("</pre></details>\n", f);
	return true;
}

static void excerpts_print(const struct report *r, size_t n, FILE *f)
{
	struct sources *s = sources_new();
	size_t i, shown = 0;

	fputs("<h2>Source</h2>\n", f);
	for (i = 0; r->lines && i < n && i < 4 * EXCERPTS_MAX && shown < EXCERPTS_MAX; i++)
		shown += excerpt_print(r, s, r->row[i], f);
	if (!shown)
		fputs(r->lines ? "<p>The source files are not here.</p>\n" :
		      "<p>The guest has no debug information (or none was given).</p>\n", f);
	sources_free(s);
}

void report_html(const struct report *r, FILE *f)
{
	size_t n = r->nrow < ROWS_MAX ? r->nrow : ROWS_MAX;

	fputs(head, f);
	summary_print(r, f);
	if (r->profile.head.nspans)
		timeline_print(&r->profile, f);
	if (r->nrow)
		html_flame(r, f, n);
	table_print(r, n, f);
	excerpts_print(r, n, f);
	fputs(script, f);
}
