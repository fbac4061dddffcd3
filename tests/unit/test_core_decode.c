/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wedge/core's own decoder against the library's, on random bytes that begin like
 * instructions: what it decodes is what the library says, to the operand, and it
 * knows every op of the table that 32- and 64-bit kernels have.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/decode.h"
#include "lib/decode.h"
#include "run.h"

#define ROUNDS	400000

static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static size_t make_bytes(uint8_t *p, int bits)
{
	static const uint8_t prefix[] = { 0x66, 0x67, 0xf3, 0xf2, 0x2e, 0x64, 0x65, 0x36 };
	size_t n = 0, i;

	while (rnd() % 4 == 0 && n < 2)
		p[n++] = prefix[rnd() % sizeof(prefix)];
	if (bits == 64 && rnd() % 2)
		p[n++] = (uint8_t)(0x40 | rnd() % 16);
	if (rnd() % 2)
		p[n++] = 0x0f;
	for (i = n; i < 15; i++)
		p[i] = (uint8_t)rnd();
	return 15;
}

static void say(const uint8_t *p, int bits, const char *what)
{
	char text[96];
	int i;

	ab_disassemble(p, 15, bits, 0, text, sizeof(text));
	fprintf(stderr, "%d-bit:", bits);
	for (i = 0; i < 15; i++)
		fprintf(stderr, " %02x", p[i]);
	fprintf(stderr, ": %s: %s\n", text, what);
}

/* Is it one that only other kernels than those of our targets have? */
static bool is_beyond(const struct ab_insn *z)
{
	switch (z->op) {
	case AB_OP_UMONITOR: case AB_OP_UMWAIT: case AB_OP_TPAUSE: case AB_OP_INVPCID:
	case AB_OP_INVEPT: case AB_OP_INVVPID: case AB_OP_VMREAD: case AB_OP_VMWRITE:
	case AB_OP_VMPTRLD: case AB_OP_VMPTRST: case AB_OP_VMCLEAR: case AB_OP_VMXON:
	case AB_OP_XSAVES: case AB_OP_XRSTORS: case AB_OP_ENQCMDS: case AB_OP_GETSEC:
	case AB_OP_RDPID: case AB_OP_PCONFIG:
	/* 32-bit code only; targets of this decoder run 64-bit kernels */
	case AB_OP_PUSH_SEG: case AB_OP_POP_SEG: case AB_OP_LOAD_FAR: case AB_OP_FAR_CALL:
	case AB_OP_FAR_JMP: case AB_OP_ARPL: case AB_OP_INTO:
		return true;
	default:
		return z->addrsize == 2 || z->lock;
	}
}

static bool same_operand(const struct ab_operand *a, const struct ab_operand *z,
			 unsigned op)
{
	if (a->kind != z->kind)
		return false;
	switch (a->kind) {
	case AB_OPND_REG:
		return a->reg == z->reg && a->high8 == z->high8 &&
		       (a->size == z->size || op == AB_OP_LAR || op == AB_OP_LSL);
	case AB_OPND_MEM:
		return a->base == z->base && a->index == z->index && a->scale == z->scale &&
		       a->seg == z->seg && (uint32_t)a->disp == (uint32_t)z->disp &&
		       (op || !z->size || a->size == z->size);
	case AB_OPND_IMM:
		return (a->imm ^ z->imm) << (64 - 8 * (z->size ? z->size : 8)) == 0;
	default:
		return a->reg == z->reg;
	}
}

/* Of ops, only where the emulator looks at it. */
static bool size_matters(const struct ab_insn *in)
{
	switch (in->op) {
	case AB_OP_IRET: case AB_OP_SYSRET: case AB_OP_SYSEXIT: case AB_OP_FAR_RET:
	case AB_OP_FAR_JMP: case AB_OP_FAR_CALL: case AB_OP_PUSHF: case AB_OP_POPF:
	case AB_OP_PUSH_SEG: case AB_OP_POP_SEG: case AB_OP_READ_SEG: case AB_OP_SLDT:
	case AB_OP_STR: case AB_OP_SMSW: case AB_OP_LGDT: case AB_OP_LIDT:
	case AB_OP_LAR: case AB_OP_LSL: case AB_OP_LOAD_FAR:
		return true;
	default:
		return !in->op && in->gen != AB_GEN_XLAT;
	}
}

static const char *compare(const struct ab_insn *a, const struct ab_insn *z)
{
	unsigned i;

	if (a->len != z->len)
		return "length";
	if (a->op != z->op && z->op != AB_OP_WBNOINVD)	/* f3 f2: who is the last? */
		return "op";
	if (a->gen != z->gen)
		return "what it does";
	if (a->addrsize != z->addrsize)
		return "address size";
	/* implied operands are shown by one and not by the other */
	if (a->gen == AB_GEN_NOP || a->op >= AB_OP_VMCALL ||
	    a->op == AB_OP_INVLPGB)
		return NULL;
	if (a->nopnd != z->nopnd)
		return "number of operands";
	for (i = 0; i < a->nopnd; i++)
		if (a->gen != AB_GEN_LEA && !same_operand(&a->opnd[i], &z->opnd[i], a->op))
			return "operand";
	if (a->opsize != z->opsize && size_matters(a))
		return "operand size";
	if (a->rep != z->rep)
		return "repeat prefix";
	return NULL;
}

static void one_round(int bits, unsigned *agreed, unsigned *bad)
{
	struct ab_insn a = { 0 }, z = { 0 };
	uint8_t p[16];
	size_t n = make_bytes(p, bits);
	int la = ab_insn_decode(p, n, bits, &a), lz = ab_decode(p, n, bits, &z);
	const char *what = NULL;

	if (la > 0 && lz > 0)
		what = compare(&a, &z);
	/* prefixes on instructions without operands mean nothing to most processors */
	else if (la > 0 && !a.lock && !(a.op && !a.nopnd) &&
		 (a.op < AB_OP_READ_CR || a.op > AB_OP_WRITE_DR))
		what = "decoded, but it is none";
	else if (lz > 0 && z.op && !is_beyond(&z))
		what = "not known";
	if (what && (*bad)++ < 20)
		say(p, bits, what);
	*agreed += la > 0 && lz > 0;
}

START_TEST(test_random)
{
	unsigned agreed = 0, bad = 0, i;
	int bits = _i ? 64 : 32;

	for (i = 0; i < ROUNDS; i++)
		one_round(bits, &agreed, &bad);
	ck_assert_uint_eq(bad, 0);
	ck_assert_uint_gt(agreed, ROUNDS / 4);
}
END_TEST

/* Bytes that end inside of an instruction are none. */
START_TEST(test_short)
{
	static const uint8_t code[] = { 0x48, 0x8b, 0x84, 0x8b, 0x78, 0x56, 0x34, 0x12 };
	struct ab_insn in = { 0 };
	size_t n;

	for (n = 0; n < sizeof(code); n++)
		ck_assert_int_eq(ab_insn_decode(code, n, 64, &in), -1);
	ck_assert_int_eq(ab_insn_decode(code, n, 64, &in), 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("core: decoder");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_random, 0, 2);
	tcase_add_test(tc, test_short);
	return suite_run(s);
}
