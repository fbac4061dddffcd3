/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small wedge for the patcher's tests (target "test"): every form, match and
 * hole once, in rows that are easy to check by hand.
 */
#define __ASSEMBLER__ 1
#include "abi/wedge.h"
#include "ops.inc"

.macro ROW op, form, match, sub, flags, name, dead, hole, holes
	.short	\op
	.byte	\form, \match, \sub, \flags
	.short	\name\()_end - \name
	.long	\name - text, \dead
	.short	\hole, \holes, 0, 1
.endm

	.section .ab.manifest, "a"
	.quad	AB_WEDGE_MAGIC
	.short	AB_WEDGE_ABI, 3
	.short	(rows_end - rows) / 24, (holes_end - holes) / 4, 1, 0
	.long	0xffc00000, 0x400000, 0
	.ascii	"test\0\0\0\0\0\0\0\0\0\0\0\0"
rows:
	ROW OP_CLI, AB_FORM_INLINE, AB_MATCH_ANY, AB_SUB_ANY, 0, cli, 0, 0, 1
	ROW OP_STI, AB_FORM_INLINE, AB_MATCH_ANY, AB_SUB_ANY, 0, sti, 0, 1, 1
	ROW OP_PUSHF, AB_FORM_STUB, AB_MATCH_OPSIZE32, AB_SUB_ANY, 0, pushf, 0, 2, 1
	ROW OP_POPF, AB_FORM_STUB, AB_MATCH_OPSIZE32, AB_SUB_ANY, 0, popf_dead, AB_DEAD_FLAGS_, 3, 1
	ROW OP_READ_CR, AB_FORM_INLINE, AB_MATCH_DST_REG32, 0, 0, read_cr0, 0, 4, 2
	ROW OP_READ_CR, AB_FORM_INLINE, AB_MATCH_DST_REG32, 3, 0, read_cr3, 0, 4, 2
	ROW OP_READ_SEG, AB_FORM_INLINE, AB_MATCH_DST_REG32, AB_SUB_ANY, 0, read_seg, 0, 6, 3
	ROW OP_READ_SEG, AB_FORM_INLINE, AB_MATCH_DST_REG16, AB_SUB_ANY, 0, read_seg16, 0, 9, 3
	ROW OP_PUSH_SEG, AB_FORM_INLINE, AB_MATCH_OPSIZE32, AB_SUB_ANY, 0, push_seg, 0, 12, 2
	ROW OP_PORT_IN, AB_FORM_STUB, AB_MATCH_DST_REG, AB_SUB_ANY, 0, port_in, 0, 14, 3
	ROW OP_PUSHF_POP, AB_FORM_STUB, AB_MATCH_DST_REG, AB_SUB_ANY, 0, pushf_pop, 0, 17, 2
	ROW OP_RDTSC, AB_FORM_NATIVE, AB_MATCH_ANY, AB_SUB_ANY, 0, nothing, 0, 0, 0
.macro GENERIC op
	ROW \op, AB_FORM_STUB, AB_MATCH_ANY, AB_SUB_ANY, AB_TEMPLATE_CALLS, generic, 0, 19, 2
.endm
.irp op, OP_PUSHF, OP_POPF, OP_READ_CR, OP_WRITE_CR, OP_READ_SEG, OP_PUSH_SEG, OP_LGDT, OP_INVLPG, OP_SMSW
	GENERIC \op
.endr
.irp op, OP_PORT_IN, OP_PORT_OUT, OP_PORT_INS, OP_PORT_OUTS, OP_PUSHF_POP, OP_PUSHF_POP_CLI, OP_PUSH_POPF
	GENERIC \op
.endr
.irp op, OP_STI_HLT, OP_SS_SP, OP_HLT, OP_FAR_JMP, OP_IRET, OP_HOOK_ENTRY
	GENERIC \op
.endr
rows_end:
holes:
	.short	2, AB_HOLE_VCPU
	.short	2, AB_HOLE_DOORBELL
	.short	2, AB_HOLE_EXIT
	.short	2, AB_HOLE_EXIT
	.short	1, AB_HOLE_REG_REG,  2, AB_HOLE_VCPU
	.short	1, AB_HOLE_REG_REG,  2, AB_HOLE_SUB4,  2, AB_HOLE_VCPU
	.short	2, AB_HOLE_REG_REG,  3, AB_HOLE_SUB4,  3, AB_HOLE_VCPU
	.short	2, AB_HOLE_SUB4,  2, AB_HOLE_VCPU
	.short	1, AB_HOLE_IMM8,  3, AB_HOLE_TEXT,  8, AB_HOLE_EXIT
	.short	0, AB_HOLE_REG_RM,  2, AB_HOLE_TEXT_REL
	.short	1, AB_HOLE_SITE,  6, AB_HOLE_TEXT_REL
holes_end:
	.short	0, 0
	.byte	0, 0
	.short	0

	.section .ab.text, "ax"
text:	.quad	0
cli:	.byte	0xc6, 0x05; .long AB_VCPU_VIF; .byte AB_VIF_OFF_BYTE
cli_end:
sti:	.byte	0xc6, 0x05; .long AB_VCPU_VIF; .byte 0
sti_end:
pushf:	pushf; .byte 0xe9; .long 0
pushf_end:
popf_dead: popf; .byte 0xe9; .long 0
popf_dead_end:
read_cr0: .byte 0x8b, 0x05; .long AB_VCPU_CR0
read_cr0_end:
read_cr3: .byte 0x8b, 0x05; .long AB_VCPU_CR3
read_cr3_end:
read_seg: .byte 0x8b, 0x05; .long AB_VCPU_SEL
read_seg_end:
read_seg16: .byte 0x66, 0x8b, 0x05; .long AB_VCPU_SEL
read_seg16_end:
push_seg: .byte 0xff, 0x35; .long AB_VCPU_SEL
push_seg_end:
port_in: .byte 0x6a, 0; .byte 0x68; .long 16; .byte 0xe9; .long 0
port_in_end:
pushf_pop: .byte 0x58, 0xe9; .long 24
pushf_pop_end:
generic: .byte 0xb8; .long 0; .byte 0xe9; .long 32
generic_end:
nothing:
nothing_end:
