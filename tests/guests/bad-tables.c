/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page tables, descriptor tables and stacks made of noise, with paging on.
 * Ends: shutdown
 */
#include "guest.h"

void guest_main(void)
{
	uint32_t *dir = page_new(), x = 12345;
	struct dtr d = { 0xffff, (word)dir };
	unsigned i;

	for (i = 0; i < 1024; i++) {
		x = x * 1103515245 + 12345;
		dir[i] = i < 4 ? i << 22 | 0x83 : x;
	}
	print("here it ends\n");
	cr4_write(cr4_read() | CR4_PSE);
	cr3_write((word)dir);
	cr0_write(cr0_read() | CR0_PG);
	for (i = 4; i < 1024; i++)
		TRY("cmpl $0, (%1)", "r"(i << 22));
	lidt(&d);
	lgdt(&d);
	asm volatile("int $0x30");
	asm volatile("ud2");
}
