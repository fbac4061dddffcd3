/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/rank.h"

#include <stdlib.h>

static int by_weight(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->less != b->less)
		return a->less > b->less ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

void rank_sort(struct rank *rank, size_t n)
{
	qsort(rank, n, sizeof *rank, by_weight);
}
