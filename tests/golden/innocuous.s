# --isa i386
	movl %eax, %ebx
	push %eax
	.ascii "cli"
	movl $cli, %eax
	ret
