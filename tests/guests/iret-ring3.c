/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iret to ring 3 and int back: selectors, stacks, registers and flags. */
#include "guest.h"

USER static void user(void)
{
	asm volatile("movl $0x11, %ebx; movl $0x22, %ecx; movl $0x33, %edx;"
		     "movl $0x44, %esi; movl $0x55, %edi; movl $0x66, %ebp;"
		     "stc; int $0x80");
}

USER static void selectors(void)
{
	uint16_t ds, es, ss;
	word esp;

	asm volatile("movw %%ds, %0; movw %%es, %1; movw %%ss, %2; movl %%esp, %3"
		     : "=r"(ds), "=r"(es), "=r"(ss), "=r"(esp));
	asm volatile("int $0x80" : : "a"((word)ds), "b"((word)es), "c"((word)ss), "d"(esp));
}

static bool on_kernel_stack;
USERDATA volatile unsigned ticks_seen;

static bool timer(struct trapframe *tf)
{
	word here = (word)__builtin_frame_address(0);

	ticks_seen++;
	if (tf->cs & 3)
		on_kernel_stack = here < tss.esp0 && here > tss.esp0 - 1024;
	return false;
}

USER static void spin(void)
{
	while (ticks_seen < 5)
		;
	user_exit(77);
}

void guest_main(void)
{
	struct visit v;
	struct trapframe tf;

	paging_on();
	v = user_run(user, FL_IF | FL_ID);
	check(v.vector == 0x80, "there and back");
	check((v.tf.cs & 0xffff) == SEL_UCODE && (v.tf.ss & 0xffff) == SEL_UDATA,
	      "cs and ss of ring 3 in the frame");
	check(v.tf.bx == 0x11 && v.tf.cx == 0x22 && v.tf.dx == 0x33 &&
	      v.tf.si == 0x44 && v.tf.di == 0x55 && v.tf.bp == 0x66, "registers come back");
	check((v.tf.flags & (FL_IF | FL_ID | FL_CF)) == (FL_IF | FL_ID | FL_CF),
	      "flags come back");
	v = user_run(selectors, FL_IF);
	check(v.tf.ax == SEL_UDATA && v.tf.bx == SEL_UDATA && v.tf.cx == SEL_UDATA,
	      "ds, es and ss as ring 3 sees them");
	check(v.tf.sp == (v.tf.dx), "esp is ring 3's");
	check(ds_read() == SEL_KDATA && ss_read() == SEL_KDATA, "ds and ss are ours again");

	tf = user_frame(user, 0);
	tf.fs = SEL_KDATA;	/* ring 0's: popping it is fine, keeping it is not */
	tf.gs = SEL_UDATA;
	v = user_run_frame(&tf);
	check((v.tf.fs & 0xffff) == 0 && (v.tf.gs & 0xffff) == SEL_UDATA,
	      "iret clears a data segment that ring 3 may not have");
	check(!(v.tf.flags & FL_IF), "ring 3 with interrupts off");

	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(1000);
	v = user_run(spin, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 77, "interrupted often, it arrives");
	check(on_kernel_stack, "on the stack that the TSS names");
}
