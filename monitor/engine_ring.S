/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The short ways between ring 3 and ring 0 under --user limits: a system call
 * through a patched vDSO, and the iret back.  What they may rely on is prepared
 * by engine_fast.c; whatever is not as expected goes the long way, through
 * m->cpu.  Neither makes a host system call.
 *
 * Nothing of the guest's is changed up to *_commit.  A signal before it, a fault
 * on the guest's stack included, sends the code to *_slow with r8, r9, r10 as they
 * are; one behind it sends it back to *_commit, which can be repeated, and where a
 * mark that it left is seen (fast_signal() in engine_fast.c).
 *
 *   r8  engine    r9d  guest's esp at entry    r10d  guest's flags at entry
 *   r15 the vCPU page
 */
#define __ASSEMBLER__ 1
#include "abi/wedge.h"
#include "monitor/engine.h"

/* Flags that a short way carries: arithmetic, IF, DF, ID. */
#define PLAIN_FLAGS	0x200ed7
#define FLAG_IF		0x200
#define INT80		0x80cd		/* as two bytes in memory */

#define SEG_CS		1
#define SEG_SS		2
#define SEG_ES		0
#define SEG_DS		3
#define SEG_FS		4
#define SEG_GS		5

.macro ENTER
	leaq	engine(%rip), %r8
	movl	%esp, %r9d
	movq	E_STACK(%r8), %rsp
	pushfq
	popq	%r10
.endm

/* Anything pending, or not prepared: the long way. */
.macro CHECK_QUIET slow
	cmpl	$0, F_READY(%r8)
	je	\slow
	cmpl	$0, E_ASYNC(%r8)
	jne	\slow
	movq	F_HINT(%r8), %r11
	cmpb	$0, (%r11)
	jne	\slow
	movq	F_VP(%r8), %r15
	cmpl	$0, AB_VCPU_SYSFLAGS(%r15)
	jne	\slow
.endm

/* The eight bytes at the guest's linear address *va are still *raw. */
.macro CHECK_RAW va, raw, slow
	movl	\va(%r8), %r11d
	movq	(%r11), %r11
	cmpq	\raw(%r8), %r11
	jne	\slow
.endm

.macro CHECK_EQUAL reg, field, slow
	cmpl	\field(%r8), \reg
	jne	\slow
.endm

/* To the long way: struct engine gets the registers. */
.macro SAVE_GUEST esp, flags
	movl	%eax, E_GPR+0(%r8)
	movl	%ecx, E_GPR+8(%r8)
	movl	%edx, E_GPR+16(%r8)
	movl	%ebx, E_GPR+24(%r8)
	movq	\esp, E_GPR+32(%r8)
	movl	%ebp, E_GPR+40(%r8)
	movl	%esi, E_GPR+48(%r8)
	movl	%edi, E_GPR+56(%r8)
	movq	\flags, E_RFLAGS(%r8)
	movq	E_STACK(%r8), %rsp
	pushq	$2			/* DF, NT, AC and TF off for C */
	popfq
	movq	$0, E_FP(%r8)		/* the FPU stays the guest's */
	xorl	%ebp, %ebp
.endm

.macro SYMBOL name
	.globl	\name
	.hidden	\name
\name:
.endm

	.text
/* ---- iret of ring 0, by its stub's far jump ---- */
SYMBOL engine_iret_entry
	ENTER
SYMBOL fast_iret_begin
	CHECK_QUIET fast_iret_slow
	movl	(%r9), %r12d			/* eip */
	cmpl	F_USER_TOP(%r8), %r12d
	jae	fast_iret_slow
	movl	4(%r9), %r11d
	CHECK_EQUAL %r11d, F_UCS, fast_iret_slow
	movl	16(%r9), %r11d
	CHECK_EQUAL %r11d, F_USS, fast_iret_slow
	movl	8(%r9), %r13d			/* eflags */
	testl	$~PLAIN_FLAGS, %r13d
	jnz	fast_iret_slow
	testl	$FLAG_IF, %r13d
	jz	fast_iret_slow
	CHECK_RAW F_UCS_VA, F_UCS_RAW, fast_iret_slow
	CHECK_RAW F_USS_VA, F_USS_RAW, fast_iret_slow
	movl	AB_VCPU_SEL+4*SEG_DS(%r15), %r11d
	CHECK_EQUAL %r11d, F_UDS, fast_iret_slow
	movl	AB_VCPU_SEL+4*SEG_ES(%r15), %r11d
	CHECK_EQUAL %r11d, F_UES, fast_iret_slow
	movl	AB_VCPU_HSEL+4*SEG_DS(%r15), %r11d
	CHECK_EQUAL %r11d, F_HDS, fast_iret_slow
	movl	AB_VCPU_HSEL+4*SEG_ES(%r15), %r11d
	CHECK_EQUAL %r11d, F_HES, fast_iret_slow
	movl	AB_VCPU_HSEL+4*SEG_FS(%r15), %r11d
	orl	AB_VCPU_HSEL+4*SEG_GS(%r15), %r11d
	testl	$AB_HSEL_RING0, %r11d
	jnz	fast_iret_slow
	movl	12(%r9), %r14d			/* esp */
	movl	%r12d, F_EIP(%r8)
	movl	%r13d, F_EFL(%r8)
	movl	%r14d, F_ESP(%r8)
SYMBOL fast_iret_commit
	leaq	engine(%rip), %r8
	movq	E_STACK(%r8), %rsp
	movq	F_VP(%r8), %r15
	movb	$0, AB_VCPU_VIF(%r15)
	movl	$3, F_RING(%r8)
	movl	$1, F_MOVED(%r8)
	cmpl	$0, E_ASYNC(%r8)
	jne	fast_forward
	movl	F_UDS3(%r8), %r11d
	movl	%r11d, %ds
	movl	F_UES3(%r8), %r11d
	movl	%r11d, %es
	movl	F_HSS(%r8), %r11d
	pushq	%r11
	movl	F_ESP(%r8), %r11d
	pushq	%r11
	movl	F_EFL(%r8), %r11d
	pushq	%r11
	movl	F_HCS(%r8), %r11d
	pushq	%r11
	movl	F_EIP(%r8), %r11d
	pushq	%r11
	NOTHING_MORE
	iretq
SYMBOL fast_iret_end

/* What engine_call_entry does. */
SYMBOL fast_iret_slow
	SAVE_GUEST %r9, %r10
	call	engine_call
	jmp	engine_resume

/* ---- int $0x80 of ring 3, by the vDSO's far call ----
 * The call pushed its cs and the address of the int that it stands for. */
SYMBOL engine_vsyscall_entry
	ENTER
SYMBOL fast_vsyscall_begin
	CHECK_QUIET fast_vsyscall_slow
	cmpb	$0, AB_VCPU_VIF(%r15)
	jne	fast_vsyscall_slow
	testl	$~PLAIN_FLAGS, %r10d
	jnz	fast_vsyscall_slow
	cmpb	$0, E_CALL_TF(%r8)
	jne	fast_vsyscall_slow
	movzwl	4(%r9), %r11d
	CHECK_EQUAL %r11d, F_HCS, fast_vsyscall_slow
	movl	(%r9), %r12d
	movzwl	(%r12), %r11d
	cmpl	$INT80, %r11d
	jne	fast_vsyscall_slow
	movl	%ds, %r11d
	CHECK_EQUAL %r11d, F_UDS3, fast_vsyscall_slow
	movl	%es, %r11d
	CHECK_EQUAL %r11d, F_UES3, fast_vsyscall_slow
	movl	%fs, %r11d
	cmpw	AB_VCPU_HSEL+4*SEG_FS(%r15), %r11w
	jne	fast_vsyscall_slow
	movl	%gs, %r11d
	cmpw	AB_VCPU_HSEL+4*SEG_GS(%r15), %r11w
	jne	fast_vsyscall_slow
	CHECK_RAW F_IDT_VA, F_IDT_RAW, fast_vsyscall_slow
	CHECK_RAW F_KCS_VA, F_KCS_RAW, fast_vsyscall_slow
	CHECK_RAW F_KSS_VA, F_KSS_RAW, fast_vsyscall_slow
	movl	F_TSS_VA(%r8), %r11d
	movl	(%r11), %r14d			/* esp0 */
	movzwl	4(%r11), %r11d			/* ss0 */
	CHECK_EQUAL %r11d, F_KSS, fast_vsyscall_slow
	movl	F_USS(%r8), %r11d
	movl	%r11d, -4(%r14)
	leal	8(%r9), %r11d
	movl	%r11d, -8(%r14)
	movl	%r10d, -12(%r14)
	movl	F_UCS(%r8), %r11d
	movl	%r11d, -16(%r14)
	addl	$2, %r12d			/* behind the int */
	movl	%r12d, -20(%r14)
	subl	$20, %r14d
	movl	%r14d, F_ESP(%r8)
	movl	%r10d, F_EFL(%r8)
	movl	F_HANDLER(%r8), %r11d
	movl	%r11d, F_EIP(%r8)
SYMBOL fast_vsyscall_commit
	leaq	engine(%rip), %r8
	movq	E_STACK(%r8), %rsp
	movq	F_VP(%r8), %r15
	movl	F_VIF(%r8), %r11d
	movb	%r11b, AB_VCPU_VIF(%r15)
	movl	F_KCS(%r8), %r11d
	movl	%r11d, AB_VCPU_SEL+4*SEG_CS(%r15)
	movl	F_KSS(%r8), %r11d
	movl	%r11d, AB_VCPU_SEL+4*SEG_SS(%r15)
	movl	$0, F_RING(%r8)
	movl	$1, F_MOVED(%r8)
	cmpl	$0, E_ASYNC(%r8)
	jne	fast_forward
	movl	$HOST_DS, %r11d
	movl	%r11d, %ds
	movl	%r11d, %es
	movq	F_STAT(%r8), %r11
	incq	(%r11)
	pushq	$HOST_DS
	movl	F_ESP(%r8), %r11d
	pushq	%r11
	movl	F_EFL(%r8), %r11d
	pushq	%r11
	pushq	$HOST_CS32
	movl	F_EIP(%r8), %r11d
	pushq	%r11
	NOTHING_MORE
	iretq
SYMBOL fast_vsyscall_end

SYMBOL fast_vsyscall_slow
	movw	%ds, E_DS(%r8)
	movw	%es, E_ES(%r8)
	movw	%fs, E_FS(%r8)
	movw	%gs, E_GS(%r8)
	SAVE_GUEST %r9, %r10
	call	engine_vsyscall
	jmp	engine_resume

/* The ring has changed, and a signal came: look at it, then go on. */
fast_forward:
	movl	F_EIP(%r8), %r11d
	movq	%r11, E_RIP(%r8)
	movl	F_ESP(%r8), %r9d
	movl	F_EFL(%r8), %r10d
	SAVE_GUEST %r9, %r10
	call	engine_fast_async
	jmp	engine_resume

	.section .note.GNU-stack, "", @progbits
