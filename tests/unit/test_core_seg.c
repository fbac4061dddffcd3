/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segment registers, descriptor checks and their error codes, limits, far
 * transfers and iret between privileges.
 */
#include "cpufix.h"

static enum ab_result last;

/* mov %ax, %sreg: ModRM c0 | sreg << 3 */
static enum ab_result load(unsigned seg, uint16_t sel)
{
	M->cpu.gpr[AB_EAX] = sel;
	M->cpu.rip = CODE;
	return X(0x8e, 0xc0 | seg << 3);
}

static void load_faults(int line, unsigned seg, uint16_t sel, unsigned vec, uint32_t err)
{
	last = load(seg, sel);
	expect_fault(last, line, vec, err);
}
#define LOAD_FAULTS(seg, sel, vec, err) load_faults(__LINE__, seg, sel, vec, err)

static void load_ok(int line, unsigned seg, uint16_t sel)
{
	ck_assert_msg(load(seg, sel) == AB_OK, "line %d: fault %u(%x)", line,
		      M->fault.vector, M->fault.error);
	ck_assert_uint_eq(M->cpu.seg[seg].sel, sel);
}
#define LOADS(seg, sel) load_ok(__LINE__, seg, sel)

START_TEST(data_segments)
{
	desc_put(GDT, FREE(0), 0x12345678, 0x1234, 0x4092);	/* not accessed */
	desc_put(GDT, FREE(1), 0, FLAT, 0xc013);		/* not present */
	desc_put(GDT, FREE(2), 0, FLAT, 0xc099);		/* execute-only */
	desc_put(GDT, FREE(3), 0, 0x67, 0x89);			/* a TSS */
	LOADS(AB_SEG_DS, FREE(0));
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].base, 0x12345678);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].limit, 0x1234);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].attr, 0x4093);
	ck_assert_uint_eq(RAM[GDT + FREE(0) + 5], 0x93);	/* accessed */
	LOADS(AB_SEG_ES, CS0);			/* code that can be read */
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_ES].limit, 0xffffffff);
	LOADS(AB_SEG_FS, 0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_FS].attr, 0);
	LOADS(AB_SEG_GS, 3);			/* null, whatever the RPL */
	LOAD_FAULTS(AB_SEG_DS, FREE(1), AB_NP, FREE(1));
	LOAD_FAULTS(AB_SEG_DS, FREE(2), AB_GP, FREE(2));
	LOAD_FAULTS(AB_SEG_DS, FREE(3), AB_GP, FREE(3));
	LOAD_FAULTS(AB_SEG_DS, 0x200, AB_GP, 0x200);	/* beyond the limit */
	LOAD_FAULTS(AB_SEG_DS, 0x203, AB_GP, 0x200);	/* no RPL in error codes */
	M->cpu.gdtr.limit = FREE(0) + 6;		/* its last byte is out */
	LOAD_FAULTS(AB_SEG_DS, FREE(0), AB_GP, FREE(0));
	M->cpu.gdtr.limit = FREE(0) + 7;
	LOADS(AB_SEG_DS, FREE(0));
	/* RPL 3 for a DPL 0 segment: too weak, but conforming code does not mind */
	LOAD_FAULTS(AB_SEG_DS, DS0 | 3, AB_GP, DS0);
	LOADS(AB_SEG_DS, CSC | 3);
}
END_TEST

START_TEST(data_segments_ring3)
{
	cpu_start_ring3();
	LOAD_FAULTS(AB_SEG_DS, DS0, AB_GP, DS0);
	LOAD_FAULTS(AB_SEG_DS, DS1, AB_GP, DS1 & ~3);
	LOADS(AB_SEG_DS, DS3 & ~3);	/* RPL 0 is fine: DPL 3 */
	LOADS(AB_SEG_DS, CSC);
	LOADS(AB_SEG_DS, 0);
}
END_TEST

START_TEST(stack_segment)
{
	desc_put(GDT, FREE(0), 0, FLAT, 0xc091);	/* read-only data */
	desc_put(GDT, FREE(1), 0, FLAT, 0xc013);	/* not present */
	LOADS(AB_SEG_SS, DS0);
	ck_assert_uint_eq(M->cpu.shadow, 2);
	LOAD_FAULTS(AB_SEG_SS, 0, AB_GP, 0);
	LOAD_FAULTS(AB_SEG_SS, FREE(0), AB_GP, FREE(0));
	LOAD_FAULTS(AB_SEG_SS, CS0, AB_GP, CS0);
	LOAD_FAULTS(AB_SEG_SS, DS0 | 3, AB_GP, DS0);	/* RPL */
	LOAD_FAULTS(AB_SEG_SS, DS3 & ~3, AB_GP, DS3 & ~3);	/* DPL */
	LOAD_FAULTS(AB_SEG_SS, FREE(1), AB_SS, FREE(1));
	LOAD_FAULTS(AB_SEG_SS, 0x1f8 | 4, AB_GP, 0x1fc);	/* beyond the LDT */
}
END_TEST

START_TEST(ldt)
{
	desc_put(LDT, 0x10, 0x9000, 0xff, 0x4093);
	LOADS(AB_SEG_DS, 0x14);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].base, 0x9000);
	LOAD_FAULTS(AB_SEG_DS, 0x104, AB_GP, 0x104);
	M->cpu.gpr[AB_EAX] = 0;
	OK(0x0f, 0x00, 0xd0);				/* lldt: null */
	LOAD_FAULTS(AB_SEG_DS, 0x14, AB_GP, 0x14);
	LOAD_FAULTS(AB_SEG_DS, 4, AB_GP, 4);	/* index 0 with TI is not null */
}
END_TEST

START_TEST(mov_to_cs)
{
	/* the decoder knows it for no instruction; the core says #UD anyway */
	struct ab_insn insn = { .op = AB_OP_WRITE_SEG, .len = 2, .opsize = 4, .nopnd = 2 };

	insn.opnd[0] = (struct ab_operand){ .kind = AB_OPND_SREG, .reg = AB_SEG_CS };
	insn.opnd[1] = (struct ab_operand){ .kind = AB_OPND_REG, .size = 2 };
	ck_assert_int_eq(ab_emulate(M, &insn), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_UD);
}
END_TEST

/* ---- limits ---- */

static enum ab_result access_at(uint32_t off, unsigned len, unsigned acc)
{
	uint64_t va;

	return ab_linear(M, AB_SEG_DS, off, len, acc, &va);
}

START_TEST(limits)
{
	desc_put(GDT, FREE(0), DATA, 0xfff, 0x4093);
	LOADS(AB_SEG_DS, FREE(0));
	ck_assert_int_eq(access_at(0xffc, 4, AB_ACC_W), AB_OK);
	ck_assert_int_eq(access_at(0xffd, 4, AB_ACC_W), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_GP);
	ck_assert_uint_eq(M->fault.error, 0);
	ck_assert_int_eq(access_at(0x1000, 1, AB_ACC_R), AB_FAULT);
	ck_assert_int_eq(access_at(0xffffffff, 4, AB_ACC_R), AB_FAULT);
	/* expand-down: valid above the limit */
	desc_put(GDT, FREE(1), 0, 0xfff, 0x4097);
	LOADS(AB_SEG_DS, FREE(1));
	ck_assert_int_eq(access_at(0xfff, 1, AB_ACC_R), AB_FAULT);
	ck_assert_int_eq(access_at(0x1000, 4, AB_ACC_R), AB_OK);
	ck_assert_int_eq(access_at(0xfffffffc, 4, AB_ACC_R), AB_OK);
	ck_assert_int_eq(access_at(0xfffffffd, 4, AB_ACC_R), AB_FAULT);
	desc_put(GDT, FREE(1), 0, 0xfff, 0x0097);	/* B=0: up to ffffh */
	LOADS(AB_SEG_DS, FREE(1));
	ck_assert_int_eq(access_at(0xfffc, 4, AB_ACC_R), AB_OK);
	ck_assert_int_eq(access_at(0xfffd, 4, AB_ACC_R), AB_FAULT);
	/* types */
	desc_put(GDT, FREE(2), 0, FLAT, 0xc091);
	LOADS(AB_SEG_DS, FREE(2));
	ck_assert_int_eq(access_at(0, 4, AB_ACC_R), AB_OK);
	ck_assert_int_eq(access_at(0, 4, AB_ACC_W), AB_FAULT);
	LOADS(AB_SEG_DS, CS0);
	ck_assert_int_eq(access_at(0, 4, AB_ACC_R), AB_OK);
	ck_assert_int_eq(access_at(0, 4, AB_ACC_W), AB_FAULT);
	LOADS(AB_SEG_DS, 0);
	ck_assert_int_eq(access_at(0, 1, AB_ACC_R), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_GP);
	/* a flat segment wraps */
	LOADS(AB_SEG_DS, DS0);
	ck_assert_int_eq(access_at(0xfffffffe, 4, AB_ACC_R), AB_OK);
	/* the stack segment's violations are #SS(0) */
	M->cpu.seg[AB_SEG_SS].limit = STACK0 - 0x10;
	M->cpu.rip = CODE;
	FAULTS(AB_SS, 0, 0x9c);			/* pushf */
}
END_TEST

START_TEST(alignment_check)
{
	uint64_t va;

	cpu_start_ring3();
	M->cpu.cr0 |= AB_CR0_AM;
	ck_assert_int_eq(access_at(1, 4, AB_ACC_R), AB_OK);
	M->cpu.rflags |= AB_FL_AC;
	ck_assert_int_eq(access_at(1, 4, AB_ACC_R), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_AC);
	ck_assert_int_eq(access_at(2, 2, AB_ACC_R), AB_OK);
	M->cpu.cpl = 0;
	ck_assert_int_eq(ab_linear(M, AB_SEG_DS, 1, 4, AB_ACC_R, &va), AB_OK);
}
END_TEST

/* ---- far jmp and call ---- */

static enum ab_result ljmp(uint16_t sel, uint32_t off)
{
	M->cpu.rip = CODE;
	return X(0xea, off & 255, off >> 8 & 255, off >> 16 & 255, off >> 24, sel & 255,
		 sel >> 8);
}

static enum ab_result lcall(uint16_t sel, uint32_t off)
{
	M->cpu.rip = CODE;
	return X(0x9a, off & 255, off >> 8 & 255, off >> 16 & 255, off >> 24, sel & 255,
		 sel >> 8);
}

#define BOTH_FAULT(sel, off, vec, err) do {				\
	expect_fault(ljmp(sel, off), __LINE__, vec, err);		\
	expect_fault(lcall(sel, off), __LINE__, vec, err);		\
} while (0)

START_TEST(far_direct)
{
	ck_assert_int_eq(ljmp(CS0, 0x12345), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, 0x12345);
	ck_assert_int_eq(lcall(CS0, 0x12345), AB_OK);
	ck_assert_uint_eq(stack(0), CODE + 7);
	ck_assert_uint_eq(stack(1), CS0);
	ck_assert_int_eq(X(0xcb), AB_OK);		/* lret */
	ck_assert_uint_eq(M->cpu.rip, CODE + 7);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0);
	BOTH_FAULT(0, 0, AB_GP, 0);
	BOTH_FAULT(3, 0, AB_GP, 0);
	BOTH_FAULT(0x200, 0, AB_GP, 0x200);
	BOTH_FAULT(DS0, 0, AB_GP, DS0);			/* no code */
	BOTH_FAULT(CS3, 0, AB_GP, CS3 & ~3);		/* DPL 3 */
	BOTH_FAULT(CS0 | 3, 0, AB_GP, CS0);		/* RPL > CPL */
	desc_put(GDT, FREE(0), 0, FLAT, 0xc01b);	/* not present */
	BOTH_FAULT(FREE(0), 0, AB_NP, FREE(0));
	desc_put(GDT, FREE(1), 0, 0xfff, 0x409b);
	BOTH_FAULT(FREE(1), 0x1000, AB_GP, 0);		/* beyond the limit */
	/* the RPL in cs is the CPL, also for conforming code */
	cpu_start_ring3();
	ck_assert_int_eq(ljmp(CSC, 0x12345), AB_OK);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CSC | 3);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	BOTH_FAULT(CS0, 0, AB_GP, CS0);
	/* no room for a call's words: #SS(0) comes before the offset check */
	cpu_start();
	desc_put(GDT, FREE(1), 0, 0xfff, 0x409b);
	M->cpu.seg[AB_SEG_SS].limit = 0xfff;
	expect_fault(lcall(FREE(1), 0x1000), __LINE__, AB_SS, 0);
}
END_TEST

START_TEST(far_indirect)
{
	poke32(DATA, 0x54321);
	poke32(DATA + 4, CS0);
	M->cpu.gpr[AB_EBX] = DATA;
	OK(0xff, 0x2b);					/* ljmp *(%ebx) */
	ck_assert_uint_eq(M->cpu.rip, 0x54321);
	poke32(DATA, 0x54321 & 0xffff);
	poke32(DATA + 2, CS0);
	OK(0x66, 0xff, 0x1b);				/* lcallw *(%ebx) */
	ck_assert_uint_eq(M->cpu.rip, 0x4321);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 4);
	ck_assert_uint_eq(stack(0), CS0 << 16 | ((0x54321 + 3) & 0xffff));
}
END_TEST

START_TEST(call_gate)
{
	/* same privilege */
	gate_put(GDT + FREE(0), CS0, 0x77777, 0x8c, 0);
	ck_assert_int_eq(lcall(FREE(0), 0x999), AB_OK);	/* the offset is ignored */
	ck_assert_uint_eq(M->cpu.rip, 0x77777);
	ck_assert_uint_eq(stack(0), CODE + 7);
	ck_assert_int_eq(ljmp(FREE(0), 0), AB_OK);
	/* checks of the gate, then of the target */
	gate_put(GDT + FREE(1), CS0, 0x77777, 0x0c, 0);
	BOTH_FAULT(FREE(1), 0, AB_NP, FREE(1));
	gate_put(GDT + FREE(1), 0, 0x77777, 0x8c, 0);
	BOTH_FAULT(FREE(1), 0, AB_GP, 0);
	gate_put(GDT + FREE(1), 0x200, 0x77777, 0x8c, 0);
	BOTH_FAULT(FREE(1), 0, AB_GP, 0x200);
	gate_put(GDT + FREE(1), DS0, 0x77777, 0x8c, 0);
	BOTH_FAULT(FREE(1), 0, AB_GP, DS0);
	BOTH_FAULT(FREE(0) | 3, 0, AB_GP, FREE(0));	/* RPL > gate DPL */
	gate_put(GDT + FREE(1), CS3, 0x77777, 0x8c, 0);
	BOTH_FAULT(FREE(1), 0, AB_GP, CS3 & ~3);	/* DPL > CPL */
}
END_TEST

START_TEST(call_gate_inward)
{
	cpu_start_ring3();
	gate_put(GDT + FREE(0), CS0, 0x77777, 0xec, 2);		/* DPL 3, 2 params */
	poke32(STACK3, 0x1111);
	poke32(STACK3 + 4, 0x2222);
	ck_assert_int_eq(lcall(FREE(0) | 3, 0), AB_OK);
	ck_assert_uint_eq(M->cpu.cpl, 0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CS0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS0);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 24);
	ck_assert_uint_eq(stack(0), CODE + 7);
	ck_assert_uint_eq(stack(1), CS3);
	ck_assert_uint_eq(stack(2), 0x1111);
	ck_assert_uint_eq(stack(3), 0x2222);
	ck_assert_uint_eq(stack(4), STACK3);
	ck_assert_uint_eq(stack(5), DS3);
	/* back: both stacks lose the parameters */
	M->cpu.seg[AB_SEG_FS] = M->cpu.seg[AB_SEG_SS];	/* a ring-0 segment */
	OK(0xca, 0x08, 0x00);				/* lret $8 */
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.rip, CODE + 7);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3 + 8);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_FS].sel, 0);	/* taken away */
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].sel, DS3);
	/* a jmp through a gate does not change privilege */
	expect_fault(ljmp(FREE(0) | 3, 0), __LINE__, AB_GP, CS0);
	/* a gate that ring 3 may not use */
	gate_put(GDT + FREE(1), CS0, 0x77777, 0x8c, 0);
	expect_fault(lcall(FREE(1), 0), __LINE__, AB_GP, FREE(1));
	/* 16-bit gate: words */
	gate_put(GDT + FREE(2), CS0, 0x7777, 0xe4, 1);
	ck_assert_int_eq(lcall(FREE(2), 0), AB_OK);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 10);
	ck_assert_uint_eq(stack(0), CS3 << 16 | ((CODE + 7) & 0xffff));
}
END_TEST

START_TEST(call_gate_bad_stack)
{
	cpu_start_ring3();
	gate_put(GDT + FREE(0), CS0, 0x77777, 0xec, 0);
	desc_put(GDT, FREE(1), 0, FLAT, 0xc013);
	poke32(TSS + 8, 0);
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_TS, 0);
	poke32(TSS + 8, 0x200);
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_TS, 0x200);
	poke32(TSS + 8, DS3);
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_TS, DS3 & ~3);
	poke32(TSS + 8, CS0);
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_TS, CS0);
	poke32(TSS + 8, FREE(1));
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_SS, FREE(1));
	poke32(TSS + 8, DS0);
	M->cpu.tr.limit = 8;
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_TS, TR);
	M->cpu.tr.limit = 9;
	ck_assert_int_eq(lcall(FREE(0), 0), AB_OK);
	/* no room on the new stack: #SS with its selector */
	cpu_start_ring3();
	gate_put(GDT + FREE(0), CS0, 0x77777, 0xec, 0);
	desc_put(GDT, FREE(1), 0, 0xfff, 0x4093);
	poke32(TSS + 8, FREE(1));
	expect_fault(lcall(FREE(0), 0), __LINE__, AB_SS, FREE(1));
}
END_TEST

START_TEST(tasks)
{
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x8b);	/* busy */
	BOTH_FAULT(FREE(0), 0, AB_GP, FREE(0));
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x82);	/* LDT */
	BOTH_FAULT(FREE(0), 0, AB_GP, FREE(0));
}
END_TEST

/* ---- ret and iret ---- */

static void frame(unsigned n, const uint32_t *words)
{
	unsigned i;

	M->cpu.rip = CODE;
	M->cpu.gpr[AB_ESP] = STACK0 - 0x100;
	for (i = 0; i < n; i++)
		poke32(STACK0 - 0x100 + i * 4, words[i]);
}

#define FRAME(...) frame(sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, \
			 (const uint32_t[]){ __VA_ARGS__ })
#define IRET 0xcf
#define LRET 0xcb

START_TEST(return_checks)
{
	static const uint8_t op[] = { LRET, IRET };
	unsigned i;

	desc_put(GDT, FREE(0), 0, FLAT, 0xc01b);	/* not present */
	desc_put(GDT, FREE(1), 0, 0xfff, 0x409b);
	desc_put(GDT, FREE(2), 0, FLAT, 0xc0ff);	/* conforming, DPL 3 */
	for (i = 0; i < 2; i++) {
		FRAME(0x100, 0, 2);
		FAULTS(AB_GP, 0, op[i]);
		FRAME(0x100, 0x200, 2);
		FAULTS(AB_GP, 0x200, op[i]);
		FRAME(0x100, DS0, 2);
		FAULTS(AB_GP, DS0, op[i]);
		FRAME(0x100, FREE(0), 2);
		FAULTS(AB_NP, FREE(0), op[i]);
		FRAME(0x1000, FREE(1), 2);
		FAULTS(AB_GP, 0, op[i]);
		FRAME(0x100, CS3 & ~3, 2);		/* RPL 0, DPL 3 */
		FAULTS(AB_GP, CS3 & ~3, op[i]);
		FRAME(0x100, FREE(2), 2);		/* conforming: DPL > RPL */
		FAULTS(AB_GP, FREE(2), op[i]);
		FRAME(0x100, CSC, 2);
		OK(op[i]);
		cpu_start();
		desc_put(GDT, FREE(0), 0, FLAT, 0xc01b);
		desc_put(GDT, FREE(1), 0, 0xfff, 0x409b);
		desc_put(GDT, FREE(2), 0, FLAT, 0xc0ff);
	}
	/* inward: RPL < CPL */
	cpu_start_ring3();
	FRAME(0x100, CS0, 2);
	FAULTS(AB_GP, CS0, LRET);
	FAULTS(AB_GP, CS0, IRET);
	/* beyond the stack */
	cpu_start();
	M->cpu.seg[AB_SEG_SS].limit = STACK0 - 0x100 + 7;
	FRAME(0x100, CS0, 2);
	FAULTS(AB_SS, 0, IRET);
	OK(LRET);
}
END_TEST

START_TEST(return_outward_checks)
{
	static const uint8_t op[] = { LRET, IRET };
	unsigned i;

	desc_put(GDT, FREE(0), 0, FLAT, 0xc073);	/* data 3, not present */
	desc_put(GDT, FREE(1), 0, FLAT, 0xc0f1);	/* data 3, read-only */
	desc_put(GDT, FREE(2), 0, 0xfff, 0x40fb);	/* code 3, small */
	for (i = 0; i < 2; i++) {
#define OUTWARD(ip, cs, ss) do {					\
		if (op[i] == IRET)					\
			FRAME(ip, cs, 2, STACK3, ss);			\
		else							\
			FRAME(ip, cs, STACK3, ss);			\
	} while (0)
		OUTWARD(0x100, CS3, 0);
		FAULTS(AB_GP, 0, op[i]);
		OUTWARD(0x100, CS3, 0x203);
		FAULTS(AB_GP, 0x200, op[i]);
		OUTWARD(0x100, CS3, DS3 & ~3);		/* RPL */
		FAULTS(AB_GP, DS3 & ~3, op[i]);
		OUTWARD(0x100, CS3, DS0 | 3);		/* DPL */
		FAULTS(AB_GP, DS0, op[i]);
		OUTWARD(0x100, CS3, FREE(1) | 3);
		FAULTS(AB_GP, FREE(1), op[i]);
		OUTWARD(0x100, CS3, CS3);
		FAULTS(AB_GP, CS3 & ~3, op[i]);
		OUTWARD(0x100, CS3, FREE(0) | 3);
		FAULTS(AB_SS, FREE(0), op[i]);
		OUTWARD(0x1000, FREE(2) | 3, DS3);
		FAULTS(AB_GP, 0, op[i]);
		M->cpu.seg[AB_SEG_SS].limit = STACK0 - 0x100 + (op[i] == IRET ? 18 : 14);
		OUTWARD(0x100, CS3, DS3);
		FAULTS(AB_SS, 0, op[i]);
		M->cpu.seg[AB_SEG_SS].limit = 0xffffffff;
		OK(op[i]);
		ck_assert_uint_eq(M->cpu.cpl, 3);
		ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3);
		/* ring-0 data segments are gone */
		ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].sel, 0);
		ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].attr, 0);
		cpu_start();
		desc_put(GDT, FREE(0), 0, FLAT, 0xc073);
		desc_put(GDT, FREE(1), 0, FLAT, 0xc0f1);
		desc_put(GDT, FREE(2), 0, 0xfff, 0x40fb);
	}
}
END_TEST

START_TEST(data_segments_outward)
{
	M->cpu.seg[AB_SEG_ES].attr = AT_DATA3;
	M->cpu.seg[AB_SEG_ES].sel = DS3;
	M->cpu.seg[AB_SEG_FS].attr = 0xc09f;	/* conforming code stays */
	M->cpu.seg[AB_SEG_FS].sel = CSC;
	M->cpu.seg[AB_SEG_GS].attr = 0xc09b;	/* other code goes */
	FRAME(0x100, CS3, 2, STACK3, DS3);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_ES].sel, DS3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_FS].sel, CSC);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_GS].sel, 0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].sel, 0);
}
END_TEST

#define ALL_FLAGS 0xffffffffu
#define IRET_ALL (AB_FL_ARITH | AB_FL_TF | AB_FL_IF | AB_FL_DF | AB_FL_IOPL | AB_FL_NT | \
		  AB_FL_RF | AB_FL_AC | AB_FL_ID | 2)

START_TEST(iret_flags_ring0)
{
	FRAME(0x12345, CS0, ALL_FLAGS & ~AB_FL_VM);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.rflags, IRET_ALL);
	ck_assert_uint_eq(M->cpu.rip, 0x12345);
	M->cpu.rflags &= ~(uint64_t)(AB_FL_NT | AB_FL_TF);
	FRAME(0x12345, CS0, 0);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.rflags, 2);
	/* 16 bits: the upper half stays */
	M->cpu.rflags = AB_FL_AC | AB_FL_ID | 2;
	M->cpu.gpr[AB_ESP] = STACK0 - 6;
	poke32(STACK0 - 6, 0x2345 | CS0 << 16);
	poke32(STACK0 - 2, 0x3202);
	OK(0x66, IRET);
	ck_assert_uint_eq(M->cpu.rflags, AB_FL_AC | AB_FL_ID | AB_FL_IOPL | AB_FL_IF | 2);
	ck_assert_uint_eq(M->cpu.rip, 0x2345);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0);
}
END_TEST

START_TEST(iret_flags_ring3)
{
	cpu_start_ring3();		/* IOPL 0: neither IF nor IOPL change */
	M->cpu.gpr[AB_ESP] = STACK3 - 12;
	poke32(STACK3 - 12, 0x100);
	poke32(STACK3 - 8, CS3);
	poke32(STACK3 - 4, ALL_FLAGS);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.rflags, IRET_ALL & ~AB_FL_IOPL);
	M->cpu.rflags = 2 | AB_FL_IF;
	M->cpu.gpr[AB_ESP] = STACK3 - 12;
	poke32(STACK3 - 4, 0);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IF);
	M->cpu.rflags = 2 | AB_FL_IF | AB_FL_IOPL;
	M->cpu.gpr[AB_ESP] = STACK3 - 12;
	OK(IRET);
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IOPL);
}
END_TEST

START_TEST(iret_outward_flags)
{
	M->cpu.rflags |= AB_FL_IF;
	FRAME(0x100, CS3, AB_FL_IOPL | 2, STACK3, DS3);
	OK(IRET);	/* the checks are made with the old CPL: 0 may do it */
	ck_assert_uint_eq(M->cpu.rflags, AB_FL_IOPL | 2);
}
END_TEST

START_TEST(iret_unsupported)
{
	FRAME(0x100, CS0, AB_FL_VM | 2);
	ck_assert_int_eq(X(IRET), AB_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(M->why, "virtual-8086"));
	ck_assert_uint_eq(M->cpu.rip, CODE);
}
END_TEST

START_TEST(iret_to_16bit_stack)
{
	/* only sp is loaded: the old upper half shows through */
	desc_put(GDT, FREE(0), 0, FLAT, 0x80f3);
	FRAME(0x100, CS3, 2, 0x12345678, FREE(0) | 3);
	OK(IRET);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], (STACK0 & 0xffff0000) - 0x10000 + 0x5678);
}
END_TEST

START_TEST(iret_faults_on_its_stack)
{
	/* the frame reaches into a page that is not there */
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	M->cpu.gpr[AB_ESP] = 0x3ffff8;
	FAULTS(AB_PF, 0, IRET);
	ck_assert_uint_eq(M->fault.cr2, 0x400000);
}
END_TEST

/* ---- lar lsl verr verw arpl, lldt ltr ---- */

static bool zf(void)
{
	return M->cpu.rflags & AB_FL_ZF;
}

static uint32_t lar(uint16_t sel)
{
	M->cpu.gpr[AB_ECX] = sel;
	M->cpu.gpr[AB_EAX] = 0xdead;
	M->cpu.rip = CODE;
	OK(0x0f, 0x02, 0xc1);
	return M->cpu.gpr[AB_EAX];
}

static uint32_t lsl(uint16_t sel)
{
	M->cpu.gpr[AB_ECX] = sel;
	M->cpu.gpr[AB_EAX] = 0xdead;
	M->cpu.rip = CODE;
	OK(0x0f, 0x03, 0xc1);
	return M->cpu.gpr[AB_EAX];
}

static bool ver(unsigned reg, uint16_t sel)
{
	M->cpu.gpr[AB_ECX] = sel;
	M->cpu.rip = CODE;
	OK(0x0f, 0x00, 0xc1 | reg << 3);
	return zf();
}

START_TEST(lar_lsl)
{
	unsigned type;

	ck_assert_uint_eq(lar(CS0), 0x00c09b00);
	ck_assert(zf());
	ck_assert_uint_eq(lsl(CS0), 0xffffffff);
	ck_assert_uint_eq(lsl(TR), 0x67);
	ck_assert_uint_eq(lar(0), 0xdead);
	ck_assert(!zf());
	ck_assert_uint_eq(lar(0x200), 0xdead);
	ck_assert(!zf());
	ck_assert_uint_eq(lar(CS0 | 3), 0xdead);	/* RPL > DPL */
	ck_assert_uint_eq(lar(CSC | 3), 0x00c09f00);	/* conforming */
	for (type = 0; type < 16; type++) {
		desc_put(GDT, FREE(0), 0, 0x67, 0x80 | type);
		ck_assert_uint_eq(lar(FREE(0)) != 0xdead, 0x1a3e >> type & 1);
		ck_assert_uint_eq(lsl(FREE(0)) != 0xdead, 0x0a0e >> type & 1);
	}
	/* not present does not matter; the limit nibble is not shown */
	desc_put(GDT, FREE(0), 0, 0xfffff, 0x0013);
	ck_assert_uint_eq(lar(FREE(0)), 0x1300);
	/* 16-bit operands */
	M->cpu.gpr[AB_EAX] = 0x55555555;
	M->cpu.gpr[AB_ECX] = CS0;
	OK(0x66, 0x0f, 0x02, 0xc1);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x55559b00);
	cpu_start_ring3();
	ck_assert_uint_eq(lar(DS0), 0xdead);
	ck_assert_uint_eq(lar(CS3), 0x00c0fb00);
}
END_TEST

START_TEST(verify)
{
	desc_put(GDT, FREE(0), 0, FLAT, 0xc0f9);	/* execute-only, DPL 3 */
	desc_put(GDT, FREE(1), 0, FLAT, 0xc0f1);	/* read-only */
	ck_assert(ver(4, DS0) && ver(5, DS0));
	ck_assert(ver(4, CS0) && !ver(5, CS0));
	ck_assert(!ver(4, FREE(0)) && !ver(5, FREE(0)));
	ck_assert(ver(4, FREE(1)) && !ver(5, FREE(1)));
	ck_assert(!ver(4, 0) && !ver(4, TR) && !ver(4, 0x200));
	ck_assert(!ver(4, DS0 | 3) && ver(4, CSC | 3));
	cpu_start_ring3();
	ck_assert(!ver(4, DS0) && ver(4, DS3) && ver(5, DS3));
}
END_TEST

START_TEST(arpl)
{
	M->cpu.gpr[AB_EAX] = 0x10;
	M->cpu.gpr[AB_ECX] = 3;
	OK(0x63, 0xc8);
	ck_assert(zf());
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x13);
	OK(0x63, 0xc8);
	ck_assert(!zf());
	M->cpu.gpr[AB_EBX] = DATA;
	poke32(DATA, 0xffff0010);
	OK(0x63, 0x0b);
	ck_assert_uint_eq(peek32(DATA), 0xffff0013);
}
END_TEST

static enum ab_result system_load(unsigned reg, uint16_t sel)
{
	M->cpu.gpr[AB_ECX] = sel;
	M->cpu.rip = CODE;
	return X(0x0f, 0x00, 0xc1 | reg << 3);
}

START_TEST(lldt_ltr)
{
	unsigned type;

	ck_assert_int_eq(system_load(2, LDTR), AB_OK);
	ck_assert_uint_eq(M->cpu.ldtr.limit, 0xff);
	ck_assert_int_eq(system_load(2, 0), AB_OK);
	ck_assert_uint_eq(M->cpu.ldtr.attr, 0);
	expect_fault(system_load(3, 0), __LINE__, AB_GP, 0);
	expect_fault(system_load(2, LDTR | 4), __LINE__, AB_GP, LDTR | 4);
	expect_fault(system_load(3, 0x200), __LINE__, AB_GP, 0x200);
	for (type = 0; type < 32; type++) {
		desc_put(GDT, FREE(0), 0x6000, 0x67, 0x80 | type);
		if (type == 2)
			ck_assert_int_eq(system_load(2, FREE(0)), AB_OK);
		else
			expect_fault(system_load(2, FREE(0)), __LINE__, AB_GP, FREE(0));
		if (type == 1 || type == 9) {
			ck_assert_int_eq(system_load(3, FREE(0)), AB_OK);
			ck_assert_uint_eq(RAM[GDT + FREE(0) + 5], 0x80 | type | 2);
			ck_assert_uint_eq(M->cpu.tr.base, 0x6000);
		} else {
			expect_fault(system_load(3, FREE(0)), __LINE__, AB_GP, FREE(0));
		}
	}
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x09);
	expect_fault(system_load(3, FREE(0)), __LINE__, AB_NP, FREE(0));
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x02);
	expect_fault(system_load(2, FREE(0)), __LINE__, AB_NP, FREE(0));
	cpu_start_ring3();
	expect_fault(system_load(2, LDTR), __LINE__, AB_GP, 0);
	expect_fault(system_load(3, TR), __LINE__, AB_GP, 0);
}
END_TEST

/* ---- 64-bit ---- */

START_TEST(long_descriptors)
{
	cpu_start_long();
	/* a null stack segment: ring 0, with RPL 0 only */
	LOADS(AB_SEG_SS, 0);
	LOAD_FAULTS(AB_SEG_SS, 1, AB_GP, 0);
	/* TSS and LDT descriptors are 16 bytes */
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x89);
	poke64(GDT + FREE(1), 0xffffff80);
	ck_assert_int_eq(system_load(3, FREE(0)), AB_OK);
	ck_assert_uint_eq(M->cpu.tr.base, 0xffffff8000006000ull);
	desc_put(GDT, FREE(0), 0x6000, 0x67, 0x89);
	M->cpu.gdtr.limit = FREE(1) + 6;
	expect_fault(system_load(3, FREE(0)), __LINE__, AB_GP, FREE(0));
}
END_TEST

START_TEST(iretq)
{
	unsigned i;
	static const uint64_t back[] = { 0x12345, CS3, 0x202, STACK3, DS3 };
	static const uint64_t same[] = { 0x12345, CS0, 2, STACK0 - 0x40, 0 };

	cpu_start_long();
	M->cpu.gpr[AB_ESP] = STACK0 - 0x100;
	for (i = 0; i < 5; i++)
		poke64(STACK0 - 0x100 + i * 8, same[i]);
	OK(0x48, 0xcf);		/* ss:rsp are popped at the same privilege too */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 0x40);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].attr, 0);
	M->cpu.gpr[AB_ESP] = STACK0 - 0x100;
	for (i = 0; i < 5; i++)
		poke64(STACK0 - 0x100 + i * 8, back[i]);
	poke64(STACK0 - 0x100, 0x800000000000ull);	/* not canonical */
	FAULTS(AB_GP, 0, 0x48, 0xcf);
	poke64(STACK0 - 0x100, back[0]);
	OK(0x48, 0xcf);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.rip, 0x12345);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3);
	M->cpu.rflags |= AB_FL_NT;
	M->cpu.rip = CODE;
	FAULTS(AB_GP, 0, 0x48, 0xcf);
}
END_TEST

START_TEST(long_code_bits)
{
	cpu_start_long();
	desc_put(GDT, FREE(0), 0, FLAT, 0xe09b);	/* L and D */
	M->cpu.gpr[AB_EBX] = DATA;
	poke32(DATA, 0x100);
	poke32(DATA + 4, FREE(0));
	FAULTS(AB_GP, FREE(0), 0xff, 0x2b);
	desc_put(GDT, FREE(0), 0, FLAT, 0xc09b);	/* compatibility mode */
	OK(0xff, 0x2b);
	ck_assert_uint_eq(ab_code_size(M), 4);
}
END_TEST

static void add(TCase *tc)
{
	ADD(tc, data_segments);
	ADD(tc, data_segments_ring3);
	ADD(tc, stack_segment);
	ADD(tc, ldt);
	ADD(tc, mov_to_cs);
	ADD(tc, limits);
	ADD(tc, alignment_check);
	ADD(tc, far_direct);
	ADD(tc, far_indirect);
	ADD(tc, call_gate);
	ADD(tc, call_gate_inward);
	ADD(tc, call_gate_bad_stack);
	ADD(tc, tasks);
	ADD(tc, return_checks);
	ADD(tc, return_outward_checks);
	ADD(tc, data_segments_outward);
	ADD(tc, iret_flags_ring0);
	ADD(tc, iret_flags_ring3);
	ADD(tc, iret_outward_flags);
	ADD(tc, iret_unsupported);
	ADD(tc, iret_to_16bit_stack);
	ADD(tc, iret_faults_on_its_stack);
	ADD(tc, lar_lsl);
	ADD(tc, verify);
	ADD(tc, arpl);
	ADD(tc, lldt_ltr);
	ADD(tc, long_descriptors);
	ADD(tc, iretq);
	ADD(tc, long_code_bits);
}

int main(void)
{
	return cpu_main("core: segmentation", add);
}
