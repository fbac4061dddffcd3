/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments of compilers and assemblers. */
#ifndef AB_ARGS_H
#define AB_ARGS_H

/* A copy of (argv) with each @FILE replaced by the arguments in it, quoted as
 * GCC quotes them; an @FILE that cannot be read stays.  Never freed. */
char **args_expand(int *argc, char **argv);

#endif
