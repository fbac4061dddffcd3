/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The I/O APIC: the timer's line goes to a vector of our choice.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define IOAPIC	0xfec00000u
#define APIC	0xfee00000u
#define VEC	0x62

static volatile unsigned count;

static uint32_t io_read(unsigned r)
{
	write32(IOAPIC, r);
	return read32(IOAPIC + 16);
}

static void io_write(unsigned r, uint32_t v)
{
	write32(IOAPIC, r);
	write32(IOAPIC + 16, v);
}

static bool take(struct trapframe *tf)
{
	count++;
	write32(APIC + 0xb0, 0);
	return true;
}

void guest_main(void)
{
	unsigned i;

	check((io_read(1) >> 16 & 0xff) == 23, "24 lines");
	check(io_read(0x10 + 2 * 5) & 0x10000, "masked at first");
	write32(APIC + 0xf0, 0x1ff);
	handlers[VEC] = take;
	io_write(0x10 + 2 * 2 + 1, 0);
	io_write(0x10 + 2 * 2, VEC);	/* line 2 is the timer's */
	check((io_read(0x10 + 2 * 2) & 0x1ffff) == VEC, "an entry reads back");
	pit_start(1000);
	for (i = 0; i < 1000 && count < 10; i++) {
		sti();
		delay_us(1000);
		cli();
	}
	check(count >= 10, "the timer comes by it");
	io_write(0x10 + 2 * 2, 0x10000 | VEC);
	i = count;
	sti();
	delay_us(10000);
	cli();
	check(count <= i + 1, "masked, it does not");
	check(irq_count(0) == 0, "and never by the 8259A");
}
