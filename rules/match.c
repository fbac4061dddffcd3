/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deciding about one place.  The last rule that matches decides, with three
 * refinements, all of them so that a site is never less than it must be:
 *
 *  - a longer sequence wins over a shorter one, whatever the order;
 *  - but a skip puts out of force everything that stands before it, and a skip
 *    of any instruction in a sequence skips the whole sequence (to pad one half
 *    of it could break an interrupt shadow);
 *  - a padded site does not end inside an interrupt shadow: it is widened.
 */
#include <string.h>
#include <strings.h>
#include "rules/rules_int.h"

static bool globs_match(const struct str_list *l, const char *s, size_t n)
{
	for (; l; l = l->next)
		if (glob_match(l->s, s, n))
			return true;
	return false;
}

/* A compiler's clones (foo.isra.0, foo.cold, foo.constprop.1) are the function
 * that the programmer knows. */
static bool function_match(const struct str_list *l, const char *s, size_t n)
{
	const char *dot;

	if (globs_match(l, s, n))
		return true;
	dot = n > 1 ? memchr(s + 1, '.', n - 1) : NULL;
	return dot && globs_match(l, s, dot - s);
}

/* Trees are built in other folders, and out of tree: a glob that is neither
 * absolute nor begins with '*' matches the end of a path, whole components.
 * Most globs begin with the name of a folder that is met once or not at all in
 * the path, so its first letter decides most often. */
static bool file_match(const struct str_list *l, const char *s, size_t n)
{
	for (; l; l = l->next) {
		char first = *l->s;
		bool literal = first && !strchr("*?[\\", first);

		if (glob_match(l->s, s, n))
			return true;
		if (first == '/' || first == '*')
			continue;
		for (const char *p = s, *end = s + n; p < end; p++)
			if (*p == '/' && (!literal || (p + 1 < end && p[1] == first)) &&
			    glob_match(l->s, p + 1, end - p - 1))
				return true;
	}
	return false;
}

static bool in_lines(const struct line_range *l, unsigned line)
{
	for (; l; l = l->next)
		if (l->first <= line && line <= l->last)
			return true;
	return false;
}

static bool cond_holds(const struct cond *c, const struct rule_ctx *ctx)
{
	switch (c->kind) {
	case COND_SECTION:
		return globs_match(c->globs, ctx->section, ctx->section_len);
	case COND_FUNCTION:
		return ctx->function_len &&
		       function_match(c->globs, ctx->function, ctx->function_len);
	case COND_FILE:
		if (ctx->file_len && (!c->lines || in_lines(c->lines, ctx->line)) &&
		    file_match(c->globs, ctx->file, ctx->file_len))
			return true;
		return !c->lines && ctx->unit && ctx->unit_len &&
		       ctx->unit != ctx->file &&
		       file_match(c->globs, ctx->unit, ctx->unit_len);
	case COND_BITS:
		return c->bits & ctx->bits;
	}
	return false;
}

/* In a macro's body: is one of the functions that use it meant? */
static bool user_meant(const struct cond *c, const struct rule_ctx *ctx)
{
	for (size_t i = 0; c->kind == COND_FUNCTION && i < ctx->nuser; i++)
		if (function_match(c->globs, ctx->user[i].s, ctx->user[i].len))
			return true;
	return false;
}

static bool conds_hold(const struct rule *rule, const struct rule_ctx *ctx)
{
	for (const struct cond *c = rule->conds; c; c = c->next)
		if (cond_holds(c, ctx) == c->negated &&
		    (c->negated || rule->action == RULE_SKIP || !user_meant(c, ctx)))
			return false;
	return true;
}

/* Op and mnemonic only. */
static bool step_accepts(const struct step *step, const struct rule_insn *insn)
{
	if (step->any || op_set_has(&step->ops, insn->op))
		return true;
	for (const struct what *w = step->whats; w && step->mnemonics; w = w->next)
		if (w->kind == WHAT_MNEMONIC &&
		    glob_match(w->mnemonic, insn->mnemonic, insn->mnemonic_len))
			return true;
	return false;
}

/* Cheapest tests first; patterns last, since they may have to be compiled. */
static bool rule_matches(struct rules *r, const struct rule *rule,
			 const struct rule_insn *insn, size_t n,
			 const struct rule_ctx *ctx)
{
	if (rule->nsteps > n)
		return false;
	/* Ordinary instructions become sites only by 'as'. */
	if (!insn->op && rule->action != RULE_SKIP && !rule->as)
		return false;
	for (unsigned i = 0; i < rule->nsteps; i++)
		if (!step_accepts(&rule->steps[i], &insn[i]) ||
		    (insn[i].raw && !rule->raw))
			return false;
	if (!conds_hold(rule, ctx))
		return false;
	for (unsigned i = 0; i < rule->nsteps; i++) {
		struct pattern *pat = rule->steps[i].pattern;

		if (pat && !pattern_match(r, rule, pat, insn[i].operands,
					  insn[i].operands_len))
			return false;
	}
	return true;
}

/* The rule that decides, or NULL.  A skip of an instruction that is not in the
 * op table counts only when it would be a site without: *veto is that skip. */
static struct rule *find_rule(struct rules *r, const struct rule_insn *insn,
			      size_t n, const struct rule_ctx *ctx,
			      struct rule **veto)
{
	const struct candidates *c = rules_candidates(r, insn->op);
	struct rule *best = NULL;

	*veto = NULL;
	for (size_t i = 0; i < c->n; i++) {
		struct rule *rule = r->rule[c->index[i]];

		if (best && rule->action != RULE_SKIP && rule->nsteps <= best->nsteps)
			continue;
		if (*veto && rule->action == RULE_SKIP)
			continue;
		if (!rule_matches(r, rule, insn, n, ctx))
			continue;
		if (rule->action != RULE_SKIP) {
			best = rule;
			if (*veto)
				break;
		} else if (!insn->op && !best) {
			*veto = rule;
		} else {
			if (!best || rule->nsteps > best->nsteps)
				best = rule;
			break;
		}
	}
	return best;
}

/* The last rule after (rule) that skips insn, or NULL. */
static struct rule *later_skip(struct rules *r, const struct rule *rule,
			       const struct rule_insn *insn, size_t n,
			       const struct rule_ctx *ctx)
{
	const struct candidates *c = rules_candidates(r, insn->op);

	for (size_t i = 0; i < c->n && c->index[i] > rule->index; i++) {
		struct rule *later = r->rule[c->index[i]];

		if (rule_matches(r, later, insn, n, ctx))
			return later->action == RULE_SKIP ? later : NULL;
	}
	return NULL;
}

/* Is the destination of (insn) one of (regs)?  Both syntaxes: AT&T names it
 * last and with a '%'. */
static bool writes_register(const struct rule_insn *insn, const char *const *regs)
{
	const char *s = insn->operands, *end = s + insn->operands_len;

	for (; *regs; regs++) {
		size_t len = strlen(*regs);
		const char *tail = end - len;

		if (insn->operands_len < len)
			continue;
		if (!strncasecmp(tail, *regs, len) && tail > s && tail[-1] == '%' &&
		    (tail - 1 == s || strchr(", \t", tail[-2])))
			return true;
		if (!strncasecmp(s, *regs, len) &&
		    (s + len == end || strchr(", \t", s[len])))
			return true;
	}
	return false;
}

/* The op of the pair that must not be parted, or AB_OP_NONE. */
static enum ab_op shadow_pair(const struct rule_insn *insn)
{
	static const char *const ss[] = { "ss", NULL };
	static const char *const sp[] = { "esp", "rsp", "sp", NULL };
	static const char *const ret[] = { "ret", "retl", "retq", "retw", NULL };
	const struct rule_insn *next = insn + 1;

	if (insn->op == AB_OP_STI) {
		switch (next->op) {
		case AB_OP_HLT:		return AB_OP_STI_HLT;
		case AB_OP_MWAIT:	return AB_OP_STI_MWAIT;
		case AB_OP_IRET:	return AB_OP_STI_IRET;
		case AB_OP_SYSEXIT:	return AB_OP_STI_SYSEXIT;
		default:
			break;
		}
		for (size_t i = 0; ret[i]; i++)
			if (next->mnemonic_len == strlen(ret[i]) &&
			    !memcmp(next->mnemonic, ret[i], next->mnemonic_len))
				return AB_OP_STI_RET;
	} else if ((insn->op == AB_OP_WRITE_SEG || insn->op == AB_OP_POP_SEG) &&
		   next->mnemonic_len >= 3 && !memcmp(next->mnemonic, "mov", 3) &&
		   writes_register(insn, ss) && writes_register(next, sp)) {
		return AB_OP_SS_SP;
	}
	return AB_OP_NONE;
}

static struct rule_result result_of(struct rule *rule, enum ab_op op, unsigned count)
{
	rule->hits++;
	return (struct rule_result){
		.action = rule->action,
		.op = rule->as ? rule->as : op,
		.count = count,
		.total = rule->total,
		.hook = rule->hook,
		.where = rule->where,
		.reason = rule->reason,
		.rule = rule->index,
	};
}

struct rule_result rules_match(struct rules *r, const struct rule_insn *insn,
			       size_t n, const struct rule_ctx *ctx)
{
	struct rule *veto, *skip, *rule = find_rule(r, insn, n, ctx, &veto);
	enum ab_op op = insn->op;
	unsigned count;

	if (!rule)
		return (struct rule_result){ .action = RULE_NONE, .count = 1 };
	count = rule->nsteps;
	if (veto)
		return result_of(veto, op, rule->nsteps);
	if (rule->action == RULE_SKIP)
		return result_of(rule, op, count);
	if (rule->action == RULE_PAD && count == 1 && n > 1 && !rule->as) {
		enum ab_op pair = shadow_pair(insn);

		if (pair) {
			op = pair;
			count = 2;
		}
	}
	for (unsigned i = 1; i < count; i++) {
		skip = later_skip(r, rule, insn + i, n - i, ctx);
		if (skip)
			return result_of(skip, op, count);
	}
	return result_of(rule, op, count);
}

struct rule_result rules_match_function(struct rules *r, const struct rule_ctx *ctx)
{
	for (size_t i = r->nhooks ? r->count : 0; i-- > 0;) {
		struct rule *rule = r->rule[i];

		if (!rule->nsteps) {
			if (function_match(rule->functions, ctx->function,
					   ctx->function_len) &&
			    conds_hold(rule, ctx))
				return result_of(rule, rule->as, 1);
		} else if (rule->action == RULE_SKIP && rule->nsteps == 1 &&
			   rule->steps->any && !rule->steps->pattern &&
			   conds_hold(rule, ctx)) {
			break;		/* nothing in this place is a site */
		}
	}
	return (struct rule_result){ .action = RULE_NONE, .count = 1 };
}
