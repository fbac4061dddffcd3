# --isa i386
	cli
	.bundle_align_mode 4
	cli
	.bundle_lock
	pushf
	cli
	.bundle_unlock
	.p2align 4
	sti
