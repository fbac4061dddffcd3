/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Instructions of 32-bit code that the monitor has the processor run in 64-bit code:
 * registers, esp among them, memory, flags and vector registers come out as 32-bit
 * code would have left them.
 */
#include <check.h>
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include "lib/decode.h"
#include "monitor/engine.h"
#include "run.h"

struct engine engine;

static uint8_t image[16384] __attribute__((aligned(64)));
static struct ab_machine machine, *M = &machine;
static uint8_t memory[64] __attribute__((aligned(64)));

static void on_fault(int sig, siginfo_t *si, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t ip = (uint64_t)g[REG_RIP];

	if (!native_faulted(&engine, &ip, (int)g[REG_TRAPNO]))
		abort();
	g[REG_RIP] = (greg_t)ip;
}

static void setup(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	uint32_t a, d;

	native_init(&engine);
	ck_assert_ptr_nonnull(engine.native);
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	engine.fp = image;
	engine.fp_mask = a & 0xe7;
	__asm__ volatile("xsave64 %0" : "+m"(image) : "a"((uint32_t)engine.fp_mask), "d"(0));
	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	M->cpu.gpr[AB_EAX] = 0xa0000001;
	M->cpu.gpr[AB_ECX] = 0xc0000011;
	M->cpu.gpr[AB_EDX] = 0xd0000111;
	M->cpu.gpr[AB_EBX] = 0xb0000ff1;
	M->cpu.gpr[AB_ESP] = 0x12345678;
	M->cpu.gpr[AB_EBP] = 0xeb000001;
	M->cpu.gpr[AB_ESI] = 0x51000001;
	M->cpu.gpr[AB_EDI] = 0xd1000001;
	M->cpu.rflags = 2 | AB_FL_DF | AB_FL_IF;
}

static enum ab_result native(const void *bytes, size_t len)
{
	struct ab_insn in = { 0 };
	uint8_t code[16] = { 0 };
	unsigned i;

	memcpy(code, bytes, len);
	ck_assert_int_eq(ab_decode(code, sizeof(code), 32, &in), (int)len);
	ck_assert(in.gen == AB_GEN_NATIVE || in.gen == AB_GEN_FPU || in.gen == AB_GEN_FNINIT);
	for (i = 0; i < in.nopnd; i++)
		if (in.opnd[i].kind == AB_OPND_MEM)
			return native_run(M, &in, memory);
	return native_run(M, &in, NULL);
}

#define X(...) native((const uint8_t[]){ __VA_ARGS__ }, \
		      sizeof((const uint8_t[]){ __VA_ARGS__ }))
/* It runs and leaves (value) in (reg), and nothing else in any other register. */
#define GIVES(reg, value, ...) gives(reg, value, __LINE__, (const uint8_t[]){ __VA_ARGS__ }, \
				     sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void gives(unsigned reg, uint64_t value, int line, const uint8_t *bytes, size_t len)
{
	struct ab_cpu before = M->cpu;
	unsigned i;

	ck_assert_msg(native(bytes, len) == AB_OK, "line %d: not run", line);
	for (i = 0; i < 8; i++)
		ck_assert_msg(M->cpu.gpr[i] == (i == reg ? value : before.gpr[i]),
			      "line %d: register %u is %llx", line, i,
			      (unsigned long long)M->cpu.gpr[i]);
	ck_assert_uint_eq(M->cpu.rflags & ~(uint64_t)AB_FL_ARITH,
			  before.rflags & ~(uint64_t)AB_FL_ARITH);
	M->cpu = before;
}

static bool has(unsigned leaf, unsigned reg, unsigned bit)
{
	uint32_t r[4];

	return __get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]) && r[reg] >> bit & 1;
}

START_TEST(bits)
{
	uint32_t esp = 0x12345678, word = 0xf00f1234;

	memcpy(memory, &word, 4);
	if (!has(1, 2, 23))
		return;
	GIVES(AB_EAX, 13, 0xf3, 0x0f, 0xb8, 0xc4);		/* popcnt %esp, %eax */
	GIVES(AB_ESP, 4, 0xf3, 0x0f, 0xb8, 0xe1);		/* popcnt %ecx, %esp */
	GIVES(AB_ESP, 13, 0xf3, 0x0f, 0xb8, 0xe4);
	GIVES(AB_ESP, 13, 0xf3, 0x0f, 0xb8, 0x64, 0x8b, 0x10);	/* popcnt 0x10(%ebx,%ecx,4), %esp */
	GIVES(AB_EBX, 13, 0xf3, 0x0f, 0xb8, 0x1d, 1, 2, 3, 4);
	GIVES(AB_ECX, 0xc0000001, 0x66, 0xf3, 0x0f, 0xb8, 0xc8);	/* of %ax */
	if (!has(7, 1, 3) || !has(7, 1, 8))
		return;
	/* andn: the first source is inverted; vvvv names it */
	GIVES(AB_ECX, ~0xb0000ff1u & word, 0xc4, 0xe2, 0x60, 0xf2, 0x0e);
	GIVES(AB_EBX, ~0x51000001u & word, 0xc4, 0xe2, 0x48, 0xf2, 0x1f);
	GIVES(AB_EBX, ~0x51000001u & esp, 0xc4, 0xe2, 0x48, 0xf2, 0xdc);
	GIVES(AB_EDI, ~esp & 0xc0000011u, 0xc4, 0xe2, 0x58, 0xf2, 0xf9);
	GIVES(AB_ESP, ~esp & esp, 0xc4, 0xe2, 0x58, 0xf2, 0xe4);
	/* VEX.W means nothing in 32-bit code */
	GIVES(AB_EAX, ~0xd0000111u & 0xc0000011u, 0xc4, 0xe2, 0xe8, 0xf2, 0xc1);
	GIVES(AB_EAX, 0x56781234, 0xc4, 0xe3, 0x7b, 0xf0, 0xc4, 0x10);
}
END_TEST

START_TEST(vectors)
{
	ck_assert_int_eq(X(0x66, 0x0f, 0x6e, 0xdc), AB_OK);	/* movd %esp, %xmm3 */
	GIVES(AB_ECX, 0x12345678, 0x66, 0x0f, 0x7e, 0xd9);	/* movd %xmm3, %ecx */
	ck_assert_int_eq(X(0x66, 0x0f, 0x6e, 0xe1), AB_OK);	/* movd %ecx, %xmm4 */
	GIVES(AB_ESP, 0xc0000011, 0x66, 0x0f, 0x7e, 0xe4);	/* movd %xmm4, %esp */
	GIVES(AB_ESP, 8, 0x66, 0x0f, 0xd7, 0xe4);		/* pmovmskb %xmm4, %esp */
	GIVES(AB_ESP, 0xc000, 0x66, 0x0f, 0xc5, 0xe4, 1);	/* pextrw $1, %xmm4, %esp */
	ck_assert_int_eq(X(0x66, 0x0f, 0xc4, 0xdc, 2), AB_OK);	/* pinsrw $2, %esp, %xmm3 */
	ck_assert_int_eq(X(0x66, 0x0f, 0x73, 0xdb, 4), AB_OK);	/* psrldq $4, %xmm3 */
	GIVES(AB_EDX, 0x5678, 0x66, 0x0f, 0x7e, 0xda);
	ck_assert_int_eq(X(0x66, 0x0f, 0x7f, 0x22), AB_OK);	/* movdqa %xmm4, (%edx) */
	ck_assert_uint_eq(*(uint64_t *)memory, 0xc0000011);
	if (!has(1, 2, 28))
		return;
	ck_assert_int_eq(X(0xc5, 0xf9, 0x6e, 0xec), AB_OK);	/* vmovd %esp, %xmm5 */
	GIVES(AB_ESI, 0x12345678, 0xc5, 0xf9, 0x7e, 0xee);	/* vmovd %xmm5, %esi */
	/* with W it is no vmovq */
	ck_assert_int_eq(X(0xc4, 0xe1, 0xf9, 0x6e, 0xe9), AB_OK);
	GIVES(AB_ESP, 0xc0000011, 0xc4, 0xe1, 0xf9, 0x7e, 0xec);
	ck_assert_int_eq(X(0xc5, 0xf8, 0x77), AB_OK);		/* vzeroupper */
}
END_TEST

START_TEST(x87)
{
	ck_assert_int_eq(X(0xdb, 0xe3), AB_OK);			/* fninit */
	ck_assert_int_eq(X(0xd9, 0xe8), AB_OK);			/* fld1 */
	ck_assert_int_eq(X(0xd8, 0xc0), AB_OK);			/* fadd %st */
	ck_assert_int_eq(X(0x9b), AB_OK);
	GIVES(AB_EAX, 0xa0003800, 0xdf, 0xe0);			/* fnstsw %ax */
	ck_assert_int_eq(X(0xdd, 0x18), AB_OK);			/* fstpl (%eax) */
	ck_assert(*(double *)memory == 2.0);
	ck_assert_int_eq(X(0x0f, 0x77), AB_OK);			/* emms */
}
END_TEST

START_TEST(faults)
{
	uint16_t all_on = 0x0340;

	/* fldcw with everything unmasked; 1 / 0; the next one raises it */
	memcpy(memory, &all_on, 2);
	ck_assert_int_eq(X(0xdb, 0xe3), AB_OK);
	ck_assert_int_eq(X(0xd9, 0x28), AB_OK);
	ck_assert_int_eq(X(0xd9, 0xe8), AB_OK);
	ck_assert_int_eq(X(0xd9, 0xee), AB_OK);
	ck_assert_int_eq(X(0xde, 0xf9), AB_OK);
	ck_assert_int_eq(X(0x9b), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_MF);
	/* a gather has no one place in memory */
	if (has(7, 1, 5))
		ck_assert_int_eq(X(0xc4, 0xe2, 0x69, 0x90, 0x04, 0x0b), AB_UNSUPPORTED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine: instructions run natively");
	TCase *tc = tcase_create("all");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, bits);
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, x87);
	tcase_add_test(tc, faults);
	return suite_run(s);
}
