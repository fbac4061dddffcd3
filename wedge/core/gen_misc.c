/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General instructions that move no data of their own choice: conversions, flags,
 * byte order, decimal arithmetic, bound.
 */
#include "core/cpu.h"

#define CF	AB_FL_CF
#define AF	AB_FL_AF

static uint64_t al(const struct ab_machine *m)
{
	return ab_gpr(m, AB_EAX, 1);
}

static uint64_t ah(const struct ab_machine *m)
{
	return m->cpu.gpr[AB_EAX] >> 8 & 0xff;
}

/* cbw, cwde, cdqe widen the accumulator; cwd, cdq, cqo fill dx with its sign. */
enum ab_result ab_do_convert(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned size = insn->opsize;

	if (insn->gen == AB_GEN_CBW)
		ab_gpr_set(m, AB_EAX, size, ab_sext(m->cpu.gpr[AB_EAX], size / 2));
	else
		ab_gpr_set(m, AB_EDX, size, ab_sext(m->cpu.gpr[AB_EAX], size) >> 63);
	return AB_OK;
}

#define AH_FLAGS (AB_FL_SF | AB_FL_ZF | AF | AB_FL_PF | CF)

enum ab_result ab_do_lahf(struct ab_machine *m, const struct ab_insn *insn)
{
	ab_gpr_set(m, AB_EAX, 2, al(m) | ((m->cpu.rflags & AH_FLAGS) | 2) << 8);
	return AB_OK;
}

enum ab_result ab_do_sahf(struct ab_machine *m, const struct ab_insn *insn)
{
	m->cpu.rflags = (m->cpu.rflags & ~(uint64_t)AH_FLAGS) | (ah(m) & AH_FLAGS);
	return AB_OK;
}

enum ab_result ab_do_flag(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t *flags = &m->cpu.rflags;

	switch (insn->gen) {
	case AB_GEN_CLC:
		*flags &= ~(uint64_t)CF;
		break;
	case AB_GEN_STC:
		*flags |= CF;
		break;
	case AB_GEN_CMC:
		*flags ^= CF;
		break;
	case AB_GEN_CLD:
		*flags &= ~(uint64_t)AB_FL_DF;
		break;
	default:		/* std */
		*flags |= AB_FL_DF;
		break;
	}
	return AB_OK;
}

static uint64_t swapped(uint64_t v, unsigned size)
{
	return __builtin_bswap64(v) >> (64 - size * 8);
}

/* Of 16 bits it makes 0, as processors do. */
enum ab_result ab_do_bswap(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = &insn->opnd[0];

	ab_reg_write(m, o, o->size == 2 ? 0 : swapped(ab_reg_read(m, o), o->size));
	return AB_OK;
}

enum ab_result ab_do_movbe(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t v;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &v));
	return ab_opnd_write(m, insn, &insn->opnd[0], swapped(v, insn->opnd[0].size));
}

/* Two bounds, the lower one first; a signed index outside of them is #BR. */
enum ab_result ab_do_bound(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = &insn->opnd[1];
	unsigned size = insn->opsize;
	uint64_t ea = ab_effective_address(m, insn, o), low, high;
	int64_t index = ab_sext(ab_reg_read(m, &insn->opnd[0]), size);

	AB_TRY(ab_load(m, o->seg, ea, size, AB_ACC_R, &low));
	ea = (ea + size) & ab_size_mask(insn->addrsize);
	AB_TRY(ab_load(m, o->seg, ea, size, AB_ACC_R, &high));
	if (index < ab_sext(low, size) || index > ab_sext(high, size))
		return ab_fault(m, AB_BR);
	return AB_OK;
}

enum ab_result ab_do_salc(struct ab_machine *m, const struct ab_insn *insn)
{
	ab_gpr_set(m, AB_EAX, 1, m->cpu.rflags & CF ? 0xff : 0);
	return AB_OK;
}

/* ---- decimal arithmetic; OF, which is undefined after it, keeps its value ---- */

static void carries(struct ab_machine *m, uint64_t flags)
{
	m->cpu.rflags = (m->cpu.rflags & ~(uint64_t)(CF | AF)) | flags;
}

/* daa, das */
enum ab_result ab_do_decimal(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t old = al(m), fix = 0, flags = 0;

	if ((old & 15) > 9 || (m->cpu.rflags & AF)) {
		fix = 6;
		flags = AF;
		/* only das has this step's borrow count */
		if (insn->gen == AB_GEN_DAS && old < 6)
			flags |= CF;
	}
	if (old > 0x99 || (m->cpu.rflags & CF)) {
		fix += 0x60;
		flags |= CF;
	}
	ab_gpr_set(m, AB_EAX, 1, insn->gen == AB_GEN_DAA ? old + fix : old - fix);
	carries(m, flags);
	ab_alu_result(m, 1, al(m));
	return AB_OK;
}

/* aaa, aas */
enum ab_result ab_do_ascii(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t v = ab_gpr(m, AB_EAX, 2), flags = 0;

	if ((v & 15) > 9 || (m->cpu.rflags & AF)) {
		v = insn->gen == AB_GEN_AAA ? v + 0x106 : v - 0x106;
		flags = AF | CF;
	}
	ab_gpr_set(m, AB_EAX, 2, v & 0xff0f);
	carries(m, flags);
	ab_alu_result(m, 1, al(m));
	return AB_OK;
}

enum ab_result ab_do_aam(struct ab_machine *m, const struct ab_insn *insn)
{
	uint8_t base = (uint8_t)insn->opnd[0].imm;
	uint64_t v = al(m);

	if (!base)
		return ab_fault(m, AB_DE);
	ab_gpr_set(m, AB_EAX, 2, v / base << 8 | v % base);
	carries(m, 0);
	ab_alu_result(m, 1, al(m));
	return AB_OK;
}

enum ab_result ab_do_aad(struct ab_machine *m, const struct ab_insn *insn)
{
	uint8_t base = (uint8_t)insn->opnd[0].imm;

	ab_gpr_set(m, AB_EAX, 2, (al(m) + ah(m) * base) & 0xff);
	carries(m, 0);
	ab_alu_result(m, 1, al(m));
	return AB_OK;
}
