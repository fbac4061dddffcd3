/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ends of option loops; see cmdline.h. */
#include "lib/cmdline.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/diag.h"

_Noreturn void cmdline_other(int c, char **argv, const char *help)
{
	if (c == 'h') {
		fputs(help, stdout);
		diag_close_stdout();
		exit(AB_EXIT_OK);
	}
	if (c == ':')
		die_usage("option '%s' needs a value", argv[optind - 1]);
	if (optopt && optopt < 256)
		die_usage("unknown option '-%c'", optopt);
	die_usage("unknown or ambiguous option '%s'", argv[optind - 1]);
}

unsigned long cmdline_number(const char *option, const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		die_usage("%s: '%s' is not a number", option, text);
	return n;
}
