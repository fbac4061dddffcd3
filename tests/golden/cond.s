# --isa i386
	.ifdef NOTHING
	cli
	.section .never,"ax"
	.elseif 1
	sti
	nop
	.else
	hlt
	.endif
	.ifc a b,a b
	wbinvd
	.endif
	.ifndef X
	.section .cond.text,"ax"
	.endif
	invd
	.if 1 ; clts ; .endif
