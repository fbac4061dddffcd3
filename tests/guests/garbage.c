/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Executes what is no code, with no IDT: bytes that no processor knows.
 * Ends: shutdown
 */
#include "guest.h"

void guest_main(void)
{
	struct dtr none = { 0, 0 };

	print("here it ends\n");
	lidt(&none);
	asm volatile(".byte 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xd6");
}
