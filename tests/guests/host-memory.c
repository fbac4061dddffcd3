/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes over every byte that it can reach, the last 16 MiB of the addresses
 * included, where a hypervisor may have put things.
 * Ends: any
 */
#include "guest.h"

void guest_main(void)
{
	word at;

	print("over and over\n");
	for (at = 0xff000000; at; at += 512)
		if (TRY("movl $0xf4f4f4f4, (%1)", "r"(at)) != NO_FAULT)
			at |= 0xe00;
	check(true, "still here");
}
