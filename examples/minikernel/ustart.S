/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a program begins: ax is its number, bx its argument.  Ring 3. */
#include "sysnum.h"

	.section .text.start, "ax"
	.global	start
start:
#ifdef __x86_64__
	movq	%rax, %rdi
	movq	%rbx, %rsi
	call	program_run
	movq	%rax, %rbx
#else
	pushl	%ebx
	pushl	%eax
	call	program_run
	movl	%eax, %ebx
#endif
	movl	$SYS_EXIT, %eax
	int	$0x80

/* long spin(long n): count down with every register full, and say whether all
 * of them came through (0) or which one did not.  The timer strikes in here. */
	.text
	.global	spin
spin:
#ifdef __x86_64__
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	movq	%rdi, %rcx
	movq	$0x1111111122222222, %rbx
	movq	$0x3333333344444444, %rbp
	movq	$0x5555555566666666, %rsi
	movq	$0x7777777788888888, %r8
	movq	$0x99999999aaaaaaaa, %r12
	movq	%rsp, %rdi
	stc
1:	leaq	-1(%rcx), %rcx
	jnc	2f			# the carry must last all the time
	jrcxz	3f
	jmp	1b
2:	movl	$1, %eax
	jmp	9f
3:	xorl	%eax, %eax
	movq	$0x1111111122222222, %rdx
	cmpq	%rdx, %rbx
	setne	%al
	jne	9f
	movq	$0x3333333344444444, %rdx
	cmpq	%rdx, %rbp
	setne	%al
	jne	9f
	movq	$0x5555555566666666, %rdx
	cmpq	%rdx, %rsi
	setne	%al
	jne	9f
	movq	$0x7777777788888888, %rdx
	cmpq	%rdx, %r8
	setne	%al
	jne	9f
	movq	$0x99999999aaaaaaaa, %rdx
	cmpq	%rdx, %r12
	setne	%al
	jne	9f
	cmpq	%rsp, %rdi
	setne	%al
9:	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
#else
	movl	4(%esp), %ecx
	pushl	%ebx
	pushl	%ebp
	pushl	%esi
	pushl	%edi
	movl	$0x11112222, %ebx
	movl	$0x33334444, %ebp
	movl	$0x55556666, %esi
	movl	%esp, %edi
	movl	$0x77778888, %edx
	stc
1:	leal	-1(%ecx), %ecx
	jnc	2f			# the carry must last all the time
	jecxz	3f
	jmp	1b
2:	movl	$1, %eax
	jmp	9f
3:	xorl	%eax, %eax
	cmpl	$0x11112222, %ebx
	setne	%al
	jne	9f
	cmpl	$0x33334444, %ebp
	setne	%al
	jne	9f
	cmpl	$0x55556666, %esi
	setne	%al
	jne	9f
	cmpl	$0x77778888, %edx
	setne	%al
	jne	9f
	cmpl	%esp, %edi
	setne	%al
9:	popl	%edi
	popl	%esi
	popl	%ebp
	popl	%ebx
	ret
#endif

	.section .note.GNU-stack, "", @progbits
