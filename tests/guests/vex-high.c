/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VEX has bits for registers 8 to 15.  32-bit code has no such registers, and the
 * processor ignores the bits; a monitor that runs the instruction in 64-bit mode has
 * the registers, and they are its own.  (Where there is no BMI1, nothing is shown.)
 * Native: no, QEMU's TCG does not ignore them
 */
#include "guest.h"

static bool bmi1(void)
{
	uint32_t a = 7, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b & 8;
}

static USERDATA uint32_t memory = 0x0f0f0f0c;

USER static void in_ring3(void)
{
	uint32_t to = 0x1234, from = 0x30;
	unsigned i;

	/* a few times: what an interrupt or a jump uses must not be lost */
	for (i = 0; i < 1000; i++) {
		to = 0x1234;
		from = 0x30;
		asm volatile(".byte 0xc4, 0xe2, 0x38, 0xf3, 0xc9" : "+a"(to) : "c"(from));
	}
	user_exit(to);
}

void guest_main(void)
{
	uint32_t to = 0x1234, from = 0x50;
	struct visit v;

	if (!bmi1()) {
		check(true, "blsr, its destination by vvvv 1000b: eax");
		check(true, "blsr of memory, its base by B 1: ebx");
		check(true, "the same in ring 3");
		return;
	}
	/* blsr %ecx, %eax is c4 e2 78 f3 c9 */
	asm volatile(".byte 0xc4, 0xe2, 0x38, 0xf3, 0xc9" : "+a"(to) : "c"(from));
	check(to == 0x40, "blsr, its destination by vvvv 1000b: eax");
	to = 0;
	asm volatile(".byte 0xc4, 0xc2, 0x78, 0xf3, 0x0b" : "+a"(to) : "b"(&memory) : "memory");
	check(to == 0x0f0f0f08, "blsr of memory, its base by B 1: ebx");
	v = user_run(in_ring3, FL_IF);
	check(v.tf.ax == 0x20, "the same in ring 3");
}
