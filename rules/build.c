/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parser has read becomes rules here, and what the grammar cannot
 * forbid is refused here.
 */
#include <string.h>
#include "rules/rules_int.h"

static const char *const cpl3_names[] = {
	[AB_CPL3_TRAPS] = "traps", [AB_CPL3_SILENT] = "silent", [AB_CPL3_HOST] = "host",
};
#define NCPL3 (sizeof(cpl3_names) / sizeof(cpl3_names[0]))

const char *cpl3_name(unsigned cpl3)
{
	return cpl3 < NCPL3 ? cpl3_names[cpl3] : NULL;
}

/* Ops of one instruction: not those of sequences, nor those that only a rule
 * makes. */
static bool op_is_instruction(const struct ab_op_info *info)
{
	return info->class != AB_CLASS_SEQUENCE && info->class != AB_CLASS_SYNTHETIC;
}

static bool op_is_hook(unsigned op)
{
	return op == AB_OP_HOOK_ENTRY || op == AB_OP_HOOK_FUNC;
}

static void what_op(struct reader *rd, struct what *w, const char *name)
{
	const struct ab_op_info *info = ab_op_info(ab_op_by_name(name));
	enum ab_op other = info ? AB_OP_NONE : spell_mnemonic(name);
	const char *meant = info || other ? NULL : spell_op(name);

	if (info && op_is_instruction(info))
		w->num = info->num;
	else if (info && info->class == AB_CLASS_SEQUENCE)
		reader_error(rd, &w->loc, "'%s' is the op of a sequence: write its "
			     "instructions, and 'as %s' after them", name, name);
	else if (info)
		reader_error(rd, &w->loc, "no instruction is '%s' by itself: %s", name,
			     op_is_hook(info->num) ? "write a 'hook' statement" :
			     "write mnemonic, operands, function, and 'as' with it");
	else if (other)
		reader_error(rd, &w->loc, "'%s' is a mnemonic, not an op: write the op, "
			     "'%s', or \"%s\" in quotes", name, ab_op_name(other), name);
	else if (meant)
		reader_error(rd, &w->loc, "unknown op '%s'; did you mean '%s'? "
			     "(mnemonics stand in quotes)", name, meant);
	else
		reader_error(rd, &w->loc, "unknown op '%s' (mnemonics stand in quotes)",
			     name);
}

static void what_class(struct reader *rd, struct what *w, const char *name)
{
	static const char *const names[] = {
		"flags", "control", "segment", "controlreg", "memory", "msr", "io",
		"virt", NULL
	};
	const char *meant;

	w->num = ab_class_by_name(name);
	if (w->num && w->num != AB_CLASS_SEQUENCE && w->num != AB_CLASS_SYNTHETIC)
		return;
	meant = spell_word(name, names);
	if (meant)
		reader_error(rd, &w->loc, "unknown class '%s'; did you mean '%s'?",
			     name, meant);
	else
		reader_error(rd, &w->loc, "no instruction has class '%s'; there are "
			     "flags, control, segment, controlreg, memory, msr, io, virt", name);
}

static void what_cpl3(struct reader *rd, struct what *w, const char *name)
{
	for (unsigned i = 1; i < NCPL3; i++)
		if (!strcmp(cpl3_names[i], name))
			w->num = i;
	if (!w->num)
		reader_error(rd, &w->loc, "at CPL 3 an instruction is 'traps', 'silent' "
			     "or 'host' (docs/ops.md), not '%s'", name);
}

static void what_mnemonic(struct reader *rd, struct what *w, const char *name)
{
	w->mnemonic = name;
	if (!*name)
		reader_error(rd, &w->loc, "an empty mnemonic matches nothing");
	for (const char *p = name; *p; p++) {
		if (*p == ' ' || *p == '\t') {
			reader_error(rd, &w->loc, "a mnemonic has no blanks; operands "
				     "are matched by a pattern: \"%.*s\" /.../",
				     (int)(p - name), name);
			return;
		}
		if (*p >= 'A' && *p <= 'Z') {
			reader_error(rd, &w->loc, "mnemonics are compared in lower case");
			return;
		}
	}
}

struct what *what_new(struct reader *rd, enum what_kind kind, const char *name,
		      const struct rule_loc *loc)
{
	struct what *w = rules_alloc(rd->rules, sizeof(*w));

	w->kind = kind;
	w->loc = *loc;
	switch (kind) {
	case WHAT_OP:
		what_op(rd, w, name);
		break;
	case WHAT_MNEMONIC:
		what_mnemonic(rd, w, name);
		break;
	case WHAT_CLASS:
		what_class(rd, w, name);
		break;
	case WHAT_CPL3:
		what_cpl3(rd, w, name);
		break;
	case WHAT_ANY:
		break;
	}
	return w;
}

/* (token) is all of "/text/flags". */
struct pattern *pattern_new(struct reader *rd, const char *token, size_t len,
			    const struct rule_loc *loc)
{
	struct pattern *pat = rules_alloc(rd->rules, sizeof(*pat));
	const char *end = memrchr(token, '/', len);
	struct rule_loc at = *loc;
	char msg[128];
	size_t offset;

	pat->next = rd->rules->patterns;
	rd->rules->patterns = pat;
	pat->len = end - token - 1;
	pat->text = rules_strndup(rd->rules, token + 1, pat->len);
	if (!pat->len) {
		reader_error(rd, loc, "an empty pattern matches all operands: leave "
			     "it out");
		return NULL;
	}
	if (token + len - end > 1) {
		pat->caseless = true;
		if (token + len - end != 2 || end[1] != 'i') {
			reader_error(rd, loc, "after a pattern only 'i' may stand "
				     "(ignore case), not '%s'", end + 1);
			return NULL;
		}
	}
	if (pattern_is_plain(pat))
		return pat;
	if (pattern_compile(pat, msg, sizeof(msg), &offset) == 0)
		return pat;
	at.col += 1 + (offset < pat->len ? offset : pat->len);
	reader_error(rd, &at, "bad operand pattern: %s", msg);
	return NULL;
}

static void step_accept(struct step *step, const struct what *w)
{
	for (unsigned op = 1; op < AB_OP_COUNT; op++) {
		const struct ab_op_info *info = ab_op_info(op);

		if (!info || !op_is_instruction(info))
			continue;
		if ((w->kind == WHAT_CLASS && info->class == w->num) ||
		    (w->kind == WHAT_CPL3 && info->cpl3 == w->num))
			op_set_add(&step->ops, op);
	}
}

/* Rules that skip all in some place are many: one set serves them. */
static void step_accept_any(struct rules *r, struct step *step)
{
	if (!op_set_has(&r->every, AB_OP_CLI)) {
		for (unsigned op = 1; op < AB_OP_COUNT; op++) {
			const struct ab_op_info *info = ab_op_info(op);

			if (info && op_is_instruction(info))
				op_set_add(&r->every, op);
		}
	}
	for (size_t i = 0; i < OPS_WORDS; i++)
		step->ops.w[i] |= r->every.w[i];
}

void rule_add_step(struct reader *rd, struct rule *rule, struct what *whats,
		   struct pattern *pattern, const struct rule_loc *loc)
{
	struct step *step;

	if (rule->nsteps == RULES_MAX_STEPS) {
		reader_error(rd, loc, "a sequence has at most %u instructions",
			     RULES_MAX_STEPS);
		return;
	}
	if (!rule->nsteps)
		rule->steps = rules_alloc(rd->rules, sizeof(*step));
	else if (rule->nsteps == 1) {
		step = rules_alloc(rd->rules, RULES_MAX_STEPS * sizeof(*step));
		*step = *rule->steps;
		rule->steps = step;
	}
	step = &rule->steps[rule->nsteps++];
	step->whats = whats;
	step->pattern = pattern;
	for (const struct what *w = whats; w; w = w->next) {
		if (w->kind == WHAT_MNEMONIC)
			step->mnemonics = true;
		else if (w->kind == WHAT_OP)
			op_set_add(&step->ops, w->num);
		else if (w->kind == WHAT_ANY)
			step_accept_any(rd->rules, step);
		else
			step_accept(step, w);
		step->any |= w->kind == WHAT_ANY;
	}
}

/* A rule that turns ordinary instructions into sites must say where. */
static bool names_a_place(const struct rule *rule)
{
	for (const struct cond *c = rule->conds; c; c = c->next)
		if (!c->negated && (c->kind == COND_FUNCTION || c->kind == COND_FILE))
			return true;
	return false;
}

static void synthetic_check(struct reader *rd, const struct rule *rule,
			    const struct rule_loc *loc)
{
	const char *name = ab_op_name(rule->as);

	if (op_is_hook(rule->as)) {
		reader_error(rd, loc, "'as %s': write a 'hook' statement", name);
		return;
	}
	if (rule->nsteps != 1) {
		reader_error(rd, loc, "'as %s' is for a single instruction", name);
		return;
	}
	for (const struct what *w = rule->steps->whats; w; w = w->next) {
		if (w->kind == WHAT_MNEMONIC)
			continue;
		reader_error(rd, &w->loc, "'as %s' is for ordinary instructions: write "
			     "their mnemonic in quotes", name);
		return;
	}
	if (!names_a_place(rule))
		reader_error(rd, loc, "'as %s' needs 'in function' or 'in file': "
			     "elsewhere these are ordinary instructions", name);
}

/* The one op of class sequence whose first instruction the afterburner adds. */
static void vsyscall_check(struct reader *rd, const struct rule *rule,
			   const struct rule_loc *loc)
{
	const struct what *w = rule->steps->whats;

	if (rule->nsteps > 1 || rule->action != RULE_PAD || rule->total || !w ||
	    w->next || w->kind != WHAT_OP || w->num != AB_OP_INT)
		reader_error(rd, loc, "'as vsyscall' is for 'pad int', without 'to'");
}

static void as_check(struct reader *rd, const struct rule *rule,
		     const struct rule_loc *loc)
{
	const struct ab_op_info *info = ab_op_info(rule->as);
	const struct rule_loc *at = &rule->as_loc;

	if (rule->as == AB_OP_COUNT)
		return;
	if (rule->action == RULE_SKIP) {
		if (info)
			reader_error(rd, at, "'skip' makes no site, so it has no 'as'");
		return;
	}
	if (!info) {
		if (rule->nsteps > 1)
			reader_error(rd, loc, "a sequence is one site with an op of its "
				     "own: add 'as' and one of class sequence "
				     "(docs/ops.md)");
		return;
	}
	if (rule->as == AB_OP_VSYSCALL) {
		vsyscall_check(rd, rule, at);
		return;
	}
	if (info->class == AB_CLASS_SYNTHETIC) {
		synthetic_check(rd, rule, at);
		return;
	}
	if (info->class != AB_CLASS_SEQUENCE)
		reader_error(rd, at, "'as %s': 'as' is for sequences and for mmio_read, "
			     "mmio_write, pte_write; other instructions have their op",
			     info->name);
	else if (rule->nsteps < 2)
		reader_error(rd, at, "'%s' is the op of a sequence: its instructions "
			     "are written one after the other, with ';' between",
			     info->name);
	if (rule->nsteps > 1 && rule->steps->any)
		reader_error(rd, loc, "a sequence cannot begin with 'any'");
}

void rule_finish(struct reader *rd, struct rule *rule, const struct rule_loc *loc)
{
	char line[16];
	size_t len = strlen(rd->name);
	char *where;

	if (rule->nsteps)
		as_check(rd, rule, loc);
	if (rd->skips_only && rule->action != RULE_SKIP)
		return;
	snprintf(line, sizeof(line), ":%u", loc->line);
	where = rules_alloc(rd->rules, len + strlen(line) + 1);
	memcpy(where, rd->name, len);
	strcpy(where + len, line);
	rule->where = where;
	if (rd->rules->count == RULES_MAX_RULES)
		reader_error(rd, loc, "more than %u rules", RULES_MAX_RULES);
	else
		rules_add(rd->rules, rule);
}
