/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments: left, hardware gives no #NM in user mode
 * CR0.TS and EM in the kernel itself: threads of ring 0 whose FPU registers change
 * hands when they are first used; and a program that uses none gets no #NM.
 */
#include "guest.h"

static volatile unsigned count;

static bool not_available(struct trapframe *tf)
{
	count++;
	clts();
	return true;
}

USER static void no_fpu(void)
{
	user_exit(1);
}

USER static void fpu(void)
{
	asm volatile("fld1; fstp %st(0)");
	user_exit(2);
}

void guest_main(void)
{
	static uint32_t three = 3, got;
	struct visit v;
	unsigned i;

	handlers[T_NM] = not_available;
	cr0_write((cr0_read() | CR0_MP | 0x20) & ~4ul);
	asm volatile("fninit; fildl %0" : : "m"(three));
	for (i = 0; i < 3; i++) {
		cr0_write(cr0_read() | CR0_TS);
		asm volatile("nop; nop; nop");
		check(count == i, "nothing before the first use");
		asm volatile("fiaddl %0" : : "m"(three));
		check(count == i + 1, "#NM at the first");
		asm volatile("fiaddl %0" : : "m"(three));
		check(count == i + 1, "none at the second");
	}
	asm volatile("fistpl %0" : "=m"(got));
	check(got == 21, "each was done once");
	cr0_write(cr0_read() | CR0_TS);
	asm volatile("fwait");
	check(count == 4, "fwait with MP");
	cr0_write((cr0_read() | CR0_TS) & ~CR0_MP);
	asm volatile("fwait");
	check(count == 4, "fwait without");
	cr0_write((cr0_read() & ~CR0_TS) | CR0_MP | 4);
	handlers[T_NM] = 0;
	check(TRY("fld1", "r"(0)) == T_NM, "EM");
	cr0_write(cr0_read() & ~4ul);
	check(TRY("fld1; fstp %%st(0)", "r"(0)) == NO_FAULT, "no EM");
	handlers[T_NM] = not_available;
	paging_on();
	cr0_write(cr0_read() | CR0_TS);
	v = user_run(no_fpu, FL_IF);
	check(v.tf.ax == 1 && count == 4, "a program that uses none");
	v = user_run(fpu, FL_IF);
	check(v.tf.ax == 2 && count == 5, "one that does");
}
