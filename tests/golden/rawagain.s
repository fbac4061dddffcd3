# --isa i386
	.section .cpuidle.text,"ax",@progbits
	.byte 0x0f,0x01,0xc8
	.text
	nop
# as remembers the flags of a section
	.section .cpuidle.text
	.byte 0x0f,0x01,0xc8
	.section .table,"a",@progbits
	.byte 0x0f,0x01,0xc8
