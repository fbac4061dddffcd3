/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rule language: what matches what, which rule wins, and that the printer's
 * output means the same.  Error messages are in tests/rules-errors.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "rules/rules.h"
#include "tests/unit/run.h"

static struct rules *R;

static void setup(void)
{
	R = rules_new();
}

static void teardown(void)
{
	rules_free(R);
}

static void parse_as(const char *name, const char *text)
{
	ck_assert_msg(!rules_parse(R, name, text, strlen(text)), "%s", text);
}

static void parse(const char *text)
{
	parse_as("t.rules", text);
}

/* "cli", "mov %eax, %cr3": the op by name, AB_OP_NONE when (op) is "". */
static struct rule_insn insn(const char *op, const char *text)
{
	const char *blank = strchr(text, ' ');
	struct rule_insn i = {
		.op = ab_op_by_name(op),
		.mnemonic = text,
		.mnemonic_len = blank ? (size_t)(blank - text) : strlen(text),
		.operands = blank ? blank + 1 : "",
	};

	i.operands_len = strlen(i.operands);
	return i;
}

static struct rule_ctx ctx_of(const char *section, const char *function,
			      const char *file, unsigned line)
{
	return (struct rule_ctx){
		.bits = 32,
		.section = section, .section_len = strlen(section),
		.function = function, .function_len = strlen(function),
		.file = file, .file_len = strlen(file), .line = line,
	};
}

static struct rule_result match_in(const struct rule_ctx *ctx,
				   const struct rule_insn *i, size_t n)
{
	return rules_match(R, i, n, ctx);
}

static struct rule_result match1(const char *op, const char *text)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn i = insn(op, text);

	return match_in(&ctx, &i, 1);
}

static struct rule_result match2(const char *op1, const char *text1,
				 const char *op2, const char *text2)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn i[2] = { insn(op1, text1), insn(op2, text2) };

	return match_in(&ctx, i, 2);
}

static enum rule_action place(const char *section, const char *function,
			      const char *file, unsigned line)
{
	struct rule_ctx ctx = ctx_of(section, function, file, line);
	struct rule_insn i = insn("cli", "cli");

	return match_in(&ctx, &i, 1).action;
}

static char *printed(const struct rules *r)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	rules_print(r, f);
	fclose(f);
	return text;
}

START_TEST(empty)
{
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NONE);
	ck_assert(!rules_wants(R, AB_OP_CLI, "cli", 3));
	ck_assert_uint_eq(rules_count(R), 0);
	ck_assert_uint_eq(rules_max_sequence(R), 1);
	parse("# nothing but a comment");
	parse("");
	parse("\n\n  # indented\n\t\n");
	parse("version 1");
	ck_assert_uint_eq(rules_count(R), 0);
}
END_TEST

START_TEST(actions)
{
	struct rule_result m;

	parse("version 1\n"
	      "pad cli\n"
	      "pad sti to 12\n"
	      "keep rdtsc because \"native\"\n"
	      "skip hlt because \"never\"\n");
	m = match1("cli", "cli");
	ck_assert_int_eq(m.action, RULE_PAD);
	ck_assert_int_eq(m.op, AB_OP_CLI);
	ck_assert_uint_eq(m.count, 1);
	ck_assert_uint_eq(m.total, 0);
	ck_assert_str_eq(m.where, "t.rules:2");
	ck_assert_uint_eq(m.rule, 0);
	ck_assert_ptr_null(m.hook);
	ck_assert_ptr_null(m.reason);
	ck_assert_uint_eq(match1("sti", "sti").total, 12);
	m = match1("rdtsc", "rdtsc");
	ck_assert_int_eq(m.action, RULE_NOTE);
	ck_assert_str_eq(m.reason, "native");
	m = match1("hlt", "hlt");
	ck_assert_int_eq(m.action, RULE_SKIP);
	ck_assert_str_eq(m.reason, "never");
	ck_assert_int_eq(match1("wrmsr", "wrmsr").action, RULE_NONE);
	ck_assert_uint_eq(rules_hits(R, 0), 1);
	ck_assert_uint_eq(rules_hits(R, 3), 1);
	ck_assert_str_eq(rules_where(R, 3), "t.rules:5");
	ck_assert_ptr_null(rules_where(R, 4));
}
END_TEST

START_TEST(what)
{
	parse("pad class io\n"
	      "keep cpl3 silent\n"
	      "pad \"mov*\", \"xchg\" /%cr3/\n"
	      "pad \"cl[it]\", \"st?\"\n");
	ck_assert_int_eq(match1("port_in", "inb %dx, %al").action, RULE_PAD);
	ck_assert_int_eq(match1("pushf", "pushfl").action, RULE_NOTE);
	ck_assert_int_eq(match1("write_cr", "movl %eax, %cr3").action, RULE_PAD);
	ck_assert_int_eq(match1("write_cr", "movl %eax, %cr4").action, RULE_NONE);
	ck_assert_int_eq(match1("", "movl $cr3, %eax").action, RULE_NONE);
	ck_assert_int_eq(match1("cli", "cli").action, RULE_PAD);
	ck_assert_int_eq(match1("sti", "sti").action, RULE_PAD);
	ck_assert_int_eq(match1("clts", "clts").action, RULE_NONE);
	/* An ordinary instruction is no site by its mnemonic alone. */
	ck_assert_int_eq(match1("", "xchg %eax, %cr3").action, RULE_NONE);
	parse("pad any");
	ck_assert_int_eq(match1("clts", "clts").action, RULE_PAD);
	ck_assert_int_eq(match1("", "nop").action, RULE_NONE);
	ck_assert(!rules_wants(R, AB_OP_NONE, "nop", 3));
}
END_TEST

START_TEST(patterns)
{
	parse("pad read_cr /^%cr3,/\n"
	      "pad write_cr /%CR[04]$/i\n"
	      "pad port_out /\\$0x80|a\\/b/\n");
	ck_assert_int_eq(match1("read_cr", "mov %cr3, %eax").action, RULE_PAD);
	ck_assert_int_eq(match1("read_cr", "mov %cr0, %eax").action, RULE_NONE);
	ck_assert_int_eq(match1("write_cr", "mov %eax, %cr4").action, RULE_PAD);
	ck_assert_int_eq(match1("write_cr", "mov %eax, %Cr0").action, RULE_PAD);
	ck_assert_int_eq(match1("write_cr", "mov %cr0 ").action, RULE_NONE);
	ck_assert_int_eq(match1("port_out", "outb %al, $0x80").action, RULE_PAD);
	ck_assert_int_eq(match1("port_out", "outb %al, $a/b").action, RULE_PAD);
	ck_assert_int_eq(match1("port_out", "outb %al, %dx").action, RULE_NONE);
	/* Operands are given by length; '$' is their very end. */
	struct rule_insn i = insn("write_cr", "mov %eax, %cr4, and more");
	struct rule_ctx ctx = ctx_of(".text", "", "", 0);

	i.operands_len = strlen("%eax, %cr4");
	ck_assert_int_eq(rules_match(R, &i, 1, &ctx).action, RULE_PAD);
	i.operands_len--;
	ck_assert_int_eq(rules_match(R, &i, 1, &ctx).action, RULE_NONE);
}
END_TEST

START_TEST(last_rule_decides)
{
	parse("skip cli\n" "pad cli\n");
	ck_assert_int_eq(match1("cli", "cli").action, RULE_PAD);
	parse_as("later", "keep class flags\n");
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NOTE);
	ck_assert_str_eq(match1("cli", "cli").where, "later:1");
	parse_as("latest", "pad cli in function \"g\"\n");
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NOTE);
	ck_assert_int_eq(place(".text", "g", "", 0), RULE_PAD);
	ck_assert_uint_eq(rules_count(R), 4);
}
END_TEST

START_TEST(places)
{
	parse("pad cli\n"
	      "skip any in section \".init*\", \".exit.text\"\n"
	      "skip any in function \"early_?\", \"[!a-z]*\"\n"
	      "skip any in file \"arch/x86/boot/*\" not in function \"main\"\n"
	      "skip any in file \"b.c\" line 10-12, 20\n"
	      "skip any bits 16, 64\n");
	ck_assert_int_eq(place(".text", "f", "a.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".init.text", "f", "a.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".exit.text", "f", "a.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".exit.text.x", "f", "a.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "early_1", "a.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "early_12", "a.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "_f", "a.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "", "", 0), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "/src/arch/x86/boot/a20.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "./arch/x86/boot/x/y.S", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "search/x86/boot/a.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "main", "arch/x86/boot/main.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "x/b.c", 9), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "x/b.c", 10), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "b.c", 12), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "b.c", 13), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "b.c", 20), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "bb.c", 20), RULE_PAD);
	/* Clones that the compiler makes of a function are that function. */
	ck_assert_int_eq(place(".text", "early_1.constprop.0", "a.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "main.cold", "arch/x86/boot/m.c", 1), RULE_PAD);

	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn cli = insn("cli", "cli");

	ctx.bits = 64;
	ck_assert_int_eq(rules_match(R, &cli, 1, &ctx).action, RULE_SKIP);
	/* Inline functions carry the line of their header. */
	ctx.bits = 32;
	ctx.file = "include/asm/io.h";
	ctx.file_len = strlen(ctx.file);
	ctx.unit = "../arch/x86/boot/main.c";
	ctx.unit_len = strlen(ctx.unit);
	ck_assert_int_eq(rules_match(R, &cli, 1, &ctx).action, RULE_SKIP);
	ctx.unit = "b.c";
	ctx.unit_len = 3;
	ctx.line = 10;		/* of io.h */
	ck_assert_int_eq(rules_match(R, &cli, 1, &ctx).action, RULE_PAD);
}
END_TEST

START_TEST(sequences)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn save[4] = {
		insn("pushf", "pushfl"), insn("", "popl %eax"), insn("cli", "cli"),
		insn("", "ret"),
	};
	struct rule_result m;

	parse("pad pushf; \"pop*\"; cli as pushf_pop_cli\n"
	      "pad pushf; \"popl\" /^%e/ as pushf_pop to 9\n"
	      "pad \"push*\"; popf as push_popf\n"
	      "pad pushf, cli\n");
	ck_assert_uint_eq(rules_max_sequence(R), 3);
	m = match_in(&ctx, save, 4);
	ck_assert_int_eq(m.op, AB_OP_PUSHF_POP_CLI);
	ck_assert_uint_eq(m.count, 3);
	ck_assert_str_eq(m.where, "t.rules:1");
	m = match_in(&ctx, save, 2);
	ck_assert_int_eq(m.op, AB_OP_PUSHF_POP);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_uint_eq(m.total, 9);
	m = match_in(&ctx, save, 1);
	ck_assert_int_eq(m.op, AB_OP_PUSHF);
	m = match2("pushf", "pushfl", "", "popl 4(%ebp)");
	ck_assert_uint_eq(m.count, 1);
	m = match2("", "pushl %esi", "popf", "popfl");
	ck_assert_int_eq(m.op, AB_OP_PUSH_POPF);
	ck_assert_int_eq(match1("", "pushl %esi").action, RULE_NONE);
	ck_assert(rules_wants(R, AB_OP_NONE, "pushl", 5));
	ck_assert(rules_wants(R, AB_OP_NONE, "pushl", 5));
	ck_assert(!rules_wants(R, AB_OP_NONE, "popl", 4));
	ck_assert(!rules_wants(R, AB_OP_NONE, "", 0));
	ck_assert(!rules_wants(R, AB_OP_POPF, "popfl", 5));
	ck_assert(rules_wants(R, AB_OP_CLI, "cli", 3));
}
END_TEST

START_TEST(skip_and_sequences)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn idle[2] = { insn("sti", "sti"), insn("hlt", "hlt") };
	struct rule_result m;

	parse("pad sti, hlt\n"
	      "pad sti; hlt as sti_hlt\n"
	      "pad sti to 9\n");
	m = match_in(&ctx, idle, 2);
	ck_assert_int_eq(m.op, AB_OP_STI_HLT);
	ck_assert_uint_eq(m.total, 0);
	/* A skip puts out of force what stands before it... */
	parse_as("b", "skip sti in function \"f\"\n");
	m = match_in(&ctx, idle, 2);
	ck_assert_int_eq(m.action, RULE_SKIP);
	ck_assert_uint_eq(m.count, 1);
	ctx = ctx_of(".text", "g", "a.c", 1);
	ck_assert_int_eq(match_in(&ctx, idle, 2).op, AB_OP_STI_HLT);
	/* ... and one of the second instruction skips both. */
	parse_as("c", "skip hlt in function \"g\" because \"so\"\n");
	m = match_in(&ctx, idle, 2);
	ck_assert_int_eq(m.action, RULE_SKIP);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_str_eq(m.reason, "so");
	ctx = ctx_of(".text", "h", "a.c", 1);
	ck_assert_int_eq(match_in(&ctx, idle, 2).action, RULE_PAD);
	parse_as("d", "skip sti; hlt\n");
	m = match_in(&ctx, idle, 2);
	ck_assert_int_eq(m.action, RULE_SKIP);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_int_eq(match_in(&ctx, idle, 1).action, RULE_PAD);
}
END_TEST

START_TEST(skip_of_ordinary_instructions)
{
	struct rule_ctx f = ctx_of(".text", "f", "a.c", 1);
	struct rule_ctx g = ctx_of(".text", "g", "a.c", 1);
	struct rule_insn store = insn("", "movl %eax, (%edx)");
	struct rule_insn other = insn("", "addl %eax, %edx");
	struct rule_result m;

	parse("pad \"mov*\" /^%eax, \\(%edx\\)/ in function \"f\" as mmio_write to 8\n"
	      "skip any because \"nothing at all\"\n");
	/* Only what would be a site is reported as skipped. */
	m = match_in(&f, &store, 1);
	ck_assert_int_eq(m.action, RULE_SKIP);
	ck_assert_str_eq(m.reason, "nothing at all");
	ck_assert_int_eq(match_in(&g, &store, 1).action, RULE_NONE);
	ck_assert_int_eq(match_in(&f, &other, 1).action, RULE_NONE);
	ck_assert(!rules_wants(R, AB_OP_NONE, "addl", 4));
	ck_assert(rules_wants(R, AB_OP_NONE, "movl", 4));
}
END_TEST

START_TEST(synthetic)
{
	struct rule_ctx f = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn store = insn("", "movl %eax, (%edx)");
	struct rule_result m;

	parse("pad \"movl\" /\\(%edx\\)$/ in function \"f\" as mmio_write\n"
	      "keep \"movl\" in file \"a.c\" line 7 as pte_write\n");
	m = match_in(&f, &store, 1);
	ck_assert_int_eq(m.action, RULE_PAD);
	ck_assert_int_eq(m.op, AB_OP_MMIO_WRITE);
	f.line = 7;
	m = match_in(&f, &store, 1);
	ck_assert_int_eq(m.action, RULE_NOTE);
	ck_assert_int_eq(m.op, AB_OP_PTE_WRITE);
}
END_TEST

START_TEST(shadows)
{
	struct rule_result m;

	/* No sequence rules: a pad must still not end inside a shadow. */
	parse("pad sti to 10\n" "pad write_seg, pop_seg, cli\n");
	ck_assert_uint_ge(rules_max_sequence(R), 2);
	m = match2("sti", "sti", "hlt", "hlt");
	ck_assert_int_eq(m.op, AB_OP_STI_HLT);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_uint_eq(m.total, 10);
	ck_assert_int_eq(match2("sti", "sti", "mwait", "mwait").op, AB_OP_STI_MWAIT);
	ck_assert_int_eq(match2("sti", "sti", "iret", "iretl").op, AB_OP_STI_IRET);
	ck_assert_int_eq(match2("sti", "sti", "sysexit", "sysexit").op, AB_OP_STI_SYSEXIT);
	ck_assert_int_eq(match2("sti", "sti", "", "ret").op, AB_OP_STI_RET);
	ck_assert_int_eq(match2("sti", "sti", "", "nop").op, AB_OP_STI);
	ck_assert_int_eq(match2("sti", "sti", "cli", "cli").count, 1);
	ck_assert_int_eq(match2("cli", "cli", "hlt", "hlt").count, 1);
	ck_assert_int_eq(match2("write_seg", "mov %ax, %ss", "", "mov %edx, %esp").op,
			 AB_OP_SS_SP);
	ck_assert_int_eq(match2("write_seg", "mov ss, ax", "", "mov esp, edx").op,
			 AB_OP_SS_SP);
	ck_assert_int_eq(match2("pop_seg", "popl %ss", "", "movl 4(%eax), %esp").op,
			 AB_OP_SS_SP);
	ck_assert_int_eq(match2("write_seg", "mov %ax, %ds", "", "mov %edx, %esp").op,
			 AB_OP_WRITE_SEG);
	ck_assert_int_eq(match2("write_seg", "mov %ax, %ss", "", "mov %esp, %edx").op,
			 AB_OP_WRITE_SEG);
	ck_assert_int_eq(match2("write_seg", "mov %ax, %ss", "", "mov %eax, 4(%esp)").op,
			 AB_OP_WRITE_SEG);
	/* Noted only: no no-op comes in between. */
	parse("keep sti\n");
	ck_assert_uint_eq(match2("sti", "sti", "hlt", "hlt").count, 1);
}
END_TEST

START_TEST(hooks)
{
	struct rule_ctx ctx = ctx_of(".text", "load_module", "kernel/module/main.c", 1);
	struct rule_result m;

	parse("hook entry \"load_module\" with \"module\"\n"
	      "hook whole \"native_set_pte*\" with \"pte\" to 8 in file \"*.c\" bits 32\n");
	m = rules_match_function(R, &ctx);
	ck_assert_int_eq(m.action, RULE_PAD);
	ck_assert_int_eq(m.op, AB_OP_HOOK_ENTRY);
	ck_assert_str_eq(m.hook, "module");
	ck_assert_uint_eq(rules_hits(R, 0), 1);
	ctx = ctx_of(".text", "native_set_pte_at", "mm.c", 1);
	m = rules_match_function(R, &ctx);
	ck_assert_int_eq(m.op, AB_OP_HOOK_FUNC);
	ck_assert_uint_eq(m.total, 8);
	ctx.bits = 64;
	ck_assert_int_eq(rules_match_function(R, &ctx).action, RULE_NONE);
	ctx = ctx_of(".text", "other", "mm.c", 1);
	ck_assert_int_eq(rules_match_function(R, &ctx).action, RULE_NONE);
	ctx = ctx_of(".init.text", "load_module", "a.c", 1);
	parse("skip any in section \".init*\"\n");
	ck_assert_int_eq(rules_match_function(R, &ctx).action, RULE_NONE);
	ctx.section = ".text";
	ctx.section_len = 5;
	ck_assert_int_eq(rules_match_function(R, &ctx).action, RULE_PAD);
	/* Hooks match no instruction. */
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NONE);
}
END_TEST

START_TEST(raw_bytes)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn stac = insn("stac", "stac"), clac = insn("clac", "clac");

	parse("pad clac\n");
	ck_assert(!rules_want_raw(R));
	parse("raw on\n" "pad stac\n" "raw off\n" "pad clac\n");
	ck_assert(rules_want_raw(R));
	ck_assert_int_eq(match_in(&ctx, &stac, 1).action, RULE_PAD);
	ck_assert_int_eq(match_in(&ctx, &clac, 1).action, RULE_PAD);
	stac.raw = clac.raw = true;
	ck_assert_int_eq(match_in(&ctx, &stac, 1).action, RULE_PAD);
	ck_assert_int_eq(match_in(&ctx, &clac, 1).action, RULE_NONE);
}
END_TEST

START_TEST(questions_between_loads)
{
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NONE);
	parse("pad \"cl*\"\n");
	ck_assert(rules_wants(R, AB_OP_CLI, "cli", 3));
	ck_assert(!rules_wants(R, AB_OP_STI, "sti", 3));
	ck_assert_int_eq(match1("cli", "cli").action, RULE_PAD);
	parse("keep cli\n" "pad \"sti\"\n");
	ck_assert(rules_wants(R, AB_OP_STI, "sti", 3));
	ck_assert_int_eq(match1("cli", "cli").action, RULE_NOTE);
}
END_TEST

/* Everything that the language has, in odd spellings. */
static const char torture[] =
	"version 1\r\n"
	"pad cli\t,sti  # comment\n"
	"pad class io,class msr,cpl3 host, any, \"x*\" /a\\/b[\\/]c \"#;\\\\/i to 255\n"
	"raw on\n"
	"skip any in section \"a\\\"b\\\\c\\*d # no comment\", \"\"\n"
	"   # a comment inside a statement\n"
	"\n"
	"\tnot in function \"f\" , \"g\xc3\xbc\" in file \"x y\" line 1, 2-3,4-4\n"
	"  bits 64, 16 not bits 32 because \"for \\\"reasons\\\"\"\n"
	"raw off\n"
	"raw on\n"
	"keep pushf;\"pop\"/^%e/;cli as pushf_pop_cli\n"
	"pad \"mov\", \"movl\" in function \"f\" as pte_write to 7\n"
	"hook entry \"a\", \"b*\" with \"c\" in section \".text\" because \"d\" to 9\n"
	"raw off\n"
	"hook whole \"z\" with \"\" bits 32";

START_TEST(printer)
{
	struct rules *again = rules_new(), *thrice = rules_new();
	char *first, *second, *third;

	parse(torture);
	first = printed(R);
	ck_assert_msg(!rules_parse(again, "again", first, strlen(first)), "%s", first);
	second = printed(again);
	ck_assert_str_eq(first, second);
	ck_assert_uint_eq(rules_count(R), 7);
	ck_assert_uint_eq(rules_count(again), 7);
	ck_assert(strstr(first, "in section \"a\\\"b\\\\c\\\\*d # no comment\", \"\" not in "
			 "function \"f\", \"g\xc3\xbc\" in file \"x y\" line 1, 2-3, 4 "
			 "bits 16, 64 not bits 32 because \"for \\\"reasons\\\"\"\n"));
	ck_assert(strstr(first, "any, \"x*\" /a\\/b[\\/]c \"#;\\\\/i to 255\n"));
	ck_assert_int_eq(rules_parse(thrice, "3", second, strlen(second)), 0);
	third = printed(thrice);
	ck_assert_str_eq(second, third);
	free(first);
	free(second);
	free(third);
	rules_free(again);
	rules_free(thrice);
}
END_TEST

/* No answer is not "no": a site would be lost in silence. */
START_TEST(wild_pattern)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn i = insn("cli", "cli aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");

	parse("pad cli /^(a+|(aa)+)+$/\n");
	match_in(&ctx, &i, 1);		/* ends the program with status 1 */
}
END_TEST

static const char *const stock[] = {
	"x86/minimal.rules", "x86/full.rules", "x86/sequences.rules", "linux.rules",
	"linux-minimal.rules",
};

START_TEST(stock_files)
{
	struct rules *again = rules_new();
	char *first, *second;

	ck_assert_int_eq(rules_load(R, stock[_i]), 0);
	ck_assert_uint_gt(rules_count(R), 0);
	/* Notes carry these: no build or installation paths in them. */
	for (size_t i = 0; i < rules_count(R); i++)
		ck_assert_msg(rules_where(R, i)[0] != '/', "%s", rules_where(R, i));
	first = printed(R);
	ck_assert_int_eq(rules_parse(again, "again", first, strlen(first)), 0);
	second = printed(again);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	rules_free(again);
}
END_TEST

/* What may be loaded late: rules that want nothing but the op table. */
START_TEST(want_more)
{
	static const struct {
		const char *text;
		bool more;
	} rules[] = {
		{ "pad cli, sti\n", false },
		{ "pad sti; \"ret\" as sti_ret\n", false },
		{ "pad write_seg /%ss/; \"mov\" as ss_sp\n", false },
		{ "pad wrmsr in function \"f\" because \"it\"\n", false },
		{ "pad cli, # one\n\n# and\n  sti to 9 in file \"x\"\n", false },
		{ "skip any in file \"x\"\n", false },
		{ "pad \"mov\" /x/ in function \"f\" as mmio_write\n", true },
		{ "cli\n", false },
		{ "pad\n\n# x\n\t\"mov\" /x/ in file \"f\" as pte_write\n", true },
		{ "hook entry \"f\" with \"a\"\n", true },
		{ "pad cli\ninclude \"nowhere.rules\"\n", true },
		{ "include \"x86/full.rules\"\n", false },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		ck_assert_msg(rules_text_may_want_more(R, "x.rules", rules[i].text,
						       strlen(rules[i].text)) ==
			      rules[i].more, "%s", rules[i].text);
	for (size_t i = 0; i < sizeof(stock) / sizeof(stock[0]); i++)
		ck_assert_msg(rules_may_want_more(R, stock[i]) ==
			      !strcmp(stock[i], "x86/sequences.rules"), "%s", stock[i]);
	ck_assert(rules_may_want_more(R, "nowhere.rules"));
}
END_TEST

/* Nothing of the op table is forgotten. */
START_TEST(stock_complete)
{
	struct rules *minimal = rules_new();
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);

	ck_assert_int_eq(rules_load(R, "x86/full.rules"), 0);
	ck_assert_int_eq(rules_load(minimal, "x86/minimal.rules"), 0);
	for (unsigned op = 1; op < AB_OP_COUNT; op++) {
		const struct ab_op_info *info = ab_op_info(op);
		struct rule_insn i = { .op = op, .mnemonic = "?", .mnemonic_len = 1,
				       .operands = "" };
		enum rule_action full, least;

		if (!info || info->class == AB_CLASS_SYNTHETIC ||
		    info->class == AB_CLASS_SEQUENCE)
			continue;
		full = rules_match(R, &i, 1, &ctx).action;
		least = rules_match(minimal, &i, 1, &ctx).action;
		ck_assert_msg(full == RULE_PAD || full == RULE_NOTE, "%s", info->name);
		if (info->cpl3 == AB_CPL3_TRAPS)
			ck_assert_msg(least == RULE_NONE, "%s", info->name);
		else
			ck_assert_msg(least == RULE_PAD || least == RULE_NOTE, "%s", info->name);
		ctx.section = ".altinstr_replacement";
		ctx.section_len = strlen(ctx.section);
		ck_assert_int_eq(rules_match(R, &i, 1, &ctx).action, RULE_SKIP);
		ctx.section = ".text";
		ctx.section_len = strlen(ctx.section);
	}
	rules_free(minimal);
}
END_TEST

/* The exclusions of a file, without what it pads and keeps. */
START_TEST(include_skip)
{
	parse("pad cli\ninclude skip \"linux.rules\"\n");
	ck_assert_int_eq(place(".text", "f", "kernel/sched/core.c", 1), RULE_PAD);
	ck_assert_int_eq(match1("sti", "sti").action, RULE_NONE);
	ck_assert_int_eq(place(".head.text", "f", "a.S", 1), RULE_SKIP);
	ck_assert_int_eq(place(".altinstr_replacement", "f", "a.c", 1), RULE_SKIP);
}
END_TEST

START_TEST(stock_linux)
{
	ck_assert_int_eq(rules_load(R, "linux.rules"), 0);
	ck_assert_int_eq(place(".text", "f", "kernel/sched/core.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".head.text", "f", "a.S", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "arch/x86/boot/compressed/misc.c", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "/k/arch/x86/realmode/rm/x.S", 1), RULE_SKIP);
	ck_assert_int_eq(place(".text", "f", "arch/x86/entry/vdso/vma.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "arch/x86/entry/vdso/vdso32-setup.c", 1), RULE_PAD);
	ck_assert_int_eq(place(".text", "f", "arch/x86/entry/vdso/vdso32/sigreturn.S", 1),
			 RULE_SKIP);
	ck_assert_int_eq(match2("sti", "sti", "hlt", "hlt").op, AB_OP_STI_HLT);
	ck_assert_int_eq(match2("write_seg", "movl %eax, %ss", "", "movl %ebx, %esp").op,
			 AB_OP_SS_SP);
	ck_assert_int_eq(match2("write_seg", "mov ss, ax", "", "mov esp, ebx").op,
			 AB_OP_SS_SP);
}
END_TEST

START_TEST(sequences_file)
{
	struct rule_ctx ctx = ctx_of(".text", "f", "a.c", 1);
	struct rule_insn save[3] = {
		insn("pushf", "pushfq"), insn("", "popq %r11"), insn("cli", "cli"),
	};

	ck_assert_int_eq(rules_load(R, "x86/full.rules"), 0);
	ck_assert_int_eq(rules_load(R, "x86/sequences.rules"), 0);
	ck_assert_int_eq(match_in(&ctx, save, 3).op, AB_OP_PUSHF_POP_CLI);
	ck_assert_int_eq(match2("pushf", "pushfl", "", "popl %eax").op, AB_OP_PUSHF_POP);
	ck_assert_int_eq(match2("pushf", "pushf", "", "pop eax").op, AB_OP_PUSHF_POP);
	ck_assert_int_eq(match2("pushf", "pushfl", "", "popl (%eax)").op, AB_OP_PUSHF);
	ck_assert_int_eq(match2("", "pushl %ebx", "popf", "popfl").op, AB_OP_PUSH_POPF);
	ck_assert_int_eq(match2("", "push $2", "popf", "popf").op, AB_OP_PUSH_POPF);
	ck_assert_int_eq(match2("", "pushl 4(%esp)", "popf", "popf").action, RULE_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *tc = tcase_create("rules");

	diag_init("test_rules");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, actions);
	tcase_add_test(tc, what);
	tcase_add_test(tc, patterns);
	tcase_add_test(tc, last_rule_decides);
	tcase_add_test(tc, places);
	tcase_add_test(tc, sequences);
	tcase_add_test(tc, skip_and_sequences);
	tcase_add_test(tc, skip_of_ordinary_instructions);
	tcase_add_test(tc, synthetic);
	tcase_add_test(tc, shadows);
	tcase_add_test(tc, hooks);
	tcase_add_test(tc, raw_bytes);
	tcase_add_test(tc, questions_between_loads);
	tcase_add_test(tc, printer);
	tcase_add_exit_test(tc, wild_pattern, AB_EXIT_FAIL);
	tcase_add_loop_test(tc, stock_files, 0, sizeof(stock) / sizeof(stock[0]));
	tcase_add_test(tc, stock_complete);
	tcase_add_test(tc, want_more);
	tcase_add_test(tc, stock_linux);
	tcase_add_test(tc, include_skip);
	tcase_add_test(tc, sequences_file);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
