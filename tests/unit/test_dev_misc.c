/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port dispatch, ends of a run, ACPI power management, PCI, VGA registers,
 * pc-testdev, firmware tables; and random accesses to everything. */
#include <stdlib.h>
#include <string.h>
#include "devfix.h"

START_TEST(unknown_ports)
{
	ck_assert_uint_eq(inb(0x300), 0xff);
	ck_assert_uint_eq(inw(0x300), 0xffff);
	ck_assert_uint_eq(inl(0x300), 0xffffffff);
	ck_assert_uint_eq(inl(0xffff), 0xffffffff);
	ck_assert_uint_eq(inl(0xabcd), 0xffffffff);
	outl(0xffff, 0);
	outl(0x300, 0);
	ck_assert_int_eq(F.status, -1);
}
END_TEST

START_TEST(debug_exit)
{
	outb(0xf4, 0);
	ck_assert_int_eq(F.status, 1);
	fix_start();
	outb(0xf4, 0x10);
	ck_assert_int_eq(F.status, 0x21);
	fix_start();
	outl(0xf4, 3);
	ck_assert_int_eq(F.status, 7);
	fix_start();
	outw(0xf4, 0xff);
	ck_assert_int_eq(F.status, 0xff);
	outb(0xf4, 0);				/* the first end counts */
	ck_assert_int_eq(F.status, 0xff);
}
END_TEST

START_TEST(resets)
{
	outb(0x92, 2);
	ck_assert_uint_eq(inb(0x92), 2);
	ck_assert_int_eq(F.status, -1);
	outb(0x92, 3);
	ck_assert_int_eq(F.status, 0);
	fix_start();
	outb(0xcf9, 2);
	ck_assert_uint_eq(inb(0xcf9), 2);
	ck_assert_int_eq(F.status, -1);
	outb(0xcf9, 6);
	ck_assert_int_eq(F.status, 0);
}
END_TEST

START_TEST(power_off)
{
	outw(0x604, 0x0001);
	ck_assert_int_eq(F.status, -1);
	ck_assert_uint_eq(inw(0x604), 1);
	outw(0x604, 0x2000);
	ck_assert_int_eq(F.status, 0);
	ck_assert_ptr_nonnull(strstr(F.why, "power"));
}
END_TEST

START_TEST(pm_timer)
{
	uint32_t a = inl(0x608), b;

	ck_assert_uint_lt(a, 1 << 24);
	F.now += SEC;
	b = inl(0x608);
	ck_assert_uint_ge((b - a) & 0xffffff, 3579544);
	ck_assert_uint_le((b - a) & 0xffffff, 3579546);
	ck_assert_uint_eq(inw(0x608), b & 0xffff);
	ck_assert_uint_eq(inb(0x609), b >> 8 & 0xff);
}
END_TEST

START_TEST(pm_timer_interrupt)
{
	pic_setup(1 << 9 | 4);
	ck_assert(host_sleeps());
	outw(0x602, 1);
	ck_assert_uint_ne(F.timer, 0);
	pass(3 * SEC);				/* bit 23 changes every 2.3 s */
	ck_assert_int_eq(take(), 0x29);
	ck_assert_uint_eq(inw(0x600) & 1, 1);
	outw(0x600, 1);
	ck_assert_uint_eq(inw(0x600) & 1, 0);
	pic_eoi(9);
	ck_assert(!pending());
	ck_assert_uint_eq(inw(0x602), 1);
}
END_TEST

START_TEST(post_and_dma_ports)
{
	outb(0x80, 0x55);
	ck_assert_uint_eq(inb(0x80), 0xff);
	ck_assert_uint_eq(M->dev.misc.page[0], 0x55);
	outb(0x87, 0xaa);
	ck_assert_uint_eq(inb(0x87), 0xaa);
	outb(0x0b, 0x56);
	outb(0xd4, 0);
	ck_assert_uint_eq(inb(0x08), 0);
	outb(0xf0, 0);
}
END_TEST

static uint32_t pci(unsigned dev, unsigned fn, unsigned reg)
{
	outl(0xcf8, 0x80000000 | dev << 11 | fn << 8 | (reg & 0xfc));
	return inl(0xcfc);
}

START_TEST(pci_config)
{
	outl(0xcf8, 0x80000000);
	ck_assert_uint_eq(inl(0xcf8), 0x80000000);	/* mechanism 1 is there */
	ck_assert_uint_eq(pci(0, 0, 0), 0x12378086);
	ck_assert_uint_eq(pci(0, 0, 8) >> 16, 0x0600);
	ck_assert_uint_eq(pci(1, 0, 0), 0x70008086);
	ck_assert_uint_eq(pci(1, 0, 0xc) >> 16 & 0xff, 0x80);
	ck_assert_uint_eq(pci(1, 1, 8) >> 8, 0x010100);
	ck_assert_uint_eq(pci(1, 3, 0), 0x71138086);
	ck_assert_uint_eq(pci(1, 3, 0x40), 0x601);
	ck_assert_uint_eq(pci(2, 0, 0), 0xffffffff);
	pci(0, 0, 0);
	ck_assert_uint_eq(inw(0xcfc), 0x8086);
	ck_assert_uint_eq(inw(0xcfe), 0x1237);
	ck_assert_uint_eq(inb(0xcfd), 0x80);
	outl(0xcfc, 0);				/* ids are read-only */
	ck_assert_uint_eq(pci(0, 0, 0), 0x12378086);
	pci(0, 0, 0x10);			/* BAR sizing: no BARs */
	outl(0xcfc, 0xffffffff);
	ck_assert_uint_eq(inl(0xcfc), 0);
	pci(0, 0, 4);
	outw(0xcfc, 0xffff);
	ck_assert_uint_eq(inw(0xcfc), 0x147);
	outl(0xcf8, 0);				/* not enabled */
	ck_assert_uint_eq(inl(0xcfc), 0xffffffff);
	outl(0xcf8, 0x80010000);		/* bus 1 */
	ck_assert_uint_eq(inl(0xcfc), 0xffffffff);
}
END_TEST

START_TEST(crtc)
{
	outb(0x3d4, 0x0e);
	outb(0x3d5, 0x12);
	outw(0x3d4, 0x340f);			/* index and data at once */
	outb(0x3d4, 0x0e);
	ck_assert_uint_eq(inb(0x3d5), 0x12);
	outb(0x3d4, 0x0f);
	ck_assert_uint_eq(inb(0x3d5), 0x34);
	inb(0x3da);
	outb(0x3c0, 0x10);
	outb(0x3c0, 0x0c);
	inb(0x3da);
	outb(0x3c0, 0x10);
	ck_assert_uint_eq(inb(0x3c1), 0x0c);
	bool seen[2] = { false, false };

	for (unsigned i = 0; i < 200; i++) {
		seen[!!(inb(0x3da) & 8)] = true;
		F.now += 100 * US;
	}
	ck_assert(seen[0] && seen[1]);		/* vertical retrace comes and goes */
}
END_TEST

START_TEST(testdev)
{
	uint32_t v = 0x01020304;

	outl(0xe0, 0x12345678);
	ck_assert_uint_eq(inl(0xe0), 0x12345678);
	ck_assert_uint_eq(inb(0xe1), 0x56);
	outb(0xe3, 0x99);
	ck_assert_uint_eq(inl(0xe0), 0x99345678);
	outl(0xe4, 0x1000);
	pic_setup(0xffff);
	outb(0x2005, 1);
	ck_assert_int_eq(take(), 0x25);
	outb(0x2005, 0);
	pic_eoi(5);
	ck_assert(ab_mmio_write(M, 0xff000101, &v, 4));
	v = 0;
	ck_assert(ab_mmio_read(M, 0xff000101, &v, 4));
	ck_assert_uint_eq(v, 0x01020304);
	ck_assert(ab_mmio_read(M, 0xff00fffe, &v, 4));
	ck_assert(!ab_mmio_read(M, 0xff010000, &v, 4));
}
END_TEST

static uint64_t fwcfg(uint16_t item, unsigned bytes)
{
	uint64_t v = 0;

	outw(0x510, item);
	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)inb(0x511) << i * 8;
	return v;
}

START_TEST(fw_cfg)
{
	ck_assert_uint_eq(fwcfg(0, 4), 0x554d4551);
	ck_assert_uint_eq(fwcfg(5, 2), 1);		/* CPUs */
	ck_assert_uint_eq(fwcfg(15, 2), 1);
	ck_assert_uint_eq(fwcfg(3, 8), FIX_RAM);
	ck_assert_uint_eq(fwcfg(0x19, 4), 0);		/* no files */
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(inb(0x511), 0);
}
END_TEST

/* ---- firmware tables ---- */

static uint32_t get(const uint8_t *p, unsigned n)
{
	return n ? p[0] | get(p + 1, n - 1) << 8 : 0;
}

static unsigned sum(const uint8_t *p, unsigned n)
{
	uint8_t s = 0;

	while (n--)
		s += *p++;
	return s;
}

START_TEST(acpi_tables)
{
	uint8_t *low = calloc(1, 1 << 20);
	uint64_t rsdp = ab_firmware_tables(low);
	uint32_t rsdt = get(low + rsdp + 16, 4), n;
	bool facp = false, apic = false;

	ck_assert_uint_ge(rsdp, 0xe0000);	/* where kernels scan */
	ck_assert_uint_eq(rsdp % 16, 0);
	ck_assert_mem_eq(low + rsdp, "RSD PTR ", 8);
	ck_assert_uint_eq(sum(low + rsdp, 20), 0);
	ck_assert_mem_eq(low + rsdt, "RSDT", 4);
	ck_assert_uint_eq(sum(low + rsdt, get(low + rsdt + 4, 4)), 0);
	n = (get(low + rsdt + 4, 4) - 36) / 4;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *t = low + get(low + rsdt + 36 + 4 * i, 4);

		ck_assert_uint_eq(sum(t, get(t + 4, 4)), 0);
		if (!memcmp(t, "FACP", 4)) {
			const uint8_t *dsdt = low + get(t + 40, 4);

			ck_assert_uint_eq(get(t + 4, 4), 116);
			ck_assert_mem_eq(low + get(t + 36, 4), "FACS", 4);
			ck_assert_mem_eq(dsdt, "DSDT", 4);
			ck_assert_uint_eq(sum(dsdt, get(dsdt + 4, 4)), 0);
			ck_assert_uint_eq(get(t + 64, 4), 0x604);
			ck_assert_uint_eq(get(t + 76, 4), 0x608);
			facp = true;
		} else if (!memcmp(t, "APIC", 4)) {
			ck_assert_uint_eq(get(t + 36, 4), 0xfee00000);
			uint32_t at = 44, end = get(t + 4, 4);

			while (at < end) {
				ck_assert_uint_ge(t[at + 1], 6);
				at += t[at + 1];
			}
			ck_assert_uint_eq(at, end);
			apic = true;
		}
	}
	ck_assert(facp && apic);
	free(low);
}
END_TEST

/* As teaching kernels look for other processors. */
START_TEST(mp_tables)
{
	static const uint8_t sizes[5] = { 20, 8, 8, 8, 8 };
	uint8_t *low = calloc(1, 1 << 20);
	const uint8_t *fp = NULL, *conf, *p;
	unsigned cpus = 0, apics = 0, irqs = 0;

	ab_firmware_tables(low);
	uint32_t ebda = get(low + 0x40e, 2) << 4;

	ck_assert_uint_eq(ebda, AB_EBDA);
	for (p = low + ebda; p < low + ebda + 1024; p += 16)
		if (!memcmp(p, "_MP_", 4) && !sum(p, 16))
			fp = p;
	ck_assert_ptr_nonnull(fp);
	conf = low + get(fp + 4, 4);
	ck_assert_mem_eq(conf, "PCMP", 4);
	ck_assert_uint_eq(sum(conf, get(conf + 4, 2)), 0);
	ck_assert_uint_le(conf - low + get(conf + 4, 2), ebda + 1024);
	ck_assert_uint_eq(get(conf + 36, 4), 0xfee00000);
	p = conf + 44;
	for (unsigned i = 0; i < get(conf + 34, 2); i++) {
		ck_assert_uint_lt(*p, 5);
		cpus += *p == 0;
		apics += *p == 2;
		irqs += *p == 3;
		p += sizes[*p];
	}
	ck_assert_uint_eq(p - conf, get(conf + 4, 2));
	ck_assert_uint_eq(cpus, 1);
	ck_assert_uint_eq(apics, 1);
	ck_assert_uint_eq(irqs, 15 + 2);	/* ISA, and two of PCI */
	ck_assert_uint_eq(get(low + 0x400, 2), 0x3f8);
	ck_assert_uint_eq(get(low + 0x413, 2), 639);
	free(low);
}
END_TEST

/* ---- everything at random ---- */

static uint64_t seed;

static uint32_t rnd(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static uint16_t rnd_port(void)
{
	static const uint16_t ports[] = {
		0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64,
		0x70, 0x71, 0x92, 0x3c0, 0x3d4, 0x3f6, 0x4d0, 0x600, 0x602, 0x604,
		0x608, 0xcf8, 0xcfc, 0x2000, 0xe0,
	};

	switch (rnd() % 6) {
	case 0:
		return 0x3f8 + rnd() % 8;
	case 1:
		return 0x1f0 + rnd() % 8;
	case 2:
		return rnd();
	default:
		return ports[rnd() % (sizeof(ports) / 2)] + (rnd() % 8 ? 0 : rnd() % 4);
	}
}

static uint64_t rnd_mmio(void)
{
	switch (rnd() % 4) {
	case 0:
		return 0xfec00000 + (rnd() % 2) * 16;
	case 1:
		return 0xfec00000 + rnd() % 0x1000;
	case 2:
		return 0xfee00000 + rnd() % 0x1010;
	default:
		return 0xfee00000 + (rnd() % 64) * 16;
	}
}

static void step(void)
{
	uint8_t buf[16];
	unsigned size = 1u << rnd() % 3;
	uint32_t v = rnd() % 3 ? rnd() & 0xff : rnd() * 2u;

	memcpy(buf, &v, 4);
	memset(buf + 4, v, 12);
	switch (rnd() % 9) {
	case 0: case 1: case 2:
		ab_port_out(M, rnd_port(), size, v);
		break;
	case 3: case 4:
		ck_assert_uint_le(ab_port_in(M, rnd_port(), size),
				  size == 4 ? ~0u : (1u << size * 8) - 1);
		break;
	case 5:
		ab_mmio_write(M, rnd_mmio(), buf, 1 + rnd() % 16);
		break;
	case 6:
		ab_mmio_read(M, rnd_mmio(), buf, 1 + rnd() % 16);
		break;
	case 7:
		if (pending()) {
			int vector = take();

			ck_assert_int_ge(vector, 0);
			ck_assert_int_le(vector, 255);
		}
		if (rnd() % 2)
			ab_console_in(M, v);
		else
			ab_keyboard_in(M, v);
		ab_disk_done(M, rnd() % 8);
		break;
	default:
		if (rnd() % 64)
			pass_late(rnd() % (rnd() % 16 ? 1000 : 100000000));
		else
			pass_late((uint64_t)rnd() * 1000000);
		F.disk_later = rnd() % 4 == 0;
		F.disk_bad = rnd() % 16 == 0;
		break;
	}
	F.nout = 0;
	M->dev.ended = false;
}

START_TEST(random_accesses)
{
	const char *n = getenv("AB_FUZZ_STEPS");
	unsigned long steps = n ? strtoul(n, NULL, 0) : 300000;

	seed = 1;
	fix_start_disks(true, true);
	for (unsigned long i = 0; i < steps; i++) {
		if (i % 50000 == 0)
			fix_start_disks(i & 1, true);
		step();
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, unknown_ports);
	tcase_add_test(tc, debug_exit);
	tcase_add_test(tc, resets);
	tcase_add_test(tc, power_off);
	tcase_add_test(tc, pm_timer);
	tcase_add_test(tc, pm_timer_interrupt);
	tcase_add_test(tc, post_and_dma_ports);
	tcase_add_test(tc, pci_config);
	tcase_add_test(tc, crtc);
	tcase_add_test(tc, testdev);
	tcase_add_test(tc, fw_cfg);
	tcase_add_test(tc, acpi_tables);
	tcase_add_test(tc, mp_tables);
	tcase_add_test(tc, random_accesses);
}

int main(void)
{
	return fix_run("misc", add);
}
