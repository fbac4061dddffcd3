/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tries to become another program.
 * Ends: killed
 */
#include "host.h"

static const char path[] = "/bin/true";

void guest_main(void)
{
	print("execve\n");
	check(HOST_CALL(59, path, 0, 0) == T_GP, "#GP");
}
