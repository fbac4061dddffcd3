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
#include "afterburner/emit.h"
#include "afterburner/macro.h"
#include "afterburner/param.h"

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

void macro_find_dynamic(struct unit *u)
{
	struct level *stack = xcalloc(1, sizeof(*stack));
	size_t n = 1, macros = 0;
	bool odd = false, inside = false;

	for (size_t i = 0; i < u->nevent && !odd; i++) {
		const struct event *e = &u->event[i];
		struct level *top = &stack[n - 1];

		if (e->kind == EV_SITE && macros && !inside)
			inside = rules_wants(u->rules, e->code, u->text + e->word,
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
	u->odd = odd;
	u->dynamic = odd || inside || macro_wants_arguments(u);
}

static bool param_as_statement(const struct unit *u, const struct macro *m,
			       struct span param, unsigned depth);

/* Does the call (e) in a body hand "\param" on, in quotes, to a macro that uses
 * it as a statement? */
static bool call_hands_on(const struct unit *u, const struct event *e,
			  size_t at, unsigned depth)
{
	const struct macro *m = event_macro(u, e);
	struct call c = call_begin(u, m, e);

	while (call_next(&c))
		if (at >= c.value.pos && at < c.value.end)
			return c.value.quoted && c.value.pos == at &&
			       c.param.name.end && !c.param.vararg &&
			       param_as_statement(u, m, c.param.name, depth + 1);
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

static bool body_as_statement(const struct unit *u, const struct macro *m,
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

/* Do (m), and all other macros of that name, use (param) as a statement, and in
 * no other way? */
static bool param_as_statement(const struct unit *u, const struct macro *m,
			       struct span param, unsigned depth)
{
	if (!m->again)
		return body_as_statement(u, m, param, depth);
	for (size_t i = 0; i < u->nmacro; i++) {
		const struct macro *other = &u->macro[i];
		struct param p;

		if (!same_macro(u, other, m))
			continue;
		p = find_param(u, other, 0, u->text + param.pos,
			       param.end - param.pos);
		if (!p.name.end || !body_as_statement(u, other, p.name, depth))
			return false;
	}
	return true;
}

/* The op of the statement (st) in (text), if the rules want it. */
static enum ab_op op_of_statement(const struct unit *u, const char *text,
				  const struct stmt *st, struct syntax syntax)
{
	const struct word *w;
	enum ab_op op;

	w = st->kind == ST_INSN ?
		word_find(u->words, st->hash, text + st->word, st->word_len) : NULL;
	if (!w || w->kind != W_MNEMONIC)
		return AB_OP_NONE;
	op = words_op(u->words, w->code, text, st->args, st->args_end, syntax);
	return op && rules_wants(u->rules, op, text + st->word, st->word_len) ?
		op : AB_OP_NONE;
}

enum arg_use {
	ARG_STATEMENT,		/* expanded as a statement, and in no other way */
	ARG_OTHER,		/* macro_maybe() asks for it in the macro's body */
	ARG_UNKNOWN,
};

typedef void (*arg_fn)(void *ctx, const struct event *site, bool wrap,
		       enum arg_use use);

static enum arg_use use_of(const struct unit *u, const struct macro *m,
			   const struct param *p)
{
	/* .altmacro names parameters without a backslash, too */
	if (!m || !p->name.end || u->altmacro)
		return ARG_UNKNOWN;
	return !p->vararg && param_as_statement(u, m, p->name, 0) ?
		ARG_STATEMENT : ARG_OTHER;
}

/* What stands in the <...> of .altmacro. */
static struct span without_angle(const struct unit *u, struct span a)
{
	if (u->altmacro && a.end > a.pos + 1 && u->text[a.pos] == '<' &&
	    u->text[a.end - 1] == '>') {
		a.pos++;
		a.end--;
	}
	return a;
}

/* Call (fn) for each instruction in (a), given for (p), that the rules want. */
static void each_in_value(const struct unit *u, const struct macro *m,
			  const struct param *p, struct span a,
			  struct syntax syntax, arg_fn fn, void *ctx)
{
	struct scanner sc;
	struct stmt st;
	char *copy;		/* with two NULs, for the scanner */

	a = without_angle(u, a);
	copy = xmalloc(a.end - a.pos + 2);
	memcpy(copy, u->text + a.pos, a.end - a.pos);
	memset(copy + (a.end - a.pos), 0, 2);
	sc = (struct scanner){ .text = copy, .size = a.end - a.pos };
	while (scan_next(&sc, &st) < ST_ERROR && st.kind != ST_END) {
		enum ab_op op = op_of_statement(u, copy, &st, syntax);
		struct event s;

		if (!op)
			continue;
		s = (struct event){ .kind = EV_SITE, .code = op,
				    .start = st.start + a.pos,
				    .word = st.word + a.pos,
				    .word_len = st.word_len,
				    .args = st.args + a.pos,
				    .args_end = st.args_end + a.pos,
				    .end = st.end + a.pos };
		fn(ctx, &s, !a.quoted, use_of(u, m, p));
	}
	free(copy);
}

/* The same for all arguments of the call (e), or all defaults of .macro (e). */
static void each_argument(const struct unit *u, const struct event *e,
			  struct syntax syntax, arg_fn fn, void *ctx)
{
	const struct macro *m = event_macro(u, e);
	struct call c = call_begin(u, m, e);

	if (e->kind != EV_CALL) {
		size_t pos = m ? m->params : 0;
		struct param p;

		while (m && next_param(u->text, &pos, m->params_end, &p))
			if (p.value.end)
				each_in_value(u, m, &p, p.value, syntax, fn, ctx);
		return;
	}
	while (call_next(&c))
		each_in_value(u, m, &c.param, c.value, syntax, fn, ctx);
}

/* Usable or not: what is skipped is listed, too. */
static void note_any(void *ctx, const struct event *site, bool wrap,
		     enum arg_use use)
{
	*(bool *)ctx = true;
}

/* Does the word at (p) begin with (param), and end with it? */
static bool names_param(const char *t, size_t p, size_t end, struct span param)
{
	size_t q = p + (param.end - param.pos);

	return q <= end && !memcmp(t + p, t + param.pos, param.end - param.pos) &&
	       (q == end || t[q] == '\\' || !scan_is_word(t[q]));
}

/* Statement (e) with \param as (value), or, if (bare), with param; NULL when it is
 * not in it. */
static char *substitute(const struct unit *u, const struct event *e,
			struct span param, struct span value, bool bare, size_t *len)
{
	size_t plen = param.end - param.pos, vlen = value.end - value.pos, n = 0;
	size_t max = (e->args_end - e->word) * (vlen + 1) + 2;
	const char *t = u->text;
	bool found = false, word = false;
	char *out;

	if (!plen || vlen > 64)
		return NULL;
	out = xmalloc(max);
	for (size_t p = e->word; p < e->args_end;) {
		if (t[p] == '\\' && names_param(t, p + 1, e->args_end, param)) {
			memcpy(out + n, t + value.pos, vlen);
			n += vlen;
			p += 1 + plen;
			found |= !bare;
		} else if (bare && !word && names_param(t, p, e->args_end, param)) {
			n -= n && out[n - 1] == '&';
			memcpy(out + n, t + value.pos, vlen);
			n += vlen;
			p += plen;
			p += p < e->args_end && t[p] == '&';
			found = true;
		} else if (p + 3 <= e->args_end && !memcmp(t + p, "\\()", 3)) {
			p += 3;
		} else {
			word = scan_is_word(t[p]);
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

/* A macro's parameter, handed on as it is to another macro's. */
struct relay {
	const struct unit *u;
	struct span from, to;
	bool quoted;		/* a site in quotes stays one */
	value_fn fn;
	void *ctx;
	unsigned *room;		/* how many times more values may be handed on */
};

/* More than any program needs; macros that all call each other know no end. */
#define RELAYS	1000

static void each_value(const struct unit *u, size_t i, value_fn fn, void *ctx,
		       unsigned depth);

static void relay_value(void *ctx, struct span param, struct span value)
{
	struct relay *r = ctx;

	value.relayed |= !r->quoted;
	if (same_text(r->u->text, param, r->from))
		r->fn(r->ctx, r->to, value);
}

/* (value) is what the call (i) gives for (param). */
static void give_value(const struct unit *u, size_t i, struct span param,
		       struct span value, value_fn fn, void *ctx, unsigned depth)
{
	unsigned room = RELAYS;
	struct relay r = { .u = u, .to = param, .fn = fn, .ctx = ctx,
			   .quoted = value.quoted,
			   .room = depth ? ((struct relay *)ctx)->room : &room,
			   .from = { value.pos + 1, value.end, false, false, false } };
	const char *t = u->text;

	fn(ctx, param, value);
	if (depth < 8 && value.end > value.pos && t[value.pos] == '\\' &&
	    !memchr(t + r.from.pos, '\\', r.from.end - r.from.pos) &&
	    *r.room && (*r.room)--)
		each_value(u, i, relay_value, &r, depth + 1);
}

/* The values that .irp and .irpc around the event (i) give: those before it
 * that are still open. */
static void each_item(const struct unit *u, size_t i, value_fn fn, void *ctx)
{
	const char *t = u->text;

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
				fn(ctx, param, (struct span){ .pos = c, .end = c + 1 });
		}
	}
}

/* Each value that the text gives to a parameter of what encloses event (i). */
static void each_value(const struct unit *u, size_t i, value_fn fn, void *ctx,
		       unsigned depth)
{
	const struct macro *m = enclosing_macro(u, i);
	size_t pos = m ? m->params : 0;
	struct param p;

	while (m && next_param(u->text, &pos, m->params_end, &p))
		if (p.value.end)
			fn(ctx, p.name, p.value);
	for (size_t k = 0; m && k < u->nevent; k++) {
		const struct event *e = &u->event[k];
		struct call c;

		if (!may_call(u, e, m))
			continue;
		for (c = call_begin(u, m, e); call_next(&c);)
			give_value(u, k, c.param.name, c.value, fn, ctx, depth);
	}
	each_item(u, i, fn, ctx);
}

struct maybe {
	struct burn *b;			/* NULL: only look */
	const struct unit *u;
	const struct event *e;
	struct syntax syntax;
	bool wanted;
	struct span param;		/* for look_for_awkward() */
	bool awkward;
	char **done;			/* conditions so far */
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

	if (same_text(m->u->text, param, m->param))
		m->awkward |= is_awkward(m->u, value);
}

/* Is a value of (param), in any call, awkward? */
static bool ever_awkward(struct maybe *m, struct span param)
{
	m->param = param;
	m->awkward = false;
	each_value(m->u, m->e - m->u->event, look_for_awkward, m, 0);
	return m->awkward;
}

/* Is the statement (e) nothing but "\param", or param? */
static bool is_param(const struct event *e, struct span param, bool bare)
{
	return e->args >= e->args_end &&
	       e->word_len == param.end - param.pos + !bare;
}

/* A statement that is nothing but an argument, of a macro that uses it in no
 * other way: the instruction is made a site in the call. */
static bool done_in_call(const struct unit *u, const struct event *e,
			 struct span param)
{
	const struct macro *m = enclosing_macro(u, e - u->event);
	struct param p;

	if (!m || !is_param(e, param, false))
		return false;
	p = find_param(u, m, 0, u->text + param.pos, param.end - param.pos);
	return p.name.end && use_of(u, m, &p) == ARG_STATEMENT;
}

/* The op of the one instruction that (text, len) is. */
static enum ab_op op_of_text(const struct unit *u, const char *text, size_t len,
			     struct syntax syntax)
{
	struct scanner sc = { .text = text, .size = len };
	struct stmt st, more;

	if (scan_next(&sc, &st) != ST_INSN || scan_next(&sc, &more) != ST_END)
		return AB_OP_NONE;
	return op_of_statement(u, text, &st, syntax);
}

static void skip_argument(struct burn *b, const struct event *e, const char *reason)
{
	burn_skip(b, e, reason);
	unit_warn(b->u, WARN_MACRO_ARGUMENT, e->start, "an instruction that is "
		  "the argument of a macro is no site: the macro does more with "
		  "that argument than expand it as a statement");
}

static void skip_value(struct maybe *m, enum ab_op op)
{
	struct event e = *m->e;

	e.code = op;
	skip_argument(m->b, &e, "macro argument that is not only a statement");
}

/* Is (ifc), which this takes, a condition that was not met before? */
static bool new_condition(struct maybe *m, char *ifc)
{
	for (size_t i = 0; i < m->ndone; i++)
		if (!strcmp(m->done[i], ifc)) {
			free(ifc);
			return false;
		}
	m->done = array_grow(m->done, m->ndone, sizeof(*m->done));
	m->done[m->ndone++] = ifc;
	return true;
}

/* A site where the newest condition holds. */
static void add_conditional(struct maybe *m, bool awkward, enum ab_op op)
{
	const char *ifc = m->done[m->ndone - 1];

	if (awkward)
		skip_value(m, op);
	else
		burn_conditional(m->b, m->e, op,
				 unit_string(m->b->u, ifc, strlen(ifc)));
}

static char *condition(const struct unit *u, struct span param, struct span value)
{
	return xasprintf("\\%.*s,%.*s", (int)(param.end - param.pos),
			 u->text + param.pos, (int)(value.end - value.pos),
			 u->text + value.pos);
}

/* Skip all that the rules want in (value), perhaps several statements. */
static void skip_listed(struct maybe *m, struct span value)
{
	size_t len = value.end - value.pos;
	char *copy = xmalloc(len + 2);
	struct scanner sc = { .text = copy, .size = len };
	struct stmt st;

	memcpy(copy, m->u->text + value.pos, len);
	memset(copy + len, 0, 2);
	while (scan_next(&sc, &st) < ST_ERROR && st.kind != ST_END) {
		enum ab_op op = op_of_statement(m->u, copy, &st, m->syntax);

		m->wanted |= op != AB_OP_NONE;
		if (op && m->b)
			skip_value(m, op);
	}
	free(copy);
}

/* Only what .ifc can compare becomes a condition. */
static bool comparable(const struct unit *u, struct span value)
{
	return !is_awkward(u, value) &&
	       !memchr(u->text + value.pos, ',', value.end - value.pos);
}

/* The op of (e) with \param, or param, as (value). */
static enum ab_op op_with(const struct maybe *m, struct span param,
			  struct span value, bool bare)
{
	size_t len;
	char *text = substitute(m->u, m->e, param, value, bare, &len);
	enum ab_op op = text ? op_of_text(m->u, text, len, m->syntax) : AB_OP_NONE;

	free(text);
	return op;
}

/* .altmacro: param stands in (e) without a backslash.  Whether it is replaced
 * depends on where the macro is called, so this makes no site. */
static bool try_bare(struct maybe *m, struct span param, struct span value)
{
	enum ab_op op;

	if (!m->u->altmacro)
		return false;
	op = op_with(m, param, without_angle(m->u, value), true);
	/* a whole statement: macro_call() says it */
	if (!op || is_param(m->e, param, true))
		return false;
	m->wanted = true;
	if (m->b && new_condition(m, condition(m->u, param, value)))
		skip_value(m, op);
	return true;
}

static void try_value(void *ctx, struct span param, struct span value)
{
	struct maybe *m = ctx;
	const struct unit *u = m->u;
	bool simple = comparable(u, value), done;
	enum ab_op op;

	if (try_bare(m, param, value))
		return;
	if (!simple && value.listed) {
		skip_listed(m, value);
		return;
	}
	/* an instruction in quotes: macro_call() says what becomes of it */
	if (!value.listed && (value.quoted || !simple) && is_param(m->e, param, false))
		return;
	op = op_with(m, param, value, false);
	done = op && done_in_call(u, m->e, param);
	if (!op || (done && !value.relayed))
		return;
	m->wanted = true;
	if (!m->b || !new_condition(m, condition(u, param, value)))
		return;
	/* where calls hold sites, .ifc has no simple values to compare */
	add_conditional(m, done || !simple || ever_awkward(m, param), op);
}

/* The statement as one call of the macro makes it, where only several of its
 * arguments together make it sensitive. */
struct whole {
	const struct macro *macro;
	const struct event *call;
	struct buf text, ifc;
	unsigned n;
	bool single;		/* one argument alone makes it so */
	bool simple;
};

/* The parameter whose name stands at (p), behind its backslash; *end is behind it
 * and "\()". */
static struct param param_at(const struct maybe *m, const struct macro *macro,
			     size_t p, size_t *end)
{
	const char *t = m->u->text;
	size_t q = p;

	while (q < m->e->args_end && scan_is_word(t[q]) && t[q] != '\\')
		q++;
	*end = q;
	if (q + 3 <= m->e->args_end && !memcmp(t + q, "\\()", 3))
		*end += 3;
	return find_param(m->u, macro, 0, t + p, q - p);
}

static void put_text(struct maybe *m, struct whole *w)
{
	const char *t = m->u->text;

	for (size_t p = m->e->word, q; p < m->e->args_end; p = q) {
		struct param param = { 0 };

		if (t[p] == '\\')
			param = param_at(m, w->macro, p + 1, &q);
		if (param.name.end) {
			struct span v = call_value(m->u, w->macro, w->call, param.name);

			buf_put(&w->text, t + v.pos, v.end - v.pos);
			w->n++;
		} else if (p + 3 <= m->e->args_end && !memcmp(t + p, "\\()", 3)) {
			q = p + 3;
		} else {
			buf_put(&w->text, t + p, 1);
			q = p + 1;
		}
	}
	buf_put(&w->text, "\0", 2);	/* the scanner's two NULs */
}

/* The condition under which it is this text. */
static void put_condition(struct maybe *m, struct whole *w)
{
	const struct unit *u = m->u;
	const char *more = "";

	for (size_t p = m->e->word, q; p < m->e->args_end; p++) {
		struct param param = { 0 };
		struct span value;
		char *ifc;

		if (u->text[p] == '\\')
			param = param_at(m, w->macro, p + 1, &q);
		if (!param.name.end)
			continue;
		value = call_value(u, w->macro, w->call, param.name);
		w->single |= op_with(m, param.name, value, false) != AB_OP_NONE;
		w->simple &= comparable(u, value);
		ifc = condition(u, param.name, value);
		buf_printf(&w->ifc, "%s%s", more, ifc);
		more = ";.ifc ";
		free(ifc);
	}
	buf_put(&w->ifc, "", 1);
}

/* Is a value of any parameter in the statement awkward? */
static bool any_awkward(struct maybe *m, const struct macro *macro)
{
	for (size_t p = m->e->word, q; p < m->e->args_end; p++) {
		struct param param = { 0 };

		if (m->u->text[p] == '\\')
			param = param_at(m, macro, p + 1, &q);
		if (param.name.end && ever_awkward(m, param.name))
			return true;
	}
	return false;
}

static void try_call(struct maybe *m, const struct macro *macro,
		     const struct event *k)
{
	struct whole w = { .macro = macro, .call = k, .simple = true };
	enum ab_op op = AB_OP_NONE;

	put_text(m, &w);
	if (w.n > 1)
		op = op_of_text(m->u, w.text.p, w.text.len - 2, m->syntax);
	if (op)
		put_condition(m, &w);
	if (op && !w.single) {
		m->wanted = true;
		if (m->b && new_condition(m, xstrdup(w.ifc.p)))
			add_conditional(m, !w.simple || any_awkward(m, macro), op);
	}
	free(w.text.p);
	free(w.ifc.p);
}

/* All that may make (m->e) sensitive. */
static void try_all(struct maybe *m)
{
	const struct unit *u = m->u;
	size_t i = m->e - u->event;
	const struct macro *macro = enclosing_macro(u, i);
	const char *first = memchr(u->text + m->e->word, '\\',
				   m->e->args_end - m->e->word);

	each_value(u, i, try_value, m, 0);
	if (!first || !memchr(first + 1, '\\', u->text + m->e->args_end - first - 1))
		return;			/* not several arguments */
	for (size_t k = 0; macro && k < u->nevent; k++)
		if (may_call(u, &u->event[k], macro))
			try_call(m, macro, &u->event[k]);
}

void macro_maybe(struct burn *b, const struct event *e)
{
	struct maybe m = { .b = b, .u = b->u, .e = e, .syntax = b->syntax };

	try_all(&m);
	while (m.ndone)
		free(m.done[--m.ndone]);
	free(m.done);
}

/* Is there an instruction that some argument makes sensitive? */
static bool wants_maybe(const struct unit *u)
{
	struct maybe m = { .u = u, .syntax = u->syntax };

	for (size_t i = 0; i < u->nevent && u->maybe && !m.wanted; i++) {
		m.e = &u->event[i];
		if (m.e->kind == EV_DIRECTIVE &&
		    (m.e->code == D_INTEL || m.e->code == D_ATT))
			syntax_set(&m.syntax, m.e->code, u->text + m.e->args,
				   m.e->args_end - m.e->args);
		if (m.e->kind == EV_MAYBE)
			try_all(&m);
	}
	return m.wanted;
}

static bool has_arguments(const struct event *e)
{
	return e->args < e->args_end &&
	       (e->kind == EV_CALL ||
		(e->kind == EV_DIRECTIVE && e->code == D_MACRO));
}

bool macro_wants_arguments(const struct unit *u)
{
	struct syntax syntax = u->syntax;
	bool wanted = wants_maybe(u);

	for (size_t i = 0; i < u->nevent && u->calls && !wanted; i++) {
		const struct event *e = &u->event[i];

		if (e->kind == EV_DIRECTIVE &&
		    (e->code == D_INTEL || e->code == D_ATT))
			syntax_set(&syntax, e->code, u->text + e->args,
				   e->args_end - e->args);
		if (has_arguments(e))
			each_argument(u, e, syntax, note_any, &wanted);
	}
	return wanted;
}

/* Does \@ count the calls of macros where that can be seen?  Our own call in an
 * argument would be one more.  Names that begin with .L do not last. */
static bool counts_calls(const struct unit *u)
{
	const char *t = u->text, *end = t + u->size, *p = t;

	while ((p = memmem(p, end - p, "\\@", 2))) {
		const char *word = p;

		while (word > t && scan_is_word(word[-1]))
			word--;
		if (word[0] != '.' || word[1] != 'L')
			return true;
		p += 2;
	}
	return false;
}

static void add_argument(void *ctx, const struct event *site, bool wrap,
			 enum arg_use use)
{
	struct burn *b = ctx;

	if (use == ARG_STATEMENT && b->counts == COUNTS_UNKNOWN)
		b->counts = counts_calls(b->u) ? COUNTS_YES : COUNTS_NO;
	if (use == ARG_STATEMENT && b->counts == COUNTS_YES)
		skip_argument(b, site, "in a macro's argument, and \\@ counts calls");
	else if (use == ARG_STATEMENT)
		burn_candidate(b, site, true, wrap);
	else if (use == ARG_UNKNOWN || !wrap || site->args < site->args_end)
		skip_argument(b, site, "macro argument that is not only a statement");
	/* else a single word: macro_maybe() asks for it in the macro's body */
}

void macro_call(struct burn *b, const struct event *e)
{
	if (has_arguments(e))
		each_argument(b->u, e, b->syntax, add_argument, b);
}
