/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From multiboot 1 into C, and in and out of ring 3. */
#include "mmu.h"

	.section .boot, "ax"
	.balign	4
	.long	0x1badb002, 0x2, -(0x1badb002 + 0x2)
	.global	start
start:
	movl	%esp, boot_sp
	movl	$stack_top, %esp
	xorl	%ebp, %ebp
	pushl	%ebx
	pushl	%eax
	call	runtime_main

	.text
/* void user_enter(const struct trapframe *): returns when user_leave is called. */
	.global	user_enter
user_enter:
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	pushl	%ebp
	movl	%esp, user_sp
	movl	%esp, tss_esp0
	movl	20(%esp), %esi
	subl	$(19 * 4), %esp		# struct trapframe, whole
	movl	%esp, %edi
	movl	$19, %ecx
	rep; movsl
	jmp	trap_return

	.global	user_leave
user_leave:
	movl	user_sp, %esp
	popl	%ebp
	popl	%edi
	popl	%esi
	popl	%ebx
	ret

	.bss
	.global	user_sp, stack_top, boot_sp
	.balign	16
	.skip	16384
stack_top:
user_sp:
	.skip	4
boot_sp:
	.skip	4

	.section .userdata, "aw"
	.global	user_stack
	.skip	8192
user_stack:

	.section .note.GNU-stack, "", @progbits
