# --isa i386
# the argument of a macro decides whether the instruction is sensitive
.macro LOAD reg, from=%eax
	mov \from, \reg
.endm
.macro SAVE regs:vararg
	.irp r, \regs
	push \r
	.endr
.endm
	LOAD %ebx
	LOAD %ds
	LOAD reg=%es, from=%ebx
	LOAD %ecx, %cr0
	LOAD %edx, 8(%esp)
	.irp r, %fs, %eax, %gs
	push \r
	.endr
	.irpc n, 023
	mov %cr\n, %eax
	.endr
	.section .other,"ax"
	LOAD %ss
