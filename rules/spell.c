/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spell.c: "did you mean": the nearest allowed word, by edit distance. */
#include <string.h>
#include "rules/rules_int.h"

#define WORD_MAX	32
#define FAR		100

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours from a to b. */
static unsigned edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned d[3][WORD_MAX + 1];

	if (la > WORD_MAX || lb > WORD_MAX)
		return FAR;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = d[i % 3], *up = d[(i - 1) % 3], *up2 = d[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min(min(row[j - 1], up[j]) + 1,
				     up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 &&
			    a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min(row[j], up2[j - 2] + 1);
		}
	}
	return d[la % 3][lb];
}

/* Mnemonics are taken for op names often enough to know them here. */
static const struct {
	const char *mnemonic, *form;
	uint16_t op;
} mnemonics[] = {
#define AB_MNEM(mnem, op, form, modes, att, intel) { mnem, #form, AB_OP_##op },
#include "abi/mnemonics.def"
#undef AB_MNEM
};

enum ab_op spell_mnemonic(const char *name)
{
	enum ab_op op = AB_OP_NONE;

	for (size_t i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++) {
		if (strcmp(mnemonics[i].mnemonic, name))
			continue;
		if (strcmp(mnemonics[i].form, "ANY"))
			return AB_OP_NONE;	/* as a rule it is an ordinary one */
		op = mnemonics[i].op;
	}
	return op;
}

/* The best so far, and how far it is; a third of the word may be wrong. */
struct guess {
	const char *word;
	unsigned distance;
};

static void guess_init(struct guess *g, const char *name)
{
	size_t len = strlen(name);

	g->word = NULL;
	g->distance = len < 3 ? len : 2 + len / 6;	/* must be below */
}

static void guess_try(struct guess *g, const char *name, const char *word)
{
	unsigned distance = edit_distance(name, word);

	if (distance < g->distance) {
		g->word = word;
		g->distance = distance;
	}
}

const char *spell_op(const char *name)
{
	struct guess g;

	guess_init(&g, name);
	for (unsigned op = 1; op < AB_OP_COUNT; op++)
		if (ab_op_info(op))
			guess_try(&g, name, ab_op_name(op));
	return g.word;
}

const char *spell_word(const char *name, const char *const *words)
{
	struct guess g;

	guess_init(&g, name);
	for (; *words; words++)
		guess_try(&g, name, *words);
	return g.word;
}
