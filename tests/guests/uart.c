/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 16550A in loopback: data, FIFO, line and modem status, interrupts. */
#include "guest.h"

#define UART	0x3f8

static volatile unsigned iir_seen;

/* Nothing can be printed while the line is looped back: keep it for later. */
static struct {
	bool ok;
	const char *what;
} result[16];
static unsigned results;

static void keep(bool ok, const char *what)
{
	result[results].ok = ok;
	result[results++].what = what;
}

static bool irq4(struct trapframe *tf)
{
	uint8_t iir = inb(UART + 2);

	iir_seen |= 1 << (iir & 15);
	if ((iir & 15) == 4 || (iir & 15) == 12)
		inb(UART);
	return false;
}

static void let_in(void)
{
	sti();
	asm volatile("nop; nop; nop");
	cli();
}

void guest_main(void)
{
	unsigned i;
	bool ok = true;

	while (!(inb(UART + 5) & 0x40))
		;
	keep((inb(UART + 2) & 0xc1) == 0xc1, "FIFO on, nothing pending");
	outb(UART + 4, 0x1b);		/* loopback, DTR, RTS, OUT2 */
	keep((inb(UART + 6) & 0xf0) == 0xb0, "modem status is the modem control's");
	outb(UART + 4, 0x10);
	keep((inb(UART + 6) & 0xf0) == 0, "and follows it");
	outb(UART, 0x5a);
	while (!(inb(UART + 5) & 1))
		;
	keep(inb(UART) == 0x5a, "a byte comes back");
	keep(!(inb(UART + 5) & 1), "once");
	for (i = 0; i < 8; i++) {
		outb(UART, i * 3);
		delay_us(200);
	}
	for (i = 0; i < 8; i++)
		ok &= inb(UART + 5) & 1 && inb(UART) == i * 3;
	keep(ok, "eight through the FIFO, in order");
	outb(UART + 2, 7);
	outb(UART + 3, 0x83);
	keep(inb(UART) == 1 && inb(UART + 1) == 0, "divisor latch");
	outb(UART + 3, 0x03);
	keep(inb(UART + 3) == 3, "line control");
	outb(UART + 7, 0xa7);
	keep(inb(UART + 7) == 0xa7, "scratch");

	outb(UART + 2, 1);
	outb(UART + 4, 0x18);
	handlers[IRQ_VECTOR(4)] = irq4;
	irq_unmask(4);
	outb(UART + 1, 2);		/* transmitter empty */
	let_in();
	keep(irq_count(4) >= 1 && iir_seen & 4, "interrupt: transmitter empty");
	outb(UART + 1, 1);		/* data */
	iir_seen = 0;
	outb(UART, 0x33);
	for (i = 0; i < 100 && !iir_seen; i++) {
		delay_us(1000);
		let_in();
	}
	keep(iir_seen & (1 << 4 | 1 << 12), "interrupt: data");
	outb(UART + 1, 0);
	outb(UART + 4, 0);
	outb(UART + 2, 7);
	for (i = 0; i < results; i++)
		check(result[i].ok, result[i].what);
}
