/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting a million things in order: numbers beside each other, as following a
 * million pointers takes longer than sorting. */
#ifndef AB_MONITOR_RANK_H
#define AB_MONITOR_RANK_H

#include <stddef.h>
#include <stdint.h>

struct rank {
	uint64_t weight;
	uint32_t less;		/* decides where weights are equal */
	uint32_t at;		/* the caller's; the least first where both are equal */
};

/* Largest first. */
void rank_sort(struct rank *, size_t n);

#endif
