/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rules in the language again: one a line, includes resolved.  Reading what is
 * printed here and printing that gives the same text.
 */
#include "rules/rules_int.h"

static void print_string(const char *s, FILE *f)
{
	putc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

static void print_strings(const struct str_list *l, FILE *f)
{
	for (const char *sep = " "; l; l = l->next, sep = ", ") {
		fputs(sep, f);
		print_string(l->s, f);
	}
}

static void print_what(const struct what *w, FILE *f)
{
	switch (w->kind) {
	case WHAT_OP:
		fputs(ab_op_name(w->num), f);
		break;
	case WHAT_MNEMONIC:
		print_string(w->mnemonic, f);
		break;
	case WHAT_CLASS:
		fprintf(f, "class %s", ab_class_name(w->num));
		break;
	case WHAT_CPL3:
		fprintf(f, "cpl3 %s", cpl3_name(w->num));
		break;
	case WHAT_ANY:
		fputs("any", f);
		break;
	}
}

static void print_steps(const struct rule *rule, FILE *f)
{
	static const char *const verbs[] = {
		[RULE_PAD] = "pad", [RULE_NOTE] = "keep", [RULE_SKIP] = "skip",
	};

	fputs(verbs[rule->action], f);
	for (unsigned i = 0; i < rule->nsteps; i++) {
		const struct step *step = &rule->steps[i];
		const char *sep = i ? "; " : " ";

		for (const struct what *w = step->whats; w; w = w->next, sep = ", ") {
			fputs(sep, f);
			print_what(w, f);
		}
		if (step->pattern)
			fprintf(f, " /%s/%s", step->pattern->text,
				step->pattern->caseless ? "i" : "");
	}
}

static void print_cond(const struct cond *c, FILE *f)
{
	const char *sep = " ";

	fputs(c->negated ? " not" : "", f);
	switch (c->kind) {
	case COND_SECTION:
		fputs(" in section", f);
		break;
	case COND_FUNCTION:
		fputs(" in function", f);
		break;
	case COND_FILE:
		fputs(" in file", f);
		break;
	case COND_BITS:
		fputs(" bits", f);
		for (unsigned bits = 16; bits <= 64; bits *= 2) {
			if (!(c->bits & bits))
				continue;
			fprintf(f, "%s%u", sep, bits);
			sep = ", ";
		}
		break;
	}
	print_strings(c->globs, f);
	if (c->lines)
		fputs(" line", f);
	for (const struct line_range *l = c->lines; l; l = l->next, sep = ", ") {
		fprintf(f, "%s%u", sep, l->first);
		if (l->last != l->first)
			fprintf(f, "-%u", l->last);
	}
}

static void print_rule(const struct rule *rule, FILE *f)
{
	if (rule->nsteps) {
		print_steps(rule, f);
		if (rule->as)
			fprintf(f, " as %s", ab_op_name(rule->as));
	} else {
		fprintf(f, "hook %s",
			rule->as == AB_OP_HOOK_ENTRY ? "entry" : "whole");
		print_strings(rule->functions, f);
		fputs(" with ", f);
		print_string(rule->hook, f);
	}
	if (rule->total)
		fprintf(f, " to %u", rule->total);
	for (const struct cond *c = rule->conds; c; c = c->next)
		print_cond(c, f);
	if (rule->reason) {
		fputs(" because ", f);
		print_string(rule->reason, f);
	}
	putc('\n', f);
}

void rules_print(const struct rules *r, FILE *f)
{
	bool raw = false;

	fputs("version 1\n", f);
	for (size_t i = 0; i < r->count; i++) {
		if (r->rule[i]->raw != raw) {
			raw = !raw;
			fprintf(f, "raw %s\n", raw ? "on" : "off");
		}
		print_rule(r->rule[i], f);
	}
}
