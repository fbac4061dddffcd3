/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Into the kernel and out of it, x86-64.  See trap32.S for the idea; new here:
 *
 * %gs.  In the kernel it points to struct percpu, in ring 3 it is the user's.
 * swapgs exchanges the two, so it stands exactly where the ring changes: after
 * an entry from ring 3, before a return to ring 3, and nowhere else.
 *
 * syscall.  It loads no stack: we are in the kernel on the user's, and %gs is
 * the only way to our own.  The frame is completed by hand, so that the rest of
 * the kernel cannot tell a syscall from an int 0x80.
 */
#include "mmu.h"

#define PERCPU_KERNEL_SP 0		/* struct percpu, struct trapframe */
#define PERCPU_USER_SP	8
#define FRAME_CS	24		/* from `vector` on */

	.macro	registers_push
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm

	.macro	registers_pop
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	.endm

	.text
	.altmacro
	.macro	vector n
vector\n:
	.if	(\n != 8) && (\n != 17) && ((\n < 10) || (\n > 14))
	pushq	$0
	.endif
	pushq	$\n
	jmp	trap_common
	.endm

	.macro	address n
	.quad	vector\n
	.endm

	.set	i, 0
	.rept	256
	vector	%i
	.set	i, i + 1
	.endr

	.section .rodata
	.global	trap_vectors
	.balign	8
trap_vectors:
	.set	i, 0
	.rept	256
	address	%i
	.set	i, i + 1
	.endr

	.text
trap_common:
	testb	$3, FRAME_CS(%rsp)
	jz	1f
	swapgs
1:	registers_push
	cld				# C expects it; the user may have set it
	movq	%rsp, %rdi
	call	trap
	/* falls through */

	.global	trap_return
trap_return:
	registers_pop
	testb	$3, FRAME_CS(%rsp)
	jz	1f
	swapgs
1:	addq	$16, %rsp		# vector, error
	iretq

	.global	syscall_entry
syscall_entry:				# rcx: user's rip, r11: its flags
	swapgs
	movq	%rsp, %gs:PERCPU_USER_SP
	movq	%gs:PERCPU_KERNEL_SP, %rsp
	pushq	$SEL_UDATA
	pushq	%gs:PERCPU_USER_SP
	pushq	%r11
	pushq	$SEL_UCODE
	pushq	%rcx
	pushq	$0
	pushq	$T_SYSCALL
	registers_push
	movq	%rsp, %rdi
	call	trap
	registers_pop
	movq	16(%rsp), %rcx		# ip
	movq	32(%rsp), %r11		# flags
	movq	40(%rsp), %rsp
	swapgs
	sysretq

	.global	context_switch		# see trap32.S
context_switch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
