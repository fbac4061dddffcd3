// SPDX-License-Identifier: GPL-3.0-or-later
/* --list and --stats. */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "afterburner/report.h"
#include "lib/decode.h"

/* The site's text on one line: blanks for newlines and tabs, cut when long. */
static void put_text(const struct unit *u, const struct site *s, FILE *f)
{
	size_t len = s->end - s->start, max = len < 70 ? len : 70;
	bool blank = false;

	for (size_t i = 0; i < max; i++) {
		unsigned char c = u->text[s->start + i];

		if (c == '\n')
			c = ';';
		if (c == '\t' || c == '\r' || c < ' ')
			c = ' ';
		if (c == ' ' && blank)
			continue;
		blank = c == ' ';
		putc(c, f);
	}
	if (max < len)
		fputs("...", f);
}

void report_list(const struct unit *u, FILE *f)
{
	for (size_t i = 0; i < u->nsite; i++) {
		const struct site *s = &u->site[i];

		fprintf(f, "%.*s:%u: ", (int)s->file_len, s->file, s->line);
		if (s->reason)
			fprintf(f, "skipped %s", ab_op_name(s->op));
		else
			fprintf(f, "%s %s", s->pad ? "site" : "noted",
				ab_op_name(s->op));
		fprintf(f, " `");
		put_text(u, s, f);
		fprintf(f, "'");
		if (s->reason)
			fprintf(f, " (%s)", s->reason);
		if (s->rule)
			fprintf(f, " [%s]", s->rule);
		fprintf(f, "\n");
	}
}

struct count {
	const char *what;
	unsigned long n;
};

static void count_add(struct count *c, size_t *n, const char *what)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (!strcmp(c[i].what, what))
			break;
	if (i == *n)
		c[(*n)++] = (struct count){ what, 0 };
	c[i].n++;
}

void json_string(FILE *f, const char *s, size_t len)
{
	putc('"', f);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < ' ' || c == 127)
			fprintf(f, "\\u%04x", c);
		else
			putc(c, f);
	}
	putc('"', f);
}

static void put_counts(FILE *f, const struct count *c, size_t n, bool json)
{
	for (size_t i = 0; i < n; i++) {
		if (json) {
			fputs(i ? "," : "", f);
			json_string(f, c[i].what, strlen(c[i].what));
			fprintf(f, ":%lu", c[i].n);
		} else {
			fprintf(f, "%8lu  %s\n", c[i].n, c[i].what);
		}
	}
}

void report_stats(const struct unit *u, enum stats how, FILE *f)
{
	struct count *op = xcalloc(u->nsite + 1, sizeof(*op));
	struct count *skip = xcalloc(u->nsite + 1, sizeof(*skip));
	size_t nop = 0, nskip = 0, sites = 0, padded = 0;

	for (size_t i = 0; i < u->nsite; i++) {
		const struct site *s = &u->site[i];

		if (s->reason) {
			count_add(skip, &nskip, s->reason);
		} else {
			count_add(op, &nop, ab_op_name(s->op));
			sites++;
			padded += s->pad;
		}
	}
	if (how == STATS_JSON) {
		fprintf(f, "{\"file\":");
		json_string(f, u->name, strlen(u->name));
		fprintf(f, ",\"bytes\":%zu,\"sites\":%zu,\"padded\":%zu,"
			"\"skipped\":%zu,\"ops\":{", u->size, sites, padded,
			u->nskipped);
		put_counts(f, op, nop, true);
		fprintf(f, "},\"skipped_because\":{");
		put_counts(f, skip, nskip, true);
		fprintf(f, "}}\n");
	} else {
		fprintf(f, "%s: %zu sites (%zu padded), %zu skipped\n", u->name,
			sites, padded, u->nskipped);
		put_counts(f, op, nop, false);
		if (nskip)
			fprintf(f, "  skipped:\n");
		put_counts(f, skip, nskip, false);
	}
	free(op);
	free(skip);
}
