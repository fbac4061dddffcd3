# --isa x86-64
	.intel_syntax noprefix
	mov rax, cr3
	mov cr3, rax
	mov ax, ds
	mov es, ax
	mov [rbx], gs
	push fs
	in al, dx
	out 0x80, al
	lidt [rax+8]
	pushfq
	pop rax
	iretq
	jmp fword ptr [rax]
	jmp rax
	call qword ptr [rax]
	mov rax, fs:[0x28]
	insd
	rep outsb
	.att_syntax
	mov %ds, %ax
	mov %fs:0x28, %rax
	.intel_syntax prefix
	mov %rax, %cr0
	.att_syntax noprefix
	mov cr0, rax
	mov ds, ax
	.att_syntax prefix
	movq %rax, %dr7
