/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System calls of ring 3 by int 0x80: every register in and out, a thousand times,
 * with interrupts among them. */
#include "guest.h"

static unsigned calls;

static bool call(struct trapframe *tf)
{
	if (tf->ax == 0xdead)
		return false;
	calls++;
	tf->ax = tf->bx + tf->cx + tf->dx + tf->si + tf->di + tf->bp;
	tf->bx++;
	return true;
}

USER static void user(void)
{
	word i, r, b, wrong = 0;

	for (i = 0; i < 1000; i++) {
		b = i;
		asm volatile("pushl %%ebp; movl $32, %%ebp; int $0x80; popl %%ebp"
			     : "=a"(r), "+b"(b) : "0"(5), "c"(2), "d"(4), "S"(8), "D"(16)
			     : "memory");
		wrong += r != i + 62 || b != i + 1;
	}
	asm volatile("int $0x80" : : "a"(0xdead), "b"(wrong));
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	handlers[0x80] = call;
	irq_unmask(0);
	pit_start(1000);
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0xdead, "it ends");
	check(calls == 1000 && v.tf.bx == 0, "a thousand calls, none wrong");
}
