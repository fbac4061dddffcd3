/* SPDX-License-Identifier: GPL-3.0-or-later */
/* syscall and sysret: stacks that are none, flags, masks, and registers. */
#include "guest64.h"

USER_CODE(u_badsp, "movq $0x123, %rsp\n"
	  "movq $0x4242, %rax\nmovq $7, %rbx\nmovq $8, %r15\nstc\nstd\n"
	  "syscall\n"
	  "movq %rsp, %rsi\nmovq %rcx, %r8\nmovq %r11, %r9\n"
	  "movq %rdi, %rsp\n"		/* a stack again */
	  USER_EXIT);
USER_CODE(u_noncanon, "movabsq $0x8888000000000000, %rsp\nsyscall\nmovq %rsp, %rsi\nmovq %rdi, %rsp\n" USER_EXIT);
USER_CODE(u_top, "xorl %esp, %esp\nsyscall\nmovq %rsp, %rsi\nmovq %rdi, %rsp\n" USER_EXIT);
USER_CODE(u_loop, "movl $1000, %ebx\n1: syscall\ndecl %ebx\njnz 1b\n" USER_EXIT);

static unsigned calls;
static struct trapframe seen;
static word kernel_flags;

static bool on_call(struct trapframe *tf)
{
	if ((word)tf->ip - UVA(user_start) >= (word)(user_end - user_start))
		return false;
	if (*(uint16_t *)(tf->ip - 2) != 0x050f)
		return false;		/* int 0x80: the end */
	calls++;
	seen = *tf;
	kernel_flags = flags_read();
	tf->ax = 0x9999;
	return true;
}

void guest_main(void)
{
	struct visit v;

	handlers[T_SYSCALL] = on_call;
	v = user_run(u_badsp, USERTOP - 64);
	check(calls == 1 && seen.sp == 0x123 && seen.ax == 0x4242 && seen.bx == 7 &&
	      seen.r15 == 8, "syscall with a stack that is none: the kernel sees it all");
	check(seen.flags & FL_CF && seen.flags & FL_DF, "r11: the flags");
	check(!(kernel_flags & (FL_DF | FL_IF)), "SFMASK: DF and IF are clear in the kernel");
	check(v.tf.si == 0x123 && v.tf.ax == 0x9999, "sysret: the stack and the result");
	check(v.tf.r8 - UVA(user_start) < PAGESIZE && v.tf.r9 & FL_CF && v.tf.flags & FL_DF,
	      "rcx and r11 as sysret took them");
	v = user_run(u_noncanon, USERTOP - 64);
	check(calls == 2 && seen.sp == 0x8888000000000000ul && v.tf.si == seen.sp,
	      "a stack pointer that is no address");
	v = user_run(u_top, USERTOP - 64);
	check(calls == 3 && !seen.sp && !v.tf.si, "a stack pointer of zero");
	v = user_run(u_loop, 0);
	check(calls == 1003 && !v.tf.bx, "a thousand calls");

	/* without EFER.SCE there is no such instruction */
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~(uint64_t)EFER_SCE);
	v = user_run(u_top, 0);
	check(v.vector == T_UD && calls == 1003, "without SCE: #UD");
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	v = user_run(u_top, USERTOP - 64);
	check(calls == 1004, "and again with it");

	/* another mask, another entry */
	wrmsr(MSR_SFMASK, FL_IF | FL_DF | FL_CF);
	v = user_run(u_badsp, USERTOP - 64);
	check(seen.flags & FL_CF && !(kernel_flags & FL_DF), "SFMASK changed");
	check(rdmsr(MSR_SFMASK) == (FL_IF | FL_DF | FL_CF) && rdmsr(MSR_LSTAR) == (word)syscall_entry,
	      "the MSRs read as written");
}
