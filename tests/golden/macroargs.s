# --isa i386
.macro ALTERNATIVE oldinstr, newinstr
140:
	\oldinstr
141:
	.pushsection .altinstr_replacement,"ax"
143:
	\newinstr
144:
	.popsection
.endm
.macro TWICE one
	ALTERNATIVE "\one", "nop"
	\one
.endm
.macro BLANK one
	.ifnb \one
	\one
	.endif
.endm
.macro MIXED insn
	\insn
	.ascii "\insn"
.endm
	ALTERNATIVE "cli", "sti"
	ALTERNATIVE "pushf; pop %eax; cli", "hlt"
	ALTERNATIVE hlt, nop
	ALTERNATIVE newinstr="lidt (%eax)", oldinstr="lgdt 8(%esp)"
	TWICE "wbinvd"
	BLANK "cli"
	MIXED "cli"
	nop
