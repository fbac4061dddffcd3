/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt flag and control transfers.
 */
#include "core/cpu.h"

/* ---- flags ---- */

enum ab_result ab_do_cli(struct ab_machine *m, const struct ab_insn *insn)
{
	if (m->cpu.cpl > ab_iopl(m))
		return ab_gp0(m);
	m->cpu.rflags &= ~(uint64_t)AB_FL_IF;
	return AB_OK;
}

enum ab_result ab_do_sti(struct ab_machine *m, const struct ab_insn *insn)
{
	if (m->cpu.cpl > ab_iopl(m))
		return ab_gp0(m);
	if (!(m->cpu.rflags & AB_FL_IF))
		m->cpu.shadow = AB_SHADOW_STI;
	m->cpu.rflags |= AB_FL_IF;
	return AB_OK;
}

enum ab_result ab_do_pushf(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_stack st;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_push(m, &st, insn->opsize,
			     m->cpu.rflags & ~(uint64_t)(AB_FL_VM | AB_FL_RF)));
	ab_stack_commit(m, &st);
	return AB_OK;
}

enum ab_result ab_do_popf(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t mask = AB_FL_ARITH | AB_FL_TF | AB_FL_DF | AB_FL_NT, value;
	struct ab_stack st;

	ab_stack_current(m, &st);
	AB_TRY(ab_stack_pop(m, &st, insn->opsize, &value));
	if (insn->opsize > 2)
		mask |= AB_FL_AC | AB_FL_ID;
	if (m->cpu.cpl <= ab_iopl(m))
		mask |= AB_FL_IF;
	if (m->cpu.cpl == 0)
		mask |= AB_FL_IOPL;
	ab_stack_commit(m, &st);
	m->cpu.rflags = (m->cpu.rflags & ~mask) | (value & mask) | 2;
	return AB_OK;
}

/* ---- interrupts by instruction ---- */

static enum ab_result soft_interrupt(struct ab_machine *m, const struct ab_insn *insn,
				     uint8_t vector, bool soft)
{
	struct ab_event ev = { .vector = vector, .soft = soft };

	ev.rip = ab_next_rip(m, insn);
	m->cpu.rflags &= ~(uint64_t)AB_FL_RF;
	return ab_deliver_event(m, &ev);
}

enum ab_result ab_do_int(struct ab_machine *m, const struct ab_insn *insn)
{
	return soft_interrupt(m, insn, (uint8_t)insn->opnd[0].imm, true);
}

enum ab_result ab_do_int3(struct ab_machine *m, const struct ab_insn *insn)
{
	return soft_interrupt(m, insn, AB_BP, true);
}

enum ab_result ab_do_into(struct ab_machine *m, const struct ab_insn *insn)
{
	if (m->cpu.rflags & AB_FL_OF)
		return soft_interrupt(m, insn, AB_OF, true);
	m->cpu.rip = ab_next_rip(m, insn);
	return AB_OK;
}

/* icebp: a debug trap without a look at the gate's privilege. */
enum ab_result ab_do_int1(struct ab_machine *m, const struct ab_insn *insn)
{
	return soft_interrupt(m, insn, AB_DB, false);
}

enum ab_result ab_do_iret(struct ab_machine *m, const struct ab_insn *insn)
{
	return ab_iret(m, insn->opsize, ab_next_rip(m, insn));
}

enum ab_result ab_do_hlt(struct ab_machine *m, const struct ab_insn *insn)
{
	m->cpu.halted = 1;
	return AB_OK;
}

/* ---- far transfers ---- */

static enum ab_result far_target(struct ab_machine *m, const struct ab_insn *insn,
				 uint16_t *sel, uint64_t *off)
{
	const struct ab_operand *o = &insn->opnd[0];

	if (o->kind == AB_OPND_MEM)
		return ab_opnd_far(m, insn, o, sel, off);
	if (o->kind != AB_OPND_FAR)
		return ab_fault(m, AB_UD);
	*sel = o->sel;
	*off = (uint64_t)o->imm & ab_size_mask(insn->opsize);
	return AB_OK;
}

enum ab_result ab_do_far_jmp(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t off;
	uint16_t sel;

	AB_TRY(far_target(m, insn, &sel, &off));
	return ab_far_jmp(m, sel, off, insn->opsize, ab_next_rip(m, insn));
}

enum ab_result ab_do_far_call(struct ab_machine *m, const struct ab_insn *insn)
{
	uint64_t off;
	uint16_t sel;

	AB_TRY(far_target(m, insn, &sel, &off));
	return ab_far_call(m, sel, off, insn->opsize, ab_next_rip(m, insn));
}

enum ab_result ab_do_far_ret(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned pop = 0;

	if (insn->nopnd && insn->opnd[0].kind == AB_OPND_IMM)
		pop = (uint16_t)insn->opnd[0].imm;
	return ab_far_ret(m, insn->opsize, pop);
}

/* ---- fast system calls ---- */

static void flat_seg(struct ab_machine *m, unsigned seg, unsigned sel, unsigned type,
		     unsigned dpl, unsigned size_bit)
{
	struct ab_seg *s = &m->cpu.seg[seg];

	s->sel = sel & 0xffff;
	s->base = 0;
	s->limit = 0xffffffff;
	s->attr = AB_AT_P | AB_AT_S | AB_AT_G | size_bit | dpl << 5 | type;
}

/* Flat code and stack of privilege (cpl), selectors as given. */
static void flat_code(struct ab_machine *m, unsigned cs, unsigned ss, unsigned cpl,
		      bool to64)
{
	flat_seg(m, AB_SEG_CS, cs, 0xb, cpl, to64 ? AB_AT_L : AB_AT_DB);
	flat_seg(m, AB_SEG_SS, ss, 0x3, cpl, AB_AT_DB);
	m->cpu.cpl = cpl;
}

enum ab_result ab_do_sysenter(struct ab_machine *m, const struct ab_insn *insn)
{
	bool to64 = ab_long_mode(m);
	unsigned cs = m->cpu.sysenter_cs & 0xfffc;

	if (!cs)
		return ab_gp0(m);
	if (to64 && (!ab_canonical(m->cpu.sysenter_eip) ||
		     !ab_canonical(m->cpu.sysenter_esp)))
		return ab_gp0(m);
	m->cpu.rflags &= ~(uint64_t)(AB_FL_VM | AB_FL_IF);
	flat_code(m, cs, cs + 8, 0, to64);
	m->cpu.gpr[AB_ESP] = m->cpu.sysenter_esp & ab_size_mask(to64 ? 8 : 4);
	m->cpu.rip = m->cpu.sysenter_eip & ab_size_mask(to64 ? 8 : 4);
	return AB_OK;
}

enum ab_result ab_do_sysexit(struct ab_machine *m, const struct ab_insn *insn)
{
	bool to64 = insn->opsize == 8;
	unsigned cs = m->cpu.sysenter_cs & 0xfffc;
	uint64_t mask = ab_size_mask(to64 ? 8 : 4);
	uint64_t sp = m->cpu.gpr[AB_ECX] & mask, ip = m->cpu.gpr[AB_EDX] & mask;

	if (!cs || (to64 && (!ab_canonical(sp) || !ab_canonical(ip))))
		return ab_gp0(m);
	cs += to64 ? 32 : 16;
	flat_code(m, cs | 3, (cs + 8) | 3, 3, to64);
	m->cpu.gpr[AB_ESP] = sp;
	m->cpu.rip = ip;
	return AB_OK;
}

enum ab_result ab_do_syscall(struct ab_machine *m, const struct ab_insn *insn)
{
	unsigned cs = m->cpu.star >> 32 & 0xfffc;

	if (!(m->cpu.efer & AB_EFER_SCE))
		return ab_fault(m, AB_UD);
	m->cpu.gpr[AB_ECX] = ab_next_rip(m, insn);
	m->cpu.gpr[11] = m->cpu.rflags & ~(uint64_t)AB_FL_RF;
	m->cpu.rflags = (m->cpu.rflags & ~m->cpu.sfmask) | 2;
	flat_code(m, cs, cs + 8, 0, true);
	m->cpu.rip = m->cpu.lstar;
	return AB_OK;
}

enum ab_result ab_do_sysret(struct ab_machine *m, const struct ab_insn *insn)
{
	const uint64_t mask = AB_FL_ARITH | AB_FL_TF | AB_FL_IF | AB_FL_DF | AB_FL_IOPL |
			      AB_FL_NT | AB_FL_AC | AB_FL_ID;
	bool to64 = insn->opsize == 8;
	unsigned base = m->cpu.star >> 48;

	if (!(m->cpu.efer & AB_EFER_SCE))
		return ab_fault(m, AB_UD);
	if (m->cpu.cpl || (to64 && !ab_canonical(m->cpu.gpr[AB_ECX])))
		return ab_gp0(m);
	m->cpu.rflags = (m->cpu.gpr[11] & mask) | 2;
	flat_code(m, (base + (to64 ? 16 : 0)) | 3, (base + 8) | 3, 3, to64);
	m->cpu.rip = m->cpu.gpr[AB_ECX] & ab_size_mask(to64 ? 8 : 4);
	return AB_OK;
}
