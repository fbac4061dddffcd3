/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that nobody would want to emulate: FPU, SSE, bit manipulation.  Their
 * registers are the processor's own, so when one touches memory that has no page,
 * the surroundings run it with a copy of that memory.
 */
#include "core/cpu.h"

static const struct ab_operand *memory_operand(const struct ab_insn *insn)
{
	unsigned i;

	for (i = 0; i < insn->nopnd; i++)
		if (insn->opnd[i].kind == AB_OPND_MEM)
			return &insn->opnd[i];
	return NULL;
}

/* Which of group 15 (0f ae: fxsave, ldmxcsr, xsave...) it is; 8: none of them. */
static unsigned group15(const struct ab_insn *insn)
{
	unsigned i;

	for (i = 0; i + 2 < insn->len; i++)
		if (insn->bytes[i] == 0x0f && insn->bytes[i + 1] == 0xae)
			return insn->bytes[i + 2] >> 3 & 7;
	return 8;
}

/* Bytes of (o): the decoder keeps no size above 255, which fxsave and fxrstor have. */
static unsigned memory_size(const struct ab_insn *insn, const struct ab_operand *o)
{
	if (o->size)
		return o->size;
	return group15(insn) < 2 ? 512 : 0;
}

static enum ab_result unknown(struct ab_machine *m)
{
	return ab_unsupported(m, "an instruction like this on memory that has no page");
}

enum ab_result ab_do_native(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = memory_operand(insn);
	uint8_t room[AB_NATIVE_MAX + 64], *buf;
	unsigned size = o ? memory_size(insn, o) : 0;
	unsigned acc = o && o->access & AB_WRITES ? AB_ACC_W : AB_ACC_R;
	uint64_t va;

	if (!m->host->native)
		return unknown(m);
	if (!o)
		return m->host->native(m, insn, NULL);
	if (!size && ab_opcode(insn) == 0x0fae) {	/* xsave's: of any size, but aligned */
		AB_TRY(ab_linear(m, o->seg, ab_effective_address(m, insn, o), 64, acc, &va));
		if (va & 63)
			return ab_gp0(m);
	}
	if (!size || size > AB_NATIVE_MAX)
		return unknown(m);
	AB_TRY(ab_linear(m, o->seg, ab_effective_address(m, insn, o), size, acc, &va));
	/* aligned as the guest's operand is: the processor looks at that */
	buf = room + ((va - (uintptr_t)room) & 63);
	if (acc & AB_ACC_W)
		AB_TRY(ab_probe(m, va, size, acc | ab_acc_ring(m)));
	if (o->access & AB_READS || size > 16)	/* fnsave and fxsave leave holes */
		AB_TRY(ab_read(m, va, buf, size, acc | ab_acc_ring(m)));
	else
		ab_memset(buf, 0, size);
	AB_TRY(m->host->native(m, insn, buf));
	if (acc & AB_ACC_W)
		return ab_write(m, va, buf, size, AB_ACC_W | ab_acc_ring(m));
	return AB_OK;
}

/* The registers that an instruction of this class needs, as CR0 and CR4 give them
 * out: xsave, AVX, SSE want to be enabled; MMX and SSE have no emulation. */
static enum ab_result fpu_allowed(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_cpu *c = &m->cpu;
	unsigned opcode = ab_opcode(insn), i;
	unsigned group = opcode == 0x0fae ? group15(insn) : 8;
	bool x87 = opcode < 0x0f00 && (opcode == 0x9b || (opcode & 0xf8) == 0xd8);
	bool vex = opcode < 0x0f00 && !x87, ok = true;

	if (opcode == 0x9b)	/* fwait */
		return (c->cr0 & AB_CR0_MP) && (c->cr0 & AB_CR0_TS) ? ab_fault(m, AB_NM) :
		       AB_OK;
	if (x87 || group < 2) {	/* fxsave, fxrstor */
		if (c->cr0 & AB_CR0_EM)
			return ab_fault(m, AB_NM);
	} else if (vex) {
		ok = ab_avx_enabled(c);
	} else if (opcode == 0x0fc7 || (group >= 4 && group < 8)) {
		ok = c->cr4 & AB_CR4_OSXSAVE;
	} else {
		ok = !(c->cr0 & AB_CR0_EM);
		if (group < 4 && !(c->cr4 & AB_CR4_OSFXSR))	/* ldmxcsr, stmxcsr */
			ok = false;
		for (i = 0; i < insn->nopnd; i++)
			if (insn->opnd[i].kind == AB_OPND_OTHER && insn->opnd[i].size >= 16 &&
			    !(c->cr4 & AB_CR4_OSFXSR))
				ok = false;
	}
	if (!ok)
		return ab_fault(m, AB_UD);
	return c->cr0 & AB_CR0_TS ? ab_fault(m, AB_NM) : AB_OK;
}

enum ab_result ab_do_fpu(struct ab_machine *m, const struct ab_insn *insn)
{
	AB_TRY(fpu_allowed(m, insn));
	if (insn->gen == AB_GEN_FNINIT && !m->host->native) {
		__asm__ volatile("fninit");
		return AB_OK;
	}
	return ab_do_native(m, insn);
}
