# --isa x86-64
# sites outside of macros are in the section that the text tells, however many there are
	.macro trap
	cli
	.endm
	.section .text.f1,"ax",@progbits
	wbinvd
	.section .text.f2,"ax",@progbits
	wbinvd
	.section .text.f3,"ax",@progbits
	wbinvd
	.section .text.f4,"ax",@progbits
	wbinvd
	.section .text.f5,"ax",@progbits
	wbinvd
	.section .text.f6,"ax",@progbits
	wbinvd
	.section .text.f7,"ax",@progbits
	wbinvd
	.section .text.f8,"ax",@progbits
	wbinvd
	.section .text.f9,"ax",@progbits
	wbinvd
	.section .text.f10,"ax",@progbits
	wbinvd
	.section .text.f11,"ax",@progbits
	wbinvd
	.section .text.f12,"ax",@progbits
	wbinvd
	.section .text.f13,"ax",@progbits
	wbinvd
	.section .text.f14,"ax",@progbits
	wbinvd
	.section .text.f15,"ax",@progbits
	wbinvd
	.section .text.f16,"ax",@progbits
	wbinvd
	.section .text.f17,"ax",@progbits
	wbinvd
	.section .text.f18,"ax",@progbits
	wbinvd
	.section .text.f19,"ax",@progbits
	wbinvd
	.section .text.f20,"ax",@progbits
	wbinvd
	.section .text.f21,"ax",@progbits
	wbinvd
	.section .text.f22,"ax",@progbits
	wbinvd
	.section .text.f23,"ax",@progbits
	wbinvd
	.section .text.f24,"ax",@progbits
	wbinvd
	.section .text.f25,"ax",@progbits
	wbinvd
	.section .text.f26,"ax",@progbits
	wbinvd
	.section .text.f27,"ax",@progbits
	wbinvd
	.section .text.f28,"ax",@progbits
	wbinvd
	.section .text.f29,"ax",@progbits
	wbinvd
	.section .text.f30,"ax",@progbits
	wbinvd
	.section .text.f31,"ax",@progbits
	wbinvd
	.section .text.f32,"ax",@progbits
	wbinvd
	.section .text.f33,"ax",@progbits
	wbinvd
	.section .text.f34,"ax",@progbits
	wbinvd
	.section .text.f35,"ax",@progbits
	wbinvd
	.section .text.f36,"ax",@progbits
	wbinvd
	.section .text.f37,"ax",@progbits
	wbinvd
	.section .text.f38,"ax",@progbits
	wbinvd
	.section .text.f39,"ax",@progbits
	wbinvd
	.section .text.f40,"ax",@progbits
	wbinvd
	.section .text.f41,"ax",@progbits
	wbinvd
	.section .text.f42,"ax",@progbits
	wbinvd
	.section .text.f43,"ax",@progbits
	wbinvd
	.section .text.f44,"ax",@progbits
	wbinvd
	.section .text.f45,"ax",@progbits
	wbinvd
	.section .text.f46,"ax",@progbits
	wbinvd
	.section .text.f47,"ax",@progbits
	wbinvd
	.section .text.f48,"ax",@progbits
	wbinvd
	.section .text.f49,"ax",@progbits
	wbinvd
	.section .text.f50,"ax",@progbits
	wbinvd
	.section .text.f51,"ax",@progbits
	wbinvd
	.section .text.f52,"ax",@progbits
	wbinvd
	.section .text.f53,"ax",@progbits
	wbinvd
	.section .text.f54,"ax",@progbits
	wbinvd
	.section .text.f55,"ax",@progbits
	wbinvd
	.section .text.f56,"ax",@progbits
	wbinvd
	.section .text.f57,"ax",@progbits
	wbinvd
	.section .text.f58,"ax",@progbits
	wbinvd
	.section .text.f59,"ax",@progbits
	wbinvd
	.section .text.f60,"ax",@progbits
	wbinvd
	.section .text.f61,"ax",@progbits
	wbinvd
	.section .text.f62,"ax",@progbits
	wbinvd
	.section .text.f63,"ax",@progbits
	wbinvd
	.section .text.f64,"ax",@progbits
	wbinvd
	.section .text.f65,"ax",@progbits
	wbinvd
	.section .text.f66,"ax",@progbits
	wbinvd
	.section .text.f67,"ax",@progbits
	wbinvd
	.section .text.f68,"ax",@progbits
	wbinvd
	.section .text.f69,"ax",@progbits
	wbinvd
	.section .text.f70,"ax",@progbits
	wbinvd
	trap
	.text
	hlt
	trap
