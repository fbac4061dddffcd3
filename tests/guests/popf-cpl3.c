/* SPDX-License-Identifier: GPL-3.0-or-later */
/* popf in ring 3 changes neither IF nor IOPL, and says nothing about it. */
#include "guest.h"

USER static void user(void)
{
	word f, g;

	asm volatile("pushl %2; popfl; pushfl; popl %0; cld;"
		     "pushl %3; popfl; pushfl; popl %1"
		     : "=&r"(f), "=&r"(g)
		     : "r"((word)(FL_ONE | FL_IOPL | FL_CF | FL_DF)), "r"((word)FL_ONE));
	asm volatile("int $0x80" : : "a"(f), "b"(g));
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	v = user_run(user, FL_IF);
	check(v.vector == 0x80, "popf does not fault");
	check(v.tf.ax & FL_CF && v.tf.ax & FL_DF, "it sets carry and direction");
	check(v.tf.ax & FL_IF && v.tf.bx & FL_IF, "it leaves IF");
	check(!(v.tf.ax & FL_IOPL), "it leaves IOPL");
	check(v.tf.flags & FL_IF && !(v.tf.flags & FL_IOPL), "so says the kernel's frame");
}
