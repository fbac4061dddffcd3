/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of ring 3 jumps into the host's 64-bit code and tries to open a file.
 * Ends: killed
 */
#include "host.h"

USERDATA const char path[] = "/etc/passwd";

USER static void user(void)
{
	asm volatile(BYTES_LJMP BYTES_SYSCALL
		     : : [nr] "i"(2), [a] "i"(path), [b] "i"(0), [c] "i"(0) : "memory");
}

void guest_main(void)
{
	struct visit v;

	gdt[6] = 0;
	print("open, from ring 3\n");
	paging_on();
	v = user_run(user, FL_IF);
	check(v.vector == T_GP, "#GP");
}
