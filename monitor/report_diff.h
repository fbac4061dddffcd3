/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two profiles beside each other, by function. */
#ifndef AB_MONITOR_REPORT_DIFF_H
#define AB_MONITOR_REPORT_DIFF_H

#include <stdio.h>

struct diff;

struct diff *diff_new(void);
/* Add what is in (profile), a file of a run of (guest), which may be NULL, as what
 * was before (side 0) or after (1).  -1 after a message. */
int diff_add(struct diff *, unsigned side, const char *profile, const char *guest);
/* Largest change first, (limit) lines, 0: all. */
void diff_print(const struct diff *, size_t limit, FILE *);
void diff_free(struct diff *);

#endif
