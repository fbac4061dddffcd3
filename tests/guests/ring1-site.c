/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli in ring 1 asks IOPL, also where it is a site. */
#include "guest.h"

static char stack1[4096] __attribute__((aligned(16)));

static void driver(void)
{
	cli();
	user_exit(6);
}

void guest_main(void)
{
	struct trapframe tf = user_frame(driver, FL_IF);
	struct visit v;

	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_CODE | 0x20, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, A_DATA | 0x20, F_PAGES | F_32);
	tf.cs = SEL(FIRST_FREE) | 1;
	tf.ss = tf.ds = tf.es = SEL(FIRST_FREE + 1) | 1;
	tf.sp = (word)stack1 + sizeof(stack1);
	paging_on();
	v = user_run_frame(&tf);
	check(v.vector == T_GP && v.error == 0, "IOPL 0: #GP");
	tf.flags |= 0x1000;
	v = user_run_frame(&tf);
	check(v.vector == 0x80 && v.tf.ax == 6 && !(v.tf.flags & FL_IF), "IOPL 1: it closes IF");
}
