/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A root that is no memory: on a PC a processor without tables, here a domain that
 * says what was wrong and stops.
 * Native: no, a PC resets
 * Xen: crash, triple fault
 */
#include "guest64.h"

void guest_main(void)
{
	print("cr3 to nowhere\n");
	cr3_write(0x7ff0000000);
	read64(KERNBASE + 0x200000);
	check(false, "nobody comes here");
}
