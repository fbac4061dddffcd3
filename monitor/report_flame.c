/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flame graph of the HTML report: files, in each its functions, in each what
 * they did, as wide as what it cost.  Plain boxes with positions in percent: they
 * show without a script, and a script only changes the percents.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "monitor/report_html.h"

#define LEAST		0.0002		/* of all: thinner boxes are left out */

struct leaf {
	const struct ab_profile_record *rec;
	char *file, *function;
	uint64_t weight, of_function, of_file;
};

/* Sums are of what the table shows. */
static int by_name(const void *x, const void *y)
{
	const struct leaf *a = x, *b = y;
	int c = strcmp(a->file, b->file);

	c = c ? c : strcmp(a->function, b->function);
	return c ? c : (a->rec > b->rec) - (a->rec < b->rec);
}

static int by_sum(const void *x, const void *y)
{
	const struct leaf *a = x, *b = y;

	if (a->of_file != b->of_file)
		return a->of_file > b->of_file ? -1 : 1;
	if (strcmp(a->file, b->file))
		return strcmp(a->file, b->file);
	if (a->of_function != b->of_function)
		return a->of_function > b->of_function ? -1 : 1;
	if (strcmp(a->function, b->function))
		return strcmp(a->function, b->function);
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return by_name(x, y);
}

static char *file_of(const struct report *r, uint64_t addr)
{
	const char *file, *slash;
	unsigned line;

	if (!srcline_find(r->lines, addr, &file, &line))
		return xstrdup(r->lines ? "(no source)" : "guest");
	slash = strrchr(file, '/');
	return xstrdup(slash ? slash + 1 : file);
}

static void leaves_make(const struct report *r, struct leaf *leaf, size_t n)
{
	size_t i, k, first_file = 0, first_function = 0;

	for (i = 0; i < n; i++) {
		const struct ab_profile_record *rec = r->row[i];
		const char *name = r->guest ? ab_guest_symbol(r->guest, rec->addr, NULL) : NULL;

		leaf[i] = (struct leaf){
			.rec = rec, .file = file_of(r, rec->addr),
			.weight = r->cycles ? rec->cycles : rec->count,
			.function = name ? xstrdup(name) :
				xasprintf("0x%llx", (unsigned long long)rec->addr),
		};
	}
	qsort(leaf, n, sizeof *leaf, by_name);
	for (i = 0; i < n; i++) {
		bool file = i && !strcmp(leaf[i].file, leaf[i - 1].file);

		if (!file)
			first_file = i;
		if (!file || strcmp(leaf[i].function, leaf[i - 1].function))
			first_function = i;
		leaf[first_file].of_file += leaf[i].weight;
		leaf[first_function].of_function += leaf[i].weight;
	}
	for (i = 1, k = 0; i < n; i++) {	/* from the first to all of its group */
		if (!strcmp(leaf[i].file, leaf[i - 1].file)) {
			leaf[i].of_file = leaf[k].of_file;
			if (!strcmp(leaf[i].function, leaf[i - 1].function))
				leaf[i].of_function = leaf[i - 1].of_function;
		} else {
			k = i;
		}
	}
	qsort(leaf, n, sizeof *leaf, by_sum);
}

/* One box of row (depth), from (at) on, both as parts of (all). */
static void box(FILE *f, unsigned depth, uint64_t at, uint64_t width, uint64_t all,
		const char *class, const char *name, const char *detail)
{
	double part = all ? (double)width / (double)all : 0;

	if (part < LEAST)
		return;
	fprintf(f, "<i class=\"f %s\" data-d=\"%u\" data-l=\"%.4f\" data-w=\"%.4f\" "
		"style=\"left:%.4f%%;width:%.4f%%;top:%.1fem\" title=\"", class, depth,
		100 * (double)at / (double)all, 100 * part,
		100 * (double)at / (double)all, 100 * part, 1.7 * depth);
	html_text(f, name);
	if (*detail) {
		fputs(" ", f);
		html_text(f, detail);
	}
	fprintf(f, ": %.2f %%\">", 100 * part);
	html_text(f, name);
	fputs("</i>\n", f);
}

void html_flame(const struct report *r, FILE *f, size_t n)
{
	struct leaf *leaf = xcalloc(n + 1, sizeof *leaf);
	uint64_t all = r->cycles ? r->cycles : r->count, at = 0;
	char insn[128];
	size_t i;

	leaves_make(r, leaf, n);
	fputs("<h2>Files, functions, operations</h2>\n<p>A click makes a box as wide as the page; "
	      "another one on the first row takes that back.</p>\n<div id=\"flame\">\n", f);
	box(f, 0, 0, all, all, "all", "all", "");
	for (i = 0; i < n; i++) {
		const struct leaf *l = &leaf[i];
		bool file = !i || strcmp(l->file, l[-1].file);

		if (file)
			box(f, 1, at, l->of_file, all, "file", l->file, "");
		if (file || strcmp(l->function, l[-1].function))
			box(f, 2, at, l->of_function, all, "function", l->function, l->file);
		report_insn(r, l->rec, insn, sizeof insn);
		box(f, 3, at, l->weight, all, profile_kind_name(l->rec->kind),
		    report_what(l->rec), insn);
		at += l->weight;
	}
	fputs("</div>\n", f);
	for (i = 0; i < n; i++) {
		free(leaf[i].file);
		free(leaf[i].function);
	}
	free(leaf);
}
