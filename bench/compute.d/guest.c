/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest of bench/compute: paging on, a timer at 100 Hz, and the work. */
#include "guest.h"
#include "work.h"

/* the compiler of work.o may call these */
unsigned long long __udivdi3(unsigned long long n, unsigned long long d);
unsigned long long __udivdi3(unsigned long long n, unsigned long long d)
{
	unsigned hi = (unsigned)(n >> 32), lo = (unsigned)n, q;
	unsigned rest = hi % (unsigned)d;

	asm("divl %4" : "=a"(q), "=d"(rest) : "0"(lo), "1"(rest), "r"((unsigned)d));
	return (unsigned long long)(hi / (unsigned)d) << 32 | q;
}

void guest_main(void)
{
	unsigned i, result, best;

	paging_on();
	asm volatile("fninit");
	pit_start(100);
	irq_unmask(0);
	sti();
	for (i = 0; i < PIECES; i++) {
		best = measure(&piece[i], &result);
		print("work %s %u %u\n", piece[i].name, best, result);
	}
	cli();
	print("ticks %u\n", irq_count(0));
}
