# --isa x86-64
	.altmacro
	.macro do insn
	insn
	.endm
	do hlt
	do <mov %cr0, %rax>
	do nop
	.macro get a
	mov a, %eax
	.endm
	get <%ds>
	get <%ebx>
	.macro both a, b
	mov a, b
	.endm
	both <%cr0>, <%rax>
	.macro part n
	mov %cr&n, %rax
	mov %cr\n, %rax
	.endm
	part 2
	.macro word first
	first&i
	.endm
	word cl
	.noaltmacro
