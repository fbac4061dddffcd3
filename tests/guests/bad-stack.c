/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ring 0's stack pointer leads nowhere: #PF, #DF, shutdown.
 * Ends: shutdown
 */
#include "guest.h"

void guest_main(void)
{
	paging_on();
	print("here it ends\n");
	asm volatile("movl $0x50000000, %esp; pushl $1");
}
