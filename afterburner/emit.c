// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Output.  What is inserted at a site is short and stays on its line, so that
 * the assembler's line numbers hold:
 *
 *	20061:cli;__ab_site 1,1,7,0,1,32,1,0
 *
 * The macros that do the work stand in front of the text, which then begins
 * with a line marker of its own.  They let the assembler measure: only it knows
 * how long an instruction is.  Numeric labels serve every expansion of a macro
 * or .rept; their numbers occur nowhere else in the text.
 *
 * A note section begins where its first site is expanded: with a label in the
 * text section that the note is linked to (the name of the section would not
 * do: names may need quotes, and need not be unique), the header, and, in
 * subsection 1 so that it comes behind all entries, the string table.  The
 * header's sizes are differences of labels: the same text serves i386 and
 * x86-64.
 */
#include "config.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/patchnote.h"
#include "afterburner/emit.h"
#include "afterburner/sect.h"

struct emit {
	struct unit *u;
	struct buf *out;
	unsigned label;		/* site; +1 its end, +2 the end of the no-ops */
	size_t at;		/* input up to here is written */
};

void buf_put(struct buf *b, const char *s, size_t len)
{
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

struct strings {
	const char **s;
	uint32_t *offset;
	size_t n;
	uint32_t size;
};

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

/* Strings of the sites in (section), or of all when the file is dynamic. */
static void strings_collect(struct unit *u, int section, struct strings *t)
{
	*t = (struct strings){ .size = 1 };
	for (size_t i = 0; i < u->nsite; i++) {
		struct site *s = &u->site[i];

		if (s->reason || (!u->dynamic && s->section != section))
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

static void put_note_section(struct buf *b, const struct section *s, int i,
			     const char *subsection)
{
	/* the name as it was written: escapes are the assembler's */
	buf_printf(b, ".pushsection \"" AB_NOTE_SECTION "%.*s\",%s\"o?\",@note,"
		   ".Lab_t%d\n", (int)s->name_len, s->name, subsection, i + 1);
}

/* __ab_push_N: begin the note of section N, or go on with it. */
static void put_push(struct emit *e, int i)
{
	const struct section *s = &e->u->section[i];
	struct buf *b = e->out;
	struct strings t;
	int n = i + 1;

	strings_collect(e->u, i, &t);
	buf_printf(b, ".macro __ab_push_%d\n.ifndef .Lab_t%d\n.Lab_t%d:\n",
		   n, n, n);
	put_note_section(b, s, i, "1,");
	buf_printf(b, ".Lab_s%d:\n.byte 0\n", n);
	for (size_t k = 0; k < t.n; k++) {
		buf_printf(b, ".asciz ");
		put_quoted(b, t.s[k], strlen(t.s[k]));
		buf_printf(b, "\n");
	}
	buf_printf(b, ".balign 4\n.Lab_e%d:\n.popsection\n", n);
	put_note_section(b, s, i, "");
	buf_printf(b, ".long %zu,.Lab_e%d-.Lab_d%d,%#x\n.asciz \"%s\"\n"
		   ".Lab_d%d:\n.word %d\n"
		   ".byte .Lab_p%d-.Lab_q%d,.Lab_p%d-.Lab_q%d+%d\n"
		   ".long .Lab_s%d-.Lab_d%d,0\n.Lab_q%d:\n"
		   ".popsection\n.endif\n",
		   sizeof(AB_NOTE_NAME), n, n, AB_NOTE_TYPE, AB_NOTE_NAME,
		   n, AB_NOTE_VERSION, n, n, n, n, AB_NOTE_ENTRY32 - 4,
		   n, n, n);
	put_note_section(b, s, i, "");
	buf_printf(b, ".dc.a %ub-.\n.ifndef .Lab_p%d\n.Lab_p%d:\n.endif\n"
		   ".endm\n", e->label, n, n);
	free(t.s);
	free(t.offset);
}

static void put_nops(struct buf *b)
{
	static const char *const nops[] = {
		"0x90", "0x66,0x90", "0x0f,0x1f,0x00", "0x0f,0x1f,0x40,0x00",
		"0x0f,0x1f,0x44,0x00,0x00", "0x66,0x0f,0x1f,0x44,0x00,0x00",
		"0x0f,0x1f,0x80,0x00,0x00,0x00,0x00",
		"0x0f,0x1f,0x84,0x00,0x00,0x00,0x00,0x00",
		"0x66,0x0f,0x1f,0x84,0x00,0x00,0x00,0x00,0x00",
	};

	buf_printf(b, ".macro __ab_nop\n.if .Lab_n>9\n.byte %s\n"
		   ".set .Lab_n,.Lab_n-9\n__ab_nop\n", nops[8]);
	for (int i = 0; i < 9; i++)
		buf_printf(b, ".elseif .Lab_n==%d\n.byte %s\n", i + 1, nops[i]);
	buf_printf(b, ".endif\n.endm\n");
}

static void put_site_macro(struct emit *e)
{
	struct buf *b = e->out;
	unsigned n = e->label;

	buf_printf(b, ".macro __ab_site ab_sec,ab_op,ab_total,ab_dead,ab_rule,"
		   "ab_bits,ab_count,ab_arg\n%u:\n"
		   ".set .Lab_n,\\ab_total-(%ub-%ub)\n__ab_nop\n%u:\n"
		   "__ab_push_\\ab_sec\n"
		   ".byte %ub-%ub,%ub-%ub\n.word \\ab_op\n.long \\ab_dead\n"
		   ".word \\ab_rule\n.byte \\ab_bits,\\ab_count\n"
		   ".long \\ab_arg\n.popsection\n.endm\n",
		   n + 1, n + 1, n, n + 2, n + 1, n, n + 2, n);
}

#define DYN_DEPTH 16

/* What follows the section at assembly time. */
static void put_dynamic(struct emit *e)
{
	struct unit *u = e->u;
	struct buf *b = e->out;

	buf_printf(b, ".macro __ab_dyn ab_if,ab_op,ab_total,ab_dead,ab_rule,"
		   "ab_bits,ab_count,ab_arg\n.if \\ab_if\n__ab_site dyn,\\ab_op,"
		   "\\ab_total,\\ab_dead,\\ab_rule,\\ab_bits,\\ab_count,"
		   "\\ab_arg\n.endif\n.endm\n.macro __ab_push_dyn\n");
	for (size_t i = 0; i < u->nsection && i < MAX_SECTIONS; i++)
		if (u->section[i].used)
			buf_printf(b, ".if .Lab_sec==%zu\n__ab_push_%zu\n"
				   ".endif\n", i + 1, i + 1);
	buf_printf(b, ".endm\n.set .Lab_sec,1\n.set .Lab_prev,1\n"
		   ".set .Lab_depth,0\n"
		   ".macro __ab_section ab_n\n.set .Lab_prev,.Lab_sec\n"
		   ".set .Lab_sec,\\ab_n\n.endm\n"
		   ".macro __ab_previous\n.set .Lab_n,.Lab_sec\n"
		   ".set .Lab_sec,.Lab_prev\n.set .Lab_prev,.Lab_n\n.endm\n"
		   ".macro __ab_pushsection ab_n\n");
	for (int i = 0; i < DYN_DEPTH; i++)
		buf_printf(b, ".if .Lab_depth==%d\n.set .Lab_c%d,.Lab_sec\n"
			   ".set .Lab_v%d,.Lab_prev\n.endif\n", i, i, i);
	buf_printf(b, ".set .Lab_depth,.Lab_depth+1\n__ab_section \\ab_n\n"
		   ".endm\n.macro __ab_popsection\n"
		   ".set .Lab_depth,.Lab_depth-1\n");
	for (int i = 0; i < DYN_DEPTH; i++)
		buf_printf(b, ".if .Lab_depth==%d\n.set .Lab_sec,.Lab_c%d\n"
			   ".set .Lab_prev,.Lab_v%d\n.endif\n", i, i, i);
	buf_printf(b, ".endm\n");
}

static void put_prologue(struct emit *e)
{
	struct unit *u = e->u;
	struct buf *b = e->out;

	buf_printf(b, "# Written by afterburner, note version %d.\n",
		   AB_NOTE_VERSION);
	put_nops(b);
	for (size_t i = 0; i < u->nsection; i++)
		if (u->section[i].used)
			put_push(e, i);
	put_site_macro(e);
	if (u->dynamic)
		put_dynamic(e);
	buf_printf(b, "# 1 ");
	put_quoted(b, u->name, strlen(u->name));
	buf_printf(b, "\n");
}

/* Input up to (to). */
static void copy_to(struct emit *e, size_t to)
{
	if (to > e->at)
		buf_put(e->out, e->u->text + e->at, to - e->at);
	e->at = to;
}

static void put_condition(struct emit *e, const struct site *s)
{
	struct unit *u = e->u;
	uint64_t all = 0;
	const char *or = "";

	for (size_t i = 0; i < u->nsection && i < MAX_SECTIONS; i++)
		if (u->section[i].used)
			all |= 1ull << i;
	if (s->sections == all) {
		/* the others have number 0 */
		buf_printf(e->out, ".Lab_sec");
		return;
	}
	for (size_t i = 0; i < u->nsection && i < MAX_SECTIONS; i++) {
		if (!(s->sections >> i & 1))
			continue;
		buf_printf(e->out, "%s(.Lab_sec==%zu)", or, i + 1);
		or = "||";
	}
}

static void put_tail(struct emit *e, const struct site *s)
{
	if (s->section == SECTION_DYNAMIC) {
		buf_printf(e->out, ";__ab_dyn ");
		put_condition(e, s);
	} else {
		buf_printf(e->out, ";__ab_site %d", s->section + 1);
	}
	buf_printf(e->out, ",%u,%u,%#x,%u,%u,%u,%u", s->op,
		   s->pad ? s->total : 0, s->dead, s->string, s->bits, s->count,
		   s->arg_string);
}

static void put_tracking(struct emit *e, const struct event *ev, int section)
{
	int n = (size_t)section < MAX_SECTIONS && e->u->section[section].used ?
		section + 1 : 0;

	copy_to(e, ev->args_end);
	switch (ev->code) {
	case D_POPSECTION:
		buf_printf(e->out, ";__ab_popsection");
		break;
	case D_PREVIOUS:
		buf_printf(e->out, ";__ab_previous");
		break;
	case D_PUSHSECTION:
		buf_printf(e->out, ";__ab_pushsection %d", n);
		break;
	case D_SUBSECTION:
		buf_printf(e->out, ";__ab_section .Lab_sec");
		break;
	default:
		buf_printf(e->out, ";__ab_section %d", n);
		break;
	}
}

static void emit_site(struct emit *e, size_t *i)
{
	struct unit *u = e->u;
	const struct site *s = &u->site[*i];

	copy_to(e, s->start);
	if (s->hook) {
		buf_printf(e->out, ";%u:", e->label);
		put_tail(e, s);
		buf_printf(e->out, ";");
		return;
	}
	if (s->wrap)
		buf_printf(e->out, "\"");
	buf_printf(e->out, "%u:", e->label);
	copy_to(e, s->end);
	put_tail(e, s);
	/* dynamic: other rules for other sections, at the same place */
	while (*i + 1 < u->nsite && !u->site[*i + 1].hook &&
	       u->site[*i + 1].start == s->start)
		put_tail(e, &u->site[++*i]);
	if (s->wrap)
		buf_printf(e->out, "\"");
}

/* Numbers that stand nowhere in the text. */
static unsigned free_label(const struct unit *u)
{
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
}
