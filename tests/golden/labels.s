# --isa i386
	.globl f
f: cli
f2 : g: hlt
1: 20: 300: cli; 2 :hlt
"a b": cli
cd = 5
x = 4; y = 5
. = . + 2
	.org . + 1
	.set cli, 3
	.equ hlt, 4
	movl $cli, %eax
	jmp 1b
20061: nop
	jmp 20061b
	sti
	nop
	.section __ex_table,"a"
	.long 1b - ., 2b - .
	.long 20b - ., hlt
