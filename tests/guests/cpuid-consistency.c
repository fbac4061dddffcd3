/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cpuid promises is there: no more leaves than it says, features that work. */
#include "guest.h"

void guest_main(void)
{
	struct cpuid l0 = cpuid(0), l1 = cpuid(1), e0 = cpuid(0x80000000);
	uint32_t d = l1.d, csr = 0;
	word f, g;

	check(l0.a >= 1 && l0.a < 0x100, "the highest leaf");
	check(l1.a & 0xf00, "a family");
	check(d & 1 && d & 1 << 4 && d & 1 << 5, "FPU, TSC, MSR");
	f = flags_read();
	flags_write(f ^ FL_ID);
	g = flags_read();
	flags_write(f);
	check((f ^ g) & FL_ID, "the ID flag says that cpuid exists");
	if (d & 1 << 8) {
		uint32_t m[2] = { 1, 2 };
		uint8_t z;

		asm volatile("cmpxchg8b %0; setz %1" : "+m"(m), "=q"(z)
			     : "a"(1), "d"(2), "b"(3), "c"(4));
		check(z && m[0] == 3 && m[1] == 4, "CX8 works");
	} else {
		check(false, "CX8 works");
	}
	f = 6;
	asm volatile("stc; cmovc %1, %0" : "+r"(f) : "r"(5));
	check(d & 1 << 15 && f == 5, "CMOV works");
	check(!(d & 1 << 3) == !(cr4_write(cr4_read() | CR4_PSE), cr4_read() & CR4_PSE),
	      "PSE and CR4.PSE");
	if (d & 1 << 25) {
		cr4_write(cr4_read() | 0x600);
		asm volatile("stmxcsr %0" : "=m"(csr));
		check(csr == 0x1f80, "SSE works");
	} else {
		check(true, "SSE works");
	}
	check(e0.a >= 0x80000001 && e0.a < 0x80000100, "extended leaves");
}
