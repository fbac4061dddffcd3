/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PS/2 mouse, as drivers look for one and for its wheel. */
#include "guest.h"

static int take(void)
{
	unsigned i;

	for (i = 0; i < 100000; i++)
		if (inb(0x64) & 1)
			return inb(0x60);
	return -1;
}

static int tell(unsigned v)
{
	while (inb(0x64) & 2)
		;
	outb(0x64, 0xd4);
	outb(0x60, (uint8_t)v);
	return take();
}

static bool rate(unsigned hz) { return tell(0xf3) == 0xfa && tell(hz) == 0xfa; }
static int id(void) { return tell(0xf2) == 0xfa ? take() : -1; }

static bool status(int flags, int resolution, int hz)
{
	int f, r;

	if (tell(0xe9) != 0xfa)
		return false;
	f = take();
	r = take();
	return take() == hz && f == flags && r == resolution;
}

void guest_main(void)
{
	while (inb(0x64) & 1)
		inb(0x60);
	outb(0x64, 0xa8);
	check(tell(0xff) == 0xfa && take() == 0xaa && take() == 0, "reset");
	check(status(0, 2, 100), "as after a reset");
	check(tell(0xf4) == 0xfa && status(0x20, 2, 100), "enabled");
	check(rate(40) && tell(0xe8) == 0xfa && tell(3) == 0xfa && tell(0xe7) == 0xfa &&
	      status(0x30, 3, 40), "rate, resolution, scaling");
	check(tell(0xf0) == 0xfa && status(0x70, 3, 40), "asked only");
	check(tell(0xea) == 0xfa && tell(0xe6) == 0xfa && tell(0xf5) == 0xfa &&
	      status(0, 3, 40), "and back");
	check(id() == 0, "no wheel yet");
	check(rate(200) && rate(100) && rate(80) && id() == 3, "a wheel");
	check(rate(200) && rate(200) && rate(80) && id() == 4, "more buttons");
	check(tell(0xeb) == 0xfa && take() == 8 && !take() && !take() && !take(),
	      "a packet of four bytes");
	check(tell(0xee) == 0xfa && tell(0xf4) == 0xf4 && tell(0x55) == 0x55 &&
	      tell(0xec) == 0xfa && status(0, 3, 80), "echo");
	check(tell(0xf6) == 0xfa && status(0, 2, 100), "defaults");
	check(tell(0xff) == 0xfa && take() == 0xaa && take() == 0 && id() == 0, "reset again");
}
