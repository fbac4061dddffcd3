/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MC146818: time that goes on, its registers, its periodic interrupt. */
#include "guest.h"

static uint8_t cmos(uint8_t r)
{
	outb(0x70, r);
	return inb(0x71);
}

static void cmos_set(uint8_t r, uint8_t v)
{
	outb(0x70, r);
	outb(0x71, v);
}

static bool bcd(uint8_t v, uint8_t max)
{
	return (v & 15) <= 9 && v <= max;
}

static bool rtc_irq(struct trapframe *tf)
{
	cmos(0xc);
	return false;
}

void guest_main(void)
{
	uint8_t s, b;
	unsigned i;

	b = cmos(0xb);
	check(cmos(0xd) & 0x80, "the battery is good");
	check((b & 0x06) == 0x02, "24 hours, BCD");
	while (cmos(0xa) & 0x80)
		;
	check(bcd(cmos(0), 0x59) && bcd(cmos(2), 0x59) && bcd(cmos(4), 0x23), "a time");
	check(bcd(cmos(7), 0x31) && cmos(7) && bcd(cmos(8), 0x12) && cmos(8) && bcd(cmos(9), 0x99),
	      "a date");
	s = cmos(0);
	for (i = 0; i < 300 && cmos(0) == s; i++)
		delay_us(10000);
	check(cmos(0) != s, "the seconds go on");
	handlers[IRQ_VECTOR(8)] = rtc_irq;
	irq_unmask(8);
	cmos(0xc);
	cmos_set(0xa, 0x26);		/* 1,024 Hz */
	cmos_set(0xb, b | 0x40);
	for (i = 0; i < 1000 && irq_count(8) < 20; i++) {
		sti();
		delay_us(1000);
		cli();
	}
	check(irq_count(8) >= 20, "periodic interrupts by line 8");
	cmos_set(0xb, b);
	cmos_set(0xa, 0x20);		/* no rate: or the flag comes again */
	cmos(0xc);
	check(!(cmos(0xc) & 0x40), "reading register C clears it");
	cmos_set(0x50, 0x5a);
	check(cmos(0x50) == 0x5a, "CMOS memory");
}
