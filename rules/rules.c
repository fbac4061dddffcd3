/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules as a whole: their memory, and the indexes that let the afterburner
 * pass by most statements without looking at a rule.
 */
#include <stdlib.h>
#include <string.h>
#include "rules/rules_int.h"

#define ARENA_BLOCK	16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	char data[] __attribute__((aligned(16)));
};

void *rules_alloc(struct rules *r, size_t size)
{
	struct arena_block *b = r->arena;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!b || b->size - b->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

		b = xcalloc(1, sizeof(*b) + room);
		b->size = room;
		b->next = r->arena;
		r->arena = b;
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

char *rules_strndup(struct rules *r, const char *s, size_t n)
{
	char *copy = rules_alloc(r, n + 1);

	memcpy(copy, s, n);
	return copy;
}

struct rules *rules_new(void)
{
	struct rules *r = xcalloc(1, sizeof(*r));

	r->max_steps = 1;
	return r;
}

void rules_free(struct rules *r)
{
	struct arena_block *next;

	if (!r)
		return;
	/* Patterns of statements with errors are in no rule: all are listed. */
	for (struct pattern *p = r->patterns; p; p = p->next)
		pattern_free(p);
	pattern_cleanup(r);
	for (size_t i = 0; i < AB_OP_COUNT; i++)
		free(r->by_op[i].index);
	for (struct arena_block *b = r->arena; b; b = next) {
		next = b->next;
		free(b);
	}
	free(r->rule);
	free(r->mnemonics);
	free(r->memo);
	free(r);
}

size_t rules_count(const struct rules *r)
{
	return r->count;
}

unsigned long rules_hits(const struct rules *r, size_t index)
{
	return index < r->count ? r->rule[index]->hits : 0;
}

const char *rules_where(const struct rules *r, size_t index)
{
	return index < r->count ? r->rule[index]->where : NULL;
}

bool rules_want_raw(const struct rules *r)
{
	return r->raw;
}

bool rules_want_plain(const struct rules *r)
{
	for (size_t i = 0; i < r->nmnemonics; i++)
		if (r->mnemonics[i].without_op)
			return true;
	return false;
}

bool rules_want_hooks(const struct rules *r)
{
	return r->nhooks;
}

unsigned rules_max_sequence(const struct rules *r)
{
	return r->max_steps;
}

static void add_mnemonic(struct rules *r, const char *glob, bool without_op)
{
	for (size_t i = 0; i < r->nmnemonics; i++) {
		if (!strcmp(r->mnemonics[i].glob, glob)) {
			r->mnemonics[i].without_op |= without_op;
			return;
		}
	}
	if (r->nmnemonics == r->mnemonics_room) {
		r->mnemonics_room = r->mnemonics_room ? 2 * r->mnemonics_room : 16;
		r->mnemonics = xrealloc(r->mnemonics,
					r->mnemonics_room * sizeof(*r->mnemonics));
	}
	r->mnemonics[r->nmnemonics].glob = glob;
	r->mnemonics[r->nmnemonics++].without_op = without_op;
}

/* Note what the first step of (rule) accepts. */
static void add_wants(struct rules *r, const struct rule *rule)
{
	const struct step *step = rule->steps;

	for (size_t i = 0; i < OPS_WORDS; i++)
		r->ops.w[i] |= step->ops.w[i];
	for (const struct what *w = step->whats; w; w = w->next)
		if (w->kind == WHAT_MNEMONIC)
			add_mnemonic(r, w->mnemonic, rule->as != AB_OP_NONE);
	if (rule->nsteps > r->max_steps)
		r->max_steps = rule->nsteps;
	/* What follows these must be known: the interrupt shadow. */
	if (r->max_steps == 1 &&
	    (step->mnemonics || op_set_has(&step->ops, AB_OP_STI) ||
	     op_set_has(&step->ops, AB_OP_WRITE_SEG) ||
	     op_set_has(&step->ops, AB_OP_POP_SEG)))
		r->max_steps = 2;
}

void rules_add(struct rules *r, struct rule *rule)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->rule = xrealloc(r->rule, r->room * sizeof(*r->rule));
	}
	rule->index = r->count;
	r->rule[r->count++] = rule;
	r->raw |= rule->raw;
	if (rule->nsteps)
		add_wants(r, rule);
	else
		r->nhooks++;
	/* Rules may be loaded after the first questions. */
	for (size_t op = 0; op < AB_OP_COUNT && r->asked; op++) {
		free(r->by_op[op].index);
		r->by_op[op] = (struct candidates){ 0 };
	}
	if (r->asked && r->memo)
		memset(r->memo, 0, WANT_SLOTS * sizeof(*r->memo));
	r->asked = false;
}

enum { WANTED_WITH_OP = 1, WANTED_WITHOUT_OP = 2 };

static unsigned mnemonic_wanted(const struct rules *r, const char *s, size_t len)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < r->nmnemonics; i++) {
		const struct mnemonic_want *m = &r->mnemonics[i];

		if (glob_match(m->glob, s, len))
			wanted |= WANTED_WITH_OP |
				  (m->without_op ? WANTED_WITHOUT_OP : 0);
	}
	return wanted;
}

/* The same, remembered: a file has millions of statements, but few mnemonics. */
static unsigned mnemonic_wanted_memo(struct rules *r, const char *s, size_t len)
{
	uint32_t hash = 2166136261u;
	struct want_memo *m;

	if (!len || len > sizeof(m->mnemonic))
		return mnemonic_wanted(r, s, len);
	if (!r->memo)
		r->memo = xcalloc(WANT_SLOTS, sizeof(*r->memo));
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)s[i]) * 16777619u;
	m = &r->memo[(hash ^ hash >> 16) % WANT_SLOTS];
	if (m->len != len || memcmp(m->mnemonic, s, len)) {
		m->wanted = mnemonic_wanted(r, s, len);
		m->len = len;
		memcpy(m->mnemonic, s, len);
	}
	return m->wanted;
}

bool rules_wants(struct rules *r, enum ab_op op, const char *mnemonic, size_t len)
{
	unsigned wanted;

	if (op_set_has(&r->ops, op))
		return true;
	if (!r->nmnemonics)
		return false;
	r->asked = true;
	wanted = mnemonic_wanted_memo(r, mnemonic, len);
	return wanted & (op ? WANTED_WITH_OP : WANTED_WITHOUT_OP);
}

const struct candidates *rules_candidates(struct rules *r, enum ab_op op)
{
	struct candidates *c = &r->by_op[op];

	if (c->built)
		return c;
	c->built = r->asked = true;
	c->index = xmalloc(r->count * sizeof(*c->index) + 1);
	for (size_t i = r->count; i-- > 0;) {
		const struct rule *rule = r->rule[i];

		if (rule->nsteps && (rule->steps->any || rule->steps->mnemonics ||
				     op_set_has(&rule->steps->ops, op)))
			c->index[c->n++] = i;
	}
	return c;
}
