# --isa x86-64
# macros of one name, one after the other or by .if, and such that hide an instruction
	.macro cli
	nop
	.endm
	cli
	.macro user
	cli
	.endm
	user
	.purgem cli
	cli
	user
	.if 0
	.macro hlt
	nop
	.endm
	.endif
	hlt
	.macro outer
	.macro sti
	nop
	.endm
	.endm
	sti
	outer
	sti
	.macro early x
	mov \x, %rax
	.endm
	early %cr4
	.macro mov a, b
	movq \a, \b
	.endm
	mov %rax, %cr3
	early %cr4
	.purgem mov
# which of them is it?
	.if 1
	.macro put x
	.ascii "\x"
	.endm
	.else
	.macro put x
	\x
	.endm
	.endif
	put cli
	put "mov %cr0, %rax"
	.if 1
	.macro as x
	\x
	.endm
	.else
	.macro as y
	.ascii "\y"
	.endm
	.endif
	as cli
	as "mov %cr0, %rax"
# the same, told by the order
	.macro load x
	movq \x, %rax
	.endm
	load %cr0
	.purgem load
	.macro load x
	nop
	movq \x, %rax
	.endm
	load %cr2
