	cli
.macro foo a
	hlt
