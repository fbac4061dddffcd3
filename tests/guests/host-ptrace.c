/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tries to look into its parent.
 * Ends: killed
 */
#include "host.h"

void guest_main(void)
{
	print("ptrace\n");
	check(HOST_CALL(101, 0, 0, 0) == T_GP, "#GP");
}
