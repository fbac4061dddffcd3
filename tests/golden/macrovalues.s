# --isa i386
# defaults, calls of macros that come later, values that are handed on
	.macro one
	two "cli"
	two hlt
	two sti
	.endm
	.macro two x
	\x
	.endm
	.macro three y
	two "\y"
	.endm
	.macro four y
	two \y
	.endm
f:
	one
	three cli
	four hlt
	.macro dflt x="mov %cr0, %eax", y=cli, z
	\x
	nop
	\y
	.endm
	dflt
	dflt cli, hlt
	dflt , sti
	dflt y="mov %eax, %cr0"
	.macro m1 a = cli, b : vararg
	\a
	\b
	.endm
	m1
	m1 , sti
	m1 nop, hlt
	.macro rd r=%cr0, d=%eax
	mov \r, \d
	.endm
	rd
	rd %cr3
	rd %ebx
	rd "%cr2", "%ecx"
	.macro inp op=in
	\op %dx, %al
	.endm
	inp
	inp op=in
	.macro both a, b
	\a
	\b
	.endm
	both "cli", "hlt"
	both b=cli, a=sti
	.macro use_it x
	both \x, nop
	both "\x", nop
	.endm
	use_it cli
	use_it hlt
	.macro x1 a
	.macro inner_\a q
	\q
	.endm
	.endm
	x1 z
	inner_z cli
	inner_z "mov %cr0, %eax"

	.macro mnem2 suf
	push\suf %ds
	.endm
	mnem2 l
	mnem2 w
	.macro inst op, args:vararg
	\op \args
	.endm
	inst mov, %cr0, %eax
	inst cli
	inst mov %cr2, %eax
	.macro inst2 op, a, b
	\op \a, \b
	.endm
	inst2 mov, %cr0, %eax
	inst2 mov, %ecx, %eax
