/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A byte to port 0xf4 ends the run with (byte << 1) | 1.
 * Ends: status 43
 */
#include "guest.h"

void guest_main(void)
{
	print("21 goes to port 0xf4\n");
	machine_end(21);
}
