/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command line, or AFTERBURNER_FLAGS, asked for. */
#ifndef AB_OPTIONS_H
#define AB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum stats { STATS_NONE, STATS_TEXT, STATS_JSON };

/* Warnings, all off by default; -W names in options.c. */
enum warning { WARN_MACRO_SECTION, WARN_MACRO_ARGUMENT, WARN_INCLUDE, WARN_COUNT };

struct options {
	const char **rules;
	size_t nrules;		/* 0: the stock rules */
	bool no_rules;		/* AFTERBURNER_RULES=none */
	unsigned bits;		/* 32, 64; 0: not given */
	unsigned warnings;	/* one bit for each enum warning */
	bool werror;
	enum stats stats;
	bool late;		/* as aligns branches: lengths are known at its end */
	bool list;
	bool clobber;		/* test: overwrite what is claimed to be dead */
	const char *out;	/* NULL: standard output */
	const char *in;
	const char *summary;	/* folder with build records */
};

/* Parse (argv) up to its end.  Dies with a usage error; prints help or version
 * and exits when asked to.  (flags): argv comes from AFTERBURNER_FLAGS, where
 * files cannot be named. */
void options_parse(struct options *, int argc, char **argv, bool flags);

/* AFTERBURNER_FLAGS and AFTERBURNER_RULES. */
void options_from_environment(struct options *);

struct unit;
struct buf;
struct rules;

/* The name of (w), as after -W. */
const char *warning_name(enum warning w);

/* The whole way of one text.  Returns 1 with the new text in *out, 0 when it
 * stays as it is, -1 after diagnostics.  The caller frees u and rules. */
int afterburn(struct unit *u, const struct options *, struct buf *out);

#endif
