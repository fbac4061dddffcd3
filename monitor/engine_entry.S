/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two ways between guest code (compatibility mode) and the monitor.
 *
 * In: engine_call_entry, reached by a patched site's far jump.  The guest's
 * registers are all live but r8..r15, which it does not have; its stack is not
 * touched.
 *
 * Out: engine_resume, the only way out for calls and signals alike.  It reads
 * everything from struct engine, so a signal that comes before the iretq can
 * send it back to its beginning (engine_signal.c): nothing that arrives late
 * is forgotten.
 */
#define __ASSEMBLER__ 1
#include "monitor/engine.h"

.macro SAVE
	leaq	engine(%rip), %r8
	movl	%eax, E_GPR+0(%r8)
	movl	%ecx, E_GPR+8(%r8)
	movl	%edx, E_GPR+16(%r8)
	movl	%ebx, E_GPR+24(%r8)
	movl	%esp, E_GPR+32(%r8)
	movl	%ebp, E_GPR+40(%r8)
	movl	%esi, E_GPR+48(%r8)
	movl	%edi, E_GPR+56(%r8)
	movq	E_STACK(%r8), %rsp
	pushfq
	popq	E_RFLAGS(%r8)
	pushq	$2			/* DF, NT, AC and TF off for C */
	popfq
	movq	$0, E_FP(%r8)		/* the FPU stays the guest's */
	xorl	%ebp, %ebp
.endm

/* The guest's general registers, all but its stack pointer. */
.macro LOAD_BUT_ESP
	movl	E_GPR+0(%r8), %eax
	movl	E_GPR+8(%r8), %ecx
	movl	E_GPR+16(%r8), %edx
	movl	E_GPR+24(%r8), %ebx
	movl	E_GPR+40(%r8), %ebp
	movl	E_GPR+48(%r8), %esi
	movl	E_GPR+56(%r8), %edi
.endm

	.text
	.globl	engine_call_entry
	.hidden	engine_call_entry
	.type	engine_call_entry, @function
engine_call_entry:
	SAVE
	call	engine_call
	/* fall through */

	.globl	engine_resume
	.hidden	engine_resume
	.type	engine_resume, @function
engine_resume:
	movq	%rsp, engine+E_RSP(%rip)
	.globl	engine_resume_begin
	.hidden	engine_resume_begin
engine_resume_begin:
	leaq	engine(%rip), %r8
	movq	E_RSP(%r8), %rsp
	cmpl	$0, E_BT_ON(%r8)
	je	5f
	andq	$-16, %rsp
	call	bt_prepare
	leaq	engine(%rip), %r8
5:	cmpl	$0, E_ASYNC(%r8)
	jne	3f
	movq	E_FP(%r8), %r9
	testq	%r9, %r9
	jz	1f
	movl	E_FP_MASK(%r8), %eax
	movl	E_FP_MASK+4(%r8), %edx
	xrstor64 (%r9)
1:	cmpl	$0, E_BT_ON(%r8)
	jne	6f
	cmpl	$0, E_SEGS_DIRTY(%r8)
	je	2f
	movw	E_DS(%r8), %ds
	movw	E_ES(%r8), %es
	movw	E_GS(%r8), %gs
	cmpb	$0, E_GS_OWN(%r8)
	je	4f
	movl	E_GS_BASE(%r8), %eax
	wrgsbase %rax
4:
	movw	E_FS(%r8), %fs
2:	pushq	E_SS(%r8)
	pushq	E_GPR+32(%r8)
	pushq	E_RFLAGS(%r8)
	pushq	E_CS(%r8)
	pushq	E_RIP(%r8)
	LOAD_BUT_ESP
	movl	$0, E_SEGS_DIRTY(%r8)
	NOTHING_MORE
	iretq
6:	LOAD_BUT_ESP
	movq	E_BT_WAYS(%r8), %r13
	movq	E_BT_GEN(%r8), %r14
	movq	%r14, %r15
	negq	%r15
	pushq	E_BT_FLAGS(%r8)
	popfq
	movl	E_GPR+32(%r8), %esp
	jmp	*E_BT_TARGET(%r8)
	.globl	engine_resume_end
	.hidden	engine_resume_end
engine_resume_end:
3:	andq	$-16, %rsp
	call	engine_async
	jmp	engine_resume_begin
	.size	engine_resume, . - engine_resume

/*
 * Ways out of translated code (engine_bt.h), where r8 is the engine already.
 *
 * These go on at the guest address in r9d by one of the tables of ways: bt_dispatch by
 * the address, bt_site for the place whose own way is at r10, bt_return by twice what
 * is in r12d.  No flag may change: tags are compared by additions, and rcx is kept in
 * r11 for jrcxz.
 */
	.globl	bt_dispatch, bt_site, bt_return, bt_dispatch_end
	.hidden	bt_dispatch, bt_site, bt_return, bt_dispatch_end
/* r12: the address's slot, if it leads there */
.macro LOOK_UP
	movq	%rcx, %r11
	movzwl	%r9w, %r12d
	leaq	(%r12,%r12), %r12
	movq	E_BT_SLOTS(%r8), %rcx
	leaq	(%rcx,%r12,8), %r12
	movslq	%r9d, %r9
	movq	(%r12), %rcx
	leaq	(%rcx,%r15), %rcx
	leaq	(%rcx,%r9), %rcx
	jrcxz	1f
	movq	%r11, %rcx
	movl	$0, %r10d
	jmp	bt_miss
1:
.endm
	.type	bt_dispatch, @function
bt_dispatch:
	LOOK_UP
	movq	%r11, %rcx
	jmp	*8(%r12)
	.size	bt_dispatch, . - bt_dispatch
	.type	bt_site, @function
bt_site:
	LOOK_UP
	movq	8(%r12), %rcx
	movq	%rcx, 8(%r10)
	movq	%r14, (%r10)		/* last: it makes the way one */
	movq	%r11, %rcx
	jmp	*8(%r12)
	.size	bt_site, . - bt_site
	.type	bt_return, @function
bt_return:
	movq	%rcx, %r11
	leaq	(%r12,%r12), %r12
	movslq	%r9d, %r9
	movq	(%r13,%r12,8), %rcx
	leaq	(%rcx,%r15), %rcx
	leaq	(%rcx,%r9), %rcx
	jrcxz	1f
	movq	%r11, %rcx
	jmp	bt_dispatch
1:	movq	%r11, %rcx
	jmp	*8(%r13,%r12,8)
	.size	bt_return, . - bt_return
bt_dispatch_end:

/* The processor's flags into r9, and from there; then to r10. */
	.globl	bt_pushf, bt_popf, bt_flags_end
	.hidden	bt_pushf, bt_popf, bt_flags_end
	.type	bt_pushf, @function
bt_pushf:
	movq	%rsp, %r11
	leaq	E_BT_SCRATCH+8(%r8), %rsp
	pushfq
	movq	%r11, %rsp
	movl	E_BT_SCRATCH(%r8), %r9d
	jmp	*%r10
	.type	bt_popf, @function
bt_popf:
	movq	%rsp, %r11
	leaq	E_BT_SCRATCH(%r8), %rsp
	movq	%r9, (%rsp)
	popfq
	movq	%r11, %rsp
	jmp	*%r10
bt_flags_end:

/* What C does about it; the guest is at r9d, and r10 says more. */
.macro LEAVE name, function
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	SAVE
	movl	%r9d, E_RIP(%r8)
	movq	%r10, E_BT_ARG(%r8)
	andq	$-16, %rsp
	call	\function
	jmp	engine_resume
	.size	\name, . - \name
.endm
	LEAVE	bt_miss, bt_missed
	LEAVE	bt_exit_op, bt_op
	LEAVE	bt_exit_step, bt_stepped

	.section .note.GNU-stack, "", @progbits
