// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The scan: one pass over all statements that keeps what later steps need and
 * drops the rest, which is nearly everything.  No state is followed here but
 * the syntax (for operand order) and the nesting (to find what does not end).
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "afterburner/bytes.h"
#include "afterburner/emit.h"
#include "afterburner/param.h"
#include "afterburner/unit.h"

struct scan {
	struct unit *u;
	struct scanner sc;
	struct syntax syntax;
	const struct word *inside;	/* NULL, ".macro" or ".rept": being read */
	uint32_t inside_at;
	unsigned depth;			/* of what is nested in it */
	unsigned macro_depth;
	uint32_t *ifs;			/* where the open .if stand */
	size_t nifs;
	int body_ifs;			/* .if without .endif in this macro's body */
	bool odd_ifs;			/* a macro opens or closes .if of others */
	bool mnemonics;			/* a macro is called like an instruction */
	uint32_t prefix_at;		/* statement of prefixes only, before this */
	unsigned nprefix;
	bool data;			/* in a section that holds no code */
	uint64_t data_stack;		/* one bit a .pushsection */
	unsigned bits;			/* 0: not found out yet */
	uint8_t raw[BYTES_MAX];		/* directives of bytes, one after another */
	size_t nraw;
	bool raw_label;			/* a label or a symbol stands among them */
	uint32_t raw_at;
	bool ended;
};

void *array_grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1) || (n && n < 16))
		return array;
	return xrealloc(array, (n ? 2 * n : 16) * size);
}

char *unit_string(struct unit *u, const char *s, size_t len)
{
	char *p;

	u->string = array_grow(u->string, u->nstring, sizeof(*u->string));
	p = xmalloc(len + 1);
	memcpy(p, s, len);
	p[len] = 0;
	return u->string[u->nstring++] = p;
}

void unit_free(struct unit *u)
{
	for (size_t i = 0; i < u->nstring; i++)
		free(u->string[i]);
	for (size_t i = 0; i < u->nsection; i++) {
		free(u->section[i].key);
		free(u->section[i].name);
	}
	free(u->string);
	free(u->section);
	free(u->event);
	free(u->macro);
	free(u->inner);
	free(u->alias);
	free(u->site);
}

unsigned unit_guess_bits(const struct unit *u)
{
	const char *t = u->text, *end = t + u->size;
	bool wide = false, narrow = false;

	for (const char *p = t; (p = memchr(p, '%', end - p)); p++) {
		char a = p[1] | 0x20, b = p[2] | 0x20;

		wide |= a == 'r' && (strchr("abcds", b) || (b >= '0' && b <= '9'));
		narrow |= a == 'e' && strchr("abcds", b);
		if (wide)
			return 64;
	}
	return narrow && !memmem(t, u->size, ".code64", 7) ? 32 : 64;
}

static struct event *event_add(struct unit *u, enum event_kind kind,
			       unsigned code, const struct stmt *st)
{
	struct event *e;

	u->event = array_grow(u->event, u->nevent, sizeof(*u->event));
	e = &u->event[u->nevent++];
	*e = (struct event){ .kind = kind, .code = code, .start = st->start,
			     .word = st->word, .word_len = st->word_len,
			     .args = st->args, .args_end = st->args_end,
			     .end = st->end };
	return e;
}

static void line_of(const struct unit *u, size_t at, struct ab_loc *loc)
{
	const char *t = u->text, *p = t, *nl;

	loc->file = u->name;
	loc->line = 1;
	while ((nl = memchr(p, '\n', t + at - p))) {
		loc->line++;
		p = nl + 1;
	}
	loc->text = p;
	loc->col = t + at - p + 1;
	nl = memchr(p, '\n', t + u->size - p);
	loc->len = (nl ? nl : t + u->size) - p;
	if (loc->len > 200)
		loc->len = loc->col < 200 ? 200 : 0;
	if (!loc->len && loc->col > 200)
		loc->text = NULL;
}

bool unit_marker_name(const struct unit *u, const struct event *e, const char **name,
		      size_t *len)
{
	const char *end = u->text + e->args_end, *p, *q;

	p = memchr(u->text + e->args, '"', e->args_end - e->args);
	if (!p)
		return false;
	for (q = ++p; q < end && *q != '"'; q++)
		q += *q == '\\' && q + 1 < end;
	if (q >= end)
		return false;
	*name = p;
	*len = q - p;
	return true;
}

/* The last line marker before (at) moves file and line. */
static void apply_marker(const struct unit *u, size_t at, struct ab_loc *loc,
			 char *buf, size_t size)
{
	const struct event *m = NULL;
	const char *t = u->text, *p, *name;
	unsigned long line, here = 0;
	size_t len;

	for (size_t i = 0; i < u->nevent && u->event[i].start < at; i++)
		if (u->event[i].kind == EV_MARKER)
			m = &u->event[i];
	if (!m)
		return;
	line = strtoul(t + m->args, NULL, 10);
	if (!unit_marker_name(u, m, &name, &len) || !len)
		return;
	for (p = t + m->end + 1; p < t + at &&
	     (p = memchr(p, '\n', t + at - p)); p++)
		here++;
	loc->line = line + here;
	snprintf(buf, size, "%.*s", (int)len, name);
	loc->file = buf;
}

void unit_diag(struct unit *u, enum ab_severity sev, size_t at,
	       const char *category, const char *fmt, ...)
{
	struct ab_loc loc;
	char file[1024];
	va_list ap;

	if (at > u->size)
		at = u->size;
	line_of(u, at, &loc);
	apply_marker(u, at, &loc, file, sizeof(file));
	va_start(ap, fmt);
	diag_vat(sev, &loc, category, fmt, ap);
	va_end(ap);
	if (sev == AB_ERROR)
		u->errors = true;
}

static bool begins(const char *t, const struct stmt *st, const char *with)
{
	size_t len = strlen(with), at = st->args + (t[st->args] == '"');

	return st->args_end - at >= len && !memcmp(t + at, with, len);
}

static void own_output(struct unit *u, size_t at)
{
	unit_diag(u, AB_ERROR, at, NULL, "this is afterburner's own output: give "
		  "it the original assembly");
}

static struct text_word first_word(const struct unit *u, size_t pos, size_t end)
{
	size_t p = pos;

	while (p < end && scan_is_word(u->text[p]))
		p++;
	return (struct text_word){ .pos = pos, .len = p - pos,
				   .hash = word_hash(u->text + pos, p - pos) };
}

/* Does the macro (name) hide an instruction that may be a site? */
static bool is_mnemonic(const struct unit *u, const struct text_word *name)
{
	const struct word *w = word_find(u->words, name->hash, u->text + name->pos,
					 name->len);

	return u->plain || (w && (w->kind == W_MNEMONIC || w->kind == W_PREFIX));
}

/* A body defines or purges a macro: nobody knows when. */
static void macro_inner(struct scan *s, const struct stmt *st)
{
	struct unit *u = s->u;
	struct text_word name = first_word(u, st->args, st->args_end);

	if (!is_mnemonic(u, &name))
		return;
	s->mnemonics = true;
	u->inner = array_grow(u->inner, u->ninner, sizeof(*u->inner));
	u->inner[u->ninner++] = name;
}

static void macro_purge(struct scan *s, const struct stmt *st)
{
	struct text_word name = first_word(s->u, st->args, st->args_end);
	struct macro *m = unit_macro(s->u, name.hash, name.pos, name.len);

	if (!m)
		return;
	m->purged = !s->nifs;
	m->unsure |= s->nifs > 0;
}

static void macro_begin(struct scan *s, const struct stmt *st)
{
	struct unit *u = s->u;
	const char *t = u->text;
	struct text_word name = first_word(u, st->args, st->args_end);
	size_t p = name.pos + name.len;
	struct macro *m, *older;

	u->macro = array_grow(u->macro, u->nmacro, sizeof(*u->macro));
	older = unit_macro(u, name.hash, name.pos, name.len);
	m = &u->macro[u->nmacro++];
	*m = (struct macro){ .name = name.pos, .name_len = name.len,
			     .hash = name.hash,
			     .params = p, .params_end = st->args_end,
			     .body = st->end, .event = u->nevent,
			     .again = older != NULL, .unsure = s->nifs > 0 };
	if (older)
		older->again = true;
	s->mnemonics |= is_mnemonic(u, &name);
	/* defaults count as arguments */
	u->calls |= memchr(t + p, '=', st->args_end - p) != NULL;
	u->hidden |= memchr(t + st->args, '\\', p - st->args) != NULL;
	m->next = u->macro_slot[m->hash & 63];
	u->macro_slot[m->hash & 63] = u->nmacro;
}

void unit_warn(struct unit *u, enum warning w, size_t at, const char *text)
{
	if (u->opt->warnings >> w & 1)
		unit_diag(u, u->opt->werror ? AB_ERROR : AB_WARNING, at,
			  warning_name(w), "%s", text);
}

/* Nesting of bodies that as reads without looking into them. */
static void track_body(struct scan *s, const struct word *w,
		       const struct stmt *st)
{
	struct unit *u = s->u;
	bool macro = s->inside->code == D_MACRO;

	if (w->code == D_MACRO) {
		s->macro_depth++;
		u->hidden = true;
	}
	if (w->code == D_MACRO || w->code == D_PURGEM)
		macro_inner(s, st);
	if (w->code == D_ENDM && s->macro_depth)
		s->macro_depth--;
	if (macro ? w->code == D_MACRO :
	    w->code == D_REPT || w->code == D_IRP) {
		s->depth++;
	} else if (w->code == (macro ? D_ENDM : D_ENDR)) {
		if (s->depth--)
			return;
		s->odd_ifs |= s->body_ifs != 0;
		if (macro) {
			u->macro[u->nmacro - 1].body_end = st->start;
			u->macro[u->nmacro - 1].event_end = u->nevent - 1;
		}
		s->inside = NULL;
	} else if (w->code == D_IF || w->code == D_ENDIF) {
		s->body_ifs += w->code == D_IF ? 1 : -1;
	}
}

static void track_open(struct scan *s, const struct word *w,
		       const struct stmt *st)
{
	switch (w->code) {
	case D_MACRO:
		macro_begin(s, st);
		s->macro_depth++;
		/* fall through */
	case D_REPT:
	case D_IRP:
		s->inside = w;
		s->inside_at = st->start;
		s->depth = 0;
		s->body_ifs = 0;
		break;
	case D_IF:
		if (begins(s->u->text, st, ".Lab_t0"))
			own_output(s->u, st->start);
		s->ifs = array_grow(s->ifs, s->nifs, sizeof(*s->ifs));
		s->ifs[s->nifs++] = st->start;
		break;
	case D_ENDIF:
		s->nifs -= s->nifs > 0;
		break;
	case D_PURGEM:
		macro_purge(s, st);
		break;
	case D_END:
		s->ended = !s->nifs;
		break;
	}
}

/* Does .section's operand name a section for data?  One without flags may be
 * known from before: only names that everybody gives to data count then. */
static bool names_data(const char *t, const struct stmt *st)
{
	static const char *const data[] = {
		".data", ".rodata", ".bss", ".tdata", ".tbss", ".debug", ".note",
		".comment", ".eh_frame", ".gcc_except_table", ".gnu", "__",
	};
	size_t len = st->args_end - st->args;
	const char *flags = memchr(t + st->args, ',', len);

	if (flags && (flags = memchr(flags, '"', t + st->args_end - flags)))
		return !memchr(flags, 'x', t + st->args_end - flags);
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		if (begins(t, st, data[i]) &&
		    !memmem(t + st->args, len, "text", 4))
			return true;
	return false;
}

/* Roughly: may instructions stand here?  Only to pass by data quickly. */
static void track_data(struct scan *s, const struct word *w,
		       const struct stmt *st)
{
	const char *t = s->u->text;

	switch (w->code) {
	case D_PUSHSECTION:
		s->data_stack = s->data_stack << 1 | s->data;
		/* fall through */
	case D_SECTION:
		s->data = names_data(t, st);
		break;
	case D_POPSECTION:
		s->data = s->data_stack & 1;
		s->data_stack >>= 1;
		break;
	case D_TEXT: case D_PREVIOUS:
		s->data = false;
		break;
	case D_DATA: case D_BSS: case D_ABSOLUTE:
		s->data = true;
		break;
	case D_CODE16: s->bits = 16; break;
	case D_CODE32: s->bits = 32; break;
	case D_CODE64: s->bits = 64; break;
	}
}

static struct event *add_raw(struct scan *s, const struct stmt *st, enum ab_op op)
{
	struct event *e = event_add(s->u, EV_SITE, op, st);

	e->raw = true;
	s->u->candidates = true;
	return e;
}

/* One directive that is several instructions, one at least of them sensitive,
 * the others no-ops: none can be a site, but they are listed. */
static void scan_several(struct scan *s, const struct stmt *st, const uint8_t *b,
			 size_t n)
{
	for (int look = 1; look >= 0; look--)
		for (size_t at = 0, len; at < n; at += len) {
			enum ab_op op = bytes_op(b + at, n - at, s->bits, &len);

			if (op != AB_OP_NONE && !look)
				add_raw(s, st, op)->doubt = DOUBT_SEVERAL;
			else if (op == AB_OP_NONE && b[at] == 0x90)
				len = 1;
			else if (op == AB_OP_NONE)
				return;		/* unknown: data, as likely as not */
		}
}

/* How many of the bytes are prefixes of what follows. */
static void scan_prefixes(struct scan *s, const struct stmt *st, const uint8_t *b,
			  size_t n)
{
	size_t prefixes = 0;

	while (prefixes < n && bytes_is_prefix(b[prefixes], s->bits))
		prefixes++;
	if (prefixes < n)
		s->nprefix = 0;
	else if (!s->nprefix++)
		s->prefix_at = st->start;
}

/* The op of the directives of bytes up to here, or of this one (b, n) alone, which
 * comes first where a label parts it from the others. */
static enum ab_op raw_op(struct scan *s, const struct stmt *st, const uint8_t *b, size_t n)
{
	size_t len = 0, alone = 0;
	enum ab_op op = bytes_op(s->raw, s->nraw, s->bits, &len);
	enum ab_op own = bytes_op(b, n, s->bits, &alone);

	if (len != s->nraw)
		op = AB_OP_NONE;
	if (own == AB_OP_NONE || alone != n || (op != AB_OP_NONE && !s->raw_label))
		return op;
	s->raw_at = st->start;
	s->raw_label = false;
	return own;
}

/* Bytes in code: a prefix of what follows, or a sensitive instruction. */
static void scan_bytes(struct scan *s, const struct stmt *st)
{
	struct unit *u = s->u;
	uint8_t b[BYTES_MAX];
	struct event *e;
	enum ab_op op;
	size_t n;

	n = s->data ? 0 :
		bytes_of_directive(u->text + st->word, st->word_len, u->text,
				   st->args, st->args_end, b, sizeof(b));
	if (!n && s->nraw && !s->data) {	/* a symbol in an instruction of bytes */
		n = bytes_count(u->text + st->word, st->word_len, u->text, st->args,
				st->args_end);
		memset(b, 0, sizeof(b));
		s->raw_label = true;
	}
	if (!n || n > sizeof(b) || s->nraw + n > sizeof(s->raw)) {
		s->nraw = s->nprefix = 0;
		return;
	}
	if (!s->bits)
		s->bits = u->opt->bits ? u->opt->bits : unit_guess_bits(u);
	if (!s->nraw)
		s->raw_at = st->start;
	s->raw_label &= s->nraw > 0;
	memcpy(s->raw + s->nraw, b, n);
	s->nraw += n;
	op = raw_op(s, st, b, n);
	scan_prefixes(s, st, b, n);
	if (op == AB_OP_NONE) {
		scan_several(s, st, b, n);
		return;
	}
	e = add_raw(s, st, op);
	e->start = s->raw_at;
	e->doubt = s->raw_label ? DOUBT_LABEL : DOUBT_NONE;
	s->nraw = 0;
}

static const struct alias *find_alias(const struct unit *u, size_t pos, size_t end)
{
	for (size_t i = u->nalias; i-- > 0;)
		if (u->alias[i].name.len == end - pos &&
		    !memcmp(u->text + u->alias[i].name.pos, u->text + pos, end - pos))
			return &u->alias[i];
	return NULL;
}

/* (name) = what stands at (pos): a register that matters? */
static void scan_set(struct scan *s, struct text_word name, size_t pos, size_t end)
{
	struct unit *u = s->u;
	const struct alias *other;

	pos = scan_blanks(u->text, end, pos);
	other = find_alias(u, pos, end);
	if (!other && !words_register(u->text, pos, end, s->syntax.noprefix))
		return;
	u->alias = array_grow(u->alias, u->nalias, sizeof(*u->alias));
	if (other)	/* may have moved */
		other = find_alias(u, pos, end);
	u->alias[u->nalias++] = (struct alias){
		.name = name, .reg = other ? other->reg : pos,
		.reg_end = other ? other->reg_end : end,
	};
}

/* The op of the statement (st) with registers in place of symbols for them. */
static enum ab_op op_by_alias(const struct scan *s, const struct stmt *st,
			      unsigned row)
{
	struct unit *u = s->u;
	struct buf b = { 0 };
	enum ab_op op = AB_OP_NONE;
	bool found = false;

	for (size_t p = st->args, end; u->nalias && p < st->args_end; p = end + 1) {
		const struct alias *a;
		size_t from = scan_blanks(u->text, st->args_end, p), to;

		to = end = scan_item(u->text, p, st->args_end);
		while (to > from && (u->text[to - 1] == ' ' || u->text[to - 1] == '\t'))
			to--;
		a = find_alias(u, from, to);
		found |= a != NULL;
		buf_put(&b, u->text + (a ? a->reg : from),
			a ? a->reg_end - a->reg : to - from);
		buf_put(&b, ",", 1);
	}
	if (found)
		op = words_op(u->words, row, b.p, 0, b.len - 1, s->syntax);
	free(b.p);
	return op;
}

static void scan_directive(struct scan *s, const struct stmt *st)
{
	struct unit *u = s->u;
	const struct word *w;

	w = word_find(u->words, st->hash, u->text + st->word, st->word_len);
	if (!w || w->kind != W_DIRECTIVE) {
		s->nprefix = s->nraw = 0;
		return;
	}
	if (w->code == D_QUIET)
		return;
	if (w->code == D_SET) {
		size_t comma = scan_item(u->text, st->args, st->args_end);

		if (comma < st->args_end)
			scan_set(s, first_word(u, st->args, comma), comma + 1,
				 st->args_end);
		return;
	}
	if (w->code == D_BYTES) {
		scan_bytes(s, st);
		return;
	}
	s->nprefix = s->nraw = 0;
	if (w->code == D_INTEL || w->code == D_ATT)
		syntax_set(&s->syntax, w->code, u->text + st->args,
			   st->args_end - st->args);
	u->altmacro |= w->code == D_ALTMACRO;
	u->hidden |= w->code == D_INCLUDE;
	if (w->code == D_INCLUDE)
		unit_warn(u, WARN_INCLUDE, st->start, "the file that is included "
			  "here is not afterburned: include it by the C "
			  "preprocessor");
	track_data(s, w, st);
	event_add(u, EV_DIRECTIVE, w->code, st);
	if (s->inside)
		track_body(s, w, st);
	else
		track_open(s, w, st);
}

struct macro *unit_macro(const struct unit *u, uint32_t hash, size_t word,
			 size_t word_len)
{
	for (uint32_t i = u->macro_slot[hash & 63]; i; i = u->macro[i - 1].next) {
		struct macro *m = &u->macro[i - 1];

		if (m->hash == hash && m->name_len == word_len &&
		    !strncasecmp(u->text + m->name, u->text + word, word_len))
			return m;
	}
	return NULL;
}

/* A macro's argument stands in the statement: it may make it sensitive. */
static void add_maybe(struct scan *s, const struct stmt *st, size_t first)
{
	struct event *e = event_add(s->u, EV_MAYBE, 0, st);

	e->start = s->nprefix ? s->prefix_at : first;
	s->u->maybe = true;
}

static void scan_candidate(struct scan *s, const struct stmt *st,
			   const struct word *w, size_t first)
{
	struct unit *u = s->u;
	enum doubt doubt = DOUBT_NONE;
	struct event *e;
	enum ab_op op;

	op = w && w->kind == W_MNEMONIC ?
		words_op(u->words, w->code, u->text, st->args, st->args_end, s->syntax) :
		AB_OP_NONE;
	if (op == AB_OP_NONE && u->nalias && w && w->kind == W_MNEMONIC &&
	    (op = op_by_alias(s, st, w->code)) != AB_OP_NONE)
		doubt = DOUBT_SYMBOL;
	if (op == AB_OP_NONE && w && w->kind == W_MNEMONIC && s->inside &&
	    (u->altmacro ||
	     memchr(u->text + st->args, '\\', st->args_end - st->args))) {
		add_maybe(s, st, first);
		return;
	}
	if (op == AB_OP_NONE &&
	    !(u->plain && rules_wants(u->rules, AB_OP_NONE, u->text + st->word,
				      st->word_len)))
		return;
	e = event_add(u, EV_SITE, op, st);
	e->start = s->nprefix ? s->prefix_at : first;
	e->prefixes = s->nprefix;
	e->doubt = doubt;
	u->candidates = true;
}

/* The next word of a statement that began with a prefix; false: none. */
static bool next_word(const struct unit *u, struct stmt *st)
{
	const char *t = u->text;
	size_t p = st->args;
	uint32_t h = WORD_HASH_INIT;

	if (p >= st->args_end || !scan_is_word(t[p]))
		return false;
	st->word = p;
	while (p < st->args_end && scan_is_word(t[p]))
		h = word_hash_step(h, t[p++]);
	st->word_len = p - st->word;
	st->hash = h;
	p = scan_blanks(t, u->size, p);
	st->args = p < st->args_end ? p : st->args_end;
	return true;
}

/* .altmacro: does the statement begin with a parameter without a backslash? */
static bool is_bare_param(const struct scan *s, const struct stmt *st)
{
	const struct unit *u = s->u;

	return u->altmacro && s->inside->code == D_MACRO &&
	       find_param(u, &u->macro[u->nmacro - 1], 0, u->text + st->word,
			  st->word_len).name.end;
}

static void scan_insn(struct scan *s, struct stmt *st)
{
	struct unit *u = s->u;
	size_t first = st->start;
	const struct word *w;
	const struct macro *m;

	s->nraw = 0;
	m = u->macro_slot[st->hash & 63] ?
		unit_macro(u, st->hash, st->word, st->word_len) : NULL;
	if (m && !s->inside && m->purged)
		m = NULL;
	if (m) {
		event_add(u, EV_CALL, m - u->macro, st)->body = s->inside;
		u->calls |= st->args < st->args_end;
		if (!s->mnemonics || (!s->inside && !m->unsure)) {
			s->nprefix = 0;
			return;
		}
		/* or an instruction: resolve_words() decides */
	} else if (!st->macro &&
		   (s->macro_depth || (u->hidden && st->args < st->args_end)))
		event_add(u, EV_WORD, s->macro_depth > 0, st);
	while ((w = word_find(u->words, st->hash, u->text + st->word,
			      st->word_len)) && w->kind == W_PREFIX) {
		if (next_word(u, st))
			continue;
		if (!s->nprefix++)
			s->prefix_at = first;
		return;
	}
	if (s->inside && (st->macro || is_bare_param(s, st)))
		add_maybe(s, st, first);
	else if (u->plain || (w && w->kind == W_MNEMONIC))
		scan_candidate(s, st, w, first);
	if (st->macro && s->macro_depth && u->text[st->word] == '\\')
		event_add(u, EV_ARG, 0, st);
	s->nprefix = 0;
}

/* "{disp32} insn": go on behind the brace. */
static void scan_other(struct scan *s, struct stmt *st)
{
	const char *t = s->u->text;
	const char *close;
	size_t p;

	if (t[st->args] != '{')
		return;
	close = memchr(t + st->args, '}', st->args_end - st->args);
	if (!close)
		return;
	p = scan_blanks(t, s->u->size, close + 1 - t);
	st->args = p < st->args_end ? p : st->args_end;
	if (st->args < st->args_end && t[st->args] == '{')
		scan_other(s, st);
	else if (next_word(s->u, st))
		scan_insn(s, st);
}

static void scan_statement(struct scan *s, struct stmt *st)
{
	struct unit *u = s->u;

	switch (st->kind) {
	case ST_LABEL:
		s->nprefix = 0;
		s->raw_label = true;
		if (u->text[st->word] == '.' && u->text[st->word + 1] == 'L')
			break;
		if (!st->quoted && u->text[st->word] >= '0' &&
		    u->text[st->word] <= '9')
			break;
		event_add(u, EV_LABEL, 0, st);
		break;
	case ST_DIRECTIVE:
		scan_directive(s, st);
		break;
	case ST_INSN:
		scan_insn(s, st);
		break;
	case ST_OTHER:
		scan_other(s, st);
		break;
	case ST_MARKER:
		event_add(u, EV_MARKER, 0, st);
		break;
	case ST_ASSIGN:
		if (st->word_len == 1 && u->text[st->word] == '.')
			event_add(u, EV_DIRECTIVE, D_ORG, st);
		scan_set(s, first_word(u, st->word, st->word + st->word_len),
			 st->args, st->args_end);
		/* fall through */
	default:
		s->nprefix = s->nraw = 0;
		break;
	}
}

/* Is it unknown when macros have the name of (m)? */
static bool name_is_unsure(const struct unit *u, const struct macro *m)
{
	for (size_t i = 0; i < u->nmacro; i++)
		if ((u->macro[i].unsure || u->macro[i].purged) &&
		    same_macro(u, &u->macro[i], m))
			return true;
	return false;
}

static bool is_inner(const struct unit *u, const struct event *e)
{
	for (size_t i = 0; i < u->ninner; i++)
		if (u->inner[i].len == e->word_len &&
		    !strncasecmp(u->text + u->inner[i].pos, u->text + e->word,
				 e->word_len))
			return true;
	return false;
}

/* Some macros are called like instructions: which instructions are none? */
static void resolve_mnemonics(struct unit *u)
{
	for (size_t i = 0; i < u->nevent; i++) {
		struct event *e = &u->event[i], *call = i ? e - 1 : NULL;

		if (e->kind != EV_SITE && e->kind != EV_MAYBE)
			continue;
		if (call && (call->kind != EV_CALL || call->end != e->end))
			call = NULL;
		if (is_inner(u, call ? call : e) ||
		    (call && name_is_unsure(u, &u->macro[call->code])))
			e->doubt = DOUBT_MACRO;
		else if (call)
			e->kind = EV_WORD;
	}
}

/* What the words turn out to be, now that all macros are known. */
static void resolve_words(struct unit *u)
{
	for (size_t i = 0; i < u->nevent; i++) {
		struct event *e = &u->event[i], *next = e + 1;
		bool insn = i + 1 < u->nevent && next->start == e->start &&
			(next->kind == EV_SITE || next->kind == EV_MAYBE);
		const struct macro *m = NULL;

		if (e->kind != EV_WORD)
			continue;
		if (e->code)
			m = unit_macro(u, word_hash(u->text + e->word, e->word_len),
				       e->word, e->word_len);
		if (!m && (insn || !u->hidden || e->args >= e->args_end))
			continue;
		e->kind = EV_CALL;
		e->code = m ? m - u->macro : MACRO_UNKNOWN;
		e->body = true;
		u->calls |= e->args < e->args_end;
		/* when the body is expanded, the macro may not be defined yet */
		if (insn)
			next->doubt = DOUBT_MACRO;
	}
}

int unit_scan(struct unit *u)
{
	struct scan s = { .u = u, .syntax = u->syntax,
			  .sc = { .text = u->text, .size = u->size } };
	struct stmt st;

	if (u->size >= UINT32_MAX - 16) {
		error("%s: larger than 4 GiB", u->name);
		return -1;
	}
	if (u->size >= sizeof(UNIT_MARK) - 1 &&
	    !memcmp(u->text, UNIT_MARK, sizeof(UNIT_MARK) - 1))
		own_output(u, 0);
	while (!s.ended && !u->errors && scan_next(&s.sc, &st) < ST_ERROR &&
	       st.kind != ST_END)
		scan_statement(&s, &st);
	if (s.sc.error)
		unit_diag(u, AB_ERROR, s.sc.error_at, NULL, "%s", s.sc.error);
	else if (s.inside && !u->errors)
		unit_diag(u, AB_ERROR, s.inside_at, NULL, "unterminated %s",
			  s.inside->text);
	else if (s.nifs && !s.odd_ifs && !s.ended && !u->errors)
		unit_diag(u, AB_ERROR, s.ifs[s.nifs - 1], NULL,
			  "unterminated .if");
	free(s.ifs);
	if (!u->errors && s.mnemonics)
		resolve_mnemonics(u);
	if (!u->errors && (u->nmacro || u->hidden))
		resolve_words(u);
	return u->errors ? -1 : 0;
}
