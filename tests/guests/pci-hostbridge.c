/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCI configuration mechanism 1: a host bridge at 0:0.0, nothing where nothing is. */
#include "guest.h"

static uint32_t config(unsigned dev, unsigned reg)
{
	outl(0xcf8, 0x80000000 | dev << 11 | reg);
	return inl(0xcfc);
}

void guest_main(void)
{
	check((config(0, 0) & 0xffff) == 0x8086, "device 0 is there");
	check(config(0, 8) >> 16 == 0x0600, "a host bridge");
	outl(0xcf8, 0x80000008);
	check(inw(0xcfe) == 0x0600 && inb(0xcff) == 0x06, "by word and byte");
	check(config(31, 0) == 0xffffffff, "device 31 is not");
	outl(0xcf8, 0);
	check(inl(0xcfc) == 0xffffffff, "not enabled: ones");
}
