/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 8259A pair and channel 0 of the 8254: the oldest timer interrupt that a
 * PC has, and the one that it always has.
 */
#include "kernel.h"

#define PIC1		0x20
#define PIC2		0xa0
#define ICW1_INIT	0x11		/* edge triggered, cascade, ICW4 follows */
#define ICW4_8086	0x01
#define OCW2_EOI	0x20
#define OCW3_READ_IRR	0x0a

#define PIT_CH0		0x40
#define PIT_CMD		0x43
#define PIT_RATE	1193182
#define PIT_PERIODIC	0x34		/* channel 0, low then high byte, mode 2 */

volatile unsigned ticks;
volatile word tick_ip;

void timer_init(void)
{
	outb(PIC1, ICW1_INIT);
	outb(PIC1 + 1, T_IRQ0);
	outb(PIC1 + 1, 1 << 2);		/* the second one hangs at input 2 */
	outb(PIC1 + 1, ICW4_8086);
	outb(PIC2, ICW1_INIT);
	outb(PIC2 + 1, T_IRQ0 + 8);
	outb(PIC2 + 1, 2);
	outb(PIC2 + 1, ICW4_8086);
	outb(PIC1 + 1, 0xff);		/* everything masked */
	outb(PIC2 + 1, 0xff);
}

void timer_start(void)
{
	unsigned count = PIT_RATE / HZ;

	outb(PIT_CMD, PIT_PERIODIC);
	outb(PIT_CH0, count & 0xff);
	outb(PIT_CH0, count >> 8);
	outb(PIC1 + 1, 0xfe);
}

/* Masked only: the 8254 runs on, and one tick may stay latched in the 8259A
 * until the next start. */
void timer_stop(void)
{
	outb(PIC1 + 1, 0xff);
}

bool timer_pending(void)
{
	outb(PIC1, OCW3_READ_IRR);
	return inb(PIC1) & 1;
}

void timer_interrupt(struct trapframe *tf)
{
	ticks++;
	if (!tick_ip)
		tick_ip = tf->ip;
	outb(PIC1, OCW2_EOI);
}
