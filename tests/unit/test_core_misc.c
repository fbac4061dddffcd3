/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * General instructions that 64-bit code does not have, or has otherwise: decimal
 * arithmetic against the manual's own pseudo code, 16-bit addresses, stacks and
 * branches, bound, what is no instruction, and who may use the FPU.
 */
#include "cpufix.h"

#define CF	AB_FL_CF
#define AF	AB_FL_AF
#define RESULT	(AB_FL_SF | AB_FL_ZF | AB_FL_PF)

struct decimal {
	unsigned ax;
	bool cf, af;
};

static bool even_bits(unsigned v)
{
	return !(__builtin_popcount(v & 0xff) & 1);
}

static void manual_daa(struct decimal *d)
{
	unsigned old_al = d->ax & 0xff, al = old_al;
	bool old_cf = d->cf;

	d->cf = false;
	if ((al & 15) > 9 || d->af) {
		d->cf = old_cf || al + 6 > 0xff;
		al += 6;
		d->af = true;
	} else {
		d->af = false;
	}
	if (old_al > 0x99 || old_cf) {
		al += 0x60;
		d->cf = true;
	} else {
		d->cf = false;
	}
	d->ax = (d->ax & 0xff00) | (al & 0xff);
}

static void manual_das(struct decimal *d)
{
	unsigned old_al = d->ax & 0xff, al = old_al;
	bool old_cf = d->cf;

	d->cf = false;
	if ((al & 15) > 9 || d->af) {
		d->cf = old_cf || al < 6;
		al -= 6;
		d->af = true;
	} else {
		d->af = false;
	}
	if (old_al > 0x99 || old_cf) {
		al -= 0x60;
		d->cf = true;
	}
	d->ax = (d->ax & 0xff00) | (al & 0xff);
}

static void manual_aaa(struct decimal *d)
{
	d->af = d->cf = (d->ax & 15) > 9 || d->af;
	if (d->af)
		d->ax += 0x106;
	d->ax &= 0xff0f;
}

static void manual_aas(struct decimal *d)
{
	d->af = d->cf = (d->ax & 15) > 9 || d->af;
	if (d->af)
		d->ax = ((d->ax - 6) - 0x100) & 0xffff;
	d->ax &= 0xff0f;
}

static void decimal_case(unsigned opcode, void (*manual)(struct decimal *), unsigned ax,
			 unsigned carries, bool result_flags)
{
	struct decimal d = { ax, carries & 1, carries & 2 };
	unsigned al;

	M->cpu.gpr[AB_EAX] = 0x12340000 | ax;
	M->cpu.rflags = 2 | (d.cf ? CF : 0) | (d.af ? AF : 0);
	M->cpu.rip = CODE;
	OK(opcode);
	manual(&d);
	ck_assert_msg(M->cpu.gpr[AB_EAX] == (0x12340000 | d.ax),
		      "%02x of %04x, carries %u: %x, not %x", opcode, ax, carries,
		      (unsigned)M->cpu.gpr[AB_EAX], 0x12340000 | d.ax);
	ck_assert_uint_eq(!!(M->cpu.rflags & CF), d.cf);
	ck_assert_uint_eq(!!(M->cpu.rflags & AF), d.af);
	al = d.ax & 0xff;
	if (result_flags)
		ck_assert_uint_eq(M->cpu.rflags & RESULT,
				  (al & 0x80 ? AB_FL_SF : 0) | (!al ? AB_FL_ZF : 0) |
				  (even_bits(al) ? AB_FL_PF : 0));
}

START_TEST(decimal)
{
	unsigned ax, c;

	for (c = 0; c < 4; c++) {
		for (ax = 0; ax < 0x100; ax++) {
			decimal_case(0x27, manual_daa, 0x5500 | ax, c, true);
			decimal_case(0x2f, manual_das, 0x5500 | ax, c, true);
		}
		for (ax = 0; ax < 0x10000; ax += 7) {
			decimal_case(0x37, manual_aaa, ax, c, false);
			decimal_case(0x3f, manual_aas, ax, c, false);
		}
	}
	/* 27 + 35 = 62, 62 - 35 = 27 */
	M->cpu.gpr[AB_EAX] = 0x27;
	OK(0x04, 0x35);
	OK(0x27);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x62);
	OK(0x2c, 0x35);
	OK(0x2f);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x27);
}
END_TEST

START_TEST(ascii_multiply_divide)
{
	unsigned v;

	for (v = 0; v < 0x100; v++) {
		M->cpu.gpr[AB_EAX] = 0xabcd7700 | v;
		OK(0xd4, 0x0a);
		ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0xabcd0000 | v / 10 << 8 | v % 10);
		ck_assert_uint_eq(!!(M->cpu.rflags & AB_FL_ZF), v % 10 == 0);
		OK(0xd5, 0x0a);
		ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0xabcd0000 | v);
		ck_assert_uint_eq(!!(M->cpu.rflags & AB_FL_SF), v >> 7);
		ck_assert_uint_eq(!!(M->cpu.rflags & AB_FL_PF), even_bits(v));
	}
	M->cpu.gpr[AB_EAX] = 0xff80;
	OK(0xd5, 0xff);			/* any base: 80h + ffh * ffh */
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x81);
	FAULTS(AB_DE, NOERR, 0xd4, 0x00);
}
END_TEST

/* Registers of the address that the instruction itself changes. */
START_TEST(address_and_operand)
{
	struct ab_cpu *c = &M->cpu;

	poke32(DATA, 5);
	c->gpr[AB_EBX] = DATA;
	OK(0x0f, 0xc1, 0x1b);			/* xadd %ebx, (%ebx) */
	ck_assert_uint_eq(c->gpr[AB_EBX], 5);
	ck_assert_uint_eq(peek32(DATA), DATA + 5);
	c->gpr[AB_EBX] = DATA;
	OK(0x87, 0x1b);				/* xchg %ebx, (%ebx) */
	ck_assert_uint_eq(c->gpr[AB_EBX], DATA + 5);
	ck_assert_uint_eq(peek32(DATA), DATA);
	c->gpr[AB_EAX] = DATA;
	c->gpr[AB_ECX] = 9;
	OK(0x0f, 0xb1, 0x08);			/* cmpxchg %ecx, (%eax): equal */
	ck_assert_uint_eq(peek32(DATA), 9);
	OK(0x0f, 0xb1, 0x08);			/* not */
	ck_assert_uint_eq(c->gpr[AB_EAX], 9);
	ck_assert_uint_eq(peek32(DATA), 9);
	c->gpr[AB_EAX] = 3;
	OK(0x0f, 0xc1, 0xc0);			/* xadd %eax, %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 6);
}
END_TEST

START_TEST(salc)
{
	M->cpu.gpr[AB_EAX] = 0x1234;
	M->cpu.rflags |= CF;
	OK(0xd6);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x12ff);
	M->cpu.rflags &= ~(uint64_t)CF;
	OK(0xd6);
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x1200);
}
END_TEST

START_TEST(bound)
{
	M->cpu.gpr[AB_EBX] = DATA;
	poke32(DATA, (uint32_t)-5);
	poke32(DATA + 4, 7);
	M->cpu.gpr[AB_EAX] = 7;
	OK(0x62, 0x03);			/* bound %eax, (%ebx) */
	M->cpu.gpr[AB_EAX] = (uint32_t)-5;
	OK(0x62, 0x03);
	M->cpu.gpr[AB_EAX] = (uint32_t)-6;
	FAULTS(AB_BR, NOERR, 0x62, 0x03);
	M->cpu.gpr[AB_EAX] = 8;
	FAULTS(AB_BR, NOERR, 0x62, 0x03);
	/* 16 bits: -5 and -1 */
	M->cpu.gpr[AB_EAX] = 0x1fffe;
	OK(0x66, 0x62, 0x03);
	M->cpu.gpr[AB_EAX] = 0;
	FAULTS(AB_BR, NOERR, 0x66, 0x62, 0x03);
	/* the second bound lies beyond the limit */
	M->cpu.seg[AB_SEG_DS].limit = DATA + 3;
	FAULTS(AB_GP, 0, 0x62, 0x03);
}
END_TEST

START_TEST(addresses_16)
{
	struct ab_cpu *c = &M->cpu;

	c->gpr[AB_EBX] = 0x12347f00;
	c->gpr[AB_EBP] = 0x12347e00;
	c->gpr[AB_ESI] = 0x56780100;
	c->gpr[AB_EDI] = 0x56789000;
	poke32(0x8000, 0x11111111);
	poke32(0x8055, 0x22222222);
	poke32(0x6f00, 0x33333333);	/* 7f00 + 9000 - 10000 + ... */
	poke32(0x0f00, 0x44444444);
	poke32(0x7e80, 0x55555555);
	OK(0x67, 0x8b, 0x00);			/* mov (%bx,%si), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x11111111);
	OK(0x67, 0x8b, 0x40, 0x55);		/* 0x55(%bx,%si) */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x22222222);
	OK(0x67, 0x8b, 0x81, 0x00, 0x60);	/* 0x6000(%bx,%di): wraps */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x33333333);
	OK(0x67, 0x8b, 0x01);			/* (%bx,%di): wraps */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x44444444);
	OK(0x67, 0x8b, 0x06, 0x00, 0x80);	/* 0x8000, not sign-extended */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x11111111);
	OK(0x67, 0xa1, 0x55, 0x80);
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x22222222);
	/* bp goes through ss */
	c->seg[AB_SEG_DS].limit = 0xfff;
	OK(0x67, 0x8b, 0x86, 0x80, 0x00);	/* 0x80(%bp) ... plus 0 */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x55555555);
	FAULTS(AB_GP, 0, 0x67, 0x8b, 0x07);	/* (%bx) */
	OK(0x67, 0x8d, 0x00);			/* lea (%bx,%si), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x8000);
	OK(0x66, 0x8d, 0x83, 0xff, 0xff, 0, 0);	/* lea 0xffff(%ebx), %ax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x7eff);
}
END_TEST

START_TEST(counters_16)
{
	struct ab_cpu *c = &M->cpu;

	c->gpr[AB_ECX] = 0x10000;
	OK(0x67, 0xe3, 0x10);			/* jcxz: cx is 0 */
	ck_assert_uint_eq(c->rip, CODE + 0x13);
	OK(0xe3, 0x10);				/* jecxz: ecx is not */
	ck_assert_uint_eq(c->rip, CODE + 0x15);
	OK(0x67, 0xe2, 0x10);			/* loop with cx */
	ck_assert_uint_eq(c->gpr[AB_ECX], 0x1ffff);
	ck_assert_uint_eq(c->rip, CODE + 0x28);
	c->gpr[AB_ECX] = 0x10001;
	OK(0x67, 0xe2, 0x10);
	ck_assert_uint_eq(c->gpr[AB_ECX], 0x10000);
	ck_assert_uint_eq(c->rip, CODE + 0x2b);
}
END_TEST

START_TEST(branches_16)
{
	struct ab_cpu *c = &M->cpu;

	c->rip = 0xfff0;
	OK(0x66, 0xeb, 0x20);			/* jmpw wraps at 64 KiB */
	ck_assert_uint_eq(c->rip, 0x13);
	c->rip = CODE;
	c->rflags |= AB_FL_ZF;
	OK(0x66, 0x74, 0x10);			/* jew: eip loses its upper half */
	ck_assert_uint_eq(c->rip, (CODE + 0x13) & 0xffff);
	c->rip = CODE;
	OK(0x66, 0x75, 0x10);			/* not taken: it does not */
	ck_assert_uint_eq(c->rip, CODE + 3);
	c->rip = 0x8000;
	OK(0x66, 0xe8, 0x00, 0x10);		/* callw: 2 bytes pushed */
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 2);
	ck_assert_uint_eq(c->rip, 0x9004);
	OK(0x66, 0xc2, 0x06, 0x00);		/* retw $6 */
	ck_assert_uint_eq(c->rip, 0x8004);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 + 6);
	/* the limit counts only when it is taken */
	c->seg[AB_SEG_CS].limit = 0x8fff;
	OK(0x0f, 0x85, 0x00, 0x10, 0x00, 0x00);
	FAULTS(AB_GP, 0, 0x0f, 0x84, 0x00, 0x10, 0x00, 0x00);
	c->gpr[AB_ECX] = 1;
	c->rip = 0x8ff0;
	OK(0xe2, 0x7f);
	c->gpr[AB_ECX] = 2;
	c->rip = 0x8ff0;
	FAULTS(AB_GP, 0, 0xe2, 0x7f);
}
END_TEST

START_TEST(stack_16)
{
	struct ab_cpu *c = &M->cpu;
	unsigned i;

	for (i = 0; i < 8; i++)
		if (i != AB_ESP)
			c->gpr[i] = 0x11110000 * i + 0x100 + i;
	OK(0x66, 0x60);				/* pushaw */
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 16);
	ck_assert_uint_eq(stack(0), 0x01060107);
	c->gpr[AB_EAX] = c->gpr[AB_EDI] = 0;
	OK(0x66, 0x61);				/* popaw keeps upper halves */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x100);
	ck_assert_uint_eq(c->gpr[AB_EDI], 0x107);
	ck_assert_uint_eq(c->gpr[AB_ECX], 0x11110101);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0);
	/* a small stack segment: only sp counts */
	c->seg[AB_SEG_SS].attr &= (uint16_t)~AB_AT_DB;
	c->gpr[AB_ESP] = 0xabcd0002;
	OK(0x50);				/* push %eax: at fffe */
	ck_assert_uint_eq(c->gpr[AB_ESP], 0xabcdfffe);
	OK(0x58);
	ck_assert_uint_eq(c->gpr[AB_ESP], 0xabcd0002);
	c->gpr[AB_ESP] = 0xabcd8000;
	c->gpr[AB_EBP] = 0x77778100;
	OK(0x66, 0xc8, 0x10, 0x00, 0x00);	/* enterw $16, $0 */
	ck_assert_uint_eq(c->gpr[AB_EBP], 0x77777ffe);
	ck_assert_uint_eq(c->gpr[AB_ESP], 0xabcd7fee);
	OK(0x66, 0xc9);
	ck_assert_uint_eq(c->gpr[AB_EBP], 0x77778100);
	ck_assert_uint_eq(c->gpr[AB_ESP], 0xabcd8000);
}
END_TEST

START_TEST(enter_looks_at_the_end)
{
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	poke32(TABLES + 4, 0x400081);		/* read-only */
	poke32(TABLES + 8, 0x83);
	M->cpu.gpr[AB_ESP] = 0x800100;
	FAULTS(AB_PF, AB_PF_P | AB_PF_W, 0xc8, 0x00, 0x02, 0x00);
	ck_assert_uint_eq(M->fault.cr2, 0x7fff00 - 4);
	OK(0xc8, 0x80, 0x00, 0x00);
	M->cpu.seg[AB_SEG_SS].limit = 0x7fffff;
	M->cpu.gpr[AB_ESP] = 0x800000;
	M->cpu.gpr[AB_EBP] = 0x800000;
	poke32(TABLES + 4, 0x400083);
	OK(0xc8, 0x00, 0x02, 0x00);
	M->cpu.gpr[AB_ESP] = 0x100;
	FAULTS(AB_SS, 0, 0xc8, 0x00, 0x02, 0x00);
}
END_TEST

START_TEST(no_instructions)
{
	FAULTS(AB_UD, NOERR, 0x0f, 0x0b);		/* ud2 */
	FAULTS(AB_UD, NOERR, 0x0f, 0xb9, 0xc0);		/* ud1 */
	FAULTS(AB_UD, NOERR, 0x0f, 0xff, 0xc0);		/* ud0 */
	/* hints, and opcodes that are no-ops where MPX and CET are not */
	OK(0x90);
	OK(0xf3, 0x90);
	OK(0xf3, 0x0f, 0x1e, 0xfb);
	OK(0xf3, 0x0f, 0x1e, 0xc8);
	OK(0x0f, 0x1a, 0xc7);
	OK(0x0f, 0x1b, 0x05, 0, 0, 0, 0xf0);		/* no access either */
	OK(0x0f, 0x18, 0x05, 0, 0, 0, 0xf0);
	OK(0x0f, 0xae, 0xe8);
	/* 82h is another 80h */
	M->cpu.gpr[AB_ECX] = 5;
	OK(0x82, 0xe9, 0x03);				/* sub $3, %cl */
	ck_assert_uint_eq(M->cpu.gpr[AB_ECX], 2);
}
END_TEST

START_TEST(who_may_use_the_fpu)
{
	struct ab_cpu *c = &M->cpu;

	/* fwait looks at MP and TS together, others at TS alone */
	c->cr0 |= AB_CR0_TS;
	FAULTS(AB_NM, NOERR, 0xd9, 0xe8);		/* fld1 */
	ck_assert_int_eq(X(0x9b), AB_UNSUPPORTED);	/* no processor to run it here */
	c->cr0 |= AB_CR0_MP;
	FAULTS(AB_NM, NOERR, 0x9b);
	FAULTS(AB_UD, NOERR, 0x0f, 0x28, 0xc1);		/* movaps: CR4.OSFXSR */
	c->cr4 |= AB_CR4_OSFXSR;
	FAULTS(AB_NM, NOERR, 0x0f, 0x28, 0xc1);
	FAULTS(AB_NM, NOERR, 0x0f, 0x77);		/* emms */
	FAULTS(AB_UD, NOERR, 0xc5, 0xf8, 0x77);		/* vzeroupper: CR4.OSXSAVE */
	c->cr4 |= AB_CR4_OSXSAVE;
	FAULTS(AB_UD, NOERR, 0xc5, 0xf8, 0x77);		/* XCR0 */
	c->xcr0 = 7;
	FAULTS(AB_NM, NOERR, 0xc5, 0xf8, 0x77);
	c->cr0 &= ~(uint64_t)AB_CR0_TS;
	c->cr0 |= AB_CR0_EM;
	FAULTS(AB_NM, NOERR, 0xd9, 0xe8);
	FAULTS(AB_NM, NOERR, 0x0f, 0xae, 0x03);		/* fxsave */
	FAULTS(AB_UD, NOERR, 0x0f, 0x28, 0xc1);
	FAULTS(AB_UD, NOERR, 0x0f, 0x77);
	/* bit instructions are not the FPU's */
	ck_assert_int_eq(X(0xf3, 0x0f, 0xb8, 0xc1), AB_UNSUPPORTED);
}
END_TEST

static void add(TCase *tc)
{
	ADD(tc, decimal);
	ADD(tc, ascii_multiply_divide);
	ADD(tc, address_and_operand);
	ADD(tc, salc);
	ADD(tc, bound);
	ADD(tc, addresses_16);
	ADD(tc, counters_16);
	ADD(tc, branches_16);
	ADD(tc, stack_16);
	ADD(tc, enter_looks_at_the_end);
	ADD(tc, no_instructions);
	ADD(tc, who_may_use_the_fpu);
}

int main(void)
{
	return cpu_main("core: 32-bit code's own", add);
}
