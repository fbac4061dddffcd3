/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FPU, SSE and bit instructions whose operand is a device's memory: the processor
 * does them, with the guest's registers; what they raise is the guest's.
 * Qemu: -device pc-testdev -cpu max,-smap,-smep
 */
#include "guest.h"

#define DEV	0xff000000u
#define AT(n)	(*(volatile uint32_t *)(DEV + 4 * (n)))
#define CR0_EM		0x04
#define CR0_NE		0x20
#define CR4_OSFXSR	0x200
#define CR4_OSXMMEXCPT	0x400

static void x87(void)
{
	uint32_t same = 0;

	AT(0) = 0, AT(1) = 0x3ff80000;			/* 1.5 */
	asm volatile("fninit; fldl (%0); fadd %%st(0); fstpl 8(%0)" : : "r"(DEV) : "memory");
	check(AT(2) == 0 && AT(3) == 0x40080000, "fldl, fstpl: 3.0");
	AT(0) = 41;
	asm volatile("fildl (%0); fld1; faddp; fistpl 4(%0)" : : "r"(DEV) : "memory");
	check(AT(1) == 42, "fildl, fistpl");
	asm volatile("fldpi; fstpt 16(%1); fldt 16(%1); fldpi; fcompp; fnstsw %%ax; sahf; sete %%al;"
		     "movzbl %%al, %0" : "=r"(same) : "r"(DEV) : "eax", "memory");
	check(same == 1, "fstpt, fldt");
	asm volatile("fnstcw (%0)" : : "r"(DEV) : "memory");
	check((AT(0) & 0xffff) == 0x37f, "fnstcw");
	asm volatile("fldcw (%0); fninit" : : "r"(DEV) : "memory");
}

static void sse(void)
{
	uint32_t a = 0;

	AT(0) = 0x3f800000, AT(1) = 0x40000000, AT(2) = 0x40400000, AT(3) = 0x40800000;
	asm volatile("movaps (%0), %%xmm1; addps (%0), %%xmm1; movaps %%xmm1, 16(%0)"
		     : : "r"(DEV) : "memory");
	check(AT(4) == 0x40000000 && AT(7) == 0x41000000, "movaps, addps");
	asm volatile("movl $7, %%eax; movd %%eax, %%xmm0; movss %%xmm0, 32(%0);"
		     "movups %%xmm1, 37(%0); movhps %%xmm1, 64(%0)" : : "r"(DEV) : "eax", "memory");
	check(AT(8) == 7 && AT(16) == 0x40c00000, "movss, movups, movhps");
	asm volatile("cvttss2si 4(%1), %0" : "=r"(a) : "r"(DEV));
	check(a == 2, "cvttss2si into a register");
	asm volatile("xorl %0, %0; ucomiss 4(%1), %%xmm1; sete %b0" : "=&q"(a) : "r"(DEV));
	check(a & 1, "ucomiss sets flags");
	check(faulted(TRY("movaps 4(%1), %%xmm2", "r"(DEV)), T_GP, 0), "not aligned: #GP");
	asm volatile("stmxcsr 4(%0); ldmxcsr 4(%0)" : : "r"(DEV) : "memory");
	check(AT(1) == 0x1f80 || AT(1) == 0x1fa0, "stmxcsr");
	asm volatile("pxor %%xmm1, %%xmm1; fxsave (%0); movl $0x01010101, 176(%0); fxrstor (%0)"
		     : : "r"(DEV + 512) : "memory");
	asm volatile("movd %%xmm1, %0" : "=r"(a));
	check(a == 0x01010101, "fxsave, fxrstor");
}

static void bits(void)
{
	uint32_t a = 0;

	AT(0) = 0xf0f01234;
	asm volatile("popcntl %1, %0" : "=r"(a) : "m"(AT(0)));
	check(a == 13, "popcnt");
	asm volatile("movbel %1, %0" : "=r"(a) : "m"(AT(0)));
	check(a == 0x3412f0f0, "movbe");
	asm volatile("movbel %1, %0" : "=m"(AT(1)) : "r"(0x11223344));
	check(AT(1) == 0x44332211, "movbe to it");
	a = 0;
	asm volatile("crc32l %1, %0" : "+r"(a) : "m"(AT(0)));
	asm volatile("xorl %%ecx, %%ecx; crc32l %1, %%ecx; subl %%ecx, %0" : "+r"(a)
		     : "r"(0xf0f01234) : "ecx");
	check(!a, "crc32");
}

void guest_main(void)
{
	cr0_write((cr0_read() & ~(word)(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
	cr4_write(cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT);
	x87();
	sse();
	bits();
}
