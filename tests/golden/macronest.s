# --isa i386
# .irp in a macro, recursion, conditions, names in capitals
	.irpc c, 0234
	mov %cr\c, %eax
	.endr
	.irp insn, cli, sti, "hlt", "mov %eax, %cr0", pushf
	\insn
	.endr
	.irp insn
	cli
	.endr
	.irp insn,
	cli
	\insn
	.endr
	.macro nest
	.irp a, cli, sti
	.irp b, ds, es
	\a
	push %\b
	.endr
	.endr
	.endm
	nest
	.macro gen suffix
	.irp op, push, pop
	\op\()f\suffix
	.endr
	.endm
	.macro rec n
	.if \n
	cli
	rec "(\n-1)"
	.endif
	.endm
	rec 3
	.macro cond c
	.ifc \c,x
	cli
	.exitm
	.elseif 0
	hlt
	.else
	sti
	.endif
	ret
	.endm
	cond x
	cond y
	.macro v_if a b
	.ifb \a
	cli
	.endif
	.ifnb \b
	hlt
	.endif
	.ifeqs "\a","x"
	pushf
	.endif
	.endm
	v_if
	v_if x, y
	.macro call_later
	later
	.endm
	.macro later
	cli
	.endm
	call_later
	LATER
	.MACRO UPPER
	CLI
	.ENDM
	upper
