/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tries to open a file of the host's.
 * Ends: killed
 */
#include "host.h"

static const char path[] = "/etc/passwd";

void guest_main(void)
{
	print("open\n");
	check(HOST_CALL(2, path, 0, 0) == T_GP, "#GP");
}
