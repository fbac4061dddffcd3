# --isa i386
# what the tool of 2006 missed or choked on
	in (%dx), %al
	in %dx, %al
	insl
	outsb
	iretw
	iretl
	lretl
	lcall $0x8, $0x1234
	lcall *(%eax)
	ljmp *4(%esp)
	popfw
	lldtw %ax
	ltrw %ax
	smsww %ax
	sysenter
	sysexit
	int3
	into
	int $0x80
	rdtsc
	rdpmc
	verr %ax
	mwait
	movl %db7, %eax
	movl %eax, %dr7
	movups %xmm0, (%eax)
	vmovups %ymm1, (%eax)
	call memcpy@PLT
	lgdt 4(%esp)
	lidt foo-0x40000000(,%eax,8)
	mov %gs:0x14, %eax
	movw %fs, 2(%ebx)
	popl %gs
	pushl %cs
	CLI
	PushF
