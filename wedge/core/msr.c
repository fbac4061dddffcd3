/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model-specific registers and the time-stamp counter.  What is not listed here
 * is #GP, so that a kernel's own probing finds out.
 */
#include "core/cpu.h"

#define MSR_TSC			0x10
#define MSR_PLATFORM_ID		0x17
#define MSR_APIC_BASE		0x1b
#define MSR_EBL_CR_POWERON	0x2a
#define MSR_BIOS_UPDT_TRIG	0x79
#define MSR_BIOS_SIGN_ID	0x8b
#define MSR_MTRRCAP		0xfe
#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175
#define MSR_SYSENTER_EIP	0x176
#define MSR_MCG_CAP		0x179
#define MSR_MCG_STATUS		0x17a
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define MSR_MTRR_PHYSBASE0	0x200
#define MSR_MTRR_FIX64K		0x250
#define MSR_MTRR_FIX16K_80	0x258
#define MSR_MTRR_FIX16K_A0	0x259
#define MSR_MTRR_FIX4K		0x268
#define MSR_PAT			0x277
#define MSR_MTRR_DEF_TYPE	0x2ff
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103
/* AMD: kernels touch these without asking */
#define MSR_AMD_SYSCFG		0xc0010010
#define MSR_AMD_HWCR		0xc0010015
#define MSR_AMD_NB_CFG		0xc001001f
#define MSR_AMD_PATCH_LOADER	0xc0010020
#define MSR_AMD_INT_PENDING	0xc0010055
#define MSR_AMD_DE_CFG		0xc0011029

#define MTRR_VARIABLE		8u	/* pairs */
#define MTRRCAP			(MTRR_VARIABLE | 1u << 8 | 1u << 10)	/* fixed, WC */
#define MTRR_DEF_BITS		0xcffu
#define MISC_ENABLE_BITS	0x0000000000c51889ull	/* that a guest can change */
#define MISC_ENABLE_FIXED	0x1800u	/* no branch trace, no PEBS */
#define APIC_BSP		0x100u
#define APIC_ENABLE		0x800u

static enum ab_result write_efer(struct ab_machine *m, uint64_t value)
{
	uint64_t valid = 0, old = m->cpu.efer;

	if (ab_cpu_has_nx(m))
		valid |= AB_EFER_NX;
	if (ab_cpu_has_long_mode(m))
		valid |= AB_EFER_SCE | AB_EFER_LME;
	if (value & ~(valid | AB_EFER_LMA))
		return ab_gp0(m);
	if (((value ^ old) & AB_EFER_LME) && (m->cpu.cr0 & AB_CR0_PG))
		return ab_gp0(m);
	m->cpu.efer = (value & valid) | (old & AB_EFER_LMA);
	if ((value ^ old) & AB_EFER_NX) {
		m->host->paging_changed(m);
		m->host->tlb_all(m, true);
	}
	return AB_OK;
}

static bool memory_type(uint64_t type)
{
	return type <= 7 && type != 2 && type != 3;
}

/* PAT has type 7 (UC-) on top of the types of MTRRs. */
static bool types_valid(uint64_t value, bool mtrr)
{
	unsigned i, type;

	for (i = 0; i < 8; i++) {
		type = value >> i * 8 & 0xff;
		if (!memory_type(type) || (mtrr && type == 7))
			return false;
	}
	return true;
}

/* Where fixed-range register (msr) lies in mtrr_fixed[], or -1. */
static int mtrr_fixed_index(uint32_t msr)
{
	switch (msr) {
	case MSR_MTRR_FIX64K:
		return 0;
	case MSR_MTRR_FIX16K_80:
		return 1;
	case MSR_MTRR_FIX16K_A0:
		return 2;
	default:
		if (msr >= MSR_MTRR_FIX4K && msr < MSR_MTRR_FIX4K + 8)
			return 3 + msr - MSR_MTRR_FIX4K;
		return -1;
	}
}

static bool mtrr_variable(uint32_t msr)
{
	return msr >= MSR_MTRR_PHYSBASE0 && msr < MSR_MTRR_PHYSBASE0 + 2 * MTRR_VARIABLE;
}

static bool mtrr_read(const struct ab_machine *m, uint32_t msr, uint64_t *value)
{
	int fixed = mtrr_fixed_index(msr);

	if (msr == MSR_MTRRCAP)
		*value = MTRRCAP;
	else if (msr == MSR_MTRR_DEF_TYPE)
		*value = m->cpu.mtrr_def;
	else if (mtrr_variable(msr))
		*value = m->cpu.mtrr_var[msr - MSR_MTRR_PHYSBASE0];
	else if (fixed >= 0)
		*value = m->cpu.mtrr_fixed[fixed];
	else
		return false;
	return true;
}

static enum ab_result mtrr_write(struct ab_machine *m, uint32_t msr, uint64_t value)
{
	int fixed = mtrr_fixed_index(msr);

	if (msr == MSR_MTRR_DEF_TYPE) {
		if ((value & ~(uint64_t)MTRR_DEF_BITS) || !memory_type(value & 0xff) ||
		    (value & 0xff) == 7)
			return ab_gp0(m);
		m->cpu.mtrr_def = value;
	} else if (mtrr_variable(msr)) {
		uint64_t low = msr & 1 ? 0x7ff : 0xf00;	/* mask; base */

		if ((value & ~AB_PHYS_MASK) || (value & low))
			return ab_gp0(m);
		if (!(msr & 1) && (!memory_type(value & 0xff) || (value & 0xff) == 7))
			return ab_gp0(m);
		m->cpu.mtrr_var[msr - MSR_MTRR_PHYSBASE0] = value;
	} else if (fixed >= 0) {
		if (!types_valid(value, true))
			return ab_gp0(m);
		m->cpu.mtrr_fixed[fixed] = value;
	} else {
		return ab_gp0(m);
	}
	return AB_OK;
}

static uint64_t guest_tsc(struct ab_machine *m)
{
	return m->host->tsc(m) + m->cpu.tsc_offset;
}

/* Registers of long mode. */
static uint64_t *long_mode_msr(struct ab_machine *m, uint32_t msr)
{
	if (!ab_cpu_has_long_mode(m))
		return NULL;
	switch (msr) {
	case MSR_STAR:
		return &m->cpu.star;
	case MSR_LSTAR:
		return &m->cpu.lstar;
	case MSR_CSTAR:
		return &m->cpu.cstar;
	case MSR_SFMASK:
		return &m->cpu.sfmask;
	case MSR_FS_BASE:
		return &m->cpu.seg[AB_SEG_FS].base;
	case MSR_GS_BASE:
		return &m->cpu.seg[AB_SEG_GS].base;
	case MSR_KERNEL_GS_BASE:
		return &m->cpu.kernel_gs_base;
	default:
		return NULL;
	}
}

/* Registers that read as 0 and whose writes do nothing. */
static bool is_inert(uint32_t msr)
{
	switch (msr) {
	case MSR_PLATFORM_ID:
	case MSR_EBL_CR_POWERON:
	case MSR_BIOS_UPDT_TRIG:
	case MSR_BIOS_SIGN_ID:
	case MSR_MCG_CAP:
	case MSR_MCG_STATUS:
	case MSR_DEBUGCTL:
	case MSR_AMD_SYSCFG:
	case MSR_AMD_HWCR:
	case MSR_AMD_NB_CFG:
	case MSR_AMD_PATCH_LOADER:
	case MSR_AMD_INT_PENDING:
	case MSR_AMD_DE_CFG:
		return true;
	default:
		return false;
	}
}

static enum ab_result read_msr(struct ab_machine *m, uint32_t msr, uint64_t *value)
{
	const uint64_t *reg;

	switch (msr) {
	case MSR_TSC:
		*value = guest_tsc(m);
		return AB_OK;
	case MSR_APIC_BASE:
		*value = m->cpu.apic_base;
		return AB_OK;
	case MSR_SYSENTER_CS:
		*value = m->cpu.sysenter_cs;
		return AB_OK;
	case MSR_SYSENTER_ESP:
		*value = m->cpu.sysenter_esp;
		return AB_OK;
	case MSR_SYSENTER_EIP:
		*value = m->cpu.sysenter_eip;
		return AB_OK;
	case MSR_MISC_ENABLE:
		*value = m->cpu.misc_enable | MISC_ENABLE_FIXED;
		return AB_OK;
	case MSR_PAT:
		*value = m->cpu.pat;
		return AB_OK;
	case MSR_EFER:
		*value = m->cpu.efer;
		return AB_OK;
	case MSR_TSC_AUX:
		*value = m->cpu.tsc_aux;
		return ab_cpu_has_rdtscp(m) ? AB_OK : ab_gp0(m);
	}
	*value = 0;
	if (is_inert(msr) || mtrr_read(m, msr, value))
		return AB_OK;
	reg = long_mode_msr(m, msr);
	if (!reg)
		return ab_gp0(m);
	*value = *reg;
	return AB_OK;
}

static enum ab_result write_apic_base(struct ab_machine *m, uint64_t value)
{
	if (value & ~(AB_PHYS_MASK & ~0x6ffull))
		return ab_gp0(m);
	m->cpu.apic_base = (value & ~(uint64_t)APIC_BSP) | (m->cpu.apic_base & APIC_BSP);
	ab_lapic_base_changed(m);
	return AB_OK;
}

/* Addresses must be canonical where the processor has 64 bits. */
static enum ab_result write_address(struct ab_machine *m, uint64_t *reg, uint64_t value)
{
	if (!ab_cpu_has_long_mode(m))
		value &= 0xffffffff;
	else if (!ab_canonical(value))
		return ab_gp0(m);
	*reg = value;
	return AB_OK;
}

static enum ab_result write_msr(struct ab_machine *m, uint32_t msr, uint64_t value)
{
	uint64_t *reg;

	switch (msr) {
	case MSR_TSC:
		m->cpu.tsc_offset = value - m->host->tsc(m);
		return AB_OK;
	case MSR_APIC_BASE:
		return write_apic_base(m, value);
	case MSR_SYSENTER_CS:
		m->cpu.sysenter_cs = value & 0xffff;
		return AB_OK;
	case MSR_SYSENTER_ESP:
		return write_address(m, &m->cpu.sysenter_esp, value);
	case MSR_SYSENTER_EIP:
		return write_address(m, &m->cpu.sysenter_eip, value);
	case MSR_MISC_ENABLE:
		m->cpu.misc_enable = value & MISC_ENABLE_BITS & ~(uint64_t)MISC_ENABLE_FIXED;
		return AB_OK;
	case MSR_PAT:
		if (!types_valid(value, false))
			return ab_gp0(m);
		m->cpu.pat = value;
		return AB_OK;
	case MSR_EFER:
		return write_efer(m, value);
	case MSR_TSC_AUX:
		if (!ab_cpu_has_rdtscp(m) || value >> 32)
			return ab_gp0(m);
		m->cpu.tsc_aux = value;
		return AB_OK;
	case MSR_MCG_CAP:
	case MSR_MTRRCAP:
		return ab_gp0(m);	/* read-only */
	}
	if (is_inert(msr))
		return AB_OK;
	reg = long_mode_msr(m, msr);
	if (!reg)
		return mtrr_write(m, msr, value);
	if (msr == MSR_STAR || msr == MSR_SFMASK) {
		*reg = value;
		return AB_OK;
	}
	return write_address(m, reg, value);
}

enum ab_result ab_do_rdmsr(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t value;

	AB_TRY(read_msr(m, ab_gpr(m, AB_ECX, 4), &value));
	ab_gpr_set(m, AB_EAX, 4, value);
	ab_gpr_set(m, AB_EDX, 4, value >> 32);
	return AB_OK;
}

enum ab_result ab_do_wrmsr(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t value = ab_gpr(m, AB_EAX, 4) | ab_gpr(m, AB_EDX, 4) << 32;

	return write_msr(m, ab_gpr(m, AB_ECX, 4), value);
}

/* There are no performance counters. */
enum ab_result ab_do_rdpmc(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_gp0(m);
}

enum ab_result ab_do_rdtsc(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t tsc;

	if ((m->cpu.cr4 & AB_CR4_TSD) && m->cpu.cpl)
		return ab_gp0(m);
	tsc = guest_tsc(m);
	ab_gpr_set(m, AB_EAX, 4, tsc);
	ab_gpr_set(m, AB_EDX, 4, tsc >> 32);
	return AB_OK;
}

enum ab_result ab_do_rdtscp(struct ab_machine *m, const struct ab_insn *insn)
{
	if (!ab_cpu_has_rdtscp(m))
		return ab_fault(m, AB_UD);
	AB_TRY(ab_do_rdtsc(m, insn));
	ab_gpr_set(m, AB_ECX, 4, m->cpu.tsc_aux);
	return AB_OK;
}
