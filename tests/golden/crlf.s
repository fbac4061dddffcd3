# --isa i386
	cli
foo:	cli # comment
	nop
	hlt 	
