/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From events to sites. */
#ifndef AB_BURN_H
#define AB_BURN_H

#include "afterburner/index.h"
#include "afterburner/sect.h"
#include "afterburner/unit.h"

/* Where the walk over the events is. */
struct burn {
	struct unit *u;
	struct sect_state sect;
	struct syntax syntax;
	unsigned bits;
	int macro_depth, depth;	/* depth: of .if and .rept */
	/* by line markers */
	const char *file;
	size_t file_len;
	unsigned line;		/* at offset line_at */
	size_t line_at;
	const char *function;
	size_t function_len;
	bool function_sized;
	struct names *names;	/* of functions; func.c */
	struct uses *uses;	/* of macros; func.c, NULL until one is defined */
	struct rule_name *user;	/* functions that use the macro that is read */
	size_t nuser;
	struct live *live;	/* live.c */
	struct index *index;	/* labels, and what refers to them */
	bool single;		/* a macro's argument: nothing follows */
	bool org;		/* an .org that may be in any section, or bundles */
	bool conditional;	/* a site for some arguments: what follows is none of it */
	enum { COUNTS_UNKNOWN, COUNTS_NO, COUNTS_YES } counts;	/* macro.c: calls */
	uint32_t taken_to;	/* candidates before this belong to a site */
};

/* Fill u->site.  Returns 0, or -1 after diagnostics. */
int unit_burn(struct unit *);

/* follow.c: read on behind a candidate. */
struct follow {
	struct unit *u;
	struct scanner sc;
	struct syntax syntax;
	bool labels;		/* pass labels, whatever refers to them */
};

#define MAX_SEQUENCE 16

/* Fill (insn) from the statement (st). */
void insn_fill(struct unit *, struct rule_insn *insn, enum ab_op op,
	       size_t word, size_t word_len, size_t args, size_t args_end);
/* The next instruction in straight line: true, with its end in *end. */
bool follow_next(struct burn *, struct follow *, struct rule_insn *, size_t *end);
/* Is what comes after (end) harmless to an interrupt shadow that a no-op
 * would use up?  (stack): the shadow of a load of ss, else that of sti. */
bool follow_harmless(struct burn *, size_t end, bool stack);

/* func.c: names that .type or .size call functions. */
struct names *names_new(const struct unit *);
void names_free(struct names *);
void function_label(struct burn *, const struct event *);
void function_size(struct burn *, const struct event *);
/* Set b->user for the body of the macro that (e) begins. */
void function_users(struct burn *, const struct event *e);
void function_users_free(struct burn *);

#endif
