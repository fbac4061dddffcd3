/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The A20 gate is open: 1 MiB is not 0. */
#include "guest.h"

void guest_main(void)
{
	uint32_t low = read32(0x500), high;

	check(inb(0x92) & 2, "port 0x92 says so");
	high = read32(0x100500);
	write32(0x500, ~high);
	check(read32(0x100500) == high, "writing low does not change high");
	write32(0x500, low);
}
