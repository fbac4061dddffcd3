/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source lines of a guest's addresses, from its debug information.  Without
 * libdw at build time, or without debug information, nothing is found. */
#ifndef AB_MONITOR_SRCLINE_H
#define AB_MONITOR_SRCLINE_H

#include <stdbool.h>
#include <stdint.h>

struct srcline;

/* The debug information of the ELF file (path); NULL when there is none. */
struct srcline *srcline_open(const char *path);
void srcline_close(struct srcline *);
/* File and line of (addr).  The name lives until srcline_close(). */
bool srcline_find(struct srcline *, uint64_t addr, const char **file,
		  unsigned *line);

#endif
