/* SPDX-License-Identifier: GPL-3.0-or-later */
/* String I/O that is counted in words and doublewords, by way of the FIFO of the
 * PCI configuration address, and with 16-bit addresses and counts. */
#include "guest.h"

void guest_main(void)
{
	uint32_t buf[8];
	uint32_t v = 0x80000000;
	word to, n, i;
	bool ok = true;

	outl(0xcf8, v);
	check(inl(0xcf8) == 0x80000000, "a port of 32 bits");
	to = (word)buf;
	n = 4;
	asm volatile("rep; insl" : "+D"(to), "+c"(n) : "d"(0xcf8) : "memory");
	for (i = 0; i < 4; i++)
		ok &= buf[i] == 0x80000000;
	check(ok && n == 0 && to == (word)buf + 16, "rep insl");
	buf[0] = 0x80000800;
	to = (word)buf;
	asm volatile("outsl" : "+S"(to) : "d"(0xcf8) : "memory");
	check(inl(0xcf8) == 0x80000800 && to == (word)buf + 4, "outsl");
	buf[0] = 0x80000000;
	buf[1] = 0x80001000;
	to = (word)buf;
	n = 2;
	asm volatile("rep; outsl" : "+S"(to), "+c"(n) : "d"(0xcf8) : "memory");
	check(inl(0xcf8) == 0x80001000 && n == 0, "rep outsl: the last one stays");
	outl(0xcf8, 0);
	memset(buf, 0, sizeof(buf));
	to = (word)buf;
	n = 3;
	asm volatile("repne; insw" : "+D"(to), "+c"(n) : "d"(PORT_NOBODY) : "memory");
	check(n == 0 && to == (word)buf + 6, "repne is rep here");
	outb(PORT_SCRATCH, 0x3b);
	to = 0x8000;			/* fits into 16 bits */
	n = 0x10003;			/* of which 16 count */
	asm volatile(".byte 0x67, 0xf3, 0x6c" : "+D"(to), "+c"(n) : "d"(PORT_SCRATCH) : "memory");
	check(to == 0x8003 && n == 0x10000 && read8(0x8002) == 0x3b, "16-bit address and count");
}
