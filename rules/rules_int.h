/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules, private part: what the parser builds, the matcher reads and the
 * printer prints.  Everything that lives as long as the rules do is allocated
 * in one arena; nothing in it is freed by itself.
 */
#ifndef AB_RULES_INT_H
#define AB_RULES_INT_H

#include <stdint.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "rules/rules.h"

#define RULES_MAX_STEPS		8	/* instructions in a sequence */
#define RULES_MAX_RULES		1000000
#define RULES_MAX_INCLUDES	1000	/* in all */
#define RULES_MAX_DEPTH		16	/* include in include */
#define RULES_MAX_FILE		(64u << 20)
#define RULES_MAX_LINE		65536
#define RULES_MAX_ERRORS	20	/* reported in one file */
#define RULES_MAX_TOTAL		255	/* a byte in the note */

#define OPS_WORDS	(AB_OP_COUNT / 64)
_Static_assert(AB_OP_COUNT % 64 == 0, "whole words");

struct op_set {
	uint64_t w[OPS_WORDS];
};

static inline void op_set_add(struct op_set *s, unsigned op)
{
	s->w[op / 64] |= 1ull << op % 64;
}

static inline bool op_set_has(const struct op_set *s, unsigned op)
{
	return op < AB_OP_COUNT && (s->w[op / 64] >> op % 64 & 1);
}

/* A place in a rule file.  (len) is the length of the token there. */
struct rule_loc {
	unsigned line, col;
	size_t bol;			/* offset of the line's first byte */
	size_t len;
};

struct str_list {
	struct str_list *next;
	const char *s;
};

enum what_kind { WHAT_OP, WHAT_MNEMONIC, WHAT_CLASS, WHAT_CPL3, WHAT_ANY };

/* One thing of a comma list that a step accepts. */
struct what {
	struct what *next;
	enum what_kind kind;
	unsigned num;			/* op, class or cpl3 */
	const char *mnemonic;
	struct rule_loc loc;
};

struct pattern {
	struct pattern *next;		/* of all patterns of the rules */
	const char *text;		/* as between the slashes */
	size_t len;
	bool caseless;
	void *code;			/* pcre2_code, NULL until it is needed */
};

/* One instruction of a rule: any of (whats), with operands as (pattern). */
struct step {
	struct what *whats;
	struct pattern *pattern;	/* or NULL */
	struct op_set ops;
	bool any;
	bool mnemonics;			/* whats holds some */
};

enum cond_kind { COND_SECTION, COND_FUNCTION, COND_FILE, COND_BITS };

struct line_range {
	struct line_range *next;
	unsigned first, last;
};

struct cond {
	struct cond *next;
	enum cond_kind kind;
	bool negated;
	unsigned bits;			/* COND_BITS: sum of 16, 32, 64 */
	struct str_list *globs;
	struct line_range *lines;	/* COND_FILE: NULL means all */
};

struct rule {
	enum rule_action action;
	bool raw;			/* also instructions given as bytes */
	unsigned nsteps;		/* 0: a hook */
	struct step *steps;
	struct cond *conds;
	enum ab_op as;			/* op of the site, or AB_OP_NONE */
	struct rule_loc as_loc;
	unsigned total;			/* 0: default of the op */
	struct str_list *functions;	/* of a hook */
	const char *hook;
	const char *reason;
	const char *where;
	size_t index;
	unsigned long hits;
};

struct mnemonic_want {
	const char *glob;
	bool without_op;		/* also for what is not in the op table */
};

#define WANT_SLOTS	512
struct want_memo {			/* direct-mapped, by hash of the mnemonic */
	char mnemonic[14];
	uint8_t len;			/* 0: empty */
	uint8_t wanted;			/* WANTED_* */
};

struct candidates {
	uint32_t *index;
	size_t n;
	bool built;
};

struct arena_block;

struct rules {
	struct arena_block *arena;
	struct pattern *patterns;
	struct rule **rule;
	size_t count, room;
	size_t nhooks, nincludes;
	unsigned max_steps;
	struct op_set ops;		/* that a first step accepts */
	struct op_set every;		/* of one instruction; empty: not asked yet */
	struct mnemonic_want *mnemonics;
	size_t nmnemonics, mnemonics_room;
	struct want_memo *memo;
	/* Rules whose first step may accept the op, last rule first; built when
	 * an op is first met. */
	struct candidates by_op[AB_OP_COUNT];
	bool asked;			/* something of by_op or memo is in use */
	bool raw;			/* some rule asks for raw bytes */
	void *match_data, *match_context;	/* pcre2 */
};

/* One file while it is read. */
struct reader {
	struct rules *rules;
	const struct reader *parent;	/* that includes it */
	unsigned depth;
	const char *path;		/* to open and to report */
	const char *name;		/* short, for rule_result.where */
	uint64_t dev, ino;		/* 0, 0: from memory */
	const char *text;
	size_t len;
	/* scanner */
	size_t pos, bol;
	unsigned line;
	/* layout: a token in column 1 ends the statement before it */
	bool open;
	bool held;
	int held_token;
	union rules_value *held_value;	/* YYSTYPE; parse.h needs this header first */
	struct rule_loc held_loc;
	struct rule_loc last;		/* the latest token that was handed on */
	bool bad;			/* the scanner has complained of this statement */
	/* parser */
	bool raw;
	bool skips_only;		/* of "include skip" */
	bool started;			/* a statement was read */
	unsigned errors;
};

/* rules.c */
void *rules_alloc(struct rules *, size_t size);		/* zeroed */
char *rules_strndup(struct rules *, const char *s, size_t n);
void rules_add(struct rules *, struct rule *);
const struct candidates *rules_candidates(struct rules *, enum ab_op);

/* load.c */
/* (skips_only): take only the skip rules of the file, and of what it includes. */
int reader_include(struct reader *, const char *name, bool skips_only,
		   const struct rule_loc *);
void reader_error(struct reader *, const struct rule_loc *, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool reader_gives_up(const struct reader *);

/* build.c: what the parser calls; each reports its own errors. */
struct what *what_new(struct reader *, enum what_kind, const char *name,
		      const struct rule_loc *);
struct pattern *pattern_new(struct reader *, const char *token, size_t len,
			    const struct rule_loc *);
void rule_add_step(struct reader *, struct rule *, struct what *,
		   struct pattern *, const struct rule_loc *);
void rule_finish(struct reader *, struct rule *, const struct rule_loc *);
/* "traps", "silent", "host"; NULL for other numbers. */
const char *cpl3_name(unsigned cpl3);

/* spell.c: the name most like (name) among those that are allowed, or NULL. */
const char *spell_op(const char *name);
/* The op of this mnemonic whatever its operands, or AB_OP_NONE. */
enum ab_op spell_mnemonic(const char *name);
const char *spell_word(const char *name, const char *const *words);

/* glob.c */
bool glob_match(const char *glob, const char *s, size_t n);

/* pattern.c */
bool pattern_is_plain(const struct pattern *);
/* Compile now.  On failure: -1, PCRE2's words in (msg), and the place. */
int pattern_compile(struct pattern *, char *msg, size_t size, size_t *offset);
bool pattern_match(struct rules *, const struct rule *, struct pattern *,
		   const char *s, size_t n);
void pattern_free(struct pattern *);
void pattern_cleanup(struct rules *);

#endif
