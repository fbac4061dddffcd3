/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With IOPL 3, ring 3 may switch interrupts off, and use every port. */
#include "guest.h"

USER static void user(void)
{
	word a, b, c, d;

	asm volatile("cli; pushfl; popl %0; sti; pushfl; popl %1" : "=r"(a), "=r"(b));
	asm volatile("pushl $0x3002; popfl; pushfl; popl %0" : "=r"(c));
	asm volatile("movl $0x3ff, %%edx; movb $0x5c, %%al; outb %%al, %%dx; xorl %%eax, %%eax; inb %%dx, %%al"
		     : "=a"(d) : : "edx");
	asm volatile("int $0x80" : : "a"(a), "b"(b), "c"(c), "d"(d));
}

USER static void u_hlt(void) { asm volatile("hlt"); }
USER static void u_drop(void)
{
	word f;

	asm volatile("pushl $2; popfl; pushfl; popl %0" : "=r"(f));
	user_exit(f);
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	v = user_run(user, FL_IF | FL_IOPL);
	check(v.vector == 0x80, "nothing faults");
	check(!(v.tf.ax & FL_IF) && v.tf.bx & FL_IF, "cli and sti");
	check(!(v.tf.cx & FL_IF) && (v.tf.cx & FL_IOPL) == FL_IOPL, "popf changes IF");
	check(!(v.tf.flags & FL_IF), "so sees the kernel");
	check(v.tf.dx == 0x5c, "in and out");
	v = user_run(u_hlt, FL_IF | FL_IOPL);
	check(v.vector == T_GP && v.error == 0, "hlt is ring 0's all the same");
	v = user_run(u_drop, FL_IF | FL_IOPL);
	check(v.vector == 0x80 && (v.tf.ax & FL_IOPL) == FL_IOPL, "popf cannot change IOPL");
}
