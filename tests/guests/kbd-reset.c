/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reset by the keyboard controller.
 * Ends: status 0
 */
#include "guest.h"

void guest_main(void)
{
	print("once more\n");
	while (inb(0x64) & 2)
		;
	outb(0x64, 0xfe);
	delay_us(1000000);
	check(false, "still running");
}
