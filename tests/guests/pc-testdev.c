/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ports of QEMU's pc-testdev, which test kernels use: an echo port, and
 * interrupt lines at will.
 * Qemu: -device pc-testdev
 */
#include "guest.h"

void guest_main(void)
{
	unsigned n;

	outl(0xe0, 0x12345678);
	check(inl(0xe0) == 0x12345678, "echo, 32 bits");
	outb(0xe0, 0xab);
	check(inb(0xe0) == 0xab, "echo, 8 bits");
	irq_unmask(5);
	outb(0x2005, 1);
	check(irq_waits(5), "line 5 up");
	sti();
	asm volatile("nop; nop");
	cli();
	check(irq_count(5) == 1, "an interrupt");
	outb(0x2005, 0);
	n = irq_count(5);
	irq_unmask(15);
	outb(0x200f, 1);
	outb(0x200f, 0);
	outb(0x200f, 1);
	sti();
	asm volatile("nop; nop");
	cli();
	outb(0x200f, 0);
	check(irq_count(15) == 1 && irq_count(5) == n, "line 15, by the second controller");
}
