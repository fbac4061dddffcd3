/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_ioapic.c: the I/O APIC at fec00000h with 24 pins.  ISA IRQ n is pin n, but
 * IRQ 0 is pin 2, as the MADT says; pin 0 is the 8259 pair's output.  Lines are
 * taken as "asserted or not": the polarity bit is kept and not interpreted.
 */
#include "core/core.h"

#define VERSION		0x20u
#define R_REMOTE_IRR	(1ull << 14)
#define R_LEVEL		(1ull << 15)
#define R_MASKED	(1ull << 16)
#define R_READ_ONLY	(R_REMOTE_IRR | 1ull << 12)
#define R_WRITABLE	0xff0000000001afffull
#define MODE_EXTINT	7

bool ab_ioapic_unmasked(const struct ab_machine *m, unsigned pin)
{
	return !(m->dev.ioapic.redir[pin] & R_MASKED);
}

bool ab_ioapic_extint(const struct ab_machine *m)
{
	uint64_t r = m->dev.ioapic.redir[0];

	return !(r & R_MASKED) && (r >> 8 & 7) == MODE_EXTINT;
}

static void pin_send(struct ab_machine *m, unsigned pin)
{
	uint64_t *r = &m->dev.ioapic.redir[pin];
	bool level = *r & R_LEVEL;

	if (*r & R_MASKED || (level && *r & R_REMOTE_IRR) ||
	    (*r >> 8 & 7) == MODE_EXTINT)
		return;
	if (ab_lapic_message(m, *r >> 56, *r & 0x800, *r >> 8 & 7, *r, level) &&
	    level)
		*r |= R_REMOTE_IRR;
}

/* While a pin is masked an edge is lost; a level is seen when it is unmasked. */
void ab_ioapic_line(struct ab_machine *m, unsigned pin, bool level)
{
	struct ab_ioapic *s = &m->dev.ioapic;
	uint32_t bit = 1u << pin, was = s->lines & bit;

	s->lines = level ? s->lines | bit : s->lines & ~bit;
	if (level && (!was || s->redir[pin] & R_LEVEL))
		pin_send(m, pin);
}

void ab_ioapic_eoi(struct ab_machine *m, uint8_t vector)
{
	struct ab_ioapic *s = &m->dev.ioapic;

	for (unsigned pin = 0; pin < AB_IOAPIC_PINS; pin++) {
		uint64_t *r = &s->redir[pin];

		if (!(*r & R_LEVEL) || (uint8_t)*r != vector)
			continue;
		*r &= ~R_REMOTE_IRR;
		if (s->lines >> pin & 1)
			pin_send(m, pin);
	}
}

static void pin_write(struct ab_machine *m, unsigned pin, bool high, uint32_t v)
{
	struct ab_ioapic *s = &m->dev.ioapic;
	uint64_t *r = &s->redir[pin], next;

	ab_time_sync(m);		/* ticks of masked time are lost */
	if (high)
		next = (*r & 0xffffffffu) | (uint64_t)v << 32;
	else
		next = (*r & ~0xffffffffull) | v;
	next = (next & R_WRITABLE) | (*r & R_READ_ONLY);
	if (!(next & R_LEVEL))
		next &= ~R_REMOTE_IRR;
	*r = next;
	if (next & R_LEVEL && s->lines >> pin & 1)
		pin_send(m, pin);
	ab_irq_update(m);
	ab_time_rearm(m);
}

uint32_t ab_ioapic_read(struct ab_machine *m, uint32_t off)
{
	const struct ab_ioapic *s = &m->dev.ioapic;
	unsigned pin = (s->index - 0x10) / 2;

	if ((off & 0xff) == 0)
		return s->index;
	if ((off & 0xff) != 0x10)
		return 0;
	switch (s->index) {
	case 0: case 2:
		return s->id;
	case 1:
		return VERSION | (AB_IOAPIC_PINS - 1) << 16;
	}
	if (s->index < 0x10 || pin >= AB_IOAPIC_PINS)
		return 0;
	return s->redir[pin] >> (s->index & 1) * 32;
}

void ab_ioapic_write(struct ab_machine *m, uint32_t off, uint32_t v)
{
	struct ab_ioapic *s = &m->dev.ioapic;
	unsigned pin = (s->index - 0x10) / 2;

	switch (off & 0xff) {
	case 0:
		s->index = v & 0xff;
		break;
	case 0x10:
		if (s->index == 0)
			s->id = v & 0x0f000000u;
		else if (s->index >= 0x10 && pin < AB_IOAPIC_PINS)
			pin_write(m, pin, s->index & 1, v);
		break;
	case 0x40:			/* EOI register of version 20h */
		ab_ioapic_eoi(m, v);
		break;
	}
}

void ab_ioapic_init(struct ab_machine *m)
{
	for (unsigned i = 0; i < AB_IOAPIC_PINS; i++)
		m->dev.ioapic.redir[i] = R_MASKED;
}
