/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules: which instructions become sites, and how long their pads are.
 * The language is specified in docs/rules.md (version 1).
 *
 * Rules are tried in the order: last file given first, within a file the last
 * rule first (so a later rule overrides an earlier one, and an including file
 * overrides what it includes).  The first that matches decides.  No match: the
 * instruction is left alone and is no site.
 */
#ifndef AB_RULES_H
#define AB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "abi/ops.h"

struct rules;

/* No rules: nothing is a site. */
struct rules *rules_new(void);
void rules_free(struct rules *);

/* Add the rules of (path): an existing file, or a name that file_find("rules")
 * knows ("x86/full.rules").  Returns 0, or -1 after diagnostics (all errors of
 * the file are reported, with line and caret), (rules) then unusable. */
int rules_load(struct rules *, const char *path);
/* The same from memory; (name) is used in messages and for the directory of
 * includes. */
int rules_parse(struct rules *, const char *name, const char *text, size_t len);

/* Print all rules in the language; the output parses to the same rules. */
void rules_print(const struct rules *, FILE *);
size_t rules_count(const struct rules *);

/* One instruction as the afterburner sees it. */
struct rule_insn {
	enum ab_op op;			/* AB_OP_NONE: not in the op table */
	const char *mnemonic;		/* lower case, prefixes stripped */
	size_t mnemonic_len;
	const char *operands;		/* as written, comments stripped, trimmed */
	size_t operands_len;
	bool raw;			/* was written as .byte, .word or .long */
};

struct rule_name {
	const char *s;
	size_t len;
};

struct rule_ctx {			/* where it stands; lengths with the text */
	unsigned bits;			/* 16, 32, 64 */
	const char *section;		/* never NULL */
	size_t section_len;
	const char *function;		/* "" outside of any */
	size_t function_len;
	/* In a macro's body, which is in no function: those that use the macro.
	 * A rule that pads or keeps holds where one of them is meant, since any
	 * may be the one that needs it; a rule that skips does not. */
	const struct rule_name *user;
	size_t nuser;
	const char *file;		/* source file by line markers, "" unknown */
	size_t file_len;
	unsigned line;
	/* The main source file of the compile, NULL when unknown.  A function of
	 * a header is inlined into many: `in file` means either of the two. */
	const char *unit;
	size_t unit_len;
};

enum rule_action {
	RULE_NONE = 0,		/* no rule matches: not a site */
	RULE_PAD,		/* a site, padded to (total) */
	RULE_NOTE,		/* "keep": a site, noted, but not padded */
	RULE_SKIP,		/* not a site, on purpose: reported as skipped */
};

struct rule_result {
	enum rule_action action;
	enum ab_op op;		/* of the site; a sequence's own op for sequences */
	unsigned count;		/* how many of the instructions the site takes (>= 1) */
	unsigned total;		/* bytes in all; 0: the op table's default */
	const char *hook;	/* argument for hooks, else NULL */
	const char *where;	/* "file:line" of the rule; lives as long as rules */
	const char *reason;	/* why it is skipped (text in the rule), or NULL */
	size_t rule;		/* its index, 0 .. rules_count() - 1 */
};

/* Could any rule match an instruction of this op or mnemonic, in any place?
 * Cheap; lets the afterburner pass by most statements. */
bool rules_wants(struct rules *, enum ab_op op, const char *mnemonic, size_t len);

/* Does any rule ask for instructions that are given as raw bytes? */
bool rules_want_raw(const struct rules *);

/* Does any rule make sites of instructions that are not in the op table, or hook
 * functions?  When not, only mnemonics of the op table need a look. */
bool rules_want_plain(const struct rules *);
bool rules_want_hooks(const struct rules *);

/* May the rules in the file (path), which is not loaded, want more than
 * instructions of the op table?  A look at the words only: false is certain, true
 * also when the file cannot be read or looked at. */
bool rules_may_want_more(struct rules *, const char *path);
bool rules_text_may_want_more(struct rules *, const char *name, const char *text,
			      size_t len);

/* Decide about insn[0], which may be followed by insn[1..n-1] in straight line
 * (no label that anything branches to in between).  A sequence rule that
 * matches more instructions wins over one that matches fewer; a skip rule wins
 * over all rules before it.  A site never ends inside an interrupt shadow: a
 * padded sti or load of %ss is widened by the instruction after it where the
 * op table knows the pair (sti_hlt, ss_sp...), so hand over at least
 * rules_max_sequence() instructions when there are as many. */
struct rule_result rules_match(struct rules *, const struct rule_insn *insn,
			       size_t n, const struct rule_ctx *ctx);

/* How many instructions rules_match() may look at: the longest sequence that
 * any rule has, and at least 2 when interrupt shadows matter; else 1. */
unsigned rules_max_sequence(const struct rules *);

/* Hook on the function of (ctx): action RULE_PAD with op hook_entry or
 * hook_func, or action RULE_NONE. */
struct rule_result rules_match_function(struct rules *, const struct rule_ctx *ctx);

/* How often rule (index) has matched so far; for "matched nothing" reports. */
unsigned long rules_hits(const struct rules *, size_t index);
const char *rules_where(const struct rules *, size_t index);

#endif
