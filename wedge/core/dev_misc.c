/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_misc.c: the small ports.  Ends of a run (isa-debug-exit at f4h, port 92h),
 * POST code, DMA controllers that are only polite, ACPI power management (PM1
 * and the timer at 600h, where QEMU's PC has it), QEMU's fw_cfg as far as test
 * kernels ask it for the number of CPUs and the memory, and the ports by which
 * QEMU's pc-testdev lets such a kernel raise interrupt lines.
 */
#include "core/core.h"

#define PORT92_RESET	1
#define PORT92_A20	2

uint32_t ab_misc_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	const struct ab_misc *s = &m->dev.misc;

	if (port > 0x80 && port <= 0x8f)
		return s->page[port & 15];
	if (port == 0x80)
		return 0xff;
	if (port == 0x92)
		return s->port92;
	return 0;	/* idle DMA, the second IDE channel without disks, f4h */
}

void ab_misc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_misc *s = &m->dev.misc;

	if (port >= 0x80 && port <= 0x8f) {
		s->page[port & 15] = v;
	} else if (port == 0x92) {
		s->port92 = v & PORT92_A20;	/* A20 itself is always on */
		if (v & PORT92_RESET)
			ab_machine_end(m, 0, "reset through port 0x92");
	} else if (port >= 0xf4 && port <= 0xf7) {
		ab_machine_end(m, (v << 1 | 1) & 0xff, "debug exit (port 0xf4)");
	}
}

void ab_misc_init(struct ab_machine *m)
{
	m->dev.misc.port92 = PORT92_A20;
}

/* ---- ACPI power management ---- */

#define PM_TIMER_HZ	3579545u
#define PM_TIMER_BITS	24
#define PM_TMR		1u	/* timer bit in status and enable */
#define PM_STATUS_BITS	0x8731u	/* written ones clear these */
#define PM_ENABLE_BITS	0x0721u
#define PM_SCI_EN	1u
#define PM_SLP_EN	0x2000u
#define PM_SCI		9

/* Times that the timer's top bit has changed. */
static uint64_t pm_toggles(uint64_t now)
{
	return ab_ns_to_ticks(now, PM_TIMER_HZ) >> (PM_TIMER_BITS - 1);
}

static void pm_update(struct ab_machine *m)
{
	const struct ab_pm *pm = &m->dev.pm;

	ab_irq_set(m, PM_SCI, pm->control & PM_SCI_EN && pm->status & pm->enable);
}

void ab_pm_due(struct ab_machine *m, uint64_t now)
{
	struct ab_pm *pm = &m->dev.pm;
	uint64_t n = pm_toggles(now);

	if (n == pm->seen)
		return;
	pm->seen = n;
	pm->status |= PM_TMR;
	pm_update(m);
}

uint64_t ab_pm_deadline(const struct ab_machine *m)
{
	const struct ab_pm *pm = &m->dev.pm;

	if (!(pm->enable & PM_TMR) || pm->status & PM_TMR ||
	    !(pm->control & PM_SCI_EN) || !ab_irq_wanted(m, PM_SCI))
		return AB_NEVER;
	return ab_ticks_to_ns((pm->seen + 1) << (PM_TIMER_BITS - 1), PM_TIMER_HZ);
}

/* The registers as 32-bit words, which accesses of all sizes fall into. */
static uint32_t pm_word(struct ab_machine *m, unsigned off)
{
	struct ab_pm *pm = &m->dev.pm;
	uint64_t now;

	switch (off) {
	case 0:
		ab_pm_due(m, m->host->now(m));
		return pm->status | (uint32_t)pm->enable << 16;
	case 4:
		return pm->control;
	case 8:
		now = m->host->now(m);
		return ab_ns_to_ticks(now, PM_TIMER_HZ) & ((1u << PM_TIMER_BITS) - 1);
	}
	return 0;
}

uint32_t ab_pm_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	return pm_word(m, port & 0x3c) >> (port & 3) * 8;
}

static void pm_control(struct ab_machine *m, uint16_t v)
{
	struct ab_pm *pm = &m->dev.pm;

	pm->control = v & ~PM_SLP_EN;
	if (v & PM_SLP_EN && !(v >> 10 & 7))	/* \_S5 in the DSDT */
		ab_machine_end(m, 0, "ACPI power-off");
	pm_update(m);
}

void ab_pm_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_pm *pm = &m->dev.pm;
	unsigned off = port & 0x3c, shift = (port & 3) * 8;
	uint32_t bytes = (size == 4 ? ~0u : (1u << size * 8) - 1) << shift;

	v <<= shift;
	ab_pm_due(m, m->host->now(m));
	if (off == 0) {
		pm->status &= ~(v & bytes & PM_STATUS_BITS);
		pm->enable = ((pm->enable & ~(bytes >> 16)) | (v & bytes) >> 16) &
			     PM_ENABLE_BITS;
	} else if (off == 4 && bytes & 0xffff) {
		pm_control(m, (pm->control & ~bytes) | (v & bytes));
	}
	pm_update(m);
	ab_time_rearm(m);
}

void ab_pm_init(struct ab_machine *m)
{
	m->dev.pm = (struct ab_pm){
		.control = PM_SCI_EN,
		.seen = pm_toggles(m->host->now(m)),
	};
}

/* ---- QEMU's fw_cfg: select an item at 510h, read its bytes at 511h ---- */

enum { FW_SIGNATURE = 0x00, FW_ID = 0x01, FW_RAM_SIZE = 0x03, FW_CPUS = 0x05,
       FW_MAX_CPUS = 0x0f };

/* The item as a little-endian number; what is not there is zeros. */
static uint64_t fwcfg_value(const struct ab_machine *m)
{
	switch (m->dev.misc.fwcfg_item) {
	case FW_SIGNATURE:
		return 'Q' | 'E' << 8 | 'M' << 16 | (uint64_t)'U' << 24;
	case FW_RAM_SIZE:
		return m->ram_size;
	case FW_ID: case FW_CPUS: case FW_MAX_CPUS:
		return 1;
	}
	return 0;
}

uint32_t ab_fwcfg_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_misc *s = &m->dev.misc;

	if (port != 0x511 || s->fwcfg_at >= 8)
		return 0;
	return fwcfg_value(m) >> s->fwcfg_at++ * 8 & 0xff;
}

void ab_fwcfg_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	if (port != 0x510 || size != 2)
		return;
	m->dev.misc.fwcfg_item = v;
	m->dev.misc.fwcfg_at = 0;
}

/* ---- QEMU's pc-testdev ---- */

/* e0h..e3h and e8h..ebh: one 32-bit memory; e4h: would remap a page, which a
 * guest cannot tell from nothing; 2000h+n: interrupt line n. */
uint32_t ab_testdev_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	if (port >= 0x2000)
		return 0;
	if ((port & 0xc) == 4)
		return 0;
	return m->dev.misc.testdev_port >> (port & 3) * 8;
}

void ab_testdev_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	uint32_t bytes = size == 4 ? ~0u : (1u << size * 8) - 1;
	unsigned shift = (port & 3) * 8, pin = port - 0x2000;
	uint32_t *word = &m->dev.misc.testdev_port;

	if (port < 0x2000) {
		if ((port & 0xc) != 4)
			*word = (*word & ~(bytes << shift)) | (v & bytes) << shift;
	} else if (pin < 16 && pin != 2) {
		ab_irq_set(m, pin, v != 0);
	} else if (pin < AB_IOAPIC_PINS) {
		ab_ioapic_line(m, pin, v != 0);
		ab_irq_update(m);
	}
}
