// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Output.  What is inserted stands on the site's own line, so that line numbers
 * hold:
 *
 *	20061:cli;20062:<no-ops>;20063:<entry of the note>
 *
 * Only the assembler knows how long an instruction is, so no-ops are chosen by
 * .if, and lengths are differences of labels.  Numeric labels serve every
 * expansion of a macro or .rept; their numbers occur nowhere else in the text.
 * No macros are used, since each call would change what \@ means to the input's
 * own; only a site in a macro's argument, where no quote may stand, needs one.
 *
 * A note section begins where its first site is expanded: with a label in the
 * text section that the note is linked to (the name of the section would not
 * do: names may need quotes, and need not be unique), the header, and, in
 * subsection 1 so that it comes behind all entries, the string table.  Sizes in
 * the header are differences of labels: the same text serves i386 and x86-64.
 *
 * Where the input makes as return to the name and lines of the file that it reads, a
 * line marker is inserted: that file is not the input.
 *
 * In a dynamic file .Lab_sec holds the number of the present section, .Lab_prev
 * that of the previous one, and .Lab_stk the stack of .pushsection, packed.
 */
#include "config.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/patchnote.h"
#include "afterburner/emit.h"
#include "afterburner/sect.h"

#define INT_LEN	2	/* of an int n */

struct strings {
	const char **s;
	uint32_t *offset;
	size_t n;
	uint32_t size;
};

/* A line marker to insert, at the beginning of a line. */
struct mark {
	size_t at;
	unsigned line;
};

struct emit {
	struct unit *u;
	struct buf *out;
	unsigned label;		/* site; +1 its end, +2 the end of the no-ops */
	size_t at;		/* input up to here is written */
	struct strings *strings;	/* by section; [0] for all when dynamic */
	unsigned *number;	/* of a section in a dynamic file; 0: no sites */
	unsigned bits;		/* that hold a number */
	bool *begun;		/* by section: its note's header stands already */
	struct mark *mark;
	size_t nmark, next_mark;
};

void buf_put(struct buf *b, const char *s, size_t len)
{
	if (!len)
		return;
	if (b->cap - b->len < len) {
		b->cap = (b->len + len) * 3 / 2 + 256;
		b->p = xrealloc(b->p, b->cap);
	}
	memcpy(b->p + b->len, s, len);
	b->len += len;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < sizeof(text)) {
		buf_put(b, text, n);
	} else {
		char *s = xmalloc(n + 1);

		va_start(ap, fmt);
		vsnprintf(s, n + 1, fmt, ap);
		va_end(ap);
		buf_put(b, s, n);
		free(s);
	}
}

/* "full.rules:12" as the note shows it: without the folders of this machine. */
static const char *rule_name(const char *where)
{
	static const char dir[] = "/rules/";
	const char *p = where, *last = NULL;

	while ((p = strstr(p, dir)))
		last = p += sizeof(dir) - 1;
	if (last)
		return last;
	last = strrchr(where, '/');
	return last ? last + 1 : where;
}

static uint32_t string_offset(struct strings *t, const char *s)
{
	if (!s || !*s)
		return 0;
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->s[i], s))
			return t->offset[i];
	t->s = array_grow(t->s, t->n, sizeof(*t->s));
	t->offset = array_grow(t->offset, t->n, sizeof(*t->offset));
	t->s[t->n] = s;
	t->offset[t->n++] = t->size;
	t->size += strlen(s) + 1;
	return t->offset[t->n - 1];
}

static void strings_collect(struct emit *e)
{
	struct unit *u = e->u;

	e->strings = xcalloc(u->nsection + 1, sizeof(*e->strings));
	for (size_t i = 0; i < u->nsection; i++)
		e->strings[i].size = 1;
	for (size_t i = 0; i < u->nsite; i++) {
		struct site *s = &u->site[i];
		struct strings *t = &e->strings[u->dynamic ? 0 : s->section];

		if (s->reason)
			continue;
		s->string = string_offset(t, s->rule ? rule_name(s->rule) : NULL);
		s->arg_string = string_offset(t, s->arg);
		if (s->string > 0xffff)
			s->string = 0;
	}
}

static void put_quoted(struct buf *b, const char *s, size_t len)
{
	buf_put(b, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < ' ' || c == 127)
			buf_printf(b, "\\%03o", c);
		else
			buf_put(b, s + i, 1);
	}
	buf_put(b, "\"", 1);
}

static void put_note_section(struct emit *e, size_t i, const char *subsection)
{
	const struct section *s = &e->u->section[i];

	/* the name as it was written: escapes are the assembler's */
	buf_printf(e->out, ".pushsection \"" AB_NOTE_SECTION "%.*s\",%s\"o?\","
		   "@note,.Lab_t%zu;", (int)s->name_len, s->name, subsection, i);
}

/* Begin the note of section (i), if it has not begun. */
static void put_header(struct emit *e, size_t i)
{
	const struct strings *t = &e->strings[e->u->dynamic ? 0 : i];
	struct buf *b = e->out;

	buf_printf(b, ".ifndef .Lab_t%zu;.Lab_t%zu:;", i, i);
	put_note_section(e, i, "1,");
	buf_printf(b, ".Lab_s%zu:.byte 0;", i);
	for (size_t k = 0; k < t->n; k++) {
		buf_printf(b, ".asciz ");
		put_quoted(b, t->s[k], strlen(t->s[k]));
		buf_printf(b, ";");
	}
	/* zeros as long as an address behind the strings: to measure it */
	buf_printf(b, ".balign 4;.Lab_q%zu:.dc.a 0;.Lab_e%zu:.popsection;", i, i);
	put_note_section(e, i, "");
	buf_printf(b, ".long %zu,.Lab_e%zu-.Lab_d%zu,%#x;.asciz \"%s\";"
		   ".Lab_d%zu:.word %d;"
		   ".byte .Lab_e%zu-.Lab_q%zu,.Lab_e%zu-.Lab_q%zu+%d;"
		   ".long .Lab_s%zu-.Lab_d%zu,0;.popsection;.endif;",
		   sizeof(AB_NOTE_NAME), i, i, AB_NOTE_TYPE, AB_NOTE_NAME,
		   i, AB_NOTE_VERSION, i, i, i, i, AB_NOTE_ENTRY32 - 4, i, i);
}

static void put_nops(struct buf *b, unsigned n)
{
	static const char *const nops[] = {
		"0x90", "0x66,0x90", "0x0f,0x1f,0x00", "0x0f,0x1f,0x40,0x00",
		"0x0f,0x1f,0x44,0x00,0x00", "0x66,0x0f,0x1f,0x44,0x00,0x00",
		"0x0f,0x1f,0x80,0x00,0x00,0x00,0x00",
		"0x0f,0x1f,0x84,0x00,0x00,0x00,0x00,0x00",
		"0x66,0x0f,0x1f,0x84,0x00,0x00,0x00,0x00,0x00",
	};

	for (; n; n -= n < 9 ? n : 9)
		buf_printf(b, ".byte %s;", nops[(n < 9 ? n : 9) - 1]);
}

/* No-ops up to the site's total, whatever the length of its instructions. */
static void put_pad(struct emit *e, const struct site *s)
{
	unsigned first = s->hook ? 0 : s->count, last = 15 * s->count;

	if (!s->pad || s->total <= first || s->op == AB_OP_VSYSCALL)
		return;
	if (s->hook) {
		put_nops(e->out, s->total);
		return;
	}
	if (e->u->opt->late) {
		buf_printf(e->out, ".skip -((%ub-%ub<%u)*(%u-(%ub-%ub))),0x90;",
			   e->label + 1, e->label, s->total, s->total,
			   e->label + 1, e->label);
		return;
	}
	buf_printf(e->out, ".set .Lab_n,%ub-%ub;", e->label + 1, e->label);
	for (unsigned len = first; len < s->total && len <= last; len++) {
		buf_printf(e->out, ".if .Lab_n==%u;", len);
		put_nops(e->out, s->total - len);
		buf_printf(e->out, ".endif;");
	}
}

/* Open the note: of the site's section, or of the one that the text is in. */
static void put_push(struct emit *e, const struct site *s)
{
	struct unit *u = e->u;

	if (s->section != SECTION_DYNAMIC) {
		if (!e->begun[s->section])
			put_header(e, s->section);
		e->begun[s->section] |= !s->nested;
		put_note_section(e, s->section, "");
		return;
	}
	for (size_t i = 0; i < u->nsection && i < MAX_SECTIONS; i++) {
		if (!(s->sections >> i & 1))
			continue;
		buf_printf(e->out, ".if .Lab_sec==%u;", e->number[i]);
		put_header(e, i);
		put_note_section(e, i, "");
		buf_printf(e->out, ".endif;");
	}
}

/* In which sections a dynamic site is one. */
static void put_condition(struct emit *e, const struct site *s)
{
	const char *or = "";

	buf_printf(e->out, ".if ");
	for (size_t i = 0; i < e->u->nsection && i < MAX_SECTIONS; i++) {
		if (!(s->sections >> i & 1))
			continue;
		buf_printf(e->out, "%s(.Lab_sec==%u)", or, e->number[i]);
		or = "||";
	}
	buf_printf(e->out, ";");
}

/* What follows the site: no-ops and the entry of the note. */
static void put_tail(struct emit *e, const struct site *s)
{
	struct buf *b = e->out;
	bool dynamic = s->section == SECTION_DYNAMIC;

	if (dynamic)
		put_condition(e, s);
	if (s->ifc)
		buf_printf(b, ".ifc %s;", s->ifc);
	put_pad(e, s);
	/* a label of its own: where .if is not true, as finds no .if behind one */
	buf_printf(b, "%u:;", e->label + 2);
	put_push(e, s);
	buf_printf(b, ".dc.a %ub-.;.byte %ub-%ub,%ub-%ub;.word %u;.long %#x;"
		   ".word %u;.byte %u,%u;.long %u;.popsection", e->label,
		   e->label + 1, e->label, e->label + 2, e->label, s->op,
		   s->dead, s->string, s->bits,
		   s->hook ? 0 : s->count + (s->op == AB_OP_VSYSCALL),
		   s->arg_string);
	for (const char *p = s->ifc; p; p = strstr(p + 1, ".ifc "))
		buf_printf(b, ";.endif");
	if (dynamic)
		buf_printf(b, ";.endif");
}

/* For tests: overwrite everything that is claimed to be dead.  Whoever reads it
 * afterwards proves the claim wrong. */
static void put_clobbers(struct emit *e, const struct site *s)
{
	static const char *const low[] = { "ax", "cx", "dx", "bx", "sp", "bp",
					   "si", "di" };
	const char *pre = s->bits == 64 ? "r" : "e";
	struct buf *b = e->out;

	if ((s->dead & AB_DEAD_FLAGS) == AB_DEAD_FLAGS)
		buf_printf(b, ";cmp $%d,%%%ssp", s->line % 2 ? -1 : 1, pre);
	for (int i = 0; i < 16; i++) {
		if (!(s->dead & AB_DEAD_REG(i)))
			continue;
		if (i < 8)
			buf_printf(b, ";mov $0x5a5a5a5%d,%%%s%s", i, pre, low[i]);
		else
			buf_printf(b, ";mov $0x5a5a5a%d,%%r%d", i, i);
	}
}

/* Does as return at (ev) to the file that it reads?  (named): to a name that a line
 * marker has given. */
static bool returns_to_file(const struct unit *u, const struct event *ev, bool *named)
{
	const char *args = u->text + ev->args;
	size_t len = ev->args_end - ev->args;
	const char *quote;

	if (ev->kind == EV_DIRECTIVE && ev->code == D_FILE)
		return !*named && len && args[0] == '"';
	if (ev->kind != EV_MARKER)
		return false;
	quote = memchr(args, '"', len);
	if (quote)
		*named = quote + 1 < args + len && quote[1] != '"';
	return !*named;
}

/* In a macro's body as does not return. */
static void marks_collect(struct emit *e)
{
	const struct unit *u = e->u;
	const char *p = u->text;
	unsigned line = 1, depth = 0;
	bool named = false;

	for (size_t i = 0; i < u->nevent; i++) {
		const struct event *ev = &u->event[i];
		bool opens = ev->kind == EV_DIRECTIVE && (ev->code == D_MACRO ||
					ev->code == D_REPT || ev->code == D_IRP);
		bool closes = ev->kind == EV_DIRECTIVE &&
			(ev->code == D_ENDM || ev->code == D_ENDR);

		depth += opens;
		depth -= closes && depth;
		if (depth || !returns_to_file(u, ev, &named) ||
		    ev->end >= u->size || u->text[ev->end] != '\n')
			continue;
		for (; (p = memchr(p, '\n', u->text + ev->end + 1 - p)); p++)
			line++;
		p = u->text + ev->end + 1;
		e->mark = array_grow(e->mark, e->nmark, sizeof(*e->mark));
		e->mark[e->nmark++] = (struct mark){ ev->end + 1, line };
	}
}

static void emit_begin(struct emit *e)
{
	struct unit *u = e->u;
	unsigned n = 0;

	marks_collect(e);
	e->begun = xcalloc(u->nsection + 1, sizeof(*e->begun));
	e->number = xcalloc(u->nsection + 1, sizeof(*e->number));
	strings_collect(e);
	for (size_t i = 0; u->dynamic && i < u->nsection && i < MAX_SECTIONS; i++)
		if (u->section[i].used)
			e->number[i] = ++n;
	for (e->bits = 1; n >> e->bits; e->bits++)
		;
}

static void emit_end(struct emit *e)
{
	for (size_t i = 0; i < e->u->nsection; i++) {
		free(e->strings[i].s);
		free(e->strings[i].offset);
	}
	free(e->mark);
	free(e->strings);
	free(e->number);
	free(e->begun);
}

static void put_marker(struct emit *e, unsigned line)
{
	buf_printf(e->out, "# %u ", line);
	put_quoted(e->out, e->u->name, strlen(e->u->name));
	buf_printf(e->out, "\n");
}

static void put_prologue(struct emit *e)
{
	struct unit *u = e->u;
	struct buf *b = e->out;

	buf_printf(b, UNIT_MARK ", note version %d.\n", AB_NOTE_VERSION);
	if (u->dynamic)
		buf_printf(b, ".set .Lab_sec,%u;.set .Lab_prev,%u;"
			   ".set .Lab_stk,0\n", e->number[0], e->number[0]);
	for (size_t i = 0; i < u->nsite; i++) {
		if (!u->site[i].in_argument || u->site[i].reason)
			continue;
		buf_printf(b, ".macro __ab_arg%zu\n%u:;", i, e->label + 1);
		put_tail(e, &u->site[i]);
		buf_printf(b, "\n.endm\n");
	}
	put_marker(e, 1);
}

static void copy_plain(struct emit *e, size_t to)
{
	if (to > e->at)
		buf_put(e->out, e->u->text + e->at, to - e->at);
	e->at = to;
}

/* Input up to (to). */
static void copy_to(struct emit *e, size_t to)
{
	for (; e->next_mark < e->nmark && e->mark[e->next_mark].at <= to;
	     e->next_mark++) {
		copy_plain(e, e->mark[e->next_mark].at);
		put_marker(e, e->mark[e->next_mark].line);
	}
	copy_plain(e, to);
}

static void put_tracking(struct emit *e, const struct event *ev, int section)
{
	unsigned w = e->bits, mask = (1u << w) - 1;
	struct buf *b = e->out;

	copy_to(e, ev->args_end);
	switch (ev->code) {
	case D_POPSECTION:
		buf_printf(b, ";.set .Lab_prev,.Lab_stk&%u;.set .Lab_sec,"
			   "(.Lab_stk>>%u)&%u;.set .Lab_stk,.Lab_stk>>%u",
			   mask, w, mask, 2 * w);
		return;
	case D_PREVIOUS:
		buf_printf(b, ";.set .Lab_n,.Lab_sec;.set .Lab_sec,.Lab_prev;"
			   ".set .Lab_prev,.Lab_n");
		return;
	case D_PUSHSECTION:
		buf_printf(b, ";.set .Lab_stk,(.Lab_stk<<%u)|(.Lab_sec<<%u)|"
			   ".Lab_prev", 2 * w, w);
		break;
	}
	buf_printf(b, ";.set .Lab_prev,.Lab_sec");
	if (ev->code != D_SUBSECTION)
		buf_printf(b, ";.set .Lab_sec,%u", e->number[section]);
}

static void emit_site(struct emit *e, size_t *i)
{
	struct unit *u = e->u;
	const struct site *s = &u->site[*i];

	copy_to(e, s->start);
	if (s->wrap)
		buf_printf(e->out, "\"");
	buf_printf(e->out, "%s%u:", s->hook ? ";" : "", e->label);
	if (s->op == AB_OP_VSYSCALL)	/* its no-op is part of it */
		put_nops(e->out, s->total - INT_LEN);
	copy_to(e, s->end);
	if (s->in_argument)
		buf_printf(e->out, ";__ab_arg%zu", *i);
	else
		buf_printf(e->out, "%s%u:;", s->hook ? "" : ";", e->label + 1);
	if (!s->in_argument)
		put_tail(e, s);
	/* dynamic: other rules for other sections, at the same place */
	while (!s->hook && *i + 1 < u->nsite && !u->site[*i + 1].hook &&
	       u->site[*i + 1].start == s->start) {
		++*i;
		if (s->in_argument) {
			buf_printf(e->out, ";__ab_arg%zu", *i);
		} else {
			buf_printf(e->out, ";");
			put_tail(e, &u->site[*i]);
		}
	}
	if (u->opt->clobber)
		put_clobbers(e, s);
	if (s->hook)
		buf_printf(e->out, ";");
	if (s->wrap)
		buf_printf(e->out, "\"");
}

/* Numbers that stand nowhere in the text. */
static unsigned free_label(const struct unit *u)
{
	/* nearly always: one look for what the first three have in common */
	if (!memmem(u->text, u->size, "2006", 4))
		return 20061;
	for (unsigned n = 20061;; n += 3) {
		char digits[3][16];
		int i;

		for (i = 0; i < 3; i++) {
			int len = snprintf(digits[i], 16, "%u", n + i);

			if (memmem(u->text, u->size, digits[i], len))
				break;
		}
		if (i == 3)
			return n;
	}
}

void unit_emit(struct unit *u, struct buf *out)
{
	struct emit e = { .u = u, .out = out, .label = free_label(u) };
	struct sect_state sect;
	size_t site = 0;

	out->cap = u->size + u->size / 8 + 8192;
	out->p = xrealloc(out->p, out->cap);
	emit_begin(&e);
	put_prologue(&e);
	sect_init(u, &sect);
	for (size_t i = 0; u->dynamic && i < u->nevent; i++) {
		const struct event *ev = &u->event[i];

		if (ev->kind != EV_DIRECTIVE || !sect_apply(u, &sect, ev))
			continue;
		for (; site < u->nsite && u->site[site].start < ev->start; site++)
			if (!u->site[site].reason)
				emit_site(&e, &site);
		put_tracking(&e, ev, sect.cur);
	}
	for (; site < u->nsite; site++)
		if (!u->site[site].reason)
			emit_site(&e, &site);
	copy_to(&e, u->size);
	sect_free(&sect);
	emit_end(&e);
}
