/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tries to signal every process of the host's that it may.
 * Ends: killed
 */
#include "host.h"

void guest_main(void)
{
	print("kill\n");
	check(HOST_CALL(62, -1, 0, 0) == T_GP, "#GP");	/* signal 0: harmless */
}
