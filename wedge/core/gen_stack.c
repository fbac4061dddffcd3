/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General instructions that work on the stack, and near transfers.
 */
#include "core/cpu.h"

enum ab_result ab_do_push(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t v;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[0], AB_ACC_R, &v));
	ab_stack_current(m, &st);
	AB_TRY(ab_stack_push(m, &st, insn->opsize, v));
	ab_stack_commit(m, &st);
	return AB_OK;
}

/* An address relative to esp is computed with esp already incremented. */
enum ab_result ab_do_pop(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t sp = m->cpu.gpr[AB_ESP], v;
	struct ab_operand o = insn->opnd[0];
	struct ab_stack st;
	enum ab_result r;

	o.size = insn->opsize;
	ab_stack_current(m, &st);
	AB_TRY(ab_stack_pop(m, &st, insn->opsize, &v));
	ab_stack_commit(m, &st);
	r = ab_opnd_write(m, insn, &o, v);
	if (r != AB_OK)
		m->cpu.gpr[AB_ESP] = sp;
	return r;
}

enum ab_result ab_do_pusha(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	unsigned i;

	ab_stack_current(m, &st);
	for (i = 0; i < 8; i++)
		AB_TRY(ab_stack_push(m, &st, insn->opsize, m->cpu.gpr[i]));
	ab_stack_commit(m, &st);
	return AB_OK;
}

enum ab_result ab_do_popa(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t v[8];
	unsigned i;

	ab_stack_current(m, &st);
	for (i = 8; i-- > 0; )
		AB_TRY(ab_stack_pop(m, &st, insn->opsize, &v[i]));
	for (i = 0; i < 8; i++)
		if (i != AB_ESP)
			ab_gpr_set(m, i, insn->opsize, v[i]);
	ab_stack_commit(m, &st);
	return AB_OK;
}

static enum ab_result near_target(struct ab_machine *m, const struct ab_insn *insn,
				  uint64_t *target)
{
	const struct ab_operand *o = &insn->opnd[0];

	if (o->kind != AB_OPND_REL)
		return ab_opnd_read(m, insn, o, AB_ACC_R, target);
	*target = m->cpu.rip + insn->len + o->imm;
	return AB_OK;
}

enum ab_result ab_do_jmp(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t target;

	AB_TRY(near_target(m, insn, &target));
	return ab_near_jump(m, target, insn->opsize);
}

static enum ab_result jump_if(struct ab_machine *m, const struct ab_insn *insn, bool taken)
{
	if (taken)
		return ab_do_jmp(m, insn);
	m->cpu.rip = ab_next_rip(m, insn);
	return AB_OK;
}

enum ab_result ab_do_jcc(struct ab_machine *m, const struct ab_insn *insn)
{
	return jump_if(m, insn, ab_condition(m, insn->cc));
}

/* The counter is as wide as addresses are. */
enum ab_result ab_do_loop(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t count = (m->cpu.gpr[AB_ECX] - 1) & ab_size_mask(insn->addrsize);
	bool zf = m->cpu.rflags & AB_FL_ZF;

	AB_TRY(jump_if(m, insn, count && (insn->gen == AB_GEN_LOOP ||
					  zf == (insn->gen == AB_GEN_LOOPE))));
	ab_gpr_set(m, AB_ECX, insn->addrsize, count);
	return AB_OK;
}

enum ab_result ab_do_jcxz(struct ab_machine *m, const struct ab_insn *insn)
{
	return jump_if(m, insn, !ab_gpr(m, AB_ECX, insn->addrsize));
}

enum ab_result ab_do_call(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t target;

	AB_TRY(near_target(m, insn, &target));
	ab_stack_current(m, &st);
	AB_TRY(ab_stack_push(m, &st, insn->opsize, ab_next_rip(m, insn)));
	AB_TRY(ab_near_jump(m, target, insn->opsize));
	ab_stack_commit(m, &st);
	return AB_OK;
}

enum ab_result ab_do_ret(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t target;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_pop(m, &st, insn->opsize, &target));
	AB_TRY(ab_near_jump(m, target, insn->opsize));
	if (insn->nopnd && insn->opnd[0].kind == AB_OPND_IMM)
		st.sp = (st.sp + (uint16_t)insn->opnd[0].imm) & ab_size_mask(st.width);
	ab_stack_commit(m, &st);
	return AB_OK;
}

enum ab_result ab_do_leave(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;
	uint64_t v;

	ab_stack_current(m, &st);
	st.sp = ab_gpr(m, AB_EBP, st.width);
	AB_TRY(ab_stack_pop(m, &st, insn->opsize, &v));
	ab_stack_commit(m, &st);
	ab_gpr_set(m, AB_EBP, insn->opsize, v);
	return AB_OK;
}

/* It ends with a look whether the new top of the stack can be written. */
enum ab_result ab_do_enter(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned size = insn->opsize, level = insn->opnd[1].imm & 31, i;
	struct ab_stack st, outer;
	uint64_t frame, v;

	ab_stack_current(m, &st);
	outer = st;
	outer.sp = ab_gpr(m, AB_EBP, st.width);
	AB_TRY(ab_stack_push(m, &st, size, m->cpu.gpr[AB_EBP]));
	frame = st.sp;
	for (i = 1; i < level; i++) {
		outer.sp = (outer.sp - size) & ab_size_mask(st.width);
		AB_TRY(ab_stack_pop(m, &outer, size, &v));
		outer.sp = (outer.sp - size) & ab_size_mask(st.width);
		AB_TRY(ab_stack_push(m, &st, size, v));
	}
	if (level)
		AB_TRY(ab_stack_push(m, &st, size, frame));
	st.sp = (st.sp - (uint16_t)insn->opnd[0].imm) & ab_size_mask(st.width);
	AB_TRY(ab_stack_holds(m, &st, 0, size));
	AB_TRY(ab_probe(m, st.width == 8 ? st.sp : st.ss->base + st.sp, size,
			AB_ACC_W | st.acc));
	ab_gpr_set(m, AB_EBP, st.width < size ? st.width : size, frame);
	ab_stack_commit(m, &st);
	return AB_OK;
}
