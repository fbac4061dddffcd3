/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The i8042: self test, status, command byte. */
#include "guest.h"

static bool wait(uint8_t bit, uint8_t want)
{
	unsigned i;

	for (i = 0; i < 1000; i++) {
		if ((inb(0x64) & bit) == want)
			return true;
		delay_us(100);
	}
	return false;
}

void guest_main(void)
{
	uint8_t v;

	while (inb(0x64) & 1)
		inb(0x60);
	check(wait(2, 0), "ready for a command");
	outb(0x64, 0xaa);
	check(wait(1, 1) && inb(0x60) == 0x55, "self test passed");
	wait(2, 0);
	outb(0x64, 0x20);
	check(wait(1, 1), "the command byte can be read");
	v = inb(0x60);
	wait(2, 0);
	outb(0x64, 0x60);
	wait(2, 0);
	outb(0x60, v & ~1);
	wait(2, 0);
	outb(0x64, 0x20);
	check(wait(1, 1) && inb(0x60) == (v & ~1), "and written");
	outb(0x64, 0xab);
	check(wait(1, 1) && inb(0x60) == 0, "the keyboard's line is good");
}
