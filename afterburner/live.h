/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers and flags that are certainly dead at a place in the text. */
#ifndef AB_LIVE_H
#define AB_LIVE_H

#include "afterburner/index.h"

struct live;

/* AB_DEAD_* bits that hold when code goes on at (pos), which lies in code of
 * (bits); (start) is where the site begins.  *state is made at the first call;
 * free it with live_free(). */
uint32_t live_dead(struct unit *, struct live **state, struct index *,
		   size_t start, size_t pos, unsigned bits);
void live_free(struct live *);

/* live_insn.c: what one instruction reads and what it surely overwrites, as
 * AB_DEAD_* bits.  False: not known, or it does not go on behind itself. */
struct effect {
	uint32_t use, kill;
	enum { GOES_ON, JUMPS, BRANCHES } flow;
};
bool insn_effect(const char *text, size_t word, size_t word_len, size_t args,
		 size_t args_end, struct effect *);

#endif
