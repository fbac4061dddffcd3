# --isa i386
# a sensitive word in a comment: cli
/ cli: a comment, too, at the begin of a statement
	cli # sti; hlt
	cli /* sti */ /* again */
	/* before */ cli /* behind
	over a line: cli */ hlt
	lidt /* in the */ (%eax) /* operands */
	nop; / cli ; rest of the line
	mov %cr0, %eax	# %cr3
	.ascii "/* no comment */ cli" ; cli
	.ascii "# cli \" ; cli \\" ; sti ; nop
	movb $'#, %al ; cli
	movb $';, %al ; cli
	movb $'", %al ; cli
	movb $'\\, %al ; cli
	movb $'\'', %al ; cli
