/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.c: which device answers a port or a physical address, the interrupt lines
 * between them, and the one host timer behind all device timers.
 *
 * Port I/O is a hot path of patched guests, so a port below 400h finds its range
 * by one table look-up; the few ranges above are searched.
 */
#include "core/core.h"

static uint32_t reset_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	if (port == 0xcf9 && size == 1)
		return m->dev.misc.reset_control;
	return ab_pci_read(m, port, size);
}

/* cf9h lies inside the PCI address register, which only takes 32 bits. */
static void reset_write(struct ab_machine *m, uint16_t port, unsigned size,
			uint32_t v)
{
	if (port != 0xcf9 || size != 1) {
		ab_pci_write(m, port, size, v);
		return;
	}
	m->dev.misc.reset_control = v & 0x0e;
	if (v & 4)
		ab_machine_end(m, 0, "reset through port 0xcf9");
}

/* Ports below AB_PORT_MAP. */
static const struct ab_port_range low_ranges[] = {
	{ 0x020, 2, 1, ab_pic_read, ab_pic_write },
	{ 0x0a0, 2, 1, ab_pic_read, ab_pic_write },
	{ 0x3f8, 8, 1, ab_uart_read, ab_uart_write },
	{ 0x040, 4, 1, ab_pit_read, ab_pit_write },
	{ 0x061, 1, 1, ab_port61_read, ab_port61_write },
	{ 0x060, 1, 1, ab_kbd_read, ab_kbd_write },
	{ 0x064, 1, 1, ab_kbd_read, ab_kbd_write },
	{ 0x070, 2, 1, ab_rtc_read, ab_rtc_write },
	{ 0x000, 16, 1, ab_misc_read, ab_misc_write },	/* DMA 1 */
	{ 0x080, 16, 1, ab_misc_read, ab_misc_write },	/* POST, DMA pages */
	{ 0x092, 1, 1, ab_misc_read, ab_misc_write },
	{ 0x0c0, 32, 1, ab_misc_read, ab_misc_write },	/* DMA 2 */
	{ 0x0e0, 12, 4, ab_testdev_read, ab_testdev_write },
	{ 0x0f4, 4, 4, ab_misc_read, ab_misc_write },	/* debug exit */
	{ 0x170, 8, 4, ab_misc_read, ab_misc_write },	/* IDE 2: empty */
	{ 0x376, 1, 1, ab_misc_read, ab_misc_write },
	{ 0x1f0, 1, 4, ab_ata_read, ab_ata_write },
	{ 0x1f1, 7, 1, ab_ata_read, ab_ata_write },
	{ 0x3f6, 1, 1, ab_ata_read, ab_ata_write },
	{ 0x3c0, 16, 1, ab_crtc_read, ab_crtc_write },
	{ 0x3d4, 2, 1, ab_crtc_read, ab_crtc_write },
	{ 0x3da, 1, 1, ab_crtc_read, ab_crtc_write },
};

static const struct ab_port_range high_ranges[] = {
	{ 0x4d0, 2, 1, ab_pic_read, ab_pic_write },	/* ELCR */
	{ 0x510, 2, 2, ab_fwcfg_read, ab_fwcfg_write },
	{ 0x600, 12, 4, ab_pm_read, ab_pm_write },
	{ 0xcf8, 4, 4, reset_read, reset_write },
	{ 0xcfc, 4, 4, ab_pci_read, ab_pci_write },
	{ 0x2000, 24, 4, ab_testdev_read, ab_testdev_write },
};
/* Wherever the guest has put them. */
static const struct ab_port_range virtio_range = {
	0, 0xffff, 4, ab_virtio_read, ab_virtio_write
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct ab_port_range *range_find(struct ab_machine *m, uint16_t port)
{
	if (port < AB_PORT_MAP) {
		unsigned n = m->dev.port_map[port];

		return n && n <= COUNT(low_ranges) ? &low_ranges[n - 1] : NULL;
	}
	for (unsigned i = 0; i < COUNT(high_ranges); i++)
		if ((unsigned)(port - high_ranges[i].first) < high_ranges[i].count)
			return &high_ranges[i];
	return ab_virtio_port(m, port) ? &virtio_range : NULL;
}

/* Whole access to one range, or one that must be split? */
static bool range_takes(const struct ab_port_range *r, uint16_t port, unsigned size)
{
	return size <= r->width && port - r->first + size <= r->count;
}

static uint32_t ones(unsigned size)
{
	return size >= 4 ? 0xffffffffu : (1u << size * 8) - 1;
}

/* The data port of a disk moves 32 bits as two 16-bit words of one port, so it
 * is a range of its own that takes every width. */
static bool takes_any_width(const struct ab_port_range *r)
{
	return r->count == 1 && r->width == 4;
}

/* Does a device of ours answer any port after the first of an access? */
static bool range_near(struct ab_machine *m, uint16_t port, unsigned size)
{
	for (unsigned i = 1; i < size; i++)
		if (port + i > 0xffff || range_find(m, port + i))
			return true;
	return false;
}

uint32_t ab_port_in(struct ab_machine *m, uint16_t port, unsigned size)
{
	const struct ab_port_range *r = range_find(m, port);

	if (r && (range_takes(r, port, size) || takes_any_width(r)))
		return r->read(m, port, size) & ones(size);
	if (!r && m->host->port_in && !range_near(m, port, size))
		return m->host->port_in(m, port, size) & ones(size);
	if (size == 1)
		return 0xff;
	size /= 2;
	uint32_t low = ab_port_in(m, port, size), high = ones(size);

	if (port + size <= 0xffff)
		high = ab_port_in(m, port + size, size);
	return low | high << size * 8;
}

void ab_port_out(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	const struct ab_port_range *r = range_find(m, port);

	if (r && (range_takes(r, port, size) || takes_any_width(r))) {
		r->write(m, port, size, v & ones(size));
		return;
	}
	if (!r && m->host->port_out && !range_near(m, port, size)) {
		m->host->port_out(m, port, size, v & ones(size));
		return;
	}
	if (size == 1)
		return;
	size /= 2;
	ab_port_out(m, port, size, v & ones(size));
	if (port + size <= 0xffff)
		ab_port_out(m, port + size, size, v >> size * 8);
}

/* ---- memory-mapped registers ---- */

struct mmio_range {
	uint64_t base;
	uint32_t size;
	uint32_t (*read)(struct ab_machine *, uint32_t off);	/* aligned dwords */
	void (*write)(struct ab_machine *, uint32_t off, uint32_t v);
	bool memory;		/* takes bytes: a write keeps its neighbours */
};

static uint32_t testmem_read(struct ab_machine *m, uint32_t off)
{
	const uint8_t *p = m->dev.misc.testdev_mem + off;

	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void testmem_write(struct ab_machine *m, uint32_t off, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		m->dev.misc.testdev_mem[off + i] = v >> i * 8;
}

enum { MMIO_LAPIC };	/* its base is the guest's to move */
static const struct mmio_range mmio[] = {
	[MMIO_LAPIC] = { 0, 0x1000, ab_lapic_read, ab_lapic_write, false },
	{ 0xfec00000, 0x1000, ab_ioapic_read, ab_ioapic_write, false },
	{ 0xff000000, AB_TESTDEV_IOMEM, testmem_read, testmem_write, true },
};

static const struct mmio_range *mmio_find(const struct ab_machine *m, uint64_t pa,
					  uint32_t *off)
{
	for (unsigned i = 0; i < COUNT(mmio); i++) {
		uint64_t base = mmio[i].base;

		if (i == MMIO_LAPIC) {
			if (!ab_lapic_enabled(m))
				continue;
			base = m->cpu.apic_base & ~0xfffull;
		}
		if (pa - base < mmio[i].size) {
			*off = pa - base;
			return &mmio[i];
		}
	}
	return NULL;
}

bool ab_mmio_page(const struct ab_machine *m, uint64_t pa)
{
	uint32_t off;

	return mmio_find(m, pa & ~0xfffull, &off) != NULL;
}

/* Registers are 32 bits wide and aligned: a smaller or crossing access sees the
 * bytes that it covers. */
bool ab_mmio_read(struct ab_machine *m, uint64_t pa, void *buf, size_t len)
{
	uint32_t off;
	const struct mmio_range *r = mmio_find(m, pa, &off);
	uint8_t *p = buf;

	if (!r)
		return false;
	while (len) {
		if (off >= r->size) {	/* ran past the end of the device */
			*p++ = 0xff;
			len--;
			continue;
		}
		uint32_t v = r->read(m, off & ~3u) >> (off & 3) * 8;

		do {
			*p++ = v;
			v >>= 8;
			off++;
			len--;
		} while (len && off & 3);
	}
	return true;
}

/* A partial write of a register writes the bytes into a copy of what a read
 * gives only where that is harmless (memory); an APIC register takes it as
 * a 32-bit write with zeros around, as QEMU's and many real ones do for the
 * one case that is seen: a byte write of the low byte. */
bool ab_mmio_write(struct ab_machine *m, uint64_t pa, const void *buf, size_t len)
{
	uint32_t off;
	const struct mmio_range *r = mmio_find(m, pa, &off);
	const uint8_t *p = buf;

	if (!r)
		return false;
	while (len && off < r->size) {
		uint32_t at = off & ~3u, v = 0, bytes = 0;

		do {
			unsigned shift = (off & 3) * 8;

			v |= (uint32_t)*p++ << shift;
			bytes |= 0xffu << shift;
			off++;
			len--;
		} while (len && off & 3);
		if (r->memory && bytes != 0xffffffffu)
			v |= r->read(m, at) & ~bytes;
		r->write(m, at, v);
	}
	return true;
}

/* ---- interrupts ---- */

void ab_irq_update(struct ab_machine *m)
{
	uint8_t hint = m->dev.nmi ? AB_HINT_NMI : 0;

	if ((m->dev.pic_intr && ab_lapic_extint(m)) || ab_lapic_highest(m) >= 0)
		hint |= AB_HINT_INTR;
	m->irq_hint = hint;
}

static unsigned ioapic_pin(unsigned irq)
{
	return irq ? irq : 2;		/* as the MADT's override says */
}

void ab_irq_set(struct ab_machine *m, unsigned irq, bool level)
{
	uint32_t bit = 1u << irq;

	if (!!(m->dev.isa_lines & bit) == level)
		return;
	m->dev.isa_lines ^= bit;
	if (irq < 16)
		ab_pic_line(m, irq, level);
	if (irq != 2)			/* IR2 is the slave's */
		ab_ioapic_line(m, ioapic_pin(irq), level);
	ab_irq_update(m);
}

void ab_irq_pulse(struct ab_machine *m, unsigned irq)
{
	ab_irq_set(m, irq, false);
	ab_irq_set(m, irq, true);
}

bool ab_irq_wanted(const struct ab_machine *m, unsigned irq)
{
	const struct ab_pic *pic = m->dev.pic;
	bool masked = irq < 8 ? pic[0].imr >> irq & 1
			      : (pic[1].imr >> (irq - 8) & 1) || (pic[0].imr & 4);
	bool lint0 = !(m->dev.lapic.lvt[AB_LVT_LINT0] & 0x10000);

	if (!masked && (ab_lapic_extint(m) || lint0))
		return true;
	return ab_ioapic_unmasked(m, ioapic_pin(irq));
}

bool ab_irq_requested(const struct ab_machine *m, unsigned irq)
{
	const struct ab_machine *c = m;
	unsigned pin = ioapic_pin(irq);
	uint8_t vector = c->dev.ioapic.redir[pin];

	if (!(c->dev.pic[irq / 8].imr >> irq % 8 & 1))
		return c->dev.pic[irq / 8].irr >> irq % 8 & 1;
	return c->dev.lapic.irr[vector / 32] >> vector % 32 & 1;
}

bool ab_platform_interrupt_pending(const struct ab_machine *m)
{
	return m->irq_hint & AB_HINT_INTR;
}

/* The local APIC's own interrupts go before the 8259's. */
int ab_platform_interrupt_ack(struct ab_machine *m)
{
	int vector = ab_lapic_ack(m);

	if (vector < 0 && m->dev.pic_intr && ab_lapic_extint(m))
		vector = ab_pic_ack(m);
	ab_irq_update(m);
	return vector;
}

bool ab_platform_nmi_pending(const struct ab_machine *m)
{
	return m->dev.nmi;
}

void ab_platform_nmi_ack(struct ab_machine *m)
{
	m->dev.nmi = false;
	ab_irq_update(m);
}

/* ---- time ---- */

/* A deadline that moves away leaves the host's timer as it is: it goes off once
 * for nothing and is set right then.  That spares two host calls for each
 * interrupt that a guest masks while it handles it. */
void ab_time_rearm(struct ab_machine *m)
{
	uint64_t d = ab_pit_deadline(m), e;

	if ((e = ab_lapic_deadline(m)) < d)
		d = e;
	if ((e = ab_rtc_deadline(m)) < d)
		d = e;
	if ((e = ab_pm_deadline(m)) < d)
		d = e;
	if (d == AB_NEVER || m->dev.ended)
		return;
	if (!d)
		d = 1;
	if (m->dev.armed && m->dev.armed <= d)
		return;
	m->dev.armed = d;
	m->host->set_timer(m, d);
}

void ab_time_sync(struct ab_machine *m)
{
	uint64_t now = m->host->now(m);

	ab_pit_due(m, now);
	ab_rtc_due(m, now);
}

void ab_timer(struct ab_machine *m)
{
	uint64_t now = m->host->now(m);

	m->dev.armed = 0;		/* the host's timer has run out */
	ab_pit_due(m, now);
	ab_lapic_due(m, now);
	ab_rtc_due(m, now);
	ab_pm_due(m, now);
	ab_time_rearm(m);
}

/* ---- the whole ---- */

void ab_machine_end(struct ab_machine *m, int status, const char *why)
{
	if (m->dev.ended)
		return;
	m->dev.ended = true;
	m->host->end(m, status, why);
}

void ab_platform_init(struct ab_machine *m)
{
	for (unsigned i = 0; i < COUNT(low_ranges); i++)
		for (unsigned p = 0; p < low_ranges[i].count; p++)
			m->dev.port_map[low_ranges[i].first + p] = i + 1;
	ab_pic_init(m);
	ab_lapic_init(m);
	ab_ioapic_init(m);
	ab_pit_init(m);
	ab_rtc_init(m);
	ab_uart_init(m);
	ab_kbd_init(m);
	ab_virtio_init(m);
	ab_pci_init(m);
	ab_ata_init(m);
	ab_crtc_init(m);
	ab_pm_init(m);
	ab_misc_init(m);
	ab_irq_update(m);
	ab_time_rearm(m);
}
