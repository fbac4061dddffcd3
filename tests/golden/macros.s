# --isa i386
.macro SAVE reg:req, ignored=5, rest:vararg
	pushf
	popl \reg
	cli
.endm
.macro OUTER a
	.macro INNER\a
	wbinvd
	.endm
	INNER\a
	.purgem INNER\a
.endm
.macro EXIT n
	.if \n == 1
	.exitm
	.endif
	hlt
lab\@:	jmp lab\@
.endm
	.text
	SAVE %eax
	SAVE %ebx, 7, any, thing else
	SAVE reg=%ecx
	OUTER 1
	EXIT 1
	EXIT 2
	.section .other,"ax",@progbits
	SAVE %edx
	.data
	.byte 1
	.section .init.text,"ax"
	EXIT 3
	.previous
	.long 5
	.pushsection .text
	EXIT 4
	.popsection
	.long 6
	.text
	SAVE %esi
	.subsection 1
	SAVE %edi
	.previous
	SAVE %ebp
