// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Labels and references of a text; see index.h.
 *
 * A label is special when a table refers to it that says how code changes or
 * where faults go: exception tables, alternatives, jump labels, and any other
 * section that is not plain data.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "afterburner/index.h"

struct range {
	size_t pos, end;
};

/* The pass over the text. */
struct pass {
	struct index *ix;
	struct scanner sc;
	enum place { CODE, PLAIN, TABLE } place, before, stack[32];
	unsigned depth;		/* of .pushsection */
	unsigned bodies;	/* of .macro, .rept, .irp */
	bool debug;		/* in a section of debug information */
	struct range *table;	/* operands that stand in a table */
	size_t ntable;
};

static bool same_name(const struct index *ix, const struct label *a,
		      const char *name, size_t len, uint32_t hash)
{
	return a->hash == hash && a->len == len &&
	       !memcmp(ix->u->text + a->name, name, len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct label *index_label(const struct index *ix, const char *name, size_t len,
				size_t at)
{
	struct label *best = NULL;
	bool numeric = len > 1 && is_digit(name[0]);
	char dir = numeric ? name[--len] : 0;
	uint32_t hash;

	if (!len || (numeric && dir != 'f' && dir != 'b'))
		return NULL;
	hash = word_hash(name, len);
	for (uint32_t i = ix->slot[hash & ix->mask]; i; i = ix->next[i - 1]) {
		struct label *a = &ix->label[i - 1];

		if (!same_name(ix, a, name, len, hash))
			continue;
		if (!numeric)
			return a;
		/* chains go from the last label to the first */
		if (dir == 'f' && a->pos > at)
			best = a;
		if (dir == 'b' && a->pos <= at)
			return a;
	}
	return best;
}

struct label *index_label_at(const struct index *ix, size_t pos)
{
	size_t lo = 0, hi = ix->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (ix->label[mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &ix->label[lo];
}

bool index_refers(const struct index *ix, const char *s, size_t len, int tail)
{
	uint32_t h = word_hash(s, len);

	if (tail)
		h = word_hash_step(h, tail);
	return ix->ref[h % REF_BITS / 64] >> h % 64 & 1;
}

static void label_add(struct index *ix, const struct stmt *st, bool body)
{
	ix->label = array_grow(ix->label, ix->n, sizeof(*ix->label));
	ix->label[ix->n++] = (struct label){
		.hash = word_hash(ix->u->text + st->word, st->word_len),
		.len = st->word_len, .name = st->word, .pos = st->end,
		.body = body };
}

static void index_labels(struct index *ix)
{
	uint32_t size = 64;

	while (size < 2 * ix->n)
		size *= 2;
	ix->mask = size - 1;
	ix->slot = xcalloc(size, sizeof(*ix->slot));
	ix->next = xcalloc(ix->n + 1, sizeof(*ix->next));
	for (size_t i = 0; i < ix->n; i++) {
		uint32_t *s = &ix->slot[ix->label[i].hash & ix->mask];

		ix->next[i] = *s;
		*s = i + 1;
	}
}

/* Sections whose references to code say nothing about how it runs. */
static bool is_plain_data(const char *name, size_t len)
{
	static const char *const plain[] = {
		".debug_", ".rodata", ".data", ".eh_frame", ".gcc_except_table",
		".discard.", ".init.data", ".init.rodata", ".stab", ".comment",
		".orc_", ".initcall",
	};

	if (len && *name == '"') {
		name++;
		len--;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (len >= strlen(plain[i]) &&
		    !memcmp(name, plain[i], strlen(plain[i])))
			return true;
	return false;
}

/* Mark the labels that operands at (pos .. end) name. */
static void mark_special(struct index *ix, size_t pos, size_t end)
{
	const char *t = ix->u->text;

	while (pos < end) {
		size_t from = pos;
		struct label *a;

		while (pos < end && scan_is_word(t[pos]))
			pos++;
		if (pos == from) {
			pos++;
			continue;
		}
		a = index_label(ix, t + from, pos - from, from);
		if (a)
			a->special = true;
	}
}

static enum place place_of(const struct word *w, const struct stmt *st,
			   const char *t, enum place was)
{
	size_t end = scan_item(t, st->args, st->args_end);

	switch (w->code) {
	case D_SECTION: case D_PUSHSECTION:
		if (is_plain_data(t + st->args, end - st->args))
			return PLAIN;
		return memmem(t + st->args, st->args_end - st->args, "x\"", 2) ||
		       (end - st->args >= 5 && !memcmp(t + st->args, ".text", 5)) ||
		       memmem(t + st->args, st->args_end - st->args, "\"ax", 3) ?
			CODE : TABLE;
	case D_DATA: case D_BSS:
		return PLAIN;
	case D_TEXT:
		return CODE;
	default:
		return was;
	}
}

static void refs_add(struct index *ix, size_t pos, size_t end)
{
	const char *t = ix->u->text;

	while (pos < end) {
		uint32_t h = WORD_HASH_INIT;

		if (!scan_is_word(t[pos]) || t[pos] == '$') {
			pos++;
			continue;
		}
		while (pos < end && scan_is_word(t[pos]) && t[pos] != '@')
			h = word_hash_step(h, t[pos++]);
		while (pos < end && scan_is_word(t[pos]))
			pos++;
		ix->ref[h % REF_BITS / 64] |= 1ull << h % 64;
	}
}

static bool starts(const char *t, size_t pos, size_t end, const char *with)
{
	size_t len = strlen(with);

	return end - pos >= len && !memcmp(t + pos, with, len);
}

/* What (st) refers to counts, but for debug sections and what only tells about
 * a symbol. */
static void pass_refs(struct pass *p, const struct word *w, const struct stmt *st)
{
	const char *t = p->sc.text;

	if (w && w->code >= D_SECTION && w->code <= D_ABSOLUTE) {
		p->debug = (w->code == D_SECTION || w->code == D_PUSHSECTION) &&
			(starts(t, st->args, st->args_end, ".debug_") ||
			 starts(t, st->args, st->args_end, "\".debug_"));
		return;
	}
	if (p->debug || (w && (w->code == D_QUIET || w->code == D_TYPE ||
			       w->code == D_SIZE || w->code == D_FILE)))
		return;
	refs_add(p->ix, st->args, st->args_end);
	if (st->macro)
		refs_add(p->ix, st->word, st->word + st->word_len);
}

static void pass_table(struct pass *p, const struct stmt *st)
{
	if (p->place != TABLE)
		return;
	p->table = array_grow(p->table, p->ntable, sizeof(*p->table));
	p->table[p->ntable++] = (struct range){ st->args, st->args_end };
}

static void pass_directive(struct pass *p, const struct word *w, const struct stmt *st)
{
	enum place was = p->place;

	switch (w->code) {
	case D_MACRO: case D_REPT: case D_IRP:
		p->bodies++;
		break;
	case D_ENDM: case D_ENDR:
		p->bodies -= p->bodies > 0;
		break;
	case D_SET:
		p->ix->registers |= !!memchr(p->sc.text + st->args, '%',
					     st->args_end - st->args);
		break;
	case D_POPSECTION:
		p->depth -= p->depth > 0;
		p->place = p->depth < 32 ? p->stack[p->depth] : CODE;
		break;
	case D_PREVIOUS:
		p->place = p->before;
		break;
	default:
		if (w->code == D_PUSHSECTION) {
			if (p->depth < 32)
				p->stack[p->depth] = p->place;
			p->depth++;
		}
		p->place = place_of(w, st, p->sc.text, p->place);
		if (p->place == was)
			pass_table(p, st);
		break;
	}
	if (p->place != was)
		p->before = was;
}

static void pass_statement(struct pass *p, const struct stmt *st)
{
	const struct word *w = NULL;
	const char *t = p->sc.text;

	if (st->kind == ST_MARKER)
		return;
	if (st->kind == ST_LABEL) {
		label_add(p->ix, st, p->bodies);
		return;
	}
	if (st->kind == ST_ASSIGN && memchr(t + st->args, '%', st->args_end - st->args))
		p->ix->registers = true;
	if (st->kind == ST_DIRECTIVE)
		w = word_find(p->ix->u->words, st->hash, t + st->word, st->word_len);
	pass_refs(p, w, st);
	if (w)
		pass_directive(p, w, st);
	else
		pass_table(p, st);
}

struct index *index_of(const struct unit *u, struct index **made)
{
	struct pass p = { .sc = { .text = u->text, .size = u->size } };
	struct stmt st;

	if (*made)
		return *made;
	p.ix = *made = xcalloc(1, sizeof(*p.ix));
	p.ix->u = u;
	p.ix->label = array_grow(NULL, 0, sizeof(*p.ix->label));
	while (scan_next(&p.sc, &st) < ST_ERROR && st.kind != ST_END)
		pass_statement(&p, &st);
	index_labels(p.ix);
	for (size_t i = 0; i < p.ntable; i++)
		mark_special(p.ix, p.table[i].pos, p.table[i].end);
	free(p.table);
	return p.ix;
}

void index_free(struct index *ix)
{
	if (!ix)
		return;
	free(ix->label);
	free(ix->slot);
	free(ix->next);
	free(ix);
}
