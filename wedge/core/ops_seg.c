/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segment registers, descriptor tables, and the instructions that look at
 * descriptors.
 */
#include "core/cpu.h"

/* ---- segment registers ---- */

/* Into a register the selector is zero-extended, into memory it is 2 bytes. */
enum ab_result ab_do_read_seg(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_opnd_write16(m, insn, &insn->opnd[0],
			       m->cpu.seg[insn->opnd[1].reg].sel);
}

static enum ab_result load_seg(struct ab_machine *m, unsigned seg, uint16_t sel)
{
	AB_TRY(ab_load_seg(m, seg, sel));
	if (seg == AB_SEG_SS)
		m->cpu.shadow = AB_SHADOW_SS;
	return AB_OK;
}

enum ab_result ab_do_write_seg(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned seg = insn->opnd[0].reg;
	uint64_t sel;

	if (seg == AB_SEG_CS)
		return ab_fault(m, AB_UD);
	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[1], &sel));
	return load_seg(m, seg, sel);
}

enum ab_result ab_do_push_seg(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_push(m, &st, insn->opsize, m->cpu.seg[insn->opnd[0].reg].sel));
	ab_stack_commit(m, &st);
	return AB_OK;
}

enum ab_result ab_do_pop_seg(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t sel;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_pop(m, &st, insn->opsize, &sel));
	AB_TRY(load_seg(m, insn->opnd[0].reg, sel));
	ab_stack_commit(m, &st);
	return AB_OK;
}

/* lds les lss lfs lgs: the opcode names the segment register. */
enum ab_result ab_do_load_far(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned seg;
	uint64_t off;
	uint16_t sel;

	switch (ab_opcode(insn)) {
	case 0xc4: seg = AB_SEG_ES; break;
	case 0xc5: seg = AB_SEG_DS; break;
	case 0x0fb2: seg = AB_SEG_SS; break;
	case 0x0fb4: seg = AB_SEG_FS; break;
	case 0x0fb5: seg = AB_SEG_GS; break;
	default: return ab_fault(m, AB_UD);
	}
	if (insn->opnd[1].kind != AB_OPND_MEM)
		return ab_fault(m, AB_UD);
	AB_TRY(ab_opnd_far(m, insn, &insn->opnd[1], &sel, &off));
	AB_TRY(ab_load_seg(m, seg, sel));
	ab_gpr_set(m, insn->opnd[0].reg, insn->opsize, off);
	return AB_OK;
}

enum ab_result ab_do_swapgs(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t base = m->cpu.seg[AB_SEG_GS].base;

	m->cpu.seg[AB_SEG_GS].base = m->cpu.kernel_gs_base;
	m->cpu.kernel_gs_base = base;
	return AB_OK;
}

/* ---- looking at descriptors: ZF says whether it may be seen ---- */

static void set_zf(struct ab_machine *m, bool zf)
{
	if (zf)
		m->cpu.rflags |= AB_FL_ZF;
	else
		m->cpu.rflags &= ~(uint64_t)AB_FL_ZF;
}

/* Read the descriptor of (sel); *seen is false when it is null, beyond its table
 * or too privileged. */
static enum ab_result look(struct ab_machine *m, uint16_t sel, struct ab_desc *d,
			   bool *seen)
{
	enum ab_result r;
	unsigned dpl;

	*seen = false;
	if (AB_SEL_NULL(sel))
		return AB_OK;
	r = ab_desc_read(m, sel, AB_GP, 0, d);
	if (r == AB_FAULT && m->fault.vector == AB_GP)
		return AB_OK;
	if (r != AB_OK)
		return r;
	dpl = AB_AT_DPL(d->attr);
	*seen = (ab_desc_is_code(d) && (d->attr & AB_AT_EC)) ||
		(m->cpu.cpl <= dpl && AB_SEL_RPL(sel) <= dpl);
	return AB_OK;
}

/* Bit sets of system types that lar and lsl accept. */
#define TYPE(t)		(1u << (t))
#define LSL_LEGACY	(TYPE(AB_SYS_TSS16) | TYPE(AB_SYS_LDT) | \
			 TYPE(AB_SYS_TSS16_BUSY) | TYPE(AB_SYS_TSS) | \
			 TYPE(AB_SYS_TSS_BUSY))
#define LSL_LONG	(TYPE(AB_SYS_LDT) | TYPE(AB_SYS_TSS) | TYPE(AB_SYS_TSS_BUSY))
#define LAR_LEGACY	(LSL_LEGACY | TYPE(AB_SYS_CALL16) | TYPE(AB_SYS_TASK) | \
			 TYPE(AB_SYS_CALL))
#define LAR_LONG	(LSL_LONG | TYPE(AB_SYS_CALL))

static bool type_in(const struct ab_desc *d, unsigned set)
{
	return (d->attr & AB_AT_S) || (set >> (d->attr & AB_AT_TYPE) & 1);
}

enum ab_result ab_do_lar(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_desc d;
	uint64_t sel;
	bool seen;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[1], &sel));
	AB_TRY(look(m, sel, &d, &seen));
	seen = seen && type_in(&d, ab_long_mode(m) ? LAR_LONG : LAR_LEGACY);
	if (seen)
		ab_gpr_set(m, insn->opnd[0].reg, insn->opsize, (uint32_t)d.attr << 8);
	set_zf(m, seen);
	return AB_OK;
}

enum ab_result ab_do_lsl(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_desc d;
	uint64_t sel;
	bool seen;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[1], &sel));
	AB_TRY(look(m, sel, &d, &seen));
	seen = seen && type_in(&d, ab_long_mode(m) ? LSL_LONG : LSL_LEGACY);
	if (seen)
		ab_gpr_set(m, insn->opnd[0].reg, insn->opsize, d.limit);
	set_zf(m, seen);
	return AB_OK;
}

enum ab_result ab_do_verr(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_desc d;
	uint64_t sel;
	bool seen;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[0], &sel));
	AB_TRY(look(m, sel, &d, &seen));
	set_zf(m, seen && (d.attr & AB_AT_S) &&
	       (!(d.attr & AB_AT_CODE) || (d.attr & AB_AT_RW)));
	return AB_OK;
}

enum ab_result ab_do_verw(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_desc d;
	uint64_t sel;
	bool seen;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[0], &sel));
	AB_TRY(look(m, sel, &d, &seen));
	set_zf(m, seen && ab_desc_is_stack(&d));
	return AB_OK;
}

enum ab_result ab_do_arpl(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t dst, rpl = m->cpu.gpr[insn->opnd[1].reg] & 3;

	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_W, &dst));
	if ((dst & 3) < rpl) {
		AB_TRY(ab_opnd_write(m, insn, o, (dst & ~3ull) | rpl));
		set_zf(m, true);
	} else {
		set_zf(m, false);
	}
	return AB_OK;
}

/* ---- descriptor table registers ---- */

static enum ab_result store_table(struct ab_machine *m, const struct ab_insn *insn,
				  const struct ab_dtr *dtr)
{
	const struct ab_operand *o = &insn->opnd[0];
	unsigned size = ab_code64(m) ? 10 : 6;
	uint8_t buf[10];
	uint64_t va;

	if (o->kind != AB_OPND_MEM)
		return ab_fault(m, AB_UD);
	ab_memcpy(buf, &dtr->limit, 2);
	ab_memcpy(buf + 2, &dtr->base, 8);
	AB_TRY(ab_linear(m, o->seg, ab_effective_address(m, insn, o), size, AB_ACC_W, &va));
	return ab_write(m, va, buf, size, AB_ACC_W | ab_acc_ring(m));
}

static enum ab_result load_table(struct ab_machine *m, const struct ab_insn *insn,
				 struct ab_dtr *dtr)
{
	const struct ab_operand *o = &insn->opnd[0];
	unsigned size = ab_code64(m) ? 10 : 6;
	uint64_t va, base = 0;
	uint8_t buf[10];

	if (o->kind != AB_OPND_MEM)
		return ab_fault(m, AB_UD);
	AB_TRY(ab_linear(m, o->seg, ab_effective_address(m, insn, o), size, AB_ACC_R, &va));
	AB_TRY(ab_read(m, va, buf, size, AB_ACC_R | ab_acc_ring(m)));
	ab_memcpy(&base, buf + 2, size - 2);
	if (size == 10 && !ab_canonical(base))
		return ab_gp0(m);
	if (insn->opsize == 2)
		base &= 0xffffff;
	ab_memcpy(&dtr->limit, buf, 2);
	dtr->base = base;
	return AB_OK;
}

enum ab_result ab_do_sgdt(struct ab_machine *m, const struct ab_insn *insn)
{
	return store_table(m, insn, &m->cpu.gdtr);
}

enum ab_result ab_do_sidt(struct ab_machine *m, const struct ab_insn *insn)
{
	return store_table(m, insn, &m->cpu.idtr);
}

enum ab_result ab_do_lgdt(struct ab_machine *m, const struct ab_insn *insn)
{
	return load_table(m, insn, &m->cpu.gdtr);
}

enum ab_result ab_do_lidt(struct ab_machine *m, const struct ab_insn *insn)
{
	return load_table(m, insn, &m->cpu.idtr);
}

enum ab_result ab_do_sldt(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_opnd_write16(m, insn, &insn->opnd[0], m->cpu.ldtr.sel);
}

enum ab_result ab_do_str(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_opnd_write16(m, insn, &insn->opnd[0], m->cpu.tr.sel);
}

/* A system segment out of the GDT, of a type in the bit set (types). */
static enum ab_result system_desc(struct ab_machine *m, uint16_t sel, unsigned types,
				  struct ab_desc *d)
{
	if (sel & 4)
		return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, d));
	if ((d->attr & AB_AT_S) || !(types >> (d->attr & AB_AT_TYPE) & 1))
		return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel));
	return AB_OK;
}

enum ab_result ab_do_lldt(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_desc d;
	uint64_t sel;

	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[0], &sel));
	if (AB_SEL_NULL(sel)) {
		ab_seg_null(&m->cpu.ldtr, sel);
		return AB_OK;
	}
	AB_TRY(system_desc(m, sel, TYPE(AB_SYS_LDT), &d));
	ab_desc_to_seg(&d, sel, &m->cpu.ldtr);
	return AB_OK;
}

enum ab_result ab_do_ltr(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned types = TYPE(AB_SYS_TSS);
	struct ab_desc d;
	uint64_t sel;

	if (!ab_long_mode(m))
		types |= TYPE(AB_SYS_TSS16);
	AB_TRY(ab_opnd_read16(m, insn, &insn->opnd[0], &sel));
	if (AB_SEL_NULL(sel))
		return ab_gp0(m);
	AB_TRY(system_desc(m, sel, types, &d));
	AB_TRY(ab_desc_set_type(m, &d, (d.attr & AB_AT_TYPE) | 2));
	ab_desc_to_seg(&d, sel, &m->cpu.tr);
	return AB_OK;
}
