/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Port instructions: who may, by IOPL and the TSS's bitmap, and the string
 * forms.
 */
#include "core/cpu.h"

static enum ab_result io_allowed(struct ab_machine *m, uint16_t port, unsigned size)
{
	const struct ab_seg *tr = &m->cpu.tr;
	uint16_t base = 0, bits = 0;
	unsigned at;

	if (m->cpu.cpl <= ab_iopl(m))
		return AB_OK;
	if ((tr->attr & AB_AT_TYPE) < AB_SYS_TSS || tr->limit < 103)
		return ab_gp0(m);
	AB_TRY(ab_sys_read(m, tr->base + 102, &base, 2));
	at = base + port / 8;
	if (at + 1 > tr->limit)		/* two bytes are read, always */
		return ab_gp0(m);
	AB_TRY(ab_sys_read(m, tr->base + at, &bits, 2));
	return bits >> (port & 7) & ((1u << size) - 1) ? ab_gp0(m) : AB_OK;
}

static uint16_t port_of(const struct ab_machine *m, const struct ab_operand *o)
{
	return o->kind == AB_OPND_IMM ? (uint8_t)o->imm : ab_gpr(m, AB_EDX, 2);
}

enum ab_result ab_do_in(struct ab_machine *m, const struct ab_insn *insn)
{
	uint16_t port = port_of(m, &insn->opnd[1]);
	unsigned size = insn->opnd[0].size;

	AB_TRY(io_allowed(m, port, size));
	ab_gpr_set(m, AB_EAX, size, ab_port_in(m, port, size));
	return AB_OK;
}

enum ab_result ab_do_out(struct ab_machine *m, const struct ab_insn *insn)
{
	uint16_t port = port_of(m, &insn->opnd[0]);
	unsigned size = insn->opnd[1].size;

	AB_TRY(io_allowed(m, port, size));
	ab_port_out(m, port, size, ab_gpr(m, AB_EAX, size));
	return AB_OK;
}

/* The memory is checked before the port is read: reading has effects. */
static enum ab_result check_dest(struct ab_machine *m, const struct ab_string *s)
{
	uint64_t va;

	AB_TRY(ab_linear(m, AB_SEG_ES, s->di, s->size, AB_ACC_W, &va));
	return ab_probe(m, va, s->size, AB_ACC_W | ab_acc_ring(m));
}

enum ab_result ab_do_ins(struct ab_machine *m, const struct ab_insn *insn)
{
	uint16_t port = ab_gpr(m, AB_EDX, 2);
	struct ab_string s;

	ab_string_begin(m, insn, &s);
	AB_TRY(io_allowed(m, port, s.size));
	while (ab_string_more(m, insn, &s)) {
		AB_TRY(check_dest(m, &s));
		AB_TRY(ab_store(m, AB_SEG_ES, s.di, s.size, ab_port_in(m, port, s.size)));
		ab_string_step(m, insn, &s, false, true);
	}
	return ab_string_end(m, insn, &s, false);
}

enum ab_result ab_do_outs(struct ab_machine *m, const struct ab_insn *insn)
{
	uint16_t port = ab_gpr(m, AB_EDX, 2);
	struct ab_string s;
	uint64_t v;

	ab_string_begin(m, insn, &s);
	AB_TRY(io_allowed(m, port, s.size));
	while (ab_string_more(m, insn, &s)) {
		AB_TRY(ab_load(m, s.seg, s.si, s.size, AB_ACC_R, &v));
		ab_port_out(m, port, s.size, v);
		ab_string_step(m, insn, &s, true, false);
	}
	return ab_string_end(m, insn, &s, false);
}
