/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tries to reach a network.
 * Ends: killed
 */
#include "host.h"

void guest_main(void)
{
	print("socket\n");
	check(HOST_CALL(41, 2, 1, 0) == T_GP, "#GP");
}
