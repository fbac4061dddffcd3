/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No way to deliver a fault, nor the fault of that, nor #DF.
 * Ends: shutdown
 */
#include "guest.h"

void guest_main(void)
{
	struct dtr none = { 0, 0 };

	print("here it ends\n");
	lidt(&none);
	asm volatile("ud2");
}
