/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MP floating pointer and its table. */
#include "guest.h"

static bool sums_up(const uint8_t *p, size_t n)
{
	uint8_t s = 0;

	while (n--)
		s += *p++;
	return s == 0;
}

static const uint8_t *search(word from, word to)
{
	for (; from < to; from += 16)
		if (!memcmp((void *)from, "_MP_", 4) && sums_up((void *)from, 16))
			return (void *)from;
	return NULL;
}

void guest_main(void)
{
	const uint8_t *p = search(0xf0000, 0x100000), *t, *e;
	unsigned i, n, kinds[5] = { 0 };

	if (!p)
		p = search(0x9f000, 0xa0000);
	check(p != NULL, "the pointer");
	if (!p)
		return;
	t = (uint8_t *)read32((word)p + 4);
	check(t && !memcmp(t, "PCMP", 4), "the table");
	if (!t)
		return;
	check(sums_up(t, t[4] | t[5] << 8), "its sum");
	check(read32((word)t + 36) == 0xfee00000, "the local APIC's address");
	n = t[34] | t[35] << 8;
	for (i = 0, e = t + 44; i < n && *e < 5; i++) {
		kinds[*e]++;
		e += *e ? 8 : 20;
	}
	check(i == n, "its entries");
	check(kinds[0] == 1 && kinds[1] >= 1 && kinds[2] == 1, "a processor, a bus, an I/O APIC");
	check(kinds[3] >= 10, "interrupt lines");
}
