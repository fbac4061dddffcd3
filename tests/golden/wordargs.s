# --isa i386
# the argument of a macro is the mnemonic, or a part of it, or all there is
.macro DO op, operands:vararg
	\op \operands
.endm
.macro FLAGS size
	pushf\size
	popf\size
.endm
.macro SAFE op
	.globl \op\()_safe
\op\()_safe:
	\op
.endm
.macro ALL insn:vararg
	\insn
.endm
	.irp insn, cli, nop, wbinvd
	\insn
	.endr
	DO cli
	DO lidt, (%eax)
	DO mov, %eax, %ebx
	FLAGS l
	FLAGS w
	SAFE rdmsr
	ALL hlt
	ALL mov %eax, %cr3
