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
# defined after the macro that calls it
	.macro outer
	later
	.endm
	.macro later
	pushl %gs
	.endm
	.macro nobody
	pushl %fs
	.endm
	.text
	.globl entry
entry:
	save
	outer
inner:
	nop
	.type entry, @function
	.size entry, .-entry
	.globl quiet
quiet:
	other
	.type quiet, @function
	.size quiet, .-quiet
