/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What struct ab_insn says about instructions; the ops are opforms' part. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "tests/unit/run.h"

static struct ab_insn insn;

static int decode(int bits, const char *bytes, size_t n)
{
	insn.addr = 0x1234;
	return ab_decode((const uint8_t *)bytes, n, bits, &insn);
}

#define D(bits, bytes) decode(bits, bytes, sizeof(bytes) - 1)

static const struct ab_operand *op(unsigned i)
{
	ck_assert_uint_lt(i, insn.nopnd);
	return &insn.opnd[i];
}

static void assert_mem(unsigned i, int seg, int base, int index, int scale, int64_t disp)
{
	ck_assert_uint_eq(op(i)->kind, AB_OPND_MEM);
	ck_assert_int_eq(op(i)->seg, seg);
	ck_assert_int_eq(op(i)->base, base);
	ck_assert_int_eq(op(i)->index, index);
	ck_assert_int_eq(op(i)->scale, scale);
	ck_assert_int_eq(op(i)->disp, disp);
}

START_TEST(lengths)
{
	uint8_t bytes[16];

	/* every prefix of an instruction is "cut off", never an instruction */
	for (size_t n = 0; n < 7; n++)
		ck_assert_int_eq(decode(32, "\xc7\x84\x24\1\0\0\0\2\0\0\0", n), -2);
	ck_assert_int_eq(D(32, "\xc7\x84\x24\1\0\0\0\2\0\0\0"), 11);
	ck_assert_uint_eq(insn.addr, 0x1234);
	ck_assert_mem_eq(insn.bytes, "\xc7\x84\x24\1\0\0\0\2\0\0\0", 11);
	ck_assert_int_eq(D(64, "\x06"), -1);		/* push %es */
	ck_assert_int_eq(D(32, "\xf0\xfa"), -1);	/* lock cli */
	ck_assert_int_eq(D(33, "\x90"), -1);
	memset(bytes, 0x66, sizeof(bytes));		/* too many prefixes */
	ck_assert_int_eq(ab_decode(bytes, 16, 32, &insn), AB_DECODE_SHORT);
}
END_TEST

START_TEST(memory_operands)
{
	D(32, "\x8b\x04\x24");			/* mov (%esp), %eax */
	assert_mem(1, AB_SEG_SS, 4, AB_REG_NONE, 0, 0);
	D(32, "\x8b\x44\xcd\xf0");		/* mov -16(%ebp,%ecx,8), %eax */
	assert_mem(1, AB_SEG_SS, 5, 1, 8, -16);
	D(32, "\x8b\x04\x8d\0\0\0\x80");	/* mov 0x80000000(,%ecx,4), %eax */
	assert_mem(1, AB_SEG_DS, AB_REG_NONE, 1, 4, -0x80000000ll);
	D(32, "\x65\xa1\x10\0\0\0");		/* mov %gs:0x10, %eax */
	assert_mem(1, AB_SEG_GS, AB_REG_NONE, AB_REG_NONE, 0, 0x10);
	D(32, "\x67\x8b\x40\x02");		/* mov 2(%bx,%si), %eax */
	assert_mem(1, AB_SEG_DS, 3, 6, 1, 2);
	ck_assert_uint_eq(insn.addrsize, 2);
	D(64, "\x48\x8b\x05\x10\0\0\0");	/* mov 0x10(%rip), %rax */
	assert_mem(1, AB_SEG_DS, AB_REG_RIP, AB_REG_NONE, 0, 0x10);
	D(64, "\x4f\x8b\x44\xa5\x08");		/* mov 8(%r13,%r12,4), %r8 */
	assert_mem(1, AB_SEG_DS, 13, 12, 4, 8);
	ck_assert_uint_eq(op(0)->reg, 8);
	ck_assert_uint_eq(op(0)->size, 8);
}
END_TEST

START_TEST(registers)
{
	D(32, "\x88\xe5");			/* mov %ah, %ch */
	ck_assert_uint_eq(op(0)->reg, 1);
	ck_assert_uint_eq(op(0)->high8, 1);
	ck_assert_uint_eq(op(1)->reg, 0);
	ck_assert_uint_eq(op(1)->high8, 1);
	D(64, "\x40\x88\xe5");			/* mov %spl, %bpl */
	ck_assert_uint_eq(op(0)->reg, 5);
	ck_assert_uint_eq(op(0)->high8, 0);
	ck_assert_uint_eq(op(1)->reg, 4);
	D(64, "\x45\x88\xc7");			/* mov %r8b, %r15b */
	ck_assert_uint_eq(op(0)->reg, 15);
	ck_assert_uint_eq(op(1)->reg, 8);
	D(32, "\x66\x8c\xe8");			/* mov %gs, %ax */
	ck_assert_uint_eq(op(0)->size, 2);
	ck_assert_uint_eq(op(1)->kind, AB_OPND_SREG);
	ck_assert_uint_eq(op(1)->reg, AB_SEG_GS);
	D(64, "\x44\x0f\x22\xc0");		/* mov %rax, %cr8 */
	ck_assert_uint_eq(op(0)->kind, AB_OPND_CR);
	ck_assert_uint_eq(op(0)->reg, 8);
	D(32, "\x0f\x23\xf9");			/* mov %ecx, %dr7 */
	ck_assert_uint_eq(op(0)->kind, AB_OPND_DR);
	ck_assert_uint_eq(op(0)->reg, 7);
}
END_TEST

START_TEST(immediates)
{
	D(32, "\x83\xe0\x80");			/* and $-128, %eax */
	ck_assert_int_eq(op(1)->imm, -128);
	D(32, "\xcd\x80");			/* int $0x80 */
	ck_assert_int_eq(op(0)->imm, 0x80);
	D(32, "\xe6\xf4");			/* out %al, $0xf4 */
	ck_assert_int_eq(op(0)->imm, 0xf4);
	ck_assert_uint_eq(op(1)->kind, AB_OPND_REG);
	D(32, "\xea\x78\x56\x34\x12\x10\0");	/* ljmp $0x10, $0x12345678 */
	ck_assert_uint_eq(op(0)->kind, AB_OPND_FAR);
	ck_assert_uint_eq(op(0)->sel, 0x10);
	ck_assert_int_eq(op(0)->imm, 0x12345678);
	D(32, "\x75\xfe");			/* jne . */
	ck_assert_uint_eq(op(0)->kind, AB_OPND_REL);
	ck_assert_int_eq(op(0)->imm, -2);
}
END_TEST

START_TEST(sizes_and_prefixes)
{
	D(32, "\x66\x9c");			/* pushfw */
	ck_assert_uint_eq(insn.op, AB_OP_PUSHF);
	ck_assert_uint_eq(insn.opsize, 2);
	D(32, "\x9d");
	ck_assert_uint_eq(insn.opsize, 4);
	D(64, "\x9d");
	ck_assert_uint_eq(insn.opsize, 8);
	D(16, "\x9d");
	ck_assert_uint_eq(insn.opsize, 2);
	D(32, "\xf3\x66\x6d");			/* rep insw */
	ck_assert_uint_eq(insn.op, AB_OP_PORT_INS);
	ck_assert_uint_eq(insn.rep, 0xf3);
	ck_assert_uint_eq(insn.opsize, 2);
	assert_mem(0, AB_SEG_ES, 7, AB_REG_NONE, 0, 0);
	D(32, "\x64\x6e");			/* fs outsb */
	ck_assert_uint_eq(insn.rep, 0);
	assert_mem(1, AB_SEG_FS, 6, AB_REG_NONE, 0, 0);
	ck_assert_uint_eq(op(0)->reg, 2);
	D(32, "\xf0\xff\x00");			/* lock incl (%eax) */
	ck_assert_uint_eq(insn.lock, 1);
	ck_assert_uint_eq(insn.gen, AB_GEN_INC);
	D(32, "\xf2\xae");			/* repne scasb */
	ck_assert_uint_eq(insn.rep, 0xf2);
	ck_assert_uint_eq(insn.gen, AB_GEN_SCAS);
	D(32, "\xf3\x0f\xc7\xf8");		/* rdpid: f3 is no rep here */
	ck_assert_uint_eq(insn.op, AB_OP_RDPID);
	ck_assert_uint_eq(insn.rep, 0);
}
END_TEST

START_TEST(general)
{
	static const struct {
		const char *bytes;
		unsigned len, gen, cc, size;
	} rows[] = {
		{ "\x0f\x9f\x00", 3, AB_GEN_SETCC, 15, 1 },
		{ "\x0f\x45\x00", 3, AB_GEN_CMOVCC, 5, 4 },
		{ "\xa5", 1, AB_GEN_MOVS, 0, 4 },
		{ "\xaa", 1, AB_GEN_STOS, 0, 1 },
		{ "\x66\xad", 2, AB_GEN_LODS, 0, 2 },
		{ "\xa6", 1, AB_GEN_CMPS, 0, 1 },
		{ "\xd7", 1, AB_GEN_XLAT, 0, 1 },
		{ "\xc3", 1, AB_GEN_RET, 0, 4 },
		{ "\xff\x10", 2, AB_GEN_CALL, 0, 4 },
		{ "\xff\x20", 2, AB_GEN_JMP, 0, 4 },
		{ "\x60", 1, AB_GEN_PUSHA, 0, 4 },
		{ "\x0f\xb0\x08", 3, AB_GEN_CMPXCHG, 0, 1 },
		{ "\x0f\xc7\x08", 3, AB_GEN_CMPXCHG8B, 0, 0 },
		{ "\x0f\xb6\x00", 3, AB_GEN_MOVZX, 0, 4 },
		{ "\xdb\xe3", 2, AB_GEN_FNINIT, 0, 0 },
		{ "\xd9\x00", 2, AB_GEN_FPU, 0, 0 },
		{ "\x0f\x6f\x00", 3, AB_GEN_FPU, 0, 0 },
		{ "\xf2\x0f\x10\x00", 4, AB_GEN_FPU, 0, 0 },	/* movsd, the SSE one */
		{ "\xf2\x0f\xc2\xc0\x01", 5, AB_GEN_FPU, 0, 0 },	/* cmpsd likewise */
		{ "\x0f\xae\x00", 3, AB_GEN_FPU, 0, 0 },
		{ "\x75\x00", 2, AB_GEN_JCC, 5, 0 },
		{ "\x0f\x31", 2, AB_GEN_NONE, 0, 0 },	/* rdtsc is an op */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(decode(32, rows[i].bytes, rows[i].len), (int)rows[i].len);
		ck_assert_uint_eq(insn.gen, rows[i].gen);
		ck_assert_uint_eq(insn.cc, rows[i].cc);
		if (rows[i].size)
			ck_assert_uint_eq(insn.opsize, rows[i].size);
	}
}
END_TEST

static bool nop(int bits, const char *bytes, size_t n)
{
	ck_assert_int_eq(decode(bits, bytes, n), (int)n);
	return ab_insn_is_nop(&insn, bits);
}

#define NOP(bits, bytes) nop(bits, bytes, sizeof(bytes) - 1)

START_TEST(no_ops)
{
	uint8_t buf[64];

	ck_assert(NOP(32, "\x90"));
	ck_assert(NOP(32, "\x66\x90"));
	ck_assert(NOP(64, "\x66\x2e\x0f\x1f\x84\0\0\0\0\0"));
	ck_assert(NOP(32, "\x89\xf6"));			/* mov %esi, %esi */
	ck_assert(NOP(32, "\x8d\x76\0"));		/* lea 0(%esi), %esi */
	ck_assert(NOP(32, "\x8d\x74\x26\0"));
	ck_assert(NOP(32, "\x8d\xb4\x26\0\0\0\0"));
	ck_assert(NOP(32, "\x87\xdb"));			/* xchg %ebx, %ebx */
	/* not these */
	ck_assert(!NOP(64, "\x89\xf6"));		/* clears the upper half */
	ck_assert(!NOP(32, "\x8d\x76\x01"));
	ck_assert(!NOP(32, "\x8d\x75\0"));		/* another register */
	ck_assert(!NOP(32, "\x89\xf7"));
	ck_assert(!NOP(32, "\xf3\x90"));		/* pause */
	ck_assert(!NOP(32, "\xcc"));
	ck_assert(!NOP(32, "\x67\x8d\x74\0"));		/* lea 0(%si), %esi */
	for (size_t n = 1; n < sizeof(buf); n++) {
		size_t at = 0, count = 0;

		memset(buf, 0xcc, sizeof(buf));
		ab_nop_fill(buf, n);
		for (; at < n; count++) {
			int len = ab_decode(buf + at, n - at, 64, &insn);

			ck_assert_int_gt(len, 0);
			ck_assert(ab_insn_is_nop(&insn, 64) && ab_insn_is_nop(&insn, 32));
			at += len;
		}
		ck_assert_uint_eq(at, n);
		ck_assert_uint_eq(count, (n + 8) / 9);
		ck_assert_uint_eq(buf[n], 0xcc);
	}
}
END_TEST

START_TEST(text)
{
	char buf[64], small[4];

	ck_assert_int_eq(ab_disassemble((const uint8_t *)"\x0f\x20\xc0", 3, 32, 0,
					buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "mov %cr0, %eax");
	ck_assert_int_eq(ab_disassemble((const uint8_t *)"\x0f\x01\xc6", 3, 64, 0,
					buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "wrmsrns");
	ck_assert_int_eq(ab_disassemble((const uint8_t *)"\x06", 1, 64, 0,
					buf, sizeof(buf)), 1);
	ck_assert_str_eq(buf, "(bad)");
	ab_disassemble((const uint8_t *)"\xff\x2c\x24", 3, 32, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "ljmp *(%esp)");
	ab_disassemble((const uint8_t *)"\xff\xd0", 2, 32, 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "call *%eax");
	ab_disassemble((const uint8_t *)"\xe8\0\0\0\0", 5, 32, 0x10, buf, sizeof(buf));
	ck_assert_str_eq(buf, "call 0x00000015");
	ab_disassemble((const uint8_t *)"\x0f\x20\xc0", 3, 32, 0, small, sizeof(small));
	ck_assert_uint_lt(strnlen(small, sizeof(small)), sizeof(small));
}
END_TEST

START_TEST(tables)
{
	unsigned n = 0;

	for (unsigned i = 0; i < AB_OP_COUNT + 10; i++) {
		const struct ab_op_info *info = ab_op_info(i);

		if (!info) {
			ck_assert_str_eq(ab_op_name(i), "unknown");
			continue;
		}
		n++;
		ck_assert_uint_eq(info->num, i);
		ck_assert_uint_eq(ab_op_by_name(info->name), i);
		ck_assert_uint_eq(ab_class_by_name(ab_class_name(info->class)), info->class);
		ck_assert_uint_ge(info->total[0], 1);
		/* what is silent has room for a jump */
		if (info->cpl3 == AB_CPL3_SILENT)
			ck_assert_uint_ge(info->total[0], 5);
	}
	ck_assert_uint_gt(n, 100);
	ck_assert_uint_eq(ab_op_by_name("unknown"), AB_OP_NONE);
	ck_assert_uint_eq(ab_op_by_name(""), AB_OP_NONE);
	ck_assert_uint_eq(ab_class_by_name("no"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decode");
	TCase *c = tcase_create("decode");

	tcase_add_test(c, lengths);
	tcase_add_test(c, memory_operands);
	tcase_add_test(c, registers);
	tcase_add_test(c, immediates);
	tcase_add_test(c, sizes_and_prefixes);
	tcase_add_test(c, general);
	tcase_add_test(c, no_ops);
	tcase_add_test(c, text);
	tcase_add_test(c, tables);
	suite_add_tcase(s, c);
	return suite_run(s);
}
