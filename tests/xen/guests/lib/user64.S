/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In and out of ring 3. */
#include "mmu.h"

#define FRAME	(22 * 8)		/* struct trapframe */

	.text
/* void user_enter(const struct trapframe *): returns when user_leave is called. */
	.global	user_enter
user_enter:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, user_sp
	movq	%rdi, %rbx
	movq	%rsp, %rdi
	call	kernel_stack_set
	subq	$FRAME, %rsp
	movq	%rbx, %rsi
	movq	%rsp, %rdi
	movl	$(FRAME / 8), %ecx
	rep; movsq
	jmp	trap_return

	.global	user_leave
user_leave:
	movq	user_sp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	.bss
	.balign	8
user_sp:
	.skip	8

	.section .note.GNU-stack, "", @progbits
