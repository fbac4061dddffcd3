/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables that a BIOS leaves: RSDP, RSDT, MADT, FADT; and the PM timer. */
#include "guest.h"

static bool sums_up(const uint8_t *p, size_t n)
{
	uint8_t s = 0;

	while (n--)
		s += *p++;
	return s == 0;
}

static const uint8_t *rsdp(void)
{
	const uint8_t *p;

	for (p = (uint8_t *)0xe0000; p < (uint8_t *)0x100000; p += 16)
		if (!memcmp(p, "RSD PTR ", 8) && sums_up(p, 20))
			return p;
	return NULL;
}

static const uint8_t *table(const uint8_t *rsdt, const char *name)
{
	uint32_t n = read32((word)rsdt + 4), i;
	const uint8_t *t;

	for (i = 36; i < n; i += 4) {
		t = (uint8_t *)read32((word)rsdt + i);
		if (!memcmp(t, name, 4))
			return t;
	}
	return NULL;
}

void guest_main(void)
{
	const uint8_t *p = rsdp(), *rsdt, *madt, *fadt;
	uint32_t port, a, b, best;
	unsigned i, cpus = 0, ioapics = 0;

	check(p != NULL, "RSDP");
	if (!p)
		return;
	rsdt = (uint8_t *)read32((word)p + 16);
	check(!memcmp(rsdt, "RSDT", 4) && sums_up(rsdt, read32((word)rsdt + 4)), "RSDT");
	madt = table(rsdt, "APIC");
	check(madt && sums_up(madt, read32((word)madt + 4)), "MADT");
	if (madt) {
		check(read32((word)madt + 36) == 0xfee00000, "the local APIC's address");
		for (i = 44; i < read32((word)madt + 4); i += madt[i + 1]) {
			cpus += madt[i] == 0;
			ioapics += madt[i] == 1 && read32((word)madt + i + 4) == 0xfec00000;
		}
		check(cpus >= 1 && ioapics == 1, "a processor and an I/O APIC");
	}
	fadt = table(rsdt, "FACP");
	check(fadt && sums_up(fadt, read32((word)fadt + 4)), "FADT");
	if (!fadt)
		return;
	port = read32((word)fadt + 76);
	check(port, "it has a PM timer");
	/* a busy host may let any one attempt take long */
	best = 0xffffff;
	for (i = 0; i < 100 && best >= 71590 * 4; i++) {
		a = inl(port) & 0xffffff;
		delay_us(20000);
		b = inl(port) & 0xffffff;
		a = (b - a) & 0xffffff;
		best = a < best ? a : best;
	}
	check(best >= 71590 * 15 / 16 && best < 71590 * 4, "which runs at 3.58 MHz");
}
