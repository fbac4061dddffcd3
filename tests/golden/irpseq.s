# --isa x86-64
# what follows an argument is no part of its site: for other arguments it stands alone
	.irp a, nop, sti
	\a
	hlt
	nop
	.endr
	.irp a, "sti; hlt", cli
	\a
	.endr
# 7 "a \"b\".c"
	wbinvd
