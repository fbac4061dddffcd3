// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reading on behind a candidate: what comes next in straight line.
 *
 * A compiler puts .loc, labels of debug information, #APP lines and CFI between
 * the instructions of what is a sequence.  These are passed.  A label that code
 * or a table refers to ends the line: something may jump there, or an exception
 * table names it (index.h; a hash that two names share only makes a sequence
 * shorter, never wrong).
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "afterburner/burn.h"
#include "afterburner/bytes.h"

static bool label_referred(struct burn *b, const struct stmt *st)
{
	const char *s = b->u->text + st->word;
	const struct index *ix;

	if (st->macro || st->quoted)
		return true;
	ix = index_of(b->u, &b->index);
	if (*s >= '0' && *s <= '9')
		return index_refers(ix, s, st->word_len, 'b') ||
		       index_refers(ix, s, st->word_len, 'f');
	/* other files may refer to what is not local */
	return s[0] != '.' || s[1] != 'L' ||
	       index_refers(ix, s, st->word_len, 0);
}

/* Comments out, blanks in. */
static const char *without_comments(struct unit *u, size_t pos, size_t end,
				    size_t *len)
{
	char *copy, *q;

	*len = end - pos;
	if (!memmem(u->text + pos, *len, "/*", 2))
		return u->text + pos;
	copy = q = unit_string(u, u->text + pos, *len);
	for (size_t i = 0; i < *len;) {
		const char *close = NULL;

		if (i + 1 < *len && copy[i] == '/' && copy[i + 1] == '*')
			close = memmem(copy + i + 2, *len - i - 2, "*/", 2);
		if (close) {
			i = close + 2 - copy;
			*q++ = ' ';
		} else {
			*q++ = copy[i++];
		}
	}
	*len = q - copy;
	return copy;
}

void insn_fill(struct unit *u, struct rule_insn *insn, enum ab_op op,
	       size_t word, size_t word_len, size_t args, size_t args_end)
{
	*insn = (struct rule_insn){ .op = op, .mnemonic = u->text + word,
				    .mnemonic_len = word_len };
	for (size_t i = 0; i < word_len; i++) {
		unsigned char c = u->text[word + i];

		if (c >= 'A' && c <= 'Z') {
			char *s = unit_string(u, u->text + word, word_len);

			for (size_t k = i; k < word_len; k++)
				if (s[k] >= 'A' && s[k] <= 'Z')
					s[k] |= 0x20;
			insn->mnemonic = s;
			break;
		}
	}
	insn->operands = without_comments(u, args, args_end,
					  &insn->operands_len);
}

/* The instruction that statement (st) is: prefixes are passed.  False: it is
 * none, or a macro may hide behind it. */
static bool read_insn(struct follow *f, struct stmt *st, struct rule_insn *insn,
		      bool *prefix)
{
	struct unit *u = f->u;
	const char *t = u->text;
	const struct word *w;
	enum ab_op op = AB_OP_NONE;

	*prefix = false;
	while ((w = word_find(u->words, st->hash, t + st->word, st->word_len)) &&
	       w->kind == W_PREFIX) {
		size_t p = st->args;

		if (p >= st->args_end || !scan_is_word(t[p])) {
			*prefix = true;
			return false;
		}
		st->word = p;
		while (p < st->args_end && scan_is_word(t[p]))
			p++;
		st->word_len = p - st->word;
		st->hash = word_hash(t + st->word, st->word_len);
		p = scan_blanks(t, u->size, p);
		st->args = p < st->args_end ? p : st->args_end;
	}
	if (memchr(t + st->word, '\\', st->word_len) ||
	    unit_macro(u, st->hash, st->word, st->word_len))
		return false;
	if (w && w->kind == W_MNEMONIC)
		op = words_op(u->words, w->code, t, st->args, st->args_end, f->syntax);
	insn_fill(u, insn, op, st->word, st->word_len, st->args, st->args_end);
	return true;
}

/* A directive that is exactly one instruction of the op table. */
static bool read_bytes(struct burn *b, const struct stmt *st,
		       struct rule_insn *insn)
{
	const char *t = b->u->text;
	uint8_t bytes[BYTES_MAX];
	size_t len, n = bytes_of_directive(t + st->word, st->word_len, t,
					   st->args, st->args_end, bytes,
					   sizeof(bytes));
	enum ab_op op = n ? bytes_op(bytes, n, b->bits, &len) : AB_OP_NONE;

	if (op == AB_OP_NONE || len != n)
		return false;
	insn_fill(b->u, insn, op, st->word, st->word_len, st->args, st->args_end);
	insn->raw = true;
	return true;
}

bool follow_next(struct burn *b, struct follow *f, struct rule_insn *insn,
		 size_t *end)
{
	struct stmt st;
	bool prefix;

	for (;;) {
		const struct word *w;

		switch (scan_next(&f->sc, &st)) {
		case ST_LABEL:
			if (!f->labels && label_referred(b, &st))
				return false;
			continue;
		case ST_MARKER:
			continue;
		case ST_DIRECTIVE:
			w = word_find(f->u->words, st.hash,
				      f->u->text + st.word, st.word_len);
			if (w && (w->code == D_QUIET || w->code == D_TYPE ||
				  w->code == D_SIZE))
				continue;
			if (!w || w->code != D_BYTES ||
			    !read_bytes(b, &st, insn))
				return false;
			*end = st.args_end;
			return true;
		case ST_INSN:
			if (read_insn(f, &st, insn, &prefix)) {
				*end = st.args_end;
				return true;
			}
			if (prefix)
				continue;
			return false;
		default:
			return false;
		}
	}
}

static bool is_one_of(const struct rule_insn *i, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == i->mnemonic_len &&
		    !memcmp(*list, i->mnemonic, i->mnemonic_len))
			return true;
	return false;
}

/* Does the instruction load the stack pointer? */
static bool loads_stack(const struct rule_insn *i, struct syntax sx)
{
	static const char *const other[] = { "leave", "leavel", "leaveq", "enter",
					     NULL };
	static const char *const sp[] = { "esp", "rsp", "sp", NULL };
	const char *s = i->operands;
	size_t n = i->operands_len, from = 0, to = n;

	if (is_one_of(i, other))
		return true;
	if (i->mnemonic_len < 3 ||
	    (memcmp(i->mnemonic, "mov", 3) && memcmp(i->mnemonic, "pop", 3) &&
	     memcmp(i->mnemonic, "lea", 3) && memcmp(i->mnemonic, "xch", 3)))
		return false;
	if (sx.intel)
		to = scan_item(s, 0, n);
	else
		for (size_t p = 0; (p = scan_item(s, p, n)) < n;)
			from = ++p;
	while (from < to && (s[from] == ' ' || s[from] == '\t' || s[from] == '%'))
		from++;
	while (to > from && (s[to - 1] == ' ' || s[to - 1] == '\t'))
		to--;
	for (size_t k = 0; sp[k]; k++)
		if (to - from == strlen(sp[k]) &&
		    !strncasecmp(s + from, sp[k], to - from))
			return true;
	return false;
}

bool follow_harmless(struct burn *b, size_t end, bool stack)
{
	static const char *const wait[] = { "ret", "retl", "retq", "retw", "mwaitx",
					    "uiret", NULL };
	struct follow f = { .u = b->u, .syntax = b->syntax, .labels = true,
			    .sc = { .text = b->u->text, .size = b->u->size,
				    .pos = end } };
	struct rule_insn i;
	size_t next;

	/* Unseen: a sti traps by itself, but a load of %ss is silent and needs its
	 * pad; a load of the stack pointer would stand where we can see it. */
	if (!follow_next(b, &f, &i, &next))
		return stack;
	if (loads_stack(&i, b->syntax))
		return false;
	if (stack)
		return true;
	switch (i.op) {
	case AB_OP_HLT: case AB_OP_MWAIT: case AB_OP_SYSEXIT: case AB_OP_SYSRET:
	case AB_OP_IRET: case AB_OP_FAR_RET: case AB_OP_UMWAIT: case AB_OP_TPAUSE:
		return false;
	default:
		return !is_one_of(&i, wait);
	}
}
