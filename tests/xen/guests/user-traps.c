/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every trap that ring 3 can make, and gates that it may not use. */
#include "guest64.h"

USER_CODE(u_de, "xorl %ecx, %ecx\nmovl $1, %eax\ncltd\nidivl %ecx\n");
USER_CODE(u_bp, "int3\n" USER_EXIT);
USER_CODE(u_ud, "ud2\n");
USER_CODE(u_gp, "hlt\n");
USER_CODE(u_cli, "cli\n");
USER_CODE(u_in, "inb $0x80, %al\n");
USER_CODE(u_cr, "movq %cr0, %rax\n");
USER_CODE(u_lgdt, "lgdt (%rsp)\n");
USER_CODE(u_rdmsr, "movl $0xc0000080, %ecx\nrdmsr\n");
USER_CODE(u_wbinvd, "wbinvd\n");
USER_CODE(u_invlpg, "invlpg (%rdi)\n");
USER_CODE(u_swapgs, "swapgs\n");
USER_CODE(u_sysret, "sysretq\n");
USER_CODE(u_noncanon, "movabsq $0x8000000000000000, %rax\nmovq (%rax), %rbx\n");
USER_CODE(u_jump, "movabsq $0x8000000000000000, %rax\njmp *%rax\n");
USER_CODE(u_step, "pushfq\norl $0x100, (%rsp)\npopfq\nnop\nnop\n" USER_EXIT);
USER_CODE(u_int20, "int $0x20\n");
USER_CODE(u_int81, "movl $5, %eax\nint $0x81\nmovl %eax, %ebx\n" USER_EXIT);
USER_CODE(u_int1, "int $1\n");
USER_CODE(u_sse, "movl $7, %eax\nmovd %eax, %xmm0\nmovd %xmm0, %ebx\n" USER_EXIT);

static bool was(const char *label, word vector, word error)
{
	struct visit v = user_run(label, 0);

	return v.vector == vector && v.error == error && v.tf.cs == SEL_UCODE &&
		v.tf.ss == SEL_UDATA && v.tf.sp == USERTOP - 64;
}

static unsigned steps;

static bool on_step(struct trapframe *tf)
{
	if (!(tf->cs & 3))
		return false;
	if (++steps == 2)
		tf->flags &= ~0x100ul;
	return true;
}

static bool on_81(struct trapframe *tf)
{
	tf->ax++;
	return true;
}

void guest_main(void)
{
	struct visit v;

	check(was(u_de, T_DE, 0), "#DE");
	v = user_run(u_bp, 0);
	check(v.vector == T_BP && v.tf.ip == UVA(u_bp) + 1, "#BP, behind the instruction");
	check(was(u_ud, T_UD, 0), "#UD");
	check(was(u_gp, T_GP, 0), "#GP for hlt");
	check(was(u_cli, T_GP, 0), "#GP for cli");
	check(was(u_in, T_GP, 0), "#GP for in");
	check(was(u_cr, T_GP, 0), "#GP for mov from cr0");
	check(was(u_lgdt, T_GP, 0), "#GP for lgdt");
	check(was(u_rdmsr, T_GP, 0), "#GP for rdmsr");
	check(was(u_wbinvd, T_GP, 0), "#GP for wbinvd");
	check(was(u_invlpg, T_GP, 0), "#GP for invlpg");
	check(was(u_swapgs, T_GP, 0), "#GP for swapgs");
	check(was(u_sysret, T_GP, 0), "#GP for sysret");
	check(user_run(u_noncanon, 0).vector == T_GP, "#GP for an address that is none");
	check(user_run(u_jump, 0).vector == T_GP, "#GP for such a jump");
	handlers[1] = on_step;
	v = user_run(u_step, 0);
	check(v.vector == T_SYSCALL && steps == 2, "single steps");
	handlers[1] = NULL;
	v = user_run(u_int20, 0);
	check(v.vector == T_GP && (v.error & 7) == 2, "#GP for int through the kernel's gate");
	v = user_run(u_int1, 0);
	check(v.vector == T_GP && (v.error & 7) == 2, "#GP for int $1");
	handlers[0x81] = on_81;
	gate_set(0x81, NULL, G_INTERRUPT | G_RING3, 0);
	v = user_run(u_int81, 0);
	check(v.vector == T_SYSCALL && v.tf.bx == 6, "int through a gate of its own");
	idt[0x81].type &= 0x7f;
	v = user_run(u_int81, 0);
	check(v.vector == T_NP && (v.error & 7) == 2, "#NP when the gate is absent");

	cr4_write(cr4_read() | 0x200);	/* OSFXSR */
	cr0_write(cr0_read() | CR0_TS);
	v = user_run(u_sse, 0);
	check(v.vector == T_NM, "#NM with CR0.TS");
	clts();
	v = user_run(u_sse, 0);
	check(v.vector == T_SYSCALL && v.tf.bx == 7, "SSE without it");
}
