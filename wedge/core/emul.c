/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction: what is common to all of them.  Which handler runs is a table
 * (rows.c for ops, gen.c for general instructions); here are the checks before it,
 * and after it the instruction pointer, RF, the interrupt shadow and single step.
 */
#include "core/cpu.h"

uint64_t ab_next_rip(const struct ab_machine *m, const struct ab_insn *insn)
{
	return (m->cpu.rip + insn->len) & ab_size_mask(ab_code_size(m));
}

enum ab_result ab_near_jump(struct ab_machine *m, uint64_t rip, unsigned opsize)
{
	if (ab_code64(m)) {
		if (!ab_canonical(rip))
			return ab_gp0(m);
	} else {
		rip &= ab_size_mask(opsize > 4 ? 4 : opsize);
		if (rip > m->cpu.seg[AB_SEG_CS].limit)
			return ab_gp0(m);
	}
	m->cpu.rip = rip;
	return AB_OK;
}

uint64_t ab_effective_address(const struct ab_machine *m, const struct ab_insn *insn,
			      const struct ab_operand *o)
{
	uint64_t ea = o->disp;

	if (o->base == AB_REG_RIP)
		ea += m->cpu.rip + insn->len;
	else if (o->base >= 0)
		ea += m->cpu.gpr[o->base];
	if (o->index >= 0)
		ea += m->cpu.gpr[o->index] * o->scale;
	return ea & ab_size_mask(insn->addrsize);
}

unsigned ab_opcode(const struct ab_insn *insn)
{
	unsigned i;

	for (i = 0; i < insn->len && i + 1 < sizeof(insn->bytes); i++) {
		switch (insn->bytes[i]) {
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
		case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
			continue;
		case 0x0f:
			return 0x0f00 | insn->bytes[i + 1];
		default:
			return insn->bytes[i];
		}
	}
	return 0;
}

void ab_reg_write(struct ab_machine *m, const struct ab_operand *o, uint64_t value)
{
	uint64_t *reg = &m->cpu.gpr[o->reg];

	if (o->high8)
		*reg = (*reg & ~0xff00ull) | (value & 0xff) << 8;
	else
		ab_gpr_set(m, o->reg, o->size, value);
}

unsigned ab_iopl(const struct ab_machine *m)
{
	return (m->cpu.rflags & AB_FL_IOPL) >> 12;
}

enum ab_result ab_opnd_read(struct ab_machine *m, const struct ab_insn *insn,
			    const struct ab_operand *o, unsigned acc, uint64_t *value)
{
	switch (o->kind) {
	case AB_OPND_REG:
		*value = ab_reg_read(m, o);
		return AB_OK;
	case AB_OPND_IMM:
		*value = o->imm;
		return AB_OK;
	case AB_OPND_MEM:
		if (!o->size || o->size > 8)
			break;
		return ab_load(m, o->seg, ab_effective_address(m, insn, o), o->size, acc,
			       value);
	}
	return ab_unsupported(m, "this operand form");
}

enum ab_result ab_opnd_write(struct ab_machine *m, const struct ab_insn *insn,
			     const struct ab_operand *o, uint64_t value)
{
	switch (o->kind) {
	case AB_OPND_REG:
		ab_reg_write(m, o, value);
		return AB_OK;
	case AB_OPND_MEM:
		if (!o->size || o->size > 8)
			break;
		return ab_store(m, o->seg, ab_effective_address(m, insn, o), o->size,
				value);
	}
	return ab_unsupported(m, "this operand form");
}

enum ab_result ab_opnd_read16(struct ab_machine *m, const struct ab_insn *insn,
			      const struct ab_operand *o, uint64_t *value)
{
	if (o->kind == AB_OPND_MEM)
		return ab_load(m, o->seg, ab_effective_address(m, insn, o), 2, AB_ACC_R,
			       value);
	*value = ab_gpr(m, o->reg, 2);
	return AB_OK;
}

enum ab_result ab_opnd_write16(struct ab_machine *m, const struct ab_insn *insn,
			       const struct ab_operand *o, uint64_t value)
{
	if (o->kind == AB_OPND_MEM)
		return ab_store(m, o->seg, ab_effective_address(m, insn, o), 2, value);
	ab_gpr_set(m, o->reg, insn->opsize, value);
	return AB_OK;
}

enum ab_result ab_opnd_far(struct ab_machine *m, const struct ab_insn *insn,
			   const struct ab_operand *o, uint16_t *sel, uint64_t *off)
{
	unsigned size = insn->opsize;
	uint8_t buf[10];
	uint64_t va;

	AB_TRY(ab_linear(m, o->seg, ab_effective_address(m, insn, o), size + 2, AB_ACC_R,
			 &va));
	AB_TRY(ab_read(m, va, buf, size + 2, AB_ACC_R | ab_acc_ring(m)));
	*off = 0;
	ab_memcpy(off, buf, size);
	ab_memcpy(sel, buf + size, 2);
	return AB_OK;
}

static const struct ab_row *find_row(const struct ab_insn *insn)
{
	if (insn->op)
		return insn->op < AB_OP_COUNT ? &ab_op_rows[insn->op] : NULL;
	return insn->gen < AB_GEN_COUNT ? &ab_gen_rows[insn->gen] : NULL;
}

static enum ab_result check_row(struct ab_machine *m, const struct ab_insn *insn,
				const struct ab_row *row)
{
	bool wide = ab_code64(m);

	if (!row || !row->run)
		return ab_fault(m, AB_UD);
	if ((row->flags & AB_ROW_NO64) && wide)
		return ab_fault(m, AB_UD);
	if ((row->flags & AB_ROW_ONLY64) && !wide)
		return ab_fault(m, AB_UD);
	if (insn->lock && (!(row->flags & AB_ROW_LOCK) || !insn->nopnd ||
			   insn->opnd[0].kind != AB_OPND_MEM))
		return ab_fault(m, AB_UD);
	if ((row->flags & AB_ROW_CPL0) && m->cpu.cpl)
		return ab_gp0(m);
	return AB_OK;
}

/* A trap follows the instruction when TF was set before it; not when it is an
 * interrupt, whose delivery cleared TF. */
static bool traps_after(const struct ab_machine *m, const struct ab_insn *insn,
			const struct ab_row *row)
{
	if (!(m->cpu.rflags & AB_FL_TF) || (row->flags & AB_ROW_NO_STEP))
		return false;
	return insn->op != AB_OP_INTO || !(m->cpu.rflags & AB_FL_OF);
}

static enum ab_result single_step(struct ab_machine *m)
{
	m->cpu.dr[6] |= AB_DR6_BS;
	ab_fault(m, AB_DB);
	return ab_raise(m);
}

enum ab_result ab_emulate(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_row *row = find_row(insn);
	uint8_t shadow = m->cpu.shadow;
	enum ab_result r;
	uint64_t next;
	bool step;

	AB_TRY(check_row(m, insn, row));
	step = traps_after(m, insn, row);
	next = ab_next_rip(m, insn);
	m->cpu.shadow = AB_SHADOW_NONE;
	r = row->run(m, insn);
	if (r != AB_OK) {
		m->cpu.shadow = shadow;
		return r;
	}
	if (!(row->flags & AB_ROW_JUMPS))
		m->cpu.rip = next;
	if (!(row->flags & AB_ROW_KEEP_RF))
		m->cpu.rflags &= ~(uint64_t)AB_FL_RF;
	if (step && m->cpu.shadow != AB_SHADOW_SS)
		return single_step(m);
	return AB_OK;
}
