// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * afterburner's tables against independent readers: the bytes of sensitive
 * instructions against the decoder, and the scanner against text whose
 * statements are known.
 */
#include "config.h"
#include <check.h>
#include <string.h>
#include "afterburner/bytes.h"
#include "afterburner/live.h"
#include "afterburner/scan.h"
#include "afterburner/words.h"
#include "abi/patchnote.h"
#include "lib/decode.h"

/* Two bytes of opcode, every ModRM, with and without prefixes: what the table
 * takes for an op, the decoder takes for the same, and the other way round. */
static void compare(const uint8_t *b, size_t n, unsigned bits)
{
	struct ab_insn in;
	size_t len = 0;
	enum ab_op op = bytes_op(b, n, bits, &len);
	int want = ab_decode(b, n, bits, &in);

	if (op != AB_OP_NONE && want > 0) {
		ck_assert_msg(in.op == op && len == (size_t)want,
			      "%u bits, %02x %02x %02x %02x %02x: %s %zu, decoder: %s %d",
			      bits, b[0], b[1], b[2], b[3], b[4], ab_op_name(op),
			      len, ab_op_name(in.op), want);
	} else if (want > 0) {
		ck_assert_msg(in.op == AB_OP_NONE, "%u bits, %02x %02x %02x %02x "
			      "%02x: missed %s", bits, b[0], b[1], b[2], b[3],
			      b[4], ab_op_name(in.op));
	}
}

START_TEST(bytes_agree_with_decoder)
{
	static const uint8_t prefix[] = { 0, 0x66, 0xf3, 0xf2 };
	unsigned bits = _i ? 64 : 32;

	for (unsigned p = 0; p < 4; p++) {
		for (unsigned op = 0; op < 512; op++) {
			for (unsigned modrm = 0; modrm < 256; modrm++) {
				uint8_t b[16] = { 0 };
				size_t i = 0;

				if (prefix[p])
					b[i++] = prefix[p];
				if (op >= 256)
					b[i++] = 0x0f;
				b[i] = op & 255;
				if (bytes_is_prefix(b[i], bits))
					break;
				b[i + 1] = modrm;
				compare(b, 15, bits);
			}
		}
	}
}
END_TEST

struct expected {
	enum stmt_kind kind;
	const char *word, *args;
};

static void statements(const char *text, const struct expected *e)
{
	struct scanner s = { .text = text, .size = strlen(text) };
	struct stmt st;

	for (;; e++) {
		enum stmt_kind kind = scan_next(&s, &st);

		ck_assert_int_eq(kind, e->kind);
		if (kind == ST_END || kind == ST_ERROR)
			return;
		ck_assert_msg(strlen(e->word) == st.word_len &&
			      !memcmp(e->word, text + st.word, st.word_len),
			      "word %.*s", (int)st.word_len, text + st.word);
		ck_assert_msg(strlen(e->args) == st.args_end - st.args &&
			      !memcmp(e->args, text + st.args, st.args_end - st.args),
			      "args '%.*s', not '%s'", (int)(st.args_end - st.args),
			      text + st.args, e->args);
	}
}

START_TEST(statements_are_cut)
{
	statements("a: cli # c; d\n1 :hlt;;\tmov %eax, %ebx ; x = 5\n.byte 1,2 // 3\n",
		   (const struct expected[]){
		{ ST_LABEL, "a", "" }, { ST_INSN, "cli", "" },
		{ ST_LABEL, "1", "" }, { ST_INSN, "hlt", "" },
		{ ST_INSN, "mov", "%eax, %ebx" }, { ST_ASSIGN, "x", "5" },
		{ ST_DIRECTIVE, ".byte", "1,2 // 3" }, { ST_END, "", "" } });
	statements("/ c ; cli\n cli /* a\n b */ hlt /* x */ /* y */\n# 7 \"f.c\"\n#APP\n",
		   (const struct expected[]){
		{ ST_INSN, "cli", "" }, { ST_INSN, "hlt", "" },
		{ ST_MARKER, "", " 7 \"f.c\"" }, { ST_END, "", "" } });
	statements(".ascii \"a;b\\\"#\" ; mov $';, %al; m 'x', '\\\\ ; \"q r\": sti\r\n",
		   (const struct expected[]){
		{ ST_DIRECTIVE, ".ascii", "\"a;b\\\"#\"" },
		{ ST_INSN, "mov", "$';, %al" }, { ST_INSN, "m", "'x', '\\\\" },
		{ ST_LABEL, "q r", "" }, { ST_INSN, "sti", "" }, { ST_END, "", "" } });
	statements("\\x\\()y \\z, 1\n .Lfoo\\@: nop\n\"open", (const struct expected[]){
		{ ST_INSN, "\\x\\()y", "\\z, 1" }, { ST_LABEL, ".Lfoo\\@", "" },
		{ ST_INSN, "nop", "" }, { ST_ERROR, "", "" } });
}
END_TEST

static enum ab_op op_of(const char *text, bool intel, bool noprefix)
{
	static struct words *words;
	struct scanner s = { .text = text, .size = strlen(text) };
	const struct word *w;
	struct stmt st;

	if (!words)
		words = words_new();
	scan_next(&s, &st);
	w = word_find(words, st.hash, text + st.word, st.word_len);
	if (!w || w->kind != W_MNEMONIC)
		return AB_OP_NONE;
	return words_op(words, w->code, text, st.args, st.args_end,
			(struct syntax){ intel, noprefix });
}

START_TEST(operands_decide)
{
	ck_assert_int_eq(op_of("MOV %eax, %CR0", false, false), AB_OP_WRITE_CR);
	ck_assert_int_eq(op_of("mov %cr0, %eax", false, false), AB_OP_READ_CR);
	ck_assert_int_eq(op_of("mov eax, cr0", true, true), AB_OP_READ_CR);
	ck_assert_int_eq(op_of("mov %ds, 4(%esp)", false, false), AB_OP_READ_SEG);
	ck_assert_int_eq(op_of("mov %ds:4, %eax", false, false), AB_OP_NONE);
	ck_assert_int_eq(op_of("mov %gs:(%eax,%ebx,4), %es", false, false),
			 AB_OP_WRITE_SEG);
	ck_assert_int_eq(op_of("mov cs, %eax", false, false), AB_OP_NONE);
	ck_assert_int_eq(op_of("mov cs, eax", false, true), AB_OP_READ_SEG);
	ck_assert_int_eq(op_of("push %eax", false, false), AB_OP_NONE);
	ck_assert_int_eq(op_of("push %cs", false, false), AB_OP_PUSH_SEG);
	ck_assert_int_eq(op_of("movl %db7, %eax", false, false), AB_OP_READ_DR);
	ck_assert_int_eq(op_of("jmp fword ptr [eax]", true, true), AB_OP_FAR_JMP);
	ck_assert_int_eq(op_of("jmp 0x8:foo", true, true), AB_OP_FAR_JMP);
	ck_assert_int_eq(op_of("jmp ds:[eax]", true, true), AB_OP_NONE);
	ck_assert_int_eq(op_of("jmp foo", true, true), AB_OP_NONE);
	ck_assert_int_eq(op_of("jmp far", false, false), AB_OP_NONE);
}
END_TEST

static struct effect effect(const char *text)
{
	struct scanner s = { .text = text, .size = strlen(text) };
	struct stmt st;
	struct effect e;

	scan_next(&s, &st);
	if (!insn_effect(text, st.word, st.word_len, st.args, st.args_end, &e))
		e = (struct effect){ ~0u, 0, GOES_ON };
	return e;
}

static void effect_is(const char *text, uint32_t use, uint32_t kill)
{
	struct effect e = effect(text);

	ck_assert_msg(e.use == use && e.kill == kill, "%s: reads %#x, overwrites %#x",
		      text, e.use, e.kill);
}

#define R(n) AB_DEAD_REG(n)
#define FLAGS AB_DEAD_FLAGS

START_TEST(effects_are_known)
{
	effect_is("movl %eax, %ecx", R(0), R(1));
	effect_is("movb %al, %cl", R(0), 0);
	effect_is("movw %ax, %cx", R(0), 0);
	effect_is("movl 4(%esi,%edi,2), %ecx", R(6) | R(7), R(1));
	effect_is("movl %ecx, (%eax)", R(0) | R(1), 0);
	effect_is("movzbl %ah, %r9d", R(0), R(9));
	effect_is("xorl %edx, %edx", 0, R(2) | FLAGS);
	effect_is("xorb %dl, %dl", R(2), FLAGS);
	effect_is("subl %eax, %edx", R(0) | R(2), FLAGS);
	effect_is("incl %eax", R(0), FLAGS & ~AB_DEAD_CF);
	effect_is("shll %cl, %eax", R(0) | R(1), 0);
	effect_is("shll $3, %eax", R(0), FLAGS);
	effect_is("shll $0, %eax", R(0), 0);
	effect_is("shll $32, %eax", R(0), 0);
	effect_is("adcl $0, %eax", R(0) | AB_DEAD_CF, FLAGS);
	effect_is("leal 1(%eax), %ebx", R(0), R(3));
	effect_is("popl %ebx", 0, R(3));
	effect_is("sete %al", AB_DEAD_ZF, 0);
	effect_is("cmovle %eax, %ebx", R(0) | R(3) | AB_DEAD_ZF | AB_DEAD_SF |
		  AB_DEAD_OF, 0);
	effect_is("ja 1f", AB_DEAD_CF | AB_DEAD_ZF, 0);
	effect_is("rdmsr", R(1), R(0) | R(2));
	effect_is("movl %EAX, %ecx", ~0u, 0);
	effect_is("call foo", ~0u, 0);
	effect_is("jmp *%eax", ~0u, 0);
	effect_is("ret", ~0u, 0);
	effect_is("movl \\reg, %ecx", ~0u, 0);
	effect_is("movsd (%eax), %xmm0", ~0u, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("afterburner");
	TCase *tc = tcase_create("tables");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, bytes_agree_with_decoder, 0, 2);
	tcase_add_test(tc, statements_are_cut);
	tcase_add_test(tc, operands_decide);
	tcase_add_test(tc, effects_are_known);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
