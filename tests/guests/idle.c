/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleeps for three seconds in hlt: no host CPU time is to be used.
 * Idle: yes
 */
#include "guest.h"

void guest_main(void)
{
	irq_unmask(0);
	pit_start(20);
	while (irq_count(0) < 60)
		asm volatile("sti; hlt; cli");
	check(true, "slept");
}
