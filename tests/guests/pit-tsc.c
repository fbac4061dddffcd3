/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two clocks agree: the TSC over the same time by the 8254's channel 2 twice, and
 * by channel 0's interrupts.  A busy host makes a polled measurement longer, so the
 * shortest counts; one by interrupts either way, so one that fits is enough.
 */
#include "guest.h"

#define TRIES	500

static uint64_t tsc_over(unsigned us)
{
	uint64_t t = rdtsc();

	delay_us(us);
	return rdtsc() - t;
}

static uint64_t tsc_over_ticks(unsigned n)
{
	unsigned from = irq_count(0);
	uint64_t t;

	while (irq_count(0) == from)
		asm volatile("sti; hlt; cli");
	t = rdtsc();
	from = irq_count(0);
	while (irq_count(0) - from < n)
		asm volatile("sti; hlt; cli");
	return rdtsc() - t;
}

/* Within 1/16, in units of 256 cycles. */
static bool close(uint64_t a, uint64_t b)
{
	uint32_t x = a >> 8, y = b >> 8;

	return x && y && (x > y ? x - y : y - x) <= y / 16;
}

static void least(uint64_t *best, uint64_t v)
{
	if (v < *best)
		*best = v;
}

void guest_main(void)
{
	uint64_t once = ~0ull, twice = ~0ull, ticks = ~0ull;
	unsigned i;

	for (i = 0; i < 5; i++)
		least(&once, tsc_over(5000));
	check(once > 5000, "the TSC runs");
	for (i = 0; i < TRIES && !close(twice, once * 2); i++) {
		least(&once, tsc_over(5000));
		least(&twice, tsc_over(10000));
	}
	check(close(twice, once * 2), "twice the time, twice the cycles");
	irq_unmask(0);
	pit_start(1000);
	for (i = 0; i < TRIES && !close(ticks, once * 2); i++)
		ticks = tsc_over_ticks(10);
	check(close(ticks, once * 2), "10 ticks at 1 kHz are 10 ms");
}
