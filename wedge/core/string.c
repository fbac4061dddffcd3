/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * String instructions: one engine for rep, the counter and the index registers,
 * used by movs, stos, lods, cmps, scas here and by ins, outs in ops_io.c.
 *
 * Registers follow every iteration, so a fault in the middle leaves the
 * instruction ready to go on.  A long rep hands the CPU back now and then with
 * rip still on it, so that interrupts come through; RF is set meanwhile, as the
 * processor saves it for an interrupt between two iterations.
 */
#include "core/cpu.h"

#define REP_BUDGET	4096

void ab_string_begin(const struct ab_machine *m, const struct ab_insn *insn,
		     struct ab_string *s)
{
	const struct ab_operand *o;
	unsigned i;

	s->addrsize = insn->addrsize;
	s->size = insn->opsize;
	s->seg = AB_SEG_DS;
	for (i = 0; i < insn->nopnd; i++) {
		o = &insn->opnd[i];
		if (o->kind != AB_OPND_MEM)
			continue;
		if (o->size)
			s->size = o->size;
		if (o->base == AB_ESI)
			s->seg = o->seg;
	}
	s->step = m->cpu.rflags & AB_FL_DF ? -(int64_t)s->size : (int64_t)s->size;
	s->count = insn->rep ? ab_gpr(m, AB_ECX, s->addrsize) : 1;
	s->si = ab_gpr(m, AB_ESI, s->addrsize);
	s->di = ab_gpr(m, AB_EDI, s->addrsize);
	s->begun = false;
	s->budget = m->cpu.rflags & AB_FL_TF ? 1 : REP_BUDGET;
}

bool ab_string_more(const struct ab_machine *m, const struct ab_insn *insn,
		    struct ab_string *s)
{
	if (!s->count || !s->budget)
		return false;
	if (m->irq_hint && s->begun && ab_interrupt_ready(m))
		return false;
	s->begun = true;
	s->budget--;
	return true;
}

void ab_string_step(struct ab_machine *m, const struct ab_insn *insn,
		    struct ab_string *s, bool si, bool di)
{
	uint64_t mask = ab_size_mask(s->addrsize);

	s->count = (s->count - 1) & mask;
	if (insn->rep)
		ab_gpr_set(m, AB_ECX, s->addrsize, s->count);
	if (si) {
		s->si = (s->si + s->step) & mask;
		ab_gpr_set(m, AB_ESI, s->addrsize, s->si);
	}
	if (di) {
		s->di = (s->di + s->step) & mask;
		ab_gpr_set(m, AB_EDI, s->addrsize, s->di);
	}
}

enum ab_result ab_string_end(struct ab_machine *m, const struct ab_insn *insn,
			     const struct ab_string *s, bool done)
{
	if (done || !s->count) {
		m->cpu.rip = ab_next_rip(m, insn);
		m->cpu.rflags &= ~(uint64_t)AB_FL_RF;
	} else {
		m->cpu.rflags |= AB_FL_RF;
	}
	return AB_OK;
}

enum ab_result ab_do_movs(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_string s;
	uint64_t v;

	ab_string_begin(m, insn, &s);
	while (ab_string_more(m, insn, &s)) {
		AB_TRY(ab_load(m, s.seg, s.si, s.size, AB_ACC_R, &v));
		AB_TRY(ab_store(m, AB_SEG_ES, s.di, s.size, v));
		ab_string_step(m, insn, &s, true, true);
	}
	return ab_string_end(m, insn, &s, false);
}

enum ab_result ab_do_stos(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_string s;

	ab_string_begin(m, insn, &s);
	while (ab_string_more(m, insn, &s)) {
		AB_TRY(ab_store(m, AB_SEG_ES, s.di, s.size, m->cpu.gpr[AB_EAX]));
		ab_string_step(m, insn, &s, false, true);
	}
	return ab_string_end(m, insn, &s, false);
}

enum ab_result ab_do_lods(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_string s;
	uint64_t v;

	ab_string_begin(m, insn, &s);
	while (ab_string_more(m, insn, &s)) {
		AB_TRY(ab_load(m, s.seg, s.si, s.size, AB_ACC_R, &v));
		ab_gpr_set(m, AB_EAX, s.size, v);
		ab_string_step(m, insn, &s, true, false);
	}
	return ab_string_end(m, insn, &s, false);
}

/* After a comparison: does repe or repne end here? */
static bool compare_ends(const struct ab_machine *m, const struct ab_insn *insn)
{
	bool zf = m->cpu.rflags & AB_FL_ZF;

	return (insn->rep == 0xf3 && !zf) || (insn->rep == 0xf2 && zf);
}

enum ab_result ab_do_cmps(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_string s;
	uint64_t a, b;
	bool done = false;

	ab_string_begin(m, insn, &s);
	while (!done && ab_string_more(m, insn, &s)) {
		AB_TRY(ab_load(m, s.seg, s.si, s.size, AB_ACC_R, &a));
		AB_TRY(ab_load(m, AB_SEG_ES, s.di, s.size, AB_ACC_R, &b));
		ab_alu(m, AB_GEN_CMP, s.size, a, b);
		ab_string_step(m, insn, &s, true, true);
		done = compare_ends(m, insn);
	}
	return ab_string_end(m, insn, &s, done);
}

enum ab_result ab_do_scas(struct ab_machine *m, const struct ab_insn *insn)
{
	struct ab_string s;
	bool done = false;
	uint64_t b;

	ab_string_begin(m, insn, &s);
	while (!done && ab_string_more(m, insn, &s)) {
		AB_TRY(ab_load(m, AB_SEG_ES, s.di, s.size, AB_ACC_R, &b));
		ab_alu(m, AB_GEN_CMP, s.size, ab_gpr(m, AB_EAX, s.size), b);
		ab_string_step(m, insn, &s, false, true);
		done = compare_ends(m, insn);
	}
	return ab_string_end(m, insn, &s, done);
}
