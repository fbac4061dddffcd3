/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interrupt that waits when sti comes wakes the hlt after it: 200 times. */
#include "guest.h"

extern char after_hlt[];

void guest_main(void)
{
	unsigned i, wrong = 0;

	irq_unmask(0);
	for (i = 0; i < 200; i++) {
		cli();
		pit_once(50);
		while (!irq_waits(0))
			;
		trap_ip[IRQ_VECTOR(0)] = 0;
		/* Lost, nothing would wake us: the timer fires only once. */
		asm volatile("sti; hlt; after_hlt: cli" : : : "memory");
		wrong += trap_ip[IRQ_VECTOR(0)] != (word)after_hlt;
	}
	check(irq_count(0) == 200, "as many interrupts as sleeps");
	check(!wrong, "each came after hlt");
	/* The other order: it comes while we sleep. */
	for (i = 0; i < 20; i++) {
		cli();
		pit_once(2000);
		asm volatile("sti; hlt; cli" : : : "memory");
	}
	check(irq_count(0) == 220, "sleeps that an interrupt ends");
}
