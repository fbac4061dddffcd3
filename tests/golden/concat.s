# --isa x86-64
	.irpc c, 03
	mov %rax, %cr\()\c
	.endr
	.macro load n, r
	mov %\()cr\n\(), %\r
	.endm
	load 2, rax
	.macro two a, b
	mov %\()\a\b\(), %rax
	.endm
	two cr, 4
	two r, bx
