/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exceptions and interrupts through the IDT: the frame to the bit, ring changes,
 * every check of gate, code segment and stack with its error code, and what
 * comes of faults during delivery.
 */
#include "cpufix.h"

static void raise_fault(unsigned vec, bool has_error, uint32_t error)
{
	ab_fault_set(M, vec, has_error, error);
}

/* Deliver (vec) as a fault; what came in the end is in rip. */
static enum ab_result raise(unsigned vec)
{
	bool has_error = vec == AB_DF || (vec >= AB_TS && vec <= AB_PF) || vec == AB_AC;

	raise_fault(vec, has_error, has_error ? 0x1234 & ~7u : 0);
	return ab_raise(M);
}

static void delivered(int line, unsigned vec)
{
	ck_assert_msg(M->cpu.rip == HANDLER(vec), "line %d: at %llx, not handler %u", line,
		      (unsigned long long)M->cpu.rip, vec);
}
#define DELIVERED(vec) delivered(__LINE__, vec)

START_TEST(same_privilege)
{
	M->cpu.rflags = 2 | AB_FL_IF | AB_FL_TF | AB_FL_NT | AB_FL_CF | AB_FL_AC | AB_FL_ID |
			AB_FL_IOPL | AB_FL_DF;
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_UD);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 12);
	ck_assert_uint_eq(stack(0), CODE);
	ck_assert_uint_eq(stack(1), CS0);
	/* RF is set in the image of a fault, and only there */
	ck_assert_uint_eq(stack(2), 2 | AB_FL_IF | AB_FL_TF | AB_FL_NT | AB_FL_CF |
			  AB_FL_AC | AB_FL_ID | AB_FL_IOPL | AB_FL_DF | AB_FL_RF);
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_CF | AB_FL_AC | AB_FL_ID | AB_FL_IOPL |
			  AB_FL_DF);
}
END_TEST

START_TEST(error_code)
{
	ck_assert_int_eq(raise(AB_GP), AB_OK);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(stack(0), 0x1230);
	ck_assert_uint_eq(stack(1), CODE);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 16);
}
END_TEST

START_TEST(page_fault_sets_cr2)
{
	raise_fault(AB_PF, true, AB_PF_U | AB_PF_W);
	M->fault.cr2 = 0xdeadbeef;
	ck_assert_int_eq(ab_raise(M), AB_OK);
	DELIVERED(AB_PF);
	ck_assert_uint_eq(M->cpu.cr2, 0xdeadbeef);
	ck_assert_uint_eq(stack(0), AB_PF_U | AB_PF_W);
}
END_TEST

START_TEST(trap_gate_keeps_if)
{
	idt_put(AB_UD, CS0, HANDLER(AB_UD), 0x8f);
	M->cpu.rflags |= AB_FL_IF;
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert(M->cpu.rflags & AB_FL_IF);
}
END_TEST

START_TEST(inner_ring)
{
	cpu_start_ring3();
	ck_assert_int_eq(raise(AB_GP), AB_OK);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(M->cpu.cpl, 0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CS0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].sel, DS3);	/* data stays */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 24);
	ck_assert_uint_eq(stack(0), 0x1230);
	ck_assert_uint_eq(stack(1), CODE);
	ck_assert_uint_eq(stack(2), CS3);
	ck_assert_uint_eq(stack(3), 2 | AB_FL_IF | AB_FL_RF);
	ck_assert_uint_eq(stack(4), STACK3);
	ck_assert_uint_eq(stack(5), DS3);
	ck_assert(!(M->cpu.rflags & AB_FL_IF));
	ck_assert_uint_eq(RAM[GDT + CS0 + 5] & 1, 1);
}
END_TEST

START_TEST(ring1_handler)
{
	cpu_start_ring3();
	idt_put(AB_UD, CS1, HANDLER(AB_UD), 0x8e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert_uint_eq(M->cpu.cpl, 1);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS1);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 0x2000 - 20);
	ck_assert_uint_eq(stack(4), DS3);
}
END_TEST

START_TEST(conforming_handler)
{
	cpu_start_ring3();		/* stays in ring 3, on its own stack */
	idt_put(AB_UD, CSC, HANDLER(AB_UD), 0x8e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CSC | 3);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3 - 12);
}
END_TEST

START_TEST(gate16)
{
	idt_put(AB_GP, CS0, 0x1234, 0x86);
	ck_assert_int_eq(raise(AB_GP), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, 0x1234);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 8);
	ck_assert_uint_eq(stack(0), (CODE & 0xffff) << 16 | 0x1230);
	ck_assert_uint_eq(stack(1), 2u << 16 | CS0);
}
END_TEST

/* ---- checks: int $n with a bad gate, from ring 0 and 3 ---- */

#define VEC 0x80
#define IDT_ERR (VEC * 8 + 2)

START_TEST(soft_gate_checks)
{
	unsigned type;

	OK(0xcd, VEC);
	DELIVERED(VEC);
	M->cpu.rip = CODE;
	for (type = 0; type < 32; type++) {
		idt_put(VEC, CS0, 0x1000, 0x80 | type);
		if (type == 5 || type == 6 || type == 7 || type == 14 || type == 15)
			continue;
		FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
	}
	idt_put(VEC, CS0, 0x1000, 0x0e);
	FAULTS(AB_NP, IDT_ERR, 0xcd, VEC);
	M->cpu.idtr.limit = VEC * 8 + 6;
	FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
	M->cpu.idtr.limit = 0x7ff;
	/* the code segment: EXT is 0 for int n */
	idt_put(VEC, 0, 0x1000, 0x8e);
	FAULTS(AB_GP, 0, 0xcd, VEC);
	idt_put(VEC, 0x200, 0x1000, 0x8e);
	FAULTS(AB_GP, 0x200, 0xcd, VEC);
	idt_put(VEC, DS0, 0x1000, 0x8e);
	FAULTS(AB_GP, DS0, 0xcd, VEC);
	idt_put(VEC, CS3, 0x1000, 0x8e);		/* less privileged */
	FAULTS(AB_GP, CS3 & ~3, 0xcd, VEC);
	desc_put(GDT, FREE(0), 0, FLAT, 0xc01b);
	idt_put(VEC, FREE(0), 0x1000, 0x8e);
	FAULTS(AB_NP, FREE(0), 0xcd, VEC);
	desc_put(GDT, FREE(0), 0, 0xfff, 0x409b);
	FAULTS(AB_GP, 0, 0xcd, VEC);			/* offset beyond the limit */
	/* the stack */
	idt_put(VEC, CS0, 0x1000, 0x8e);
	M->cpu.seg[AB_SEG_SS].limit = 0xfff;
	FAULTS(AB_SS, 0, 0xcd, VEC);
}
END_TEST

START_TEST(soft_privilege)
{
	cpu_start_ring3();
	FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
	FAULTS(AB_GP, 3 * 8 + 2, 0xcc);			/* int3 too */
	idt_put(VEC, CS0, HANDLER(VEC), 0x6e);		/* DPL before P */
	FAULTS(AB_NP, IDT_ERR, 0xcd, VEC);
	idt_put(VEC, CS0, HANDLER(VEC), 0x0e);
	FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
	idt_put(VEC, CS0, HANDLER(VEC), 0xee);
	OK(0xcd, VEC);
	DELIVERED(VEC);
	ck_assert_uint_eq(stack(0), CODE + 2);
	ck_assert_uint_eq(stack(2), 2 | AB_FL_IF);	/* no RF */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 20);
	/* exceptions and icebp do not look at the DPL */
	cpu_start_ring3();
	OK(0xf1);
	DELIVERED(AB_DB);
	ck_assert_uint_eq(stack(0), CODE + 1);
}
END_TEST

START_TEST(soft_vectors)
{
	OK(0xcc);
	DELIVERED(AB_BP);
	ck_assert_uint_eq(stack(0), CODE + 1);
	M->cpu.rip = CODE;
	OK(0xcd, 0x03);
	DELIVERED(AB_BP);
	ck_assert_uint_eq(stack(0), CODE + 2);
	M->cpu.rip = CODE;
	OK(0xce);					/* into: no overflow */
	ck_assert_uint_eq(M->cpu.rip, CODE + 1);
	M->cpu.rflags |= AB_FL_OF;
	OK(0xce);
	DELIVERED(AB_OF);
	/* int $13: no error code is pushed */
	M->cpu.rip = CODE;
	M->cpu.gpr[AB_ESP] = STACK0;
	OK(0xcd, AB_GP);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 12);
	ck_assert_uint_eq(stack(0), CODE + 2);
}
END_TEST

/* The surroundings saw the host's trap of an int3: rip is behind it already. */
START_TEST(soft_rewind)
{
	static const struct { uint8_t vec, len, bytes[2]; } insn[] = {
		{ AB_BP, 1, { 0xcc } }, { AB_OF, 1, { 0xce } }, { AB_BP, 2, { 0xcd, 3 } },
		{ VEC, 2, { 0xcd, VEC } },
	};
	unsigned i;

	for (i = 0; i < 4; i++) {
		cpu_start_ring3();
		memcpy(RAM + CODE, insn[i].bytes, 2);
		M->cpu.rip = CODE + insn[i].len;
		ck_assert_int_eq(ab_deliver(M, insn[i].vec, true), AB_FAULT);
		ck_assert_uint_eq(M->cpu.rip, CODE);
		ck_assert_int_eq(ab_raise(M), AB_OK);
		DELIVERED(AB_GP);
		ck_assert_uint_eq(stack(0), insn[i].vec * 8 + 2);
		ck_assert_uint_eq(stack(1), CODE);
	}
}
END_TEST

START_TEST(stack_switch_checks)
{
	cpu_start_ring3();
	idt_put(VEC, CS0, HANDLER(VEC), 0xee);
	poke32(TSS + 8, 3);
	FAULTS(AB_TS, 0, 0xcd, VEC);
	poke32(TSS + 8, 0x200);
	FAULTS(AB_TS, 0x200, 0xcd, VEC);
	poke32(TSS + 8, DS0 | 1);
	FAULTS(AB_TS, DS0, 0xcd, VEC);
	poke32(TSS + 8, CS0);
	FAULTS(AB_TS, CS0, 0xcd, VEC);
	poke32(TSS + 8, DS3 & ~3);
	FAULTS(AB_TS, DS3 & ~3, 0xcd, VEC);
	desc_put(GDT, FREE(0), 0, FLAT, 0xc013);
	poke32(TSS + 8, FREE(0));
	FAULTS(AB_SS, FREE(0), 0xcd, VEC);
	desc_put(GDT, FREE(0), 0, 0xfff, 0x4093);
	FAULTS(AB_SS, FREE(0), 0xcd, VEC);	/* no room: with the selector */
	poke32(TSS + 8, DS0);
	M->cpu.tr.limit = 8;
	FAULTS(AB_TS, TR, 0xcd, VEC);
	M->cpu.tr.limit = 9;
	OK(0xcd, VEC);
}
END_TEST

START_TEST(tss16_stack)
{
	cpu_start_ring3();
	M->cpu.tr.attr = 0x83;
	poke32(TSS + 2, (STACK0_TSS & 0xffff) | DS0 << 16);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], (STACK0_TSS & 0xffff) - 20);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS0);
}
END_TEST

/* ---- faults on the way: EXT is set, double and triple faults ---- */

START_TEST(fault_while_delivering)
{
	/* a benign exception whose gate is bad: #GP with IDT and EXT */
	idt_put(AB_UD, CS0, 0, 0x80);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(stack(0), AB_UD * 8 + 3);
	ck_assert_uint_eq(stack(1), CODE);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 16);
	/* not present: #NP */
	cpu_start();
	idt_put(AB_UD, CS0, 0, 0x0e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_NP);
	ck_assert_uint_eq(stack(0), AB_UD * 8 + 3);
	cpu_start();
	idt_put(AB_UD, 0x200, 0, 0x8e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(stack(0), 0x201);
	cpu_start();
	idt_put(AB_UD, 0, 0, 0x8e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_GP);
	ck_assert_uint_eq(stack(0), 1);
	/* from ring 3 with a bad TSS: #TS, which needs a good one to be delivered;
	 * through a conforming handler it can */
	cpu_start_ring3();
	poke32(TSS + 8, 0x200);
	idt_put(AB_TS, CSC, HANDLER(AB_TS), 0x8e);
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	DELIVERED(AB_TS);
	ck_assert_uint_eq(stack(0), 0x201);
}
END_TEST

/* First and second exception, and what the SDM's table says. */
START_TEST(double_fault_table)
{
	static const unsigned contributory[] = { AB_DE, AB_TS, AB_NP, AB_SS, AB_GP };
	static const unsigned benign[] = { AB_DB, AB_BP, AB_OF, AB_BR, AB_UD, AB_NM, AB_MF,
		AB_AC, AB_MC, AB_XM };
	unsigned i;

	/* #NP by a gate that is not present comes second (contributory) */
	for (i = 0; i < 5; i++) {
		cpu_start();
		idt_put(contributory[i], CS0, 0, 0x0e);
		if (contributory[i] == AB_NP)
			idt_put(AB_NP, CS0, 0, 0x00);	/* #GP then */
		ck_assert_int_eq(raise(contributory[i]), AB_OK);
		DELIVERED(AB_DF);
		ck_assert_uint_eq(stack(0), 0);
		ck_assert_uint_eq(stack(1), CODE);
		ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 16);
	}
	for (i = 0; i < 10; i++) {
		cpu_start();
		idt_put(benign[i], CS0, 0, 0x0e);
		ck_assert_int_eq(raise(benign[i]), AB_OK);
		DELIVERED(AB_NP);
	}
	cpu_start();
	idt_put(AB_PF, CS0, 0, 0x0e);
	ck_assert_int_eq(raise(AB_PF), AB_OK);
	DELIVERED(AB_DF);
}
END_TEST

/* A stack that is not mapped: second exception #PF. */
static void unmapped_stack(void)
{
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	M->cpu.gpr[AB_ESP] = 0x800000;
}

START_TEST(page_fault_second)
{
	/* contributory, then #PF: the page fault is delivered... and faults again on
	 * the same stack: #DF, then again: the end */
	unmapped_stack();
	ck_assert_int_eq(raise(AB_GP), AB_SHUTDOWN);
	ck_assert_uint_eq(M->cpu.cr2, 0x7ffffc);
	/* with a ring-3 stack that is bad and a good ring-0 one, all is well */
	cpu_start_ring3();
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x87);
	idt_put(AB_GP, CSC, HANDLER(AB_GP), 0x8e);	/* pushes in ring 3 */
	M->cpu.gpr[AB_ESP] = 0x800000;
	ck_assert_int_eq(raise(AB_GP), AB_OK);
	DELIVERED(AB_PF);
	ck_assert_uint_eq(M->cpu.cr2, 0x7ffffc);
	ck_assert_uint_eq(stack(0), AB_PF_U | AB_PF_W);
	ck_assert_uint_eq(stack(1), CODE);
	ck_assert_uint_eq(stack(4), 0x800000);
	/* #PF, then #PF: double fault */
	cpu_start_ring3();
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x87);
	idt_put(AB_PF, CSC, HANDLER(AB_PF), 0x8e);
	M->cpu.gpr[AB_ESP] = 0x800000;
	ck_assert_int_eq(raise(AB_PF), AB_OK);
	DELIVERED(AB_DF);
	ck_assert_uint_eq(stack(0), 0);
}
END_TEST

START_TEST(frame_crosses_into_nothing)
{
	/* the upper words fit, the lower do not: registers as before */
	unmapped_stack();
	poke32(TABLES + 4, 0x400083);
	poke32(TABLES + 8, 0);
	M->cpu.gpr[AB_ESP] = 0x400004;
	poke32(TABLES, 0x101003);	/* small pages: hole below 4 MiB */
	{
		unsigned i;

		for (i = 0; i < 1023; i++)
			poke32(0x101000 + i * 4, i * 4096 | 3);
	}
	idt_put(VEC, CS0, HANDLER(VEC), 0x8e);
	FAULTS(AB_PF, AB_PF_W, 0xcd, VEC);
	ck_assert_uint_eq(M->fault.cr2, 0x3ffffc);
}
END_TEST

START_TEST(idt_not_mapped)
{
	unmapped_stack();
	M->cpu.gpr[AB_ESP] = STACK0;
	M->cpu.idtr.base = 0x900000;
	/* #UD -> #PF -> (contributory class ends in) #DF -> shutdown */
	ck_assert_int_eq(raise(AB_UD), AB_SHUTDOWN);
}
END_TEST

START_TEST(triple_fault)
{
	M->cpu.idtr.limit = 0;
	ck_assert_int_eq(raise(AB_UD), AB_SHUTDOWN);
	M->cpu.rip = CODE;
	ck_assert_int_eq(X(0xcd, VEC), AB_FAULT);
	ck_assert_int_eq(ab_raise(M), AB_SHUTDOWN);
	cpu_start();
	idt_put(AB_DF, CS0, 0, 0);
	idt_put(AB_GP, CS0, 0, 0);
	ck_assert_int_eq(raise(AB_GP), AB_SHUTDOWN);
}
END_TEST

/* ---- interrupts ---- */

static void pic_request(unsigned irq)
{
	ab_port_out(M, 0x20, 1, 0x11);
	ab_port_out(M, 0x21, 1, 0x20);
	ab_port_out(M, 0x21, 1, 0x04);
	ab_port_out(M, 0x21, 1, 0x01);
	ab_port_out(M, 0x21, 1, 0xff & ~(1u << irq));
	ab_irq_set(M, irq, true);
}

START_TEST(interrupt)
{
	ck_assert(!ab_interrupt_pending(M));
	pic_request(3);
	ck_assert(ab_interrupt_pending(M));
	ck_assert(!ab_interrupt_ready(M));
	M->cpu.halted = 1;
	M->cpu.rflags |= AB_FL_IF;
	ck_assert(ab_interrupt_ready(M));
	ck_assert_int_eq(ab_interrupt(M), AB_OK);
	DELIVERED(0x23);
	ck_assert_uint_eq(M->cpu.halted, 0);
	ck_assert_uint_eq(stack(0), CODE);
	ck_assert_uint_eq(stack(2), 2 | AB_FL_IF);	/* no RF between instructions */
	ck_assert(!ab_interrupt_pending(M));
}
END_TEST

START_TEST(interrupt_with_bad_gate)
{
	pic_request(3);
	M->cpu.rflags |= AB_FL_IF;
	idt_put(0x23, CS0, 0, 0x0e);
	ck_assert_int_eq(ab_interrupt(M), AB_OK);
	DELIVERED(AB_NP);		/* an interrupt is benign; EXT is set */
	ck_assert_uint_eq(stack(0), 0x23 * 8 + 3);
}
END_TEST

START_TEST(shadows)
{
	pic_request(3);
	OK(0xfb);			/* sti: one instruction more */
	ck_assert(!ab_interrupt_ready(M));
	OK(0x90);
	ck_assert(ab_interrupt_ready(M));
	OK(0xfb);			/* IF was set: no shadow */
	ck_assert(ab_interrupt_ready(M));
	M->cpu.gpr[AB_EAX] = DS0;
	OK(0x8e, 0xd0);			/* mov %ax, %ss */
	ck_assert(!ab_interrupt_ready(M));
	OK(0x89, 0xe4);			/* mov %esp, %esp */
	ck_assert(ab_interrupt_ready(M));
	poke32(STACK0 - 4, DS0);
	M->cpu.gpr[AB_ESP] = STACK0 - 4;
	OK(0x17);			/* pop %ss */
	ck_assert(!ab_interrupt_ready(M));
	/* a fault in the shadow ends it */
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert_uint_eq(M->cpu.shadow, 0);
	M->cpu.rflags &= ~(uint64_t)AB_FL_IF;
	OK(0xfb);
	OK(0xfa);			/* sti; cli: never a window */
	ck_assert(!ab_interrupt_ready(M));
	OK(0xfb);
	OK(0xf4);			/* sti; hlt */
	ck_assert_uint_eq(M->cpu.halted, 1);
	ck_assert(ab_interrupt_ready(M));
}
END_TEST

START_TEST(rep_interrupted)
{
	/* between two iterations RF is saved set, and rip is the instruction */
	M->cpu.gpr[AB_EDI] = TABLES;
	M->cpu.gpr[AB_ECX] = 100000;
	OK(0xf3, 0xaa);
	ck_assert_uint_eq(M->cpu.rip, CODE);
	pic_request(3);
	M->cpu.rflags |= AB_FL_IF;
	ck_assert_int_eq(ab_interrupt(M), AB_OK);
	ck_assert_uint_eq(stack(0), CODE);
	ck_assert_uint_eq(stack(2), 2 | AB_FL_IF | AB_FL_RF);
}
END_TEST

/* ---- single step ---- */

START_TEST(single_step)
{
	M->cpu.rflags |= AB_FL_TF;
	OK(0x90);
	DELIVERED(AB_DB);
	ck_assert_uint_eq(stack(0), CODE + 1);
	ck_assert_uint_eq(stack(2), 2 | AB_FL_TF);	/* a trap: no RF */
	ck_assert(M->cpu.dr[6] & 0x4000);
	ck_assert(!(M->cpu.rflags & AB_FL_TF));
	/* popf that sets TF: the trap comes after the next instruction */
	cpu_start();
	M->cpu.gpr[AB_ESP] = STACK0 - 4;
	poke32(STACK0 - 4, AB_FL_TF);
	OK(0x9d);
	ck_assert_uint_eq(M->cpu.rip, CODE + 1);
	OK(0x90);
	DELIVERED(AB_DB);
	/* popf that clears it: still one */
	cpu_start();
	M->cpu.rflags |= AB_FL_TF;
	M->cpu.gpr[AB_ESP] = STACK0 - 4;
	OK(0x9d);
	DELIVERED(AB_DB);
	/* int n clears TF; mov to ss puts the trap off */
	cpu_start();
	M->cpu.rflags |= AB_FL_TF;
	OK(0xcd, VEC);
	DELIVERED(VEC);
	cpu_start();
	M->cpu.rflags |= AB_FL_TF;
	M->cpu.gpr[AB_EAX] = DS0;
	OK(0x8e, 0xd0);
	ck_assert_uint_eq(M->cpu.rip, CODE + 2);
	OK(0x90);
	DELIVERED(AB_DB);
	ck_assert_uint_eq(stack(0), CODE + 3);
	/* rep: after each iteration */
	cpu_start();
	M->cpu.rflags |= AB_FL_TF;
	M->cpu.gpr[AB_ECX] = 3;
	M->cpu.gpr[AB_EDI] = DATA;
	OK(0xf3, 0xaa);
	DELIVERED(AB_DB);
	ck_assert_uint_eq(M->cpu.gpr[AB_ECX], 2);
	ck_assert_uint_eq(stack(0), CODE);
	ck_assert_uint_eq(stack(2), 2 | AB_FL_TF | AB_FL_RF);
	/* which is done, also where an interrupt waits */
	cpu_start();
	pic_request(3);
	M->cpu.rflags |= AB_FL_TF | AB_FL_IF;
	M->cpu.gpr[AB_ECX] = 3;
	M->cpu.gpr[AB_EDI] = DATA;
	OK(0xf3, 0xaa);
	DELIVERED(AB_DB);
	ck_assert_uint_eq(M->cpu.gpr[AB_ECX], 2);
}
END_TEST

/* ---- 64-bit ---- */

START_TEST(long_mode_frame)
{
	cpu_start_long();
	M->cpu.gpr[AB_ESP] = STACK0 - 5;
	M->cpu.rflags |= AB_FL_IF;
	ck_assert_int_eq(raise(AB_GP), AB_OK);
	DELIVERED(AB_GP);
	/* aligned to 16 first, ss:rsp always */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 16 - 48);
	ck_assert_uint_eq(stack64(0), 0x1230);
	ck_assert_uint_eq(stack64(1), CODE);
	ck_assert_uint_eq(stack64(2), CS0);
	ck_assert_uint_eq(stack64(3), 2 | AB_FL_IF | AB_FL_RF);
	ck_assert_uint_eq(stack64(4), STACK0 - 5);
	ck_assert_uint_eq(stack64(5), DS0);
}
END_TEST

START_TEST(long_mode_ring3)
{
	cpu_start_long();
	M->cpu.cpl = 3;
	M->cpu.seg[AB_SEG_CS] = (struct ab_seg){ CS3, 0xa0fb, 0xffffffff, 0 };
	M->cpu.seg[AB_SEG_SS] = (struct ab_seg){ DS3, AT_DATA3, 0xffffffff, 0 };
	M->cpu.gpr[AB_ESP] = STACK3;
	poke32(IDT + AB_UD * 16 + 8, 0xffffff80);	/* the upper half of rip */
	ck_assert_int_eq(raise(AB_UD), AB_OK);
	ck_assert_uint_eq(M->cpu.rip, 0xffffff8000000000ull | HANDLER(AB_UD));
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0_TSS - 40);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, 0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].attr, 0);
	ck_assert_uint_eq(stack64(3), STACK3);
	ck_assert_uint_eq(stack64(4), DS3);
}
END_TEST

START_TEST(long_mode_ist)
{
	cpu_start_long();
	RAM[IDT + AB_DF * 16 + 4] = 2;
	poke64(TSS + 28 + 16, 0x60008);
	ck_assert_int_eq(raise(AB_DF), AB_OK);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], 0x60000 - 48);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, DS0);	/* same ring: kept */
	/* a gate to 32-bit code is #GP */
	M->cpu.rip = CODE;
	desc_put(GDT, FREE(0), 0, FLAT, AT_CODE0);
	gate_put(IDT + VEC * 16, FREE(0), 0x1000, 0x8e, 0);
	FAULTS(AB_GP, FREE(0), 0xcd, VEC);
	gate_put(IDT + VEC * 16, CS0, 0x1000, 0x86, 0);
	FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
	gate_put(IDT + VEC * 16, CS0, 0x1000, 0x8e, 0);
	poke32(IDT + VEC * 16 + 8, 0x8000);		/* not canonical */
	FAULTS(AB_GP, 0, 0xcd, VEC);
	M->cpu.idtr.limit = VEC * 16 + 14;
	FAULTS(AB_GP, IDT_ERR, 0xcd, VEC);
}
END_TEST

static void add(TCase *tc)
{
	ADD(tc, same_privilege);
	ADD(tc, error_code);
	ADD(tc, page_fault_sets_cr2);
	ADD(tc, trap_gate_keeps_if);
	ADD(tc, inner_ring);
	ADD(tc, ring1_handler);
	ADD(tc, conforming_handler);
	ADD(tc, gate16);
	ADD(tc, soft_gate_checks);
	ADD(tc, soft_privilege);
	ADD(tc, soft_vectors);
	ADD(tc, soft_rewind);
	ADD(tc, stack_switch_checks);
	ADD(tc, tss16_stack);
	ADD(tc, fault_while_delivering);
	ADD(tc, double_fault_table);
	ADD(tc, page_fault_second);
	ADD(tc, frame_crosses_into_nothing);
	ADD(tc, idt_not_mapped);
	ADD(tc, triple_fault);
	ADD(tc, interrupt);
	ADD(tc, interrupt_with_bad_gate);
	ADD(tc, shadows);
	ADD(tc, rep_interrupted);
	ADD(tc, single_step);
	ADD(tc, long_mode_frame);
	ADD(tc, long_mode_ring3);
	ADD(tc, long_mode_ist);
}

int main(void)
{
	return cpu_main("core: exceptions", add);
}
