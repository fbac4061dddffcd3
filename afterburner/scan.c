// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Statements of GNU as for x86, found by one pass over the bytes.
 *
 * What as does, and so this does: ';' and newline end a statement, also a
 * newline inside a block comment; '#' begins a comment anywhere, '/' only where
 * a statement would begin; "# 12" in the first column is a line marker; a
 * string may run over a newline; 'c is a character, with or without a closing
 * quote.  Bodies of macros are cut in the same way: as scrubs them, too.
 */
#include "config.h"
#include "afterburner/scan.h"

enum {
	C_WORD = 1,		/* part of a symbol */
	C_BLANK = 2,
	C_STOP = 4,		/* operands: look closer */
};

static const uint8_t class_of[256] = {
	['\0'] = C_STOP, ['\n'] = C_STOP, [';'] = C_STOP, ['"'] = C_STOP,
	['\''] = C_STOP, ['#'] = C_STOP, ['/'] = C_STOP,
	[' '] = C_BLANK, ['\t'] = C_BLANK, ['\r'] = C_BLANK,
	['0' ... '9'] = C_WORD, ['a' ... 'z'] = C_WORD, ['A' ... 'Z'] = C_WORD,
	['_'] = C_WORD, ['.'] = C_WORD, ['$'] = C_WORD, ['\\'] = C_WORD,
	['@'] = C_WORD, [0x80 ... 0xff] = C_WORD,
};

bool scan_is_word(unsigned char c)
{
	return class_of[c] & C_WORD;
}

uint32_t word_hash(const char *s, size_t len)
{
	uint32_t h = WORD_HASH_INIT;

	for (size_t i = 0; i < len; i++)
		h = word_hash_step(h, s[i]);
	return h;
}

static bool is_blank(char c)
{
	return class_of[(unsigned char)c] & C_BLANK;
}

static void fail(struct scanner *s, size_t at, const char *what)
{
	if (!s->error) {
		s->error = what;
		s->error_at = at;
	}
}

/* Behind the block comment that begins at (pos); *newline tells whether it
 * held one.  Returns 0 when it does not end. */
static size_t skip_comment(const char *t, size_t size, size_t pos, bool *newline)
{
	*newline = false;
	for (pos += 2; pos + 1 < size; pos++) {
		if (t[pos] == '\n')
			*newline = true;
		else if (t[pos] == '*' && t[pos + 1] == '/')
			return pos + 2;
	}
	return 0;
}

size_t scan_blanks(const char *t, size_t size, size_t pos)
{
	for (;;) {
		bool newline;
		size_t next;

		while (is_blank(t[pos]))
			pos++;
		if (t[pos] != '/' || t[pos + 1] != '*')
			return pos;
		next = skip_comment(t, size, pos, &newline);
		if (!next || newline)
			return pos;
		pos = next;
	}
}

static size_t line_end(const struct scanner *s, size_t pos)
{
	while (pos < s->size && s->text[pos] != '\n')
		pos++;
	return pos;
}

/* Behind the string whose opening quote is at (pos). */
static size_t skip_string(struct scanner *s, size_t pos)
{
	const char *t = s->text;
	size_t open = pos;

	for (pos++; pos < s->size; pos++) {
		if (t[pos] == '"')
			return pos + 1;
		if (t[pos] == '\\' && pos + 1 < s->size)
			pos++;
	}
	fail(s, open, "unterminated string");
	return s->size;
}

/* Behind the character constant whose quote is at (pos). */
static size_t skip_char(const struct scanner *s, size_t pos)
{
	const char *t = s->text;

	pos++;
	if (pos < s->size && t[pos] == '\\')
		pos++;
	if (pos < s->size && t[pos] != '\n')
		pos++;
	if (pos < s->size && t[pos] == '\'')
		pos++;
	return pos;
}

/*
 * To the start of the next statement: separators, blanks, comments.  Returns
 * false at the end, and sets *marker at a line marker.
 */
static bool skip_between(struct scanner *s, bool *marker)
{
	const char *t = s->text;
	size_t pos = s->pos;

	*marker = false;
	while (pos < s->size) {
		unsigned char c = t[pos];

		if (class_of[c] & C_WORD)
			break;
		if ((class_of[c] & C_BLANK) || c == '\n' || c == ';') {
			pos++;
		} else if (c == '#') {
			size_t p = pos + 1;

			while (t[p] == ' ' || t[p] == '\t')
				p++;
			if ((!pos || t[pos - 1] == '\n') &&
			    t[p] >= '0' && t[p] <= '9') {
				*marker = true;
				break;
			}
			pos = line_end(s, pos);
		} else if (c == '/' && t[pos + 1] == '*') {
			bool newline;
			size_t next = skip_comment(t, s->size, pos, &newline);

			if (!next) {
				fail(s, pos, "unterminated comment");
				next = s->size;
			}
			pos = next;
		} else if (c == '/') {
			pos = line_end(s, pos);
		} else {
			break;
		}
	}
	s->pos = pos;
	return pos < s->size;
}

static bool all_blank(const char *t, size_t from, size_t to)
{
	while (from < to && is_blank(t[from]))
		from++;
	return from >= to;
}

/*
 * Operands from st->args to the end of the statement.  (note) is where the
 * last block comment begins, (after) where it ends: comments that trail are not
 * part of the operands.
 */
static void scan_operands(struct scanner *s, struct stmt *st)
{
	const char *t = s->text;
	size_t pos = st->args, note = 0, after = 0;
	bool newline = false;

	for (;;) {
		unsigned char c = t[pos];

		if (!(class_of[c] & C_STOP)) {
			pos++;
		} else if (c == '"') {
			pos = skip_string(s, pos);
		} else if (c == '\'') {
			pos = skip_char(s, pos);
		} else if (c == '/' && t[pos + 1] == '*') {
			if (!after || !all_blank(t, after, pos))
				note = pos;
			after = skip_comment(t, s->size, pos, &newline);
			if (!after) {
				fail(s, pos, "unterminated comment");
				after = s->size;
			}
			pos = after;
			if (newline)
				break;
		} else if (c == '/') {
			pos++;
		} else if (c == '\0' && pos < s->size) {
			fail(s, pos, "NUL byte outside of strings and comments");
			pos++;
		} else {
			break;
		}
	}
	st->end = newline ? note : pos;
	s->pos = t[pos] == '#' && !newline ? line_end(s, pos) : pos;
	if (after && all_blank(t, after, pos))
		pos = note;
	while (pos > st->args && is_blank(t[pos - 1]))
		pos--;
	st->args_end = pos;
}

/* The word at st->start: sets word, word_len, hash; returns where it ends. */
static size_t scan_word(struct scanner *s, struct stmt *st)
{
	const char *t = s->text;
	size_t pos = st->start;
	uint32_t h = WORD_HASH_INIT;

	st->quoted = t[pos] == '"';
	st->macro = false;
	if (st->quoted) {
		pos = skip_string(s, pos);
		st->word = st->start + 1;
		st->word_len = pos - st->word - (pos > st->word &&
						 t[pos - 1] == '"');
		st->hash = 0;
		return pos;
	}
	st->word = pos;
	for (;;) {
		unsigned char c = t[pos];

		if (!(class_of[c] & C_WORD))
			break;
		if (c == '\\') {
			st->macro = true;
			if (t[pos + 1] == '(' && t[pos + 2] == ')')
				pos += 2;
		}
		h = word_hash_step(h, c);
		pos++;
	}
	st->word_len = pos - st->word;
	st->hash = h;
	return pos;
}

enum stmt_kind scan_next(struct scanner *s, struct stmt *st)
{
	const char *t = s->text;
	bool marker;
	size_t pos;

	if (!skip_between(s, &marker))
		return st->kind = s->error ? ST_ERROR : ST_END;
	st->start = st->word = s->pos;
	st->word_len = 0;
	if (marker) {
		st->args = s->pos + 1;
		st->args_end = st->end = s->pos = line_end(s, s->pos);
		return st->kind = ST_MARKER;
	}
	if (!(class_of[(unsigned char)t[s->pos]] & C_WORD) && t[s->pos] != '"') {
		st->quoted = st->macro = false;
		st->hash = 0;
		st->args = s->pos;
		st->kind = ST_OTHER;
		scan_operands(s, st);
		return s->error ? (st->kind = ST_ERROR) : st->kind;
	}
	pos = scan_word(s, st);
	if (is_blank(t[pos]) || t[pos] == '/')
		pos = scan_blanks(t, s->size, pos);
	if (t[pos] == ':') {
		st->args = st->args_end = pos;
		st->end = s->pos = pos + 1;
		return st->kind = s->error ? ST_ERROR : ST_LABEL;
	}
	st->kind = t[pos] == '=' ? ST_ASSIGN : st->quoted ? ST_OTHER :
		t[st->word] == '.' ? ST_DIRECTIVE : ST_INSN;
	st->args = pos;
	scan_operands(s, st);
	if (st->kind == ST_ASSIGN) {
		while (st->args < st->args_end && (t[st->args] == '=' ||
						   is_blank(t[st->args])))
			st->args++;
	}
	/* a bare word ends where the word does, whatever blanks follow */
	if (st->args_end <= st->args && st->kind != ST_ASSIGN)
		st->args = st->args_end = st->word + st->word_len + st->quoted;
	return s->error ? (st->kind = ST_ERROR) : st->kind;
}

size_t scan_item(const char *t, size_t pos, size_t end)
{
	struct scanner s = { .text = t, .size = end };
	int depth = 0;

	while (pos < end) {
		switch (t[pos]) {
		case '(': case '[': case '{':
			depth++;
			break;
		case ')': case ']': case '}':
			depth--;
			break;
		case ',':
			if (depth <= 0)
				return pos;
			break;
		case '"':
			pos = skip_string(&s, pos);
			continue;
		case '\'':
			pos = skip_char(&s, pos);
			continue;
		case '/':
			if (pos + 1 < end && t[pos + 1] == '*') {
				bool newline;
				size_t next = skip_comment(t, end, pos, &newline);

				pos = next ? next : end;
				continue;
			}
			break;
		}
		pos++;
	}
	return end;
}
