	cli
.if 1
	hlt
