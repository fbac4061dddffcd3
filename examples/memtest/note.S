/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tells aftermon that a kernel is started by Linux's 32-bit boot protocol. */
	.section .note.Linux, "a", @note
	.long	6, 4, 0
	.asciz	"Linux"
	.balign	4
	.long	0
	.section .note.GNU-stack, "", @progbits
