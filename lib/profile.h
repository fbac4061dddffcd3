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
	/* private: what rec and span point into */
	void *buf;
};

/* Read (path).  -1 after one error message that names the file and the fault:
 * not a profile, cut off, another version, a record out of range. */
int profile_read(const char *path, struct profile *out);
/* The same from memory; takes over (data), a malloc'd buffer, and frees it on
 * failure too. */
int profile_parse(const char *name, void *data, size_t size, struct profile *out);
void profile_free(struct profile *);

/* A profile with room for (n) records and (nspans) spans, zeroed. */
void profile_new(struct profile *, size_t n, size_t nspans);
/* Sort the records as the format demands: by address, op, ring, kind. */
void profile_sort(struct profile *);
/* Fill in the rest of the header; the file's bytes, malloc'd. */
char *profile_bytes(struct profile *, size_t *size);
/* The same, and write (path), whole or not at all.  -1 after
 * a message. */
int profile_write(const char *path, struct profile *);
/* Add (from) to (into): equal keys are summed, its time follows.  -1 after a message
 * when they are of different guests. */
int profile_merge(struct profile *into, const struct profile *from,
		  const char *from_name);

const char *profile_kind_name(unsigned kind);
/* "local APIC", "page table"...; "" when unknown. */
const char *profile_page_name(unsigned page_class);

#endif
