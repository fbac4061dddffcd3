/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The x86-64 counterpart of sample32.S. */
#include "sites.inc"
#include "ops.inc"

NOTE_BEGIN .text
STRING rule10, "sample.rules:10"
	.text
	.globl	_start
	.type	_start, @function
_start:
SITE OP_CLI, 8, 1, 0, "cli", rule10
SITE OP_PUSHF, 5, 1, AB_DEAD_REG(8) | AB_DEAD_REG(15), "pushfq"
SITE OP_READ_CR, 8, 1, 0, "mov %cr3, %r9"
SITE OP_LGDT, 7, 1, 0, "lgdt 0x10(%rip)"
SITE OP_SWAPGS, 5, 1, 0, "swapgs"
SITE OP_SYSRET, 5, 1, 0, "sysretq"
SITE OP_IRET, 5, 1, 0, "iretq"
SITE OP_INVLPG, 5, 1, 0, "invlpg (%r12)"
	ret
	.size	_start, . - _start
NOTE_END .text
