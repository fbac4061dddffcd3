/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory size in CMOS agrees with what multiboot says. */
#include "guest.h"

static unsigned cmos(uint8_t r)
{
	outb(0x70, r);
	return inb(0x71);
}

void guest_main(void)
{
	const uint32_t *mb = (uint32_t *)boot_info;
	unsigned upper = mb[2];		/* KiB above 1 MiB */
	unsigned base = cmos(0x15) | cmos(0x16) << 8;
	unsigned ext = cmos(0x17) | cmos(0x18) << 8;
	unsigned ext2 = cmos(0x30) | cmos(0x31) << 8;
	unsigned high = cmos(0x34) | cmos(0x35) << 8;	/* 64 KiB above 16 MiB */

	check(base == 640, "640 KiB below");
	check(ext == ext2, "extended memory, twice");
	check(ext >= 63 * 1024 - 1024 || ext == 63 * 1024, "63 MiB above, up to 64 MiB");
	check(high == 48 * 16, "48 MiB above 16 MiB");
	check(upper / 1024 >= 62 && upper / 1024 <= 63, "multiboot says so, too");
}
