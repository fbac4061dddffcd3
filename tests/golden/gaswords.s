# --isa i386
	.intel_syntax noprefix
	.sect .text.foo,"ax"
	jmp flat:[bar]
	jmp bar
	cli
	.if 0
	sti
	.endc
bar:	ret
	.slong 0x0009f4fa
