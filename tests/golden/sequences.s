# --isa i386
	.file "t.c"
	.file 1 "t.c"
f:
	.cfi_startproc
	sti
	.loc 1 2 3
	hlt
	sti
#NO_APP
.LVL1:
	.cfi_remember_state
#APP
# 12 "t.c" 1
	mwait
# 0 "" 2
	sti
.Ltarget:
	hlt
	jmp .Ltarget
	sti
1:	hlt
	jmp 1b
	mov %ax, %ss
	movl %ebx, %esp
	mov %ax, %ss
2:	movl %ebx, %esp
	jmp 2b
	sti; ret
	sti
	jmp f
	sti
	.cfi_restore_state
	.cfi_endproc
	.section .debug_loc,""
	.long .LVL1
