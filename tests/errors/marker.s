# 1 "orig.c"
	cli
# 40 "orig.h"
	nop
	nop; .if 1 ; cli
