/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one more pass over the text knows that single statements do not: where
 * labels stand, and which words operands refer to.  Made when the first site
 * asks, so files without sites do not pay for it.
 */
#ifndef AB_INDEX_H
#define AB_INDEX_H

#include "afterburner/unit.h"

struct label {
	uint32_t hash, len;
	size_t name, pos;	/* pos: behind the colon */
	bool special;		/* a table refers to it */
	bool body;		/* in a macro or .rept */
	/* of live.c */
	uint32_t seen;		/* what was looked for from here already */
	uint32_t query;		/* by which query */
};

#define REF_BITS 65536

struct index {
	const struct unit *u;
	struct label *label;	/* by pos */
	size_t n;
	uint32_t *slot;		/* hash table: index of a label + 1 */
	uint32_t mask;
	uint32_t *next;		/* labels of the same hash */
	bool registers;		/* symbols stand for registers */
	uint64_t ref[REF_BITS / 64];	/* hashes of what operands name */
};

/* *ix is made at the first call; free it with index_free(). */
struct index *index_of(const struct unit *, struct index **ix);
void index_free(struct index *);

/* The label that (name) is at (at): a local one, "1f" or "1b".  NULL: none. */
struct label *index_label(const struct index *, const char *name, size_t len,
			  size_t at);
/* The first label whose colon ends at or behind (pos); may be the one behind
 * the last. */
struct label *index_label_at(const struct index *, size_t pos);
/* May an operand name the word (s), with (tail) behind it if that is not 0?
 * Words are kept as a set of hashes: two with the same hash are both named. */
bool index_refers(const struct index *, const char *s, size_t len, int tail);

#endif
