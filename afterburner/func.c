// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which function a place is in.  Compilers say .type before the label and .size
 * at the end; Linux's assembly says both at the end; small kernels say nothing.
 * So .type and .size are collected first, and a label inside of a function that
 * has a .size yet to come does not begin another, unless it is typed itself.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "afterburner/burn.h"

#define NAME_SLOTS 1024

enum { NAME_TYPED = 1, NAME_SIZED = 2 };

struct name {
	const char *s;
	size_t len;
	uint32_t hash;
	unsigned flags;
	struct name *next;
};

struct names {
	struct name *slot[NAME_SLOTS];
};

static struct name *name_find(const struct names *n, const char *s, size_t len)
{
	uint32_t h = word_hash(s, len);
	struct name *e = n->slot[h % NAME_SLOTS];

	while (e && (e->hash != h || e->len != len || memcmp(e->s, s, len)))
		e = e->next;
	return e;
}

static void name_flag(struct names *n, const char *s, size_t len, unsigned flag)
{
	struct name *e = name_find(n, s, len);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->s = s;
		e->len = len;
		e->hash = word_hash(s, len);
		e->next = n->slot[e->hash % NAME_SLOTS];
		n->slot[e->hash % NAME_SLOTS] = e;
	}
	e->flags |= flag;
}

/* First operand of (e), without quotes. */
static const char *first_arg(const struct unit *u, const struct event *e,
			     size_t *len)
{
	size_t end = scan_item(u->text, e->args, e->args_end);
	const char *s = u->text + e->args;

	/* as also takes blanks for the comma: ".type foo STT_FUNC" */
	for (size_t p = e->args; p < end; p++)
		if (u->text[p] == ' ' || u->text[p] == '\t')
			end = p;
	*len = end - e->args;
	if (*len >= 2 && s[0] == '"' && s[*len - 1] == '"') {
		s++;
		*len -= 2;
	}
	return s;
}

static bool says_function(const struct unit *u, const struct event *e)
{
	const char *s = u->text + e->args, *end = u->text + e->args_end;

	while (end > s && (end[-1] == '"' || end[-1] == ' '))
		end--;
	return (end - s > 8 && !memcmp(end - 8, "function", 8)) ||
	       (end - s > 8 && !memcmp(end - 8, "STT_FUNC", 8));
}

struct names *names_new(const struct unit *u)
{
	struct names *n = xcalloc(1, sizeof(*n));

	for (size_t i = 0; i < u->nevent; i++) {
		const struct event *e = &u->event[i];
		const char *s;
		size_t len;

		if (e->kind != EV_DIRECTIVE ||
		    (e->code != D_TYPE && e->code != D_SIZE))
			continue;
		s = first_arg(u, e, &len);
		if (e->code == D_SIZE)
			name_flag(n, s, len, NAME_SIZED);
		else if (says_function(u, e))
			name_flag(n, s, len, NAME_TYPED);
	}
	return n;
}

void names_free(struct names *n)
{
	for (size_t i = 0; n && i < NAME_SLOTS; i++)
		for (struct name *e = n->slot[i], *next; e; e = next) {
			next = e->next;
			free(e);
		}
	free(n);
}

void function_label(struct burn *b, const struct event *e)
{
	const char *s = b->u->text + e->word;
	const struct name *n;

	if (memchr(s, '\\', e->word_len) || b->macro_depth ||
	    !b->u->section[b->sect.cur].exec)
		return;
	n = name_find(b->names, s, e->word_len);
	if (!(n && n->flags & NAME_TYPED) && b->function && b->function_sized)
		return;
	b->function = s;
	b->function_len = e->word_len;
	b->function_sized = n && n->flags & NAME_SIZED;
}

void function_size(struct burn *b, const struct event *e)
{
	size_t len;
	const char *s = first_arg(b->u, e, &len);

	if (b->function && len == b->function_len &&
	    !memcmp(s, b->function, len)) {
		b->function = NULL;
		b->function_len = 0;
	}
}

/*
 * A macro's body is read once, where it is defined, but rules name functions: so
 * all calls are looked through for who uses which macro.
 */
struct use {
	unsigned macro;		/* is called */
	int by;			/* in the body of this macro, or -1: */
	struct rule_name in;	/* in this function */
};

struct uses {
	struct use *use;
	size_t n;
	bool *seen;		/* by macro, while users are looked for */
};

static int macro_begun(const struct unit *u, const struct event *e)
{
	for (size_t i = 0; i < u->nmacro; i++)
		if (u->macro[i].name == e->args)
			return i;
	return -1;
}

static void use_add(struct uses *uses, const struct burn *b, unsigned macro, int by)
{
	if (by < 0 && !b->function)
		return;
	uses->use = array_grow(uses->use, uses->n, sizeof(*uses->use));
	uses->use[uses->n++] = (struct use){
		.macro = macro, .by = by,
		.in = { b->function, b->function_len },
	};
}

/* Sections are not followed here: a macro that is used in data has no sites. */
static struct uses *uses_new(const struct burn *b)
{
	struct uses *uses = xcalloc(1, sizeof(*uses));
	struct burn at = { .u = b->u, .names = b->names };
	int by = -1;

	sect_init(at.u, &at.sect);
	for (size_t i = 0; i < at.u->nevent; i++) {
		const struct event *e = &at.u->event[i];

		if (e->kind == EV_LABEL)
			function_label(&at, e);
		else if (e->kind == EV_CALL)
			use_add(uses, &at, e->code, by);
		else if (e->kind == EV_DIRECTIVE && e->code == D_SIZE)
			function_size(&at, e);
		else if (e->kind == EV_DIRECTIVE && e->code == D_MACRO &&
			 !at.macro_depth++)
			by = macro_begun(at.u, e);
		else if (e->kind == EV_DIRECTIVE && e->code == D_ENDM &&
			 at.macro_depth && !--at.macro_depth)
			by = -1;
	}
	sect_free(&at.sect);
	uses->seen = xcalloc(at.u->nmacro, sizeof(*uses->seen));
	return uses;
}

static void users_of(struct burn *b, unsigned macro)
{
	struct uses *uses = b->uses;

	uses->seen[macro] = true;
	for (size_t i = 0; i < uses->n; i++) {
		const struct use *use = &uses->use[i];

		if (use->macro != macro)
			continue;
		if (use->by >= 0) {
			if (!uses->seen[use->by])
				users_of(b, use->by);
			continue;
		}
		b->user = array_grow(b->user, b->nuser, sizeof(*b->user));
		b->user[b->nuser++] = use->in;
	}
}

void function_users(struct burn *b, const struct event *e)
{
	int macro = macro_begun(b->u, e);

	free(b->user);
	b->user = NULL;
	b->nuser = 0;
	if (macro < 0)
		return;
	if (!b->uses)
		b->uses = uses_new(b);
	memset(b->uses->seen, 0, b->u->nmacro * sizeof(*b->uses->seen));
	users_of(b, macro);
}

void function_users_free(struct burn *b)
{
	free(b->user);
	if (b->uses) {
		free(b->uses->use);
		free(b->uses->seen);
		free(b->uses);
	}
}
