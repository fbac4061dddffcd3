/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes that lie, each in another way; one good site at the end. */
#include "sites.inc"
#include "ops.inc"

/* An entry that says what it likes about address (at). */
.macro CLAIM op, insn_len, total, count, at, dead=0, bits=32
	IN_NOTE 1
	.long	\at - .
	.byte	\insn_len, \total
	.short	\op
	.long	\dead
	.short	0
	.byte	\bits, \count
	.long	0
	.popsection
.endm

NOTE_BEGIN .text
	.text
	.globl	_start
_start:
not_cli:	nop
		.nops	6
CLAIM OP_CLI, 1, 7, 1, not_cli		/* bytes */
bad_pad:	cli
		mov	%eax, %ebx
		.nops	4
CLAIM OP_CLI, 1, 7, 1, bad_pad		/* pad */
cut_pad:	cli
		.byte	0x0f, 0x1f, 0x44, 0, 0
CLAIM OP_CLI, 1, 4, 1, cut_pad		/* pad ends inside a no-op */
length:		mov	%cr0, %eax
		.nops	4
CLAIM OP_READ_CR, 2, 7, 1, length	/* instruction is longer */
CLAIM OP_CLI, 1, 7, 1, variable		/* not executable */
CLAIM OP_CLI, 1, 7, 1, 0x10		/* nowhere */
CLAIM 7, 1, 7, 1, good			/* no such op */
CLAIM OP_CLI, 1, 255, 1, good		/* leaves the section's bytes */
CLAIM OP_CLI, 0, 7, 0, good		/* empty */
CLAIM OP_CLI, 5, 3, 1, good		/* longer than in all */
CLAIM OP_CLI, 1, 7, 2, good		/* too many instructions */
CLAIM OP_CLI, 1, 7, 1, good, 0x80000000	/* unknown dead bits */
CLAIM OP_CLI, 1, 7, 1, good, 0, 48	/* no such width */
CLAIM OP_STI_HLT, 2, 7, 2, good		/* sequence that is not there */
CLAIM OP_CLI, 1, 7, 1, last		/* and by little */
SITE OP_CLI, 7, 1, 0, "cli"
SITE OP_STI, 8, 1, 0, "sti"
good:		cli
		.nops	6
CLAIM OP_CLI, 1, 7, 1, good
CLAIM OP_CLI, 1, 7, 1, good		/* twice: overlaps */
CLAIM OP_CLI, 1, 3, 1, good + 1		/* middle of a pad */
	.section .text.last, "ax"
last:		cli
NOTE_END .text
	.data
variable: .long 0x90909090, 0x90909090
