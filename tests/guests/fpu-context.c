/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FPU's state is the guest's: over interrupts, and over switches between two
 * programs that the kernel saves and restores it for. */
#include "guest.h"

static uint8_t state[2][108] __attribute__((aligned(16)));
USERDATA volatile int32_t input;
USERDATA int32_t result;
USERDATA volatile unsigned ticks_seen;

USER static void sum(void)
{
	asm volatile("fildl %0; fildl %0" : : "m"(input));
	while (ticks_seen < 5)
		;
	asm volatile("faddp; fistpl %0" : "=m"(result));
	user_exit(result);
}

USER static void start(void)
{
	asm volatile("fldpi; fildl %0; fildl %0; int $0x80" : : "m"(input));
}

USER static void finish(void)
{
	asm volatile("fmulp; fistpl %0; fstp %%st(0)" : "=m"(result));
	user_exit(result);
}

static bool timer(struct trapframe *tf)
{
	static uint8_t mine[108];

	ticks_seen++;
	asm volatile("fnsave %0; fwait; fldz; fld1; frstor %0" : "+m"(mine));
	return false;
}

void guest_main(void)
{
	struct visit v;
	uint16_t cw = 0;

	paging_on();
	asm volatile("fninit; fnstcw %0" : "=m"(cw));
	check(cw == 0x37f, "fninit");
	input = 21;
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(1000);
	v = user_run(sum, FL_IF);
	irq_mask_all();
	check(v.vector == 0x80 && v.tf.ax == 42, "over interrupts that use it");
	input = 6;
	asm volatile("fninit");
	user_run(start, FL_IF);
	asm volatile("fnsave %0" : "=m"(state[0]));
	input = 7;
	user_run(start, FL_IF);
	asm volatile("fnsave %0; frstor %1" : "=m"(state[1]) : "m"(state[0]));
	v = user_run(finish, FL_IF);
	check(v.tf.ax == 36, "the first program's");
	asm volatile("frstor %0" : : "m"(state[1]));
	v = user_run(finish, FL_IF);
	check(v.tf.ax == 49, "the second program's");
}
