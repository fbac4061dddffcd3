/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `aftermon import`: other hypervisors' traces as profiles. */
#ifndef AB_MONITOR_IMPORT_H
#define AB_MONITOR_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/profile.h"
#include "loader/loader.h"

struct import {
	const char *name;		/* of the file, for messages */
	struct ab_guest *guest;		/* NULL: instructions stay unknown */
	struct ab_profile_record *slot;	/* a hash table */
	size_t nslot, used;
	uint64_t khz;			/* units of time a millisecond */
	uint64_t first, last, now;	/* in these, first 0: none yet */
	struct ab_profile_span *span;	/* one a second */
	uint32_t nspan;
	uint64_t other;			/* events that are nothing for a profile */
	bool wide;			/* 64-bit code was seen */
};

/* Count one event at (addr) that took (cycles).  Fills in the instruction from the
 * guest, and its op when (op) is AB_OP_NONE.  (after): addr is behind the
 * instruction.  (page_class): what it touched, AB_PAGE_*. */
void import_hit(struct import *, uint64_t addr, bool after, unsigned op, unsigned kind,
		uint64_t cycles, unsigned page_class);
/* An event was at (time). */
void import_time(struct import *, uint64_t time);
/* The records, sorted, into a profile. */
void import_finish(struct import *, struct profile *out);
void import_free(struct import *);

/* Read a trace.  -1 after a message. */
int import_kvm(struct import *, const void *data, size_t size);
int import_xen(struct import *, const void *data, size_t size);

#endif
