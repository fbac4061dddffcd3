/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SYSCALL in 32-bit code: undefined here; on some hosts it would call the host's
 * kernel.
 * Ends: any
 */
#include "guest.h"

USER static void user(void)
{
	asm volatile(".byte 0x0f, 0x05" : : "a"(5), "b"(0x100000), "c"(0), "d"(0));
	user_exit(0);
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	v = user_run(user, FL_IF);
	check(v.vector == T_UD, "#UD in ring 3");
	check(TRY(".byte 0x0f, 0x05", "a"(1), "b"(0)) == T_UD, "#UD in ring 0");
}
