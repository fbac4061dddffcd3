/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page tables in a place where no memory is.
 * Ends: shutdown
 */
#include "guest.h"

void guest_main(void)
{
	paging_on();
	print("here it ends\n");
	cr3_write(0xd0000000);
	asm volatile("movl 0, %eax; ud2");
}
