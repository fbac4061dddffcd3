/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text output for tables with a million rows of twenty numbers, for which printf()
 * is too slow.  Errors are left in the FILE, as stdio does.
 */
#ifndef AB_LIB_OUT_H
#define AB_LIB_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct out {
	FILE *f;
	size_t n;		/* bytes in buf */
	char buf[1 << 14];
};

/* (f) must not be written to otherwise between these two. */
void out_begin(struct out *, FILE *f);
void out_end(struct out *);

/* What does not fit into buf. */
void out_long(struct out *, const char *, size_t n);

static inline void out_bytes(struct out *o, const char *s, size_t n)
{
	if (n > sizeof o->buf - o->n) {
		out_long(o, s, n);
		return;
	}
	memcpy(o->buf + o->n, s, n);
	o->n += n;
}

/* Of a literal the length is known. */
static inline void out_text(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s));
}

static inline void out_char(struct out *o, char c)
{
	out_bytes(o, &c, 1);
}

/* At least (width) wide, on the right of it. */
void out_number(struct out *, uint64_t, unsigned width);
/* On the left of it. */
void out_left(struct out *, const char *, unsigned width);
/* "0x12" */
void out_hex(struct out *, uint64_t);
/* (v) with two decimals; v is not negative. */
void out_fixed2(struct out *, double v, unsigned width);
/* As a JSON string, quotes included.  Bytes that are no UTF-8 become U+FFFD. */
void out_json(struct out *, const char *);

/* out_json() to (f). */
void json_string(FILE *f, const char *);

#endif
