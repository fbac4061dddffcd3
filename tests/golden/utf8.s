# --isa x86-64
	.ascii "äö� cli"
# ß� cli
grün:	cli
	jmp grün
