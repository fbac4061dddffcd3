# --isa i386
	nop
	hlt