/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `aftermon tune`: from a profile to rules. */
#ifndef AB_MONITOR_TUNE_H
#define AB_MONITOR_TUNE_H

#include <stdbool.h>
#include <stdio.h>
#include "lib/profile.h"
#include "loader/loader.h"
#include "monitor/fate.h"
#include "monitor/srcline.h"

/* One rule that could be written, with what speaks for it. */
struct candidate {
	char *rule;		/* the statement; NULL: the place has no name */
	unsigned op;
	bool raw;		/* kernels also write it as bytes */
	uint64_t count, cycles, cost, gain;
	unsigned places;	/* records that it covers */
	unsigned sites, pads;	/* that it makes, and their bytes of no-ops */
	uint64_t addr;		/* of the first of them */
	bool taken;
};

/* A rule of an earlier tuning, kept. */
struct kept_rule {
	char *evidence;		/* its comment lines, "" when none */
	char *rule;
	bool raw;
};

struct tune {
	struct profile profile;
	bool by_count;			/* every trap costs the same */
	struct ab_guest *guest;
	struct ab_wedge *wedge;
	struct srcline *lines;
	struct candidate *cand;	/* dearest first */
	size_t ncand;
	struct kept_rule *kept;
	size_t nkept;
	uint64_t count, cycles, cost;	/* of all that rules can remove */
	uint64_t fate_count[FATE_COUNT], fate_cost[FATE_COUNT];
	uint64_t unnamed;		/* cost of places without a name */
	size_t nunnamed;
};

/* Make the candidates of t->profile. */
void tune_candidates(struct tune *);
/* Take the dearest until (coverage), 0 to 1, of cost and of recorded cycles is
 * covered.  When there are kept rules, stop as soon as what is left is less than
 * (least), 0 to 1, of the run: so tuning again comes to an end.  Returns the share
 * of the cost that is covered. */
double tune_choose(struct tune *, double coverage, double least);
/* Read the rules that an earlier tuning wrote into t->kept.  -1 after a message. */
int tune_keep(struct tune *, const char *path);
/* Is (rule) kept already? */
bool tune_keeps(const struct tune *, const char *rule, size_t n);
void tune_free(struct tune *);

#endif
