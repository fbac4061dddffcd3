/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parameters of macros, and what calls give for them. */
#ifndef AB_PARAM_H
#define AB_PARAM_H

#include "afterburner/unit.h"

struct span {
	size_t pos, end;	/* without quotes */
	bool quoted;
	bool listed;		/* an item of .irp: no call stands for it */
	bool relayed;		/* given to another macro, which hands it on */
};

struct param {
	struct span name;	/* end == 0: there is none */
	struct span value;	/* the default; end == 0: there is none */
	bool vararg;
};

/* The argument at *pos; moves *pos behind it and its separator. */
struct span next_item(const char *t, size_t *pos, size_t end);

/* The parameter at *pos, which moves on.  False at the end. */
bool next_param(const char *t, size_t *pos, size_t end, struct param *);

/* Parameter (index) of (m), or, if (key) is not NULL, the one called so. */
struct param find_param(const struct unit *, const struct macro *m,
			unsigned index, const char *key, size_t key_len);

/* Do both spans hold the same text? */
bool same_text(const char *t, struct span a, struct span b);

/* Walks over the arguments of a call of (m), which may be NULL: not known. */
struct call {
	const struct unit *u;
	const struct macro *m;
	size_t pos, end;
	unsigned index;
	/* of the present argument */
	struct span value;
	struct param param;
};

struct call call_begin(const struct unit *, const struct macro *m,
		       const struct event *e);
bool call_next(struct call *);

/* What (e), a call of (m), gives for the parameter (name), or the default. */
struct span call_value(const struct unit *, const struct macro *m,
		       const struct event *e, struct span name);

/* The macro that (e) calls or, as a .macro of the file's own level, defines.
 * NULL: not known, or a macro inside another one. */
const struct macro *event_macro(const struct unit *, const struct event *e);

/* Do (a) and (b) have the same name? */
bool same_macro(const struct unit *, const struct macro *a, const struct macro *b);

/* May the event (e) be a call of (m)? */
bool may_call(const struct unit *, const struct event *e, const struct macro *m);

/* The macro in whose body the event (i) stands, or NULL. */
const struct macro *enclosing_macro(const struct unit *, size_t i);

#endif
