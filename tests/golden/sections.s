# --isa x86-64
	cli
	.section ".quoted text","ax",@progbits
	cli
	.section .text.comdat,"axG",@progbits,grp,comdat
	cli
	.pushsection .text.unlikely,"ax"
	hlt
	.popsection
	wbinvd
	.section .text.comdat,"axG",@progbits,other,comdat
	invd
	.section .data.code,"aw"
	cli
	.previous
	clts
	.section .rodata
	.byte 0xfa
	.section .altinstr_replacement,"ax"
	wrmsr
	.section .u,"ax",@progbits,unique,1
	rdmsr
	.section .u,"ax",@progbits,unique,2
	rdmsr
	.text 1
	swapgs
	.text
	rdtscp
	.bss
	.zero 4
	.section .text.comdat,"axG",@progbits,grp,comdat
	hlt
