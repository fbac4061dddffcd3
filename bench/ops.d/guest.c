/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest of bench/ops: what each op costs, in hundredths of a TSC cycle.
 * It runs unchanged natively, trapped and patched; bench/ops makes the table.
 */
#include "guest.h"
#include "cases.h"

static struct dtr idtr, gdtr;
static uint16_t word16;
static volatile unsigned ints;

static bool on_int(struct trapframe *tf)
{
	ints++;
	return true;
}

static uint64_t measure(void (*run)(unsigned), unsigned n)
{
	uint64_t start = rdtsc();

	run(n);
	return rdtsc() - start;
}

/* Enough repetitions that the whole takes a few milliseconds; n is 2^shift. */
static void report(const char *name, void (*run)(unsigned))
{
	unsigned shift = 6;
	uint64_t cycles, least = ~0ull;
	unsigned round;

	run(1u << shift);
	while (shift < 18 && (cycles = measure(run, 1u << shift)) < 4000000)
		shift += 2;
	for (round = 0; round < 5; round++) {
		cycles = measure(run, 1u << shift);
		if (cycles < least)
			least = cycles;
	}
	print("op %s %u\n", name, (unsigned)(least * 100 >> (shift + 3)));
}

#define CASE(name, legal, insn, ...)					\
static void run_##name(unsigned n)					\
{									\
	while (n--)							\
		asm volatile(insn "\n\t" insn "\n\t" insn "\n\t" insn "\n\t" \
			     insn "\n\t" insn "\n\t" insn "\n\t" insn	\
			     : : __VA_ARGS__ : "eax", "ecx", "edx", "memory", "cc"); \
}
#define RING0(name, insn, ...) CASE(name, 0, insn, __VA_ARGS__)
#define ANY_RING(name, insn, ...) CASE(name, 1, insn, __VA_ARGS__)
#include "cases.def"
#undef CASE

void guest_main(void)
{
	handlers[0x60] = on_int;
	gate_set(0x60, NULL, A_INTERRUPT);
	asm volatile("sidt %0; sgdt %1" : "=m"(idtr), "=m"(gdtr));
	word16 = 0x10;
	cli();
#define CASE(name, legal, insn, ...) report(#name, run_##name);
#include "cases.def"
	sti();
}
