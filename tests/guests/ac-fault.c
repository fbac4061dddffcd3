/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With CR0.AM and the AC flag, an unaligned access in ring 3 is #AC(0).
 * Native: no, QEMU's TCG does not check alignment
 */
#include "guest.h"

#define FL_AC	0x40000
USERDATA uint8_t bytes[16] __attribute__((aligned(16)));

USER static void user(void)
{
	asm volatile("movl $1, %0" : "=m"(*(word *)(bytes + 1)));
	user_exit(0x55);
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	cr0_write(cr0_read() | 0x40000);
	v = user_run(user, FL_IF | FL_AC);
	check(v.vector == 17 && v.error == 0, "#AC");
	v = user_run(user, FL_IF);
	check(v.vector == 0x80, "none without the flag");
}
