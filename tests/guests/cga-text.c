/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text screen's memory and its controller's cursor.
 * Qemu: -vga std
 */
#include "guest.h"

#define SCREEN	0xb8000

static uint8_t crtc(uint8_t r)
{
	outb(0x3d4, r);
	return inb(0x3d5);
}

static void crtc_set(uint8_t r, uint8_t v)
{
	outb(0x3d4, r);
	outb(0x3d5, v);
}

void guest_main(void)
{
	uint16_t line[80];
	unsigned i, wrong = 0;
	word from, to, n;

	for (i = 0; i < 2000; i++)
		write16(SCREEN + i * 2, 0x0700 + (i & 0xff));
	for (i = 0; i < 2000; i++)
		wrong += read16(SCREEN + i * 2) != 0x0700 + (i & 0xff);
	check(!wrong, "written and read");
	to = SCREEN;			/* scroll */
	from = SCREEN + 160;
	n = 24 * 40;
	asm volatile("rep; movsl" : "+S"(from), "+D"(to), "+c"(n) : : "memory");
	check(read16(SCREEN) == 0x0700 + 80 && read16(SCREEN + 3838) == 0x0700 + (1999 & 0xff),
	      "scrolled");
	write8(SCREEN + 1, 0x1f);
	check(read16(SCREEN) == 0x1f00 + 80, "an attribute");
	asm volatile("lock; incb %0" : "+m"(*(volatile uint8_t *)SCREEN));
	check(read8(SCREEN) == 81, "changed in place");
	memcpy(line, (void *)SCREEN, sizeof(line));
	check(line[1] == 0x0700 + 81, "copied out");
	crtc_set(14, 0x03);
	crtc_set(15, 0xc0);
	check(crtc(14) == 3 && crtc(15) == 0xc0, "the cursor");
}
