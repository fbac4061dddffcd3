/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counting instructions: under QEMU's -icount shift=0 the time-stamp counter is
 * their number, the same in every run.  What interrupts add is kept out by taking
 * the least of a few rounds.
 */
#ifndef MEASURE_H
#define MEASURE_H

#define COUNT	32u		/* times eight */
#define ROUNDS	5

static inline uint64_t counter(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static uint64_t run_once(void (*run)(unsigned), unsigned n)
{
	uint64_t start = counter();

	run(n);
	return counter() - start;
}

/* Tenths of an instruction for each of (each) operations in a turn of (run). */
static uint64_t measured(void (*run)(unsigned), void (*empty)(unsigned), unsigned n,
			 unsigned each)
{
	uint64_t least = ~0ul, none = ~0ul, t;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		t = run_once(run, n);
		if (t < least)
			least = t;
		t = run_once(empty, n);
		if (t < none)
			none = t;
	}
	return least > none ? (least - none) * 10 / (n * each) : 0;
}

#define EIGHT(insn) insn "\n\t" insn "\n\t" insn "\n\t" insn "\n\t" \
	insn "\n\t" insn "\n\t" insn "\n\t" insn
/* All that an op may change is saved around the eight, once a turn. */
#define CASE(name, insn, ...)						\
static void run_##name(unsigned n)					\
{									\
	while (n--)							\
		asm volatile("push %%rax; push %%rcx; push %%rdx\n\t"	\
			     EIGHT(insn) "\n\t"				\
			     "pop %%rdx; pop %%rcx; pop %%rax"		\
			     : : __VA_ARGS__ : "memory", "cc");		\
}

static void run_empty(unsigned n)
{
	while (n--)
		asm volatile("push %%rax; push %%rcx; push %%rdx\n\t"
			     "pop %%rdx; pop %%rcx; pop %%rax" : : : "memory", "cc");
}
#endif
