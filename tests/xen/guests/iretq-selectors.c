/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iretq and what it makes of selectors, flags and addresses. */
#include "guest64.h"

USER_CODE(u_flags, "pushfq\npopq %rax\nmovl %cs, %ebx\nmovl %ss, %ecx\nmovl %ds, %edx\nmovl %es, %esi\n" USER_EXIT);
USER_CODE(u_32, ".code32\nmovl $0x11223344, %eax\npushl %eax\nmovl %esp, %edx\npopl %ebx\nincl %ebx\nint $0x80\n.code64\n");

/* iretq from such a frame, which must fault. */
#define IRET(ss, cs, ip)						\
	TRY_ASM("push %[s]; push %%rsp; pushf; push %[c]; push %[i];",	\
		"iretq", "add $40, %%rsp;", , [s] "r"((word)(ss)),	\
		[c] "r"((word)(cs)), [i] "r"((word)(ip)))

void guest_main(void)
{
	struct trapframe tf = user_frame(u_flags, 0);
	struct visit v;
	uint64_t *d;

	v = user_run_frame(&tf);
	check(v.vector == T_SYSCALL && (v.tf.cs & 0xffff) == SEL_UCODE && v.tf.ss == SEL_UDATA,
	      "to ring 3: the selectors of the frame come back");
	check(v.tf.flags & FL_IF, "interrupts are on there");

	check(IRET(SEL_UDATA, SEL_KCODE | 3, UVA(u_flags)) == T_GP &&
	      last_fault.error == SEL_KCODE && last_fault.ip == last_fault.site,
	      "#GP: ring 0's code with RPL 3");
	check(IRET(SEL_UDATA, SEL_UCODE & ~3, UVA(u_flags)) == T_GP &&
	      last_fault.error == (SEL_UCODE & ~3), "#GP: ring 3's code with RPL 0");
	check(IRET(SEL_KDATA, SEL_UCODE, UVA(u_flags)) == T_GP &&
	      last_fault.error == SEL_KDATA, "#GP: ring 0's stack for ring 3");
	check(IRET(SEL_UDATA, SEL_UDATA, UVA(u_flags)) == T_GP &&
	      last_fault.error == (SEL_UDATA & ~3), "#GP: data as code");
	check(IRET(SEL_UCODE, SEL_UCODE, UVA(u_flags)) == T_GP &&
	      last_fault.error == (SEL_UCODE & ~3), "#GP: code as a stack");
	check(IRET(SEL_UDATA, 0, UVA(u_flags)) == T_GP && last_fault.error == 0, "#GP: the null selector as code");
	check(IRET(SEL_ABSENT | 3, SEL_UCODE, UVA(u_flags)) != NO_FAULT, "an absent stack");
	check(IRET(0x2000 | 3, SEL_UCODE, UVA(u_flags)) == T_GP && last_fault.error == 0x2000,
	      "#GP: a stack beyond the table");
	check(IRET(SEL_UDATA, SEL_LDT | 4 | 3, UVA(u_flags)) == T_GP, "#GP: beyond the local table");

	/* flags that come along */
	tf = user_frame(u_flags, 0);
	tf.flags = FL_ONE | FL_IF | FL_CF | FL_OF | FL_ZF | FL_DF;
	v = user_run_frame(&tf);
	check((v.tf.flags & (FL_ARITH | FL_DF)) == (FL_CF | FL_OF | FL_ZF | FL_DF),
	      "arithmetic flags and DF arrive, and come back");
	tf.flags = FL_ONE | FL_IF | 0x40000;	/* AC */
	v = user_run_frame(&tf);
	check(v.tf.flags & 0x40000, "so does AC");

	/* a 32-bit program */
	d = gdt_slot(SEL_RODATA);
	*d = 0x00cffb000000fffful;	/* ring 3, 32-bit code */
	tf = user_frame(u_32, 0);
	tf.cs = SEL_RODATA | 3;
	v = user_run_frame(&tf);
	check(v.vector == T_SYSCALL && v.tf.ax == 0x11223344 && v.tf.bx == 0x11223345 &&
	      v.tf.dx == USERTOP - 64 - 4 && (v.tf.cs & 0xffff) == (SEL_RODATA | 3),
	      "a 32-bit program: its code runs, four bytes a push");
}
