# --isa x86-64
	.rept 3
	wbinvd
	.endr
	.irp reg, rax, rbx, r12
	mov %cr3, %\reg
	mov %\reg, %cr3
	.endr
	.irpc n, 03
	mov %cr\n, %rax
	.endr
	.rept 2
	.rept 2
	cli
	.endr
	.endr
