/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The AC flag alone does nothing: neither in ring 0, nor in ring 3 with CR0.AM off,
 * where it stays as it is whatever is accessed.
 */
#include "guest.h"

#define FL_AC	0x40000
USERDATA uint8_t bytes[64] __attribute__((aligned(16)));

USER static word user_flags(void)
{
	word f;

	asm volatile("pushfl; popl %0" : "=r"(f) : : "memory");
	return f;
}

USER static void user_flags_set(word f)
{
	asm volatile("pushl %0; popfl" : : "r"(f) : "memory", "cc");
}

/* Bits: what held. */
USER static void user(void)
{
	word v, held = 0, had = user_flags() & FL_AC;

	asm volatile("movl %1, %0; movl %0, %2" : "=&r"(v)
		     : "m"(*(word *)(bytes + 1)), "m"(*(word *)(bytes + 7)) : "memory");
	held |= (user_flags() & FL_AC) == had;
	asm volatile("movl $0x12345678, %0; addl $1, %0; lock; xaddl %1, %0"
		     : "+m"(*(word *)(bytes + 3)), "=r"(v) : "1"(1) : "memory", "cc");
	held |= (v == 0x12345679 && (user_flags() & FL_AC) == had) << 1;
	asm volatile("cld; rep; movsl" : : "S"(bytes + 3), "D"(bytes + 17), "c"(2)
		     : "memory", "cc");
	held |= (*(volatile word *)(bytes + 17) == 0x1234567a) << 2;
	/* a stack that is not aligned */
	asm volatile("movl %%esp, %%edx; subl $5, %%esp; pushl $0x77; call 1f; 1: popl %%ecx;"
		     "popl %0; movl %%edx, %%esp" : "=a"(v) : : "ecx", "edx", "memory");
	held |= (v == 0x77 && (user_flags() & FL_AC) == had) << 3;
	asm volatile("movl $41, %0; fninit; fildl %0; fld1; faddp; fistpl %1"
		     : "+m"(*(word *)(bytes + 33)), "=m"(*(word *)(bytes + 38)) : : "memory");
	held |= (*(volatile word *)(bytes + 38) == 42) << 4;
	held |= ((user_flags() & FL_AC) == had) << 5;
	user_flags_set(FL_IF | 2);
	held |= !(user_flags() & FL_AC) << 6;
	user_flags_set(FL_IF | 2 | FL_AC);
	asm volatile("incl %0" : "+m"(*(word *)(bytes + 51)) : : "cc");
	held |= !!(user_flags() & FL_AC) << 7;
	user_exit(held);
}

/* With AM on: aligned accesses only. */
USER static void aligned(void)
{
	word v;

	asm volatile("movl %1, %0; movl %0, %2" : "=&r"(v)
		     : "m"(*(word *)bytes), "m"(*(word *)(bytes + 4)) : "memory");
	user_exit(user_flags() & FL_AC);
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
	v = user_run(aligned, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0, "ring 3, AC off, AM on");
	v = user_run(aligned, FL_IF | FL_AC);
	check(v.vector == 0x80 && v.tf.ax == FL_AC, "ring 3, AC on, AM on, aligned");
	cr0_write(cr0);
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0xff, "ring 3, AC off, AM off");
	v = user_run(user, FL_IF | FL_AC);
	check(v.vector == 0x80 && v.tf.ax == 0xff, "ring 3, AC on, AM off");
	check(v.tf.flags & FL_AC, "it still has the flag");
}
