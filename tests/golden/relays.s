# --isa i386
	.macro m0 x
	\x
	.endm
	.macro m1 x
	m0 \x
	m0 \x
	m0 \x
	m0 \x
	m0 \x
	m0 \x
	m0 \x
	m0 \x
	.endm
	.macro m2 x
	m1 \x
	m1 \x
	m1 \x
	m1 \x
	m1 \x
	m1 \x
	m1 \x
	m1 \x
	.endm
	.macro m3 x
	m2 \x
	m2 \x
	m2 \x
	m2 \x
	m2 \x
	m2 \x
	m2 \x
	m2 \x
	.endm
	.macro m4 x
	m3 \x
	m3 \x
	m3 \x
	m3 \x
	m3 \x
	m3 \x
	m3 \x
	m3 \x
	.endm
	.macro m5 x
	m4 \x
	m4 \x
	m4 \x
	m4 \x
	m4 \x
	m4 \x
	m4 \x
	m4 \x
	.endm
	.macro m6 x
	m5 \x
	m5 \x
	m5 \x
	m5 \x
	m5 \x
	m5 \x
	m5 \x
	m5 \x
	.endm
	.macro m7 x
	m6 \x
	m6 \x
	m6 \x
	m6 \x
	m6 \x
	m6 \x
	m6 \x
	m6 \x
	.endm
	.macro m8 x
	m7 \x
	m7 \x
	m7 \x
	m7 \x
	m7 \x
	m7 \x
	m7 \x
	m7 \x
	.endm
	.if 0
	m8 cli
	.endif
	m0 sti
