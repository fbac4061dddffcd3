/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ATA disk on the legacy ports: identify, read, write, its interrupt.
 * Disk: yes
 */
#include "guest.h"

#define ATA	0x1f0

static uint16_t sector[256];

static bool wait(uint8_t mask, uint8_t want)
{
	unsigned i;

	for (i = 0; i < 100000000; i++)
		if ((inb(ATA + 7) & mask) == want)
			return true;
	return false;
}

static void command(uint8_t cmd, uint32_t lba, uint8_t n)
{
	wait(0x80, 0);
	outb(ATA + 6, 0xe0 | lba >> 24);
	outb(ATA + 2, n);
	outb(ATA + 3, lba);
	outb(ATA + 4, lba >> 8);
	outb(ATA + 5, lba >> 16);
	outb(ATA + 7, cmd);
}

static void data_in(void)
{
	word to = (word)sector, n = 256;

	asm volatile("rep; insw" : "+D"(to), "+c"(n) : "d"(ATA) : "memory");
}

static bool is(const char *text)
{
	return !memcmp(sector, text, strlen(text));
}

void guest_main(void)
{
	word from, n;
	unsigned i;
	bool ok = true;

	outb(ATA + 6, 0xe0);
	command(0xec, 0, 0);
	check(wait(0x88, 0x08), "identify");
	data_in();
	check(!(sector[0] & 0x8000) && sector[49] & 0x200, "a disk with LBA");
	check((sector[60] | (uint32_t)sector[61] << 16) == 2048, "of 2,048 sectors");
	command(0x20, 0, 1);
	check(wait(0x88, 0x08), "read");
	data_in();
	check(is("sector 0 "), "sector 0");
	command(0x20, 1234, 3);
	for (i = 0; i < 3; i++) {
		ok &= wait(0x88, 0x08);
		data_in();
		ok &= is(i == 0 ? "sector 1234 " : i == 1 ? "sector 1235 " : "sector 1236 ");
	}
	check(ok, "three in one go");
	memset(sector, 0, sizeof(sector));
	memcpy(sector, "written", 7);
	command(0x30, 99, 1);
	check(wait(0x88, 0x08), "write");
	from = (word)sector;
	n = 256;
	asm volatile("rep; outsw" : "+S"(from), "+c"(n) : "d"(ATA) : "memory");
	wait(0x80, 0);
	memset(sector, 0, sizeof(sector));
	command(0x20, 99, 1);
	wait(0x88, 0x08);
	data_in();
	check(is("written"), "and read back");
	command(0x20, 5000, 1);
	wait(0x80, 0);
	check(inb(ATA + 7) & 1, "beyond the end: an error");

	inb(ATA + 7);
	irq_unmask(14);
	outb(0x3f6, 0);
	command(0x20, 7, 1);
	for (i = 0; i < 1000 && !irq_count(14); i++) {
		sti();
		delay_us(1000);
		cli();
	}
	wait(0x88, 0x08);
	data_in();
	check(irq_count(14) >= 1 && is("sector 7 "), "interrupt by line 14");
}
