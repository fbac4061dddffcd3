# --isa x86-64
# items of .irp with quotes: as takes them off
	.text
	.irp x, "pushfq", hlt
	\x
	.endr
# what .ifc cannot compare is listed
	.irp insn, "mov %cr0, %rax", "cli; nop", "nop"
	\insn
	.endr
	.irp insn, nop, "nop; nop", "mov %rax, %rbx"
	\insn
	.endr
