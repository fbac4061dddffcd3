# --isa i386
	.altmacro
	.macro outer name, insn
	LOCAL l1
	.macro name&_inner x
	x
	.endm
l1:	insn
	.endm
	outer foo, <cli>
	outer bar, <mov %cr0, %eax>
	foo_inner <sti>
	bar_inner <mov %eax, %cr3>
	foo_inner hlt
	foo_inner nop
	.noaltmacro
