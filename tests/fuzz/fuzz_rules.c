/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_rules.c: any bytes as a rule file.  What is accepted is asked about some
 * instructions, printed, read again and printed again: the same text is due.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define S(s)	s, sizeof(s) - 1

static const struct rule_insn insns[] = {
	{ AB_OP_STI, S("sti"), S(""), false },
	{ AB_OP_HLT, S("hlt"), S(""), false },
	{ AB_OP_WRITE_SEG, S("movl"), S("%eax, %ss"), false },
	{ AB_OP_NONE, S("movl"), S("%ebx, %esp"), false },
	{ AB_OP_PUSHF, S("pushfl"), S(""), false },
	{ AB_OP_NONE, S("popl"), S("%eax"), false },
	{ AB_OP_CLI, S("cli"), S(""), true },
	{ AB_OP_NONE, S(""), S(""), false },
};
#define NINSNS	(sizeof(insns) / sizeof(insns[0]))

static const struct rule_name users[] = { { S("f") }, { S("entry_32") } };

static const struct rule_ctx places[] = {
	{ .bits = 32, .section = ".text", .section_len = 5, .function = "f.isra.0",
	  .function_len = 8, .file = "x/a.c", .file_len = 5, .line = 3,
	  .unit = "b.c", .unit_len = 3 },
	{ .bits = 32, .section = ".text", .section_len = 5, .function = "",
	  .user = users, .nuser = 2, .file = "", .line = 7 },
	{ .bits = 64, .section = "", .function = "", .file = "" },
};

static void ask(struct rules *r)
{
	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < NINSNS; i++) {
			struct rule_result m = rules_match(r, insns + i, NINSNS - i, &places[p]);

			if (m.count < 1 || m.count > NINSNS - i)
				abort();
			if (m.action != RULE_NONE && (!m.where || m.rule >= rules_count(r)))
				abort();
			if ((m.action == RULE_PAD || m.action == RULE_NOTE) && !ab_op_info(m.op))
				abort();
			/* The cheap question must never hide a site. */
			if (m.action != RULE_NONE &&
			    !rules_wants(r, insns[i].op, insns[i].mnemonic,
					 insns[i].mnemonic_len))
				abort();
		}
		rules_match_function(r, &places[p]);
	}
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules *r = rules_new(), *again = rules_new();

	if (!rules_parse(r, "fuzz/input", (const char *)data, size)) {
		char *first, *second;

		/* what is loaded late must be what needs not be loaded before */
		if ((rules_want_plain(r) || rules_want_hooks(r)) &&
		    !rules_text_may_want_more(again, "fuzz/input", (const char *)data, size))
			abort();
		ask(r);
		first = printed(r);
		if (rules_parse(again, "fuzz/again", first, strlen(first)) < 0)
			abort();
		second = printed(again);
		if (strcmp(first, second))
			abort();
		free(first);
		free(second);
	}
	rules_free(r);
	rules_free(again);
	return 0;
}
