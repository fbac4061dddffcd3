// SPDX-License-Identifier: GPL-3.0-or-later
/* Options, from the command line and from the environment. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "afterburner/options.h"
#include "afterburner/unit.h"

static const char help[] =
"Usage: afterburner [-r RULES]... [--isa i386|x86-64] [--stats[=json]] [--list]\n"
"                   [-o OUT.s] IN.s|-\n"
"       afterburner --summary DIR [--stats=json]\n"
"Find sensitive instructions in assembler text, pad them and note them.\n"
"\n"
"  -r, --rules RULES   rule file, or a stock one by name; may be repeated, the\n"
"                      last one counts most (default: x86/full.rules)\n"
"      --isa ISA       i386 or x86-64 (default: by the registers in IN.s)\n"
"      --list          list sites and skipped instructions\n"
"      --stats[=json]  count them\n"
"  -o OUT.s            write the assembler text there (default: standard output,\n"
"                      or, with --list or --stats, nowhere)\n"
"      --summary DIR   add up the records that a build left below DIR\n"
"  -W[no-]WARNING      -Wall, -Werror, or one by name: see the manual\n"
"      --color[=WHEN]  colour messages: always, never, auto\n"
"      --help, --version\n"
"\n"
"Exit status: 0 done, 1 failure, 2 usage.  Manual: afterburner(1).\n";

static const char *const warnings[WARN_COUNT] = {
	[WARN_MACRO_SECTION] = "macro-section",
	[WARN_MACRO_ARGUMENT] = "macro-argument",
	[WARN_INCLUDE] = "include",
};

const char *warning_name(enum warning w)
{
	return warnings[w];
}

/* -W[no-]NAME */
static void set_warning(struct options *o, const char *name)
{
	bool off = !strncmp(name, "no-", 3);
	unsigned bits = 0;

	name += off ? 3 : 0;
	if (!strcmp(name, "error")) {
		o->werror = !off;
		return;
	}
	for (int i = 0; i < WARN_COUNT; i++)
		if (!strcmp(name, "all") || !strcmp(name, warnings[i]))
			bits |= 1u << i;
	if (!bits)
		die_usage("unknown warning '-W%s' (known: -Wall, -Werror, "
			  "-Wmacro-section, -Wmacro-argument, -Winclude)", name);
	o->warnings = off ? o->warnings & ~bits : o->warnings | bits;
}

static void add_rules(struct options *o, const char *path)
{
	o->rules = array_grow(o->rules, o->nrules, sizeof(*o->rules));
	o->rules[o->nrules++] = path;
}

static void set_isa(struct options *o, const char *isa)
{
	if (!strcmp(isa, "i386"))
		o->bits = 32;
	else if (!strcmp(isa, "x86-64"))
		o->bits = 64;
	else
		die_usage("unknown ISA '%s' (known: i386, x86-64)", isa);
}

/* The value of option (name), given as "NAME VALUE" or "NAME=VALUE". */
static const char *value(const char *name, int argc, char **argv, int *i)
{
	size_t len = strlen(name);
	const char *a = argv[*i];

	if (strncmp(a, name, len))
		return NULL;
	if (a[len] == '=' && name[1] == '-')
		return a + len + 1;
	if (a[len] && name[1] != '-')
		return a + len;
	if (a[len])
		return NULL;
	if (*i + 1 >= argc)
		die_usage("option '%s' needs a value", name);
	return argv[++*i];
}

void options_parse(struct options *o, int argc, char **argv, bool flags)
{
	bool only_files = false;
	const char *v;

	for (int i = 0; i < argc; i++) {
		const char *a = argv[i];

		if (only_files || a[0] != '-' || !a[1]) {
			if (flags)
				die_usage("AFTERBURNER_FLAGS: '%s' is no option", a);
			if (o->in)
				die_usage("one input only: '%s' or '%s'", o->in, a);
			o->in = a;
		} else if (!strcmp(a, "--")) {
			only_files = true;
		} else if ((v = value("--rules", argc, argv, &i)) ||
			   (v = value("-r", argc, argv, &i))) {
			add_rules(o, v);
		} else if ((v = value("--isa", argc, argv, &i))) {
			set_isa(o, v);
		} else if (!strcmp(a, "--stats")) {
			o->stats = STATS_TEXT;
		} else if (!strcmp(a, "--stats=json")) {
			o->stats = STATS_JSON;
		} else if (!strcmp(a, "--list")) {
			o->list = true;
		} else if (!flags && (v = value("-o", argc, argv, &i))) {
			o->out = v;
		} else if (!flags && (v = value("--summary", argc, argv, &i))) {
			o->summary = v;
		} else if (!strcmp(a, "--clobber-dead")) {
			o->clobber = true;
		} else if (!strncmp(a, "-W", 2) && a[2]) {
			set_warning(o, a + 2);
		} else if (!strcmp(a, "--color")) {
			diag_set_color(NULL);
		} else if (!strncmp(a, "--color=", 8)) {
			if (diag_set_color(a + 8))
				die_usage("--color takes always, never or auto");
		} else if (!flags && !strcmp(a, "--help")) {
			fputs(help, stdout);
			diag_close_stdout();
			exit(AB_EXIT_OK);
		} else if (!flags && !strcmp(a, "--version")) {
			puts("afterburner " PACKAGE_VERSION);
			diag_close_stdout();
			exit(AB_EXIT_OK);
		} else {
			die_usage("%sunknown option '%s'",
				  flags ? "AFTERBURNER_FLAGS: " : "", a);
		}
	}
}

/* Words of (s), cut at blanks and at the characters in (also). */
static char **split(const char *s, const char *also, int *n)
{
	char *copy = xstrdup(s), *save = NULL;
	char *sep = xasprintf(" \t\n%s", also);
	char **word = NULL;

	*n = 0;
	for (char *w = strtok_r(copy, sep, &save); w;
	     w = strtok_r(NULL, sep, &save)) {
		word = array_grow(word, *n, sizeof(*word));
		word[(*n)++] = w;
	}
	free(sep);
	return word;	/* words live as long as the process */
}

void options_from_environment(struct options *o)
{
	const char *s = getenv("AFTERBURNER_FLAGS");
	char **word;
	int n;

	if (s && *s) {
		word = split(s, "", &n);
		options_parse(o, n, word, true);
	}
	s = getenv("AFTERBURNER_RULES");
	if (!s || !*s)
		return;
	if (!strcmp(s, "none")) {
		o->no_rules = true;
		return;
	}
	word = split(s, ":", &n);
	for (int i = 0; i < n; i++)
		add_rules(o, word[i]);
}
