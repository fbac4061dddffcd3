/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Templates for x86-64 guests on Xen.  They run in the guest's own address space
 * and ring; the vCPU page is reached by absolute 32-bit addresses, since the window
 * lies in the top 2 GiB.
 *
 * The heavy way into the wedge is the syscall instruction: Xen takes it from there
 * to the wedge's own stack and page tables, and it uses no memory of the guest.  It
 * destroys rcx and r11, so they are put into the vCPU page first.
 *
 * No template touches an arithmetic flag that its op does not define.
 */
#include "template.h"
#include "xen/vcpupage.h"

/* An absolute address in 64-bit code: ModRM with this SIB byte. */
#define ABS	0x25

.macro CALL_WEDGE site
	.byte	0xc7, 0x04, ABS		/* movl $site, vcpu->site */
	VCPU	VCPU_SITE
	.if	\site
	.long	\site
	.else
	HOLE	AB_HOLE_SITE
	.long	0
	.endif
	.byte	0x48, 0x89, 0x0c, ABS	/* movq %rcx, vcpu->rcx */
	VCPU	VCPU_RCX
	.byte	0x4c, 0x89, 0x1c, ABS	/* movq %r11, vcpu->r11 */
	VCPU	VCPU_R11
	syscall
	ud2				/* the wedge goes on behind the site */
.endm

/* Interrupts are on as the mask says: is one waiting?  No flag is touched. */
.macro POLL
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	.byte	0x48, 0x89, 0x0c, ABS	/* movq %rcx, vcpu->scratch */
	VCPU	VCPU_SCRATCH
	UNWIND	0, 1, 1, AB_UNWIND_COMMITTED | AB_UNWIND_VCPU
	.byte	0x0f, 0xb6, 0x0c, ABS	/* movzbl vcpu->pending, %ecx */
	VCPU	VCPU_PENDING
	jrcxz	8f
	.byte	0x48, 0x8b, 0x0c, ABS	/* movq vcpu->scratch, %rcx */
	VCPU	VCPU_SCRATCH
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	CALL_WEDGE SITE_POLL
	UNWIND	0, 1, 1, AB_UNWIND_COMMITTED | AB_UNWIND_VCPU
8:	.byte	0x48, 0x8b, 0x0c, ABS	/* movq vcpu->scratch, %rcx */
	VCPU	VCPU_SCRATCH
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	JMP_EXIT
.endm

	.section .ab.manifest, "a", @progbits
	.quad	AB_WEDGE_MAGIC
	.short	AB_WEDGE_ABI
	.short	62			/* EM_X86_64 */
	.short	total_templates, total_holes, total_unwinds, AB_WEDGE_EMBEDS | AB_WEDGE_TRAPS
	.long	0xffe00000		/* the top 2 MiB of the address space: no kernel */
	.long	0x00200000		/* of ours uses it, Linux calls it a hole */
	.long	0			/* no entry slot: syscall needs none */
	.ascii	"xen\0\0\0\0\0\0\0\0\0\0\0\0\0"

	.section .ab.text, "ax", @progbits
text:
	.quad	0
	.balign	16

TEMPLATE cli, OP_CLI, AB_FORM_INLINE
	.byte	0xc6, 0x04, ABS		/* movb $1, vcpu->mask */
	VCPU	VCPU_MASK
	.byte	1
END_TEMPLATE cli

TEMPLATE sti, OP_STI, AB_FORM_STUB
	UNWIND	0
	.byte	0xc6, 0x04, ABS		/* movb $0, vcpu->mask */
	VCPU	VCPU_MASK
	.byte	0
	POLL
END_TEMPLATE sti

/* Hardware's flags always show IF at CPL 3: take it out when it is off, add what
 * hardware cannot hold. */
TEMPLATE pushf, OP_PUSHF, AB_FORM_STUB, AB_MATCH_OPSIZE64
	UNWIND	0
	pushfq
	UNWIND	8
	pushq	%rax
	UNWIND	16, 1, 0x0
	pushq	%rcx
	UNWIND	24, 2, 0x01
	movq	16(%rsp), %rax
	.byte	0x0f, 0xb6, 0x0c, ABS	/* movzbl vcpu->mask, %ecx */
	VCPU	VCPU_MASK
	.byte	0x48, 0x8b, 0x0c, 0xcd	/* movq vcpu->if_delta(,%rcx,8), %rcx */
	VCPU	VCPU_IF
	leaq	(%rax,%rcx), %rax
	.byte	0x48, 0x8b, 0x0c, ABS	/* movq vcpu->sysflags, %rcx */
	VCPU	VCPU_SYSFLAGS
	leaq	(%rax,%rcx), %rax
	movq	%rax, 16(%rsp)
	popq	%rcx
	UNWIND	16, 1, 0x0
	popq	%rax
	UNWIND	8
	JMP_EXIT
END_TEMPLATE pushf

/* Interrupts go off before the flags change and on after it. */
TEMPLATE popf, OP_POPF, AB_FORM_STUB, AB_MATCH_OPSIZE64
	UNWIND	0
	testl	$AB_POPF_UNUSUAL, (%rsp)
	jnz	1f
	.byte	0x83, 0x3c, ABS		/* cmpl $0, vcpu->sysflags */
	VCPU	VCPU_SYSFLAGS
	.byte	0
	jne	1f
	testb	$2, 1(%rsp)		/* IF */
	jz	2f
	popfq
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	.byte	0xc6, 0x04, ABS		/* movb $0, vcpu->mask */
	VCPU	VCPU_MASK
	.byte	0
	POLL
	UNWIND	0
2:	.byte	0xc6, 0x04, ABS		/* movb $1, vcpu->mask */
	VCPU	VCPU_MASK
	.byte	1
	popfq
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	JMP_EXIT
	UNWIND	0
1:	CALL_WEDGE 0
END_TEMPLATE popf

/* mov %crN, %reg: a load */
.macro READ_CR n, field
TEMPLATE read_cr\n, OP_READ_CR, AB_FORM_INLINE, AB_MATCH_DST_REG64, \n
	HOLE	AB_HOLE_REX_R
	.byte	0x48, 0x8b
	HOLE	AB_HOLE_REG_REG
	.byte	0x04, ABS
	VCPU	\field
END_TEMPLATE read_cr\n
.endm
	READ_CR	0, VCPU_CR0
	READ_CR	2, VCPU_CR2
	READ_CR	3, VCPU_CR3
	READ_CR	4, VCPU_CR4

/* A selector into a register: 4 bytes are loaded, the upper half becomes zero. */
.macro READ_SEG name, match
TEMPLATE \name, OP_READ_SEG, AB_FORM_INLINE, \match
	.byte	0x8b
	HOLE	AB_HOLE_REG_REG
	.byte	0x04, ABS
	HOLE	AB_HOLE_SUB4
	VCPU	VCPU_SEL
END_TEMPLATE \name
.endm
	READ_SEG read_seg32, AB_MATCH_DST_REG32
	READ_SEG read_seg64, AB_MATCH_DST_REG64

/* Counters are Xen's to show or to emulate; waiting for them may end early. */
	NATIVE	OP_RDTSC
	NATIVE	OP_RDTSCP
	NATIVE	OP_RDPMC
	NATIVE	OP_RDPID
	NATIVE	OP_UMONITOR
	NATIVE	OP_UMWAIT
	NATIVE	OP_TPAUSE

/* Every op, in whatever form: the wedge does it. */
GENERIC_BEGIN
	UNWIND	0
	CALL_WEDGE 0
END_TEMPLATE generic
	.pushsection .ab.manifest, 1
#define AB_OP(num, id, name, class, cpl3, t32, t64) GENERIC_ROW num
#include "abi/ops.def"
	.popsection

	WEDGE_TOTALS
