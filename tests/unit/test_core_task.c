/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hardware task switches by far jmp and call, iret and task gates: what is saved
 * and loaded, busy bits and links, the checks in the old task and those in the
 * new one.
 */
#include "cpufix.h"

#define TSS2	0x6000u
#define SEL2	FREE(0)
#define GATE	FREE(1)
#define RIP2	0x50000u
#define STACK2	0x2c000u

static void tss_word(unsigned off, uint32_t v)
{
	poke32(TSS2 + off, v);
}

static unsigned busy(uint16_t sel)
{
	return RAM[GDT + sel + 5] & 0xf;
}

static void setup(void)
{
	unsigned i;

	desc_put(GDT, SEL2, TSS2, 0x67, 0x89);
	gate_put(GDT + GATE, SEL2, 0, 0x85, 0);
	tss_word(32, RIP2);
	tss_word(36, 2 | AB_FL_IF | AB_FL_CF);
	for (i = 0; i < 8; i++)
		tss_word(40 + i * 4, 0x1000 + i);
	tss_word(40 + AB_ESP * 4, STACK2);
	for (i = 0; i < 6; i++)
		tss_word(72 + i * 4, i == AB_SEG_CS ? CS0 : DS0);
	tss_word(96, LDTR);
	M->cpu.gpr[AB_EAX] = 0xaaaa;
	M->cpu.gpr[AB_EDI] = 0xdddd;
}

static enum ab_result far(bool call, uint16_t sel)
{
	M->cpu.rip = CODE;
	return X(call ? 0x9a : 0xea, 0, 0, 0, 0, sel & 255, sel >> 8);
}

static void expect_new_task(void)
{
	ck_assert_uint_eq(M->cpu.rip, RIP2);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x1000);
	ck_assert_uint_eq(M->cpu.gpr[AB_EDI], 0x1007);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK2);
	ck_assert_uint_eq(M->cpu.tr.sel, SEL2);
	ck_assert_uint_eq(M->cpu.tr.base, TSS2);
	ck_assert(M->cpu.cr0 & AB_CR0_TS);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CS0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].limit, 0xffffffff);
	ck_assert_uint_eq(busy(SEL2), 11);
	/* the old one */
	ck_assert_uint_eq(peek32(TSS + 40), 0xaaaa);
	ck_assert_uint_eq(peek32(TSS + 68), 0xdddd);
	ck_assert_uint_eq(peek32(TSS + 76), CS0);
	ck_assert_uint_eq(peek32(TSS + 84), DS0);
}

START_TEST(jump)
{
	setup();
	ck_assert_int_eq(far(false, SEL2), AB_OK);
	expect_new_task();
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IF | AB_FL_CF);
	ck_assert_uint_eq(peek32(TSS + 32), CODE + 7);
	ck_assert_uint_eq(peek32(TSS2) & 0xffff, 0);
	ck_assert_uint_eq(busy(TR), 9);
	/* and back, by a gate */
	gate_put(GDT + GATE, TR, 0, 0x85, 0);
	ck_assert_int_eq(far(false, GATE), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, CODE + 7);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0xaaaa);
	ck_assert_uint_eq(busy(SEL2), 9);
	ck_assert_uint_eq(busy(TR), 11);
}
END_TEST

START_TEST(call_and_iret)
{
	setup();
	M->cpu.rflags |= AB_FL_ZF;
	ck_assert_int_eq(far(true, GATE), AB_OK);
	expect_new_task();
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IF | AB_FL_CF | AB_FL_NT);
	ck_assert_uint_eq(peek32(TSS2) & 0xffff, TR);
	ck_assert_uint_eq(busy(TR), 11);
	OK(0xcf);
	ck_assert_uint_eq(M->cpu.rip, CODE + 7);
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_ZF);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0xaaaa);
	ck_assert_uint_eq(M->cpu.tr.sel, TR);
	ck_assert_uint_eq(busy(SEL2), 9);
	ck_assert_uint_eq(busy(TR), 11);
	/* the nested task was saved after its iret, without NT */
	ck_assert_uint_eq(peek32(TSS2 + 32), RIP2 + 1);
	ck_assert_uint_eq(peek32(TSS2 + 36), 2 | AB_FL_IF | AB_FL_CF);
}
END_TEST

START_TEST(task_gate_in_idt)
{
	setup();
	idt_put(AB_DF, SEL2, 0, 0x85);
	ab_fault_set(M, AB_DF, true, 0);
	ck_assert_int_eq(ab_raise(M), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, RIP2);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK2 - 4);	/* the error code */
	ck_assert_uint_eq(stack(0), 0);
	ck_assert(M->cpu.rflags & AB_FL_NT);
	ck_assert(M->cpu.rflags & AB_FL_IF);			/* as the TSS says */
	ck_assert_uint_eq(peek32(TSS + 32), CODE);
	/* the usual case: a stack overflow ends in a #DF by task */
	cpu_start();
	setup();
	idt_put(AB_DF, SEL2, 0, 0x85);
	M->cpu.seg[AB_SEG_SS].limit = 0xfff;
	ab_fault_set(M, AB_GP, true, 0);
	ck_assert_int_eq(ab_raise(M), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, RIP2);
	/* int n, ring 3 */
	cpu_start_ring3();
	setup();
	idt_put(0x80, SEL2, 0, 0x85);
	FAULTS(AB_GP, 0x402, 0xcd, 0x80);
	idt_put(0x80, SEL2, 0, 0xe5);
	OK(0xcd, 0x80);
	ck_assert_uint_eq(M->cpu.cpl, 0);
	ck_assert_uint_eq(peek32(TSS + 32), CODE + 2);
	ck_assert_uint_eq(peek32(TSS + 76), CS3);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK2);
	OK(0xcf);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3);
}
END_TEST

START_TEST(checks_in_old_task)
{
	setup();
	M->cpu.cpl = 3;
	expect_fault(far(false, SEL2), __LINE__, AB_GP, SEL2);	/* DPL 0 */
	M->cpu.cpl = 0;
	expect_fault(far(false, SEL2 | 3), __LINE__, AB_GP, SEL2);
	gate_put(GDT + GATE, SEL2, 0, 0x05, 0);
	expect_fault(far(true, GATE), __LINE__, AB_NP, GATE);
	gate_put(GDT + GATE, SEL2 | 4, 0, 0x85, 0);
	expect_fault(far(true, GATE), __LINE__, AB_GP, SEL2 | 4);
	gate_put(GDT + GATE, 0, 0, 0x85, 0);
	expect_fault(far(true, GATE), __LINE__, AB_GP, 0);
	gate_put(GDT + GATE, TR, 0, 0x85, 0);
	expect_fault(far(true, GATE), __LINE__, AB_GP, TR);	/* busy */
	gate_put(GDT + GATE, CS0, 0, 0x85, 0);
	expect_fault(far(true, GATE), __LINE__, AB_GP, CS0);
	desc_put(GDT, SEL2, TSS2, 0x67, 0x09);
	expect_fault(far(true, SEL2), __LINE__, AB_NP, SEL2);
	desc_put(GDT, SEL2, TSS2, 0x66, 0x89);
	expect_fault(far(true, SEL2), __LINE__, AB_TS, SEL2);
	desc_put(GDT, SEL2, TSS2, 0x67, 0x81);
	ck_assert_int_eq(far(true, SEL2), AB_UNSUPPORTED);
	/* iret: the link must name a busy TSS, else #TS */
	M->cpu.rip = CODE;
	M->cpu.rflags |= AB_FL_NT;
	desc_put(GDT, SEL2, TSS2, 0x67, 0x89);
	poke32(TSS, SEL2);
	FAULTS(AB_TS, SEL2, 0xcf);
	poke32(TSS, 0);
	FAULTS(AB_TS, 0, 0xcf);
	poke32(TSS, CS0);
	FAULTS(AB_TS, CS0, 0xcf);
}
END_TEST

static void fault_in_new(int line, unsigned vec, uint32_t error)
{
	ck_assert_msg(far(false, SEL2) == AB_FAULT, "line %d", line);
	ck_assert_msg(M->fault.vector == vec && M->fault.error == error,
		      "line %d: %u(%x)", line, M->fault.vector, M->fault.error);
	ck_assert_uint_eq(M->cpu.rip, RIP2);	/* the new task's fault */
	ck_assert_uint_eq(M->cpu.tr.sel, SEL2);
	cpu_start();
	setup();
}
#define FAULT_IN_NEW(vec, error) fault_in_new(__LINE__, vec, error)

START_TEST(checks_in_new_task)
{
	setup();
	tss_word(96, LDTR | 4);
	FAULT_IN_NEW(AB_TS, LDTR | 4);
	tss_word(96, CS0);
	FAULT_IN_NEW(AB_TS, CS0);
	desc_put(GDT, LDTR, LDT, 0xff, 0x02);
	FAULT_IN_NEW(AB_TS, LDTR);
	tss_word(72 + 4, 0);
	FAULT_IN_NEW(AB_TS, 0);
	tss_word(72 + 4, 0x200);
	FAULT_IN_NEW(AB_TS, 0x200);
	tss_word(72 + 4, DS0);
	FAULT_IN_NEW(AB_TS, DS0);
	tss_word(72 + 4, CS0 | 3);
	FAULT_IN_NEW(AB_TS, CS0);
	desc_put(GDT, CS0, 0, FLAT, AT_CODE0 & ~0x80);
	FAULT_IN_NEW(AB_NP, CS0);
	tss_word(72 + 8, 0);
	FAULT_IN_NEW(AB_TS, 0);
	tss_word(72 + 8, DS3);
	FAULT_IN_NEW(AB_TS, DS3 & ~3);
	desc_put(GDT, FREE(2), 0, FLAT, 0xc013);
	tss_word(72 + 8, FREE(2));
	FAULT_IN_NEW(AB_SS, FREE(2));
	tss_word(72 + 12, 0x200);
	FAULT_IN_NEW(AB_TS, 0x200);
	tss_word(72 + 16, TR);
	FAULT_IN_NEW(AB_TS, TR);
	desc_put(GDT, FREE(2), 0, FLAT, 0xc013);
	tss_word(72 + 20, FREE(2));
	FAULT_IN_NEW(AB_NP, FREE(2));
	tss_word(100, 1);
	ck_assert_int_eq(far(false, SEL2), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_DB);
	ck_assert(M->cpu.dr[6] & 0x8000);
	ck_assert_int_eq(ab_raise(M), AB_OK);
	ck_assert_uint_eq(stack(0), RIP2);
}
END_TEST

START_TEST(paging)
{
	setup();
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr4 |= AB_CR4_PSE;
	M->cpu.cr3 = TABLES;
	poke32(TABLES, 0x87);
	poke32(TABLES + 0x1000, 0x87);
	tss_word(28, TABLES + 0x1000);
	ck_assert_int_eq(far(false, SEL2), AB_OK);
	ck_assert_uint_eq(M->cpu.cr3, TABLES + 0x1000);
	ck_assert_uint_eq(F.paging, 1);
	ck_assert_uint_eq(F.tlb_all, 1);
	/* a TSS that cannot be written: #PF in the old task, nothing has changed */
	cpu_start();
	setup();
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr4 |= AB_CR4_PSE;
	M->cpu.cr3 = TABLES;
	poke32(TABLES, 0x87);
	M->cpu.tr.base = 0x400000;
	expect_fault(far(false, SEL2), __LINE__, AB_PF, AB_PF_W);
	ck_assert_uint_eq(busy(SEL2), 9);
}
END_TEST

static void add(TCase *tc)
{
	ADD(tc, jump);
	ADD(tc, call_and_iret);
	ADD(tc, task_gate_in_idt);
	ADD(tc, checks_in_old_task);
	ADD(tc, checks_in_new_task);
	ADD(tc, paging);
}

int main(void)
{
	return cpu_main("core: tasks", add);
}
