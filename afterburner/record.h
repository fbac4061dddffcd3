/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The build record: what became of one object, in OBJECT.ab beside it.  Lines
 * of text, fields parted by a tab:
 *
 *	afterburner-record	1
 *	source	FILE
 *	sites	SITES	PADDED	SKIPPED
 *	op	NAME	COUNT
 *	skip	REASON	COUNT
 *	rule	FILE:LINE	HITS		every rule that was loaded
 *
 * Never in the object itself: without a site it is what the assembler makes.
 */
#ifndef AB_RECORD_H
#define AB_RECORD_H

#include <stdbool.h>
#include "afterburner/unit.h"

/* Does (path) lie directly in the folder for temporary files? */
bool path_is_temporary(const char *path);

/* Objects that lie directly in the folder for temporary files get none, nor do
 * devices; AFTERBURNER_RECORD=no switches it off.  Returns the record's path, or
 * NULL: none was written. */
char *record_write(const struct unit *, const char *object);

/* Add up the records below (dir), but for those that are newer than their object or
 * have none, and print the sums.  Returns an exit status. */
int record_summary(const char *dir, enum stats how);

#endif
