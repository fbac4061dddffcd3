/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control and debug registers, XCR0, invlpg.
 *
 * The surroundings hear of what concerns paging after the register has its new
 * value: see struct ab_host.
 */
#include "core/cpu.h"

#define CR0_KEPT (AB_CR0_PE | AB_CR0_MP | AB_CR0_EM | AB_CR0_TS | AB_CR0_NE | \
		  AB_CR0_WP | AB_CR0_AM | AB_CR0_NW | AB_CR0_CD | AB_CR0_PG)
#define CR4_PAGING (AB_CR4_PSE | AB_CR4_PAE | AB_CR4_PGE)

#define DR6_KEPT	0x0000e00fu
#define DR6_ONES	0xffff0ff0u
#define DR7_ZEROS	0x0000d800u
#define DR7_ONES	0x00000400u

/* ---- cr0 ---- */

/* Entering and leaving long mode with PG. */
static enum ab_result long_mode_check(struct ab_machine *m, uint64_t cr0)
{
	bool on = cr0 & AB_CR0_PG, was = m->cpu.cr0 & AB_CR0_PG;

	if (was && !on && ab_code64(m))
		return ab_gp0(m);
	if (on && !was && (m->cpu.efer & AB_EFER_LME)) {
		if (!(m->cpu.cr4 & AB_CR4_PAE) || (m->cpu.seg[AB_SEG_CS].attr & AB_AT_L))
			return ab_gp0(m);
		if ((m->cpu.tr.attr & AB_AT_TYPE) < AB_SYS_TSS)
			return ab_gp0(m);
	}
	return AB_OK;
}

static enum ab_result write_cr0(struct ab_machine *m, uint64_t value)
{
	uint64_t old = m->cpu.cr0, changed;

	if (value >> 32)
		return ab_gp0(m);
	value = (value & CR0_KEPT) | AB_CR0_ET;
	if ((value & AB_CR0_PG) && !(value & AB_CR0_PE))
		return ab_gp0(m);
	if ((value & AB_CR0_NW) && !(value & AB_CR0_CD))
		return ab_gp0(m);
	AB_TRY(long_mode_check(m, value));
	changed = old ^ value;
	if ((changed & value & AB_CR0_PG) && (m->cpu.cr4 & AB_CR4_PAE) &&
	    !(m->cpu.efer & AB_EFER_LME))
		AB_TRY(ab_load_pdptes(m, m->cpu.cr3));
	if ((old & AB_CR0_PE) && !(value & AB_CR0_PE))
		return ab_unsupported(m, "leaving protected mode (mov to cr0)");
	m->cpu.cr0 = value;
	if (changed & AB_CR0_PG) {
		if ((value & AB_CR0_PG) && (m->cpu.efer & AB_EFER_LME))
			m->cpu.efer |= AB_EFER_LMA;
		else
			m->cpu.efer &= ~(uint64_t)AB_EFER_LMA;
	}
	if (changed & (AB_CR0_PG | AB_CR0_WP))
		m->host->paging_changed(m);
	if (changed & AB_CR0_PG)
		m->host->tlb_all(m, true);
	return AB_OK;
}

/* ---- cr3, cr4, cr8 ---- */

static enum ab_result write_cr3(struct ab_machine *m, uint64_t value)
{
	uint64_t old = m->cpu.cr3;

	if (ab_long_mode(m)) {
		if (value & ~AB_PHYS_MASK)
			return ab_gp0(m);
	} else if ((m->cpu.cr0 & AB_CR0_PG) && (m->cpu.cr4 & AB_CR4_PAE)) {
		AB_TRY(ab_load_pdptes(m, value));
	}
	m->cpu.cr3 = value;
	if (!(m->cpu.cr0 & AB_CR0_PG))
		return AB_OK;
	if (value != old)
		m->host->paging_changed(m);
	m->host->tlb_all(m, false);
	return AB_OK;
}

static uint64_t cr4_valid(struct ab_machine *m)
{
	uint64_t bits = AB_CR4_TSD | AB_CR4_DE | AB_CR4_PSE | AB_CR4_PAE | AB_CR4_MCE |
			AB_CR4_PGE | AB_CR4_PCE | AB_CR4_OSFXSR | AB_CR4_OSXMMEXCPT;

	if (ab_cpu_has_xsave(m))
		bits |= AB_CR4_OSXSAVE;
	return bits;
}

static enum ab_result write_cr4(struct ab_machine *m, uint64_t value)
{
	uint64_t changed = m->cpu.cr4 ^ value;

	if (value & ~cr4_valid(m))
		return ab_gp0(m);
	if (ab_long_mode(m) && !(value & AB_CR4_PAE))
		return ab_gp0(m);
	if ((changed & CR4_PAGING) && (value & AB_CR4_PAE) &&
	    (m->cpu.cr0 & AB_CR0_PG) && !ab_long_mode(m))
		AB_TRY(ab_load_pdptes(m, m->cpu.cr3));
	m->cpu.cr4 = value;
	if (changed & CR4_PAGING) {
		m->host->paging_changed(m);
		m->host->tlb_all(m, true);
	}
	return AB_OK;
}

static enum ab_result write_cr8(struct ab_machine *m, uint64_t value)
{
	if (value > 15)
		return ab_gp0(m);
	ab_lapic_set_cr8(m, value);
	return AB_OK;
}

static bool cr_exists(const struct ab_machine *m, unsigned cr)
{
	return cr == 0 || (cr >= 2 && cr <= 4) || (cr == 8 && ab_code64(m));
}

enum ab_result ab_do_write_cr(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned cr = insn->opnd[0].reg;
	uint64_t value = ab_gpr(m, insn->opnd[1].reg, ab_code64(m) ? 8 : 4);

	if (!cr_exists(m, cr))
		return ab_fault(m, AB_UD);
	if (m->cpu.cpl)
		return ab_gp0(m);
	switch (cr) {
	case 0:
		return write_cr0(m, value);
	case 2:
		m->cpu.cr2 = value;
		return AB_OK;
	case 3:
		return write_cr3(m, value);
	case 4:
		return write_cr4(m, value);
	default:
		return write_cr8(m, value);
	}
}

enum ab_result ab_do_read_cr(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned cr = insn->opnd[1].reg;
	uint64_t value;

	if (!cr_exists(m, cr))
		return ab_fault(m, AB_UD);
	if (m->cpu.cpl)
		return ab_gp0(m);
	switch (cr) {
	case 0:
		value = m->cpu.cr0;
		break;
	case 2:
		value = m->cpu.cr2;
		break;
	case 3:
		value = m->cpu.cr3;
		break;
	case 4:
		value = m->cpu.cr4;
		break;
	default:
		value = ab_lapic_cr8(m);
		break;
	}
	ab_gpr_set(m, insn->opnd[0].reg, ab_code64(m) ? 8 : 4, value);
	return AB_OK;
}

enum ab_result ab_do_clts(struct ab_machine *m, const struct ab_insn *insn)
{
	m->cpu.cr0 &= ~(uint64_t)AB_CR0_TS;
	return AB_OK;
}

/* A register gets cr0 as wide as the operand size, memory the low 2 bytes. */
enum ab_result ab_do_smsw(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_opnd_write16(m, insn, &insn->opnd[0], m->cpu.cr0);
}

enum ab_result ab_do_lmsw(struct ab_machine *m, const struct ab_insn *insn)
{
	const uint64_t low = AB_CR0_PE | AB_CR0_MP | AB_CR0_EM | AB_CR0_TS;
	uint64_t value;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[0], &value));
	value = (value & low) | (m->cpu.cr0 & AB_CR0_PE);	/* never clears PE */
	return write_cr0(m, (m->cpu.cr0 & ~low) | value);
}

/* ---- debug registers: kept, not armed ---- */

/* Number of the register that (dr) names, or AB_FAULT. */
static enum ab_result dr_check(struct ab_machine *m, unsigned *dr)
{
	if (*dr > 7 || ((*dr == 4 || *dr == 5) && (m->cpu.cr4 & AB_CR4_DE)))
		return ab_fault(m, AB_UD);
	if (m->cpu.cpl)
		return ab_gp0(m);
	if (*dr == 4 || *dr == 5)
		*dr += 2;
	if (m->cpu.dr[7] & AB_DR7_GD) {
		m->cpu.dr[6] |= AB_DR6_BD;
		return ab_fault(m, AB_DB);
	}
	return AB_OK;
}

enum ab_result ab_do_read_dr(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned dr = insn->opnd[1].reg;

	AB_TRY(dr_check(m, &dr));
	ab_gpr_set(m, insn->opnd[0].reg, ab_code64(m) ? 8 : 4, m->cpu.dr[dr]);
	return AB_OK;
}

enum ab_result ab_do_write_dr(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t value = ab_gpr(m, insn->opnd[1].reg, ab_code64(m) ? 8 : 4);
	unsigned dr = insn->opnd[0].reg;

	AB_TRY(dr_check(m, &dr));
	if (dr >= 6 && value >> 32)
		return ab_gp0(m);
	if (dr == 6)
		value = (value & DR6_KEPT) | DR6_ONES;
	else if (dr == 7)
		value = (value & ~(uint64_t)DR7_ZEROS) | DR7_ONES;
	m->cpu.dr[dr] = value;
	return AB_OK;
}

/* ---- XCR0 ---- */

enum ab_result ab_do_xgetbv(struct ab_machine *m, const struct ab_insn *insn)
{
	if (!(m->cpu.cr4 & AB_CR4_OSXSAVE))
		return ab_fault(m, AB_UD);
	if (ab_gpr(m, AB_ECX, 4))
		return ab_gp0(m);
	ab_gpr_set(m, AB_EAX, 4, m->cpu.xcr0);
	ab_gpr_set(m, AB_EDX, 4, m->cpu.xcr0 >> 32);
	return AB_OK;
}

enum ab_result ab_do_xsetbv(struct ab_machine *m, const struct ab_insn *insn)
{
	const uint64_t avx512 = 0xe0;
	uint64_t value = ab_gpr(m, AB_EAX, 4) | ab_gpr(m, AB_EDX, 4) << 32;

	if (!(m->cpu.cr4 & AB_CR4_OSXSAVE))
		return ab_fault(m, AB_UD);
	if (m->cpu.cpl || ab_gpr(m, AB_ECX, 4))
		return ab_gp0(m);
	if (!(value & 1) || (value & 6) == 4 || (value & ~ab_xcr0_valid(m)))
		return ab_gp0(m);
	if ((value & avx512) && ((value & avx512) != avx512 || !(value & 4)))
		return ab_gp0(m);
	m->cpu.xcr0 = value;
	return AB_OK;
}

/* ---- translations and caches ---- */

enum ab_result ab_do_invlpg(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t va;

	if (o->kind != AB_OPND_MEM)
		return ab_fault(m, AB_UD);
	va = ab_effective_address(m, insn, o);
	if (!ab_code64(m))
		va = (va + m->cpu.seg[o->seg].base) & 0xffffffff;
	else if (o->seg >= AB_SEG_FS)
		va += m->cpu.seg[o->seg].base;
	if (ab_code64(m) && !ab_canonical(va))
		return AB_OK;
	m->host->tlb_page(m, va);
	return AB_OK;
}

/* Memory is always coherent here. */
enum ab_result ab_do_cache(struct ab_machine *m, const struct ab_insn *insn)
{
	return AB_OK;
}
