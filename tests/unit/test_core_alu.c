/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * General instructions against the processor itself: each encoding runs with
 * many values both natively and in the emulator; registers, memory and every
 * defined flag must agree.  Encodings without REX mean the same in 32- and
 * 64-bit mode, apart from the width of addresses, so that one list serves; a
 * second pass puts REX.W in front and runs the emulator in 64-bit mode.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "cpufix.h"
#include "tests/insn-forms.h"

#define BUF	256		/* bytes of memory operand around edi */
#define MID	128

struct regs {
	uint64_t r[8];		/* Intel's numbers; rsp unused */
	uint64_t flags;
};

/* Load registers and flags, run the code at (code), which ends in jmp *%r14,
 * store them back. */
void native_call(struct regs *regs, const void *code);
__asm__(".text\n"
	"native_call:\n"
	"	pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"	movq %rdi, %r15; movq %rsi, %r13\n"
	"	leaq 1f(%rip), %r14\n"
	"	pushq 64(%r15); popfq\n"
	"	movq (%r15), %rax; movq 8(%r15), %rcx; movq 16(%r15), %rdx\n"
	"	movq 24(%r15), %rbx; movq 40(%r15), %rbp; movq 48(%r15), %rsi\n"
	"	movq 56(%r15), %rdi\n"
	"	jmp *%r13\n"
	"1:	movq %rax, (%r15); movq %rcx, 8(%r15); movq %rdx, 16(%r15)\n"
	"	movq %rbx, 24(%r15); movq %rbp, 40(%r15); movq %rsi, 48(%r15)\n"
	"	movq %rdi, 56(%r15)\n"
	"	pushfq; popq 64(%r15); cld\n"
	"	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
	"	ret\n");

static uint8_t *code;
static uint8_t mem_native[BUF];
static sigjmp_buf de_jump;
static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Random bits are rarely interesting: prefer edges. */
static uint64_t value(void)
{
	static const uint64_t edge[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x0f, 0x10, 0x8000000000000000ull,
		0x7fffffffffffffffull, ~0ull };
	uint64_t r = rnd();

	return r & 1 ? edge[r >> 8 & 15] : rnd() >> (r >> 8 & 31);
}

static void on_fpe(int sig)
{
	siglongjmp(de_jump, 1);
}

/* The instruction's bytes; returns the length. */
static unsigned encode(const struct form *f, bool memory, unsigned prefix, uint8_t *p,
		       unsigned *shift_count)
{
	unsigned n = 0, i, reg;
	uint64_t imm = value();

	if (prefix == 0xf3 || prefix == 0x66)
		p[n++] = prefix;
	if (prefix == 0x48)
		p[n++] = 0x48;
	for (i = 0; i < f->len; i++)
		p[n++] = f->op[i];
	if (f->ext != -2) {
		reg = f->ext >= 0 ? (unsigned)f->ext : rnd() & 3;
		if ((f->how & BYTE) && f->ext == -1)
			reg = rnd() & 7;	/* ah..bh too */
		p[n] = reg << 3 | (memory ? 7 : 0xc0 | (rnd() & 3));
		if ((f->how & BYTE) && !memory)
			p[n] |= rnd() & 4;
		n++;
	}
	if (f->how & IMM8) {
		p[n++] = (uint8_t)imm;
		*shift_count = imm & (prefix == 0x48 ? 63 : 31);
	} else if (f->how & IMMZ) {
		memcpy(p + n, &imm, 4);
		n += prefix == 0x66 ? 2 : 4;
	}
	return n;
}

static void choose(const struct form *f, struct regs *r, unsigned prefix)
{
	unsigned i;

	for (i = 0; i < 6; i++) {
		r->r[i] = value();
		if (prefix != 0x48)
			r->r[i] &= 0xffffffff;
	}
	if (f->how & SMALL)
		for (i = 0; i < 4; i++)
			r->r[i] &= 255;
	if (f->how & SHORT) {
		r->r[AB_ECX] &= 7;
		r->r[AB_EAX] &= 0x01010101;
	}
	r->flags = 2 | (rnd() & AB_FL_ARITH);
	if (f->ext == -2 && (rnd() & 1))
		r->flags |= AB_FL_DF;
	for (i = 0; i < BUF; i++)
		mem_native[i] = f->how & SHORT ? rnd() & 1 : (uint8_t)value();
}

static void emulated_set(const struct regs *r)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		if (i != AB_ESP)
			M->cpu.gpr[i] = r->r[i];
	M->cpu.gpr[AB_EDI] = DATA + MID;
	M->cpu.gpr[AB_ESI] = DATA + MID / 2;
	M->cpu.rflags = r->flags;
	M->cpu.rip = CODE;
	memcpy(RAM + DATA, mem_native, BUF);
}

static void compare(const struct form *f, const struct regs *r, const char *hex,
		    uint32_t flags, uint64_t mask)
{
	unsigned i;

	for (i = 0; i < 6; i++)
		if (i != AB_ESP && !((f->how & XLAT) && i == AB_EBX))
			ck_assert_msg(((M->cpu.gpr[i] ^ r->r[i]) & mask) == 0,
				      "%s (%s): register %u is %llx, not %llx", f->name,
				      hex, i, (unsigned long long)M->cpu.gpr[i],
				      (unsigned long long)r->r[i]);
	ck_assert_msg(M->cpu.gpr[AB_EDI] - DATA == r->r[AB_EDI] - (uintptr_t)mem_native,
		      "%s (%s): edi", f->name, hex);
	ck_assert_msg(M->cpu.gpr[AB_ESI] - DATA == r->r[AB_ESI] - (uintptr_t)mem_native,
		      "%s (%s): esi", f->name, hex);
	ck_assert_msg(((M->cpu.rflags ^ r->flags) & flags) == 0,
		      "%s (%s): flags %llx, not %llx (of %x)", f->name, hex,
		      (unsigned long long)M->cpu.rflags & flags,
		      (unsigned long long)r->flags & flags, flags);
	ck_assert_msg(!memcmp(RAM + DATA, mem_native, BUF), "%s (%s): memory", f->name,
		      hex);
}

/* False when the processor raises #DE. */
static __attribute__((noinline)) bool native(struct regs *r, const uint8_t *insn, unsigned n)
{
	static const uint8_t back[] = { 0x41, 0xff, 0xe6 };	/* jmp *%r14 */

	memcpy(code, insn, n);
	memcpy(code + n, back, sizeof(back));
	if (sigsetjmp(de_jump, 1))
		return false;
	native_call(r, code);
	return true;
}

static void one(const struct form *f, bool memory, unsigned prefix)
{
	unsigned count = 1, n, i, bits = prefix == 0x66 ? 16 : prefix == 0x48 ? 64 : 32;
	uint32_t flags = f->flags;
	uint8_t insn[16];
	char hex[48] = "";
	struct regs r = { { 0 }, 0 };
	enum ab_result res;

	choose(f, &r, prefix);
	count = r.r[AB_ECX] & (bits == 64 ? 63 : 31);
	n = encode(f, memory, prefix, insn, &count);
	if ((f->how & LIMIT) && count > bits)
		return;
	if (f->how & COUNT && count != 1)
		flags = count ? flags & ~OF : A;
	for (i = 0; i < n; i++)
		snprintf(hex + 3 * i, 4, "%02x ", insn[i]);
	if (f->how & XLAT)
		r.r[AB_EBX] = DATA;
	emulated_set(&r);
	res = run(insn, n);
	r.r[AB_EDI] = (uintptr_t)mem_native + MID;
	r.r[AB_ESI] = (uintptr_t)mem_native + MID / 2;
	if (f->how & XLAT)
		r.r[AB_EBX] = (uintptr_t)mem_native;
	if (!native(&r, insn, n)) {
		ck_assert_msg(res == AB_FAULT && M->fault.vector == AB_DE,
			      "%s (%s): the processor raises #DE", f->name, hex);
		return;
	}
	ck_assert_msg(res == AB_OK, "%s (%s): result %d", f->name, hex, res);
	ck_assert_uint_eq(M->cpu.rip, CODE + n);
	compare(f, &r, hex, flags, bits == 64 ? ~0ull : 0xffffffff);
}

static void setup(void)
{
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(code != MAP_FAILED);
	signal(SIGFPE, on_fpe);
}

static void many(const struct form *f, unsigned rounds, bool wide)
{
	unsigned i;

	for (i = 0; i < rounds; i++) {
		bool memory = (rnd() & 1 || (f->how & MEMORY)) && !(f->how & REGISTER);
		unsigned prefix = 0;

		if (wide)
			prefix = 0x48;
		else if (!(f->how & BYTE) && (rnd() & 1))
			prefix = 0x66;
		one(f, memory, prefix);
	}
}

static void arithmetic(bool wide)
{
	unsigned op;

	for (op = 0; op < 8; op++) {
		uint32_t flags = op == 1 || op == 4 || op == 6 ? NO_AF : A;
		const struct form f[] = ARITHMETIC(op, flags);
		unsigned i;

		for (i = 0; i < sizeof(f) / sizeof(f[0]); i++)
			if (!wide || !(f[i].how & BYTE))
				many(&f[i], 400, wide);
	}
}

static void shifts(bool wide)
{
	unsigned op;

	for (op = 0; op < 8; op++) {
		const struct form f[] = SHIFTS(op, op < 4 ? A : NO_AF);
		unsigned i;

		for (i = 0; i < sizeof(f) / sizeof(f[0]); i++)
			if (!wide || !(f[i].how & BYTE))
				many(&f[i], 600, wide);
	}
}

static void listed(bool wide)
{
	unsigned i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!wide || !(forms[i].how & (BYTE | NO_REX)))
			many(&forms[i], 1500, wide);
}

static void conditions(bool wide)
{
	unsigned cc;

	for (cc = 0; cc < 16; cc++) {
		const struct form set = { "setcc", { 0x0f, 0x90 + cc }, 2, 0, BYTE, A };
		const struct form cmov = { "cmovcc", { 0x0f, 0x40 + cc }, 2, -1, 0, A };

		if (!wide)
			many(&set, 300, false);
		many(&cmov, 300, wide);
	}
}

/* Jumps that depend on something.  Taken or not, a register says: 1 or 2. */
static void jump(const uint8_t *insn, unsigned n, const uint8_t *in_64, unsigned n_64,
		 uint64_t mask)
{
	static const uint8_t tail[] = {
		0xbb, 1, 0, 0, 0, 0x41, 0xff, 0xe6,	/* mov $1, %ebx; jmp *%r14 */
		0xbb, 2, 0, 0, 0, 0x41, 0xff, 0xe6,
	};
	struct regs r = { { 0 }, 2 | (rnd() & AB_FL_ARITH) };
	uint8_t seq[32];
	bool taken;

	r.r[AB_ECX] = rnd() & 3 ? rnd() & 3 : value();
	r.r[AB_ECX] &= mask;
	M->cpu.gpr[AB_ECX] = r.r[AB_ECX];
	M->cpu.rflags = r.flags;
	M->cpu.rip = CODE;
	ck_assert_int_eq(run(insn, n), AB_OK);
	taken = M->cpu.rip == CODE + n + 8;
	ck_assert(taken || M->cpu.rip == CODE + n);
	memcpy(seq, in_64, n_64);
	memcpy(seq + n_64, tail, sizeof(tail));
	ck_assert(native(&r, seq, n_64 + sizeof(tail)));
	ck_assert_msg(taken == (r.r[AB_EBX] == 2), "%02x %02x: taken %d", insn[0], insn[1],
		      taken);
	ck_assert_uint_eq(M->cpu.gpr[AB_ECX], r.r[AB_ECX]);
	ck_assert_uint_eq(M->cpu.rflags & A, r.flags & A);
}

static void jumps(void)
{
	unsigned op, i;

	for (i = 0; i < 300; i++) {
		for (op = 0; op < 16; op++) {
			const uint8_t b[] = { 0x70 + op, 8 };
			const uint8_t l[] = { 0x0f, 0x80 + op, 8, 0, 0, 0 };

			jump(b, sizeof(b), b, sizeof(b), ~0u);
			jump(l, sizeof(l), l, sizeof(l), ~0u);
		}
		for (op = 0xe0; op < 0xe4; op++) {
			const uint8_t b[] = { op, 8 }, short_64[] = { 0x67, op, 8 };

			jump(b, sizeof(b), short_64, sizeof(short_64), ~0u);
		}
	}
}

START_TEST(native_32)
{
	setup();
	arithmetic(false);
	shifts(false);
	listed(false);
	conditions(false);
	jumps();
}
END_TEST

START_TEST(native_64)
{
	setup();
	cpu_start_long();
	arithmetic(true);
	shifts(true);
	listed(true);
	conditions(true);
}
END_TEST

/* ---- what cannot be compared so: stacks, addressing, faults ---- */

START_TEST(addressing)
{
	struct ab_cpu *c = &M->cpu;

	c->gpr[AB_EBX] = DATA;
	c->gpr[AB_ESI] = 0x10;
	poke32(DATA + 0x10 * 4 + 0x20, 0x12345678);
	OK(0x8b, 0x44, 0xb3, 0x20);		/* mov 0x20(%ebx,%esi,4), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x12345678);
	/* addresses wrap at 32 bits, and at 16 with the address-size prefix */
	c->gpr[AB_EBX] = 0xffffff00;
	c->gpr[AB_ESI] = DATA + 0x100;
	poke32(DATA, 0xabcdef01);
	OK(0x8b, 0x04, 0x33);			/* mov (%ebx,%esi), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0xabcdef01);
	c->gpr[AB_EBX] = 0x5fff0;
	c->gpr[AB_ESI] = 0x7010;
	poke32(0xd000, 0x77777777);
	OK(0x67, 0x8b, 0x00);			/* mov (%bx,%si), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], peek32(0x7000));
	/* segment override and base */
	c->seg[AB_SEG_FS].base = 0x1000;
	c->gpr[AB_EBX] = DATA - 0x1000;
	OK(0x64, 0x8b, 0x03);			/* mov %fs:(%ebx), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0xabcdef01);
	OK(0x8d, 0x44, 0x5b, 0x01);		/* lea 1(%ebx,%ebx,2), %eax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 3 * (DATA - 0x1000) + 1);
}
END_TEST

START_TEST(rip_relative)
{
	cpu_start_long();
	poke64(CODE + 0x107, 0x1122334455667788ull);
	OK(0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00);	/* mov 0x100(%rip), %rax */
	ck_assert_uint_eq(M->cpu.gpr[AB_EAX], 0x1122334455667788ull);
}
END_TEST

START_TEST(push_pop)
{
	struct ab_cpu *c = &M->cpu;

	OK(0x54);				/* push %esp: the old value */
	ck_assert_uint_eq(stack(0), STACK0);
	OK(0x6a, 0xfe);				/* push $-2 */
	ck_assert_uint_eq(stack(0), 0xfffffffe);
	OK(0x66, 0x6a, 0xfe);			/* pushw: 2 bytes */
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 10);
	OK(0x66, 0x58);				/* pop %ax */
	ck_assert_uint_eq(c->gpr[AB_EAX], 0xfffe);
	OK(0x8f, 0x44, 0x24, 0x08);		/* popl 8(%esp), esp incremented */
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 4);
	ck_assert_uint_eq(peek32(STACK0 + 4), 0xfffffffe);
	OK(0x5c);				/* pop %esp: the value stays */
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0);
	OK(0xff, 0x35, 0x04, 0x00, 0x02, 0x00);	/* pushl 0x20004 */
	ck_assert_uint_eq(stack(0), 0xfffffffe);
	/* a fault in the destination leaves esp */
	c->seg[AB_SEG_DS].attr &= ~AB_AT_RW;
	FAULTS(AB_GP, 0, 0x8f, 0x05, 0x00, 0x00, 0x03, 0x00);
}
END_TEST

START_TEST(pusha_popa)
{
	struct ab_cpu *c = &M->cpu;
	unsigned i;

	for (i = 0; i < 8; i++)
		if (i != AB_ESP)
			c->gpr[i] = 0x11110000 + i;
	OK(0x60);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 32);
	ck_assert_uint_eq(stack(7), 0x11110000);
	ck_assert_uint_eq(stack(3), STACK0);
	ck_assert_uint_eq(stack(0), 0x11110007);
	poke32(STACK0 - 32 + 12, 0xdead);	/* esp's slot is skipped */
	for (i = 0; i < 8; i++)
		if (i != AB_ESP)
			c->gpr[i] = 0;
	OK(0x61);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0);
	ck_assert_uint_eq(c->gpr[AB_EDI], 0x11110007);
	ck_assert_uint_eq(c->gpr[AB_EAX], 0x11110000);
	OK(0x66, 0x60);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 16);
	cpu_start_long();
	/* 60h is no instruction there: the decoder says so */
}
END_TEST

START_TEST(near_transfers)
{
	struct ab_cpu *c = &M->cpu;

	OK(0xe8, 0x10, 0x00, 0x00, 0x00);	/* call +0x10 */
	ck_assert_uint_eq(c->rip, CODE + 0x15);
	ck_assert_uint_eq(stack(0), CODE + 5);
	OK(0xc2, 0x08, 0x00);			/* ret $8 */
	ck_assert_uint_eq(c->rip, CODE + 5);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 + 8);
	c->gpr[AB_EAX] = CODE + 0x40;
	OK(0xff, 0xe0);				/* jmp *%eax */
	ck_assert_uint_eq(c->rip, CODE + 0x40);
	poke32(DATA, CODE);
	OK(0xff, 0x15, 0x00, 0x80, 0x03, 0x00);	/* call *DATA */
	ck_assert_uint_eq(c->rip, CODE);
	/* beyond the limit: #GP(0) at the instruction, esp as before */
	c->seg[AB_SEG_CS].limit = CODE + 0xfff;
	FAULTS(AB_GP, 0, 0xe8, 0x00, 0x10, 0x00, 0x00);
	FAULTS(AB_GP, 0, 0xe9, 0x00, 0x10, 0x00, 0x00);
	OK(0x66, 0xe9, 0x00, 0x10);		/* jmpw: the target is cut to 16 bits */
	ck_assert_uint_eq(c->rip, (CODE + 0x1004) & 0xffff);
}
END_TEST

START_TEST(enter_leave)
{
	struct ab_cpu *c = &M->cpu;

	c->gpr[AB_EBP] = STACK0 + 0x100;
	OK(0xc8, 0x20, 0x00, 0x00);		/* enter $32, $0 */
	ck_assert_uint_eq(c->gpr[AB_EBP], STACK0 - 4);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 36);
	ck_assert_uint_eq(peek32(STACK0 - 4), STACK0 + 0x100);
	OK(0xc9);
	ck_assert_uint_eq(c->gpr[AB_EBP], STACK0 + 0x100);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0);
	/* nested: the frames of the outer levels are copied */
	poke32(STACK0 + 0xfc, 0x111);
	poke32(STACK0 + 0xf8, 0x222);
	OK(0xc8, 0x10, 0x00, 0x03);
	ck_assert_uint_eq(peek32(STACK0 - 8), 0x111);
	ck_assert_uint_eq(peek32(STACK0 - 12), 0x222);
	ck_assert_uint_eq(peek32(STACK0 - 16), STACK0 - 4);
	ck_assert_uint_eq(c->gpr[AB_ESP], STACK0 - 32);
}
END_TEST

START_TEST(rmw_needs_write_access)
{
	/* a read-only page: even a cmpxchg that would not store takes #PF with W */
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	poke32(TABLES + 4, 0x81);
	M->cpu.gpr[AB_EBX] = 0x400000;
	FAULTS(AB_PF, AB_PF_P | AB_PF_W, 0xf0, 0x0f, 0xb1, 0x0b);
	ck_assert_uint_eq(M->fault.cr2, 0x400000);
	FAULTS(AB_PF, AB_PF_P | AB_PF_W, 0x83, 0x0b, 0x00);	/* or $0, (%ebx) */
	OK(0x83, 0x3b, 0x00);					/* cmp $0, (%ebx) */
}
END_TEST

START_TEST(lock_prefix)
{
	M->cpu.gpr[AB_EBX] = DATA;
	OK(0xf0, 0x01, 0x03);			/* lock add %eax, (%ebx) */
	OK(0xf0, 0x87, 0x03);
}
END_TEST

START_TEST(fpu_goes_elsewhere)
{
	M->cpu.cr0 |= AB_CR0_TS;
	FAULTS(AB_NM, NOERR, 0xd9, 0x03);	/* flds (%ebx) */
	M->cpu.cr0 &= ~(uint64_t)AB_CR0_TS;
	ck_assert_int_eq(X(0xd9, 0x03), AB_UNSUPPORTED);
	ck_assert_uint_eq(M->cpu.rip, CODE);
}
END_TEST

START_TEST(rep_faults_in_the_middle)
{
	struct ab_cpu *c = &M->cpu;

	c->cr0 |= AB_CR0_PG;
	c->cr3 = TABLES;
	c->cr4 |= AB_CR4_PSE;
	poke32(TABLES, 0x83);
	c->gpr[AB_EDI] = 0x3ffff8;
	c->gpr[AB_ESI] = DATA;
	c->gpr[AB_ECX] = 5;
	memset(RAM + DATA, 0x5a, 32);
	ck_assert_int_eq(X(0xf3, 0xa5), AB_FAULT);	/* rep movsl */
	ck_assert_uint_eq(M->fault.vector, AB_PF);
	ck_assert_uint_eq(M->fault.cr2, 0x400000);
	ck_assert_uint_eq(c->gpr[AB_ECX], 3);
	ck_assert_uint_eq(c->gpr[AB_EDI], 0x400000);
	ck_assert_uint_eq(c->gpr[AB_ESI], DATA + 8);
	ck_assert_uint_eq(c->rip, CODE);
	ck_assert_uint_eq(peek32(0x3ffffc), 0x5a5a5a5a);
	poke32(TABLES + 4, 0x500083);
	OK(0xf3, 0xa5);					/* and goes on */
	ck_assert_uint_eq(c->gpr[AB_ECX], 0);
	ck_assert_uint_eq(c->rip, CODE + 2);
}
END_TEST

START_TEST(rep_hands_back)
{
	unsigned turns = 0;

	M->cpu.gpr[AB_EDI] = TABLES;
	M->cpu.gpr[AB_ECX] = 10000;
	do {
		OK(0xf3, 0xaa);			/* rep stosb */
		turns++;
		ck_assert_uint_eq((M->cpu.rflags & AB_FL_RF) != 0,
				  M->cpu.gpr[AB_ECX] != 0);
	} while (M->cpu.rip == CODE && turns < 100);
	ck_assert_uint_gt(turns, 1);
	ck_assert_uint_lt(turns, 100);
	ck_assert_uint_eq(M->cpu.gpr[AB_EDI], TABLES + 10000);
	/* a count of 0 does nothing; 16-bit addresses use cx, si, di */
	OK(0xf3, 0xaa);
	M->cpu.gpr[AB_ECX] = 0x10002;
	M->cpu.gpr[AB_EDI] = 0x1ffff;
	M->cpu.gpr[AB_EAX] = 0x99;
	OK(0x67, 0xf3, 0xaa);
	ck_assert_uint_eq(M->cpu.gpr[AB_ECX], 0x10000);
	ck_assert_uint_eq(M->cpu.gpr[AB_EDI], 0x10001);
	ck_assert_uint_eq(RAM[0xffff], 0x99);
	ck_assert_uint_eq(RAM[0], 0x99);
}
END_TEST

static void add(TCase *tc)
{
	tcase_set_timeout(tc, 60);
	ADD(tc, native_32);
	ADD(tc, native_64);
	ADD(tc, addressing);
	ADD(tc, rip_relative);
	ADD(tc, push_pop);
	ADD(tc, pusha_popa);
	ADD(tc, near_transfers);
	ADD(tc, enter_leave);
	ADD(tc, rmw_needs_write_access);
	ADD(tc, lock_prefix);
	ADD(tc, fpu_goes_elsewhere);
	ADD(tc, rep_faults_in_the_middle);
	ADD(tc, rep_hands_back);
}

int main(void)
{
	return cpu_main("core: general instructions", add);
}
