/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output: the input's bytes, and what stands between them. */
#ifndef AB_EMIT_H
#define AB_EMIT_H

#include "afterburner/unit.h"

struct buf {
	char *p;
	size_t len, cap;
};

void buf_put(struct buf *, const char *s, size_t len);
void buf_printf(struct buf *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The afterburned text of (u).  Only for units with a site: others are not
 * changed by a byte. */
void unit_emit(struct unit *u, struct buf *out);

#endif
