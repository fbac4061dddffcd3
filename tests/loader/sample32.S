/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A guest that is never run: one site of every kind, with hand-made notes. */
#include "sites.inc"
#include "ops.inc"

NOTE_BEGIN .text
STRING rule10, "sample.rules:10"
STRING rule20, "sample.rules:20"
STRING hook, "the_hook"

	.text
	.globl	_start, flags, registers, memory, ports, sequences, others
	.type	_start, @function
_start:
	nop
	.size	_start, . - _start

	.type	flags, @function
flags:
SITE OP_CLI, 7, 1, 0, "cli", rule10
SITE OP_STI, 9, 1, 0, "sti", rule20
SITE OP_PUSHF, 5, 1, 0, "pushf"
SITE OP_PUSHF, 5, 1, 0, "pushfw"
SITE OP_POPF, 5, 1, AB_DEAD_REG(0), "popf"
SITE OP_POPF, 5, 1, AB_DEAD_FLAGS, "popf"
	ret
	.size	flags, . - flags

	.type	registers, @function
registers:
SITE OP_READ_CR, 6, 1, 0, "mov %cr0, %ebx"
SITE OP_READ_CR, 6, 1, 0, "mov %cr3, %esi"
SITE OP_READ_CR, 6, 1, 0, "mov %cr2, %esi"
SITE OP_WRITE_CR, 5, 1, 0, "mov %eax, %cr4"
SITE OP_READ_SEG, 7, 1, 0, "mov %fs, %edi"
SITE OP_READ_SEG, 7, 1, 0, "mov %cs, %ax"
SITE OP_PUSH_SEG, 6, 1, 0, "push %cs"
SITE OP_PUSH_SEG, 6, 1, 0, "pushw %cs"
SITE OP_RDTSC, 2, 1, 0, "rdtsc"
	ret
	.size	registers, . - registers

memory:				/* a size, no type: as Linux's SYM_CODE_START */
SITE OP_READ_SEG, 7, 1, 0, "mov %ds, 8(%esp)"
inside:				/* and a label in it that has neither */
SITE OP_LGDT, 5, 1, 0, "lgdt (%esp)"
SITE OP_LGDT, 8, 1, 0, "lgdt %fs:0x1234"
SITE OP_INVLPG, 5, 1, 0, "invlpg (%eax,%ecx,4)"
SITE OP_SMSW, 5, 1, 0, "smsw -4(%ebp)"
	ret
	.size	memory, . - memory

	.type	ports, @function
ports:
SITE OP_PORT_IN, 5, 1, 0, "inb $0x60, %al"
SITE OP_PORT_OUT, 5, 1, 0, "outl %eax, %dx"
SITE OP_PORT_INS, 5, 1, 0, "rep insw"
SITE OP_PORT_OUTS, 5, 1, 0, "fs outsb"
	ret
	.size	ports, . - ports

	.type	sequences, @function
sequences:
SITE OP_STI_HLT, 7, 2, 0, "sti; hlt"
SITE OP_PUSHF_POP, 5, 2, 0, "pushf; pop %edx"
SITE OP_PUSHF_POP_CLI, 6, 3, 0, "pushf; popl 4(%esp); cli"
SITE OP_PUSH_POPF, 5, 2, 0, "push %edx; popf"
SITE OP_SS_SP, 5, 2, 0, "mov %eax, %ss; mov %ebx, %esp"
	ret
	.size	sequences, . - sequences

	.type	others, @function
others:
SITE OP_HOOK_ENTRY, 5, 0, 0, "", 0, hook
SITE OP_INT3, 1, 1, 0, "int3"
SITE OP_HLT, 1, 1, 0, "hlt"
SITE OP_MMIO_WRITE, 6, 1, 0, "movl %eax, 0x80(%ebx)"
SITE OP_FAR_JMP, 7, 1, 0, "ljmp $0x10, $0x12345678"
SITE OP_IRET, 5, 1, 0, "iret"
	cpuid				/* host-dependent, no note */
	str	%eax			/* silent, no note */
	rdmsr				/* traps, no note */
	ret
	.size	others, . - others
NOTE_END .text

/* Real-mode code has a note but is not patched. */
	.section .init.text, "ax"
	.globl	real
real:
NOTE_BEGIN .init.text
	.code16
SITE OP_PUSHF, 3, 1, 0, "pushf", 0, 0, 16
	.code32
NOTE_END .init.text

	.data
	.globl	variable
variable: .long 1
