# --isa x86-64
	.set seg, %ds
	.equ again, seg
	control = %cr3
	mov seg, %eax
	mov %eax, again
	mov control, %rax
	mov %rax , control
	.set plain, %rbx
	mov plain, %rax
	.intel_syntax noprefix
	.set page, cr3
	mov page, rax
	.att_syntax
