/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 16-bit code in protected mode: a target may do without, but must say so.
 * Ends: unsupported
 */
#include "guest.h"

#define CODE16	SEL(FIRST_FREE)

void guest_main(void)
{
	/* mov $0x1234, %ax; lret with a 32-bit operand */
	static const uint8_t code[] = { 0xb8, 0x34, 0x12, 0x66, 0xcb };
	word v;

	memcpy((void *)0x10000, code, sizeof(code));
	gdt[FIRST_FREE] = descriptor(0x10000, 0xffff, A_CODE, 0);
	asm volatile("xorl %%eax, %%eax; lcall %1, $0" : "=a"(v) : "i"(CODE16) : "memory");
	check(v == 0x1234, "there and back");
}
