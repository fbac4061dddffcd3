/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a guest's source files, where they are still to be found. */
#ifndef AB_MONITOR_SOURCE_H
#define AB_MONITOR_SOURCE_H

#include <stddef.h>

struct sources;

struct sources *sources_new(void);
void sources_free(struct sources *);
/* Line (n), from 1, of (file), without its end and at most (*len) of it; NULL when
 * there is no such line.  A file is read once; what cannot be read has no lines. */
const char *source_line(struct sources *, const char *file, unsigned n, size_t *len);

#endif
