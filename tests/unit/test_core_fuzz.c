/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random instructions on random machines: whatever the guest does, the core
 * answers with one of its results, touches nothing outside RAM (the fixture
 * watches), and a fault leaves the registers alone.  Half of the instructions
 * begin with an opcode of the op table.  With --enable-asan --enable-ubsan this
 * is where they have most to look at.
 */
#include <stdlib.h>
#include "cpufix.h"
#include "lib/decode.h"

#define ROUNDS	100000u

static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Numbers that go somewhere more often than not. */
static uint64_t address(void)
{
	switch (rnd() & 7) {
	case 0:
		return rnd();
	case 1:
		return rnd() & 0xffffffff;
	case 2:
		return 0xffffffff - (rnd() & 15);
	case 3:
		return (rnd() & 7) << 12 | (0xff8 + (rnd() & 7));
	default:
		return rnd() % RAM_SIZE;
	}
}

static void random_tables(void)
{
	unsigned i;

	for (i = 16; i < 64; i++)
		poke64(GDT + i * 8, rnd());
	for (i = 0; i < 32; i++)
		poke64(LDT + i * 8, rnd());
	for (i = 0; i < 64; i++)
		poke64(IDT + i * 8, rnd() & 1 ? rnd() : peek64(IDT + i * 8) | rnd() % 7);
	for (i = 0; i < 26; i++)
		poke32(TSS + i * 4, (uint32_t)(i % 3 ? rnd() & 0x1ff : address()));
	/* page tables that are mostly the identity */
	for (i = 0; i < 4096; i++)
		poke32(TABLES + i * 4, (uint32_t)(i << 12 | 7));
	for (i = 0; i < 64; i++)
		poke32(TABLES + (rnd() & 0x3ffc), (uint32_t)rnd());
}

static void random_cpu(void)
{
	struct ab_cpu *c = &M->cpu;
	unsigned i;

	if (rnd() % 3 == 0)
		cpu_start_ring3();
	else if (rnd() % 5 == 0)
		cpu_start_long();
	else
		cpu_start();
	random_tables();
	for (i = 0; i < 16; i++)
		c->gpr[i] = address() & (ab_code64(M) ? ~0ull : 0xffffffff);
	if (rnd() & 3)
		c->gpr[AB_ESP] = STACK0 - (rnd() & 0xff);
	if (rnd() & 1)
		c->gpr[AB_EAX] = c->gpr[AB_ECX] = rnd() & 0x1ff;
	c->rflags |= rnd() & (AB_FL_ARITH | AB_FL_IF | AB_FL_DF | AB_FL_IOPL | AB_FL_AC);
	if (rnd() % 8 == 0)
		c->rflags |= rnd() & (AB_FL_TF | AB_FL_NT);
	if (rnd() % 4 == 0 && !ab_long_mode(M)) {
		for (i = 0; i < AB_SEG_COUNT; i++) {
			if (i == AB_SEG_CS)
				continue;
			c->seg[i].attr = rnd() & 1 ? 0 : c->seg[i].attr ^ (rnd() & 0x400f);
			c->seg[i].limit = (uint32_t)rnd();
			c->seg[i].base = (uint32_t)(rnd() & 0xffff);
		}
	}
	c->tr.limit = rnd() & 0xff;
	c->gdtr.limit = rnd() & 0x1ff;
	M->long_mode |= rnd() & 1;
	if (!ab_long_mode(M) && (rnd() & 1)) {
		c->cr4 = rnd() & 0x7fc;
		c->cr3 = TABLES;
		for (i = 0; i < 4; i++)
			c->pdpte[i] = (TABLES + i * 4096) | 1;
		c->cr0 |= AB_CR0_PG | (rnd() & (AB_CR0_AM | AB_CR0_TS));
	}
	c->efer |= rnd() & AB_EFER_NX;
}

static size_t random_bytes(uint8_t *p)
{
	static const uint8_t two[] = { 0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x20, 0x21,
		0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0xa0, 0xa1, 0xa2, 0xa8,
		0xa9, 0xb2, 0xb4, 0xb5, 0xc7 };
	static const uint8_t one[] = { 0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x63, 0x6c,
		0x6d, 0x6e, 0x6f, 0x8c, 0x8e, 0x9a, 0x9c, 0x9d, 0xc4, 0xc5, 0xca, 0xcb,
		0xcc, 0xcd, 0xce, 0xcf, 0xe4, 0xe5, 0xe6, 0xe7, 0xea, 0xec, 0xed, 0xee,
		0xef, 0xf1, 0xf4, 0xfa, 0xfb, 0xff, 0xa4, 0xa5, 0xa6, 0xaa, 0xae };
	unsigned i, n = 0;

	for (i = 0; i < 15; i++)
		p[i] = (uint8_t)rnd();
	if (rnd() & 1)
		return 15;
	if (rnd() % 4 == 0)
		p[n++] = 0x66;
	if (rnd() % 8 == 0)
		p[n++] = 0x67;
	if (rnd() % 8 == 0)
		p[n++] = rnd() & 1 ? 0xf3 : 0xf2;
	if (rnd() & 1) {
		p[n++] = 0x0f;
		p[n++] = two[rnd() % sizeof(two)];
	} else {
		p[n++] = one[rnd() % sizeof(one)];
	}
	/* far pointers: a selector that exists */
	if (n + 6 <= 15 && (p[n - 1] == 0x9a || p[n - 1] == 0xea)) {
		p[n + 4] = (uint8_t)rnd();
		p[n + 5] = rnd() & 1;
	}
	return 15;
}

/* Which registers may a faulting instruction have changed? */
static void check_fault(const struct ab_insn *insn, const struct ab_cpu *was)
{
	struct ab_cpu now = M->cpu;

	if (M->cpu.tr.sel != was->tr.sel || M->cpu.tr.base != was->tr.base)
		return;			/* the fault of a new task */
	if (insn->rep) {
		now.gpr[AB_ECX] = was->gpr[AB_ECX];
		now.gpr[AB_ESI] = was->gpr[AB_ESI];
		now.gpr[AB_EDI] = was->gpr[AB_EDI];
		now.gpr[AB_EAX] = was->gpr[AB_EAX];	/* lods */
		now.rflags = was->rflags;		/* cmps, scas */
	}
	if (M->fault.vector == AB_DB)
		now.dr[6] = was->dr[6];
	if (insn->op == AB_OP_INT || insn->op == AB_OP_INT3 || insn->op == AB_OP_INT1 ||
	    insn->op == AB_OP_INTO)
		now.rflags |= was->rflags & AB_FL_RF;
	now.nmi_masked = was->nmi_masked;
	ck_assert_msg(!memcmp(&now, was, sizeof(now)),
		      "op %u gen %u (%02x %02x %02x %02x): fault %u has changed registers",
		      insn->op, insn->gen, insn->bytes[0], insn->bytes[1], insn->bytes[2],
		      insn->bytes[3], M->fault.vector);
}

static void round_one(unsigned *results)
{
	struct ab_insn insn = { .addr = M->cpu.rip };
	enum ab_result r;
	struct ab_cpu was;
	uint8_t bytes[16];
	int bits = (int)ab_code_size(M) * 8;

	random_bytes(bytes);
	if (ab_decode(bytes, 15, bits, &insn) < 0)
		return;
	was = M->cpu;
	r = ab_emulate(M, &insn);
	ck_assert_int_le(r, AB_SHUTDOWN);
	results[r]++;
	if (r == AB_FAULT) {
		check_fault(&insn, &was);
		r = ab_raise(M);
		ck_assert_int_ne(r, AB_FAULT);
	}
	if (r == AB_UNSUPPORTED)
		ck_assert_int_ne(M->why[0], 0);
}

static void fuzz(uint64_t start)
{
	unsigned results[4] = { 0 }, i;

	seed = start;
	for (i = 0; i < ROUNDS; i++) {
		if (i % 40 == 0 || (M->cpu.cr0 & 1) == 0)
			random_cpu();
		round_one(results);
	}
	ck_assert_uint_gt(results[AB_OK], ROUNDS / 20);
	ck_assert_uint_gt(results[AB_FAULT], ROUNDS / 20);
}

START_TEST(random_machines)
{
	const char *n = getenv("AB_FUZZ_SEED");

	fuzz(0x9e3779b97f4a7c15ull + (n ? strtoull(n, NULL, 0) : 0));
}
END_TEST

static void add(TCase *tc)
{
	tcase_set_timeout(tc, 300);
	ADD(tc, random_machines);
}

int main(void)
{
	return cpu_main("core: random instructions", add);
}
