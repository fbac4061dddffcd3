// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Macros.
 *
 * A sensitive instruction in a body needs nothing here: what is inserted is
 * expanded with it.  One that is an argument ('ALTERNATIVE "cli", ...') is made
 * a site where it is written, in the call, if the macro uses that argument as a
 * statement of its own and in no other way: then the site is wherever the macro
 * puts it, and the section decides at assembly time whether it counts.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "afterburner/macro.h"

struct level {
	int pushes;
	bool bare;
	bool macro;
};

/* Sections change in a way that the order of the text does not tell? */
static bool level_odd(const struct level *l)
{
	return l->pushes || l->bare;
}

bool macro_needs_dynamic(const struct unit *u)
{
	struct level *stack = xcalloc(1, sizeof(*stack));
	size_t n = 1, macros = 0;
	bool odd = false;

	for (size_t i = 0; i < u->nevent && !odd; i++) {
		const struct event *e = &u->event[i];
		struct level *top = &stack[n - 1];

		if (e->kind == EV_SITE && macros)
			odd = rules_wants(u->rules, e->code, u->text + e->word,
					  e->word_len);
		if (e->kind != EV_DIRECTIVE)
			continue;
		switch (e->code) {
		case D_MACRO: case D_REPT: case D_IRP: case D_IF:
			stack = xrealloc(stack, (n + 1) * sizeof(*stack));
			stack[n++] = (struct level){ .macro = e->code == D_MACRO };
			macros += e->code == D_MACRO;
			break;
		case D_ENDM: case D_ENDR: case D_ENDIF: case D_ELSE:
			if (n == 1)
				break;
			odd = level_odd(top);
			if (e->code == D_ELSE)
				break;
			macros -= top->macro;
			n--;
			break;
		case D_PUSHSECTION:
			top->pushes++;
			break;
		case D_POPSECTION:
			top->pushes--;
			break;
		default:
			if (sect_switches(e->code) && n > 1 && !top->pushes)
				top->bare = true;
			break;
		}
	}
	free(stack);
	return odd || macro_wants_arguments(u);
}

struct span {
	size_t pos, end;	/* without quotes */
	bool quoted;
	bool listed;		/* an item of .irp: no call stands for it */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The argument or parameter at *pos; moves *pos behind it and its separator. */
static struct span next_item(const char *t, size_t *pos, size_t end)
{
	size_t p = *pos, start;
	struct span s = { 0 };

	while (p < end && is_space(t[p]))
		p++;
	s.pos = start = p;
	while (p < end && t[p] != ',' && !is_space(t[p])) {
		if (t[p] == '"') {
			for (p++; p < end && t[p] != '"'; p++)
				p += t[p] == '\\';
			s.quoted = true;
		}
		p += p < end;
	}
	s.end = p;
	if (s.quoted && t[start] == '"') {
		s.pos = start + 1;
		s.end = p - 1;
	} else {
		s.quoted = false;
	}
	while (p < end && is_space(t[p]))
		p++;
	if (p < end && t[p] == ',')
		p++;
	*pos = p;
	return s;
}

/* Parameter (index) of (m), or the one called (key): its name; *vararg. */
static struct span find_param(const struct unit *u, const struct macro *m,
			      unsigned index, const char *key, size_t key_len,
			      bool *vararg)
{
	const char *t = u->text;
	size_t pos = m->params;

	while (pos < m->params_end && (is_space(t[pos]) || t[pos] == ','))
		pos++;
	for (unsigned i = 0; pos < m->params_end; i++) {
		struct span s = next_item(t, &pos, m->params_end);
		size_t n = s.pos;

		while (n < s.end && scan_is_word(t[n]) && t[n] != '=')
			n++;
		*vararg = s.end - n == 7 && !memcmp(t + n, ":vararg", 7);
		s.end = n;
		if (key ? s.end - s.pos == key_len && !memcmp(t + s.pos, key, key_len) :
		    i == index)
			return s;
	}
	return (struct span){ 0 };
}

static bool param_as_statement(const struct unit *u, const struct macro *m,
			       struct span param, unsigned depth);

/* Does the call (e) in a body hand "\param" on, in quotes, to a macro that uses
 * it as a statement? */
static bool call_hands_on(const struct unit *u, const struct event *e,
			  size_t at, unsigned depth)
{
	size_t pos = e->args;

	for (unsigned i = 0; pos < e->args_end; i++) {
		struct span a = next_item(u->text, &pos, e->args_end);
		const struct macro *m = &u->macro[e->code];
		bool vararg;
		struct span p;

		if (at < a.pos || at >= a.end)
			continue;
		p = find_param(u, m, i, NULL, 0, &vararg);
		return a.quoted && a.pos == at && p.end && !vararg &&
		       param_as_statement(u, m, p, depth + 1);
	}
	return false;
}

/* Is the use of \param at (at) a statement of its own?  Not in .ifb: that takes
 * even a quoted ';' for its end. */
static bool use_is_statement(const struct unit *u, const struct macro *m,
			     size_t at, size_t len, unsigned depth)
{
	for (size_t i = m->event; i < m->event_end; i++) {
		const struct event *e = &u->event[i];

		if (e->end < at || e->start > at)
			continue;
		if (e->kind == EV_ARG && e->word == at)
			return e->word_len == len && e->args == e->args_end;
		if (e->kind == EV_CALL)
			return call_hands_on(u, e, at, depth);
	}
	return false;
}

static bool param_as_statement(const struct unit *u, const struct macro *m,
			       struct span param, unsigned depth)
{
	size_t len = param.end - param.pos;
	const char *name = u->text + param.pos, *t = u->text;
	size_t pos = m->body;
	bool used = false;

	if (depth > 8)
		return false;
	while (pos + len < m->body_end) {
		const char *hit = memchr(t + pos, '\\', m->body_end - pos - len);
		size_t p;

		if (!hit)
			break;
		p = hit - t;
		pos = p + 1;
		if (memcmp(hit + 1, name, len) ||
		    (scan_is_word(hit[1 + len]) && hit[1 + len] != '\\'))
			continue;
		if (!use_is_statement(u, m, p, len + 1, depth))
			return false;
		used = true;
	}
	return used;
}

typedef void (*arg_fn)(void *ctx, const struct event *site, bool wrap,
		       bool usable);

/* Call (fn) for each instruction in an argument that the rules want. */
static void each_argument(const struct unit *u, const struct event *e,
			  struct syntax syntax, arg_fn fn, void *ctx)
{
	const struct macro *m = &u->macro[e->code];
	const char *t = u->text;
	size_t pos = e->args;

	for (unsigned i = 0; pos < e->args_end; i++) {
		struct span a = next_item(t, &pos, e->args_end), p;
		const char *eq = a.quoted ? NULL :
			memchr(t + a.pos, '=', a.end - a.pos);
		struct scanner sc;
		struct stmt st;
		bool vararg = false;
		char *copy;		/* with two NULs, for the scanner */

		if (eq) {
			p = find_param(u, m, 0, t + a.pos, eq - t - a.pos, &vararg);
			a.pos = eq + 1 - t;
			if (a.end > a.pos + 1 && t[a.pos] == '"') {
				a.pos++;
				a.end--;
				a.quoted = true;
			}
		} else {
			p = find_param(u, m, i, NULL, 0, &vararg);
		}
		if (vararg && !a.quoted)
			a.end = pos = e->args_end;
		copy = xmalloc(a.end - a.pos + 2);
		memcpy(copy, t + a.pos, a.end - a.pos);
		memset(copy + (a.end - a.pos), 0, 2);
		sc = (struct scanner){ .text = copy, .size = a.end - a.pos };
		while (scan_next(&sc, &st) < ST_ERROR && st.kind != ST_END) {
			const struct word *w;
			struct event s;
			enum ab_op op;

			w = st.kind == ST_INSN ?
				word_find(u->words, st.hash, copy + st.word,
					  st.word_len) : NULL;
			if (!w || w->kind != W_MNEMONIC)
				continue;
			op = words_op(u->words, w->code, copy, st.args, st.args_end, syntax);
			if (!op || !rules_wants(u->rules, op, copy + st.word,
						st.word_len))
				continue;
			s = (struct event){ .kind = EV_SITE, .code = op,
					    .start = st.start + a.pos,
					    .word = st.word + a.pos,
					    .word_len = st.word_len,
					    .args = st.args + a.pos,
					    .args_end = st.args_end + a.pos,
					    .end = st.end + a.pos };
			fn(ctx, &s, !a.quoted, p.end && !vararg &&
			   param_as_statement(u, m, p, 0));
		}
		free(copy);
	}
}

/* Usable or not: what is skipped is listed, too. */
static void note_any(void *ctx, const struct event *site, bool wrap, bool usable)
{
	*(bool *)ctx = true;
}

/* Statement (e) with \param as (value); NULL when it is not in it. */
static char *substitute(const struct unit *u, const struct event *e,
			struct span param, struct span value, size_t *len)
{
	size_t plen = param.end - param.pos, vlen = value.end - value.pos, n = 0;
	size_t max = (e->args_end - e->word) * (vlen + 1) + 2;
	const char *t = u->text;
	bool found = false;
	char *out;

	if (!plen || vlen > 64)
		return NULL;
	out = xmalloc(max);
	for (size_t p = e->word; p < e->args_end;) {
		size_t q = p + 1 + plen;

		if (t[p] == '\\' && q <= e->args_end &&
		    !memcmp(t + p + 1, t + param.pos, plen) &&
		    (q == e->args_end || t[q] == '\\' || !scan_is_word(t[q]))) {
			memcpy(out + n, t + value.pos, vlen);
			n += vlen;
			p = q;
			if (p + 3 <= e->args_end && !memcmp(t + p, "\\()", 3))
				p += 3;
			found = true;
		} else {
			out[n++] = t[p++];
		}
	}
	out[n] = out[n + 1] = 0;
	*len = n;
	if (!found) {
		free(out);
		out = NULL;
	}
	return out;
}

typedef void (*value_fn)(void *ctx, struct span param, struct span value);

/* Each value that the text gives to a parameter of what encloses event (i). */
static void each_value(const struct unit *u, size_t i, value_fn fn, void *ctx)
{
	const char *t = u->text;
	size_t macro = u->nmacro;

	for (size_t m = 0; m < u->nmacro; m++)
		if (i >= u->macro[m].event && i < u->macro[m].event_end)
			macro = m;
	for (size_t k = 0; k < u->nevent && macro < u->nmacro; k++) {
		const struct event *e = &u->event[k];
		size_t pos = e->args;

		if (e->kind != EV_CALL || e->code != macro)
			continue;
		for (unsigned n = 0; pos < e->args_end; n++) {
			struct span a = next_item(t, &pos, e->args_end);
			bool vararg;
			const char *eq = a.quoted ? NULL :
				memchr(t + a.pos, '=', a.end - a.pos);

			if (eq)
				fn(ctx, (struct span){ a.pos, eq - t, false, false },
				   (struct span){ eq + 1 - t, a.end, false, false });
			else
				fn(ctx, find_param(u, &u->macro[macro], n, NULL, 0,
						   &vararg), a);
		}
	}
	/* .irp and .irpc around it: those before it that are still open */
	for (size_t k = i, closed = 0; k-- > 0;) {
		const struct event *e = &u->event[k];
		size_t pos = e->args;
		struct span param;

		if (e->kind != EV_DIRECTIVE)
			continue;
		if (e->code == D_ENDR)
			closed++;
		if (e->code != D_IRP && e->code != D_REPT)
			continue;
		if (closed) {
			closed--;
			continue;
		}
		if (e->code == D_REPT)
			continue;
		param = next_item(t, &pos, e->args_end);
		while (pos < e->args_end) {
			struct span v = next_item(t, &pos, e->args_end);

			v.listed = true;
			if ((t[e->word + e->word_len - 1] | 32) != 'c') {
				fn(ctx, param, v);
				continue;
			}
			for (size_t c = v.pos; c < v.end; c++)
				fn(ctx, param, (struct span){ c, c + 1, false, false });
		}
	}
}

struct maybe {
	struct burn *b;			/* NULL: only look */
	const struct unit *u;
	const struct event *e;
	struct syntax syntax;
	bool wanted;
	struct span param;		/* for look_for_awkward() */
	bool awkward;
	char *done[32];			/* conditions so far */
	size_t ndone;
};

/* Text that .ifc cannot compare, or that only the assembler knows. */
static bool is_awkward(const struct unit *u, struct span v)
{
	for (size_t i = v.pos; i < v.end; i++)
		if (strchr(";#\"\\\n", u->text[i]))
			return true;
	return false;
}

static void look_for_awkward(void *ctx, struct span param, struct span value)
{
	struct maybe *m = ctx;

	if (param.end - param.pos == m->param.end - m->param.pos &&
	    !memcmp(m->u->text + param.pos, m->u->text + m->param.pos,
		    param.end - param.pos))
		m->awkward |= is_awkward(m->u, value);
}

/* A statement that is nothing but an argument, of a macro that uses it in no
 * other way: the instruction is made a site in the call. */
static bool done_in_call(const struct unit *u, const struct event *e,
			 struct span param)
{
	if (e->args < e->args_end || e->word_len != param.end - param.pos + 1)
		return false;
	for (size_t i = 0; i < u->nmacro; i++) {
		const struct macro *m = &u->macro[i];

		bool vararg = false;

		if (e->start < m->body || e->start >= m->body_end)
			continue;
		find_param(u, m, 0, u->text + param.pos, param.end - param.pos,
			   &vararg);
		return !vararg && param_as_statement(u, m, param, 0);
	}
	return false;
}

/* The op of the one instruction that (text, len) is. */
static enum ab_op op_of_text(const struct unit *u, const char *text, size_t len,
			     struct syntax syntax)
{
	struct scanner sc = { .text = text, .size = len };
	const struct word *w;
	struct stmt st, more;

	if (scan_next(&sc, &st) != ST_INSN || scan_next(&sc, &more) != ST_END)
		return AB_OP_NONE;
	w = word_find(u->words, st.hash, text + st.word, st.word_len);
	if (!w || w->kind != W_MNEMONIC ||
	    !rules_wants(u->rules, words_op(u->words, w->code, text, st.args,
					    st.args_end, syntax),
			 text + st.word, st.word_len))
		return AB_OP_NONE;
	return words_op(u->words, w->code, text, st.args, st.args_end, syntax);
}

static void skip_value(struct maybe *m, enum ab_op op)
{
	struct event e = *m->e;

	e.code = op;
	burn_skip(m->b, &e, "macro argument that is not only a statement");
}

static void add_conditional(struct maybe *m, struct span param,
			    struct span value, enum ab_op op)
{
	char *ifc = xasprintf("\\%.*s,%.*s", (int)(param.end - param.pos),
			      m->u->text + param.pos, (int)(value.end - value.pos),
			      m->u->text + value.pos);

	for (size_t i = 0; i < m->ndone; i++)
		if (!strcmp(m->done[i], ifc)) {
			free(ifc);
			return;
		}
	if (m->ndone == sizeof(m->done) / sizeof(m->done[0])) {
		free(ifc);
		return;
	}
	m->done[m->ndone++] = ifc;
	m->param = param;
	m->awkward = false;
	each_value(m->u, m->e - m->u->event, look_for_awkward, m);
	if (m->awkward)
		skip_value(m, op);
	else
		burn_conditional(m->b, m->e, op,
				 unit_string(m->b->u, ifc, strlen(ifc)));
}

/* The first op in (value), perhaps several statements, that the rules want. */
static enum ab_op first_wanted(const struct unit *u, struct span value,
			       struct syntax syntax)
{
	size_t len = value.end - value.pos;
	char *copy = xmalloc(len + 2);
	struct scanner sc = { .text = copy, .size = len };
	struct stmt st;
	enum ab_op wanted = AB_OP_NONE;

	memcpy(copy, u->text + value.pos, len);
	memset(copy + len, 0, 2);
	while (!wanted && scan_next(&sc, &st) < ST_ERROR && st.kind != ST_END) {
		const struct word *w = st.kind != ST_INSN ? NULL :
			word_find(u->words, st.hash, copy + st.word, st.word_len);
		enum ab_op op = w && w->kind == W_MNEMONIC ?
			words_op(u->words, w->code, copy, st.args, st.args_end, syntax) :
			AB_OP_NONE;

		if (op && rules_wants(u->rules, op, copy + st.word, st.word_len))
			wanted = op;
	}
	free(copy);
	return wanted;
}

static void try_value(void *ctx, struct span param, struct span value)
{
	struct maybe *m = ctx;
	const struct unit *u = m->u;
	size_t len;
	char *text;
	enum ab_op op;

	if (value.listed && (is_awkward(u, value) ||
			     memchr(u->text + value.pos, ',', value.end - value.pos))) {
		/* more than .ifc can compare */
		op = first_wanted(u, value, m->syntax);
		m->wanted |= op != AB_OP_NONE;
		if (op && m->b)
			skip_value(m, op);
		return;
	}
	if ((value.quoted && !value.listed) || is_awkward(u, value))
		return;
	text = substitute(u, m->e, param, value, &len);
	if (!text)
		return;
	op = op_of_text(u, text, len, m->syntax);
	free(text);
	if (!op || done_in_call(u, m->e, param))
		return;
	m->wanted = true;
	if (m->b)
		add_conditional(m, param, value, op);
}

void macro_maybe(struct burn *b, const struct event *e)
{
	struct maybe m = { .b = b, .u = b->u, .e = e, .syntax = b->syntax };

	each_value(b->u, e - b->u->event, try_value, &m);
	while (m.ndone)
		free(m.done[--m.ndone]);
}

/* Is there an instruction that some argument makes sensitive? */
static bool wants_maybe(const struct unit *u)
{
	struct maybe m = { .u = u };

	for (size_t i = 0; i < u->nevent && u->maybe && !m.wanted; i++) {
		m.e = &u->event[i];
		if (m.e->kind == EV_DIRECTIVE &&
		    (m.e->code == D_INTEL || m.e->code == D_ATT))
			syntax_set(&m.syntax, m.e->code, u->text + m.e->args,
				   m.e->args_end - m.e->args);
		if (m.e->kind == EV_MAYBE)
			each_value(u, i, try_value, &m);
	}
	return m.wanted;
}

bool macro_wants_arguments(const struct unit *u)
{
	struct syntax syntax = { 0 };
	bool wanted = wants_maybe(u);

	for (size_t i = 0; i < u->nevent && !wanted; i++) {
		const struct event *e = &u->event[i];

		if (e->kind == EV_DIRECTIVE &&
		    (e->code == D_INTEL || e->code == D_ATT))
			syntax_set(&syntax, e->code, u->text + e->args,
				   e->args_end - e->args);
		if (e->kind == EV_CALL && e->args < e->args_end)
			each_argument(u, e, syntax, note_any, &wanted);
	}
	return wanted;
}

static void add_argument(void *ctx, const struct event *site, bool wrap,
			 bool usable)
{
	struct burn *b = ctx;

	if (usable)
		burn_candidate(b, site, true, wrap);
	else if (!wrap || site->args < site->args_end)
		burn_skip(b, site, "macro argument that is not only a statement");
	/* else a single word: macro_maybe() asks for it in the macro's body */
}

void macro_call(struct burn *b, const struct event *e)
{
	if (e->args < e->args_end)
		each_argument(b->u, e, b->syntax, add_argument, b);
}
