/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's stack as the TSS names it is found in whatever page it lies, also
 * when nobody has touched that page since cr3 was loaded. */
#include "guest.h"

static word seen_sp, count;

USER static void user(void)
{
	word i;

	for (i = 0; i < 50; i++)
		asm volatile("int $0x40" : : "a"(i) : "memory");
	user_exit(i);
}

static bool call(struct trapframe *tf)
{
	seen_sp = (word)tf;
	count += tf->ax == count;
	cr3_write(cr3_read());		/* forget everything again */
	return true;
}

void guest_main(void)
{
	struct trapframe tf;
	struct visit v;

	paging_on();
	gate_set(0x40, NULL, A_INTERRUPT | A_RING3);
	handlers[0x40] = call;
	tf = user_frame(user, FL_IF);
	v = user_run_frame(&tf);
	check(v.vector == 0x80 && v.tf.ax == 50 && count == 50, "fifty calls");
	check(seen_sp < tss.esp0 && seen_sp > tss.esp0 - 128, "on the stack that the TSS names");
	irq_unmask(0);
	pit_start(2000);
	count = 0;
	v = user_run(user, FL_IF);
	irq_mask_all();
	check(v.vector == 0x80 && count == 50, "with interrupts among them");
}
