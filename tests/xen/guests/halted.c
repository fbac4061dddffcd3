/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hlt with interrupts off: nothing will ever come.
 * Native: no, a PC sleeps for ever
 * Xen: crash, interrupts off
 */
#include "guest64.h"

void guest_main(void)
{
	asm volatile("cli; hlt");
}
