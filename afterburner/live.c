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

struct live {
	struct unit *u;
	struct index *ix;
	uint32_t query;
	unsigned budget;
	uint32_t live;		/* found so far */
	struct { size_t pos; uint32_t look; } *todo;
	size_t ntodo;
};

void live_free(struct live *l)
{
	if (!l)
		return;
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
			look = reach(l, index_label_at(l->ix, st.end), look);
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
			a = index_label(l->ix, sc.text + st.args,
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

uint32_t live_dead(struct unit *u, struct live **state, struct index *ix,
		   size_t start, size_t pos, unsigned bits)
{
	uint32_t all = (bits == 64 ? 0xffff : 0xff) | AB_DEAD_FLAGS;
	struct live *l;
	struct scanner sc;

	all &= ~AB_DEAD_REG(4);
	if (!*state)
		*state = xcalloc(1, sizeof(**state));
	l = *state;
	l->u = u;
	l->ix = ix;
	if (ix->registers)
		return 0;
	/* a table that names the site itself: its fault goes elsewhere */
	for (size_t i = index_label_at(ix, start + 1) - ix->label; i-- > 0;) {
		struct label *a = &ix->label[i];

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
