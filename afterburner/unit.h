/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One input of the afterburner on its way through: text, events that the scan
 * found, sections, sites, output.
 *
 *   unit_scan     text -> events: candidates, and all that changes state
 *   burn          events -> sites, skipped instructions (sections, rules,
 *                 sequences, interrupt shadows)
 *   emit          text and sites -> output
 */
#ifndef AB_UNIT_H
#define AB_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "afterburner/options.h"
#include "afterburner/scan.h"
#include "afterburner/words.h"
#include "lib/diag.h"
#include "rules/rules.h"

enum event_kind {
	EV_DIRECTIVE,		/* code: enum directive */
	EV_LABEL,		/* named, not .L */
	EV_SITE,		/* code: enum ab_op; start: its first prefix */
	EV_CALL,		/* code: index of the macro that is called, or
				   MACRO_UNKNOWN */
	EV_WORD,		/* in a macro's body: perhaps the call of a macro
				   that comes later.  Only until the end of the scan */
	EV_MARKER,		/* # LINE "FILE" */
	EV_MAYBE,		/* a macro's argument stands in the instruction, and
				   only it tells whether it is sensitive */
	EV_ARG,			/* in a macro's body: a statement that begins with
				   one of its arguments */
};

/* Why a sensitive instruction, if it is one, can be no site. */
enum doubt {
	DOUBT_NONE,
	DOUBT_SEVERAL,		/* raw, and not the only one in its directive */
	DOUBT_LABEL,		/* raw, with a label or a symbol among its bytes */
	DOUBT_MACRO,		/* a macro of that name may be defined there */
	DOUBT_SYMBOL,		/* a symbol stands for its register */
};

struct event {
	uint8_t kind;
	uint8_t prefixes;	/* EV_SITE: statements before it that belong to it */
	uint8_t doubt;		/* EV_SITE, EV_MAYBE: enum doubt */
	bool raw;		/* EV_SITE: written as .byte and the like */
	bool body;		/* EV_CALL: in a macro's body */
	uint16_t code;
	uint32_t start, word, word_len, args, args_end, end;
};

#define MACRO_UNKNOWN 0xffff

struct section {
	char *key;		/* name, group, unique id: what makes it this one */
	size_t key_len;
	char *name;		/* as written, without quotes */
	size_t name_len;
	bool exec;
	bool known;		/* false: the name holds a macro argument */
	bool used;		/* sites may stand here */
};

struct macro {
	uint32_t name, name_len, hash;
	uint32_t params, params_end;	/* text of its parameters */
	uint32_t body, body_end;
	uint32_t event, event_end;	/* events of the body */
	uint32_t next;		/* index + 1 of an older one, same slot */
	bool again;		/* another one has the same name */
	bool purged;		/* at the end of what was scanned so far */
	bool unsure;		/* defined or purged in .if */
};

/* A word of the text. */
struct text_word {
	uint32_t pos, len, hash;
};

/* A symbol that stands for a segment, control or debug register. */
struct alias {
	struct text_word name;
	uint32_t reg, reg_end;
};

/* An instruction that is a site, or one that is skipped (reason != NULL). */
struct site {
	uint32_t start;		/* the label goes here */
	uint32_t end;		/* no-ops and note go here */
	uint32_t word, word_len;
	const char *file;	/* file name by line markers, not terminated */
	uint32_t file_len;
	uint32_t line;
	uint16_t op;
	uint8_t total;
	uint8_t count;
	uint8_t bits;
	bool pad;
	uint32_t dead;
	int section;		/* index; SECTION_DYNAMIC: found at assembly time */
	uint64_t sections;	/* dynamic: the sections where this holds */
	const char *rule;	/* "file:line" */
	const char *arg;
	const char *reason;	/* not a site, because */
	uint32_t string, arg_string;	/* offsets in the note's strings */
	bool nested;		/* in .if, .rept or .macro: may not be expanded */
	bool in_argument;	/* stands in a macro call's argument */
	bool wrap;		/* ... that has no quotes yet */
	const char *ifc;	/* only where this .ifc holds: "\\arg,VALUE", or
				   several: "\\arg,VALUE;.ifc \\arg2,VALUE2" */
	bool hook;		/* at (start), before anything else there */
};

/* Begins our output. */
#define UNIT_MARK "# Written by afterburner"

#define SECTION_DYNAMIC (-1)
#define MAX_SECTIONS 64		/* that a dynamic site can tell apart */

struct unit {
	const char *name;	/* of the input, for messages */
	const char *text;
	size_t size;
	const char *source;	/* main source file, as the text tells; or NULL */
	size_t source_len;
	const struct options *opt;
	const struct words *words;
	struct rules *rules;

	struct event *event;
	size_t nevent;
	struct macro *macro;
	size_t nmacro;
	uint32_t macro_slot[64];	/* by hash: index + 1 of the latest */
	struct text_word *inner;	/* macros that bodies define or purge */
	size_t ninner;
	struct alias *alias;
	size_t nalias;
	struct section *section;
	size_t nsection;
	struct site *site;	/* sorted by start; skipped ones too */
	size_t nsite, nskipped;

	char **string;		/* owned copies */
	size_t nstring;

	unsigned bits;		/* at the start: 32 or 64 */
	struct syntax syntax;	/* at the start */
	bool candidates;	/* events hold something that may become a site */
	bool plain;		/* rules want instructions without an op, too */
	bool calls;		/* macros are called with arguments */
	bool maybe;		/* there is an EV_MAYBE */
	bool hidden;		/* macros may be defined that are not in (macro) */
	bool altmacro;
	bool dynamic;		/* sections are followed at assembly time... */
	bool odd;		/* ... since the text does not tell them anywhere */
	bool errors;
};

/* Returns 0, or -1 after diagnostics. */
int unit_scan(struct unit *);
void unit_free(struct unit *);

/* Is it code for i386 (32) or x86-64 (64)?  By its registers. */
unsigned unit_guess_bits(const struct unit *);

/* Message at offset (at) of the text: logical place, line and caret. */
void unit_diag(struct unit *, enum ab_severity, size_t at, const char *category,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The file name in the line marker (e), as it is written there: false, if it has
 * none. */
bool unit_marker_name(const struct unit *, const struct event *e, const char **name,
		      size_t *len);

/* A copy of (s, len) that lives as long as the unit. */
char *unit_string(struct unit *, const char *s, size_t len);

/* The macro of that name which this file defined last, or NULL. */
struct macro *unit_macro(const struct unit *, uint32_t hash, size_t word,
			 size_t word_len);

/* The same for a warning, if it is on. */
void unit_warn(struct unit *, enum warning, size_t at, const char *text);

/* Grow an array like realloc, in steps that double. */
void *array_grow(void *array, size_t n, size_t size);

#endif
