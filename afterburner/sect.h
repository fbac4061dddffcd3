/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections: which one the next byte goes to, as far as the text tells. */
#ifndef AB_SECT_H
#define AB_SECT_H

#include "afterburner/unit.h"

struct sect_level {
	int cur, prev;
};

struct sect_state {
	int cur, prev;		/* index of a section */
	struct sect_level *stack;
	size_t depth;
};

/* Begin in .text, as every file does. */
void sect_init(struct unit *, struct sect_state *);
void sect_free(struct sect_state *);

/* Make all sections known that any directive names, wherever it stands. */
void sect_collect(struct unit *);

/* Is (code) one of the directives that change the section? */
bool sect_switches(unsigned code);

/* Follow the directive (e); false when it is none of these. */
bool sect_apply(struct unit *, struct sect_state *, const struct event *e);

#endif
