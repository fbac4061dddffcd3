x:	cli
	.ascii "abc
