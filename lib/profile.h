/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trap profiles (include/abi/profile.h): reading with every check, writing
 * whole or not at all, merging. */
#ifndef AB_LIB_PROFILE_H
#define AB_LIB_PROFILE_H

#include <stddef.h>
#include <stdint.h>
#include "abi/profile.h"

struct profile {
	struct ab_profile_header head;
	struct ab_profile_record *rec;	/* head.nrecords of them, sorted */
	struct ab_profile_span *span;	/* head.nspans of them, in order of time */
};

/* Add the profile in (path) to (sum), which is all zero before the first: equal keys
 * are summed, its time follows.  -1 after one error message that names the file and
 * the fault: not a profile, cut off, another version, a record out of range, another
 * guest.  (sum) is free then. */
int profile_read(const char *path, struct profile *sum);
/* The same from memory. */
int profile_parse(const char *name, const void *data, size_t size, struct profile *sum);
void profile_free(struct profile *);

/* One record at a time, with the same checks, for who does not need them all.
 * NULL after a message; "-" is standard input. */
struct profile_stream *profile_open(const char *path);
const struct ab_profile_header *profile_head(const struct profile_stream *);
/* The next record, valid until the one after; NULL at the end and after a message. */
const struct ab_profile_record *profile_next(struct profile_stream *);
/* Read what is left, and the spans into a new (*span) unless it is NULL; free (s).
 * -1 when there was a message. */
int profile_close(struct profile_stream *s, struct ab_profile_span **span);

/* A profile with room for (n) records and (nspans) spans, zeroed. */
void profile_new(struct profile *, size_t n, size_t nspans);
/* By address, op, ring, kind, as the format demands it. */
int profile_compare(const void *record, const void *other);
/* Sort the records as the format demands: by address, op, ring, kind. */
void profile_sort(struct profile *);
/* Fill in the rest of the header; the file's bytes, malloc'd. */
char *profile_bytes(struct profile *, size_t *size);
/* The same, and write (path), whole or not at all.  -1 after
 * a message. */
int profile_write(const char *path, struct profile *);
const char *profile_kind_name(unsigned kind);
/* "local APIC", "page table"...; "" when unknown. */
const char *profile_page_name(unsigned page_class);

#endif
