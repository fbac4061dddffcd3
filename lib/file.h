/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole-file input and all-or-nothing output; where our own data files lie. */
#ifndef AB_LIB_FILE_H
#define AB_LIB_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read all of (path), "-" for standard input, into a malloc'd buffer with one
 * NUL after the end.  Returns 0, or -1 with errno and nothing allocated. */
int file_read(const char *path, char **data, size_t *size);

/* Write (size) bytes to (path) so that it appears whole or not at all: a
 * temporary file beside it, then rename; permissions (mode) & ~umask; an
 * existing file's mode is kept.  Devices and pipes (/dev/null, /dev/stdout, "-")
 * are written directly.  Returns 0, or -1 with errno and (path) as it was. */
int file_write(const char *path, const void *data, size_t size, mode_t mode);

/* Path of one of our data files: (kind) is "rules" or "wedge", (name) a
 * relative path such as "x86/full.rules" or "hosted.o".  Looks first at the
 * environment (AFTERBURNER_DATADIR), then at what was installed together with the
 * running program, or the build tree when it runs from there, then at the place
 * that configure was told.  Returns a malloc'd path of an existing file, or NULL. */
char *file_find(const char *kind, const char *name);

/* Call (fn) with path and name of every file of (kind) whose name ends in
 * (suffix), in the places and the order of file_find(); a name that an earlier
 * place has is not repeated. */
void file_each(const char *kind, const char *suffix,
	       void (*fn)(void *ctx, const char *path, const char *name), void *ctx);

#endif
