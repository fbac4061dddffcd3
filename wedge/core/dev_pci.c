/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_pci.c: PCI configuration mechanism 1 (cf8h, cfch) and the functions that a
 * guest finds on bus 0: the i440FX host bridge and the PIIX chips whose legacy
 * devices this machine has, and virtio-blk where there is a disk.  BAR and interrupt
 * line are set as a BIOS would leave them: interrupts take the chip set's links
 * to IRQ 10 and 11, which are level-triggered.
 */
#include "core/core.h"

#define ENABLE		0x80000000u

struct func {
	uint8_t devfn;
	uint16_t vendor, device, command, status;
	uint8_t revision, prog_if, subclass, class, header;
};

#define DEVFN(dev, fn)	((dev) << 3 | (fn))
#define IDE_FUNC	2
#define PM_FUNC		3

static const struct func funcs[AB_PCI_FUNCS] = {
	{ DEVFN(0, 0), 0x8086, 0x1237, 0x0103, 0x0000, 2, 0x00, 0x00, 0x06, 0x00 },
	{ DEVFN(1, 0), 0x8086, 0x7000, 0x0103, 0x0200, 0, 0x00, 0x01, 0x06, 0x80 },
	/* IDE in compatibility mode, without bus mastering */
	[IDE_FUNC] = { DEVFN(1, 1), 0x8086, 0x7010, 0x0103, 0x0280, 0,
		       0x00, 0x01, 0x01, 0x00 },
	[PM_FUNC] = { DEVFN(1, 3), 0x8086, 0x7113, 0x0103, 0x0280, 3,
		      0x00, 0x80, 0x06, 0x00 },
	/* device 1001h of revision 0 serves both interfaces; it has capabilities */
	[AB_PCI_VIRTIO] = { DEVFN(4, 0), 0x1af4, 0x1001, 0x0103, 0x0010, 0,
			    0x00, 0x00, 0x01, 0x00 },
	{ DEVFN(5, 0), 0x1af4, 0x1001, 0x0103, 0x0010, 0, 0x00, 0x00, 0x01, 0x00 },
};

#define COMMAND		0x04
#define COMMAND_IO	0x01
#define COMMAND_NO_INTX	0x04	/* in its high byte */
#define STATUS		0x06
#define STATUS_INTX	0x08
#define VIRTIO_BAR	0xc000	/* of the first disk; 100h ports each */
#define VIRTIO_ID	2	/* subsystem: a block device */

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

/* The header that every function has. */
static void func_init(struct ab_pci *pci, unsigned i)
{
	const struct func *f = &funcs[i];
	uint8_t *cfg = pci->func[i].cfg, *writable = pci->func[i].writable;

	pci->func[i].devfn = f->devfn;
	put16(cfg + 0x00, f->vendor);
	put16(cfg + 0x02, f->device);
	put16(cfg + COMMAND, f->command);
	put16(cfg + STATUS, f->status);
	cfg[0x08] = f->revision;
	cfg[0x09] = f->prog_if;
	cfg[0x0a] = f->subclass;
	cfg[0x0b] = f->class;
	cfg[0x0e] = f->header;
	put16(cfg + 0x2c, 0x1af4);	/* subsystem: as QEMU's */
	put16(cfg + 0x2e, 0x1100);
	put16(writable + COMMAND, 0x0147);
	writable[0x0c] = writable[0x0d] = writable[0x3c] = 0xff;
}

/* The chip set's own functions. */
static void chipset_init(struct ab_pci *pci)
{
	for (unsigned i = 0; i < AB_PCI_VIRTIO; i++) {
		func_init(pci, i);
		for (unsigned r = 0x40; r < 0x100; r++)
			pci->func[i].writable[r] = 0xff;	/* plain memory */
	}
	for (unsigned i = 0; i < 4; i++)
		pci->func[1].cfg[0x60 + i] = i & 1 ? 0x0b : 0x0a;	/* PIRQs */
	put16(pci->func[IDE_FUNC].cfg + 0x40, 0x8000);	/* both channels decode */
	put16(pci->func[IDE_FUNC].cfg + 0x42, 0x8000);
	pci->func[PM_FUNC].cfg[0x3c] = 9;
	pci->func[PM_FUNC].cfg[0x3d] = 1;
	put16(pci->func[PM_FUNC].cfg + 0x40, 0x0601);	/* PM base, fixed */
	put16(pci->func[PM_FUNC].writable + 0x40, 0);
	pci->func[PM_FUNC].cfg[0x80] = 1;
}

static void virtio_init(struct ab_machine *m, unsigned i)
{
	uint8_t *cfg = m->dev.pci.func[i].cfg;

	if (!m->dev.virtio[i - AB_PCI_VIRTIO].sectors)
		return;
	func_init(&m->dev.pci, i);
	ab_virtio_pci(cfg, m->dev.pci.func[i].writable);
	m->dev.pci.func[i].writable[COMMAND + 1] |= COMMAND_NO_INTX;
	put16(cfg + 0x10, (VIRTIO_BAR + (i - AB_PCI_VIRTIO) * 0x100) | 1);
	put16(cfg + 0x2e, VIRTIO_ID);
	cfg[0x3c] = i & 1 ? 10 : 11;	/* INTA of devices 4 and 5: PIRQD, PIRQA */
	cfg[0x3d] = 1;
}

void ab_pci_init(struct ab_machine *m)
{
	m->dev.pci.count = AB_PCI_FUNCS;
	chipset_init(&m->dev.pci);
	for (unsigned i = AB_PCI_VIRTIO; i < AB_PCI_FUNCS; i++)
		virtio_init(m, i);
}

/* The line is where the board has it, whatever the guest writes to register 3ch. */
void ab_pci_intx(struct ab_machine *m, unsigned func, bool level)
{
	uint8_t *cfg = m->dev.pci.func[func].cfg;

	cfg[STATUS] = (cfg[STATUS] & ~STATUS_INTX) | (level ? STATUS_INTX : 0);
	ab_irq_set(m, func & 1 ? 10 : 11, level && !(cfg[COMMAND + 1] & COMMAND_NO_INTX));
}

uint32_t ab_pci_io_bar(const struct ab_machine *m, unsigned func)
{
	const uint8_t *cfg = m->dev.pci.func[func].cfg;

	if (!(cfg[COMMAND] & COMMAND_IO))
		return 0;
	return (cfg[0x10] & ~3u) | (uint32_t)cfg[0x11] << 8;
}

/* Register that the address names for a data port, NULL without device. */
static uint8_t *pci_reg(struct ab_pci *pci, uint16_t port, unsigned *func)
{
	uint32_t a = pci->address;

	if (!(a & ENABLE) || a >> 16 & 0xff)
		return NULL;
	for (unsigned i = 0; i < pci->count && i < AB_PCI_FUNCS; i++) {
		/* vendor 0: a disk that is not there */
		if (pci->func[i].devfn != (a >> 8 & 0xff) || !pci->func[i].cfg[1])
			continue;
		*func = i;
		return pci->func[i].cfg + (a & 0xfc) + (port & 3);
	}
	return NULL;
}

uint32_t ab_pci_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_pci *pci = &m->dev.pci;
	unsigned func;
	const uint8_t *reg;
	uint32_t v = 0;

	if (port < 0xcfc)
		return pci->address >> (port & 3) * 8;
	reg = pci_reg(pci, port, &func);
	if (!reg)
		return ~0u;
	if (func >= AB_PCI_VIRTIO && ab_virtio_is_window(reg - pci->func[func].cfg))
		ab_virtio_window(m, func, false);
	for (unsigned i = 0; i < size; i++)
		v |= (uint32_t)reg[i] << i * 8;
	return v;
}

void ab_pci_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_pci *pci = &m->dev.pci;
	unsigned func;
	uint8_t *reg;

	if (port < 0xcfc) {
		if (size == 4)
			pci->address = v & ~3u;
		return;
	}
	reg = pci_reg(pci, port, &func);
	if (!reg)
		return;
	const uint8_t *mask = pci->func[func].writable + (reg - pci->func[func].cfg);

	for (unsigned i = 0; i < size; i++, v >>= 8)
		reg[i] = (reg[i] & ~mask[i]) | (v & mask[i]);
	if (func < AB_PCI_VIRTIO)
		return;
	if (ab_virtio_is_window(reg - pci->func[func].cfg))
		ab_virtio_window(m, func, true);
	ab_pci_intx(m, func, pci->func[func].cfg[STATUS] & STATUS_INTX);
}
