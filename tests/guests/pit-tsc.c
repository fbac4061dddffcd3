/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two clocks agree: the TSC over the same time by the 8254's channel 2 twice, and
 * by channel 0's interrupts. */
#include "guest.h"

static uint64_t tsc_over(unsigned us)
{
	uint64_t t = rdtsc();

	delay_us(us);
	return rdtsc() - t;
}

/* a and b within 1/16, both in units of 1,024 cycles. */
static bool close(uint64_t a, uint64_t b)
{
	uint32_t x = a >> 10, y = b >> 10;

	return x && y && (x > y ? x - y : y - x) <= y / 16;
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

void guest_main(void)
{
	uint64_t best = ~0ull, v, once;
	unsigned i;
	bool ok = false;

	for (i = 0; i < 5; i++) {
		v = tsc_over(20000);
		if (v < best)
			best = v;
	}
	once = best;
	check(once > 20000, "the TSC runs");
	for (i = 0; i < 10 && !ok; i++)
		ok = close(tsc_over(40000), once * 2);
	check(ok, "twice the time, twice the cycles");
	irq_unmask(0);
	pit_start(1000);
	ok = false;
	for (i = 0; i < 10 && !ok; i++)
		ok = close(tsc_over_ticks(40), once * 2);
	check(ok, "40 ticks at 1 kHz are 40 ms");
}
