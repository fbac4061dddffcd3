/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mutate SEED IN OUT: damage a kernel.  By SEED one of: some random bytes, a run
 * of random bytes, a block copied elsewhere, one random 32-bit word written in
 * many places; everywhere but the ELF and program headers, so that it still
 * loads.  SEED 0 mod 16 damages the headers instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return below ? (uint32_t)((state >> 33) % below) : 0;
}

static void damage(uint8_t *p, uint32_t n, uint32_t seed)
{
	uint32_t i, len, a, b, count = 1 + rnd(64);
	uint32_t word = rnd(0xffffffff);

	switch (seed % 4) {
	case 0:
		for (i = 0; i < count; i++)
			p[rnd(n)] = (uint8_t)rnd(256);
		break;
	case 1:
		len = 1 + rnd(512);
		for (a = rnd(n), i = 0; i < len; i++)
			p[(a + i) % n] = (uint8_t)rnd(256);
		break;
	case 2:
		len = 1 + rnd(256);
		a = rnd(n);
		b = rnd(n);
		for (i = 0; i < len; i++)
			p[(a + i) % n] = p[(b + i) % n];
		break;
	default:
		for (i = 0; i < count && n > 4; i++)
			memcpy(p + rnd(n - 4), &word, 4);
	}
}

int main(int argc, char **argv)
{
	static uint8_t data[1 << 24];
	uint32_t seed, skip;
	size_t n;
	FILE *f;

	if (argc != 4 || !(f = fopen(argv[2], "rb")))
		return 2;
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	seed = (uint32_t)strtoul(argv[1], NULL, 0);
	state = seed * 0x9e3779b97f4a7c15u + 1;
	skip = seed % 16 ? 0x1000 : 0;
	if (n <= skip)
		return 2;
	/* what is loaded comes first in a kernel; notes and symbols later */
	damage(data + skip, (uint32_t)(seed % 16 ? (seed % 3 ? (n - skip) / 3 + 1 : n - skip) : 0x200),
	       seed / 16);
	if (!(f = fopen(argv[3], "wb")) || fwrite(data, 1, n, f) != n || fclose(f))
		return 2;
	return 0;
}
