	cli
.rept 3
	hlt
