/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wedge of the hosted target: templates for i386 guests whose code runs in
 * compatibility mode inside a 64-bit Linux process.
 *
 * What is heavier than a few loads and stores goes to the monitor by a far jump
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

/* segment registers, as the op table numbers them */
#define SEG_ES		0
#define SEG_DS		3
#define SEG_FS		4
#define SEG_GS		5

#define HOST_CS64	0x33		/* Linux: 64-bit user code */

/* Tell the monitor which site calls, and go there. */
.macro CALL_MONITOR entry=entry64
	.byte	0xc7, 0x05		/* movl $site, vcpu->site */
	VCPU	AB_VCPU_SITE
	HOLE	AB_HOLE_SITE
	.long	0
	.byte	0xea			/* ljmp $HOST_CS64, $entry64 */
	HOLE	AB_HOLE_TEXT
	.long	\entry - text
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
slot:	.fill	AB_ENTRY_SLOTS, 8, 0	/* the monitor's 64-bit entries, set at start */
	.code64
.macro ENTRY name, n
\name:	movq	slot+8*\n(%rip), %r8	/* r8 does not exist for the guest */
	jmp	*%r8
.endm
	ENTRY	entry64, AB_ENTRY_CALL
	ENTRY	entry64_iret, AB_ENTRY_IRET
	ENTRY	entry64_vsyscall, AB_ENTRY_VSYSCALL
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
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	.byte	0xc6, 0x05		/* movb $0, doorbell->vif */
	DOORBELL AB_VCPU_VIF
	.byte	0
	JMP_EXIT
	UNWIND	0
2:	.byte	0xc6, 0x05		/* movb $AB_VIF_OFF, vcpu->vif */
	VCPU	AB_VCPU_VIF
	.byte	AB_VIF_OFF_BYTE
	popfl
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
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

/* ---- loads of selectors that were loaded before ----
 *
 * eax: the selector.  Both ways of the register's cache are tried; in a hit the
 * descriptor still has the bytes that it had, so the monitor need not look at it.
 * Differences are taken by lea and tested by jecxz: no flag changes. */
.macro CACHE seg, way, field
	VCPU	(AB_VCPU_CACHE+(\seg*AB_CACHE_WAYS+\way)*AB_CACHE_SIZE+\field)
.endm

/* movl cache entry's (field), %ecx or %edx */
.macro CACHE_ECX seg, way, field
	.byte	0x8b, 0x0d
	CACHE	\seg, \way, \field
.endm
.macro CACHE_EDX seg, way, field
	.byte	0x8b, 0x15
	CACHE	\seg, \way, \field
.endm

/* To (hit) with the target's selector in edx, or fall through. */
.macro CACHE_TRY seg, way, hit
	CACHE_ECX \seg, \way, AB_CACHE_NSEL
	leal	(%eax,%ecx), %ecx
	jecxz	11f
	jmp	19f
11:	CACHE_EDX \seg, \way, AB_CACHE_VA
	movl	(%edx), %edx
	CACHE_ECX \seg, \way, AB_CACHE_NLO
	leal	(%edx,%ecx), %ecx
	jecxz	12f
	jmp	19f
12:	CACHE_EDX \seg, \way, AB_CACHE_VA
	movl	4(%edx), %edx
	CACHE_ECX \seg, \way, AB_CACHE_NHI
	leal	(%edx,%ecx), %ecx
	jecxz	13f
	jmp	19f
13:	CACHE_EDX \seg, \way, AB_CACHE_HSEL
	jmp	\hit
19:
.endm

/* Load the selector in eax, where eax, ecx and edx are saved. */
.macro CACHED_LOAD name, seg, reg
	CACHE_TRY \seg, 0, 20f
	CACHE_TRY \seg, 1, 20f
	jmp	\name\()_call
20:	.byte	0x8b, 0x0d		/* movl vcpu->hsel[seg], %ecx */
	VCPU	(AB_VCPU_HSEL+4*\seg)
	notl	%ecx
	leal	1(%edx,%ecx), %ecx
	jecxz	21f			/* it is there already */
	movl	%edx, %\reg
	.byte	0x89, 0x15		/* movl %edx, vcpu->hsel[seg] */
	VCPU	(AB_VCPU_HSEL+4*\seg)
21:	.byte	0xa3			/* movl %eax, vcpu->sel[seg] */
	VCPU	(AB_VCPU_SEL+4*\seg)
.endm

/* A mov that needs no stack must do without one: registers go to the vCPU page. */
#define SCRATCH(n)	(AB_VCPU_SCRATCH + 4 * n)
#define THREE_SAVED	0, 3, 0x210, AB_UNWIND_VCPU

.macro SAVE_THREE
	UNWIND	0
	.byte	0xa3			/* movl %eax, scratch 0 */
	VCPU	SCRATCH(0)
	.byte	0x89, 0x0d		/* movl %ecx, scratch 1 */
	VCPU	SCRATCH(1)
	.byte	0x89, 0x15		/* movl %edx, scratch 2 */
	VCPU	SCRATCH(2)
	UNWIND	THREE_SAVED
.endm
.macro RESTORE_THREE
	.byte	0x8b, 0x15		/* movl scratch 2, %edx */
	VCPU	SCRATCH(2)
	.byte	0x8b, 0x0d		/* movl scratch 1, %ecx */
	VCPU	SCRATCH(1)
	.byte	0xa1			/* movl scratch 0, %eax */
	VCPU	SCRATCH(0)
	UNWIND	0
.endm

.macro LOAD_SEG seg, reg
TEMPLATE write_\reg, OP_WRITE_SEG, AB_FORM_STUB, AB_MATCH_SRC_REG, \seg
	SAVE_THREE
	.byte	0x0f, 0xb7		/* movzwl %source, %eax */
	HOLE	AB_HOLE_SRC_RM
	.byte	0xc0
	CACHED_LOAD write_\reg, \seg, \reg
	RESTORE_THREE
	JMP_EXIT
	UNWIND	THREE_SAVED
write_\reg\()_call:
	RESTORE_THREE
	CALL_MONITOR
END_TEMPLATE write_\reg

TEMPLATE pop_\reg, OP_POP_SEG, AB_FORM_STUB, AB_MATCH_OPSIZE32, \seg
	SAVE_THREE
	movzwl	(%esp), %eax
	CACHED_LOAD pop_\reg, \seg, \reg
	RESTORE_THREE
	leal	4(%esp), %esp
	UNWIND	0, 0, 0, AB_UNWIND_COMMITTED
	JMP_EXIT
	UNWIND	THREE_SAVED
pop_\reg\()_call:
	RESTORE_THREE
	CALL_MONITOR
END_TEMPLATE pop_\reg
.endm
	LOAD_SEG SEG_DS, ds
	LOAD_SEG SEG_ES, es
	LOAD_SEG SEG_FS, fs
	LOAD_SEG SEG_GS, gs

/* The monitor has a short way for a return to ring 3 as Linux makes it. */
TEMPLATE iret, OP_IRET, AB_FORM_STUB, AB_MATCH_OPSIZE32, AB_SUB_ANY, AB_TEMPLATE_CALLS
	UNWIND	0
	CALL_MONITOR entry64_iret
END_TEMPLATE iret

/* In ring 3, at whatever address: a far call to 64-bit code, which is told by it
 * where the int stands.  The int itself stays, for restarts. */
TEMPLATE vsyscall, OP_VSYSCALL, AB_FORM_INLINE, AB_MATCH_ANY, AB_SUB_ANY, AB_TEMPLATE_CALLS
	.byte	0x9a			/* lcall $HOST_CS64, $entry64_vsyscall */
	HOLE	AB_HOLE_TEXT
	.long	entry64_vsyscall - text
	.short	HOST_CS64
	.byte	0xcd
	HOLE	AB_HOLE_IMM8
	.byte	0
END_TEMPLATE vsyscall

/* The host's counters are the guest's, and waiting for them may end early. */
	NATIVE	OP_RDTSC
	NATIVE	OP_RDTSCP
	NATIVE	OP_RDPMC
	NATIVE	OP_RDPID
	NATIVE	OP_UMONITOR
	NATIVE	OP_UMWAIT
	NATIVE	OP_TPAUSE
/* A page table is memory: what it maps is mapped here when it is touched, or on the
 * way back from the fault that it was written for. */
	NATIVE	OP_PTE_WRITE

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
