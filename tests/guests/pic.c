/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8259A pair: masks, requests, service, priorities, end of interrupt, poll. */
#include "guest.h"

#define P1	PORT_PIC1

static volatile unsigned order[8], nth;
static volatile uint8_t in_service;

static uint8_t isr(void)
{
	outb(P1, 0x0b);
	return inb(P1);
}

static bool take(struct trapframe *tf)
{
	in_service |= isr();
	order[nth++ & 7] = tf->vector - T_IRQ0;
	return false;
}

/* Raise line 0 by the timer, line 4 by the serial port. */
static void raise_both(void)
{
	pit_once(100);
	outb(0x3f8 + 4, 0x08);
	outb(0x3f8 + 1, 0);
	outb(0x3f8 + 1, 2);
	while (!irq_waits(0) || !irq_waits(4))
		;
}

static void let_in(void)
{
	sti();
	asm volatile("nop; nop; nop");
	cli();
}

void guest_main(void)
{
	uint8_t v;

	while (!(inb(0x3f8 + 5) & 0x40))
		;
	outb(P1 + 1, 0xa5);
	check(inb(P1 + 1) == 0xa5, "the mask reads back");
	outb(P1 + 1, 0xff);
	outb(PORT_PIC2 + 1, 0x5a);
	check(inb(PORT_PIC2 + 1) == 0x5a && inb(P1 + 1) == 0xff, "each has its own");
	outb(PORT_PIC2 + 1, 0xff);

	raise_both();
	check(irq_waits(0) && irq_waits(4) && !isr(), "requested, not in service");
	let_in();
	check(nth == 0 && irq_count(0) == 0, "masked");
	handlers[IRQ_VECTOR(0)] = handlers[IRQ_VECTOR(4)] = take;
	irq_unmask(4);
	irq_unmask(0);
	let_in();
	check(nth == 2 && order[0] == 0 && order[1] == 4, "both, the lower number first");
	check(in_service == 0x11 && !isr(), "in service meanwhile, not afterwards");

	inb(0x3f8 + 2);
	raise_both();
	outb(P1, 0xc3);			/* line 3 is lowest now: 4 goes before 0 */
	nth = 0;
	let_in();
	check(nth == 2 && order[0] == 4 && order[1] == 0, "priorities turned");
	outb(P1, 0xc7);

	irq_mask_all();
	inb(0x3f8 + 2);
	outb(0x3f8 + 1, 0);
	pit_once(100);
	while (!irq_waits(0))
		;
	irq_unmask(0);
	outb(P1, 0x0c);			/* poll */
	v = inb(P1);
	check((v & 0x87) == 0x80, "poll: line 0");
	check(isr() == 1, "poll puts it in service");
	outb(P1, 0x60);			/* specific end */
	check(isr() == 0, "specific end of interrupt");
	outb(P1, 0x0c);
	v = inb(P1);
	check(!(v & 0x80), "poll: nothing");
	outb(P1, 0x0a);
}
