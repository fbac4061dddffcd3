/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which flags iret brings back depends on the ring that it is done in. */
#include "guest.h"

static word iret0(word flags)
{
	word f;

	asm volatile("pushl %1; pushl %2; pushl $1f; iret; 1: pushfl; cld; popl %0"
		     : "=r"(f) : "r"(flags), "i"(SEL_KCODE) : "memory", "cc");
	return f;
}

USER static void user(void)
{
	word f;

	asm volatile("pushl %1; pushl %2; pushl $1f; iret; 1: pushfl; cld; popl %0"
		     : "=r"(f) : "r"((word)(FL_ONE | FL_IOPL | FL_CF | FL_DF)),
		       "i"(SEL_UCODE) : "memory", "cc");
	user_exit(f);
}

void guest_main(void)
{
	struct visit v;
	word f;

	paging_on();
	f = iret0(FL_ONE | FL_IF | FL_ARITH | FL_DF | FL_IOPL | FL_ID);
	check(f == (FL_ONE | FL_IF | FL_ARITH | FL_DF | FL_IOPL | FL_ID), "ring 0 sets them");
	f = iret0(FL_ONE);
	check(f == FL_ONE, "ring 0 clears them");
	v = user_run(user, FL_IF);
	check(v.vector == 0x80, "iret within ring 3");
	check(v.tf.ax & FL_CF && v.tf.ax & FL_DF, "it sets carry and direction");
	check(v.tf.ax & FL_IF && !(v.tf.ax & FL_IOPL), "it leaves IF and IOPL");
}
