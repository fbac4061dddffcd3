// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From events to sites: walks over what the scan kept, follows sections, code
 * width, functions and line markers, asks the rules about every candidate, and
 * decides what becomes a site.
 *
 * The section that a macro's body is expanded in is known only to the
 * assembler.  A file with a sensitive instruction in a macro, or one whose
 * macros or conditionals change the section, is *dynamic*: the output then
 * keeps the number of the present section in a symbol, and sites look there.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "afterburner/burn.h"
#include "afterburner/emit.h"
#include "afterburner/live.h"
#include "afterburner/macro.h"
#include "lib/decode.h"

static void marker(struct burn *b, const struct event *e)
{
	struct unit *u = b->u;
	const char *t = u->text;

	if (unit_marker_name(u, e, &b->file, &b->file_len)) {
		if (!u->source && b->file_len && b->file[0] != '<') {
			u->source = b->file;
			u->source_len = b->file_len;
		}
	}
	b->line = strtoul(t + e->args, NULL, 10);
	b->line_at = e->end + 1;
	/* '# 0 "" 2' ends a piece of inline assembly: back to plain lines */
	if (!b->file_len) {
		b->file = NULL;
		b->line = 1;
		b->line_at = 0;
	}
}

/* .file "NAME": the source, where no marker tells it. */
static void file_directive(struct burn *b, const struct event *e)
{
	const char *s = b->u->text + e->args;
	size_t len = e->args_end - e->args;

	if (b->u->source || len < 2 || s[0] != '"' || s[len - 1] != '"')
		return;
	b->u->source = s + 1;
	b->u->source_len = len - 2;
}

static unsigned line_at(struct burn *b, size_t at)
{
	const char *t = b->u->text, *p = t + b->line_at;

	while (b->line_at < at && (p = memchr(p, '\n', t + at - p))) {
		b->line++;
		b->line_at = ++p - t;
	}
	return b->line;
}

static void context(struct burn *b, size_t at, int section, struct rule_ctx *c)
{
	const struct section *s = &b->u->section[section];

	*c = (struct rule_ctx){ .bits = b->bits, .section = s->name,
				.section_len = s->name_len };
	c->function = b->function && !b->macro_depth ? b->function : "";
	c->function_len = b->macro_depth ? 0 : b->function_len;
	if (b->macro_depth) {
		c->user = b->user;
		c->nuser = b->nuser;
	}
	c->line = line_at(b, at);
	c->file = b->file ? b->file : b->u->source ? b->u->source : b->u->name;
	c->file_len = b->file ? b->file_len : b->u->source ? b->u->source_len :
		strlen(b->u->name);
	c->unit = b->u->source ? b->u->source : b->u->name;
	c->unit_len = b->u->source ? b->u->source_len : strlen(b->u->name);
}

static struct site *site_add(struct burn *b, const struct event *e)
{
	struct unit *u = b->u;
	struct site *s;

	u->site = array_grow(u->site, u->nsite, sizeof(*u->site));
	s = &u->site[u->nsite++];
	*s = (struct site){ .start = e->start, .end = e->args_end,
			    .word = e->word, .word_len = e->word_len,
			    .count = 1,
			    .op = e->code, .bits = b->bits,
			    .section = b->sect.cur,
			    .nested = b->macro_depth || b->depth };
	s->line = line_at(b, e->start);
	s->file = b->file ? b->file : u->name;
	s->file_len = b->file ? b->file_len : strlen(u->name);
	return s;
}

void burn_skip(struct burn *b, const struct event *e, const char *reason)
{
	site_add(b, e)->reason = reason;
	b->u->nskipped++;
}

/* No site may stand in (section), whatever the rules say. */
static const char *section_reason(const struct unit *u, int section)
{
	static const char alt[] = ".altinstr_replacement";
	const struct section *s = &u->section[section];

	if (!s->known)
		return "section is named by a macro's argument";
	if (!s->exec)
		return "not in an executable section";
	if (s->name_len >= sizeof(alt) - 1 &&
	    !memcmp(s->name, alt, sizeof(alt) - 1))
		return "replacement text of an alternative";
	return NULL;
}

/* A section for code, named by a macro's argument? */
static bool macro_named(const struct unit *u, int section)
{
	return u->section[section].exec && !u->section[section].known;
}

static unsigned default_total(enum ab_op op, unsigned bits)
{
	const struct ab_op_info *info = ab_op_info(op);

	return info ? info->total[bits == 64] : 0;
}

/* Candidate and what follows it, as the rules want it; ends[i] is where
 * instruction i ends. */
static size_t gather(struct burn *b, const struct event *e,
		     struct rule_insn *insn, size_t *ends)
{
	struct unit *u = b->u;
	struct follow f = { .u = u, .syntax = b->syntax,
			    .sc = { .text = u->text, .size = u->size,
				    .pos = e->args_end } };
	size_t max = rules_max_sequence(u->rules), n = 1;

	insn_fill(u, &insn[0], e->code, e->word, e->word_len, e->args,
		  e->args_end);
	insn[0].raw = e->raw;
	ends[0] = e->args_end;
	if (max > MAX_SEQUENCE)
		max = MAX_SEQUENCE;
	while (n < max && !b->single && !b->conditional && follow_next(b, &f, &insn[n], &ends[n]))
		n++;
	return n;
}

static bool loads_ss(const struct burn *b, const struct rule_insn *i)
{
	const char *s = i->operands;
	size_t from = 0, to = i->operands_len;

	if (i->op != AB_OP_WRITE_SEG && i->op != AB_OP_POP_SEG)
		return false;
	if (b->syntax.intel)
		to = scan_item(s, 0, to);
	else
		for (size_t p = 0; (p = scan_item(s, p, to)) < to;)
			from = ++p;
	while (to > from && (s[to - 1] == ' ' || s[to - 1] == '\t'))
		to--;
	return to - from >= 2 && (s[to - 1] | 32) == 's' && (s[to - 2] | 32) == 's';
}

/* What the rules say about the candidate in (section). */
static void decide(struct burn *b, const struct event *e, int section,
		   struct site *s)
{
	struct unit *u = b->u;
	struct rule_insn insn[MAX_SEQUENCE];
	size_t ends[MAX_SEQUENCE], n;
	struct rule_result r;
	struct rule_ctx ctx;

	s->reason = b->bits == 16 ? "16-bit code" : section_reason(u, section);
	n = gather(b, e, insn, ends);
	context(b, e->start, section, &ctx);
	r = rules_match(u->rules, insn, n, &ctx);
	if (s->reason)
		return;
	s->rule = r.where;
	s->arg = r.hook;
	if (r.action == RULE_SKIP)
		s->reason = r.reason ? r.reason : "a rule skips it";
	if (r.action == RULE_NONE)
		s->reason = e->raw ? "written as bytes, and no rule asks for it" :
			"no rule matches";
	/* .byte with commas would be several arguments */
	if (!s->reason && r.op == AB_OP_VSYSCALL && s->in_argument)
		s->reason = "in a macro's argument, where no no-op can stand before it";
	if (s->reason)
		return;
	s->op = r.op;
	s->count = r.count;
	s->end = ends[r.count - 1];
	s->pad = r.action == RULE_PAD;
	s->total = r.total ? r.total : default_total(r.op, b->bits);
	if (s->pad && r.count == 1 &&
	    ((r.op == AB_OP_STI && (b->single || !follow_harmless(b, s->end, false))) ||
	     (loads_ss(b, insn) && !follow_harmless(b, s->end, true))))
		s->pad = false;
}

static bool same_decision(const struct site *a, const struct site *b)
{
	return a->reason == b->reason && a->rule == b->rule &&
	       a->op == b->op && a->count == b->count && a->end == b->end &&
	       a->pad == b->pad && a->total == b->total && a->arg == b->arg;
}

/* A site in some sections is skipped in others: say so, before the site. */
static void skip_elsewhere(struct burn *b, size_t first, const struct site *skip)
{
	struct unit *u = b->u;

	for (size_t i = first; i < u->nsite; i++)
		if (u->site[i].reason && !strcmp(u->site[i].reason, skip->reason))
			return;
	u->site = array_grow(u->site, u->nsite, sizeof(*u->site));
	memmove(&u->site[first + 1], &u->site[first],
		(u->nsite++ - first) * sizeof(*u->site));
	u->site[first] = *skip;
	u->nskipped++;
}

/* In a dynamic file: decide for every section that is known, and keep one site
 * for each decision. */
static void decide_dynamic(struct burn *b, const struct event *e,
			   const struct site *proto)
{
	struct unit *u = b->u;
	size_t first = u->nsite;
	bool any = false;

	for (size_t sec = 0; sec < u->nsection && sec < MAX_SECTIONS; sec++) {
		struct site s = *proto;
		size_t i;

		if (section_reason(u, sec))
			continue;
		decide(b, e, sec, &s);
		if (s.reason)
			continue;
		any = true;
		u->section[sec].used = true;
		for (i = first; i < u->nsite; i++)
			if (same_decision(&u->site[i], &s))
				break;
		if (i == u->nsite) {
			u->site = array_grow(u->site, u->nsite, sizeof(*u->site));
			s.section = SECTION_DYNAMIC;
			u->site[u->nsite++] = s;
		}
		u->site[i].sections |= 1ull << sec;
	}
	for (size_t sec = 0; any && sec < u->nsection; sec++) {
		struct site s = *proto;

		decide(b, e, sec, &s);
		if (sec >= MAX_SECTIONS && !s.reason)
			s.reason = "in a macro, and too many sections";
		if (s.reason && (!section_reason(u, sec) || macro_named(u, sec)))
			skip_elsewhere(b, first, &s);
	}
	if (!any) {
		struct site s = *proto;

		decide(b, e, b->sect.cur, &s);
		if (!s.reason)
			s.reason = "no rule matches";
		u->site = array_grow(u->site, u->nsite, sizeof(*u->site));
		u->site[u->nsite++] = s;
	}
}

static const char *const doubts[] = {
	[DOUBT_SEVERAL] = "one of several instructions written as one directive",
	[DOUBT_LABEL] = "written as bytes, with a label or a symbol among them",
	[DOUBT_MACRO] = "a macro of that name may be defined",
	[DOUBT_SYMBOL] = "a symbol stands for the register",
};

void burn_candidate(struct burn *b, const struct event *e, bool in_argument,
		    bool wrap)
{
	struct unit *u = b->u;
	struct site *s;

	if (e->start < b->taken_to)
		return;
	if (!rules_wants(u->rules, e->code, u->text + e->word, e->word_len))
		return;
	if (e->raw && !u->section[b->sect.cur].exec)
		return;			/* numbers in data */
	if (e->doubt) {
		burn_skip(b, e, doubts[e->doubt]);
		return;
	}
	b->single = in_argument;
	s = site_add(b, e);
	s->in_argument = in_argument;
	s->wrap = wrap;
	if (u->dynamic && (u->odd || b->macro_depth || in_argument) && b->bits != 16) {
		struct site proto = *s;

		u->nsite--;
		decide_dynamic(b, e, &proto);
	} else {
		decide(b, e, b->sect.cur, s);
		if (!s->reason)
			u->section[s->section].used = true;
	}
	s = &u->site[u->nsite - 1];
	if (s->op == AB_OP_NONE && !s->rule) {
		u->nsite--;		/* an ordinary instruction */
		return;
	}
	u->nskipped += s->reason != NULL;
	if (s->reason && !u->section[b->sect.cur].known)
		unit_warn(u, WARN_MACRO_SECTION, e->start, "a sensitive instruction "
			  "in a section that a macro's argument names is no site: "
			  "name the section");
	if (s->reason)
		return;
	b->taken_to = s->end;
	if (!b->macro_depth && !in_argument && !b->syntax.intel &&
	    !b->syntax.noprefix && b->bits != 16) {
		uint32_t dead = live_dead(u, &b->live, index_of(u, &b->index),
					  s->start, s->end, b->bits);

		/* dynamic: as many sites as decisions, at one place */
		for (size_t i = u->nsite; i-- > 0 &&
		     u->site[i].start == e->start;)
			u->site[i].dead = dead;
	}
}

void burn_conditional(struct burn *b, const struct event *e, enum ab_op op,
		      const char *ifc)
{
	struct event with_op = *e;
	size_t first = b->u->nsite;

	with_op.kind = EV_SITE;
	with_op.code = op;
	b->taken_to = e->start;
	b->conditional = true;
	burn_candidate(b, &with_op, false, false);
	b->conditional = false;
	for (size_t i = first; i < b->u->nsite; i++) {
		b->u->site[i].ifc = ifc;
		b->u->site[i].dead = 0;
	}
}

/* At the begin of a function, behind its endbr: a hook, if a rule has one. */
static void hook(struct burn *b, const struct event *e)
{
	struct unit *u = b->u;
	struct follow f = { .u = u, .syntax = b->syntax,
			    .sc = { .text = u->text, .size = u->size,
				    .pos = e->end } };
	struct rule_insn i;
	struct rule_ctx ctx;
	struct rule_result r;
	struct site *s;
	size_t at = e->end, next;

	if (b->bits == 16 || u->odd || section_reason(u, b->sect.cur) ||
	    b->function != u->text + e->word)
		return;
	context(b, e->start, b->sect.cur, &ctx);
	r = rules_match_function(u->rules, &ctx);
	if (r.action != RULE_PAD)
		return;
	if (follow_next(b, &f, &i, &next) && i.mnemonic_len == 7 &&
	    !memcmp(i.mnemonic, "endbr", 5))
		at = next;
	s = site_add(b, e);
	s->start = s->end = at;
	s->hook = s->pad = true;
	s->op = r.op;
	s->rule = r.where;
	s->arg = r.hook;
	s->total = r.total ? r.total : default_total(r.op, b->bits);
	u->section[s->section].used = true;
}

/* What follows .org lies at an offset that the author counted out: no-ops before it
 * may not leave enough room. */
static void unpad(struct burn *b, int section)
{
	struct unit *u = b->u;

	for (size_t i = 0; i < u->nsite; i++) {
		struct site *s = &u->site[i];

		if (s->reason || (section != SECTION_DYNAMIC && s->section != section &&
				  s->section != SECTION_DYNAMIC))
			continue;
		s->pad = false;
		if (s->hook || s->op == AB_OP_VSYSCALL) {	/* nothing but no-ops */
			s->reason = "before an .org";
			u->nskipped++;
		}
	}
}

static void org(struct burn *b, const struct event *e)
{
	const char *t = b->u->text + e->args;
	size_t n = e->args_end - e->args;

	/* ". + N" counts from there */
	if (n && t[0] == '.' && (n == 1 || !scan_is_word(t[1])))
		return;
	if (b->u->odd || b->macro_depth)
		b->org = true;
	else
		unpad(b, b->sect.cur);
}

static void directive(struct burn *b, const struct event *e)
{
	struct unit *u = b->u;

	switch (e->code) {
	case D_MACRO:
		if (!b->macro_depth++) {
			function_users(b, e);
			macro_call(b, e);
		}
		break;
	case D_ENDM: b->macro_depth -= b->macro_depth > 0; break;
	case D_IF: case D_REPT: case D_IRP: b->depth++; break;
	case D_ENDIF: case D_ENDR: b->depth -= b->depth > 0; break;
	case D_CODE16: b->bits = 16; break;
	case D_CODE32: b->bits = 32; break;
	case D_CODE64: b->bits = 64; break;
	case D_INTEL: case D_ATT:
		syntax_set(&b->syntax, e->code, u->text + e->args,
			   e->args_end - e->args);
		break;
	case D_FILE: file_directive(b, e); break;
	case D_SIZE: function_size(b, e); break;
	case D_ORG: org(b, e); break;
	case D_BUNDLE: b->org = true; break;	/* lengths are not constant there */
	default: sect_apply(u, &b->sect, e); break;
	}
}

static void walk(struct burn *b)
{
	struct unit *u = b->u;

	for (size_t i = 0; i < u->nevent; i++) {
		const struct event *e = &u->event[i];

		switch (e->kind) {
		case EV_DIRECTIVE: directive(b, e); break;
		case EV_LABEL:
			function_label(b, e);
			if (rules_want_hooks(u->rules))
				hook(b, e);
			break;
		case EV_MARKER: marker(b, e); break;
		case EV_SITE: burn_candidate(b, e, false, false); break;
		case EV_CALL: macro_call(b, e); break;
		case EV_MAYBE: macro_maybe(b, e); break;
		default: break;
		}
	}
}

/* Does any candidate interest the rules at all? */
static bool anything_wanted(struct unit *u)
{
	for (size_t i = 0; i < u->nevent; i++) {
		const struct event *e = &u->event[i];

		if (e->kind == EV_SITE &&
		    rules_wants(u->rules, e->code, u->text + e->word, e->word_len))
			return true;
	}
	return macro_wants_arguments(u);
}

int unit_burn(struct unit *u)
{
	struct burn b = { .u = u, .line = 1, .syntax = u->syntax };

	if (!rules_want_hooks(u->rules) &&
	    (!(u->candidates || u->calls || u->maybe) || !anything_wanted(u)))
		return 0;
	b.bits = u->bits = u->opt->bits ? u->opt->bits : unit_guess_bits(u);
	macro_find_dynamic(u);
	sect_init(u, &b.sect);
	if (u->dynamic)
		sect_collect(u);
	b.names = names_new(u);
	walk(&b);
	if (b.org)
		unpad(&b, SECTION_DYNAMIC);
	function_users_free(&b);
	names_free(b.names);
	index_free(b.index);
	live_free(b.live);
	sect_free(&b.sect);
	return u->errors ? -1 : 0;
}

static int load_rules(struct rules *r, const struct options *o)
{
	if (o->no_rules)
		return 0;
	if (!o->nrules)
		return rules_load(r, "x86/full.rules");
	for (size_t i = 0; i < o->nrules; i++)
		if (strcmp(o->rules[i], "/dev/null") && rules_load(r, o->rules[i]))
			return -1;
	return 0;
}

/* Do the rules want nothing but instructions of the op table?  Then they need not
 * be loaded for a file that has none.  The stock rules do not. */
static bool want_table_only(struct rules *r, const struct options *o)
{
	for (size_t i = 0; i < o->nrules; i++)
		if (strcmp(o->rules[i], "/dev/null") &&
		    rules_may_want_more(r, o->rules[i]))
			return false;
	return true;
}

int afterburn(struct unit *u, const struct options *o, struct buf *out)
{
	struct words *words = words_new();
	bool late;
	int ret = -1;

	u->words = words;
	u->opt = o;
	u->rules = rules_new();
	late = !o->no_rules && want_table_only(u->rules, o);
	if (!late) {
		if (load_rules(u->rules, o))
			goto out;
		u->plain = rules_want_plain(u->rules);
	}
	if (unit_scan(u))
		goto out;
	ret = 0;
	/* most files hold nothing sensitive */
	if (late && !u->candidates && !u->calls && !u->maybe)
		goto out;
	if ((late && load_rules(u->rules, o)) || unit_burn(u)) {
		ret = -1;
		goto out;
	}
	if (u->nsite > u->nskipped) {
		unit_emit(u, out);
		ret = 1;
	}
out:
	free(words);
	u->words = NULL;
	return ret;
}
