/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What aftercc must know about a compiler. */
#ifndef AB_COMPILER_H
#define AB_COMPILER_H

#include <stdbool.h>

struct compiler {
	char *as;		/* the assembler that it runs by itself */
	char *as_name;		/* by this name */
	bool clang;		/* has an assembler inside: must be told not to use it */
	bool cached;		/* the command is ccache under a compiler's name */
};

/* Ask the compiler argv[0 .. words-1] (wrappers first), given the arguments up
 * to argc, with our "as" in (folder).  Answers are kept in the user's cache
 * folder, by the compiler's path and time.  Dies when the compiler cannot be
 * asked, or does not look for its assembler where -B says. */
void compiler_ask(struct compiler *, char **argv, int words, int argc,
		  const char *folder);

/* An argument without effect that differs when the rules, the flags or the
 * programs differ, so that ccache keeps their objects apart. */
char *compiler_cache_key(const char *folder);

#endif
