# --isa x86-64
# an argument that is a statement and part of a name: nothing else is here
.macro safe op
	.globl \op\()_safe
\op\()_safe:
1:	\op
	ret
.endm
	safe rdmsr
	safe op=wrmsr
