/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wedge of the hosted target: templates for i386 guests whose code runs in
 * compatibility mode inside a 64-bit Linux process.
 *
 * Everything heavier than a load or a store goes to the monitor by a far jump
 * into 64-bit code.  That uses neither the guest's stack nor its flags, and
 * carries one number, the site's; the monitor knows the instruction.
 *
 * No template touches an arithmetic flag that its op does not define: interrupt
 * state is added to a flags image by lea (see AB_VIF_OFF).  Data is reached by
 * absolute addresses through %ds; where the guest's %ds does not reach it, the
 * fault makes the monitor emulate the original instruction.
 *
 * ABI and format: include/abi/wedge.h, docs/wedge-abi.md.
 */
#include "template.h"

#define HOST_CS64	0x33		/* Linux: 64-bit user code */

/* Tell the monitor which site calls, and go there. */
.macro CALL_MONITOR
	.byte	0xc7, 0x05		/* movl $site, vcpu->site */
	VCPU	AB_VCPU_SITE
	HOLE	AB_HOLE_SITE
	.long	0
	.byte	0xea			/* ljmp $HOST_CS64, $entry64 */
	HOLE	AB_HOLE_TEXT
	.long	entry64 - text
	.short	HOST_CS64
.endm

	.section .ab.manifest, "a", @progbits
	.quad	AB_WEDGE_MAGIC
	.short	AB_WEDGE_ABI
	.short	3			/* EM_386 */
	.short	total_templates, total_holes, total_unwinds, AB_WEDGE_TRAPS
	.long	0xffc00000		/* default window: the top 4 MiB, */
	.long	0x00400000		/* which i386 Linux gives up by reservetop=4M */
	.long	slot - text
	.ascii	"hosted\0\0\0\0\0\0\0\0\0\0"

	.section .ab.text, "ax", @progbits
text:
slot:	.quad	0			/* the monitor's 64-bit entry, set at start */
	.code64
entry64:
	movq	slot(%rip), %r8		/* r8 does not exist for the guest */
	jmp	*%r8
	.balign	16
	.code32

TEMPLATE cli, OP_CLI, AB_FORM_INLINE
	.byte	0xc6, 0x05		/* movb $AB_VIF_OFF, vcpu->vif */
	VCPU	AB_VCPU_VIF
	.byte	AB_VIF_OFF_BYTE
END_TEMPLATE cli

TEMPLATE sti, OP_STI, AB_FORM_INLINE
	.byte	0xc6, 0x05		/* movb $0, doorbell->vif */
	DOORBELL AB_VCPU_VIF
	.byte	0
END_TEMPLATE sti

/* Hardware's flags always show IF at CPL 3: take it out when it is off, add
 * what hardware cannot hold. */
TEMPLATE pushf, OP_PUSHF, AB_FORM_STUB, AB_MATCH_OPSIZE32
	UNWIND	0
	pushfl
	UNWIND	4
	pushl	%eax
	UNWIND	8, 1, 0x0
	pushl	%ecx
	UNWIND	12, 2, 0x01
	movl	8(%esp), %eax
	.byte	0x0f, 0xbe, 0x0d	/* movsbl vcpu->vif, %ecx */
	VCPU	AB_VCPU_VIF
	leal	(%eax,%ecx,8), %eax
	.byte	0x8b, 0x0d		/* movl vcpu->sysflags, %ecx */
	VCPU	AB_VCPU_SYSFLAGS
	leal	(%eax,%ecx), %eax
	movl	%eax, 8(%esp)
	popl	%ecx
	UNWIND	8, 1, 0x0
	popl	%eax
	UNWIND	4
	JMP_EXIT
END_TEMPLATE pushf

/* Interrupts go off before the flags change and on after it: the store to the
 * doorbell is the last thing, and faults when an interrupt waits. */
TEMPLATE popf, OP_POPF, AB_FORM_STUB, AB_MATCH_OPSIZE32
	UNWIND	0
	testl	$AB_POPF_UNUSUAL, (%esp)
	jnz	1f
	.byte	0x83, 0x3d		/* cmpl $0, vcpu->sysflags */
	VCPU	AB_VCPU_SYSFLAGS
	.byte	0
	jne	1f
	testb	$2, 1(%esp)		/* IF */
	jz	2f
	popfl
	UNWIND	0, 0, 0, 1
	.byte	0xc6, 0x05		/* movb $0, doorbell->vif */
	DOORBELL AB_VCPU_VIF
	.byte	0
	JMP_EXIT
	UNWIND	0
2:	.byte	0xc6, 0x05		/* movb $AB_VIF_OFF, vcpu->vif */
	VCPU	AB_VCPU_VIF
	.byte	AB_VIF_OFF_BYTE
	popfl
	UNWIND	0, 0, 0, 1
	JMP_EXIT
	UNWIND	0
1:	CALL_MONITOR
END_TEMPLATE popf

/* mov %crN, %reg: a load */
.macro READ_CR n, field
TEMPLATE read_cr\n, OP_READ_CR, AB_FORM_INLINE, AB_MATCH_DST_REG32, \n
	.byte	0x8b
	HOLE	AB_HOLE_REG_REG
	.byte	0x05
	VCPU	\field
END_TEMPLATE read_cr\n
.endm
	READ_CR	0, AB_VCPU_CR0
	READ_CR	2, AB_VCPU_CR2
	READ_CR	3, AB_VCPU_CR3
	READ_CR	4, AB_VCPU_CR4

TEMPLATE read_seg32, OP_READ_SEG, AB_FORM_INLINE, AB_MATCH_DST_REG32
	.byte	0x8b
	HOLE	AB_HOLE_REG_REG
	.byte	0x05
	HOLE	AB_HOLE_SUB4
	VCPU	AB_VCPU_SEL
END_TEMPLATE read_seg32

TEMPLATE read_seg16, OP_READ_SEG, AB_FORM_INLINE, AB_MATCH_DST_REG16
	.byte	0x66, 0x8b
	HOLE	AB_HOLE_REG_REG
	.byte	0x05
	HOLE	AB_HOLE_SUB4
	VCPU	AB_VCPU_SEL
END_TEMPLATE read_seg16

TEMPLATE push_seg, OP_PUSH_SEG, AB_FORM_INLINE, AB_MATCH_OPSIZE32
	.byte	0xff, 0x35		/* pushl vcpu->sel[n] */
	HOLE	AB_HOLE_SUB4
	VCPU	AB_VCPU_SEL
END_TEMPLATE push_seg

/* The host's counters are the guest's, and waiting for them may end early. */
	NATIVE	OP_RDTSC
	NATIVE	OP_RDTSCP
	NATIVE	OP_RDPMC
	NATIVE	OP_RDPID
	NATIVE	OP_UMONITOR
	NATIVE	OP_UMWAIT
	NATIVE	OP_TPAUSE

/* Every op, in whatever form: the monitor does it.  One code for all rows. */
GENERIC_BEGIN
	UNWIND	0
	CALL_MONITOR
END_TEMPLATE generic
	.pushsection .ab.manifest, 1
#define AB_OP(num, id, name, class, cpl3, t32, t64) GENERIC_ROW num
#include "abi/ops.def"
	.popsection

	WEDGE_TOTALS
