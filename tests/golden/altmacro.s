# --isa i386
.altmacro
.macro LOAD reg, n
	local skip
	.if n
	jmp skip
	.endif
	movl %cr0, reg
skip:
.endm
	LOAD <%eax>, %(1+1)
	LOAD <%ebx>, 0
.noaltmacro
	cli
