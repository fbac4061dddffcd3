# --isa i386 -r macrouse.rules
	.macro restore ds=1
	.if \ds
	popl %ds
	.endif
	.endm
	.macro save
	pushl %ds
	restore
	.endm
	.macro other
	pushl %es
	.endm
	.macro nobody
	pushl %fs
	.endm
	.text
	.globl entry
entry:
	save
inner:
	nop
	.type entry, @function
	.size entry, .-entry
	.globl quiet
quiet:
	other
	.type quiet, @function
	.size quiet, .-quiet
