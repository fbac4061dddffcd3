/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps the score.  A line says nothing that could differ from one machine or
 * run to the next (no address, time or processor name), so that the output of
 * any two runs can be compared byte by byte.
 */
#include "kernel.h"

static unsigned passed, failed;

void check(bool ok, const char *what)
{
	print("%s %s\n", ok ? "ok  " : "FAIL", what);
	if (ok)
		passed++;
	else
		failed++;
}

void check_end(void)
{
	if (failed)
		print("minikernel: %u of %u checks FAILED\n", failed, passed + failed);
	else
		print("minikernel: all %u checks passed\n", passed);
	machine_end(failed != 0);
}
