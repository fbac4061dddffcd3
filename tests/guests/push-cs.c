/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selectors as code reads them: by mov, push, to memory, in rings 0 and 3. */
#include "guest.h"

USERDATA volatile uint16_t slot[8];

USER static void user(void)
{
	word a, b, c;

	asm volatile("movl %%cs, %0; pushl %%cs; popl %1; movw %%cs, %3; pushl %%ss; popl %2"
		     : "=&r"(a), "=&r"(b), "=&r"(c), "=m"(slot[0]));
	asm volatile("int $0x80" : : "a"(a), "b"(b), "c"(c));
}

void guest_main(void)
{
	word a, b;
	uint16_t m;
	uint32_t wide = 0xffffffff;
	struct visit v;

	paging_on();
	asm volatile("movl %%cs, %0; pushl %%cs; popl %1" : "=&r"(a), "=&r"(b));
	check(a == SEL_KCODE && (b & 0xffff) == SEL_KCODE, "cs by mov and push");
	asm volatile("movw %%cs, %0" : "=m"(m));
	check(m == SEL_KCODE, "cs to memory");
	asm volatile("movw %%ds, %0" : "=m"(wide));
	check(wide == (0xffff0000 | SEL_KDATA), "two bytes of memory, no more");
	a = 0xffffffff;
	asm volatile("movw %%es, %w0" : "+r"(a));
	check(a == (0xffff0000 | SEL_KDATA), "two bytes of a register, no more");
	asm volatile("pushw %%cs; popw %0" : "=r"(m));
	check(m == SEL_KCODE, "cs by pushw");
	asm volatile("pushl %%ds; pushl %%es; popl %0; popl %1" : "=&r"(a), "=&r"(b));
	check((a & 0xffff) == SEL_KDATA && (b & 0xffff) == SEL_KDATA, "ds and es by push");
	gs_write(SEL_UDATA);
	fs_write(SEL_RODATA);
	asm volatile("pushl %%fs; pushl %%gs; popl %0; popl %1" : "=&r"(a), "=&r"(b));
	check((a & 0xffff) == SEL_UDATA && (b & 0xffff) == SEL_RODATA, "fs and gs by push");
	asm volatile("stc; movl %%cs, %0; setc %b0" : "=&q"(a));
	check((a & 0xff) == 1, "no flag changes");
	gs_write(0);
	fs_write(0);
	v = user_run(user, FL_IF);
	check((v.tf.ax & 0xffff) == SEL_UCODE && (v.tf.bx & 0xffff) == SEL_UCODE &&
	      slot[0] == SEL_UCODE && (v.tf.cx & 0xffff) == SEL_UDATA, "in ring 3");
}
