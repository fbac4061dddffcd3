/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CR0.TS: a process that uses the FPU gets #NM, once, and goes on. */
#include "guest.h"

static volatile unsigned count;

static bool not_available(struct trapframe *tf)
{
	count++;
	clts();
	return true;
}

USER static void user(void)
{
	uint32_t v = 0;
	int32_t three = 3;

	asm volatile("fninit; fildl %1; fildl %1; fmulp; fistpl %0" : "=m"(v) : "m"(three));
	user_exit(v);
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	handlers[T_NM] = not_available;
	cr0_write((cr0_read() | CR0_MP | 0x20) & ~4ul);
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 9 && count == 0, "TS off: it just works");
	cr0_write(cr0_read() | CR0_TS);
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 9, "TS on: it works after #NM");
	check(count == 1, "one #NM");
	v = user_run(user, FL_IF);
	check(count == 1, "none once TS is off");
	cr0_write(cr0_read() | CR0_TS);
	v = user_run(user, FL_IF);
	check(count == 2 && v.tf.ax == 9, "again");
}
