/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_lapic.c: the CPU's local APIC (xAPIC, memory-mapped).  One CPU: messages
 * to others go nowhere.  The timer's bus clock is 1 GHz, so that before its
 * divider one count is one nanosecond.
 */
#include "core/core.h"

#define REG_ID		0x020
#define REG_VERSION	0x030
#define REG_TPR		0x080
#define REG_APR		0x090
#define REG_PPR		0x0a0
#define REG_EOI		0x0b0
#define REG_LDR		0x0d0
#define REG_DFR		0x0e0
#define REG_SVR		0x0f0
#define REG_ISR		0x100
#define REG_TMR		0x180
#define REG_IRR		0x200
#define REG_ESR		0x280
#define REG_ICR_LOW	0x300
#define REG_ICR_HIGH	0x310
#define REG_LVT		0x320		/* timer, thermal, perf, LINT0, LINT1, error */
#define REG_LVT_END	0x370
#define REG_INITIAL	0x380
#define REG_CURRENT	0x390
#define REG_DIVIDE	0x3e0

#define VERSION		0x00050014u	/* six LVT entries */
#define BASE_ENABLE	0x800u		/* MSR 1bh */
#define SVR_ENABLE	0x100u
#define LVT_MASKED	0x10000u
#define LVT_PERIODIC	0x20000u

#define ESR_SEND_VECTOR	0x20u
#define ESR_RECV_VECTOR	0x40u
#define ESR_REGISTER	0x80u

enum { MODE_FIXED, MODE_LOWEST, MODE_SMI, MODE_NMI = 4, MODE_INIT, MODE_STARTUP,
       MODE_EXTINT };

/* Bits of each LVT entry that can be written. */
static const uint32_t lvt_bits[AB_LVT_COUNT] = {
	[AB_LVT_TIMER]   = 0x300ff,
	[AB_LVT_THERMAL] = 0x107ff,
	[AB_LVT_PERF]    = 0x107ff,
	[AB_LVT_LINT0]   = 0x1a7ff,
	[AB_LVT_LINT1]   = 0x1a7ff,
	[AB_LVT_ERROR]   = 0x100ff,
};

bool ab_lapic_enabled(const struct ab_machine *m)
{
	return m->cpu.apic_base & BASE_ENABLE;
}

/* ---- the three 256-bit registers ---- */

static void bit_set(uint32_t *map, unsigned n)
{
	map[n / 32] |= 1u << n % 32;
}

static void bit_clear(uint32_t *map, unsigned n)
{
	map[n / 32] &= ~(1u << n % 32);
}

static bool bit_test(const uint32_t *map, unsigned n)
{
	return map[n / 32] >> n % 32 & 1;
}

static int bit_highest(const uint32_t *map)
{
	for (int i = 7; i >= 0; i--)
		if (map[i])
			return i * 32 + 31 - __builtin_clz(map[i]);
	return -1;
}

/* ---- priorities ---- */

static uint32_t lapic_ppr(const struct ab_lapic *a)
{
	int isr = bit_highest(a->isr);
	uint32_t class = isr < 0 ? 0 : isr & 0xf0;

	return (a->tpr & 0xf0) >= class ? a->tpr : class;
}

int ab_lapic_highest(const struct ab_machine *m)
{
	const struct ab_lapic *a = &m->dev.lapic;
	int irr;

	if (!(a->svr & SVR_ENABLE) || !ab_lapic_enabled(m))
		return -1;
	irr = bit_highest(a->irr);
	if (irr < 0 || (irr & 0xf0u) <= (lapic_ppr(a) & 0xf0))
		return -1;
	return irr;
}

int ab_lapic_ack(struct ab_machine *m)
{
	struct ab_lapic *a = &m->dev.lapic;
	int vector = ab_lapic_highest(m);

	if (vector < 0)
		return -1;
	bit_clear(a->irr, vector);
	bit_set(a->isr, vector);
	return vector;
}

/* The 8259's INTR goes straight to a CPU without APIC, else through LINT0. */
bool ab_lapic_extint(const struct ab_machine *m)
{
	uint32_t lint0 = m->dev.lapic.lvt[AB_LVT_LINT0];

	if (!ab_lapic_enabled(m))
		return true;
	if (!(lint0 & LVT_MASKED) && (lint0 >> 8 & 7) == MODE_EXTINT)
		return true;
	return m->dev.lapic.svr & SVR_ENABLE && ab_ioapic_extint(m);
}

/* ---- interrupts come in ---- */

static void lapic_error(struct ab_machine *m, uint32_t bit);

static void lapic_accept(struct ab_machine *m, uint8_t vector, bool level)
{
	struct ab_lapic *a = &m->dev.lapic;

	if (vector < 16) {
		lapic_error(m, ESR_RECV_VECTOR);
		return;
	}
	bit_set(a->irr, vector);
	if (level)
		bit_set(a->tmr, vector);
	else
		bit_clear(a->tmr, vector);
}

/* An error is latched; the interrupt comes with the first of them. */
static void lapic_error(struct ab_machine *m, uint32_t bit)
{
	struct ab_lapic *a = &m->dev.lapic;
	uint32_t lvt = a->lvt[AB_LVT_ERROR];
	bool fresh = !a->esr_latch;

	a->esr_latch |= bit;
	if (fresh && !(lvt & LVT_MASKED) && (uint8_t)lvt >= 16)
		lapic_accept(m, lvt, false);
}

static void lapic_nmi(struct ab_machine *m)
{
	m->dev.nmi = true;
}

bool ab_lapic_message(struct ab_machine *m, uint32_t dest, bool logical,
		      unsigned mode, uint8_t vector, bool level)
{
	struct ab_lapic *a = &m->dev.lapic;
	uint32_t ldr = a->ldr >> 24;
	bool mine;

	if (!ab_lapic_enabled(m))
		return false;
	if (dest == 0xff)
		mine = true;
	else if (!logical)
		mine = dest == a->id >> 24;
	else if (a->dfr >> 28 == 0xf)		/* flat */
		mine = ldr & dest;
	else					/* clusters */
		mine = ldr >> 4 == dest >> 4 && ldr & dest & 0xf;
	if (!mine)
		return false;
	switch (mode) {
	case MODE_FIXED: case MODE_LOWEST:
		if (!(a->svr & SVR_ENABLE))
			return false;
		lapic_accept(m, vector, level);
		break;
	case MODE_NMI:
		lapic_nmi(m);
		break;
	default:		/* SMI, INIT, start-up to ourselves: ignored */
		break;
	}
	ab_irq_update(m);
	return true;
}

/* LINT0 in another mode than ExtINT: Linux tries that as "virtual wire IRQ". */
void ab_lapic_lint0(struct ab_machine *m)
{
	uint32_t lint0 = m->dev.lapic.lvt[AB_LVT_LINT0];

	if (!ab_lapic_enabled(m) || lint0 & LVT_MASKED)
		return;
	if ((lint0 >> 8 & 7) == MODE_FIXED)
		lapic_accept(m, lint0, false);
	else if ((lint0 >> 8 & 7) == MODE_NMI)
		lapic_nmi(m);
}

static void lapic_eoi(struct ab_machine *m)
{
	struct ab_lapic *a = &m->dev.lapic;
	int vector = bit_highest(a->isr);

	if (vector < 0)
		return;
	bit_clear(a->isr, vector);
	if (bit_test(a->tmr, vector))
		ab_ioapic_eoi(m, vector);
	ab_irq_update(m);
}

static void lapic_icr(struct ab_machine *m, uint32_t v)
{
	struct ab_lapic *a = &m->dev.lapic;
	unsigned mode = v >> 8 & 7, shorthand = v >> 18 & 3;
	uint32_t dest = shorthand ? a->id >> 24 : a->icr_high >> 24;

	a->icr_low = v & ~0x1000u;		/* always sent already */
	if (shorthand == 3)
		return;				/* all but ourselves: nobody */
	if ((mode == MODE_FIXED || mode == MODE_LOWEST) && (uint8_t)v < 16) {
		lapic_error(m, ESR_SEND_VECTOR);
		ab_irq_update(m);
		return;
	}
	if (mode == MODE_INIT && (v & 0xc000) == 0x8000)
		return;				/* level de-assert */
	ab_lapic_message(m, dest, !shorthand && v & 0x800, mode, v, false);
}

/* ---- timer ---- */

static unsigned timer_shift(const struct ab_lapic *a)
{
	return (((a->divide & 3) | (a->divide >> 1 & 4)) + 1) & 7;
}

static uint64_t timer_period(const struct ab_lapic *a)
{
	return (uint64_t)a->initial << timer_shift(a);
}

static bool timer_periodic(const struct ab_lapic *a)
{
	return a->lvt[AB_LVT_TIMER] & LVT_PERIODIC;
}

/* How often it has run out since start. */
static uint64_t timer_expiries(const struct ab_lapic *a, uint64_t now)
{
	uint64_t n;

	if (!a->running || now <= a->start)
		return 0;
	n = (now - a->start) / timer_period(a);
	return timer_periodic(a) || !n ? n : 1;
}

static uint32_t timer_current(const struct ab_lapic *a, uint64_t now)
{
	uint64_t counted;

	if (!a->running)
		return 0;
	counted = now > a->start ? (now - a->start) >> timer_shift(a) : 0;
	if (timer_periodic(a))
		return a->initial - counted % a->initial;
	return counted < a->initial ? a->initial - counted : 0;
}

static bool timer_wanted(const struct ab_machine *m)
{
	const struct ab_lapic *a = &m->dev.lapic;

	return a->running && a->svr & SVR_ENABLE &&
	       !(a->lvt[AB_LVT_TIMER] & LVT_MASKED) && ab_lapic_enabled(m);
}

static void timer_owe(struct ab_lapic *a, uint64_t ticks)
{
	uint64_t max = AB_OWED_NS / timer_period(a);

	if (timer_period(a) < AB_PERIOD_MIN_NS)
		return;
	a->owed = ticks < max && a->owed + ticks < max ? a->owed + ticks : max;
}

void ab_lapic_due(struct ab_machine *m, uint64_t now)
{
	struct ab_lapic *a = &m->dev.lapic;
	uint64_t n = timer_expiries(a, now), fresh = n - a->fired;
	uint8_t vector = a->lvt[AB_LVT_TIMER];
	bool waiting = bit_test(a->irr, vector);

	a->fired = n;
	if (!timer_wanted(m)) {
		a->owed = 0;
		return;
	}
	if (fresh > 1 && !waiting && timer_periodic(a))
		timer_owe(a, fresh - 1);
	if (!fresh && a->owed && now >= a->owed_at) {
		fresh = !waiting;
		a->owed -= fresh;
		a->owed_at = now + ab_owed_gap(timer_period(a));
	} else if (fresh) {
		a->owed_at = now + ab_owed_gap(timer_period(a));
	}
	if (!fresh)
		return;
	lapic_accept(m, vector, false);
	ab_irq_update(m);
}

uint64_t ab_lapic_deadline(const struct ab_machine *m)
{
	const struct ab_lapic *a = &m->dev.lapic;
	uint64_t period, d;

	if (!timer_wanted(m))
		return AB_NEVER;
	period = timer_period(a);
	if (!timer_periodic(a))
		return a->fired ? AB_NEVER : a->start + period;
	d = a->start + (a->fired + 1) * period;
	if (period < AB_PERIOD_MIN_NS)
		d += AB_PERIOD_MIN_NS - period;
	return a->owed && a->owed_at < d ? a->owed_at : d;
}

static void timer_start(struct ab_lapic *a, uint32_t initial, uint64_t now)
{
	a->initial = initial;
	a->running = initial != 0;
	a->start = now;
	a->fired = 0;
	a->owed = 0;
}

/* The divider changes under a running count: what is left stays. */
static void timer_divide(struct ab_lapic *a, uint32_t v, uint64_t now)
{
	uint32_t left = timer_current(a, now);

	a->divide = v & 0xb;
	if (!a->running)
		return;
	a->start = now - ((uint64_t)(a->initial - left) << timer_shift(a));
	a->fired = timer_expiries(a, now);
}

/* ---- registers ---- */

uint32_t ab_lapic_read(struct ab_machine *m, uint32_t off)
{
	struct ab_lapic *a = &m->dev.lapic;

	if (off & 0xc)
		return 0;
	switch (off) {
	case REG_ID:		return a->id;
	case REG_VERSION:	return VERSION;
	case REG_TPR:		return a->tpr;
	case REG_APR:		return 0;
	case REG_PPR:		return lapic_ppr(a);
	case REG_EOI:		return 0;
	case REG_LDR:		return a->ldr;
	case REG_DFR:		return a->dfr;
	case REG_SVR:		return a->svr;
	case REG_ESR:		return a->esr;
	case REG_ICR_LOW:	return a->icr_low;
	case REG_ICR_HIGH:	return a->icr_high;
	case REG_INITIAL:	return a->initial;
	case REG_CURRENT:	return timer_current(a, m->host->now(m));
	case REG_DIVIDE:	return a->divide;
	}
	if (off >= REG_ISR && off < REG_ISR + 0x80)
		return a->isr[(off - REG_ISR) >> 4];
	if (off >= REG_TMR && off < REG_TMR + 0x80)
		return a->tmr[(off - REG_TMR) >> 4];
	if (off >= REG_IRR && off < REG_IRR + 0x80)
		return a->irr[(off - REG_IRR) >> 4];
	if (off >= REG_LVT && off <= REG_LVT_END)
		return a->lvt[(off - REG_LVT) >> 4];
	lapic_error(m, ESR_REGISTER);
	ab_irq_update(m);
	return 0;
}

static void lapic_svr(struct ab_lapic *a, uint32_t v)
{
	a->svr = v & 0x1ff;
	if (!(v & SVR_ENABLE))
		for (unsigned i = 0; i < AB_LVT_COUNT; i++)
			a->lvt[i] |= LVT_MASKED;
}

static void lapic_lvt(struct ab_machine *m, unsigned i, uint32_t v, uint64_t now)
{
	struct ab_lapic *a = &m->dev.lapic;

	v &= lvt_bits[i];
	if (!(a->svr & SVR_ENABLE))
		v |= LVT_MASKED;
	a->lvt[i] = v;
	if (i == AB_LVT_TIMER)			/* the mode decides what counts */
		a->fired = timer_expiries(a, now);
}

/* Registers whose change can move the timer's deadline; (now) is the time up to
 * which it is settled. */
static void lapic_write_timed(struct ab_machine *m, uint32_t off, uint32_t v)
{
	struct ab_lapic *a = &m->dev.lapic;
	uint64_t now = m->host->now(m);

	ab_lapic_due(m, now);
	switch (off) {
	case REG_SVR:
		lapic_svr(a, v);
		break;
	case REG_INITIAL:
		timer_start(a, v, now);
		break;
	case REG_DIVIDE:
		timer_divide(a, v, now);
		break;
	default:
		lapic_lvt(m, (off - REG_LVT) >> 4, v, now);
		break;
	}
	ab_irq_update(m);
	ab_time_rearm(m);
}

void ab_lapic_write(struct ab_machine *m, uint32_t off, uint32_t v)
{
	struct ab_lapic *a = &m->dev.lapic;

	if (off & 0xc)
		return;
	switch (off) {
	case REG_EOI:
		lapic_eoi(m);
		return;
	case REG_TPR:
		a->tpr = v & 0xff;
		ab_irq_update(m);
		return;
	case REG_ICR_LOW:
		lapic_icr(m, v);
		return;
	case REG_ICR_HIGH:
		a->icr_high = v & 0xff000000u;
		return;
	case REG_ID:
		a->id = v & 0xff000000u;
		return;
	case REG_LDR:
		a->ldr = v & 0xff000000u;
		return;
	case REG_DFR:
		a->dfr = v | 0x0fffffffu;
		return;
	case REG_ESR:		/* a write shows what was latched */
		a->esr = a->esr_latch;
		a->esr_latch = 0;
		return;
	case REG_SVR: case REG_INITIAL: case REG_DIVIDE:
		lapic_write_timed(m, off, v);
		return;
	}
	if (off >= REG_LVT && off <= REG_LVT_END) {
		lapic_write_timed(m, off, v);
	} else if (off != REG_VERSION && off != REG_APR && off != REG_PPR &&
		   off != REG_CURRENT && (off < REG_ISR || off >= REG_ESR)) {
		lapic_error(m, ESR_REGISTER);
		ab_irq_update(m);
	}
}

uint8_t ab_lapic_cr8(const struct ab_machine *m)
{
	return m->dev.lapic.tpr >> 4;
}

void ab_lapic_set_cr8(struct ab_machine *m, uint8_t value)
{
	m->dev.lapic.tpr = (value & 15) << 4;
	ab_irq_update(m);
}

/* Switched off and on again, an APIC comes up as after reset. */
static void lapic_reset(struct ab_lapic *a)
{
	for (unsigned i = 0; i < 8; i++)
		a->irr[i] = a->isr[i] = a->tmr[i] = 0;
	for (unsigned i = 0; i < AB_LVT_COUNT; i++)
		a->lvt[i] = LVT_MASKED;
	a->tpr = a->ldr = a->esr = a->esr_latch = 0;
	a->dfr = 0xffffffffu;
	a->svr = 0xff;
	a->icr_low = a->icr_high = a->divide = 0;
	timer_start(a, 0, 0);
}

void ab_lapic_base_changed(struct ab_machine *m)
{
	if (!ab_lapic_enabled(m))
		lapic_reset(&m->dev.lapic);
	ab_irq_update(m);
	ab_time_rearm(m);
}

/* As a BIOS leaves it: enabled, virtual wire mode. */
void ab_lapic_init(struct ab_machine *m)
{
	struct ab_lapic *a = &m->dev.lapic;

	lapic_reset(a);
	a->id = 0;
	a->svr = 0x1ff;
	a->lvt[AB_LVT_LINT0] = 0x8700;
	a->lvt[AB_LVT_LINT1] = 0x8400;
}
