# --isa x86-64
# a macro that goes on in a section of its argument's name: nobody follows it there
	.macro trap
	cli
	.endm
	.macro thunk reg
	.section .text.thunk_\reg,"ax",@progbits
	trap
	mov %\reg, %cr3
	.endm
	trap
	wbinvd
	thunk rax
	hlt
	.text
	hlt
