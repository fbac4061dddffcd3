/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID as the guest sees it: the host's leaves (host->cpuid, where the
 * surroundings have taken out what they cannot run) minus what this core does
 * not provide.  Features are listed by what is allowed, so that what a newer
 * processor adds stays hidden until someone thought about it.
 *
 * Always present, whatever the host says, since the core does the work: PSE,
 * PSE-36, PAE, PGE, MTRR, PAT, MSR, DE, MCE/MCA (no banks).  The local APIC bit
 * follows the enable bit of its MSR.  Leaf 40000000h: "Afterburner ", one leaf.
 */
#include "core/cpu.h"

enum { EAX, EBX, ECX, EDX };

#define BIT(n)		(1u << (n))

#define MAX_BASIC	0x0du
#define MAX_EXTENDED	0x80000008u
#define HYPERVISOR	0x40000000u

/* leaf 1, ecx */
#define C1_SSE3		BIT(0)
#define C1_PCLMUL	BIT(1)
#define C1_SSSE3	BIT(9)
#define C1_FMA		BIT(12)
#define C1_CX16		BIT(13)
#define C1_SSE41	BIT(19)
#define C1_SSE42	BIT(20)
#define C1_MOVBE	BIT(22)
#define C1_POPCNT	BIT(23)
#define C1_AES		BIT(25)
#define C1_XSAVE	BIT(26)
#define C1_OSXSAVE	BIT(27)
#define C1_AVX		BIT(28)
#define C1_F16C		BIT(29)
#define C1_RDRAND	BIT(30)
#define C1_HYPERVISOR	BIT(31)
#define C1_ALLOWED	(C1_SSE3 | C1_PCLMUL | C1_SSSE3 | C1_FMA | C1_CX16 | C1_SSE41 | \
			 C1_SSE42 | C1_MOVBE | C1_POPCNT | C1_AES | C1_XSAVE | C1_AVX | \
			 C1_F16C | C1_RDRAND)
/* leaf 1, edx */
#define D1_FPU		BIT(0)
#define D1_DE		BIT(2)
#define D1_PSE		BIT(3)
#define D1_TSC		BIT(4)
#define D1_MSR		BIT(5)
#define D1_PAE		BIT(6)
#define D1_MCE		BIT(7)
#define D1_CX8		BIT(8)
#define D1_APIC		BIT(9)
#define D1_SEP		BIT(11)
#define D1_MTRR		BIT(12)
#define D1_PGE		BIT(13)
#define D1_MCA		BIT(14)
#define D1_CMOV		BIT(15)
#define D1_PAT		BIT(16)
#define D1_PSE36	BIT(17)
#define D1_CLFSH	BIT(19)
#define D1_MMX		BIT(23)
#define D1_FXSR		BIT(24)
#define D1_SSE		BIT(25)
#define D1_SSE2		BIT(26)
#define D1_ALLOWED	(D1_FPU | D1_TSC | D1_CX8 | D1_SEP | D1_CMOV | D1_CLFSH | \
			 D1_MMX | D1_FXSR | D1_SSE | D1_SSE2)
#define D1_ALWAYS	(D1_DE | D1_PSE | D1_MSR | D1_PAE | D1_MCE | D1_MTRR | D1_PGE | \
			 D1_MCA | D1_PAT | D1_PSE36)
/* leaf 7: what user code can use without the core's help.  Not: FSGSBASE, SMEP,
 * INVPCID, RTM, MPX, SMAP, PT; UMIP, PKU, WAITPKG, CET, LA57, RDPID, KL, ENQCMD;
 * AMX, speculation control. */
#define B7_ALLOWED	(BIT(3) | BIT(5) | BIT(8) | BIT(9) | BIT(16) | BIT(17) | BIT(18) | \
			 BIT(19) | BIT(21) | BIT(23) | BIT(24) | BIT(26) | BIT(27) | \
			 BIT(28) | BIT(29) | BIT(30) | BIT(31))
#define C7_ALLOWED	(BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | \
			 BIT(14) | BIT(25) | BIT(27) | BIT(28))
#define D7_ALLOWED	(BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(14) | BIT(23))
/* leaf 0dh, subleaf 1: XSAVEOPT, XSAVEC */
#define AD1_XSAVEC	BIT(1)
#define AD1_ALLOWED	(BIT(0) | AD1_XSAVEC)
#define XSAVE_LEGACY	576u		/* x87, SSE and the header */
#define XCR0_ALLOWED	0xe7u		/* x87, SSE, AVX, AVX-512 */
/* leaf 80000001h, ecx: LAHF, ABM, SSE4A, misaligned SSE, 3DNow prefetch, XOP,
 * FMA4, TBM */
#define CX_ALLOWED	(BIT(0) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(16) | \
			 BIT(21))
/* leaf 80000001h, edx */
#define DX_SYSCALL	BIT(11)
#define DX_NX		BIT(20)
#define DX_PAGE1GB	BIT(26)
#define DX_RDTSCP	BIT(27)
#define DX_LM		BIT(29)
#define DX_ALLOWED	(BIT(0) | BIT(4) | BIT(8) | BIT(15) | DX_NX | BIT(22) | BIT(23) | \
			 BIT(24) | BIT(25) | DX_RDTSCP | DX_LM | BIT(30) | BIT(31))
#define DX_ALWAYS	(BIT(2) | BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(12) | BIT(13) | \
			 BIT(14) | BIT(16) | BIT(17))

static void host_cpuid(struct ab_machine *m, uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	r[EAX] = leaf;
	r[EBX] = r[EDX] = 0;
	r[ECX] = sub;
	m->host->cpuid(m, r);
}

static void zero(uint32_t r[4])
{
	r[EAX] = r[EBX] = r[ECX] = r[EDX] = 0;
}

static void leaf_1(struct ab_machine *m, uint32_t r[4])
{
	r[EBX] = (r[EBX] & 0x0000ff00) | 1u << 16;	/* CLFLUSH size; one CPU, id 0 */
	r[ECX] = (r[ECX] & C1_ALLOWED) | C1_HYPERVISOR;
	if (!(r[ECX] & C1_XSAVE))
		r[ECX] &= ~(C1_AVX | C1_FMA | C1_F16C);
	if (m->cpu.cr4 & AB_CR4_OSXSAVE)
		r[ECX] |= C1_OSXSAVE;
	r[EDX] = (r[EDX] & D1_ALLOWED) | D1_ALWAYS;
	if (ab_lapic_enabled(m))
		r[EDX] |= D1_APIC;
}

/* Cache leaf: as the host has it, shared by this one CPU only. */
static void leaf_4(uint32_t r[4])
{
	r[EAX] &= 0x00003fff;
}

static void leaf_7(uint32_t sub, uint32_t r[4])
{
	if (sub) {
		zero(r);
		return;
	}
	r[EAX] = 0;
	r[EBX] &= B7_ALLOWED;
	r[ECX] &= C7_ALLOWED;
	r[EDX] &= D7_ALLOWED;
}

/* XSAVE areas: sizes stay the host's, whose XCR0 may hold more than the guest's:
 * an xsave by user code can store that much. */
static void leaf_d(struct ab_machine *m, uint32_t sub, uint32_t r[4])
{
	uint32_t part[4];

	if (!ab_cpu_has_xsave(m) || (sub > 1 && (sub > 7 || !(XCR0_ALLOWED >> sub & 1)))) {
		zero(r);
	} else if (sub == 0) {
		r[EAX] &= XCR0_ALLOWED;
		r[EDX] = 0;
	} else if (sub == 1) {
		r[EAX] &= AD1_ALLOWED;
		/* of the compacted area: what this guest's xsavec stores */
		r[EBX] = r[EAX] & AD1_XSAVEC ? XSAVE_LEGACY : 0;
		for (unsigned i = 2; r[EBX] && i < 8; i++) {
			if (!(m->cpu.xcr0 & XCR0_ALLOWED & 1u << i))
				continue;
			host_cpuid(m, 0xd, i, part);
			if (part[ECX] & 2)
				r[EBX] = (r[EBX] + 63) & ~63u;
			r[EBX] += part[EAX];
		}
		r[ECX] = r[EDX] = 0;
	}
}

static void basic(struct ab_machine *m, uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	switch (leaf) {
	case 0:
		if (r[EAX] > MAX_BASIC)
			r[EAX] = MAX_BASIC;
		break;
	case 1:
		leaf_1(m, r);
		break;
	case 2:
		break;
	case 4:
		leaf_4(r);
		break;
	case 7:
		leaf_7(sub, r);
		break;
	case 0xd:
		leaf_d(m, sub, r);
		break;
	default:	/* serial number, MONITOR, power, counters, topology */
		zero(r);
		break;
	}
}

static void extended(struct ab_machine *m, uint32_t leaf, uint32_t r[4])
{
	switch (leaf) {
	case 0x80000000:
		if (r[EAX] > MAX_EXTENDED)
			r[EAX] = MAX_EXTENDED;
		break;
	case 0x80000001:
		r[EBX] = 0;
		r[ECX] &= CX_ALLOWED;
		r[EDX] &= DX_ALLOWED;
		if (!m->long_mode)
			r[EDX] &= ~DX_LM;
		if (r[EDX] & DX_LM)
			r[EDX] |= DX_SYSCALL | DX_PAGE1GB;
		break;
	case 0x80000007:	/* invariant TSC */
		r[EAX] = r[EBX] = r[ECX] = 0;
		r[EDX] &= BIT(8);
		break;
	case 0x80000008:
		r[EAX] = AB_PHYS_BITS | 48u << 8;
		r[EBX] = r[ECX] = r[EDX] = 0;
		break;
	case 0x80000002: case 0x80000003: case 0x80000004:	/* brand */
	case 0x80000005: case 0x80000006:			/* caches */
		break;
	default:
		zero(r);
		break;
	}
}

/* AMD processors repeat leaf 1's bits in 80000001h; Intel's leave them 0. */
static void amd_mirror(struct ab_machine *m, uint32_t r[4])
{
	uint32_t v[4];

	host_cpuid(m, 0, 0, v);
	if (v[EBX] == 0x68747541 || v[EBX] == 0x6f677948) {	/* "Auth", "Hygo" */
		r[EDX] |= DX_ALWAYS;
		if (ab_lapic_enabled(m))
			r[EDX] |= D1_APIC;
	} else {
		r[EDX] &= DX_SYSCALL | DX_NX | DX_PAGE1GB | DX_RDTSCP | DX_LM;
	}
}

void ab_cpuid(struct ab_machine *m, uint32_t r[4])
{
	uint32_t leaf = r[EAX], sub = r[ECX], top[4];

	if (leaf >= HYPERVISOR && leaf < 0x80000000) {
		zero(r);
		if (leaf == HYPERVISOR) {
			r[EAX] = HYPERVISOR;
			r[EBX] = 0x65746641;	/* "Afterburner " */
			r[ECX] = 0x72756272;
			r[EDX] = 0x2072656e;
		}
		return;
	}
	host_cpuid(m, leaf & 0x80000000, 0, top);
	host_cpuid(m, leaf, sub, r);
	if (leaf > top[EAX]) {
		zero(r);
	} else if (leaf < HYPERVISOR) {
		basic(m, leaf, sub, r);
	} else {
		extended(m, leaf, r);
		if (leaf == 0x80000001)
			amd_mirror(m, r);
	}
}

static uint32_t leaf_bits(struct ab_machine *m, uint32_t leaf, unsigned reg)
{
	uint32_t r[4] = { leaf, 0, 0, 0 };

	ab_cpuid(m, r);
	return r[reg];
}

bool ab_cpu_has_xsave(struct ab_machine *m)
{
	return leaf_bits(m, 1, ECX) & C1_XSAVE;
}

bool ab_cpu_has_long_mode(struct ab_machine *m)
{
	return leaf_bits(m, 0x80000001, EDX) & DX_LM;
}

bool ab_cpu_has_nx(struct ab_machine *m)
{
	return leaf_bits(m, 0x80000001, EDX) & DX_NX;
}

bool ab_cpu_has_rdtscp(struct ab_machine *m)
{
	return leaf_bits(m, 0x80000001, EDX) & DX_RDTSCP;
}

uint64_t ab_xcr0_valid(struct ab_machine *m)
{
	return leaf_bits(m, 0xd, EAX);
}

enum ab_result ab_do_cpuid(struct ab_machine *m, const struct ab_insn *insn)
{
	uint32_t r[4];

	r[EAX] = ab_gpr(m, AB_EAX, 4);
	r[EBX] = ab_gpr(m, AB_EBX, 4);
	r[ECX] = ab_gpr(m, AB_ECX, 4);
	r[EDX] = ab_gpr(m, AB_EDX, 4);
	ab_cpuid(m, r);
	ab_gpr_set(m, AB_EAX, 4, r[EAX]);
	ab_gpr_set(m, AB_EBX, 4, r[EBX]);
	ab_gpr_set(m, AB_ECX, 4, r[ECX]);
	ab_gpr_set(m, AB_EDX, 4, r[EDX]);
	return AB_OK;
}
