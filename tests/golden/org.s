# --isa i386
# Before an .org nothing is padded; after the last one, and where it counts from
# ".", as always.
	.code32
	.text
start:	cli
	pushf
	.org 0x10
second:	sti
	mov %cr0, %eax
	. = 0x20
third:	cli
	.org . + 4
	hlt
	.section .init.text,"ax"
	cli
