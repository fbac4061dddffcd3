# --isa i386
# \@ names a symbol that lasts: a call more would change it
	.macro DO insn
before\@:
	\insn
	.endm
	DO cli
	DO "mov %cr0, %eax"
	sti
