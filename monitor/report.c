/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon report`: read profiles, add them up, put the dear places first.
 *
 * The cost of a place is its cycles; a profile without cycles (an imported one
 * may have none) is ordered by counts.
 */
#include "monitor/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/cmdline.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/rank.h"
#include "monitor/report_diff.h"

#define DEFAULT_LIMIT	100u

enum { OPT_GUEST = 256, OPT_FORMAT, OPT_LIMIT, OPT_DIFF, OPT_TIMELINE, OPT_FUNCTION };

static const struct option options[] = {
	{ "guest", required_argument, NULL, OPT_GUEST },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "diff", no_argument, NULL, OPT_DIFF },
	{ "timeline", no_argument, NULL, OPT_TIMELINE },
	{ "function", required_argument, NULL, OPT_FUNCTION },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char help_text[] =
"Usage: aftermon report PROFILE... [OPTION]...\n"
"       aftermon report --diff OLD NEW [OPTION]...\n"
"Show where a guest trapped, dearest places first.  Several profiles of one\n"
"guest are added up.\n"
"\n"
"      --guest GUEST         the guest's ELF file: function names; with --diff\n"
"                            of two builds give it twice, the old one first\n"
"      --diff                what became dearer, what cheaper; by function\n"
"      --format text|annotate|json|html|folded\n"
"                            table (default); disassembly and source with counts;\n"
"                            JSON; one page that needs no other file; folded\n"
"                            stacks for flame graphs\n"
"      --function NAME       with annotate: this function, not the three dearest\n"
"      --timeline            with text: what happened in each second as well\n"
"      --limit N             rows of the table (default 100, 0: all)\n"
"  -o, --output FILE         write to FILE instead of standard output\n"
"  -h, --help                this text\n";

static const struct {
	const char *name;
	void (*print)(const struct report *, FILE *);
} formats[] = {
	{ "text", report_text },
	{ "json", report_json },
	{ "html", report_html },
	{ "folded", report_folded },
	{ "annotate", NULL },
};

struct report_options {
	const char *guest[2], *output;
	unsigned nguest, format;
	bool diff, timeline;
	const char *function;
	size_t limit;
	char **profile;
	int nprofile;
};

static unsigned format_find(const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (!strcmp(name, formats[i].name))
			return i;
	die_usage("--format: '%s' is none of text, annotate, json, html, folded", name);
}

static void options_parse(int argc, char **argv, struct report_options *o)
{
	int c;

	*o = (struct report_options){ .limit = DEFAULT_LIMIT };
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_GUEST:
			if (o->nguest == 2)
				die_usage("--guest is given more than twice");
			o->guest[o->nguest++] = optarg;
			break;
		case OPT_DIFF:
			o->diff = true;
			break;
		case OPT_TIMELINE:
			o->timeline = true;
			break;
		case OPT_FUNCTION:
			o->function = optarg;
			break;
		case OPT_FORMAT:
			o->format = format_find(optarg);
			break;
		case OPT_LIMIT:
			o->limit = cmdline_number("--limit", optarg);
			break;
		case 'o':
			o->output = optarg;
			break;
		default:
			cmdline_other(c, argv, help_text);
		}
	}
	if (optind == argc)
		die_usage("report: no profile given");
	o->profile = argv + optind;
	o->nprofile = argc - optind;
	if (o->diff && o->nprofile != 2)
		die_usage("--diff: give two profiles");
	if (o->diff && o->format)
		die_usage("--diff prints text only");
	if (o->function && formats[o->format].print)
		die_usage("--function goes with --format annotate");
	if (!formats[o->format].print && !o->nguest)
		die_usage("--format annotate: --guest is missing: the ELF file that was run");
	if (!o->diff && o->nguest > 1)
		die_usage("--guest is given twice, without --diff");
}

/* ---- loading ---- */

static void rows_make(struct report *r)
{
	size_t i, n = r->profile.head.nrecords;
	struct rank *rank = xcalloc(n ? n : 1, sizeof *rank);

	for (i = 0; i < n; i++) {
		const struct ab_profile_record *rec = &r->profile.rec[i];

		rank[i] = (struct rank){ rec->cycles, rec->count < UINT32_MAX ?
					 (uint32_t)rec->count : UINT32_MAX, (uint32_t)i };
		if (__builtin_add_overflow(r->cycles, rec->cycles, &r->cycles))
			r->cycles = UINT64_MAX;
		if (__builtin_add_overflow(r->count, rec->count, &r->count))
			r->count = UINT64_MAX;
	}
	rank_sort(rank, n);
	r->row = xcalloc(n ? n : 1, sizeof *r->row);
	r->nrow = n;
	for (i = 0; i < n; i++)
		r->row[i] = &r->profile.rec[rank[i].at];
	free(rank);
}

int profiles_read(char **path, int n, struct profile *out)
{
	int i;

	*out = (struct profile){ 0 };
	for (i = 0; i < n; i++)
		if (profile_read(path[i], out))
			return -1;
	return 0;
}

static int report_print(const struct report *r, const struct report_options *o, FILE *f)
{
	if (r->diff)
		diff_print(r->diff, r->limit, f);
	else if (formats[o->format].print)
		formats[o->format].print(r, f);
	else
		return report_annotate(r, f);
	return 0;
}

/* A device or a pipe cannot be replaced whole: it is written as it is. */
static bool written_directly(const char *path)
{
	struct stat st;

	return !strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode));
}

/* Whole or not at all, like file_write(), but without holding it all in memory:
 * of a large profile it is hundreds of megabytes. */
static int print_to_file(const struct report *r, const struct report_options *o)
{
	char *temp = xasprintf("%s.%d.tmp", o->output, (int)getpid());
	FILE *f = fopen(temp, "wx");
	int ret = -1;

	if (f) {
		if (report_print(r, o, f)) {
			fclose(f);
			unlink(temp);
			free(temp);
			return -1;
		}
		ret = ferror(f) ? -1 : 0;
		if (fclose(f) || ret || rename(temp, o->output)) {
			ret = errno;
			unlink(temp);
			errno = ret;
			ret = -1;
		}
	}
	if (ret)
		error("%s: cannot write: %s", o->output, strerror(errno));
	free(temp);
	return ret;
}

static int print_directly(const struct report *r, const struct report_options *o)
{
	FILE *f = !o->output || !strcmp(o->output, "-") ? stdout : fopen(o->output, "w");
	int bad, ret;

	if (!f) {
		error("%s: cannot write: %s", o->output, strerror(errno));
		return -1;
	}
	ret = report_print(r, o, f);
	if (f == stdout)
		return ret;	/* diag_close_stdout() looks at it */
	bad = ferror(f);
	if (fclose(f) || bad) {
		error("%s: cannot write: %s", o->output, strerror(errno));
		return -1;
	}
	return ret;
}

/* Profiles (path, n), and the guest unless it is NULL. */
static int report_load(struct report *r, char **path, int n, const char *guest)
{
	if (profiles_read(path, n, &r->profile))
		return -1;
	if (guest) {
		r->guest = fate_guest(&r->profile.head, guest);
		if (!r->guest)
			return -1;
		r->lines = srcline_open(guest);
	}
	r->wedge = fate_wedge(&r->profile.head);
	rows_make(r);
	return 0;
}

static void report_close(struct report *r)
{
	if (r->diff)
		diff_free(r->diff);
	free(r->row);
	profile_free(&r->profile);
	srcline_close(r->lines);
	ab_wedge_close(r->wedge);
	ab_guest_close(r->guest);
}

int command_report(int argc, char **argv)
{
	struct report_options o;
	struct report r = { 0 };
	int ret = 0;

	options_parse(argc, argv, &o);
	r.limit = o.limit;
	r.timeline = o.timeline;
	r.function = o.function;
	if (o.diff) {
		r.diff = diff_new();
		ret = diff_add(r.diff, 0, o.profile[0], o.guest[0]) ||
			diff_add(r.diff, 1, o.profile[1], o.guest[o.nguest == 2]);
	} else {
		ret = report_load(&r, o.profile, o.nprofile, o.guest[0]);
	}
	if (!ret) {
		ret = o.output && !written_directly(o.output) ?
			print_to_file(&r, &o) : print_directly(&r, &o);
		diag_close_stdout();
	}
	report_close(&r);
	return ret ? AB_EXIT_FAIL : AB_EXIT_OK;
}
