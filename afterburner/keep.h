/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AFTERBURNER_KEEP=DIR: keep what every assembly of a build was given. */
#ifndef AB_KEEP_H
#define AB_KEEP_H

#include <stddef.h>

/* If AFTERBURNER_KEEP is set, write (text), as it came, to a new DIR/NAME.s, and
 * to NAME.args one line each: the working directory, the object, then the
 * arguments of the assembler without its inputs.  Ends the program with a
 * message when that fails. */
void keep_input(const char *text, size_t len, const char *object, int argc,
		char *const *argv, const int *input, int ninput);

#endif
