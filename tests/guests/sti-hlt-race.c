/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An interrupt that waits when sti comes wakes the hlt after it: 200 times. */
#include "guest.h"

extern char before_sti[];

void guest_main(void)
{
	unsigned i, wrong = 0;
	word ip;

	irq_unmask(0);
	for (i = 0; i < 200; i++) {
		cli();
		pit_once(50);
		while (!irq_waits(0))
			;
		trap_ip[IRQ_VECTOR(0)] = 0;
		/* Lost, nothing would wake us: the timer fires only once. */
		asm volatile("before_sti: sti; hlt; cli" : : : "memory");
		ip = trap_ip[IRQ_VECTOR(0)] - (word)before_sti;
		wrong += ip < 2 || ip > 16;	/* no-ops may follow hlt */
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
