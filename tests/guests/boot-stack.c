/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel may start on the stack that the boot loader left, although multiboot
 * promises none: there are tutorials that do. */
#include "guest.h"

#define DEEP	0x800u

void guest_main(void)
{
	word low = boot_sp - DEEP, a;
	bool ok = true;

	check(boot_sp > DEEP && boot_sp <= 0xa0000, "esp lies in conventional memory");
	check(!(boot_sp & 3), "it is aligned");
	for (a = low; a < boot_sp; a += 4)
		write32(a, ~a);
	for (a = low; a < boot_sp; a += 4)
		ok &= read32(a) == ~a;
	check(ok, "below it is RAM");
	check(boot_info >= boot_sp || boot_info + 0x74 <= low, "the boot information is elsewhere");
	check(*(uint32_t *)(boot_info + 4) == 639, "and as it was");
}
