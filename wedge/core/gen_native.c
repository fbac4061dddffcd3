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

/* Bytes of (o): the decoder keeps no size above 255, which fxsave and fxrstor have. */
static unsigned memory_size(const struct ab_insn *insn, const struct ab_operand *o)
{
	unsigned i;

	if (o->size)
		return o->size;
	for (i = 0; i + 2 < insn->len; i++)
		if (insn->bytes[i] == 0x0f && insn->bytes[i + 1] == 0xae)
			return (insn->bytes[i + 2] >> 3 & 7) < 2 ? 512 : 0;
	return 0;
}

enum ab_result ab_do_native(struct ab_machine *m, const struct ab_insn *insn)
{
	const struct ab_operand *o = memory_operand(insn);
	uint8_t room[AB_NATIVE_MAX + 64], *buf;
	unsigned size = o ? memory_size(insn, o) : 0;
	unsigned acc = o && o->access & AB_WRITES ? AB_ACC_W : AB_ACC_R;
	uint64_t va;

	if (!size || size > AB_NATIVE_MAX || !m->host->native)
		return ab_unsupported(m, "an instruction like this on memory that has no page");
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

enum ab_result ab_do_fpu(struct ab_machine *m, const struct ab_insn *insn)
{
	if (m->cpu.cr0 & (AB_CR0_EM | AB_CR0_TS))
		return ab_fault(m, AB_NM);
	if (insn->gen == AB_GEN_FNINIT) {
		__asm__ volatile("fninit");
		return AB_OK;
	}
	return ab_do_native(m, insn);
}
