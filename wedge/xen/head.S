/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the wedge and out of it.
 *
 * To Xen the wedge is a guest kernel and the guest, kernel and user alike, is its
 * one user process: so whatever the guest's stack and page tables look like, Xen
 * enters here on the wedge's own stack in the wedge's own page tables.  Registers
 * go straight into the virtual CPU (it begins with them) and come from there.
 *
 * What Xen leaves on the stack: rcx, r11, the error code of exceptions that have
 * one, rip, cs, rflags, rsp, ss.
 */
#include "abi/wedge.h"

#define GPR(n)		(machine + (n) * 8)
#define CPU_RIP		(machine + 128)
#define CPU_RFLAGS	(machine + 136)
#define HYPERVISOR_iret	23
#define VECTOR_EVENT	256
#define VECTOR_SYSCALL	257
#define VECTOR_FAILSAFE	258

	.section .head, "aw", @progbits
	.quad	AB_EMBED_MAGIC
	.quad	image_start
	.quad	image_size
	.long	0x400000		/* Xen's tables map it by such stretches */
	.long	note_virt_base - notes
	.skip	128			/* the loader's part */

	.section .ab.note, "a", @note
notes:
	.macro	note type, size
	.balign	4
	.long	4, \size, \type
	.asciz	"Xen"
	.endm
	note	6, 11			/* GUEST_OS */
	.asciz	"afterburner"
	.balign	4
	note	5, 8			/* XEN_VERSION */
	.asciz	"xen-3.0"
	note	8, 8			/* LOADER */
	.asciz	"generic"
	note	3, 8			/* VIRT_BASE */
note_virt_base:
	.quad	image_start		/* less the physical address: the loader's */
	note	1, 8			/* ENTRY */
	.quad	start
	note	9, 4			/* PAE_MODE */
	.asciz	"yes"
	note	10, 42			/* FEATURES */
	.asciz	"!writable_page_tables|pae_pgdir_above_4gb"
	.balign	4
	note	17, 4			/* SUPPORTED_FEATURES: 11 is dom0 */
	.long	1 << 11
notes_end:

	.text
	.global	start
start:
	cld
	leaq	stack_top(%rip), %rsp
	movq	%rsi, %rdi
	call	xen_start
	jmp	leave

	.macro	TRAP n
trap_\n:
	popq	%rcx
	popq	%r11
	.if	!((\n == 8) || ((\n >= 10) && (\n <= 14)) || (\n == 17))
	pushq	$0
	.endif
	pushq	$\n
	jmp	enter
	.endm

	.altmacro
	.set	i, 0
	.rept	20
	TRAP	%i
	.set	i, i + 1
	.endr
	TRAP	VECTOR_EVENT
	TRAP	VECTOR_SYSCALL

	/* Xen could not go back: it has pushed ds, es, fs, gs as well. */
trap_failsafe:
	popq	%rcx
	popq	%r11
	addq	$32, %rsp
	pushq	$0
	pushq	$VECTOR_FAILSAFE

/* vector, error, rip, cs, rflags, rsp, ss */
enter:
	movq	%rax, GPR(0)(%rip)
	movq	%rcx, GPR(1)(%rip)
	movq	%rdx, GPR(2)(%rip)
	movq	%rbx, GPR(3)(%rip)
	movq	%rbp, GPR(5)(%rip)
	movq	%rsi, GPR(6)(%rip)
	movq	%rdi, GPR(7)(%rip)
	movq	%r8, GPR(8)(%rip)
	movq	%r9, GPR(9)(%rip)
	movq	%r10, GPR(10)(%rip)
	movq	%r11, GPR(11)(%rip)
	movq	%r12, GPR(12)(%rip)
	movq	%r13, GPR(13)(%rip)
	movq	%r14, GPR(14)(%rip)
	movq	%r15, GPR(15)(%rip)
	movq	16(%rsp), %rax
	movq	%rax, CPU_RIP(%rip)
	movq	40(%rsp), %rax
	movq	%rax, GPR(4)(%rip)
	movq	(%rsp), %rdi
	movq	8(%rsp), %rsi
	movq	24(%rsp), %rdx
	movq	32(%rsp), %rcx
	cld
	leaq	stack_top(%rip), %rsp
	call	xen_trap

/* To where the virtual CPU is: xen_leave() has filled exit_frame but for what is
 * still in registers. */
leave:
	movq	GPR(0)(%rip), %rax
	movq	GPR(11)(%rip), %r11
	movq	GPR(1)(%rip), %rcx
	movq	GPR(2)(%rip), %rdx
	movq	GPR(3)(%rip), %rbx
	movq	GPR(5)(%rip), %rbp
	movq	GPR(6)(%rip), %rsi
	movq	GPR(7)(%rip), %rdi
	movq	GPR(8)(%rip), %r8
	movq	GPR(9)(%rip), %r9
	movq	GPR(10)(%rip), %r10
	movq	GPR(12)(%rip), %r12
	movq	GPR(13)(%rip), %r13
	movq	GPR(14)(%rip), %r14
	movq	GPR(15)(%rip), %r15
	movq	%rax, exit_frame(%rip)
	movq	%r11, exit_frame + 8(%rip)
	movq	%rcx, exit_frame + 16(%rip)
	leaq	exit_frame(%rip), %rsp
	movl	$HYPERVISOR_iret, %eax
	syscall
	ud2

	.section .rodata
	.global	trap_entry
	.balign	8
	.macro	ENTRY n
	.quad	trap_\n
	.endm
trap_entry:
	.set	i, 0
	.rept	20
	ENTRY	%i
	.set	i, i + 1
	.endr
	.global	trap_event, trap_syscall, trap_failsafe
	.set	trap_event, trap_256
	.set	trap_syscall, trap_257

	.bss
	.balign	16
	.skip	32768
	.global	stack_top
stack_top:

	.section .note.GNU-stack, "", @progbits
