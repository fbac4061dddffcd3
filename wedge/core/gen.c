/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * General instructions, for when one touches memory that has no page behind it:
 * devices, or addresses that the host does not let us map.
 *
 * A destination in memory is read with write access, so that the write after
 * the computation cannot fault any more.
 */
#include "core/cpu.h"

typedef const struct ab_insn insn_t;

static enum ab_result gen_mov(struct ab_machine *m, insn_t *insn)
{
	uint64_t v;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &v));
	if (insn->gen == AB_GEN_MOVSX)
		v = ab_sext(v, insn->opnd[1].size);
	return ab_opnd_write(m, insn, &insn->opnd[0], v);
}

static enum ab_result gen_xchg(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *a = &insn->opnd[0], *b = &insn->opnd[1], *t;
	uint64_t va, vb;

	if (b->kind == AB_OPND_MEM) {
		t = a;
		a = b;
		b = t;
	}
	AB_TRY(ab_opnd_read(m, insn, a, AB_ACC_W, &va));
	AB_TRY(ab_opnd_read(m, insn, b, AB_ACC_W, &vb));
	AB_TRY(ab_opnd_write(m, insn, a, vb));
	return ab_opnd_write(m, insn, b, va);
}

static enum ab_result gen_lea(struct ab_machine *m, insn_t *insn)
{
	return ab_opnd_write(m, insn, &insn->opnd[0],
			     ab_effective_address(m, insn, &insn->opnd[1]));
}

static enum ab_result gen_binary(struct ab_machine *m, insn_t *insn)
{
	bool store = insn->gen != AB_GEN_CMP && insn->gen != AB_GEN_TEST;
	unsigned size = insn->opnd[0].size;
	uint64_t a, b, r;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[0], store ? AB_ACC_W : AB_ACC_R, &a));
	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &b));
	r = ab_alu(m, insn->gen, size, a, b & ab_size_mask(size));
	return store ? ab_opnd_write(m, insn, &insn->opnd[0], r) : AB_OK;
}

static enum ab_result gen_unary(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t v;

	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_W, &v));
	return ab_opnd_write(m, insn, o, ab_alu_unary(m, insn->gen, o->size, v));
}

static enum ab_result gen_shift(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t v, count = 1;

	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_W, &v));
	if (insn->nopnd > 1)
		AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &count));
	return ab_opnd_write(m, insn, o,
			     ab_alu_shift(m, insn->gen, o->size, v, (uint8_t)count));
}

static enum ab_result gen_shift2(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t a, b, count;

	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_W, &a));
	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &b));
	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[2], AB_ACC_R, &count));
	return ab_opnd_write(m, insn, o, ab_alu_shift2(m, insn->gen, o->size, a, b,
						      (uint8_t)count));
}

/* With a bit number in a register, memory is a string of bits that starts at the
 * operand: the number's upper part selects the word. */
static enum ab_result gen_bit(struct ab_machine *m, insn_t *insn)
{
	struct ab_operand o = insn->opnd[0];
	unsigned bits = o.size * 8;
	uint64_t v, n, bit;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &n));
	if (o.kind == AB_OPND_MEM && insn->opnd[1].kind == AB_OPND_REG)
		o.disp += (ab_sext(n, o.size) >> (o.size == 8 ? 6 : o.size == 4 ? 5 : 4)) *
			  o.size;
	bit = 1ull << (n & (bits - 1));
	AB_TRY(ab_opnd_read(m, insn, &o, insn->gen == AB_GEN_BT ? AB_ACC_R : AB_ACC_W, &v));
	m->cpu.rflags = (m->cpu.rflags & ~(uint64_t)AB_FL_CF) | (v & bit ? AB_FL_CF : 0);
	switch (insn->gen) {
	case AB_GEN_BTS:
		return ab_opnd_write(m, insn, &o, v | bit);
	case AB_GEN_BTR:
		return ab_opnd_write(m, insn, &o, v & ~bit);
	case AB_GEN_BTC:
		return ab_opnd_write(m, insn, &o, v ^ bit);
	default:
		return AB_OK;
	}
}

static enum ab_result gen_scan(struct ab_machine *m, insn_t *insn)
{
	uint64_t v, n;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &v));
	if (!v) {
		m->cpu.rflags |= AB_FL_ZF;
		return AB_OK;
	}
	m->cpu.rflags &= ~(uint64_t)AB_FL_ZF;
	n = insn->gen == AB_GEN_BSF ? __builtin_ctzll(v) : 63 - __builtin_clzll(v);
	return ab_opnd_write(m, insn, &insn->opnd[0], n);
}

/* The double-width register pair ax, dx:ax, edx:eax, rdx:rax. */
static void pair_get(const struct ab_machine *m, unsigned size, uint64_t *high,
		     uint64_t *low)
{
	*low = ab_gpr(m, AB_EAX, size);
	*high = size == 1 ? m->cpu.gpr[AB_EAX] >> 8 & 0xff : ab_gpr(m, AB_EDX, size);
}

static void pair_set(struct ab_machine *m, unsigned size, uint64_t high, uint64_t low)
{
	if (size == 1) {
		ab_gpr_set(m, AB_EAX, 2, high << 8 | low);
	} else {
		ab_gpr_set(m, AB_EAX, size, low);
		ab_gpr_set(m, AB_EDX, size, high);
	}
}

static enum ab_result gen_mul(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	bool with_sign = insn->gen == AB_GEN_IMUL;
	uint64_t a, b, high;

	if (insn->nopnd >= 2) {	/* imul r, r/m [, imm] */
		const struct ab_operand *x = &insn->opnd[insn->nopnd == 3 ? 1 : 0];

		AB_TRY(ab_opnd_read(m, insn, x, AB_ACC_R, &a));
		AB_TRY(ab_opnd_read(m, insn, x + 1, AB_ACC_R, &b));
		return ab_opnd_write(m, insn, o,
				     ab_alu_mul(m, true, o->size, a, b, &high));
	}
	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_R, &b));
	a = ab_alu_mul(m, with_sign, o->size, ab_gpr(m, AB_EAX, o->size), b, &high);
	pair_set(m, o->size, high, a);
	return AB_OK;
}

static enum ab_result gen_div(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t high, low, d;

	AB_TRY(ab_opnd_read(m, insn, o, AB_ACC_R, &d));
	pair_get(m, o->size, &high, &low);
	if (!ab_alu_div(insn->gen == AB_GEN_IDIV, o->size, &high, &low, d))
		return ab_fault(m, AB_DE);
	pair_set(m, o->size, high, low);
	return AB_OK;
}

static enum ab_result gen_xadd(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *dst = &insn->opnd[0], *src = &insn->opnd[1];
	uint64_t a, b, r;

	AB_TRY(ab_opnd_read(m, insn, dst, AB_ACC_W, &a));
	AB_TRY(ab_opnd_read(m, insn, src, AB_ACC_R, &b));
	r = ab_alu(m, AB_GEN_ADD, dst->size, a, b);
	/* the source may be part of the address; or it is the destination, which wins */
	if (dst->kind == AB_OPND_MEM)
		AB_TRY(ab_opnd_write(m, insn, dst, r));
	AB_TRY(ab_opnd_write(m, insn, src, a));
	return dst->kind == AB_OPND_MEM ? AB_OK : ab_opnd_write(m, insn, dst, r);
}

/* The destination is written in either case, as the bus sees it. */
static enum ab_result gen_cmpxchg(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *dst = &insn->opnd[0];
	uint64_t v, src;

	AB_TRY(ab_opnd_read(m, insn, dst, AB_ACC_W, &v));
	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &src));
	ab_alu(m, AB_GEN_CMP, dst->size, ab_gpr(m, AB_EAX, dst->size), v);
	if (m->cpu.rflags & AB_FL_ZF)
		return ab_opnd_write(m, insn, dst, src);
	AB_TRY(ab_opnd_write(m, insn, dst, v));
	ab_gpr_set(m, AB_EAX, dst->size, v);
	return AB_OK;
}

static enum ab_result gen_cmpxchg8b(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	uint64_t ea = ab_effective_address(m, insn, o), v, want;

	AB_TRY(ab_load(m, o->seg, ea, 8, AB_ACC_W, &v));
	want = ab_gpr(m, AB_EAX, 4) | ab_gpr(m, AB_EDX, 4) << 32;
	if (v == want) {
		m->cpu.rflags |= AB_FL_ZF;
		v = ab_gpr(m, AB_EBX, 4) | ab_gpr(m, AB_ECX, 4) << 32;
		return ab_store(m, o->seg, ea, 8, v);
	}
	AB_TRY(ab_store(m, o->seg, ea, 8, v));
	m->cpu.rflags &= ~(uint64_t)AB_FL_ZF;
	ab_gpr_set(m, AB_EAX, 4, v);
	ab_gpr_set(m, AB_EDX, 4, v >> 32);
	return AB_OK;
}

static enum ab_result gen_setcc(struct ab_machine *m, insn_t *insn)
{
	return ab_opnd_write(m, insn, &insn->opnd[0], ab_condition(m, insn->cc));
}

/* Memory is read whatever the condition; a 32-bit destination always loses its
 * upper half. */
static enum ab_result gen_cmovcc(struct ab_machine *m, insn_t *insn)
{
	const struct ab_operand *dst = &insn->opnd[0];
	uint64_t v;

	AB_TRY(ab_opnd_read(m, insn, &insn->opnd[1], AB_ACC_R, &v));
	if (!ab_condition(m, insn->cc))
		v = ab_reg_read(m, dst);
	return ab_opnd_write(m, insn, dst, v);
}

static enum ab_result gen_xlat(struct ab_machine *m, insn_t *insn)
{
	uint64_t ea = m->cpu.gpr[AB_EBX] + ab_gpr(m, AB_EAX, 1), v;
	unsigned i, seg = AB_SEG_DS;

	for (i = 0; i < insn->nopnd; i++)
		if (insn->opnd[i].kind == AB_OPND_MEM)
			seg = insn->opnd[i].seg;
	AB_TRY(ab_load(m, seg, ea & ab_size_mask(insn->addrsize), 1, AB_ACC_R, &v));
	ab_gpr_set(m, AB_EAX, 1, v);
	return AB_OK;
}

static enum ab_result gen_nop(struct ab_machine *m, insn_t *insn)
{
	return AB_OK;
}

#define LOCK	AB_ROW_LOCK
#define JUMPS	AB_ROW_JUMPS
#define STRING	(AB_ROW_JUMPS | AB_ROW_KEEP_RF)

const struct ab_row ab_gen_rows[AB_GEN_COUNT] = {
	[AB_GEN_MOV] = { gen_mov, 0 },
	[AB_GEN_MOVZX] = { gen_mov, 0 },
	[AB_GEN_MOVSX] = { gen_mov, 0 },
	[AB_GEN_XCHG] = { gen_xchg, LOCK },
	[AB_GEN_LEA] = { gen_lea, 0 },
	[AB_GEN_ADD] = { gen_binary, LOCK },
	[AB_GEN_OR] = { gen_binary, LOCK },
	[AB_GEN_ADC] = { gen_binary, LOCK },
	[AB_GEN_SBB] = { gen_binary, LOCK },
	[AB_GEN_AND] = { gen_binary, LOCK },
	[AB_GEN_SUB] = { gen_binary, LOCK },
	[AB_GEN_XOR] = { gen_binary, LOCK },
	[AB_GEN_CMP] = { gen_binary, 0 },
	[AB_GEN_TEST] = { gen_binary, 0 },
	[AB_GEN_NOT] = { gen_unary, LOCK },
	[AB_GEN_NEG] = { gen_unary, LOCK },
	[AB_GEN_INC] = { gen_unary, LOCK },
	[AB_GEN_DEC] = { gen_unary, LOCK },
	[AB_GEN_SHL] = { gen_shift, 0 },
	[AB_GEN_SHR] = { gen_shift, 0 },
	[AB_GEN_SAR] = { gen_shift, 0 },
	[AB_GEN_ROL] = { gen_shift, 0 },
	[AB_GEN_ROR] = { gen_shift, 0 },
	[AB_GEN_RCL] = { gen_shift, 0 },
	[AB_GEN_RCR] = { gen_shift, 0 },
	[AB_GEN_SHLD] = { gen_shift2, 0 },
	[AB_GEN_SHRD] = { gen_shift2, 0 },
	[AB_GEN_BT] = { gen_bit, 0 },
	[AB_GEN_BTS] = { gen_bit, LOCK },
	[AB_GEN_BTR] = { gen_bit, LOCK },
	[AB_GEN_BTC] = { gen_bit, LOCK },
	[AB_GEN_BSF] = { gen_scan, 0 },
	[AB_GEN_BSR] = { gen_scan, 0 },
	[AB_GEN_MUL] = { gen_mul, 0 },
	[AB_GEN_IMUL] = { gen_mul, 0 },
	[AB_GEN_DIV] = { gen_div, 0 },
	[AB_GEN_IDIV] = { gen_div, 0 },
	[AB_GEN_XADD] = { gen_xadd, LOCK },
	[AB_GEN_CMPXCHG] = { gen_cmpxchg, LOCK },
	[AB_GEN_CMPXCHG8B] = { gen_cmpxchg8b, LOCK },
	[AB_GEN_MOVS] = { ab_do_movs, STRING },
	[AB_GEN_STOS] = { ab_do_stos, STRING },
	[AB_GEN_LODS] = { ab_do_lods, STRING },
	[AB_GEN_CMPS] = { ab_do_cmps, STRING },
	[AB_GEN_SCAS] = { ab_do_scas, STRING },
	[AB_GEN_PUSH] = { ab_do_push, 0 },
	[AB_GEN_POP] = { ab_do_pop, 0 },
	[AB_GEN_PUSHA] = { ab_do_pusha, AB_ROW_NO64 },
	[AB_GEN_POPA] = { ab_do_popa, AB_ROW_NO64 },
	[AB_GEN_CALL] = { ab_do_call, JUMPS },
	[AB_GEN_JMP] = { ab_do_jmp, JUMPS },
	[AB_GEN_RET] = { ab_do_ret, JUMPS },
	[AB_GEN_LEAVE] = { ab_do_leave, 0 },
	[AB_GEN_ENTER] = { ab_do_enter, 0 },
	[AB_GEN_SETCC] = { gen_setcc, 0 },
	[AB_GEN_CMOVCC] = { gen_cmovcc, 0 },
	[AB_GEN_NOP] = { gen_nop, 0 },
	[AB_GEN_HINT] = { gen_nop, 0 },
	[AB_GEN_XLAT] = { gen_xlat, 0 },
	[AB_GEN_FNINIT] = { ab_do_fpu, 0 },
	[AB_GEN_FPU] = { ab_do_fpu, 0 },
	[AB_GEN_NATIVE] = { ab_do_native, 0 },
	[AB_GEN_JCC] = { ab_do_jcc, JUMPS },
	[AB_GEN_LOOP] = { ab_do_loop, JUMPS },
	[AB_GEN_LOOPE] = { ab_do_loop, JUMPS },
	[AB_GEN_LOOPNE] = { ab_do_loop, JUMPS },
	[AB_GEN_JCXZ] = { ab_do_jcxz, JUMPS },
	[AB_GEN_CBW] = { ab_do_convert, 0 },
	[AB_GEN_CWD] = { ab_do_convert, 0 },
	[AB_GEN_LAHF] = { ab_do_lahf, 0 },
	[AB_GEN_SAHF] = { ab_do_sahf, 0 },
	[AB_GEN_CLC] = { ab_do_flag, 0 },
	[AB_GEN_STC] = { ab_do_flag, 0 },
	[AB_GEN_CMC] = { ab_do_flag, 0 },
	[AB_GEN_CLD] = { ab_do_flag, 0 },
	[AB_GEN_STD] = { ab_do_flag, 0 },
	[AB_GEN_BSWAP] = { ab_do_bswap, 0 },
	[AB_GEN_MOVBE] = { ab_do_movbe, 0 },
	[AB_GEN_BOUND] = { ab_do_bound, AB_ROW_NO64 },
	[AB_GEN_SALC] = { ab_do_salc, AB_ROW_NO64 },
	[AB_GEN_DAA] = { ab_do_decimal, AB_ROW_NO64 },
	[AB_GEN_DAS] = { ab_do_decimal, AB_ROW_NO64 },
	[AB_GEN_AAA] = { ab_do_ascii, AB_ROW_NO64 },
	[AB_GEN_AAS] = { ab_do_ascii, AB_ROW_NO64 },
	[AB_GEN_AAM] = { ab_do_aam, AB_ROW_NO64 },
	[AB_GEN_AAD] = { ab_do_aad, AB_ROW_NO64 },
};
