/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Physical addresses without memory read as ones and swallow what is written.
 * Native: no, QEMU has zeroes there
 */
#include "guest.h"

#define VA	0x40000000u

void guest_main(void)
{
	uint32_t to[2] = { 0, 0 };
	word d = (word)to, s = VA;

	check(read32(0xd0000000) == 0xffffffff, "paging off");
	paging_on();
	map(VA, 0xd0000000, PTE_W);
	check(read32(VA) == 0xffffffff && read8(VA + 5) == 0xff && read16(VA + 2) == 0xffff,
	      "paging on, three sizes");
	write32(VA, 0x1234);
	check(read32(VA) == 0xffffffff, "writes are lost");
	asm volatile("movsl" : "+S"(s), "+D"(d) : : "memory");
	check(to[0] == 0xffffffff, "by a string instruction");
	asm volatile("lock; orl $1, %0" : "+m"(*(volatile uint32_t *)VA));
	check(read32(VA) == 0xffffffff, "changed in place");
}
