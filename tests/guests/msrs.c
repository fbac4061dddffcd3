/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MSRs that kernels read and write. */
#include "guest.h"

static bool keeps(uint32_t msr, uint64_t v)
{
	uint64_t old = rdmsr(msr);
	bool ok;

	wrmsr(msr, v);
	ok = rdmsr(msr) == v;
	wrmsr(msr, old);
	return ok && rdmsr(msr) == old;
}

void guest_main(void)
{
	uint64_t t;

	check(keeps(MSR_SYSENTER_CS, 8) && keeps(MSR_SYSENTER_SP, 0x12345678) &&
	      keeps(MSR_SYSENTER_IP, 0x87654321), "SYSENTER");
	t = rdmsr(0x10);
	check(rdtsc() > t, "TSC, by rdmsr");
	check((rdmsr(0x1b) & 0xfffff800) == 0xfee00800, "APIC base");
	check(keeps(0x277, 0x0007040600070406ull), "PAT");
	check(!(cpuid(1).d & 1 << 12) ||
	      (rdmsr(0xfe) & 0xff && keeps(0x200, 0x80000006) && keeps(0x2ff, 0xc06)), "MTRR");
}
