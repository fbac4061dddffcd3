// SPDX-License-Identifier: GPL-3.0-or-later
/* See param.h. */
#include "config.h"
#include <string.h>
#include <strings.h>
#include "afterburner/param.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Behind the <...> of .altmacro that begins at (p); (p) if there is none. */
static size_t skip_angle(const char *t, size_t p, size_t end)
{
	size_t q = p;

	for (int depth = 0; q < end; q++) {
		depth += (t[q] == '<') - (t[q] == '>');
		if (!depth)
			return q == p ? p : q + 1;
	}
	return p;
}

struct span next_item(const char *t, size_t *pos, size_t end)
{
	size_t p = *pos, start;
	struct span s = { 0 };

	while (p < end && is_space(t[p]))
		p++;
	s.pos = start = p;
	p = skip_angle(t, p, end);
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

bool same_text(const char *t, struct span a, struct span b)
{
	return a.end - a.pos == b.end - b.pos &&
	       !memcmp(t + a.pos, t + b.pos, a.end - a.pos);
}

/* NAME[:req|:vararg][=DEFAULT], with blanks where as takes them. */
bool next_param(const char *t, size_t *pos, size_t end, struct param *param)
{
	size_t p = *pos, word;

	*param = (struct param){ 0 };
	while (p < end && (is_space(t[p]) || t[p] == ','))
		p++;
	param->name.pos = p;
	while (p < end && scan_is_word(t[p]))
		p++;
	param->name.end = p;
	if (p == param->name.pos)
		return false;
	while (p < end && is_space(t[p]))
		p++;
	if (p < end && t[p] == ':') {
		for (p++; p < end && is_space(t[p]); p++)
			;
		for (word = p; p < end && scan_is_word(t[p]); p++)
			;
		param->vararg = p - word == 6 && !memcmp(t + word, "vararg", 6);
		while (p < end && is_space(t[p]))
			p++;
	}
	if (p < end && t[p] == '=') {
		p++;
		param->value = next_item(t, &p, end);
	}
	*pos = p;
	return true;
}

struct param find_param(const struct unit *u, const struct macro *m,
			unsigned index, const char *key, size_t key_len)
{
	size_t pos = m->params;
	struct param p;

	for (unsigned i = 0; next_param(u->text, &pos, m->params_end, &p); i++)
		if (key ? p.name.end - p.name.pos == key_len &&
			  !memcmp(u->text + p.name.pos, key, key_len) : i == index)
			return p;
	return (struct param){ 0 };
}

struct call call_begin(const struct unit *u, const struct macro *m,
		       const struct event *e)
{
	return (struct call){ .u = u, .m = m, .pos = e->args, .end = e->args_end };
}

bool call_next(struct call *c)
{
	const char *t = c->u->text, *eq;
	struct span *v = &c->value;

	if (c->pos >= c->end)
		return false;
	*v = next_item(t, &c->pos, c->end);
	c->param = (struct param){ 0 };
	eq = v->quoted ? NULL : memchr(t + v->pos, '=', v->end - v->pos);
	if (eq) {
		if (c->m)
			c->param = find_param(c->u, c->m, 0, t + v->pos,
					      eq - t - v->pos);
		v->pos = eq + 1 - t;
		if (v->end > v->pos + 1 && t[v->pos] == '"') {
			v->pos++;
			v->end--;
			v->quoted = true;
		}
	} else if (c->m) {
		c->param = find_param(c->u, c->m, c->index, NULL, 0);
	}
	if (c->param.vararg && !v->quoted)
		v->end = c->pos = c->end;
	c->index++;
	return true;
}

struct span call_value(const struct unit *u, const struct macro *m,
		       const struct event *e, struct span name)
{
	struct call c = call_begin(u, m, e);

	while (call_next(&c))
		if (c.param.name.end && same_text(u->text, c.param.name, name))
			return c.value;
	return find_param(u, m, 0, u->text + name.pos, name.end - name.pos).value;
}

const struct macro *event_macro(const struct unit *u, const struct event *e)
{
	if (e->kind == EV_CALL)
		return e->code == MACRO_UNKNOWN ? NULL : &u->macro[e->code];
	for (size_t i = 0; i < u->nmacro; i++)
		if (u->macro[i].name == e->args)
			return &u->macro[i];
	return NULL;
}

bool same_macro(const struct unit *u, const struct macro *a, const struct macro *b)
{
	return a->hash == b->hash && a->name_len == b->name_len &&
	       !strncasecmp(u->text + a->name, u->text + b->name, a->name_len);
}

bool may_call(const struct unit *u, const struct event *e, const struct macro *m)
{
	const struct macro *called = e->kind == EV_CALL ? event_macro(u, e) : NULL;

	if (!called || called == m)
		return called;
	/* else a body that does not count here, unless that cannot be told */
	return m->again && (e->body || m->unsure || called->unsure) &&
	       same_macro(u, called, m);
}

const struct macro *enclosing_macro(const struct unit *u, size_t i)
{
	for (size_t m = u->nmacro; m-- > 0;)
		if (i >= u->macro[m].event && i < u->macro[m].event_end)
			return &u->macro[m];
	return NULL;
}
