/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_pic.c: the cascaded pair of 8259A interrupt controllers, with the edge/
 * level registers of the PC's chip set (ELCR, ports 4d0h and 4d1h).
 *
 * An edge is latched in IRR until it is acknowledged, even if the line falls
 * before that; so a tick or a byte is never lost while the guest holds
 * interrupts off.  The slave's output drives the master's IR2 as a level.
 */
#include "core/core.h"

#define ICW1_INIT	0x10
#define ICW1_SINGLE	0x02
#define ICW1_IC4	0x01
#define ICW4_AEOI	0x02
#define ICW4_SFNM	0x10

#define ELCR_MASTER	0xf8	/* 0, 1, 2 and 8, 13 cannot be level-triggered */
#define ELCR_SLAVE	0xde

/* Position of the first bit of (bits) in order of priority, 8 when none. */
static unsigned pic_first(const struct ab_pic *s, uint8_t bits)
{
	unsigned first = (s->lowest + 1) & 7;
	unsigned turned = bits >> first | (bits << (8 - first) & 0xff);

	return turned ? __builtin_ctz(turned) : 8;
}

static unsigned pic_input(const struct ab_pic *s, unsigned priority)
{
	return (s->lowest + 1 + priority) & 7;
}

/* Input that this chip asks service for, or -1. */
static int pic_request(const struct ab_pic *s, bool master)
{
	uint8_t req = s->irr & ~s->imr, busy = s->isr;
	unsigned want;

	if (!req || s->init_step)
		return -1;
	if (s->special_mask)
		busy &= ~s->imr;
	if (master && s->icw4 & ICW4_SFNM)
		busy &= ~4;
	want = pic_first(s, req);
	return want < pic_first(s, busy) ? (int)pic_input(s, want) : -1;
}

/* Requests, ISR or masks have changed. */
static void pic_update(struct ab_machine *m)
{
	struct ab_pic *pic = m->dev.pic;
	bool was = m->dev.pic_intr;

	if (pic_request(&pic[1], false) >= 0)
		pic[0].irr |= 4;
	else
		pic[0].irr &= ~4;
	m->dev.pic_intr = pic_request(&pic[0], true) >= 0;
	if (m->dev.pic_intr && !was)
		ab_lapic_lint0(m);
	ab_irq_update(m);
}

void ab_pic_line(struct ab_machine *m, unsigned irq, bool level)
{
	struct ab_pic *s = &m->dev.pic[irq / 8];
	uint8_t bit = 1u << irq % 8, was = s->lines;

	s->lines = level ? was | bit : was & ~bit;
	if (irq == 2)
		return;
	if (s->elcr & bit)
		s->irr = (s->irr & ~bit) | (s->lines & bit);
	else if (level && !(was & bit))
		s->irr |= bit;
	pic_update(m);
}

static void pic_clear_isr(struct ab_pic *s, unsigned input)
{
	s->isr &= ~(1u << input);
}

/* First INTA: the chip commits to (input). */
static void pic_take(struct ab_pic *s, unsigned input)
{
	uint8_t bit = 1u << input;

	if (!(s->elcr & bit))
		s->irr &= ~bit;
	if (!(s->icw4 & ICW4_AEOI))
		s->isr |= bit;
	else if (s->rotate_on_aeoi)
		s->lowest = input;
}

/* With nothing to take, a chip answers with its input 7 and marks nothing:
 * the spurious interrupt. */
static uint8_t pic_accept(struct ab_pic *s, bool master)
{
	int input = pic_request(s, master);

	if (input >= 0)
		pic_take(s, input);
	return input >= 0 ? input : 7;
}

int ab_pic_ack(struct ab_machine *m)
{
	struct ab_pic *pic = m->dev.pic;
	uint8_t input, vector;

	input = pic_accept(&pic[0], true);
	vector = pic[0].base + input;
	if (input == 2)
		vector = pic[1].base + pic_accept(&pic[1], false);
	pic_update(m);
	return vector;
}

/* ---- registers ---- */

static void pic_icw1(struct ab_pic *s, uint8_t v)
{
	s->icw1 = v;
	s->irr = s->lines & s->elcr;	/* the edge latches are cleared */
	s->imr = s->isr = 0;
	s->lowest = 7;
	s->special_mask = s->poll = s->read_isr = s->rotate_on_aeoi = false;
	s->icw4 = 0;
	s->init_step = 2;
}

static void pic_icw(struct ab_pic *s, uint8_t v)
{
	switch (s->init_step) {
	case 2:
		s->base = v & 0xf8;
		s->init_step = s->icw1 & ICW1_SINGLE ? 4 : 3;
		break;
	case 3:
		s->icw3 = v;
		s->init_step = 4;
		break;
	default:
		s->icw4 = v;
		s->init_step = 0;
		return;
	}
	if (s->init_step == 4 && !(s->icw1 & ICW1_IC4))
		s->init_step = 0;
}

/* End of interrupt and rotation: the eight commands of OCW2. */
static void pic_ocw2(struct ab_pic *s, uint8_t v)
{
	unsigned command = v >> 5, input = v & 7, first;

	switch (command) {
	case 0: case 4:
		s->rotate_on_aeoi = command == 4;
		break;
	case 1: case 5:			/* non-specific */
		first = pic_first(s, s->special_mask ? s->isr & ~s->imr : s->isr);
		if (first == 8)
			break;
		input = pic_input(s, first);
		pic_clear_isr(s, input);
		if (command == 5)
			s->lowest = input;
		break;
	case 3: case 7:			/* specific */
		pic_clear_isr(s, input);
		if (command == 7)
			s->lowest = input;
		break;
	case 6:
		s->lowest = input;
		break;
	}
}

static void pic_ocw3(struct ab_pic *s, uint8_t v)
{
	if (v & 0x40)
		s->special_mask = v & 0x20;
	if (v & 4)
		s->poll = true;
	else if (v & 2)
		s->read_isr = v & 1;
}

/* The read after a poll command is an acknowledge. */
static uint8_t pic_poll(struct ab_machine *m, struct ab_pic *s)
{
	bool master = s == &m->dev.pic[0];
	int input = pic_request(s, master);

	s->poll = false;
	if (input < 0)
		return 0;
	pic_take(s, input);
	pic_update(m);
	return 0x80 | input;
}

uint32_t ab_pic_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_pic *s = &m->dev.pic[port >= 0x4d0 ? port & 1 : port >> 7];

	if (port >= 0x4d0)
		return s->elcr;
	if (s->poll || (!(port & 1) && !s->read_isr))
		ab_time_sync(m);	/* it looks at requests */
	if (s->poll)
		return pic_poll(m, s);
	if (port & 1)
		return s->imr;
	return s->read_isr ? s->isr : s->irr;
}

static void pic_elcr(struct ab_machine *m, unsigned chip, uint8_t v)
{
	struct ab_pic *s = &m->dev.pic[chip];
	uint8_t fresh = v & (chip ? ELCR_SLAVE : ELCR_MASTER);

	s->irr = (s->irr & ~(fresh | s->elcr)) | (s->lines & fresh);
	s->elcr = fresh;
}

void ab_pic_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_pic *s = &m->dev.pic[port >= 0x4d0 ? port & 1 : port >> 7];
	bool opens = port & 1 ? s->init_step || s->imr & ~v : v & ICW1_INIT;

	if (port >= 0x4d0) {
		pic_elcr(m, port & 1, v);
		pic_update(m);
		return;
	}
	if (opens)			/* ticks of masked time come to light */
		ab_time_sync(m);
	if (port & 1) {
		if (s->init_step)
			pic_icw(s, v);
		else
			s->imr = v;
	} else if (v & ICW1_INIT) {
		pic_icw1(s, v);
	} else if (v & 8) {
		pic_ocw3(s, v);
	} else {
		pic_ocw2(s, v);
	}
	pic_update(m);
	if (opens)
		ab_time_rearm(m);
}

/* As a BIOS leaves it: real-mode vectors; timer, keyboard and cascade open. */
void ab_pic_init(struct ab_machine *m)
{
	for (unsigned i = 0; i < 2; i++) {
		struct ab_pic *s = &m->dev.pic[i];

		s->lowest = 7;
		s->icw1 = 0x11;
		s->base = i ? 0x70 : 0x08;
		s->icw3 = i ? 2 : 4;
		s->icw4 = 1;
		s->imr = i ? 0x8e : 0xb8;
		s->elcr = i ? 0x0c : 0;
	}
}
