/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Far transfers: jmp, call, ret and iret between code segments and privileges.
 * Every check comes before the first change of state; stack writes of a call may
 * be visible after a fault, as on hardware.
 *
 * Error codes name the selector with its RPL bits clear, as the SDM has it.
 */
#include "core/cpu.h"

static enum ab_result gp_sel(struct ab_machine *m, uint16_t sel)
{
	return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
}

enum ab_result ab_code_offset(struct ab_machine *m, const struct ab_desc *d,
			      uint64_t off, unsigned ext)
{
	bool ok;

	if (ab_long_mode(m) && (d->attr & AB_AT_L))
		ok = ab_canonical(off);
	else
		ok = off <= d->limit;
	return ok ? AB_OK : ab_fault_code(m, AB_GP, ext);
}

void ab_enter_code(struct ab_machine *m, const struct ab_desc *d, unsigned cpl,
		   uint64_t rip)
{
	ab_desc_to_seg(d, (d->sel & 0xfffc) | cpl, &m->cpu.seg[AB_SEG_CS]);
	m->cpu.cpl = cpl;
	m->cpu.rip = rip;
}

/* L and D together are reserved in long mode. */
static bool bad_code_bits(const struct ab_machine *m, const struct ab_desc *d)
{
	return ab_long_mode(m) && (d->attr & AB_AT_L) && (d->attr & AB_AT_DB);
}

/* Code segment of a direct far jmp or call: same privilege. */
static enum ab_result direct_code(struct ab_machine *m, const struct ab_desc *d)
{
	unsigned cpl = m->cpu.cpl, dpl = AB_AT_DPL(d->attr);
	bool ok;

	if (d->attr & AB_AT_EC)
		ok = dpl <= cpl;
	else
		ok = dpl == cpl && AB_SEL_RPL(d->sel) <= cpl;
	if (!ok || bad_code_bits(m, d))
		return gp_sel(m, d->sel);
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(d->sel));
	return AB_OK;
}

/* Code segment that a call gate names. */
static enum ab_result gate_code(struct ab_machine *m, const struct ab_desc *gate,
				bool jump, struct ab_desc *d)
{
	unsigned cpl = m->cpu.cpl, dpl;
	uint16_t sel = gate->gate_sel;

	if (AB_SEL_RPL(gate->sel) > AB_AT_DPL(gate->attr) || cpl > AB_AT_DPL(gate->attr))
		return gp_sel(m, gate->sel);
	if (!(gate->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(gate->sel));
	if (AB_SEL_NULL(sel))
		return ab_gp0(m);
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, d));
	dpl = AB_AT_DPL(d->attr);
	if (!ab_desc_is_code(d) || dpl > cpl)
		return gp_sel(m, sel);
	if (jump && !(d->attr & AB_AT_EC) && dpl != cpl)
		return gp_sel(m, sel);
	if (ab_long_mode(m) && (!(d->attr & AB_AT_L) || (d->attr & AB_AT_DB)))
		return gp_sel(m, sel);
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel));
	return AB_OK;
}

static bool is_call_gate(const struct ab_machine *m, const struct ab_desc *d)
{
	unsigned type = d->attr & AB_AT_TYPE;

	return !(d->attr & AB_AT_S) &&
	       (type == AB_SYS_CALL || (type == AB_SYS_CALL16 && !ab_long_mode(m)));
}

/* A descriptor that is neither code nor a call gate: a task, or #GP. */
static enum ab_result other_target(struct ab_machine *m, const struct ab_desc *d, bool call,
				   uint64_t next)
{
	unsigned type = d->attr & (AB_AT_S | AB_AT_TYPE);

	if (!ab_long_mode(m) &&
	    (type == AB_SYS_TASK || type == AB_SYS_TSS || type == AB_SYS_TSS16))
		return ab_task_far(m, d, call, next);
	return gp_sel(m, d->sel);
}

enum ab_result ab_far_jmp(struct ab_machine *m, uint16_t sel, uint64_t off,
			  unsigned opsize, uint64_t next)
{
	struct ab_desc d, gate;

	if (AB_SEL_NULL(sel))
		return ab_gp0(m);
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, &d));
	if (ab_desc_is_code(&d)) {
		AB_TRY(direct_code(m, &d));
		off &= ab_size_mask(opsize);
	} else {
		if (!is_call_gate(m, &d))
			return other_target(m, &d, false, next);
		gate = d;
		AB_TRY(gate_code(m, &gate, true, &d));
		off = gate.base;
	}
	AB_TRY(ab_code_offset(m, &d, off, 0));
	AB_TRY(ab_desc_touch(m, &d));
	ab_enter_code(m, &d, m->cpu.cpl, off);
	return AB_OK;
}

static enum ab_result push_return(struct ab_machine *m, struct ab_stack *st,
				  unsigned size, uint64_t next)
{
	AB_TRY(ab_stack_push(m, st, size, m->cpu.seg[AB_SEG_CS].sel));
	return ab_stack_push(m, st, size, next);
}

/* Call to the same privilege: two words on the present stack. */
static enum ab_result call_same(struct ab_machine *m, struct ab_desc *d, uint64_t off,
				unsigned size, uint64_t next)
{
	struct ab_stack st;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_room(m, &st, 2 * size));
	AB_TRY(ab_code_offset(m, d, off, 0));
	AB_TRY(ab_desc_touch(m, d));
	AB_TRY(push_return(m, &st, size, next));
	ab_stack_commit(m, &st);
	ab_enter_code(m, d, m->cpu.cpl, off);
	return AB_OK;
}

/* Parameters of a call gate, from the outer stack to the inner one. */
static enum ab_result copy_params(struct ab_machine *m, struct ab_stack *to,
				  unsigned size, unsigned count)
{
	struct ab_stack from;
	uint64_t v[31];
	unsigned i;

	ab_stack_current(m, &from);
	for (i = 0; i < count; i++)
		AB_TRY(ab_stack_pop(m, &from, size, &v[i]));
	while (count--)
		AB_TRY(ab_stack_push(m, to, size, v[count]));
	return AB_OK;
}

static enum ab_result call_inner(struct ab_machine *m, const struct ab_desc *gate,
				 struct ab_desc *d, unsigned size, uint64_t next)
{
	unsigned dpl = AB_AT_DPL(d->attr);
	unsigned count = size == 8 ? 0 : gate->gate_param;
	struct ab_stack st;
	struct ab_seg ss;
	uint64_t sp;

	AB_TRY(ab_inner_stack(m, dpl, 0, &ss, &sp));
	ab_stack_inner(m, &st, &ss, sp, dpl, 0);
	AB_TRY(ab_stack_room(m, &st, (4 + count) * size));
	AB_TRY(ab_code_offset(m, d, gate->base, 0));
	AB_TRY(ab_desc_touch(m, d));
	AB_TRY(ab_stack_push(m, &st, size, m->cpu.seg[AB_SEG_SS].sel));
	AB_TRY(ab_stack_push(m, &st, size, m->cpu.gpr[AB_ESP]));
	AB_TRY(copy_params(m, &st, size, count));
	AB_TRY(push_return(m, &st, size, next));
	m->cpu.seg[AB_SEG_SS] = ss;
	m->cpu.gpr[AB_ESP] = sp;
	ab_stack_commit(m, &st);
	ab_enter_code(m, d, dpl, gate->base);
	return AB_OK;
}

enum ab_result ab_far_call(struct ab_machine *m, uint16_t sel, uint64_t off,
			   unsigned opsize, uint64_t next)
{
	struct ab_desc d, gate;
	unsigned size;

	if (AB_SEL_NULL(sel))
		return ab_gp0(m);
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, &d));
	if (ab_desc_is_code(&d)) {
		AB_TRY(direct_code(m, &d));
		return call_same(m, &d, off & ab_size_mask(opsize), opsize, next);
	}
	if (!is_call_gate(m, &d))
		return other_target(m, &d, true, next);
	gate = d;
	AB_TRY(gate_code(m, &gate, false, &d));
	size = (gate.attr & AB_AT_TYPE) == AB_SYS_CALL16 ? 2 : ab_long_mode(m) ? 8 : 4;
	if (!(d.attr & AB_AT_EC) && AB_AT_DPL(d.attr) < m->cpu.cpl)
		return call_inner(m, &gate, &d, size, next);
	return call_same(m, &d, gate.base, size, next);
}

/* Code segment that a far ret or iret goes to; d->sel's RPL is the new CPL. */
static enum ab_result return_code(struct ab_machine *m, uint16_t sel, struct ab_desc *d)
{
	unsigned rpl = AB_SEL_RPL(sel), dpl;

	if (AB_SEL_NULL(sel))
		return ab_gp0(m);
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, d));
	dpl = AB_AT_DPL(d->attr);
	if (!ab_desc_is_code(d) || rpl < m->cpu.cpl || bad_code_bits(m, d))
		return gp_sel(m, sel);
	if (d->attr & AB_AT_EC ? dpl > rpl : dpl != rpl)
		return gp_sel(m, sel);
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel));
	return AB_OK;
}

/* Stack segment of a return to privilege (cpl), or of an iretq. */
static enum ab_result return_stack(struct ab_machine *m, uint16_t sel, unsigned cpl,
				   bool to64, struct ab_seg *ss)
{
	struct ab_desc d;

	if (AB_SEL_NULL(sel)) {
		if (!to64 || cpl == 3)
			return ab_gp0(m);
		if (AB_SEL_RPL(sel) != cpl)
			return gp_sel(m, sel);
		ab_seg_null(ss, sel);
		return AB_OK;
	}
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, &d));
	if (AB_SEL_RPL(sel) != cpl || !ab_desc_is_stack(&d) || AB_AT_DPL(d.attr) != cpl)
		return gp_sel(m, sel);
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_SS, AB_SEL_ERR(sel));
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, ss);
	return AB_OK;
}

/* A new stack; into a 16-bit one only the low half of the pointer is loaded. */
static void enter_stack(struct ab_machine *m, const struct ab_seg *ss, uint64_t sp,
			bool to64)
{
	m->cpu.seg[AB_SEG_SS] = *ss;
	ab_gpr_set(m, AB_ESP, to64 ? 8 : ss->attr & AB_AT_DB ? 4 : 2, sp);
}

static bool is_code64(const struct ab_machine *m, const struct ab_desc *d)
{
	return ab_long_mode(m) && (d->attr & AB_AT_L);
}

/* ret to an outer privilege: (pop) bytes of parameters on both stacks. */
static enum ab_result ret_outer(struct ab_machine *m, struct ab_stack *st,
				struct ab_desc *d, uint64_t rip, unsigned opsize,
				unsigned pop)
{
	unsigned cpl = AB_SEL_RPL(d->sel);
	bool to64 = is_code64(m, d);
	uint64_t sp, sel;
	struct ab_seg ss;

	AB_TRY(ab_stack_holds(m, st, pop, 2 * opsize));
	st->sp = (st->sp + pop) & ab_size_mask(st->width);
	AB_TRY(ab_stack_pop(m, st, opsize, &sp));
	AB_TRY(ab_stack_pop(m, st, opsize, &sel));
	AB_TRY(return_stack(m, sel, cpl, to64, &ss));
	AB_TRY(ab_code_offset(m, d, rip, 0));
	AB_TRY(ab_desc_touch(m, d));
	enter_stack(m, &ss, sp + pop, to64);
	ab_enter_code(m, d, cpl, rip);
	ab_data_segs_outward(m, cpl);
	return AB_OK;
}

enum ab_result ab_far_ret(struct ab_machine *m, unsigned opsize, unsigned pop)
{
	struct ab_stack st;
	struct ab_desc d;
	uint64_t rip, sel;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_holds(m, &st, 0, 2 * opsize));
	AB_TRY(ab_stack_pop(m, &st, opsize, &rip));
	AB_TRY(ab_stack_pop(m, &st, opsize, &sel));
	AB_TRY(return_code(m, sel, &d));
	if (AB_SEL_RPL(sel) > m->cpu.cpl)
		return ret_outer(m, &st, &d, rip, opsize, pop);
	AB_TRY(ab_code_offset(m, &d, rip, 0));
	AB_TRY(ab_desc_touch(m, &d));
	st.sp = (st.sp + pop) & ab_size_mask(st.width);
	ab_stack_commit(m, &st);
	ab_enter_code(m, &d, m->cpu.cpl, rip);
	return AB_OK;
}

/* Flags that iret at the present privilege takes from the stack. */
static void iret_flags(struct ab_machine *m, unsigned opsize, uint64_t image)
{
	uint64_t mask = AB_FL_ARITH | AB_FL_TF | AB_FL_DF | AB_FL_NT;
	unsigned iopl = (m->cpu.rflags & AB_FL_IOPL) >> 12;

	if (opsize > 2)
		mask |= AB_FL_RF | AB_FL_AC | AB_FL_ID;
	if (m->cpu.cpl <= iopl)
		mask |= AB_FL_IF;
	if (m->cpu.cpl == 0)
		mask |= AB_FL_IOPL;
	m->cpu.rflags = (m->cpu.rflags & ~mask) | (image & mask) | 2;
}

static enum ab_result iret_outer(struct ab_machine *m, struct ab_stack *st,
				 struct ab_desc *d, const uint64_t *frame,
				 unsigned opsize)
{
	unsigned cpl = AB_SEL_RPL(d->sel);
	bool outward = cpl > m->cpu.cpl, to64 = is_code64(m, d);
	uint64_t sp, sel;
	struct ab_seg ss;

	AB_TRY(ab_stack_holds(m, st, 0, 2 * opsize));
	AB_TRY(ab_stack_pop(m, st, opsize, &sp));
	AB_TRY(ab_stack_pop(m, st, opsize, &sel));
	AB_TRY(return_stack(m, sel, cpl, to64, &ss));
	AB_TRY(ab_code_offset(m, d, frame[0], 0));
	AB_TRY(ab_desc_touch(m, d));
	iret_flags(m, opsize, frame[2]);
	enter_stack(m, &ss, sp, to64);
	ab_enter_code(m, d, cpl, frame[0]);
	if (outward)
		ab_data_segs_outward(m, cpl);
	return AB_OK;
}

enum ab_result ab_iret(struct ab_machine *m, unsigned opsize, uint64_t next)
{
	struct ab_stack st;
	struct ab_desc d;
	uint64_t frame[3];	/* rip, cs, rflags */
	unsigned i;

	if (m->cpu.rflags & AB_FL_NT)
		return ab_long_mode(m) ? ab_gp0(m) : ab_task_return(m, next);
	ab_stack_current(m, &st);
	AB_TRY(ab_stack_holds(m, &st, 0, 3 * opsize));
	for (i = 0; i < 3; i++)
		AB_TRY(ab_stack_pop(m, &st, opsize, &frame[i]));
	if (opsize == 4 && (frame[2] & AB_FL_VM) && m->cpu.cpl == 0 && !ab_long_mode(m))
		return ab_unsupported(m, "iret to virtual-8086 mode");
	AB_TRY(return_code(m, frame[1], &d));
	m->cpu.nmi_masked = 0;
	if (ab_code64(m) || AB_SEL_RPL(frame[1]) > m->cpu.cpl)
		return iret_outer(m, &st, &d, frame, opsize);
	AB_TRY(ab_code_offset(m, &d, frame[0], 0));
	AB_TRY(ab_desc_touch(m, &d));
	iret_flags(m, opsize, frame[2]);
	ab_stack_commit(m, &st);
	ab_enter_code(m, &d, m->cpu.cpl, frame[0]);
	return AB_OK;
}
