/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grammar of the rule language, version 1 (docs/rules.md).
 *
 * Statements begin in the first column; an indented line continues the one
 * before it.  So yylex() below puts an end-of-statement token before each token
 * in column 1, and after an error the parser goes on with the next statement.
 */
%require "3.8"
%define api.pure full
%define api.prefix {rules_yy}
%define api.token.prefix {TOK_}
%define api.location.type {struct rule_loc}
%define api.value.union.name rules_value
%define parse.error custom
%define parse.lac full
%locations
%param { void *scanner } { struct reader *rd }
%expect 0

%code requires {
#include "rules/rules_int.h"
}

%code provides {
/* The scanner, made by flex: tokens as they stand in the text. */
int rules_scan(RULES_YYSTYPE *val, RULES_YYLTYPE *loc, void *scanner);
}

%code {
#include "config.h"
#include <string.h>

#define YYLLOC_DEFAULT(cur, rhs, n) \
	((cur) = (n) ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))
#define YYINITDEPTH	100
#define YYMAXDEPTH	1000

/* A list's nodes, in order: the first, and where the next is linked in. */
#define LIST_APPEND(list, node) \
	((list).last ? ((list).last->next = (node)) : ((list).first = (node)), \
	 (list).last = (node))

static int yylex(YYSTYPE *val, YYLTYPE *loc, void *scanner, struct reader *rd);
static void yyerror(const YYLTYPE *loc, void *scanner, struct reader *rd,
		    const char *msg);

static struct str_list *str_new(struct reader *rd, const char *s);
static struct line_range *range_new(struct reader *rd, unsigned first,
				    unsigned last, const struct rule_loc *loc);
static struct cond *cond_new(struct reader *rd, enum cond_kind kind,
			     struct str_list *globs);
static unsigned bits_mask(struct reader *rd, unsigned bits,
			  const struct rule_loc *loc);
static struct rule *rule_new(struct reader *rd, enum rule_action action);
static bool version_known(struct reader *rd, unsigned n,
			  const struct rule_loc *loc);
static void total_set(struct reader *rd, struct rule *rule, unsigned n,
		      const struct rule_loc *loc);
static void as_set(struct reader *rd, struct rule *rule, const char *name,
		   const struct rule_loc *loc);
static void reason_set(struct reader *rd, struct rule *rule, const char *text,
		       const struct rule_loc *loc);
static void rule_add_cond(struct rule *rule, struct cond *cond, bool negated);
}

%union {
	const char *s;
	unsigned n;
	struct pattern *pattern;
	struct { struct str_list *first, *last; } strings;
	struct { struct line_range *first, *last; } ranges;
	struct { struct what *first, *last; } whats;
	struct what *what;
	struct line_range *range;
	struct cond *cond;
	struct rule *rule;
	enum rule_action action;
	bool flag;
}

%token	VERSION "'version'" INCLUDE "'include'" RAW "'raw'" ON "'on'" OFF "'off'"
	PAD "'pad'" KEEP "'keep'" SKIP "'skip'" HOOK "'hook'"
	ENTRY "'entry'" WHOLE "'whole'" WITH "'with'"
	CLASS "'class'" CPL3 "'cpl3'" ANY "'any'"
	TO "'to'" AS "'as'" BECAUSE "'because'" NOT "'not'" IN "'in'"
	SECTION "'section'" FUNCTION "'function'" FILE "'file'" LINE "'line'"
	BITS "'bits'"
%token	EOL "end of statement"
%token	<s> NAME "a name" STRING "a string in quotes"
%token	<n> NUMBER "a number"
%token	<pattern> PATTERN "a pattern between slashes"

%type	<action> action
%type	<what> what
%type	<whats> whats
%type	<pattern> pattern
%type	<strings> strings
%type	<range> range
%type	<ranges> ranges line
%type	<n> bits
%type	<cond> cond
%type	<flag> not onoff
%type	<s> hook_kind
%type	<rule> rule steps

%%

file:	  %empty
	| file statement EOL	{ rd->started = true; }
	| file error EOL	{
		rd->started = true;
		yyerrok;
		if (reader_gives_up(rd))
			YYABORT;
	}
	;

statement:
	  VERSION NUMBER	{
		if (!version_known(rd, $2, &@2))
			YYABORT;
	}
	| INCLUDE STRING	{
		if (reader_include(rd, $2, false, &@2) < 0 && reader_gives_up(rd))
			YYABORT;
	}
	| INCLUDE SKIP STRING	{
		if (reader_include(rd, $3, true, &@3) < 0 && reader_gives_up(rd))
			YYABORT;
	}
	| RAW onoff		{ rd->raw = $2; }
	| rule			{ rule_finish(rd, $1, &@1); }
	;

onoff:	  ON	{ $$ = true; }
	| OFF	{ $$ = false; }
	;

rule:	  steps
	| HOOK hook_kind strings WITH STRING	{
		$$ = rule_new(rd, RULE_PAD);
		$$->as = $2[0] == 'e' ? AB_OP_HOOK_ENTRY : AB_OP_HOOK_FUNC;
		$$->functions = $3.first;
		$$->hook = $5;
	}
	| rule TO NUMBER	{ total_set(rd, $1, $3, &@2); $$ = $1; }
	| rule AS NAME		{ as_set(rd, $1, $3, &@3); $$ = $1; }
	| rule BECAUSE STRING	{ reason_set(rd, $1, $3, &@2); $$ = $1; }
	| rule not cond		{ rule_add_cond($1, $3, $2); $$ = $1; }
	;

steps:	  action whats pattern	{
		$$ = rule_new(rd, $1);
		rule_add_step(rd, $$, $2.first, $3, &@2);
	}
	| steps ';' whats pattern	{
		rule_add_step(rd, $1, $3.first, $4, &@3);
		$$ = $1;
	}
	;

action:	  PAD	{ $$ = RULE_PAD; }
	| KEEP	{ $$ = RULE_NOTE; }
	| SKIP	{ $$ = RULE_SKIP; }
	;

hook_kind:
	  ENTRY	{ $$ = "entry"; }
	| WHOLE	{ $$ = "whole"; }
	;

whats:	  what			{ $$.first = $$.last = $1; }
	| whats ',' what	{ LIST_APPEND($1, $3); $$ = $1; }
	;

what:	  NAME		{ $$ = what_new(rd, WHAT_OP, $1, &@1); }
	| STRING	{ $$ = what_new(rd, WHAT_MNEMONIC, $1, &@1); }
	| CLASS NAME	{ $$ = what_new(rd, WHAT_CLASS, $2, &@2); }
	| CPL3 NAME	{ $$ = what_new(rd, WHAT_CPL3, $2, &@2); }
	| ANY		{ $$ = what_new(rd, WHAT_ANY, NULL, &@1); }
	;

pattern:  %empty	{ $$ = NULL; }
	| PATTERN
	;

not:	  %empty	{ $$ = false; }
	| NOT		{ $$ = true; }
	;

cond:	  IN SECTION strings	{ $$ = cond_new(rd, COND_SECTION, $3.first); }
	| IN FUNCTION strings	{ $$ = cond_new(rd, COND_FUNCTION, $3.first); }
	| IN FILE strings line	{
		$$ = cond_new(rd, COND_FILE, $3.first);
		$$->lines = $4.first;
	}
	| BITS bits		{
		$$ = cond_new(rd, COND_BITS, NULL);
		$$->bits = $2;
	}
	;

bits:	  NUMBER		{ $$ = bits_mask(rd, $1, &@1); }
	| bits ',' NUMBER	{ $$ = $1 | bits_mask(rd, $3, &@3); }
	;

line:	  %empty		{ $$.first = $$.last = NULL; }
	| LINE ranges		{ $$ = $2; }
	;

ranges:	  range			{ $$.first = $$.last = $1; }
	| ranges ',' range	{ LIST_APPEND($1, $3); $$ = $1; }
	;

range:	  NUMBER		{ $$ = range_new(rd, $1, $1, &@1); }
	| NUMBER '-' NUMBER	{ $$ = range_new(rd, $1, $3, &@1); }
	;

strings:  STRING		{
		$$.first = $$.last = str_new(rd, $1);
	}
	| strings ',' STRING	{
		struct str_list *node = str_new(rd, $3);

		LIST_APPEND($1, node);
		$$ = $1;
	}
	;

%%

/* Tokens from the scanner, with the end of each statement put in: before a
 * token in the first column, and at the end of the file. */
static int yylex(YYSTYPE *val, YYLTYPE *loc, void *scanner, struct reader *rd)
{
	int token;

	if (rd->held) {
		rd->held = false;
		token = rd->held_token;
		*val = *rd->held_value;
		*loc = rd->held_loc;
	} else {
		token = rules_scan(val, loc, scanner);
		if (token == TOK_YYEOF)
			*loc = (struct rule_loc){ .line = rd->line, .bol = rd->bol,
				.col = rd->pos - rd->bol + 1 };
		if (rd->open && (token == TOK_YYEOF || loc->col == 1)) {
			rd->held = true;
			rd->held_token = token;
			*rd->held_value = *val;
			rd->held_loc = *loc;
			rd->open = rd->bad = false;
			*loc = rd->last;
			loc->col += loc->len;
			loc->len = 0;
			return TOK_EOL;
		}
	}
	rd->open = token != TOK_YYEOF;
	rd->last = *loc;
	return token;
}

static void yyerror(const YYLTYPE *loc, void *scanner, struct reader *rd,
		    const char *msg)
{
	/* Only "memory exhausted" comes here: syntax errors go to the function
	 * below. */
	reader_error(rd, loc, "%s: this statement is too long", msg);
}

/* Words that a statement begins with, and those that come later. */
static const char *const verbs[] = {
	"pad", "keep", "skip", "hook", "include", "raw", "version", NULL
};
static const char *const clauses[] = {
	"to", "as", "in", "because", "not", "bits", "with", "line", "section",
	"function", "file", "entry", "whole", "on", "off", NULL
};

static bool is_verb(yysymbol_kind_t kind)
{
	const char *name = yysymbol_name(kind);

	for (size_t i = 0; verbs[i]; i++)
		if (!strncmp(name + 1, verbs[i], strlen(verbs[i])) &&
		    name[1 + strlen(verbs[i])] == '\'')
			return true;
	return false;
}

#define EXPECTED_MAX	16

/* "unexpected A; expected B or C", with the word that was probably meant. */
static int yyreport_syntax_error(const yypcontext_t *ctx, void *scanner,
				 struct reader *rd)
{
	const YYLTYPE *loc = yypcontext_location(ctx);
	yysymbol_kind_t got = yypcontext_token(ctx);
	yysymbol_kind_t want[EXPECTED_MAX];
	int n = yypcontext_expected_tokens(ctx, want, EXPECTED_MAX);
	const char *meant = NULL, *word = "";
	char list[500] = "";

	if (got == YYSYMBOL_NAME) {
		word = rules_strndup(rd->rules, rd->text + loc->bol + loc->col - 1,
				     loc->len);
		meant = spell_word(word, loc->col == 1 ? verbs : clauses);
	}
	if (meant) {
		reader_error(rd, loc, "unexpected '%s'; did you mean '%s'?", word, meant);
		return 0;
	}
	if (got == YYSYMBOL_NAME && loc->col == 1) {
		reader_error(rd, loc, "no statement begins with '%s'; there are pad, "
			     "keep, skip, hook, raw, include, version", word);
		return 0;
	}
	if (is_verb(got) && loc->col > 1) {
		reader_error(rd, loc, "unexpected %s; a statement begins in the first "
			     "column, an indented line continues the one before it",
			     yysymbol_name(got));
		return 0;
	}
	for (int i = 0; i < n; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s",
			 !i ? "; expected " : i == n - 1 ? " or " : ", ",
			 yysymbol_name(want[i]));
	}
	if (got == YYSYMBOL_NAME)
		reader_error(rd, loc, "unexpected '%s'%s", word, list);
	else
		reader_error(rd, loc, "unexpected %s%s", yysymbol_name(got), list);
	return 0;
}

static struct str_list *str_new(struct reader *rd, const char *s)
{
	struct str_list *node = rules_alloc(rd->rules, sizeof(*node));

	node->s = s;
	return node;
}

static struct line_range *range_new(struct reader *rd, unsigned first,
				    unsigned last, const struct rule_loc *loc)
{
	struct line_range *range = rules_alloc(rd->rules, sizeof(*range));

	if (!first || last < first)
		reader_error(rd, loc, "lines %u-%u: lines count from 1, the first "
			     "before the last", first, last);
	range->first = first;
	range->last = last;
	return range;
}

static struct cond *cond_new(struct reader *rd, enum cond_kind kind,
			     struct str_list *globs)
{
	struct cond *cond = rules_alloc(rd->rules, sizeof(*cond));

	cond->kind = kind;
	cond->globs = globs;
	return cond;
}

static unsigned bits_mask(struct reader *rd, unsigned bits,
			  const struct rule_loc *loc)
{
	if (bits != 16 && bits != 32 && bits != 64)
		reader_error(rd, loc, "code has 16, 32 or 64 bits, not %u", bits);
	return bits;
}

static struct rule *rule_new(struct reader *rd, enum rule_action action)
{
	struct rule *rule = rules_alloc(rd->rules, sizeof(*rule));

	rule->action = action;
	rule->raw = rd->raw;
	return rule;
}

/* Of another version nothing more can be said. */
static bool version_known(struct reader *rd, unsigned n,
			  const struct rule_loc *loc)
{
	if (n != 1)
		reader_error(rd, loc, "these rules are written in version %u of the "
			     "language; this program knows version 1", n);
	else if (rd->started)
		reader_error(rd, loc, "'version' must be the first statement");
	return n == 1;
}

static void total_set(struct reader *rd, struct rule *rule, unsigned n,
		      const struct rule_loc *loc)
{
	if (rule->action != RULE_PAD)
		reader_error(rd, loc, "'to' says how long a pad makes the site; "
			     "only 'pad' and 'hook' have one");
	else if (rule->total)
		reader_error(rd, loc, "a second 'to' in one rule");
	else if (!n || n > RULES_MAX_TOTAL)
		reader_error(rd, loc, "a site has 1 to %u bytes in all, not %u",
			     RULES_MAX_TOTAL, n);
	rule->total = n;
}

static void as_set(struct reader *rd, struct rule *rule, const char *name,
		   const struct rule_loc *loc)
{
	enum ab_op op = ab_op_by_name(name);
	const char *meant;

	if (rule->as || !rule->nsteps) {
		reader_error(rd, loc, rule->nsteps ? "a second 'as' in one rule" :
			     "a hook has its op already: no 'as'");
		return;
	}
	rule->as = op ? op : AB_OP_COUNT;	/* reported: no further complaint */
	rule->as_loc = *loc;
	if (op)
		return;
	meant = spell_op(name);
	reader_error(rd, loc, meant ? "unknown op '%s'; did you mean '%s'?" :
		     "unknown op '%s'", name, meant);
}

static void reason_set(struct reader *rd, struct rule *rule, const char *text,
		       const struct rule_loc *loc)
{
	if (rule->reason)
		reader_error(rd, loc, "a second 'because' in one rule");
	rule->reason = text;
}

static void rule_add_cond(struct rule *rule, struct cond *cond, bool negated)
{
	struct cond **end = &rule->conds;

	while (*end)
		end = &(*end)->next;
	cond->negated = negated;
	*end = cond;
}
