/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same instructions bare, in an ordinary process, where they are legal; and
 * how many TSC cycles a microsecond has. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include "cases.h"

static uint16_t word16 = 0x2b;

static uint64_t rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}

#define RING0(name, insn, ...)
#define ANY_RING(name, insn, ...)					\
static void run_##name(unsigned n)					\
{									\
	while (n--)							\
		__asm__ volatile(insn "\n\t" insn "\n\t" insn "\n\t" insn "\n\t" \
				 insn "\n\t" insn "\n\t" insn "\n\t" insn \
				 : : __VA_ARGS__ : "eax", "ecx", "edx", "memory", "cc"); \
}
#include "cases.def"
#undef ANY_RING

static void report(const char *name, void (*run)(unsigned))
{
	uint64_t least = ~0ull, start, cycles;
	int round;

	run(1024);
	for (round = 0; round < 9; round++) {
		start = rdtsc();
		run(1 << 14);
		cycles = rdtsc() - start;
		if (cycles < least)
			least = cycles;
	}
	printf("op %s %u\n", name, (unsigned)(least * 100 >> 17));
}

int main(void)
{
	struct timespec a, b;
	uint64_t start = rdtsc(), ns;

	clock_gettime(CLOCK_MONOTONIC, &a);
	do {
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000ull + b.tv_nsec - a.tv_nsec;
	} while (ns < 200000000);
	printf("mhz %llu\n", (unsigned long long)((rdtsc() - start) * 1000 / ns));
#define ANY_RING(name, insn, ...) report(#name, run_##name);
#include "cases.def"
	return 0;
}
