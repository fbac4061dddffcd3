/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bench/compute times: one object file, linked into a guest and into an ordinary
 * program.  Each function returns something that depends on all it did. */
#include "work.h"

#define N	(64 * 1024)
static unsigned char flag[N] __attribute__((aligned(4096)));
static unsigned table[N] __attribute__((aligned(4096)));
static double a[64][64], b[64][64], c[64][64];

static unsigned next(unsigned *seed)
{
	return *seed = *seed * 1664525u + 1013904223u;
}

static unsigned sieve(void)
{
	unsigned i, k, n, round, sum = 0;

	for (round = 0; round < 6; round++) {
		for (i = 0; i < N; i++)
			flag[i] = 1;
		for (i = 2, n = 0; i < N; i++) {
			if (!flag[i])
				continue;
			n++;
			for (k = i + i; k < N; k += i)
				flag[k] = 0;
		}
		sum += n;
	}
	return sum;
}

static unsigned hash(void)
{
	unsigned h = 2166136261u, i, round;

	for (round = 0; round < 24; round++)
		for (i = 0; i < N; i++)
			h = (h ^ flag[i]) * 16777619u;
	return h;
}

static void sort(unsigned *p, int n)
{
	int i = 0, k = n - 1;
	unsigned mid, t;

	if (n < 2)
		return;
	mid = p[n / 2];
	while (i <= k) {
		while (p[i] < mid)
			i++;
		while (p[k] > mid)
			k--;
		if (i <= k) {
			t = p[i];
			p[i++] = p[k];
			p[k--] = t;
		}
	}
	sort(p, k + 1);
	sort(p + i, n - i);
}

/* New numbers each time: branch predictors learn old ones by heart. */
static unsigned sorting(void)
{
	static unsigned seed = 1;
	unsigned i, round, sum = 0;

	for (round = 0; round < 1; round++) {
		for (i = 0; i < N; i++)
			table[i] = next(&seed);
		sort(table, N);
		sum += table[N / 2];
	}
	return sum;
}

static unsigned matrix(void)
{
	unsigned i, j, k, round;
	double sum = 0;

	for (i = 0; i < 64; i++)
		for (j = 0; j < 64; j++) {
			a[i][j] = i + j;
			b[i][j] = i - (int)j;
		}
	for (round = 0; round < 8; round++)
		for (i = 0; i < 64; i++)
			for (j = 0; j < 64; j++) {
				for (k = 0, sum = 0; k < 64; k++)
					sum += a[i][k] * b[k][j];
				c[i][j] += sum;
			}
	return (unsigned)(long long)c[63][1];
}

const struct piece piece[PIECES] = {
	{ "sieve", sieve }, { "hash", hash }, { "sort", sorting }, { "matrix", matrix },
};
