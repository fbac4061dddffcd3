/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fw.c: what a BIOS leaves in the first MiB for a kernel to find: BIOS data
 * area, extended BIOS data area with the MP tables, and the ACPI tables (RSDP,
 * RSDT, FADT, FACS, MADT and a DSDT that names the power-off state, the PCI
 * root and where its interrupts go).  Checksums are right; addresses are
 * fixed, so that a boot loader can hand them on.
 */
#include "core/core.h"

#define BDA		0x400u
#define MP_FLOAT	(AB_EBDA + 0x10)	/* in the EBDA's first KiB */
#define MP_TABLE	(AB_EBDA + 0x20)
#define RSDP		(AB_FIRMWARE + 0x0000)
#define RSDT		(AB_FIRMWARE + 0x0040)
#define FADT		(AB_FIRMWARE + 0x0080)
#define FACS		(AB_FIRMWARE + 0x0140)	/* aligned to 64 */
#define MADT		(AB_FIRMWARE + 0x0180)
#define DSDT		(AB_FIRMWARE + 0x0200)

#define IOAPIC_ID	0		/* what its register says, as in QEMU */
#define LAPIC_BASE	0xfee00000u
#define IOAPIC_BASE	0xfec00000u
#define PM_BASE		0x600
#define SCI		9

/* Where the next byte goes. */
struct out {
	uint8_t *low;		/* guest RAM from 0 */
	uint32_t start, at;
};

static void put(struct out *o, uint64_t v, unsigned bytes)
{
	while (bytes--) {
		o->low[o->at++] = v;
		v >>= 8;
	}
}

static void put_text(struct out *o, const char *s, unsigned len)
{
	while (len--)
		put(o, *s ? (uint8_t)*s++ : ' ', 1);
}

static void put_zero(struct out *o, unsigned len)
{
	while (len--)
		put(o, 0, 1);
}

/* Make the bytes from (start) to (end) sum up to zero by the one at (at). */
static void checksum(uint8_t *low, uint32_t start, uint32_t end, uint32_t at)
{
	uint8_t sum = 0;

	low[at] = 0;
	for (uint32_t i = start; i < end; i++)
		sum += low[i];
	low[at] = -sum;
}

/* ---- BIOS data ---- */

static void bios_data(uint8_t *low)
{
	struct out o = { low, BDA, BDA };

	put(&o, 0x3f8, 2);			/* COM1; no others, no printers */
	put_zero(&o, 12);
	put(&o, AB_EBDA >> 4, 2);		/* 40eh */
	put(&o, 0x0226, 2);	/* equipment: FPU, mouse, 80x25, one UART */
	o.at = BDA + 0x13;
	put(&o, AB_EBDA >> 10, 2);		/* KiB of base memory */
	o.at = BDA + 0x1a;
	put(&o, 0x1e, 2);			/* keyboard buffer is empty */
	put(&o, 0x1e, 2);
	o.at = BDA + 0x49;
	put(&o, 3, 1);				/* video mode, columns */
	put(&o, 80, 2);
	put(&o, 0x1000, 2);			/* its size */
	o.at = BDA + 0x60;
	put(&o, 0x0607, 2);			/* cursor shape */
	o.at = BDA + 0x63;
	put(&o, 0x3d4, 2);			/* CRTC */
	o.at = BDA + 0x80;
	put(&o, 0x1e, 2);			/* keyboard buffer's limits */
	put(&o, 0x3e, 2);
	put(&o, 24, 1);				/* rows less one */
	put(&o, 16, 2);				/* height of a character */
	low[AB_EBDA] = 1;			/* EBDA: KiB */
}

/* ---- MultiProcessor Specification 1.4 ---- */

static void mp_interrupt(struct out *o, uint8_t type, uint8_t what, uint16_t flags,
			 uint8_t bus, uint8_t irq, uint8_t apic, uint8_t pin)
{
	put(o, type, 1);
	put(o, what, 1);			/* 0 INT, 1 NMI, 3 ExtINT */
	put(o, flags, 2);
	put(o, bus, 1);
	put(o, irq, 1);
	put(o, apic, 1);
	put(o, pin, 1);
}

static unsigned mp_entries(struct out *o)
{
	unsigned n = 4;

	put(o, 0, 1);				/* processor */
	put(o, 0, 1);				/* local APIC 0 */
	put(o, 0x14, 1);			/* its version */
	put(o, 3, 1);				/* enabled, boots */
	put(o, 0x600, 4);			/* family 6 */
	put(o, 0x201, 4);			/* FPU, APIC */
	put_zero(o, 8);
	put(o, 1, 1);				/* buses */
	put(o, 0, 1);
	put_text(o, "PCI", 6);
	put(o, 1, 1);
	put(o, 1, 1);
	put_text(o, "ISA", 6);
	put(o, 2, 1);				/* I/O APIC */
	put(o, IOAPIC_ID, 1);
	put(o, 0x20, 1);
	put(o, 1, 1);
	put(o, IOAPIC_BASE, 4);
	for (unsigned irq = 0; irq < 16; irq++) {
		if (irq == 2)
			continue;
		mp_interrupt(o, 3, 0, 0, 1, irq, IOAPIC_ID, irq ? irq : 2);
		n++;
	}
	/* INTA of PCI devices 4 and 5: level, active low */
	mp_interrupt(o, 3, 0, 0x0f, 0, 4 << 2, IOAPIC_ID, 11);
	mp_interrupt(o, 3, 0, 0x0f, 0, 5 << 2, IOAPIC_ID, 10);
	mp_interrupt(o, 4, 3, 0, 1, 0, 0, 0);		/* LINT0: 8259 pair */
	mp_interrupt(o, 4, 1, 0, 1, 0, 0xff, 1);	/* LINT1: NMI */
	return n + 4;
}

static void mp_tables(uint8_t *low)
{
	struct out o = { low, MP_TABLE, MP_TABLE };
	uint32_t base = MP_TABLE, entries;

	put_text(&o, "PCMP", 4);
	put(&o, 0, 2);				/* length: below */
	put(&o, 4, 1);				/* 1.4 */
	put(&o, 0, 1);				/* checksum: below */
	put_text(&o, "AFTERBRN", 8);
	put_text(&o, "PC", 12);
	put_zero(&o, 6);			/* no OEM table */
	put(&o, 0, 2);				/* entries: below */
	put(&o, LAPIC_BASE, 4);
	put_zero(&o, 4);
	entries = mp_entries(&o);
	low[base + 4] = o.at - base;
	low[base + 5] = (o.at - base) >> 8;
	low[base + 34] = entries;
	checksum(low, base, o.at, base + 7);

	o.at = o.start = MP_FLOAT;
	put_text(&o, "_MP_", 4);
	put(&o, MP_TABLE, 4);
	put(&o, 1, 1);				/* 16 bytes */
	put(&o, 4, 1);
	put_zero(&o, 6);			/* checksum, no default, no IMCR */
	checksum(low, o.start, o.at, o.start + 10);
}

/* ---- ACPI 1.0 ---- */

static struct out acpi_begin(uint8_t *low, uint32_t at, const char *name,
			     uint8_t revision)
{
	struct out o = { low, at, at };

	put_text(&o, name, 4);
	put(&o, 0, 4);				/* length: acpi_end() */
	put(&o, revision, 1);
	put(&o, 0, 1);				/* checksum: acpi_end() */
	put_text(&o, "AFTERB", 6);
	put_text(&o, "PC", 8);
	put(&o, 1, 4);
	put_text(&o, "ABRN", 4);
	put(&o, 1, 4);
	return o;
}

static void acpi_end(struct out *o)
{
	uint32_t end = o->at;

	o->at = o->start + 4;
	put(o, end - o->start, 4);
	checksum(o->low, o->start, end, o->start + 9);
}

static void acpi_rsdp(uint8_t *low)
{
	struct out o = { low, RSDP, RSDP };

	put_text(&o, "RSD PTR ", 8);
	put(&o, 0, 1);
	put_text(&o, "AFTERB", 6);
	put(&o, 0, 1);				/* ACPI 1.0: no XSDT */
	put(&o, RSDT, 4);
	checksum(low, o.start, o.at, o.start + 8);
}

static void acpi_fadt(uint8_t *low)
{
	struct out o = acpi_begin(low, FADT, "FACP", 1);

	put(&o, FACS, 4);
	put(&o, DSDT, 4);
	put(&o, 1, 1);				/* APICs, not 8259s only */
	put(&o, 0, 1);
	put(&o, SCI, 2);
	put(&o, 0, 4);				/* no SMI port: always ACPI mode */
	put_zero(&o, 4);
	put(&o, PM_BASE, 4);			/* PM1a event */
	put(&o, 0, 4);
	put(&o, PM_BASE + 4, 4);		/* PM1a control */
	put(&o, 0, 4);
	put(&o, 0, 4);				/* PM2 */
	put(&o, PM_BASE + 8, 4);		/* PM timer */
	put_zero(&o, 8);			/* GPE0, GPE1 */
	put(&o, 4, 1);				/* lengths */
	put(&o, 2, 1);
	put(&o, 0, 1);
	put(&o, 4, 1);
	put_zero(&o, 4);
	put(&o, 0x0fff, 2);			/* C2 and C3: not supported */
	put(&o, 0x0fff, 2);
	put_zero(&o, 4);			/* flush size and stride */
	put_zero(&o, 2);			/* duty */
	put_zero(&o, 2);			/* CMOS has no day or month alarm */
	put(&o, 0x32, 1);			/* century */
	put(&o, 0x0003, 2);			/* legacy devices, 8042 */
	put_zero(&o, 1);
	/* wbinvd, C1; no fixed buttons, no RTC wake */
	put(&o, 0x01 | 0x04 | 0x10 | 0x20 | 0x40, 4);
	acpi_end(&o);
}

static void acpi_facs(uint8_t *low)
{
	struct out o = { low, FACS, FACS };

	put_text(&o, "FACS", 4);
	put(&o, 64, 4);
	put_zero(&o, 56);
}

static void acpi_madt(uint8_t *low)
{
	struct out o = acpi_begin(low, MADT, "APIC", 1);

	put(&o, LAPIC_BASE, 4);
	put(&o, 1, 4);				/* a pair of 8259s as well */
	put(&o, 0x0800, 2);			/* local APIC, 8 bytes */
	put(&o, 0x0000, 2);			/* processor 0, APIC 0 */
	put(&o, 1, 4);
	put(&o, 0x0c01, 2);			/* I/O APIC, 12 bytes */
	put(&o, IOAPIC_ID, 2);
	put(&o, IOAPIC_BASE, 4);
	put(&o, 0, 4);
	put(&o, 0x0a02, 2);			/* ISA IRQ 0 is pin 2 */
	put(&o, 0x0000, 2);
	put(&o, 2, 4);
	put(&o, 0, 2);
	put(&o, 0x0a02, 2);			/* the SCI: high, level */
	put(&o, SCI << 8, 2);
	put(&o, SCI, 4);
	put(&o, 0x000d, 2);
	put(&o, 0x0604, 2);			/* LINT1 of all: NMI */
	put(&o, 0x00ff, 2);
	put(&o, 0x0100, 2);
	acpi_end(&o);
}

/*
 * DSDT as AML, hand-assembled from:
 *
 *   Name (_S5, Package (4) { 0, 0, 0, 0 })
 *   Scope (_PR) { Processor (CPU0, 0, 0, 0) {} }
 *   Scope (_SB) {
 *     Device (PCI0) {
 *       Name (_HID, EisaId ("PNP0A03"))
 *       Name (_ADR, 0)
 *       Name (_PRT, Package () { Package () { 0x0004ffff, 0, 0, 11 },
 *                                Package () { 0x0005ffff, 0, 0, 10 } })
 *       Name (_CRS, ResourceTemplate () {
 *         WordBusNumber 0..0xff; IO 0xcf8..0xcff; WordIO 0..0xcf7 and
 *         0xd00..0xffff; DWordMemory 0xc0000000..0xfebfffff })
 *     }
 *   }
 */
static const uint8_t dsdt_s5[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00,
};
static const uint8_t dsdt_cpu[] = {
	0x10, 0x12, '_', 'P', 'R', '_',			/* Scope, 18 bytes */
	0x5b, 0x83, 0x0b, 'C', 'P', 'U', '0', 0x00, 0, 0, 0, 0, 0x00,
};
static const uint8_t dsdt_resources[] = {
	0x88, 0x0d, 0x00, 0x02, 0x0c, 0x00,		/* bus numbers 0..ff */
	0x00, 0x00, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x47, 0x01, 0xf8, 0x0c, 0xf8, 0x0c, 0x01, 0x08,	/* io cf8, 8 ports */
	0x88, 0x0d, 0x00, 0x01, 0x0c, 0x03,		/* ports 0..cf7 */
	0x00, 0x00, 0x00, 0x00, 0xf7, 0x0c, 0x00, 0x00, 0xf8, 0x0c,
	0x88, 0x0d, 0x00, 0x01, 0x0c, 0x03,		/* ports d00..ffff */
	0x00, 0x00, 0x00, 0x0d, 0xff, 0xff, 0x00, 0x00, 0x00, 0xf3,
	0x87, 0x17, 0x00, 0x00, 0x0c, 0x01,		/* memory */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0xff, 0xff, 0xbf, 0xfe,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x3e,
	0x79, 0x00,					/* end tag */
};

static const uint8_t dsdt_routing[] = {
	0x08, '_', 'P', 'R', 'T', 0x12, 0x1a, 0x02,
	0x12, 0x0b, 0x04, 0x0c, 0xff, 0xff, 0x04, 0x00, 0x00, 0x00, 0x0a, 11,
	0x12, 0x0b, 0x04, 0x0c, 0xff, 0xff, 0x05, 0x00, 0x00, 0x00, 0x0a, 10,
};

static void put_bytes(struct out *o, const uint8_t *p, unsigned n)
{
	while (n--)
		put(o, *p++, 1);
}

/* PkgLength of two bytes, for (n) bytes that follow it. */
static void put_package(struct out *o, unsigned n)
{
	n += 2;
	put(o, 0x40 | (n & 15), 1);
	put(o, n >> 4, 1);
}

static void acpi_dsdt(uint8_t *low)
{
	const unsigned res = sizeof(dsdt_resources);
	const unsigned buffer = 2 + res;	/* what follows its PkgLength */
	const unsigned device = 4 + 10 + 6 + sizeof(dsdt_routing) + 8 + buffer;
	struct out o = acpi_begin(low, DSDT, "DSDT", 1);

	put_bytes(&o, dsdt_s5, sizeof(dsdt_s5));
	put_bytes(&o, dsdt_cpu, sizeof(dsdt_cpu));
	put(&o, 0x10, 1);				/* Scope (\_SB) */
	put_package(&o, 4 + 2 + 2 + device);
	put_text(&o, "_SB_", 4);
	put(&o, 0x825b, 2);				/* Device (PCI0) */
	put_package(&o, device);
	put_text(&o, "PCI0", 4);
	put(&o, 0x08, 1);
	put_text(&o, "_HID", 4);
	put(&o, 0x0c, 1);
	put(&o, 0x030ad041, 4);				/* PNP0A03 */
	put(&o, 0x08, 1);
	put_text(&o, "_ADR", 4);
	put(&o, 0x00, 1);
	put_bytes(&o, dsdt_routing, sizeof(dsdt_routing));
	put(&o, 0x08, 1);
	put_text(&o, "_CRS", 4);
	put(&o, 0x11, 1);				/* Buffer */
	put_package(&o, buffer);
	put(&o, 0x0a, 1);
	put(&o, res, 1);
	put_bytes(&o, dsdt_resources, res);
	acpi_end(&o);
}

uint64_t ab_firmware_tables(uint8_t *low)
{
	struct out rsdt;

	bios_data(low);
	mp_tables(low);
	acpi_rsdp(low);
	rsdt = acpi_begin(low, RSDT, "RSDT", 1);
	put(&rsdt, FADT, 4);
	put(&rsdt, MADT, 4);
	acpi_end(&rsdt);
	acpi_fadt(low);
	acpi_facs(low);
	acpi_madt(low);
	acpi_dsdt(low);
	return RSDP;
}
