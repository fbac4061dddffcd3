/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ordinary program of bench/compute: 32 bits, no libc, so that nothing is needed
 * of a host but to run it. */
#include "work.h"

static void put(const char *s, unsigned n)
{
	long r = 4;

	__asm__ volatile("int $0x80" : "+a"(r) : "b"(1), "c"(s), "d"(n) : "memory");
}

static void put_text(const char *s)
{
	unsigned n = 0;

	while (s[n])
		n++;
	put(s, n);
}

static void put_number(unsigned v)
{
	char text[12], *p = text + sizeof(text);

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	put(p, (unsigned)(text + sizeof(text) - p));
}

void _start(void);
void _start(void)
{
	unsigned i, result, best;

	for (i = 0; i < PIECES; i++) {
		best = measure(&piece[i], &result);
		put_text("work ");
		put_text(piece[i].name);
		put_text(" ");
		put_number(best);
		put_text(" ");
		put_number(result);
		put_text("\n");
	}
	__asm__ volatile("int $0x80" : : "a"(1), "b"(0));
	__builtin_unreachable();
}
