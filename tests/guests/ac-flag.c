/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The AC flag alone does nothing: neither in ring 0, nor in ring 3 with CR0.AM off. */
#include "guest.h"

#define FL_AC	0x40000
USERDATA uint8_t bytes[16] __attribute__((aligned(16)));

USER static void user(void)
{
	word v;

	asm volatile("movl %1, %0; movl %0, %2" : "=&r"(v)
		     : "m"(*(word *)(bytes + 1)), "m"(*(word *)(bytes + 7)) : "memory");
	user_exit(0x55);
}

static word unaligned(void)
{
	word v;

	asm volatile("movl $0x12345678, %1; movl %1, %0" : "=r"(v) : "m"(*(word *)(bytes + 3)));
	return v;
}

void guest_main(void)
{
	struct visit v;
	word cr0;

	paging_on();
	cr0 = cr0_read();
	flags_write(FL_ONE | FL_AC);
	check(flags_read() & FL_AC, "AC can be set");
	check(unaligned() == 0x12345678, "ring 0, AM off");
	cr0_write(cr0 | 0x40000);
	check(unaligned() == 0x12345678, "ring 0, AM on");
	flags_write(FL_ONE);
	check(!(flags_read() & FL_AC), "AC can be cleared");
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0x55, "ring 3, AC off, AM on");
	cr0_write(cr0);
	v = user_run(user, FL_IF | FL_AC);
	/* Whether it still has the flag then is left open: a host whose own AM is on
	 * can only let the access through by taking it away. */
	check(v.vector == 0x80 && v.tf.ax == 0x55, "ring 3, AC on, AM off");
}
