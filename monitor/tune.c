/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon tune`: the command, and the rule file that it writes.
 *
 * Rules of earlier tunings (-r) are kept as they stand: a place that is patched
 * traps no more, so the profile of the new kernel says nothing for it.  What must
 * be noted in any case is included first, so that the rules below it can pad it;
 * its exclusions (code that is copied, data) once more at the end, since they are
 * to hold for these rules too.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "lib/cmdline.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "monitor/broker.h"
#include "monitor/report.h"
#include "monitor/tune.h"

#define MARK		"# Rules tuned by aftermon"
#define BASE		"x86/minimal.rules"

enum { OPT_GUEST = 256, OPT_COVERAGE, OPT_LEAST, OPT_BY, OPT_BASE, OPT_STATS };

static const struct option options[] = {
	{ "guest", required_argument, NULL, OPT_GUEST },
	{ "coverage", required_argument, NULL, OPT_COVERAGE },
	{ "least", required_argument, NULL, OPT_LEAST },
	{ "by", required_argument, NULL, OPT_BY },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "rules", required_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char help_text[] =
"Usage: aftermon tune PROFILE... --guest GUEST [OPTION]... -o HOT.rules\n"
"Write the fewest rules that remove most of what traps cost.\n"
"\n"
"      --guest GUEST      the ELF file that the profile is of\n"
"      --coverage PERCENT of the cost that rules can remove (default 99)\n"
"  -r, --rules OLD.rules  what an earlier tuning wrote: its rules are kept\n"
"      --least PERCENT    with -r: no new rules when all that still traps is less\n"
"                         than this share of the run (default 1)\n"
"      --by cycles|count  what a trap costs: what was measured (default), or each\n"
"                         the same, for machines where cycles say little\n"
"      --base RULES       what must be noted in any case, included first, and what\n"
"                         must not be patched (default " BASE ")\n"
"  -o, --output FILE      where to write, whole or not at all; - is standard output\n"
"      --stats            what traps cost, one NAME NUMBER TEXT a line, on\n"
"                         standard error\n"
"  -h, --help             this text\n";

struct tune_options {
	const char *guest, *base, *output;
	const char **old;
	int nold;
	double coverage, least;
	bool stats, by_count;
	char **profile;
	int nprofile;
};

static double percent_parse(const char *option, const char *text)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (*end == '%')
		end++;
	if (end == text || *end || errno || !(v >= 0 && v <= 100) ||
	    *text < '0' || *text > '9')
		die_usage("%s: '%s' is no percentage from 0 to 100", option, text);
	return v / 100;
}

static void options_parse(int argc, char **argv, struct tune_options *o)
{
	int c;

	*o = (struct tune_options){ .base = BASE, .coverage = 0.99, .least = 0.01 };
	o->old = xcalloc((size_t)argc, sizeof *o->old);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:r:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_GUEST:
			o->guest = optarg;
			break;
		case OPT_COVERAGE:
			o->coverage = percent_parse("--coverage", optarg);
			break;
		case OPT_LEAST:
			o->least = percent_parse("--least", optarg);
			break;
		case OPT_BY:
			o->by_count = !strcmp(optarg, "count");
			if (!o->by_count && strcmp(optarg, "cycles"))
				die_usage("--by: '%s' is neither cycles nor count", optarg);
			break;
		case OPT_BASE:
			if (strpbrk(optarg, "\"\\\n"))
				die_usage("--base: '%s' cannot stand in a rule file", optarg);
			o->base = optarg;
			break;
		case OPT_STATS:
			o->stats = true;
			break;
		case 'r':
			o->old[o->nold++] = optarg;
			break;
		case 'o':
			o->output = optarg;
			break;
		default:
			cmdline_other(c, argv, help_text);
		}
	}
	if (optind == argc)
		die_usage("tune: no profile given");
	if (!o->guest)
		die_usage("tune: --guest is missing: the ELF file that was run");
	if (!o->output && !o->stats)
		die_usage("tune: -o is missing: where to write the rules");
	o->profile = argv + optind;
	o->nprofile = argc - optind;
}

/* ---- earlier rules ---- */

bool tune_keeps(const struct tune *t, const char *rule, size_t n)
{
	size_t i;

	for (i = 0; i < t->nkept; i++)
		if (strlen(t->kept[i].rule) == n && !memcmp(t->kept[i].rule, rule, n))
			return true;
	return false;
}

static void keep_rule(struct tune *t, const char *comment, const char *line, size_t n,
		      bool raw)
{
	struct kept_rule *k;
	const char *stop = comment ? comment : line;

	while (*stop == '#')
		stop = strchr(stop, '\n') + 1;
	t->kept = xrealloc(t->kept, (t->nkept + 1) * sizeof *t->kept);
	k = &t->kept[t->nkept++];
	*k = (struct kept_rule){
		.evidence = comment ? xstrndup(comment, (size_t)(stop - comment)) :
			xstrdup(""),
		.rule = xstrndup(line, n), .raw = raw,
	};
}

/* A tuned file is one statement a line, each below its comment. */
static void keep_text(struct tune *t, const char *text)
{
	const char *line = text, *comment = NULL, *end;
	bool raw = false;

	for (; *line; line = *end ? end + 1 : end) {
		size_t n;

		end = strchr(line, '\n');
		if (!end)
			end = line + strlen(line);
		n = (size_t)(end - line);
		if (*line == '#') {
			comment = comment ? comment : line;
			continue;
		}
		if (n >= 6 && !memcmp(line, "raw on", 6)) {
			raw = true;
			continue;	/* between a comment and its rule */
		}
		if (n >= 7 && !memcmp(line, "raw off", 7))
			raw = false;
		if (n > 4 && !memcmp(line, "pad ", 4) && !tune_keeps(t, line, n))
			keep_rule(t, comment, line, n, raw);
		comment = NULL;
	}
}

int tune_keep(struct tune *t, const char *path)
{
	char *text;
	size_t size;

	if (file_read(path, &text, &size)) {
		error("%s: cannot read the rules: %s", path, strerror(errno));
		return -1;
	}
	if (strncmp(text, MARK, sizeof MARK - 1) || strlen(text) != size) {
		error("%s: not written by aftermon tune; hand-written rules go into a file of their own that is given to --base",
		      path);
		free(text);
		return -1;
	}
	keep_text(t, text);
	free(text);
	return 0;
}

/* ---- output ---- */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void evidence_write(const struct tune *t, const struct candidate *c, FILE *f)
{
	const struct ab_profile_header *h = &t->profile.head;

	fprintf(f, "# %llu trap%s, %llu cycles", (unsigned long long)c->count, c->count == 1 ? "" : "s",
		(unsigned long long)c->cost);
	if (c->cost)
		fprintf(f, ", %.2f %%", percent(c->cost, t->cost));
	if (h->tsc_khz && c->gain)
		fprintf(f, "; saves %.3f ms", (double)c->gain / (double)h->tsc_khz);
	if (h->tsc_khz && c->gain && h->run_ns)
		fprintf(f, ", %.2f %% of the run",
			100 * (double)c->gain / (double)h->tsc_khz * 1e6 / (double)h->run_ns);
	fprintf(f, "; %u site%s, %u bytes of no-ops\n", c->sites, c->sites == 1 ? "" : "s",
		c->pads);
}

static void head_write(const struct tune *t, FILE *f)
{
	const struct ab_profile_header *h = &t->profile.head;
	unsigned i;

	fputs(MARK ".\n", f);
	fputs("# Of each rule: what its places cost while they trapped, their share of all\n"
	      "# that rules can remove, what is saved, and the sites that the rule makes.\n", f);
	if (h->build_id_len) {
		fputs("# Guest: build-id ", f);
		for (i = 0; i < h->build_id_len; i++)
			fprintf(f, "%02x", h->build_id[i]);
		fputc('\n', f);
	}
	fprintf(f, "# Run: target %.15s, %.3f s; rules can remove %llu traps, %llu cycles.\n",
		h->target, (double)h->run_ns / 1e9, (unsigned long long)t->count,
		(unsigned long long)t->cost);
	fputs("version 1\n", f);
}

static const struct candidate *candidate_find(const struct tune *t, const char *rule)
{
	size_t i;

	for (i = 0; i < t->ncand; i++)
		if (!strcmp(t->cand[i].rule, rule))
			return &t->cand[i];
	return NULL;
}

static void rule_write(const char *rule, bool raw, FILE *f)
{
	fprintf(f, raw ? "raw on\n%s\nraw off\n" : "%s\n", rule);
}

static void tune_write(const struct tune *t, const char *base, FILE *f)
{
	size_t i;

	head_write(t, f);
	fprintf(f, "\n# ---- what must be noted in any case\n\ninclude \"%s\"\n", base);
	if (t->nkept)
		fputs("\n# ---- kept from earlier tunings\n", f);
	for (i = 0; i < t->nkept; i++) {
		const struct candidate *c = candidate_find(t, t->kept[i].rule);

		fputc('\n', f);
		if (c)
			evidence_write(t, c, f);
		else
			fputs(t->kept[i].evidence, f);
		rule_write(t->kept[i].rule, t->kept[i].raw, f);
	}
	fputs("\n# ---- from this profile\n", f);
	for (i = 0; i < t->ncand; i++) {
		const struct candidate *c = &t->cand[i];

		if (!c->taken || tune_keeps(t, c->rule, strlen(c->rule)))
			continue;
		fputc('\n', f);
		evidence_write(t, c, f);
		rule_write(c->rule, c->raw, f);
	}
	fprintf(f, "\n# ---- what must not be patched\n\ninclude skip \"%s\"\n", base);
}

static int rules_save(const struct tune *t, const struct tune_options *o)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int ret;

	if (!f)
		die("out of memory");
	tune_write(t, o->base, f);
	if (fclose(f))
		die("out of memory");
	ret = file_write(o->output, text, size, 0666);
	if (ret)
		error("%s: cannot write: %s", o->output, strerror(errno));
	free(text);
	return ret;
}

/* Scripts read it. */
static void stats_write(const struct tune *t, double covered, FILE *f)
{
	const struct ab_profile_header *h = &t->profile.head;
	double run = (double)h->run_ns / 1e6 * (double)h->tsc_khz;
	unsigned i, rules = 0, pads = 0;
	size_t n;

	for (n = 0; n < t->ncand; n++) {
		rules += t->cand[n].taken;
		pads += t->cand[n].taken ? t->cand[n].pads : 0;
	}
	fprintf(f, "%-12s %15llu  traps that rules can remove\n", "traps",
		(unsigned long long)t->count);
	fprintf(f, "%-12s %15llu  cycles of them, the host's fault included\n", "cost",
		(unsigned long long)t->cost);
	fprintf(f, "%-12s %15.4f  percent of the run's time\n", "share", run > 0 ?
		100 * (double)t->cost / run : 0);
	fprintf(f, "%-12s %15.4f  percent of the cost that the rules cover\n", "covered",
		100 * covered);
	fprintf(f, "%-12s %15zu  rules of earlier tunings\n", "kept", t->nkept);
	fprintf(f, "%-12s %15u  rules from this profile\n", "rules", rules);
	fprintf(f, "%-12s %15u  bytes of no-ops of these\n", "pads", pads);
	for (i = 0; i < FATE_COUNT; i++)
		if (i != FATE_RULE && t->fate_count[i])
			fprintf(f, "%-12s %15llu  events, %llu cycles: %s\n", fate_name(i),
				(unsigned long long)t->fate_count[i],
				(unsigned long long)t->fate_cost[i], fate_text(i));
}

/* ---- the command ---- */

/* Padded sites came from rules that the profile cannot know of. */
static void lost_rules_warn(const struct tune *t)
{
	const struct ab_guest *g = t->guest;
	size_t i, n = 0;

	if (t->nkept || fate_target_is(&t->profile.head, "none"))
		return;
	for (i = 0; i < g->nsite; i++) {
		n += g->site[i].state == AB_SITE_OK &&
			g->site[i].total_len > g->site[i].insn_len;
	}
	if (n)
		warn("%s already has %zu padded sites: give the rules that made them with -r or --base, or the next build is without them",
		     g->path, n);
}

static int unnamed_check(const struct tune *t, const char *guest)
{
	double share = percent(t->unnamed, t->cost);

	if (!t->nunnamed)
		return 0;
	if (!t->ncand) {
		error("%s: no place that traps has a function name or a source line: use the file before strip, or build with -g",
		      guest);
		return -1;
	}
	warn("%s: %zu places, %.2f %% of the cost, have neither a function name nor a source line, and get no rule",
	     guest, t->nunnamed, share);
	return 0;
}

static int tune_load(struct tune *t, const struct tune_options *o)
{
	int i;

	if (profiles_read(o->profile, o->nprofile, &t->profile))
		return -1;
	t->guest = fate_guest(&t->profile.head, o->guest);
	if (!t->guest)
		return -1;
	for (i = 0; i < o->nold; i++)
		if (tune_keep(t, o->old[i]))
			return -1;
	t->by_count = o->by_count;
	t->wedge = fate_wedge(&t->profile.head);
	t->lines = srcline_open(o->guest);
	return 0;
}

int command_tune(int argc, char **argv)
{
	struct tune_options o;
	struct tune t = { 0 };
	double covered;
	int ret;

	options_parse(argc, argv, &o);
	ret = tune_load(&t, &o);
	if (!ret) {
		tune_candidates(&t);
		covered = tune_choose(&t, o.coverage, o.least);
		ret = unnamed_check(&t, o.guest);
		if (!ret && o.output) {
			lost_rules_warn(&t);
			ret = rules_save(&t, &o);
		}
		if (!ret && o.stats)
			stats_write(&t, covered, stderr);
	}
	tune_free(&t);
	free(o.old);
	return ret ? AB_EXIT_FAIL : AB_EXIT_OK;
}
