/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `aftermon report`: one view of a profile, several ways to print it. */
#ifndef AB_MONITOR_REPORT_H
#define AB_MONITOR_REPORT_H

#include <stdio.h>
#include "lib/profile.h"
#include "loader/loader.h"
#include "monitor/fate.h"
#include "monitor/srcline.h"

struct report {
	struct profile profile;
	struct ab_guest *guest;		/* NULL: addresses only */
	struct ab_wedge *wedge;		/* of the target; NULL: not here */
	struct srcline *lines;		/* NULL: no debug information */
	struct diff *diff;		/* in place of all this; NULL: none */
	const struct ab_profile_record **row;	/* by cost, highest first */
	size_t nrow;
	uint64_t cycles, count;		/* of all rows */
	size_t limit;			/* rows in text; 0: all */
	bool timeline;			/* in text, too */
	const char *function;		/* annotate: only this one; NULL: the dearest */
};

/* Read and add up (n) profiles.  -1 after a message. */
int profiles_read(char **path, int n, struct profile *out);

void report_text(const struct report *, FILE *);
void report_json(const struct report *, FILE *);
void report_folded(const struct report *, FILE *);
void report_html(const struct report *, FILE *);
/* Disassembly and source of functions, with counts; needs a guest.  -1 after a
 * message. */
int report_annotate(const struct report *, FILE *);
/* Share of (rec) in all, 0 to 1: by cycles, by counts where there are none. */
double report_share(const struct report *, const struct ab_profile_record *);

/* "function+0x12", or "0xc0101234" without a name. */
void report_place(const struct report *, uint64_t addr, char *buf, size_t size);
/* "main.c:12", "" when not known. */
void report_line(const struct report *, uint64_t addr, char *buf, size_t size);
/* Patched or not, and why. */
enum fate report_fate(const struct report *, const struct ab_profile_record *);
/* What the record is about: the operation, or the event. */
const char *report_what(const struct ab_profile_record *);
/* Disassembly of the record's instruction, "" when it has none. */
void report_insn(const struct report *, const struct ab_profile_record *,
		 char *buf, size_t size);

#endif
