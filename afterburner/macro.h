/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Macros: where their bodies and arguments hold sensitive instructions. */
#ifndef AB_MACRO_H
#define AB_MACRO_H

#include "afterburner/burn.h"

/* Must the section be followed at assembly time?  Sets u->dynamic and u->odd. */
void macro_find_dynamic(struct unit *);

/* Is a sensitive instruction that the rules want an argument of a macro, or made
 * by one? */
bool macro_wants_arguments(const struct unit *);

/* Make sites of the instructions in the arguments of the call (e), or in the
 * defaults of .macro (e). */
void macro_call(struct burn *, const struct event *e);

/* Make sites of the instruction (e), whose operands hold a macro's argument, for
 * each value of it that makes it sensitive. */
void macro_maybe(struct burn *, const struct event *e);

/* burn.c, for macro.c: decide about one candidate. */
void burn_candidate(struct burn *, const struct event *, bool in_argument,
		    bool wrap);
void burn_conditional(struct burn *, const struct event *, enum ab_op op,
		      const char *ifc);
/* It is no site, because of (reason). */
void burn_skip(struct burn *, const struct event *, const char *reason);

#endif
