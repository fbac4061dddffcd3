/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Into the kernel and out of it, i386.
 *
 * Every vector has a stub that makes all frames alike (some exceptions push an
 * error code and some do not) and goes to trap_common, which completes a
 * struct trapframe and calls trap().
 */
#include "mmu.h"

	.text
	.altmacro
	.macro	vector n
vector\n:
	.if	(\n != 8) && (\n != 17) && ((\n < 10) || (\n > 14))
	pushl	$0
	.endif
	pushl	$\n
	jmp	trap_common
	.endm

	.macro	address n
	.long	vector\n
	.endm

	.set	i, 0
	.rept	256
	vector	%i
	.set	i, i + 1
	.endr

	.section .rodata
	.global	trap_vectors
	.balign	4
trap_vectors:
	.set	i, 0
	.rept	256
	address	%i
	.set	i, i + 1
	.endr

	.text
trap_common:
	pushal
	pushl	%ds
	pushl	%es
	pushl	%fs
	pushl	%gs
	movw	$SEL_KDATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	cld				# C expects it; the user may have set it
	pushl	%esp
	call	trap
	addl	$4, %esp
	/* falls through */

	.global	trap_return
trap_return:
	popl	%gs
	popl	%fs
	popl	%es
	popl	%ds
	popal
	addl	$8, %esp		# vector, error
	iret

/*
 * void context_switch(struct context **old, struct context *new)
 * Save what C expects to survive a call on this stack, note where, and take up
 * the other stack's.
 */
	.global	context_switch
context_switch:
	movl	4(%esp), %eax
	movl	8(%esp), %edx
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%esp, (%eax)
	movl	%edx, %esp
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

	.section .note.GNU-stack, "", @progbits
