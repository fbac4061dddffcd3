/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_pci.c: PCI configuration mechanism 1 (cf8h, cfch) and the functions that a
 * guest finds on bus 0: the i440FX host bridge and the PIIX chips whose legacy
 * devices this machine has.  A further device is one more row and, where its
 * registers do something, a hook in ab_pci_write().
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
};

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

void ab_pci_init(struct ab_machine *m)
{
	struct ab_pci *pci = &m->dev.pci;

	pci->count = AB_PCI_FUNCS;
	for (unsigned i = 0; i < AB_PCI_FUNCS; i++) {
		const struct func *f = &funcs[i];
		uint8_t *cfg = pci->func[i].cfg, *writable = pci->func[i].writable;

		pci->func[i].devfn = f->devfn;
		put16(cfg + 0x00, f->vendor);
		put16(cfg + 0x02, f->device);
		put16(cfg + 0x04, f->command);
		put16(cfg + 0x06, f->status);
		cfg[0x08] = f->revision;
		cfg[0x09] = f->prog_if;
		cfg[0x0a] = f->subclass;
		cfg[0x0b] = f->class;
		cfg[0x0e] = f->header;
		put16(cfg + 0x2c, 0x1af4);	/* subsystem: as QEMU's */
		put16(cfg + 0x2e, 0x1100);
		put16(writable + 0x04, 0x0147);
		writable[0x0c] = writable[0x0d] = writable[0x3c] = 0xff;
		for (unsigned r = 0x40; r < 0x100; r++)
			writable[r] = 0xff;	/* the chips' own: plain memory */
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

/* Register that the address names for a data port, NULL without device. */
static uint8_t *pci_reg(struct ab_pci *pci, uint16_t port, unsigned *func)
{
	uint32_t a = pci->address;

	if (!(a & ENABLE) || a >> 16 & 0xff)
		return NULL;
	for (unsigned i = 0; i < pci->count && i < AB_PCI_FUNCS; i++) {
		if (pci->func[i].devfn != (a >> 8 & 0xff))
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
}
