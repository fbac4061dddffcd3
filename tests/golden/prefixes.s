# --isa i386
	rep; insb
	rep ; ; outsl
	rep insl
	lock; addl $1, (%eax)
	cs; lidt (%eax)
	lidt %cs:(%eax)
	data16 lretl
	data16
	iret
	addr16 lgdt (%bx)
	{disp32} lidt (%eax)
	.byte 0x66; lret
	.byte 0x66
	nop
	cli
	ds cli
