/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of a place in a profile: is it patched, could it be, and why not.
 * `aftermon tune` and `aftermon report` must agree on it. */
#ifndef AB_MONITOR_FATE_H
#define AB_MONITOR_FATE_H

#include "lib/profile.h"
#include "loader/loader.h"

enum fate {
	FATE_RULE,	/* it traps, and a rule can remove that */
	FATE_PATCHED,	/* a site, patched: these are its calls */
	FATE_LEFT,	/* a site that the target left to trap */
	FATE_EVENT,	/* no instruction's doing: page miss, exception, int in ring 3 */
	FATE_OUTSIDE,	/* not in the guest's file: user code, a module, a copy */
	FATE_CHANGED,	/* the file has another instruction there */
	FATE_UNSERVED,	/* the target has no replacement for the op */
	FATE_FIXED,	/* int n and such: they trap on purpose and keep their length */
	FATE_UNKNOWN,	/* no instruction in the record, or no guest to look it up */
	FATE_COUNT
};

/* (guest) may be NULL: then what needs it is FATE_UNKNOWN.  (wedge) may be NULL:
 * then every op counts as served. */
enum fate fate_of(const struct ab_profile_header *, const struct ab_profile_record *,
		  struct ab_guest *guest, const struct ab_wedge *wedge);
/* A few words for it. */
const char *fate_text(enum fate);
/* One word, for JSON. */
const char *fate_name(enum fate);

/* The op that a rule for the record has: its own, or mmio_read, mmio_write. */
unsigned fate_op(const struct ab_profile_record *, int bits);

/* Open the guest in (path) that the profile is of; NULL after a message, also when it
 * is another. */
struct ab_guest *fate_guest(const struct ab_profile_header *, const char *path);
/* The wedge of the profile's target; NULL, without a message, when there is none
 * here (an imported profile). */
struct ab_wedge *fate_wedge(const struct ab_profile_header *);

/* Is it of a run with this -t, translated or not? */
bool fate_target_is(const struct ab_profile_header *, const char *name);

/* What the trap itself costs, beside the emulation that the profile has timed:
 * the host's way into the handler and back, in the profile's cycles. */
uint64_t fate_trap_overhead(const struct ab_profile_header *);
/* The same for a patched site's call. */
uint64_t fate_call_overhead(const struct ab_profile_header *);
/* Cycles of the record, without what the host took for something else. */
uint64_t fate_cycles(const struct ab_profile_header *, const struct ab_profile_record *);
/* Cycles of the record, overhead and all. */
uint64_t fate_cost(const struct ab_profile_header *, const struct ab_profile_record *);

#endif
