# --isa i386
	cli
	.code16
	cli
	lidt (%bx)
	.code16gcc
	hlt
	.code32
	cli
	.code64
	swapgs
