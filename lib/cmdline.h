/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the option loops of our programs have in common. */
#ifndef AB_LIB_CMDLINE_H
#define AB_LIB_CMDLINE_H

/* What getopt_long() returned and the loop does not take itself: 'h' prints (help)
 * and exits; ':' (a value is missing) and '?' (unknown) are usage errors.  The
 * option string must begin with ':'. */
_Noreturn void cmdline_other(int c, char **argv, const char *help);

/* The number in (text), or a usage error that names (option). */
unsigned long cmdline_number(const char *option, const char *text);

#endif
