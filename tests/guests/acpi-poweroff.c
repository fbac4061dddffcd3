/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power-off by the ACPI port.
 * Ends: status 0
 */
#include "guest.h"

void guest_main(void)
{
	print("good night\n");
	outw(0x604, 0x2000);
	delay_us(1000000);
	check(false, "still awake");
}
