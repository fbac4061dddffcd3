/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8254: latches, read-back, gate and output of channel 2, one-shot and
 * periodic interrupts of channel 0. */
#include "guest.h"

static unsigned latch(unsigned channel)
{
	unsigned v;

	outb(0x43, channel << 6);
	v = inb(0x40 + channel);
	return v | inb(0x40 + channel) << 8;
}

void guest_main(void)
{
	unsigned a, b, n;
	uint8_t s;

	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);		/* channel 2, mode 0 */
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	check(!(inb(0x61) & 0x20), "mode 0: output low at first");
	a = latch(2);
	while ((b = latch(2)) == a)
		;
	check(b < a, "it counts down");
	outb(0x43, 0xb0);
	outb(0x42, 100);
	outb(0x42, 0);
	while (!(inb(0x61) & 0x20))
		;
	check(true, "output high at the end");
	outb(0x61, inb(0x61) & 0xfc);

	outb(0x43, 0x34);
	outb(0x40, 0x00);
	outb(0x40, 0x10);
	outb(0x43, 0xe2);		/* read back status of channel 0 */
	s = inb(0x40);
	check((s & 0x3f) == 0x34, "read back: mode and access");
	outb(0x43, 0x14);		/* low byte only */
	outb(0x40, 200);
	outb(0x43, 0xe2);
	check((inb(0x40) & 0x3f) == 0x14, "read back: low byte only");

	pit_once(1);			/* what was latched meanwhile goes first */
	irq_unmask(0);
	delay_us(1000);
	sti();
	asm volatile("nop; nop");
	cli();
	n = irq_count(0);
	pit_once(1000);
	asm volatile("sti; hlt; cli");
	delay_us(5000);
	sti();
	asm volatile("nop; nop");
	cli();
	check(irq_count(0) == n + 1, "mode 0: one interrupt");
	n = irq_count(0);
	pit_start(1000);
	while (irq_count(0) < n + 10)
		asm volatile("sti; hlt; cli");
	check(true, "mode 2: one after the other");
	for (a = 0; a < 1000; a++)
		if (latch(0) > 1193)
			break;
	check(a == 1000, "mode 2: never beyond its count");
}
