/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each integer instruction in each form, and those of x87, MMX and SSE2, with many
 * values: registers, memory and defined flags afterwards as one number a form.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"
#include "../insn-forms.h"

#define SLOTS	48		/* instructions of one form at a time */
#define SLOT	32		/* bytes of code for one */
#define BUF	512		/* bytes of memory operand */
#define MID	256
#define LOW	0x8000u		/* where 16-bit addresses reach it */

/* 32-bit code's own */
static const struct form own[] = {
	{ "inc r", { 0x42 }, 1, -2, REGISTER, A },
	{ "dec r", { 0x4a }, 1, -2, REGISTER, A },
	{ "add r/m8, imm, alias", { 0x82 }, 1, 0, BYTE | IMM8, A },
	{ "cmp r/m8, imm, alias", { 0x82 }, 1, 7, BYTE | IMM8, A },
	{ "daa", { 0x27 }, 1, -2, REGISTER | BYTE, A & ~OF },
	{ "das", { 0x2f }, 1, -2, REGISTER | BYTE, A & ~OF },
	{ "aaa", { 0x37 }, 1, -2, REGISTER | BYTE, CF | AF },
	{ "aas", { 0x3f }, 1, -2, REGISTER | BYTE, CF | AF },
	{ "aam", { 0xd4, 0x0a }, 2, -2, REGISTER | BYTE, SF | ZF | PF },
	{ "aam 16", { 0xd4, 0x10 }, 2, -2, REGISTER | BYTE, SF | ZF | PF },
	{ "aad", { 0xd5, 0x0a }, 2, -2, REGISTER | BYTE, SF | ZF | PF },
	{ "salc", { 0xd6 }, 1, -2, REGISTER | BYTE, A },
	{ "push r", { 0x52 }, 1, -2, REGISTER, A },
	{ "push esp", { 0x54 }, 1, -2, REGISTER, A },
	{ "push imm8", { 0x6a }, 1, -2, REGISTER | IMM8, A },
	{ "push imm", { 0x68 }, 1, -2, REGISTER | IMMZ, A },
	{ "push r/m", { 0xff }, 1, 6, 0, A },
	{ "pop r", { 0x5a }, 1, -2, REGISTER, A },
	{ "pop r/m", { 0x8f }, 1, 0, 0, A },
	{ "pusha", { 0x60 }, 1, -2, REGISTER, A },
	{ "popa", { 0x61 }, 1, -2, REGISTER, A },
	{ "lea", { 0x8d }, 1, -1, MEMORY, A },
	{ "enter", { 0xc8, 0x10, 0 }, 3, -2, REGISTER | ENTER, A },
	{ "mov al, moffs", { 0xa0 }, 1, -2, REGISTER | BYTE | MOFFS, A },
	{ "mov a, moffs", { 0xa1 }, 1, -2, REGISTER | MOFFS, A },
	{ "mov moffs, al", { 0xa2 }, 1, -2, REGISTER | BYTE | MOFFS, A },
	{ "mov moffs, a", { 0xa3 }, 1, -2, REGISTER | MOFFS, A },
	{ "bound", { 0x62 }, 1, -1, MEMORY, A },
	{ "ud1", { 0x0f, 0xb9 }, 2, -1, 0, A },
};

/* vector registers are looked at as well; their memory is aligned most of the time */
#define FX	(BYTE | VECTOR)
#define INT128(n, op) { n, { 0x66, 0x0f, op }, 3, -1, FX, A }
#define INT64(n, op) { n, { 0x0f, op }, 2, -1, FX, A }
#define MEM(n, op, ext) { n, { op }, 1, ext, FX | MEMORY, A }
#define PLAIN(n, op, op2) { n, { op, op2 }, 2, -2, FX | REGISTER, A }

static const struct form vector[] = {
	INT64("movq mm", 0x6f), { "movd mm", { 0x0f, 0x6e }, 2, -1, FX, A },
	{ "movd r, mm", { 0x0f, 0x7e }, 2, -1, FX, A }, INT64("paddb mm", 0xfc),
	INT64("psubusw mm", 0xd9), INT64("pmullw mm", 0xd5), INT64("punpckhdq mm", 0x6a),
	INT64("packuswb mm", 0x67), INT64("psrlq mm", 0xd3),
	{ "movntq", { 0x0f, 0xe7 }, 2, -1, FX | MEMORY, A },
	{ "psllw mm, imm", { 0x0f, 0x71 }, 2, 6, FX | REG_ONLY | IMM8, A },
	{ "pshufw", { 0x0f, 0x70 }, 2, -1, FX | IMM8, A },
	INT64("movaps", 0x28), INT64("movups", 0x10), INT64("movups store", 0x11),
	INT64("movaps store", 0x29), INT64("movlps", 0x12), INT64("movhps", 0x16),
	INT64("unpcklps", 0x14), INT64("sqrtps", 0x51),
	INT64("minps", 0x5d), INT64("andnps", 0x55), INT64("cvtdq2ps", 0x5b),
	INT64("ucomiss", 0x2e), { "shufps", { 0x0f, 0xc6 }, 2, -1, FX | IMM8, A },
	{ "movmskps", { 0x0f, 0x50 }, 2, -1, FX | REG_ONLY, A },
	{ "movss", { 0xf3, 0x0f, 0x10 }, 3, -1, FX, A },
	{ "movsd", { 0xf2, 0x0f, 0x10 }, 3, -1, FX, A },
	{ "movss store", { 0xf3, 0x0f, 0x11 }, 3, -1, FX, A },
	{ "addsd", { 0xf2, 0x0f, 0x58 }, 3, -1, FX, A },
	{ "mulss", { 0xf3, 0x0f, 0x59 }, 3, -1, FX, A },
	{ "cvtsi2sd", { 0xf2, 0x0f, 0x2a }, 3, -1, FX, A },
	{ "cvttsd2si", { 0xf2, 0x0f, 0x2c }, 3, -1, FX, A },
	{ "cvttss2si", { 0xf3, 0x0f, 0x2c }, 3, -1, FX, A },
	{ "cvtss2sd", { 0xf3, 0x0f, 0x5a }, 3, -1, FX, A },
	{ "movdqu", { 0xf3, 0x0f, 0x6f }, 3, -1, FX, A },
	{ "movdqu store", { 0xf3, 0x0f, 0x7f }, 3, -1, FX, A },
	{ "movq", { 0xf3, 0x0f, 0x7e }, 3, -1, FX, A },
	{ "pshufhw", { 0xf3, 0x0f, 0x70 }, 3, -1, FX | IMM8, A },
	INT128("movdqa", 0x6f), INT128("movdqa store", 0x7f), INT128("movd", 0x6e),
	INT128("movd store", 0x7e), INT128("movq store", 0xd6), INT128("paddq", 0xd4),
	INT128("pcmpgtd", 0x66), INT128("pmuludq", 0xf4), INT128("pmaddwd", 0xf5),
	INT128("psadbw", 0xf6), INT128("punpcklqdq", 0x6c), INT128("pxor", 0xef),
	INT128("addpd", 0x58), INT128("comisd", 0x2f), INT128("unpckhpd", 0x15),
	INT128("pavgb", 0xe0), INT128("pminub", 0xda), INT128("packssdw", 0x6b),
	{ "pmovmskb", { 0x66, 0x0f, 0xd7 }, 3, -1, FX | REG_ONLY, A },
	{ "pextrw", { 0x66, 0x0f, 0xc5 }, 3, -1, FX | REG_ONLY | IMM8, A },
	{ "pinsrw", { 0x66, 0x0f, 0xc4 }, 3, -1, FX | IMM8, A },
	{ "pshufd", { 0x66, 0x0f, 0x70 }, 3, -1, FX | IMM8, A },
	{ "psrldq", { 0x66, 0x0f, 0x73 }, 3, 3, FX | REG_ONLY | IMM8, A },
	{ "fadd", { 0xd8 }, 1, 0, FX, A }, { "fmul", { 0xd8 }, 1, 1, FX, A },
	{ "fsub", { 0xd8 }, 1, 4, FX, A }, { "fdivr", { 0xd8 }, 1, 7, FX, A },
	{ "fadd 64", { 0xdc }, 1, 0, FX, A }, { "fsubr 64", { 0xdc }, 1, 5, FX, A },
	{ "fld 32", { 0xd9 }, 1, 0, FX, A }, MEM("fld 64", 0xdd, 0), MEM("fild 32", 0xdb, 0),
	MEM("fild 16", 0xdf, 0), MEM("fild 64", 0xdf, 5), MEM("fiadd 32", 0xda, 0),
	MEM("fimul 16", 0xde, 1), MEM("fst 32", 0xd9, 2), MEM("fstp 64", 0xdd, 3),
	MEM("fistp 32", 0xdb, 3), MEM("fistp 64", 0xdf, 7), MEM("fstp 80", 0xdb, 7),
	MEM("fnstcw", 0xd9, 7), PLAIN("fchs", 0xd9, 0xe0), PLAIN("fabs", 0xd9, 0xe1),
	PLAIN("fld1", 0xd9, 0xe8), PLAIN("fldpi", 0xd9, 0xeb), PLAIN("fsqrt", 0xd9, 0xfa),
	PLAIN("frndint", 0xd9, 0xfc), PLAIN("fxch", 0xd9, 0xc9),
	PLAIN("fcmovb", 0xda, 0xc1), PLAIN("ffree", 0xdd, 0xc1),
	{ "fucomip", { 0xdf, 0xe9 }, 2, -2, FX | REGISTER, CF | ZF | PF },
	{ "fcomi", { 0xdb, 0xf2 }, 2, -2, FX | REGISTER, CF | ZF | PF },
	PLAIN("fincstp", 0xd9, 0xf7), PLAIN("faddp", 0xde, 0xc1),
};

struct regs {
	uint32_t r[8], flags;
};
static struct regs now asm("insn_now");
static uint32_t keep_esp asm("insn_esp") __attribute__((used));
static void (*volatile where)(void) asm("insn_where");
static word fault;
static uint8_t code[SLOTS * SLOT] __attribute__((aligned(4096)));
static uint8_t draft[SLOTS * SLOT];	/* of it, to change code but once a form */
static uint8_t fx[512] asm("insn_fx") __attribute__((aligned(16)));
static uint8_t high[BUF] __attribute__((aligned(4096)));

void insn_run(void), insn_back(void);
asm(".text\n"
    "insn_run:	pushal; pushfl; movl %esp, insn_esp\n"
    "	fxrstor insn_fx; pushl insn_now + 32; popfl\n"
    "	movl insn_now, %eax; movl insn_now + 4, %ecx; movl insn_now + 8, %edx\n"
    "	movl insn_now + 12, %ebx; movl insn_now + 20, %ebp; movl insn_now + 24, %esi\n"
    "	movl insn_now + 28, %edi; movl insn_now + 16, %esp\n"
    "	jmp *insn_where\n"
    "insn_back: movl %esp, insn_now + 16; movl insn_esp, %esp\n"
    "	movl %eax, insn_now; movl %ecx, insn_now + 4; movl %edx, insn_now + 8\n"
    "	movl %ebx, insn_now + 12; movl %ebp, insn_now + 20; movl %esi, insn_now + 24\n"
    "	movl %edi, insn_now + 28; pushfl; popl insn_now + 32\n"
    "	fxsave insn_fx; popfl; popal; ret\n");

static uint32_t seed;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static uint32_t value(void)
{
	static const uint32_t edge[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x0f, 0x10, 0x99, 0x9a, 0xfffffffe };
	uint32_t r = rnd();

	return r & 1 ? edge[r >> 8 & 15] : rnd() >> (r >> 8 & 31);
}

static uint32_t crc;

static void count(uint32_t v)
{
	int i;

	crc ^= v;
	for (i = 0; i < 32; i++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
}

/* The instruction ended in a fault: on behind it. */
static bool caught(struct trapframe *tf)
{
	if (tf->ip < (word)code || tf->ip >= (word)code + sizeof(code))
		return false;
	fault = tf->vector;
	tf->ip = (word)insn_back;
	return true;
}

/* One instruction, made up: its bytes, and what to set for it. */
struct made {
	uint8_t *p;
	bool small, memory;		/* 16-bit operands; a memory operand */
	bool addr16;
	unsigned base, index;		/* registers of the address; 8: none */
	unsigned reg, count;
	int disp;
	uint8_t *buf;
};

static void put(struct made *m, unsigned v, unsigned bytes)
{
	for (; bytes--; v >>= 8)
		*m->p++ = v;
}

/* A jump to where the registers are taken. */
static void put_back(struct made *m)
{
	put(m, 0xe9, 1);
	put(m, (word)insn_back - ((word)m->p - (word)draft + (word)code) - 4, 4);
}

static void put_address16(struct made *m, unsigned reg)
{
	static const uint8_t base[] = { 3, 3, 5, 5, 6, 7, 5, 3 };
	static const uint8_t index[] = { 6, 7, 6, 7, 8, 8, 8, 8 };
	unsigned mod = rnd() % 3, rm = rnd() & 7;

	put(m, mod << 6 | reg << 3 | rm, 1);
	if (!mod && rm == 6) {
		put(m, LOW + MID, 2);
		return;
	}
	m->base = base[rm];
	m->index = index[rm];
	m->disp = mod == 2 ? -5 : mod ? 3 : 0;
	put(m, m->disp, mod);
}

static void put_address32(struct made *m, unsigned reg)
{
	unsigned mod = rnd() % 3;
	bool sib = rnd() & 1;

	m->base = rnd() & 7;
	sib |= m->base == 4;
	if (!mod && m->base == 5) {
		m->base = 8;
		put(m, reg << 3 | 5, 1);
		put(m, (word)m->buf + MID, 4);
		return;
	}
	put(m, mod << 6 | reg << 3 | (sib ? 4 : m->base), 1);
	if (sib) {
		m->index = rnd() & 7;
		if (m->index == m->base || m->index == 4)
			m->index = 4;
		put(m, (rnd() & 3) << 6 | m->index << 3 | m->base, 1);
		if (m->index == 4)
			m->index = 8;
	}
	m->disp = mod == 2 ? -20 : mod ? 9 : 0;
	put(m, m->disp, mod == 2 ? 4 : mod);
}

static bool is_x87(const struct form *f)
{
	return (f->op[0] & 0xf8) == 0xd8;
}

static void make(const struct form *f, struct made *m, uint8_t *p)
{
	bool prefixed = f->op[0] == 0xf3 || f->op[0] == 0xf2;
	uint32_t imm = value(), reg, i;

	*m = (struct made){ .p = p, .base = 8, .index = 8, .count = 1, .buf = high };
	m->memory = f->how & MEMORY || (!(f->how & (REGISTER | REG_ONLY)) && rnd() & 1);
	m->small = !(f->how & BYTE) && rnd() % 3 == 0;
	/* strings and stacks keep to the buffer by 32-bit registers */
	m->addr16 = m->memory && f->ext != -2 && rnd() % 4 == 0;
	if (m->memory && rnd() % 4 == 0)
		put(m, rnd() & 1 ? 0x3e : 0x26, 1);
	if (m->addr16) {
		put(m, 0x67, 1);
		m->buf = (uint8_t *)LOW;
	}
	if (m->small && !prefixed)
		put(m, 0x66, 1);
	else
		m->small = false;
	for (i = 0; i < f->len; i++)
		put(m, f->op[i], 1);
	if (f->ext != -2) {
		m->reg = reg = f->ext >= 0 ? (unsigned)f->ext : rnd() & 7;
		if (!m->memory)		/* four x87 registers hold something */
			put(m, 0xc0 | reg << 3 | (rnd() & (is_x87(f) ? 3 : 7)), 1);
		else if (m->addr16)
			put_address16(m, reg);
		else
			put_address32(m, reg);
	}
	if (f->how & MOFFS)
		put(m, (word)high + MID, 4);
	if (f->how & ENTER)
		put(m, 0, 1);
	else if (f->how & IMM8)
		put(m, m->count = imm & 0xff, 1);
	else if (f->how & IMMZ)
		put(m, imm, m->small ? 2 : 4);
	put_back(m);
}

/* x87 registers of small numbers, vector registers of any; memory aligned. */
static void choose_vectors(const struct made *m)
{
	int32_t n[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		n[i] = (int32_t)value();
	asm volatile("fninit; fildl %1; fildl %2; fildl %3; fildl %4; fxsave %0"
		     : "=m"(fx) : "m"(n[0]), "m"(n[1]), "m"(n[2]), "m"(n[3]));
	for (i = 96; i < 288; i++)		/* nothing is in the other four */
		fx[i] = i < 160 ? 0 : value();
	if (m->index < 8)
		now.r[m->index] = 0;
	if (m->base < 8)
		now.r[m->base] = (word)m->buf + MID - m->disp;
}

/* QEMU leaves the exponent alone that MMX instructions fill with ones. */
static void count_vectors(const struct form *f)
{
	unsigned i;

	for (i = 32; i < 288; i += 4)
		if (i >= 160 || i % 16 < 8 || (is_x87(f) && i % 16 == 8))
			count(*(uint32_t *)(fx + i));
}

static void choose(const struct form *f, const struct made *m)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		now.r[i] = value();
	if (f->how & SMALL)
		for (i = 0; i < 8; i++)
			now.r[i] &= 255;
	if (f->how & SHORT) {
		now.r[1] &= 7;
		now.r[0] &= 0x01010101;
	}
	if (f->ext == -2) {
		now.r[6] = (word)high + MID / 2;
		now.r[7] = (word)high + MID;
		now.r[5] = (word)high + MID + 64;
	}
	if (f->how & XLAT)
		now.r[3] = (word)high;
	now.r[4] = (word)high + MID + 32 + (rnd() & 3);
	if (m->index < 8)
		now.r[m->index] = rnd() & 7;
	/* esp as a base keeps its value, which lies in the buffer */
	if (m->base < 8 && m->base != 4)
		now.r[m->base] = (word)m->buf + MID - (rnd() & 3);
	if (f->how & VECTOR)
		choose_vectors(m);
	if (m->addr16)		/* the upper halves do not matter */
		for (i = 0; i < 8; i++)
			if (i != 4 && (i == m->base || i == m->index))
				now.r[i] |= rnd() << 16;
	now.flags = FL_ONE | (rnd() & A);
	if (f->ext == -2 && rnd() & 1)
		now.flags |= DF;
	for (i = 0; i < BUF; i++)
		m->buf[i] = f->how & SHORT ? rnd() & 1 : value();
}

/* Flags that are defined after it; all, when it was no shift. */
static uint32_t defined(const struct form *f, const struct made *m, uint32_t cl)
{
	unsigned n = (f->how & IMM8 ? m->count : cl) & 31;

	if (!(f->how & COUNT))
		return f->flags;
	if (n == 0)
		return A;
	return n == 1 ? f->flags : f->flags & ~OF;
}

/* Or one that depends on memory that is not ours: a bit number that is an address. */
static bool undefined_result(const struct form *f, const struct made *m, uint32_t cl)
{
	if (f->how & SMALL && m->memory && (m->reg == m->base || m->reg == 4))
		return true;
	if (f->op[0] == 0x0f && (f->op[1] & 0xf8) == 0xc8)	/* bswap */
		return m->small;
	return f->how & LIMIT && m->small && ((f->how & IMM8 ? m->count : cl) & 31) > 16;
}

static void one(const struct form *f, const struct made *m, unsigned slot)
{
	uint32_t flags, cl;
	unsigned i;

	choose(f, m);
	cl = now.r[1];
	if (undefined_result(f, m, cl))
		return;
	flags = defined(f, m, cl);
	fault = NO_FAULT;
	where = (void (*)(void))(code + slot * SLOT);
	insn_run();
	count(fault);
	for (i = 0; i < 8; i++)
		count(now.r[i]);
	if (fault != NO_FAULT)		/* its frame lies in the buffer */
		return;
	count(now.flags & flags);
	if (f->how & VECTOR)
		count_vectors(f);
	for (i = 0; i < BUF; i += 4)
		count(*(uint32_t *)(m->buf + i));
}

static void many(const struct form *f)
{
	struct made m[SLOTS];
	unsigned i;

	seed = 0x12345678;
	crc = 0;
	for (i = 0; i < SLOTS; i++)
		make(f, &m[i], draft + i * SLOT);
	memcpy(code, draft, sizeof(code));
	for (i = 0; i < SLOTS; i++)
		one(f, &m[i], i);
	print("%s %lx\n", f->name, (word)crc);
}

/* QEMU's TCG does not know test by its other number; not every host has movbe. */
static bool everywhere(const struct form *f)
{
	return (f->op[0] != 0xf6 || f->ext != 1) && (f->op[0] != 0x0f || f->op[1] != 0x38);
}

static void tables(void)
{
	unsigned i, op;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (everywhere(&forms[i]))
			many(&forms[i]);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		many(&own[i]);
	for (i = 0; i < sizeof(vector) / sizeof(vector[0]); i++)
		many(&vector[i]);
	for (op = 0; op < 8; op++) {
		const struct form a[] = ARITHMETIC(op, op == 1 || op == 4 || op == 6 ?
						   NO_AF : A);
		const struct form s[] = SHIFTS(op, op < 4 ? A : NO_AF);

		for (i = 0; i < sizeof(a) / sizeof(a[0]); i++)
			many(&a[i]);
		for (i = 0; i < sizeof(s) / sizeof(s[0]); i++)
			many(&s[i]);
	}
	for (op = 0; op < 16; op++) {
		const struct form set = { "setcc", { 0x0f, 0x90 + op }, 2, 0, BYTE, A };
		const struct form cmov = { "cmovcc", { 0x0f, 0x40 + op }, 2, -1, 0, A };

		many(&set);
		many(&cmov);
	}
}

/* Short jumps to where a register is changed, or around it. */
static void jumps(void)
{
	static const uint8_t ops[] = { 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77,
		0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0xe0, 0xe1, 0xe2, 0xe3 };
	const struct form f = { "jump", { 0 }, 0, -2, REGISTER, A };
	unsigned i, k;

	for (k = 0; k < sizeof(ops); k++) {
		struct made m[SLOTS];

		seed = 0x87654321;
		crc = 0;
		for (i = 0; i < SLOTS; i++) {
			m[i] = (struct made){ .p = draft + i * SLOT, .base = 8, .index = 8,
					      .buf = high };
			if (ops[k] >= 0xe0 && i & 1)
				put(&m[i], 0x67, 1);
			if (ops[k] < 0xe0 && i & 1) {	/* long form */
				put(&m[i], 0x0f, 1);
				put(&m[i], ops[k] + 0x10, 1);
				put(&m[i], 5, 4);
			} else {
				put(&m[i], ops[k], 1);
				put(&m[i], 5, 1);
			}
			put(&m[i], 0xbb, 1);		/* mov $i, %ebx */
			put(&m[i], i, 4);
			put_back(&m[i]);
		}
		memcpy(code, draft, sizeof(code));
		for (i = 0; i < SLOTS; i++) {
			seed += i;
			one(&f, &m[i], i);
		}
		print("jump %lx %lx\n", (word)ops[k], (word)crc);
	}
}

static void everything(void)
{
	tables();
	jumps();
}

#ifdef IN_RING3
/* All memory is ring 3's, and so are the ports; the timer ticks meanwhile. */
USER static void user(void)
{
	everything();
	user_exit(0);
}

static void all_in_ring3(void)
{
	struct visit v;
	word va;

	paging_on();
	for (va = 0; va < RAM; va += PAGESIZE)
		*pte(va) |= PTE_U;
	cr3_write(cr3_read());
	pit_start(100);
	irq_unmask(0);
	v = user_run(user, FL_IF | FL_IOPL);
	irq_mask_all();
	check(v.vector == 0x80, "ring 3 ends");
	check(irq_count(0) > 0, "the timer ticked");
}
#else
#define all_in_ring3 everything
#endif

void guest_main(void)
{
	cr4_write(cr4_read() | 0x600);		/* OSFXSR, OSXMMEXCPT */
	asm volatile("fninit; fxsave %0" : "=m"(fx));
	handlers[0] = handlers[5] = handlers[T_UD] = handlers[T_GP] = caught;
	all_in_ring3();
	check(true, "done");
}
