/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_pit.c: the 8254 timer (three channels, all six modes) and port 61h.
 *
 * Nothing counts: each channel remembers the tick at which its count was loaded,
 * and counter, output and edges are computed from the clock, to the tick.  Only
 * channel 0's rising edges (IRQ 0) need the host's timer, and only while that
 * interrupt can reach the CPU.
 *
 * All functions take the present time as (t), in ticks of 1,193,182 Hz.
 */
#include "core/core.h"
#include "core/bytes.h"

#define PIT_HZ	1193182u

static uint64_t pit_now(struct ab_machine *m)
{
	return ab_ns_to_ticks(m->host->now(m), PIT_HZ);
}

static bool is_periodic(const struct ab_pit_chan *c)
{
	return c->mode == 2 || c->mode == 3;
}

static bool by_trigger(const struct ab_pit_chan *c)
{
	return c->mode == 1 || c->mode == 5;
}

/* Let a count that waits for the end of a period take effect. */
static void chan_reload(struct ab_pit_chan *c, uint64_t t)
{
	if (c->next && t >= c->next_at) {
		c->count = c->next;
		c->start = c->next_at;
		c->next = 0;
	}
}

/* Clocks counted since the count was loaded. */
static uint64_t chan_elapsed(const struct ab_pit_chan *c, uint64_t t)
{
	if (!c->gate && !by_trigger(c) && t > c->stopped)
		t = c->stopped;
	return t > c->start ? t - c->start : 0;
}

static bool chan_output(const struct ab_pit_chan *c, uint64_t t)
{
	uint64_t d = chan_elapsed(c, t);

	if (!c->running)
		return c->mode != 0;
	switch (c->mode) {
	case 0:
		return d >= c->count;
	case 1:
		return d >= c->count || t < c->start;
	case 2:
		return !c->gate || d % c->count != c->count - 1 || c->count == 1;
	case 3:
		return !c->gate || d % c->count < (c->count + 1) / 2;
	default:
		return d != c->count;
	}
}

static uint32_t chan_counter(const struct ab_pit_chan *c, uint64_t t)
{
	uint32_t modulus = c->bcd ? 10000 : 65536, half, rest;
	uint64_t d = chan_elapsed(c, t);

	switch (c->mode) {
	case 2:
		return c->count - d % c->count;
	case 3:				/* counts down by two, twice a period */
		half = (c->count + 1) / 2;
		rest = d % c->count;
		if (rest >= half)
			rest -= half;
		return (c->count & ~1u) - 2 * rest;
	default:
		return (c->count + modulus - d % modulus) % modulus;
	}
}

static uint16_t chan_image(const struct ab_pit_chan *c, uint64_t t)
{
	uint32_t n = c->running || c->loaded ? chan_counter(c, t) : 0;

	if (!c->bcd)
		return n;
	return n % 10 | n / 10 % 10 << 4 | n / 100 % 10 << 8 | n / 1000 % 10 << 12;
}

static uint32_t count_from(const struct ab_pit_chan *c, uint16_t image)
{
	uint32_t n = image;

	if (c->bcd)
		n = (image & 15) + (image >> 4 & 15) * 10 +
		    (image >> 8 & 15) * 100 + (image >> 12) * 1000;
	return n ? n : c->bcd ? 10000 : 65536;
}

/* A whole count has been written. */
static void chan_load(struct ab_pit_chan *c, uint16_t image, uint64_t t)
{
	uint32_t n = count_from(c, image);

	c->loaded = true;
	if (c->running && is_periodic(c) && c->gate) {
		uint64_t periods = chan_elapsed(c, t) / c->count + 1;

		c->next = n;		/* the present period ends first */
		c->next_at = c->start + periods * c->count;
		return;
	}
	c->next = 0;
	if (c->running && by_trigger(c)) {
		c->next = n;			/* until the next trigger */
		c->next_at = AB_NEVER;
		return;
	}
	c->count = n;
	if (by_trigger(c))
		return;
	c->start = c->stopped = t + 1;		/* loaded by the next clock */
	c->running = true;
}

static void chan_gate(struct ab_pit_chan *c, bool gate, uint64_t t)
{
	if (gate == c->gate)
		return;
	c->gate = gate;
	if (!gate) {
		c->stopped = t;
		return;
	}
	if (by_trigger(c)) {
		if (!c->loaded)
			return;
		if (c->next)
			c->count = c->next;
		c->next = 0;
		c->start = t + 1;
		c->running = true;
	} else if (is_periodic(c)) {
		if (c->next)
			c->count = c->next;
		c->next = 0;
		c->start = t + 1;
	} else if (t > c->stopped) {
		c->start += t - c->stopped;	/* goes on where it stood */
	}
}

/* First tick after (t) at which the output rises, AB_NEVER if none does. */
static uint64_t chan_next_rise(const struct ab_pit_chan *c, uint64_t t)
{
	uint64_t rise, d;

	if (!c->running || (!c->gate && !by_trigger(c)))
		return AB_NEVER;
	d = t > c->start ? t - c->start : 0;
	if (is_periodic(c)) {
		rise = c->start + (d / c->count + 1) * c->count;
		return c->next && c->next_at < rise ? c->next_at : rise;
	}
	rise = c->start + c->count + (c->mode >= 4);
	return rise > t ? rise : AB_NEVER;
}

/* Rising edges in (from, to]; a waiting count takes effect on the way. */
static uint64_t chan_rises(struct ab_pit_chan *c, uint64_t from, uint64_t to)
{
	uint64_t n = 0, first;

	if (c->next && to >= c->next_at) {
		n = chan_rises(&(struct ab_pit_chan){ .mode = c->mode,
			.gate = c->gate, .running = c->running, .count = c->count,
			.start = c->start }, from, c->next_at);
		from = from > c->next_at ? from : c->next_at;
		chan_reload(c, to);
	}
	first = chan_next_rise(c, from);
	if (first > to)
		return n;
	return n + 1 + (is_periodic(c) ? (to - first) / c->count : 0);
}

/* ---- channel 0's interrupt ---- */

static void pit_owe(struct ab_pit *pit, uint64_t ticks)
{
	uint32_t max = PIT_HZ / (AB_NS_PER_SEC / AB_OWED_NS) / pit->chan[0].count;

	pit->owed = ticks < max && pit->owed + ticks < max ? pit->owed + ticks : max;
}

static uint64_t owed_gap(const struct ab_pit_chan *c)
{
	return ab_ns_to_ticks(ab_owed_gap(ab_ticks_to_ns(c->count, PIT_HZ)), PIT_HZ);
}

void ab_pit_due(struct ab_machine *m, uint64_t now)
{
	struct ab_pit *pit = &m->dev.pit;
	struct ab_pit_chan *c = &pit->chan[0];
	uint64_t t = ab_ns_to_ticks(now, PIT_HZ), n;
	bool waiting = ab_irq_requested(m, 0);

	if (t <= pit->seen)
		return;
	n = chan_rises(c, pit->seen, t);
	pit->seen = t;
	if (!is_periodic(c) || !ab_irq_wanted(m, 0)) {
		pit->owed = 0;
	} else if (n > 1 && !waiting) {
		pit_owe(pit, n - 1);
	}
	if (!n && pit->owed && t >= pit->owed_at) {
		n = !waiting;
		pit->owed -= n;
		pit->owed_at = t + owed_gap(c);
	} else if (n) {
		pit->owed_at = t + owed_gap(c);
	}
	if (n)
		ab_irq_pulse(m, 0);
	ab_irq_set(m, 0, chan_output(c, t));
}

uint64_t ab_pit_deadline(const struct ab_machine *m)
{
	const struct ab_pit *pit = &m->dev.pit;
	const struct ab_pit_chan *c = &pit->chan[0];
	uint64_t rise, soonest;

	if (!ab_irq_wanted(m, 0))
		return AB_NEVER;
	rise = chan_next_rise(c, pit->seen);
	if (pit->owed && pit->owed_at < rise)
		rise = pit->owed_at;
	if (rise == AB_NEVER)
		return AB_NEVER;
	soonest = pit->seen + AB_PERIOD_MIN_NS / 1000 * PIT_HZ / 1000000;
	if (is_periodic(c) && rise < soonest)
		rise = soonest;
	return ab_ticks_to_ns(rise, PIT_HZ);
}

/* ---- registers ---- */

static void chan_latch(struct ab_pit_chan *c, uint64_t t)
{
	if (c->latches)
		return;			/* the first latch stays until it is read */
	c->latch = chan_image(c, t);
	c->latches = c->rw == 3 ? 2 : 1;
}

static void chan_latch_status(struct ab_pit_chan *c, uint64_t t)
{
	bool null = !c->loaded || c->next || t < c->start || !c->running;

	if (c->status_latched)
		return;
	c->status_latched = true;
	c->status = chan_output(c, t) << 7 | null << 6 | c->control;
}

static void pit_read_back(struct ab_pit *pit, uint8_t v, uint64_t t)
{
	for (unsigned i = 0; i < 3; i++) {
		if (!(v & 2u << i))
			continue;
		if (!(v & 0x20))
			chan_latch(&pit->chan[i], t);
		if (!(v & 0x10))
			chan_latch_status(&pit->chan[i], t);
	}
}

static void pit_control(struct ab_pit *pit, uint8_t v, uint64_t t)
{
	struct ab_pit_chan *c;
	bool gate;

	if (v >> 6 == 3) {
		pit_read_back(pit, v, t);
		return;
	}
	c = &pit->chan[v >> 6];
	if (!(v & 0x30)) {
		chan_latch(c, t);
		return;
	}
	gate = c->gate;
	ab_memset(c, 0, sizeof(*c));
	c->control = v & 0x3f;
	c->rw = v >> 4 & 3;
	c->mode = (v >> 1 & 7) > 5 ? v >> 1 & 3 : v >> 1 & 7;
	c->bcd = v & 1;
	c->gate = gate;
	c->stopped = t;
	c->count = 65536;
}

static uint8_t chan_read(struct ab_pit_chan *c, uint64_t t)
{
	uint16_t image;
	bool high;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->rw == 3) {
		high = c->read_high;
		c->read_high = !high;
	} else {
		high = c->rw == 2;
	}
	if (c->latches) {
		image = c->latch;
		c->latches--;
	} else {
		image = chan_image(c, t);
	}
	return high ? image >> 8 : image;
}

static void chan_write(struct ab_pit_chan *c, uint8_t v, uint64_t t)
{
	switch (c->rw) {
	case 1:
		chan_load(c, v, t);
		break;
	case 2:
		chan_load(c, v << 8, t);
		break;
	case 3:
		c->write_high = !c->write_high;
		if (!c->write_high) {
			chan_load(c, c->write_low | v << 8, t);
			break;
		}
		c->write_low = v;
		if (c->mode == 0)
			c->running = false;	/* the output goes low at once */
		break;
	}
}

uint32_t ab_pit_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_pit *pit = &m->dev.pit;
	struct ab_pit_chan *c = &pit->chan[port & 3];
	uint64_t now, t;

	if ((port & 3) == 3)
		return 0;		/* write-only */
	if (c->status_latched || c->latches)
		return chan_read(c, 0);
	now = m->host->now(m);
	t = ab_ns_to_ticks(now, PIT_HZ);
	if (c != &pit->chan[0])
		chan_reload(c, t);
	else if (c->next)		/* channel 0 is ab_pit_due()'s */
		ab_pit_due(m, now);
	return chan_read(c, t);
}

void ab_pit_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_pit *pit = &m->dev.pit;
	uint64_t now = m->host->now(m), t = ab_ns_to_ticks(now, PIT_HZ);

	ab_pit_due(m, now);
	chan_reload(&pit->chan[1], t);
	chan_reload(&pit->chan[2], t);
	if ((port & 3) == 3)
		pit_control(pit, v, t);
	else
		chan_write(&pit->chan[port & 3], v, t);
	if ((port & 3) == 0 || ((port & 3) == 3 && v >> 6 == 0 && v & 0x30)) {
		pit->owed = 0;
		ab_irq_set(m, 0, chan_output(&pit->chan[0], t));
		ab_time_rearm(m);
	}
}

/* Bits: 0 gate of channel 2, 1 speaker, 4 toggles with each refresh request
 * (channel 1: every 18 clocks), 5 output of channel 2. */
uint32_t ab_port61_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_pit *pit = &m->dev.pit;
	uint64_t t = pit_now(m);

	chan_reload(&pit->chan[2], t);
	return pit->chan[2].gate | pit->speaker << 1 | (t / 18 & 1) << 4 |
	       chan_output(&pit->chan[2], t) << 5;
}

void ab_port61_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_pit *pit = &m->dev.pit;
	uint64_t t = pit_now(m);

	chan_reload(&pit->chan[2], t);
	chan_gate(&pit->chan[2], v & 1, t);
	pit->speaker = v & 2;
}

/* As a BIOS leaves it: 18.2 Hz on channel 0, memory refresh on channel 1. */
void ab_pit_init(struct ab_machine *m)
{
	struct ab_pit *pit = &m->dev.pit;
	uint64_t t = pit_now(m);

	pit->seen = t;
	for (unsigned i = 0; i < 3; i++) {
		struct ab_pit_chan *c = &pit->chan[i];

		c->mode = i == 2 ? 3 : 2;
		c->rw = i == 1 ? 1 : 3;
		c->count = i == 1 ? 18 : 65536;
		c->control = c->rw << 4 | c->mode << 1;
		c->loaded = true;
		c->gate = c->running = i != 2;
		c->start = c->stopped = t;
	}
	m->dev.isa_lines |= 1;		/* the output is high: no edge yet */
	m->dev.pic[0].lines |= 1;
	m->dev.ioapic.lines |= 1 << 2;
}
