/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments: no, what CR4 does not enable runs there all the same
 * Qemu: -cpu max,-smap,-smep
 * CR4.OSFXSR and OSXSAVE off: SSE, xsave and AVX are undefined, x87, MMX and fxsave
 * are not; in ring 3 too; and each of them comes with its bit.
 */
#include "guest.h"

USERDATA static uint32_t csr = 0x1f80;
static uint8_t area[4096] __attribute__((aligned(64)));

USER static void program(void)
{
	asm volatile("paddd %mm1, %mm1; emms");
	asm volatile("addps %xmm1, %xmm1");
	user_exit(1);
}

static void sse(unsigned want)
{
	check(TRY("addps %%xmm1, %%xmm1", "r"(0)) == want, "addps");
	check(TRY("movd %%eax, %%xmm1", "r"(0)) == want, "movd");
	check(TRY("ldmxcsr (%[m])", [m] "r"(&csr)) == want, "ldmxcsr");
}

static void x87(void)
{
	check(TRY("fld1; fstp %%st(0)", "r"(0)) == NO_FAULT, "x87");
	check(TRY("paddd %%mm1, %%mm1; emms", "r"(0)) == NO_FAULT, "MMX");
	check(TRY("fxsave (%[m])", [m] "r"(area)) == NO_FAULT, "fxsave");
}

void guest_main(void)
{
	bool avx = cpuid(1).c >> 28 & 1;
	struct visit v;
	unsigned i;

	asm volatile("fninit");
	for (i = 0; i < 2; i++) {
		cr4_write(cr4_read() & ~0x40600u);
		sse(T_UD);
		x87();
		if (avx) {
			check(TRY("xsave (%[m])", [m] "r"(area), "a"(1), "d"(0)) == T_UD, "xsave");
			check(TRY("vaddps %%xmm1, %%xmm1, %%xmm1", "r"(0)) == T_UD, "AVX");
		}
		cr4_write(cr4_read() | 0x600);
		sse(NO_FAULT);
		x87();
		if (!avx)
			continue;
		cr4_write(cr4_read() | 0x40000);
		asm volatile("xsetbv" : : "c"(0), "a"(3), "d"(0));
		check(TRY("xsave (%[m])", [m] "r"(area), "a"(1), "d"(0)) == NO_FAULT, "xsave");
		check(TRY("vaddps %%xmm1, %%xmm1, %%xmm1", "r"(0)) == T_UD, "AVX, not in XCR0");
		asm volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
		check(TRY("xsave (%[m])", [m] "r"(area + 16), "a"(1), "d"(0)) == T_GP,
		      "xsave: not aligned");
		check(TRY("vaddps %%xmm1, %%xmm1, %%xmm1", "r"(0)) == NO_FAULT, "AVX");
	}
	paging_on();
	v = user_run(program, FL_IF);
	check(v.vector == T_SYSCALL && v.tf.ax == 1, "a program with SSE");
	cr4_write(cr4_read() & ~0x40600u);
	v = user_run(program, FL_IF);
	check(v.vector == T_UD, "and without");
}
