/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The work, and how both sides time it. */
#ifndef COMPUTE_WORK_H
#define COMPUTE_WORK_H

#define PIECES	4
#define ROUNDS	40	/* in each process: the least counts */
extern const struct piece {
	const char *name;
	unsigned (*run)(void);
} piece[PIECES];

static inline unsigned long long tsc_now(void)
{
	unsigned lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long long)hi << 32 | lo;
}

/* Thousands of ticks that (w) takes at best, and what it returned. */
static inline unsigned measure(const struct piece *w, unsigned *result)
{
	unsigned long long best = ~0ull, t;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		t = tsc_now();
		*result = w->run();
		t = tsc_now() - t;
		if (t < best)
			best = t;
	}
	return (unsigned)(best / 1000);
}
#endif
