/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SSE state over interrupts, fxsave and fxrstor, and ring changes.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

static uint8_t area[2][512] __attribute__((aligned(16)));
USERDATA uint32_t in[4] __attribute__((aligned(16))) = { 1, 2, 3, 4 };
USERDATA uint32_t out[4] __attribute__((aligned(16)));

USERDATA uint32_t others[7][4] __attribute__((aligned(16)));

USERDATA volatile unsigned ticks_seen;

USER static void user(void)
{
	asm volatile("movups %0, %%xmm3; movaps %%xmm3, %%xmm0; movaps %%xmm3, %%xmm1;"
		     "movaps %%xmm3, %%xmm2; movaps %%xmm3, %%xmm4; movaps %%xmm3, %%xmm5;"
		     "movaps %%xmm3, %%xmm6; movaps %%xmm3, %%xmm7; paddd %%xmm3, %%xmm3"
		     : : "m"(in));
	while (ticks_seen < 5)
		;
	asm volatile("movups %%xmm3, %0" : "=m"(out));
	asm volatile("movups %%xmm0, 0(%0); movups %%xmm1, 16(%0); movups %%xmm2, 32(%0);"
		     "movups %%xmm4, 48(%0); movups %%xmm5, 64(%0); movups %%xmm6, 80(%0);"
		     "movups %%xmm7, 96(%0)" : : "r"(others) : "memory");
	user_exit(0);
}

static bool timer(struct trapframe *tf)
{
	ticks_seen++;
	asm volatile("fxsave %0; pxor %%xmm3, %%xmm3; fxrstor %0" : "+m"(area[1]));
	return false;
}

static bool nothing(struct trapframe *tf)
{
	return true;
}

void guest_main(void)
{
	uint32_t v[4] __attribute__((aligned(16)));
	uint32_t csr = 0;
	unsigned i, kept = 0;

	check((cpuid(1).d & (7 << 24)) == 7 << 24, "FXSR, SSE, SSE2 are there");
	cr4_write(cr4_read() | 0x600);
	check((cr4_read() & 0x600) == 0x600, "CR4.OSFXSR, OSXMMEXCPT");
	paging_on();
	asm volatile("fninit; stmxcsr %0" : "=m"(csr));
	check(csr == 0x1f80, "mxcsr at the start");
	asm volatile("movups %1, %%xmm0; fxsave %2; pxor %%xmm0, %%xmm0; fxrstor %2; movups %%xmm0, %0"
		     : "=m"(v) : "m"(in), "m"(area[0]));
	check(v[0] == 1 && v[3] == 4, "fxsave, fxrstor");
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(1000);
	user_run(user, FL_IF);
	check(out[0] == 2 && out[3] == 8, "over interrupts that use it");
	for (i = 0; i < 7; i++)
		kept += others[i][0] == 1 && others[i][1] == 2 && others[i][2] == 3 &&
			others[i][3] == 4;
	check(kept == 7, "and those that they do not use");
	handlers[0x40] = nothing;
	csr = 0x1fa0;
	asm volatile("ldmxcsr %0" : : "m"(csr));
	csr = 0;
	asm volatile("int $0x40; stmxcsr %0" : "=m"(csr));
	check(csr == 0x1fa0, "mxcsr over an interrupt");
}
