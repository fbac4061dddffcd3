/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ops: who may run them, what they change, and what of CPUID and the
 * model-specific registers the guest sees.
 */
#include "cpufix.h"
#include "lib/decode.h"

#define EAX (M->cpu.gpr[AB_EAX])
#define EBX (M->cpu.gpr[AB_EBX])
#define ECX (M->cpu.gpr[AB_ECX])
#define EDX (M->cpu.gpr[AB_EDX])

/* ---- flags ---- */

START_TEST(cli_sti)
{
	M->cpu.rflags |= AB_FL_IF;
	OK(0xfa);
	ck_assert(!(M->cpu.rflags & AB_FL_IF));
	OK(0xfb);
	ck_assert(M->cpu.rflags & AB_FL_IF);
	cpu_start_ring3();
	FAULTS(AB_GP, 0, 0xfa);
	FAULTS(AB_GP, 0, 0xfb);
	M->cpu.rflags |= AB_FL_IOPL;
	OK(0xfa);
	ck_assert(!(M->cpu.rflags & AB_FL_IF));
	M->cpu.rflags &= ~(uint64_t)0x1000;	/* IOPL 2 */
	FAULTS(AB_GP, 0, 0xfb);
}
END_TEST

static void popf(uint32_t flags)
{
	M->cpu.gpr[AB_ESP] -= 4;
	poke32((uint32_t)M->cpu.gpr[AB_ESP], flags);
	OK(0x9d);
}

#define POPF_ALL (AB_FL_ARITH | AB_FL_TF | AB_FL_IF | AB_FL_DF | AB_FL_IOPL | AB_FL_NT | \
		  AB_FL_AC | AB_FL_ID | 2)

START_TEST(pushf_popf)
{
	M->cpu.rflags = 0xffffffff & ~AB_FL_TF;
	OK(0x9c);
	/* VM and RF never appear on the stack */
	ck_assert_uint_eq(stack(0), 0xffffffff & ~(AB_FL_TF | AB_FL_VM | AB_FL_RF));
	M->cpu.rflags = 2;
	popf(0xffffffff);
	ck_assert_uint_eq(M->cpu.rflags, POPF_ALL);
	M->cpu.rflags &= ~(uint64_t)AB_FL_TF;
	popf(0);
	ck_assert_uint_eq(M->cpu.rflags, 2);
	/* 16 bits */
	M->cpu.rflags = 2 | AB_FL_AC | AB_FL_ID | AB_FL_CF;
	OK(0x66, 0x9c);
	ck_assert_uint_eq(stack(0) & 0xffff, 3);
	M->cpu.gpr[AB_ESP] -= 2;
	poke32((uint32_t)M->cpu.gpr[AB_ESP], 0xfeff);
	OK(0x66, 0x9d);
	ck_assert_uint_eq(M->cpu.rflags, (POPF_ALL & ~AB_FL_TF));
}
END_TEST

START_TEST(popf_ring3)
{
	cpu_start_ring3();
	popf(0);				/* IF stays, in silence */
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IF);
	popf(0xffffffff & ~AB_FL_TF);
	ck_assert_uint_eq(M->cpu.rflags, POPF_ALL & ~(AB_FL_IOPL | AB_FL_TF));
	M->cpu.rflags = 2 | AB_FL_IOPL | AB_FL_IF;
	popf(0);				/* IOPL 3: IF changes, IOPL does not */
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_IOPL);
}
END_TEST

START_TEST(stack_faults)
{
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	M->cpu.gpr[AB_ESP] = 0x800000;
	FAULTS(AB_PF, AB_PF_W, 0x9c);
	ck_assert_uint_eq(M->fault.cr2, 0x7ffffc);
	FAULTS(AB_PF, 0, 0x9d);
	FAULTS(AB_PF, AB_PF_W, 0x1e);		/* push %ds */
	FAULTS(AB_PF, 0, 0x1f);
}
END_TEST

/* ---- privilege of everything that has one ---- */

START_TEST(ring0_only)
{
	static const struct { uint8_t len, bytes[4]; } op[] = {
		{ 1, { 0xf4 } }, { 2, { 0x0f, 0x06 } }, { 2, { 0x0f, 0x08 } },
		{ 2, { 0x0f, 0x09 } }, { 2, { 0x0f, 0x30 } }, { 2, { 0x0f, 0x32 } },
		{ 2, { 0x0f, 0x35 } }, { 3, { 0x0f, 0x01, 0x17 } },
		{ 3, { 0x0f, 0x01, 0x1f } }, { 3, { 0x0f, 0x01, 0xf0 } },
		{ 3, { 0x0f, 0x01, 0x3f } }, { 3, { 0x0f, 0x20, 0xc0 } },
		{ 3, { 0x0f, 0x22, 0xd8 } }, { 3, { 0x0f, 0x21, 0xf8 } },
		{ 3, { 0x0f, 0x23, 0xc0 } }, { 3, { 0x0f, 0x00, 0xd0 } },
		{ 3, { 0x0f, 0x00, 0xd8 } }, { 2, { 0xe4, 0x60 } }, { 1, { 0xef } },
		{ 1, { 0x6c } }, { 2, { 0xf3, 0x6f } },
	};
	unsigned i;

	cpu_start_ring3();
	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++)
		expect_fault(run(op[i].bytes, op[i].len), __LINE__, AB_GP, 0);
}
END_TEST

START_TEST(not_offered)
{
	static const struct { uint8_t len, bytes[5]; } op[] = {
		{ 3, { 0x0f, 0x01, 0xca } }, { 3, { 0x0f, 0x01, 0xcb } },	/* clac stac */
		{ 3, { 0x0f, 0x01, 0xc8 } }, { 3, { 0x0f, 0x01, 0xc9 } },	/* monitor */
		{ 3, { 0x0f, 0x01, 0xc1 } }, { 3, { 0x0f, 0x01, 0xd9 } },	/* vmcall */
		{ 3, { 0x0f, 0x01, 0xc2 } }, { 3, { 0x0f, 0x01, 0xd8 } },
		{ 5, { 0x66, 0x0f, 0x38, 0x82, 0x03 } },			/* invpcid */
		{ 2, { 0x0f, 0xaa } },						/* rsm */
		{ 2, { 0x0f, 0x37 } },						/* getsec */
		{ 2, { 0x0f, 0x05 } },						/* syscall */
		{ 4, { 0xf3, 0x0f, 0xc7, 0xf8 } },				/* rdpid */
		{ 3, { 0x0f, 0xc7, 0x2b } },					/* xsaves */
	};
	const struct ab_insn locked = { .op = AB_OP_HLT, .len = 2, .lock = 1 };
	unsigned i;

	M->cpu.gpr[AB_EBX] = DATA;
	for (i = 0; i < sizeof(op) / sizeof(op[0]); i++)
		expect_fault(run(op[i].bytes, op[i].len), __LINE__, AB_UD, NOERR);
	/* lock hlt: the decoder refuses it; so does the core */
	ck_assert_int_eq(ab_emulate(M, &locked), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_UD);
}
END_TEST

START_TEST(sequence_ops_are_not_instructions)
{
	struct ab_insn insn = { .op = AB_OP_STI_HLT, .len = 2 };
	unsigned op;

	for (op = AB_OP_STI_HLT; op <= AB_OP_PUSH_POPF; op++) {
		insn.op = op;
		ck_assert_int_eq(ab_emulate(M, &insn), AB_FAULT);
	}
	insn.op = 60000;
	ck_assert_int_eq(ab_emulate(M, &insn), AB_FAULT);
	insn.op = 0;
	insn.gen = 250;
	ck_assert_int_eq(ab_emulate(M, &insn), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_UD);
}
END_TEST

START_TEST(silent_ops_at_ring3)
{
	cpu_start_ring3();
	OK(0x0f, 0x01, 0xe0);			/* smsw %eax: all of cr0 */
	ck_assert_uint_eq(EAX, M->cpu.cr0);
	EBX = DATA;
	OK(0x0f, 0x01, 0x03);			/* sgdt (%ebx) */
	ck_assert_uint_eq(peek32(DATA) & 0xffff, 0x1ff);
	ck_assert_uint_eq(peek32(DATA + 2), GDT);
	OK(0x0f, 0x01, 0x0b);			/* sidt */
	ck_assert_uint_eq(peek32(DATA + 2), IDT);
	EAX = 0xffffffff;
	OK(0x0f, 0x00, 0xc8);			/* str %eax */
	ck_assert_uint_eq(EAX, TR);
	EAX = 0xffffffff;
	OK(0x66, 0x0f, 0x00, 0xc0);		/* sldt %ax */
	ck_assert_uint_eq(EAX, 0xffff0000 | LDTR);
	poke32(DATA, 0xffffffff);
	OK(0x0f, 0x00, 0x0b);			/* str (%ebx): 2 bytes */
	ck_assert_uint_eq(peek32(DATA), 0xffff0000 | TR);
	poke32(DATA, 0xffffffff);
	OK(0x0f, 0x01, 0x23);			/* smsw (%ebx) */
	ck_assert_uint_eq(peek32(DATA), 0xffff0000 | (M->cpu.cr0 & 0xffff));
	OK(0x8c, 0xc8);				/* mov %cs, %eax */
	ck_assert_uint_eq(EAX, CS3);
	OK(0x8c, 0x1b);				/* mov %ds, (%ebx) */
	ck_assert_uint_eq(peek32(DATA), (M->cpu.cr0 & 0) | 0xffff0000 | DS3);
	OK(0x0e);				/* push %cs: zero-extended */
	ck_assert_uint_eq(stack(0), CS3);
	OK(0x66, 0x1e);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3 - 6);
}
END_TEST

/* ---- segments ---- */

START_TEST(load_far)
{
	EBX = DATA;
	poke32(DATA, 0x12345678);
	poke32(DATA + 4, CSC);
	OK(0xc4, 0x03);				/* les (%ebx), %eax */
	ck_assert_uint_eq(EAX, 0x12345678);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_ES].sel, CSC);
	OK(0x0f, 0xb4, 0x0b);			/* lfs */
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_FS].sel, CSC);
	OK(0x0f, 0xb5, 0x0b);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_GS].sel, CSC);
	poke32(DATA + 4, DS0);
	OK(0x0f, 0xb2, 0x23);			/* lss (%ebx), %esp */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], 0x12345678);
	ck_assert_uint_eq(M->cpu.shadow, 0);
	poke32(DATA + 4, 0x200);
	FAULTS(AB_GP, 0x200, 0xc5, 0x03);	/* lds: eax is not loaded */
	poke32(DATA + 2, DS3);
	OK(0x66, 0xc5, 0x0b);			/* ldsw */
	ck_assert_uint_eq(ECX & 0xffff, 0x5678);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_DS].sel, DS3);
}
END_TEST

START_TEST(tables)
{
	EBX = DATA;
	poke32(DATA, 0xaaaa07ff);
	poke32(DATA + 2, 0x87654321);
	OK(0x0f, 0x01, 0x13);			/* lgdt (%ebx) */
	ck_assert_uint_eq(M->cpu.gdtr.limit, 0x7ff);
	ck_assert_uint_eq(M->cpu.gdtr.base, 0x87654321);
	OK(0x66, 0x0f, 0x01, 0x1b);		/* lidtw: 24 bits of base */
	ck_assert_uint_eq(M->cpu.idtr.base, 0x654321);
	cpu_start_long();
	EBX = DATA;
	poke64(DATA + 2, 0xffff800012345678ull);
	OK(0x0f, 0x01, 0x13);
	ck_assert_uint_eq(M->cpu.gdtr.base, 0xffff800012345678ull);
	OK(0x0f, 0x01, 0x4b, 0x20);		/* sidt 32(%rbx): 10 bytes */
	ck_assert_uint_eq(peek64(DATA + 34), IDT);
	poke64(DATA + 2, 0x0000800012345678ull);
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0x13);
}
END_TEST

START_TEST(pop_segments)
{
	M->cpu.gpr[AB_ESP] = STACK0 - 8;
	poke32(STACK0 - 8, 0xffff0000 | DS3);	/* only 16 bits count */
	poke32(STACK0 - 4, CS3);
	OK(0x07);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_ES].sel, DS3);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 4);
	FAULTS(AB_GP, CS3 & ~3, 0x17);		/* pop %ss */
	OK(0x66, 0x0f, 0xa1);			/* popw %fs */
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0 - 2);
}
END_TEST

/* ---- control registers ---- */

static enum ab_result write_cr(unsigned cr, uint64_t v)
{
	EAX = v;
	M->cpu.rip = CODE;
	return X(0x0f, 0x22, 0xc0 | cr << 3);
}

#define CR_OK(cr, v) ck_assert_int_eq(write_cr(cr, v), AB_OK)
#define CR_GP(cr, v) expect_fault(write_cr(cr, v), __LINE__, AB_GP, 0)

START_TEST(cr0)
{
	uint32_t cr0 = (uint32_t)M->cpu.cr0;

	CR_GP(0, AB_CR0_PG);				/* without PE */
	CR_GP(0, cr0 | AB_CR0_NW);			/* without CD */
	CR_OK(0, cr0 | AB_CR0_NW | AB_CR0_CD);
	ck_assert_uint_eq(F.paging, 0);
	CR_OK(0, 0x0fc8ffffu & ~AB_CR0_PG);		/* reserved bits: ignored */
	ck_assert_uint_eq(M->cpu.cr0, AB_CR0_PE | AB_CR0_MP | AB_CR0_EM | AB_CR0_TS |
			  AB_CR0_ET | AB_CR0_NE);
	ck_assert_uint_eq(F.paging, 1);			/* WP has changed */
	OK(0x0f, 0x06);					/* clts */
	ck_assert(!(M->cpu.cr0 & AB_CR0_TS));
	ck_assert_uint_eq(F.tlb_all, 0);
	CR_OK(0, cr0 | AB_CR0_PG);
	ck_assert_uint_eq(F.paging, 2);
	ck_assert_uint_eq(F.tlb_global, 1);
	M->cpu.rip = CODE;
	/* the code page is not mapped now, but the instruction is at hand */
	ck_assert_uint_eq(M->cpu.cr0, cr0 | AB_CR0_PG);
	cpu_start();
	ck_assert_int_eq(write_cr(0, AB_CR0_ET), AB_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(M->why, "protected mode"));
	ck_assert(M->cpu.cr0 & AB_CR0_PE);
	M->cpu.rip = CODE;
	OK(0x0f, 0x20, 0xc3);				/* mov %cr0, %ebx */
	ck_assert_uint_eq(EBX, M->cpu.cr0);
}
END_TEST

START_TEST(lmsw_smsw)
{
	EAX = 0xfffe;
	OK(0x0f, 0x01, 0xf0);			/* PE cannot be cleared */
	ck_assert_uint_eq(M->cpu.cr0 & 0xffff,
			  AB_CR0_PE | AB_CR0_MP | AB_CR0_EM | AB_CR0_TS | AB_CR0_ET |
			  AB_CR0_NE);
	EAX = 0;
	OK(0x0f, 0x01, 0xf0);
	ck_assert_uint_eq(M->cpu.cr0 & 0xf, AB_CR0_PE);
	EAX = 0x12345678;
	OK(0x66, 0x0f, 0x01, 0xe0);		/* smsw %ax */
	ck_assert_uint_eq(EAX, 0x12340000 | (M->cpu.cr0 & 0xffff));
}
END_TEST

START_TEST(cr2_cr3)
{
	CR_OK(2, 0xdeadbeef);
	ck_assert_uint_eq(M->cpu.cr2, 0xdeadbeef);
	CR_OK(3, TABLES | 0xfff);		/* ignored bits read back */
	ck_assert_uint_eq(M->cpu.cr3, TABLES | 0xfff);
	ck_assert_uint_eq(F.tlb_all, 0);	/* paging is off */
	M->cpu.cr0 |= AB_CR0_PG;
	poke32(TABLES, 0x87);
	M->cpu.cr4 |= AB_CR4_PSE;
	CR_OK(3, TABLES);
	ck_assert_uint_eq(F.paging, 1);
	ck_assert_uint_eq(F.tlb_all, 1);
	ck_assert_uint_eq(F.tlb_global, 0);
	CR_OK(3, TABLES);			/* the same: a flush */
	ck_assert_uint_eq(F.paging, 1);
	ck_assert_uint_eq(F.tlb_all, 2);
	FAULTS(AB_UD, NOERR, 0x66, 0x0f, 0x38, 0x82, 0x03);
}
END_TEST

START_TEST(cr_numbers)
{
	struct ab_insn insn = { .op = AB_OP_READ_CR, .len = 3, .opsize = 4, .nopnd = 2 };
	unsigned cr;

	for (cr = 0; cr < 16; cr++) {
		insn.opnd[0] = (struct ab_operand){ .kind = AB_OPND_REG, .size = 4 };
		insn.opnd[1] = (struct ab_operand){ .kind = AB_OPND_CR, .reg = cr };
		M->cpu.cpl = cr & 1 ? 3 : 0;	/* #UD comes before the privilege */
		ck_assert_int_eq(ab_emulate(M, &insn),
				 cr == 0 || cr == 2 || cr == 4 ? AB_OK : AB_FAULT);
		if (cr == 3)
			ck_assert_uint_eq(M->fault.vector, AB_GP);
		else if (cr != 0 && cr != 2 && cr != 4)
			ck_assert_uint_eq(M->fault.vector, AB_UD);
	}
}
END_TEST

START_TEST(cr4)
{
	unsigned bit;

	for (bit = 0; bit < 32; bit++) {
		bool ok = 0x407fcu >> bit & 1;	/* TSD..OSXMMEXCPT, OSXSAVE */

		if (ok)
			CR_OK(4, 1u << bit);
		else
			CR_GP(4, 1u << bit);
	}
	F.forbid[0][0] = 1;
	F.forbid[0][1] = 2;
	F.forbid[0][2] = 1u << 26;		/* no XSAVE */
	CR_GP(4, AB_CR4_OSXSAVE);
	F.paging = F.tlb_global = 0;
	CR_OK(4, 0);
	F.paging = F.tlb_global = 0;
	CR_OK(4, AB_CR4_TSD);
	ck_assert_uint_eq(F.paging, 0);
	CR_OK(4, AB_CR4_PGE | AB_CR4_PSE);
	ck_assert_uint_eq(F.paging, 1);
	ck_assert_uint_eq(F.tlb_global, 1);
}
END_TEST

START_TEST(pae_transitions)
{
	M->cpu.cr3 = TABLES;
	poke64(TABLES, (TABLES + 0x1000) | 1);
	poke64(TABLES + 0x1000, 0x87);
	M->cpu.cr4 |= AB_CR4_PAE;
	poke64(TABLES + 8, 3);			/* reserved bit 1 */
	CR_GP(0, M->cpu.cr0 | AB_CR0_PG);
	poke64(TABLES + 8, 0);
	CR_OK(0, M->cpu.cr0 | AB_CR0_PG);
	ck_assert_uint_eq(M->cpu.pdpte[0], (TABLES + 0x1000) | 1);
	/* mov to cr3 loads the four, and faults on reserved bits */
	poke64(TABLES + 0x20, (TABLES + 0x1000) | 1);
	poke64(TABLES + 0x38, 1ull << 40 | 1);
	CR_GP(3, TABLES + 0x20);
	poke64(TABLES + 0x38, 0x7001);
	CR_OK(3, TABLES + 0x20);
	ck_assert_uint_eq(M->cpu.pdpte[3], 0x7001);
	/* memory may change: the registers do not */
	poke64(TABLES + 0x38, 0x8001);
	ck_assert_uint_eq(M->cpu.pdpte[3], 0x7001);
	CR_OK(4, M->cpu.cr4 | AB_CR4_PGE);	/* but this loads them again */
	ck_assert_uint_eq(M->cpu.pdpte[3], 0x8001);
}
END_TEST

START_TEST(long_mode_transitions)
{
	M->long_mode = 1;
	EAX = AB_EFER_LME;
	EDX = 0;
	ECX = 0xc0000080;
	OK(0x0f, 0x30);
	M->cpu.cr3 = TABLES;
	poke64(TABLES, (TABLES + 0x1000) | 3);
	poke64(TABLES + 0x1000, 0x83);
	CR_GP(0, M->cpu.cr0 | AB_CR0_PG);	/* without PAE */
	CR_OK(4, AB_CR4_PAE);
	CR_OK(0, M->cpu.cr0 | AB_CR0_PG);
	ck_assert(M->cpu.efer & AB_EFER_LMA);
	ck_assert_uint_eq(ab_code_size(M), 4);	/* compatibility mode still */
	CR_GP(4, 0);
	ECX = 0xc0000080;
	EAX = 0;
	FAULTS(AB_GP, 0, 0x0f, 0x30);		/* LME while paging */
	CR_OK(0, M->cpu.cr0 & ~(uint64_t)AB_CR0_PG);
	ck_assert(!(M->cpu.efer & AB_EFER_LMA));
	cpu_start_long();
	CR_GP(0, M->cpu.cr0 & ~(uint64_t)AB_CR0_PG);	/* in 64-bit code */
	CR_GP(3, 1ull << 45);
	CR_OK(3, TABLES);
	CR_GP(0, M->cpu.cr0 | 1ull << 32);
}
END_TEST

START_TEST(cr8)
{
	cpu_start_long();
	EAX = 9;
	OK(0x44, 0x0f, 0x22, 0xc0);		/* mov %rax, %cr8 */
	EAX = 0;
	OK(0x44, 0x0f, 0x20, 0xc0);
	ck_assert_uint_eq(EAX, 9);
	EAX = 16;
	FAULTS(AB_GP, 0, 0x44, 0x0f, 0x22, 0xc0);
}
END_TEST

START_TEST(debug_registers)
{
	EAX = 0x12345678;
	OK(0x0f, 0x23, 0xc0);
	OK(0x0f, 0x21, 0xc3);
	ck_assert_uint_eq(EBX, 0x12345678);
	EAX = 0;
	OK(0x0f, 0x23, 0xf0);			/* dr6: some bits are always 1 */
	ck_assert_uint_eq(M->cpu.dr[6], 0xffff0ff0);
	EAX = 0xffffffff;
	OK(0x0f, 0x23, 0xe0);			/* dr4 is dr6 */
	ck_assert_uint_eq(M->cpu.dr[6], 0xffffefff);
	EAX = 0x155;
	OK(0x0f, 0x23, 0xf8);
	ck_assert_uint_eq(M->cpu.dr[7], 0x555);
	M->cpu.cr4 |= AB_CR4_DE;
	FAULTS(AB_UD, NOERR, 0x0f, 0x23, 0xe0);
	FAULTS(AB_UD, NOERR, 0x0f, 0x21, 0xe8);
	/* general detect: a fault, and the handler may use them */
	EAX = 0x2000;
	OK(0x0f, 0x23, 0xf8);
	ck_assert_int_eq(X(0x0f, 0x21, 0xc0), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_DB);
	ck_assert(M->cpu.dr[6] & 0x2000);
	ck_assert_int_eq(ab_raise(M), AB_OK);
	ck_assert(!(M->cpu.dr[7] & 0x2000));
}
END_TEST

START_TEST(invlpg)
{
	M->cpu.seg[AB_SEG_FS].base = 0x1000;
	EBX = 0xfffff800;
	OK(0x64, 0x0f, 0x01, 0x3b);		/* invlpg %fs:(%ebx) */
	ck_assert_uint_eq(F.tlb_page, 1);
	ck_assert_uint_eq(F.last_page, 0x800);
	OK(0x0f, 0x09);
	OK(0x0f, 0x08);
	cpu_start_long();
	EBX = 1ull << 60;			/* not canonical: nothing */
	OK(0x0f, 0x01, 0x3b);
	ck_assert_uint_eq(F.tlb_page, 0);
}
END_TEST

START_TEST(xcr0)
{
	ECX = 0;
	FAULTS(AB_UD, NOERR, 0x0f, 0x01, 0xd0);	/* CR4.OSXSAVE is 0 */
	FAULTS(AB_UD, NOERR, 0x0f, 0x01, 0xd1);
	M->cpu.cr4 |= AB_CR4_OSXSAVE;
	OK(0x0f, 0x01, 0xd0);
	ck_assert_uint_eq(EAX, 1);
	EDX = 0;
	EAX = 7;
	OK(0x0f, 0x01, 0xd1);
	ck_assert_uint_eq(M->cpu.xcr0, 7);
	EAX = 6;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd1);	/* x87 must be set */
	EAX = 5;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd1);	/* AVX without SSE */
	EAX = 0x27;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd1);	/* AVX-512 in part */
	EAX = 0xe7;
	OK(0x0f, 0x01, 0xd1);
	EAX = 0x207;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd1);	/* PKRU */
	ECX = 1;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd0);
	ECX = 0;
	M->cpu.cpl = 3;
	OK(0x0f, 0x01, 0xd0);
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xd1);
}
END_TEST

/* ---- CPUID and model-specific registers ---- */

static uint32_t cpuid(uint32_t leaf, uint32_t sub, unsigned reg)
{
	EAX = leaf;
	ECX = sub;
	M->cpu.rip = CODE;
	OK(0x0f, 0xa2);
	return (uint32_t)(reg == 0 ? EAX : reg == 1 ? EBX : reg == 2 ? ECX : EDX);
}

START_TEST(cpuid_leaves)
{
	char name[13] = "";
	uint32_t v;

	ck_assert_uint_eq(cpuid(0, 0, 0), 0xd);
	v = cpuid(1, 0, 3);
	ck_assert_uint_eq(v, 0x078bfbfd);
	v = cpuid(1, 0, 2);
	ck_assert(v & 0x80000000);			/* a hypervisor */
	ck_assert(!(v & (1u << 3 | 1u << 5 | 1u << 17 | 1u << 21 | 1u << 24 | 1u << 27)));
	M->cpu.cr4 |= AB_CR4_OSXSAVE;
	ck_assert(cpuid(1, 0, 2) & 1u << 27);
	ck_assert_uint_eq(cpuid(1, 0, 1), 0x0001ff00);	/* one CPU, number 0 */
	/* leaf 7: no SMEP SMAP INVPCID FSGSBASE; UMIP PKU; subleaf 1 empty */
	ck_assert(!(cpuid(7, 0, 1) & (1u << 7 | 1u << 20 | 1u << 10 | 1u)));
	ck_assert(!(cpuid(7, 0, 2) & (1u << 2 | 1u << 3 | 1u << 16 | 1u << 22)));
	ck_assert_uint_eq(cpuid(7, 1, 0), 0);
	ck_assert_uint_eq(cpuid(5, 0, 2), 0);		/* MONITOR */
	ck_assert_uint_eq(cpuid(0xb, 0, 1), 0);
	ck_assert_uint_eq(cpuid(0xd, 0, 0), 0xe7);
	ck_assert_uint_eq(cpuid(0xd, 1, 0), 3);		/* no XSAVES */
	ck_assert_uint_eq(cpuid(0xe, 0, 1), 0);
	cpuid(0x40000000, 0, 0);
	memcpy(name, &EBX, 4);
	memcpy(name + 4, &ECX, 4);
	memcpy(name + 8, &EDX, 4);
	ck_assert_str_eq(name, "Afterburner ");
	ck_assert_uint_eq(cpuid(0x40000001, 0, 0), 0);
	ck_assert_uint_eq(cpuid(0x80000000, 0, 0), 0x80000008);
	v = cpuid(0x80000001, 0, 3);
	ck_assert(v & 1u << 20);			/* NX */
	ck_assert(!(v & (1u << 29 | 1u << 11 | 1u << 26)));	/* no long mode */
	ck_assert(!(cpuid(0x80000001, 0, 2) & 1u << 2));	/* SVM */
	M->long_mode = 1;
	v = cpuid(0x80000001, 0, 3);
	ck_assert((v & 1u << 29) && (v & 1u << 11) && (v & 1u << 26));
	ck_assert_uint_eq(cpuid(0x80000008, 0, 0), 40 | 48 << 8);
	ck_assert_uint_eq(cpuid(0x80000007, 0, 3), 1u << 8);
	ck_assert_uint_eq(cpuid(0x80000009, 0, 3), 0);
	F.intel = true;
	ck_assert_uint_eq(cpuid(0x80000001, 0, 3) & 0x3ff, 0);
	/* without a local APIC its bit is gone */
	M->cpu.apic_base &= ~0x800ull;
	ck_assert(!(cpuid(1, 0, 3) & 1u << 9));
}
END_TEST

static enum ab_result rdmsr(uint32_t msr)
{
	ECX = msr;
	M->cpu.rip = CODE;
	return X(0x0f, 0x32);
}

static enum ab_result wrmsr(uint32_t msr, uint64_t v)
{
	ECX = msr;
	EAX = v & 0xffffffff;
	EDX = v >> 32;
	M->cpu.rip = CODE;
	return X(0x0f, 0x30);
}

static uint64_t msr(uint32_t n)
{
	ck_assert_int_eq(rdmsr(n), AB_OK);
	return EAX | EDX << 32;
}

#define MSR_KEEPS(n, v) do {						\
	ck_assert_int_eq(wrmsr(n, v), AB_OK);				\
	ck_assert_uint_eq(msr(n), v);					\
} while (0)
#define MSR_GP(n, v) expect_fault(wrmsr(n, v), __LINE__, AB_GP, 0)

START_TEST(msrs)
{
	MSR_KEEPS(0x174, 0x10);
	MSR_KEEPS(0x175, 0x12345678);
	MSR_KEEPS(0x176, 0xc0001234);
	MSR_KEEPS(0x277, 0x0606060606060606ull);
	MSR_GP(0x277, 0x0000000000000002ull);
	MSR_GP(0x277, 8ull << 56);
	ck_assert_uint_eq(msr(0xfe), 0x508);
	MSR_GP(0xfe, 0);
	MSR_KEEPS(0x2ff, 0xc06);
	MSR_GP(0x2ff, 0xc02);
	MSR_GP(0x2ff, 0x1000);
	MSR_KEEPS(0x200, 0xf0000006ull);
	MSR_KEEPS(0x201, 0xfff0000800ull);
	MSR_GP(0x201, 1ull << 40);
	MSR_GP(0x200, 0x102);
	MSR_KEEPS(0x20f, 0x800);
	expect_fault(rdmsr(0x210), __LINE__, AB_GP, 0);
	MSR_KEEPS(0x250, 0x0606060606060606ull);
	MSR_KEEPS(0x26f, 0x0505050505050505ull);
	MSR_GP(0x268, 7);
	ck_assert_uint_eq(msr(0x1b), 0xfee00900);
	MSR_GP(0x1b, 1ull << 40 | 0x900);
	ck_assert_int_eq(wrmsr(0x1b, 0xfee00000), AB_OK);	/* disabled; BSP stays */
	ck_assert_uint_eq(msr(0x1b), 0xfee00100);
	ck_assert_uint_eq(msr(0x17), 0);
	ck_assert_uint_eq(msr(0x8b), 0);
	ck_assert_int_eq(wrmsr(0x8b, 0), AB_OK);
	ck_assert_uint_eq(msr(0x179), 0);
	expect_fault(rdmsr(0x12345), __LINE__, AB_GP, 0);
	MSR_GP(0x12345, 0);
	expect_fault(rdmsr(0xc0000081), __LINE__, AB_GP, 0);	/* no long mode */
	M->long_mode = 1;
	MSR_KEEPS(0xc0000081, 0x0023001000000000ull);
	MSR_KEEPS(0xc0000082, 0xffffffff81000000ull);
	MSR_GP(0xc0000082, 1ull << 50);
	MSR_GP(0x176, 1ull << 50);
	MSR_KEEPS(0xc0000101, 0xffff888000000000ull);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_GS].base, 0xffff888000000000ull);
}
END_TEST

START_TEST(efer)
{
	MSR_KEEPS(0xc0000080, AB_EFER_NX);
	ck_assert_uint_eq(F.paging, 1);
	ck_assert_uint_eq(F.tlb_global, 1);
	MSR_GP(0xc0000080, AB_EFER_LME);
	MSR_GP(0xc0000080, AB_EFER_SCE);
	MSR_GP(0xc0000080, 1u << 12);			/* SVME */
	F.forbid[0][0] = 0x80000001;
	F.forbid[0][1] = 3;
	F.forbid[0][2] = 1u << 20;
	MSR_GP(0xc0000080, AB_EFER_NX);
}
END_TEST

START_TEST(time_stamps)
{
	OK(0x0f, 0x31);
	ck_assert_uint_eq(EAX | EDX << 32, 0x123456789aull);
	ck_assert_int_eq(wrmsr(0x10, 1000), AB_OK);
	F.tsc += 5;
	ck_assert_uint_eq(msr(0x10), 1005);
	ck_assert_int_eq(wrmsr(0xc0000103, 77), AB_OK);
	OK(0x0f, 0x01, 0xf9);				/* rdtscp */
	ck_assert_uint_eq(EAX, 1005);
	ck_assert_uint_eq(ECX, 77);
	M->cpu.cpl = 3;
	OK(0x0f, 0x31);
	M->cpu.cr4 |= AB_CR4_TSD;
	FAULTS(AB_GP, 0, 0x0f, 0x31);
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xf9);
	M->cpu.cpl = 0;
	OK(0x0f, 0x31);
	FAULTS(AB_GP, 0, 0x0f, 0x33);			/* rdpmc */
}
END_TEST

/* ---- ports ---- */

START_TEST(ports)
{
	EAX = 0x12345678;
	OK(0xe6, 0x21);				/* out %al, $0x21: the PIC's mask */
	EAX = 0x12345600;
	OK(0xe4, 0x21);
	ck_assert_uint_eq(EAX, 0x12345678);
	EDX = 0xffff5555;			/* an unknown port: ones */
	OK(0xec);
	ck_assert_uint_eq(EAX, 0x123456ff);
	OK(0x66, 0xed);
	ck_assert_uint_eq(EAX, 0x1234ffff);
	OK(0xed);
	ck_assert_uint_eq(EAX, 0xffffffff);
}
END_TEST

START_TEST(io_bitmap)
{
	cpu_start_ring3();
	poke32(TSS + 100, 0x80 << 16);		/* bitmap at 80h */
	desc_put(GDT, TR, TSS, 0x80 + 0x20, 0x8b);
	M->cpu.tr.limit = 0x80 + 0x20;		/* ports 0..ffh, and the last byte */
	memset(RAM + TSS + 0x80, 0xff, 0x21);
	FAULTS(AB_GP, 0, 0xe4, 0x80);
	RAM[TSS + 0x80 + 0x10] = 0xfe;		/* port 80h */
	OK(0xe4, 0x80);
	FAULTS(AB_GP, 0, 0xe4, 0x81);
	FAULTS(AB_GP, 0, 0x66, 0xe5, 0x80);	/* both bytes must be allowed */
	RAM[TSS + 0x80 + 0x10] = 0xfc;
	OK(0x66, 0xe5, 0x80);
	RAM[TSS + 0x80 + 0x10] = 0x7f;		/* port 87h, and 88h in the next byte */
	RAM[TSS + 0x80 + 0x11] = 0xfe;
	OK(0x66, 0xe5, 0x87);
	RAM[TSS + 0x80 + 0x1f] = 0;
	OK(0xe4, 0xff);
	M->cpu.tr.limit--;			/* the byte after is not there */
	FAULTS(AB_GP, 0, 0xe4, 0xff);
	EDX = 0x8000;
	FAULTS(AB_GP, 0, 0xec);
	M->cpu.tr.attr = 0x83;			/* a 16-bit TSS has no bitmap */
	FAULTS(AB_GP, 0, 0xe4, 0x80);
	M->cpu.rflags |= AB_FL_IOPL;
	OK(0xe4, 0x80);
	M->cpu.rflags &= ~(uint64_t)AB_FL_IOPL;
	M->cpu.tr.attr = 0x8b;
	M->cpu.tr.limit = 102;
	FAULTS(AB_GP, 0, 0xe4, 0x80);
}
END_TEST

START_TEST(string_ports)
{
	EDX = 0x21;
	M->cpu.gpr[AB_ESI] = DATA;
	ECX = 3;
	poke32(DATA, 0x00332211);
	OK(0xf3, 0x6e);				/* rep outsb */
	ck_assert_uint_eq(ECX, 0);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESI], DATA + 3);
	M->cpu.gpr[AB_EDI] = DATA + 0x10;
	M->cpu.rflags |= AB_FL_DF;
	OK(0x6c);				/* insb */
	ck_assert_uint_eq(RAM[DATA + 0x10], 0x33);
	ck_assert_uint_eq(M->cpu.gpr[AB_EDI], DATA + 0xf);
	/* the destination is checked before the port is read */
	M->cpu.rflags &= ~(uint64_t)AB_FL_DF;
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	M->cpu.gpr[AB_EDI] = 0x3fffff;
	ECX = 2;
	ck_assert_int_eq(X(0xf3, 0x6c), AB_FAULT);
	ck_assert_uint_eq(M->fault.cr2, 0x400000);
	ck_assert_uint_eq(M->fault.error, AB_PF_W);
	ck_assert_uint_eq(ECX, 1);
	ck_assert_uint_eq(RAM[0x3fffff], 0x33);
	ck_assert_uint_eq(M->cpu.rip, CODE + 2 + 1);
}
END_TEST

/* ---- fast system calls ---- */

START_TEST(sysenter_sysexit)
{
	cpu_start_ring3();
	FAULTS(AB_GP, 0, 0x0f, 0x34);		/* no code segment set */
	M->cpu.sysenter_cs = CS0;
	M->cpu.sysenter_esp = STACK0;
	M->cpu.sysenter_eip = 0x12340;
	OK(0x0f, 0x34);
	ck_assert_uint_eq(M->cpu.cpl, 0);
	ck_assert_uint_eq(M->cpu.rip, 0x12340);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, CS0);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, CS0 + 8);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].attr, AT_CODE0);
	ck_assert(!(M->cpu.rflags & AB_FL_IF));
	ECX = STACK3;
	EDX = 0x5678;
	OK(0x0f, 0x35);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.rip, 0x5678);
	ck_assert_uint_eq(M->cpu.gpr[AB_ESP], STACK3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, (CS0 + 16) | 3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, (CS0 + 24) | 3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].attr, AT_DATA3);
}
END_TEST

START_TEST(syscall_sysret_swapgs)
{
	cpu_start_long();
	M->cpu.star = (uint64_t)(DS0 | 3) << 48 | (uint64_t)CS0 << 32;
	M->cpu.lstar = 0xffffffff80001000ull;
	M->cpu.sfmask = AB_FL_IF | AB_FL_TF | AB_FL_DF;
	M->cpu.rflags |= AB_FL_IF | AB_FL_CF;
	OK(0x0f, 0x05);
	ck_assert_uint_eq(M->cpu.rip, 0xffffffff80001000ull);
	ck_assert_uint_eq(ECX, CODE + 2);
	ck_assert_uint_eq(M->cpu.gpr[11], 2 | AB_FL_IF | AB_FL_CF);
	ck_assert_uint_eq(M->cpu.rflags, 2 | AB_FL_CF);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, CS0 + 8);
	M->cpu.seg[AB_SEG_GS].base = 1;
	M->cpu.kernel_gs_base = 2;
	M->cpu.rip = CODE;
	OK(0x0f, 0x01, 0xf8);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_GS].base, 2);
	ck_assert_uint_eq(M->cpu.kernel_gs_base, 1);
	ECX = 1ull << 50;
	FAULTS(AB_GP, 0, 0x48, 0x0f, 0x07);
	ECX = 0x123456;
	OK(0x48, 0x0f, 0x07);
	ck_assert_uint_eq(M->cpu.rip, 0x123456);
	ck_assert_uint_eq(M->cpu.cpl, 3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_CS].sel, (DS0 + 16) | 3);
	ck_assert_uint_eq(M->cpu.seg[AB_SEG_SS].sel, (DS0 + 8) | 3);
	ck_assert(M->cpu.rflags & AB_FL_IF);
	M->cpu.rip = CODE;
	FAULTS(AB_GP, 0, 0x0f, 0x01, 0xf8);
	FAULTS(AB_GP, 0, 0x48, 0x0f, 0x07);
	M->cpu.efer &= ~(uint64_t)AB_EFER_SCE;
	FAULTS(AB_UD, NOERR, 0x0f, 0x05);
}
END_TEST

static void add(TCase *tc)
{
	ADD(tc, cli_sti);
	ADD(tc, pushf_popf);
	ADD(tc, popf_ring3);
	ADD(tc, stack_faults);
	ADD(tc, ring0_only);
	ADD(tc, not_offered);
	ADD(tc, sequence_ops_are_not_instructions);
	ADD(tc, silent_ops_at_ring3);
	ADD(tc, load_far);
	ADD(tc, tables);
	ADD(tc, pop_segments);
	ADD(tc, cr0);
	ADD(tc, lmsw_smsw);
	ADD(tc, cr2_cr3);
	ADD(tc, cr_numbers);
	ADD(tc, cr4);
	ADD(tc, pae_transitions);
	ADD(tc, long_mode_transitions);
	ADD(tc, cr8);
	ADD(tc, debug_registers);
	ADD(tc, invlpg);
	ADD(tc, xcr0);
	ADD(tc, cpuid_leaves);
	ADD(tc, msrs);
	ADD(tc, efer);
	ADD(tc, time_stamps);
	ADD(tc, ports);
	ADD(tc, io_bitmap);
	ADD(tc, string_ports);
	ADD(tc, sysenter_sysexit);
	ADD(tc, syscall_sysret_swapgs);
}

int main(void)
{
	return cpu_main("core: ops", add);
}
