// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Liveness: from a site, along every way that the text shows, until each
 * register and flag was read (live) or overwritten (dead on that way).
 *
 * Everything that is not understood ends a way with all that is left counted as
 * live: calls, returns, indirect jumps, labels of other files, macros and
 * conditionals, bytes, unknown instructions.  So does a label that a table
 * refers to which says how code changes or where faults go: exception tables,
 * alternatives, jump labels, and any other section that is not plain data.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "abi/patchnote.h"
#include "afterburner/live.h"

#define MAX_STATEMENTS 4000	/* looked at for one site */

struct label {
	uint32_t hash, len;
	size_t name, pos;	/* pos: behind the colon */
	uint32_t seen;		/* what was looked for from here already */
	uint32_t query;		/* by which query */
	bool special;		/* a table refers to it */
	bool body;		/* in a macro or .rept */
};

struct live {
	struct unit *u;
	struct label *label;	/* by pos */
	size_t n;
	uint32_t *slot;		/* hash table: index of a label + 1 */
	uint32_t mask;
	uint32_t *next;		/* labels of the same hash */
	bool off;		/* registers have other names here */
	uint32_t query;
	unsigned budget;
	uint32_t live;		/* found so far */
	struct { size_t pos; uint32_t look; } *todo;
	size_t ntodo;
};

static bool same_name(const struct live *l, const struct label *a,
		      const char *name, size_t len, uint32_t hash)
{
	return a->hash == hash && a->len == len &&
	       !memcmp(l->u->text + a->name, name, len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The label that (name) is at (at): a local one, "1f" or "1b". */
static struct label *label_find(struct live *l, const char *name, size_t len,
				size_t at)
{
	struct label *best = NULL;
	bool numeric = len > 1 && is_digit(name[0]);
	char dir = numeric ? name[--len] : 0;
	uint32_t hash;

	if (!len || (numeric && dir != 'f' && dir != 'b'))
		return NULL;
	hash = word_hash(name, len);
	for (uint32_t i = l->slot[hash & l->mask]; i; i = l->next[i - 1]) {
		struct label *a = &l->label[i - 1];

		if (!same_name(l, a, name, len, hash))
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

static void label_add(struct live *l, const struct stmt *st, bool body)
{
	l->label = array_grow(l->label, l->n, sizeof(*l->label));
	l->label[l->n++] = (struct label){
		.hash = word_hash(l->u->text + st->word, st->word_len),
		.len = st->word_len, .name = st->word, .pos = st->end,
		.body = body };
}

static void index_labels(struct live *l)
{
	uint32_t size = 64;

	while (size < 2 * l->n)
		size *= 2;
	l->mask = size - 1;
	l->slot = xcalloc(size, sizeof(*l->slot));
	l->next = xcalloc(l->n + 1, sizeof(*l->next));
	for (size_t i = 0; i < l->n; i++) {
		uint32_t *s = &l->slot[l->label[i].hash & l->mask];

		l->next[i] = *s;
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
static void mark_special(struct live *l, size_t pos, size_t end)
{
	const char *t = l->u->text;

	while (pos < end) {
		size_t from = pos;
		struct label *a;

		while (pos < end && scan_is_word(t[pos]))
			pos++;
		if (pos == from) {
			pos++;
			continue;
		}
		a = label_find(l, t + from, pos - from, from);
		if (a)
			a->special = true;
	}
}

enum place { CODE, PLAIN, TABLE };

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

/* Two passes over the text: labels, then what tables refer to. */
static void read_text(struct live *l, bool second)
{
	struct scanner sc = { .text = l->u->text, .size = l->u->size };
	enum place place = CODE, before = CODE, stack[32];
	unsigned depth = 0, bodies = 0;
	struct stmt st;

	while (scan_next(&sc, &st) < ST_ERROR && st.kind != ST_END) {
		const struct word *w = NULL;
		enum place was = place;

		if (st.kind == ST_LABEL && !second)
			label_add(l, &st, bodies);
		if (st.kind == ST_ASSIGN &&
		    memchr(sc.text + st.args, '%', st.args_end - st.args))
			l->off = true;
		if (st.kind == ST_DIRECTIVE)
			w = word_find(l->u->words, st.hash, sc.text + st.word,
				      st.word_len);
		if (!w) {
			if (second && place == TABLE)
				mark_special(l, st.args, st.args_end);
			continue;
		}
		switch (w->code) {
		case D_MACRO: case D_REPT: case D_IRP: bodies++; break;
		case D_ENDM: case D_ENDR: bodies -= bodies > 0; break;
		case D_SET:
			l->off |= !!memchr(sc.text + st.args, '%',
					   st.args_end - st.args);
			break;
		case D_POPSECTION:
			depth -= depth > 0;
			place = depth < 32 ? stack[depth] : CODE;
			break;
		case D_PREVIOUS:
			place = before;
			break;
		default:
			if (w->code == D_PUSHSECTION) {
				if (depth < 32)
					stack[depth] = place;
				depth++;
			}
			place = place_of(w, &st, sc.text, place);
			if (second && place == TABLE && place == was)
				mark_special(l, st.args, st.args_end);
			break;
		}
		if (place != was)
			before = was;
	}
}

static struct live *live_new(struct unit *u)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->u = u;
	l->label = array_grow(NULL, 0, sizeof(*l->label));
	read_text(l, false);
	index_labels(l);
	if (!l->off)
		read_text(l, true);
	return l;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	free(l->label);
	free(l->slot);
	free(l->next);
	free(l->todo);
	free(l);
}

static void later(struct live *l, size_t pos, uint32_t look)
{
	l->todo = array_grow(l->todo, l->ntodo, sizeof(*l->todo));
	l->todo[l->ntodo].pos = pos;
	l->todo[l->ntodo++].look = look;
}

/* Reach (a) looking for (look): what of it was not looked for from here. */
static uint32_t reach(struct live *l, struct label *a, uint32_t look)
{
	uint32_t more;

	if (a->special || a->body) {
		l->live |= look;
		return 0;
	}
	if (a->query != l->query) {
		a->query = l->query;
		a->seen = 0;
	}
	more = look & ~a->seen;
	a->seen |= look;
	return more;
}

/* The label whose colon ends at (pos). */
static struct label *label_at(struct live *l, size_t pos)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (l->label[mid].pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &l->label[lo];
}

/* Behind the .popsection that belongs to the .pushsection just read. */
static bool skip_pushed(struct scanner *sc, const struct words *words)
{
	unsigned depth = 1;
	struct stmt st;

	while (depth) {
		const struct word *w;

		if (scan_next(sc, &st) >= ST_ERROR || st.kind == ST_END)
			return false;
		if (st.kind != ST_DIRECTIVE)
			continue;
		w = word_find(words, st.hash, sc->text + st.word, st.word_len);
		if (!w)
			continue;
		if (w->code == D_PUSHSECTION)
			depth++;
		else if (w->code == D_POPSECTION)
			depth--;
		else if (w->code >= D_MACRO && w->code <= D_ENDIF &&
			 w->code != D_PURGEM)
			return false;
	}
	return true;
}

static bool is_alignment(const char *s, size_t len)
{
	return (len == 8 && !memcmp(s, ".p2align", 8)) ||
	       (len == 6 && !memcmp(s, ".align", 6)) ||
	       (len == 7 && !memcmp(s, ".balign", 7));
}

/* May control just pass the directive (st)? */
static bool pass_directive(struct live *l, struct scanner *sc,
			   const struct stmt *st)
{
	const struct word *w = word_find(l->u->words, st->hash,
					 sc->text + st->word, st->word_len);

	if (!w)
		return is_alignment(sc->text + st->word, st->word_len);
	if (w->code == D_PUSHSECTION)
		return skip_pushed(sc, l->u->words);
	return w->code == D_QUIET || w->code == D_SET || w->code == D_TYPE ||
	       w->code == D_SIZE;
}

/* Prefixes off; rep counts in registers. */
static bool strip_prefixes(struct live *l, struct stmt *st, bool *rep)
{
	const char *t = l->u->text;
	const struct word *w;

	*rep = false;
	while ((w = word_find(l->u->words, st->hash, t + st->word,
			      st->word_len)) && w->kind == W_PREFIX) {
		size_t p = st->args;

		*rep |= (t[st->word] | 32) == 'r';
		if (p >= st->args_end || !scan_is_word(t[p])) {
			/* a statement of its own: "lock; addl" */
			st->word_len = 0;
			return true;
		}
		st->word = p;
		while (p < st->args_end && scan_is_word(t[p]))
			p++;
		st->word_len = p - st->word;
		st->hash = word_hash(t + st->word, st->word_len);
		p = scan_blanks(t, l->u->size, p);
		st->args = p < st->args_end ? p : st->args_end;
	}
	return !unit_macro(l->u, st->hash, st->word, st->word_len);
}

#define REP_USES (AB_DEAD_REG(0) | AB_DEAD_REG(1) | AB_DEAD_REG(6) | AB_DEAD_REG(7))

/* One way from (pos) on. */
static void follow_way(struct live *l, size_t pos, uint32_t look)
{
	struct scanner sc = { .text = l->u->text, .size = l->u->size, .pos = pos };
	bool rep = false, was_rep;
	struct effect e;
	struct stmt st;
	struct label *a;

	while ((look &= ~l->live) && l->budget && l->budget--) {
		switch (scan_next(&sc, &st)) {
		case ST_LABEL:
			look = reach(l, label_at(l, st.end), look);
			continue;
		case ST_MARKER:
			continue;
		case ST_DIRECTIVE:
			if (pass_directive(l, &sc, &st))
				continue;
			break;
		case ST_INSN:
			was_rep = rep;
			if (!strip_prefixes(l, &st, &rep))
				break;
			rep |= was_rep;
			if (!st.word_len)
				continue;
			if (!insn_effect(sc.text, st.word, st.word_len, st.args,
					 st.args_end, &e))
				break;
			if (rep)
				e.use |= REP_USES;
			rep = false;
			l->live |= look & e.use;
			look &= ~(e.use | e.kill);
			if (e.flow == GOES_ON)
				continue;
			a = label_find(l, sc.text + st.args,
				       st.args_end - st.args, st.start);
			if (!a) {
				l->live |= look;
			} else {
				uint32_t more = reach(l, a, look);

				if (more)
					later(l, a->pos, more);
			}
			if (e.flow == JUMPS)
				return;
			continue;
		default:
			break;
		}
		break;
	}
	l->live |= look;
}

uint32_t live_dead(struct unit *u, struct live **state, size_t start, size_t pos,
		   unsigned bits)
{
	uint32_t all = (bits == 64 ? 0xffff : 0xff) | AB_DEAD_FLAGS;
	struct live *l;
	struct scanner sc;

	all &= ~AB_DEAD_REG(4);
	if (!*state)
		*state = live_new(u);
	l = *state;
	if (l->off)
		return 0;
	/* a table that names the site itself: its fault goes elsewhere */
	for (size_t i = label_at(l, start + 1) - l->label; i-- > 0;) {
		struct label *a = &l->label[i];

		sc = (struct scanner){ .text = u->text, .size = start,
				       .pos = a->pos };
		if (scan_blanks(u->text, u->size, a->pos) != start && sc.pos < start) {
			struct stmt st;

			if (scan_next(&sc, &st) != ST_END)
				break;
		}
		if (a->special)
			return 0;
	}
	l->query++;
	l->live = 0;
	l->budget = MAX_STATEMENTS;
	l->ntodo = 0;
	later(l, pos, all);
	while (l->ntodo && (l->live & all) != all) {
		size_t i = --l->ntodo;

		follow_way(l, l->todo[i].pos, l->todo[i].look);
	}
	if (!l->budget)
		return 0;
	return all & ~l->live;
}
