/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_rtc.c: the MC146818 clock with its CMOS memory, ports 70h and 71h, IRQ 8.
 *
 * The time of day is the host's at start plus the guest's clock, kept as one
 * number of seconds; the ten time registers are made from it when read.  While
 * the guest holds the SET bit they are plain memory.  Interrupt flags are
 * computed from the clock when somebody looks or the host's timer comes.
 */
#include "core/core.h"

enum { SEC = 0, SEC_ALARM, MIN, MIN_ALARM, HOUR, HOUR_ALARM, WEEKDAY, MDAY,
       MONTH, YEAR, REG_A, REG_B, REG_C, REG_D };
#define CENTURY		0x32
#define CENTURY_PS2	0x37

#define A_UIP		0x80
#define B_SET		0x80
#define B_PIE		0x40
#define B_AIE		0x20
#define B_UIE		0x10
#define B_BINARY	0x04
#define B_24H		0x02
#define C_IRQF		0x80
#define C_PF		0x40
#define C_AF		0x20
#define C_UF		0x10

#define RTC_IRQ		8
#define RTC_HZ		32768u
#define UIP_NS		244141u		/* UIP is set so long before an update */
#define DAY		86400

/* ---- calendar ---- */

struct date {
	int64_t year;
	unsigned month, mday, weekday, hour, min, sec;
};

/* Days since 1970 of a day in the Gregorian calendar, whose year begins in
 * March here so that the leap day comes last. */
static int64_t date_to_days(int64_t year, unsigned month, unsigned mday)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + mday - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct date date_from(int64_t time)
{
	int64_t days = time / DAY, rest = time % DAY;
	int64_t era, doe, yoe, doy, mp;
	struct date d;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	d.hour = rest / 3600;
	d.min = rest / 60 % 60;
	d.sec = rest % 60;
	d.weekday = ((days % 7 + 7) % 7 + 4) % 7;	/* 1970 began on a Thursday */
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d.mday = doy - (153 * mp + 2) / 5 + 1;
	d.month = mp + (mp < 10 ? 3 : -9);
	d.year = yoe + era * 400 + (d.month <= 2);
	return d;
}

/* ---- the clock ---- */

static uint64_t rtc_elapsed(const struct ab_machine *m, uint64_t now)
{
	return now > m->dev.rtc.base_ns ? now - m->dev.rtc.base_ns : 0;
}

static int64_t rtc_time(const struct ab_machine *m, uint64_t now)
{
	return m->dev.rtc.base + (int64_t)(rtc_elapsed(m, now) / AB_NS_PER_SEC);
}

static uint8_t to_reg(const struct ab_rtc *r, unsigned n)
{
	return r->cmos[REG_B] & B_BINARY ? n : n / 10 << 4 | n % 10;
}

static unsigned from_reg(const struct ab_rtc *r, uint8_t v)
{
	return r->cmos[REG_B] & B_BINARY ? v : (v >> 4) * 10u + (v & 15);
}

static uint8_t hour_to_reg(const struct ab_rtc *r, unsigned hour)
{
	if (r->cmos[REG_B] & B_24H)
		return to_reg(r, hour);
	return to_reg(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static unsigned hour_from_reg(const struct ab_rtc *r, uint8_t v)
{
	if (r->cmos[REG_B] & B_24H)
		return from_reg(r, v);
	return from_reg(r, v & 0x7f) % 12 + (v & 0x80 ? 12 : 0);
}

/* Time registers from the clock. */
static void rtc_to_regs(struct ab_rtc *r, int64_t time)
{
	struct date d = date_from(time);

	r->cmos[SEC] = to_reg(r, d.sec);
	r->cmos[MIN] = to_reg(r, d.min);
	r->cmos[HOUR] = hour_to_reg(r, d.hour);
	r->cmos[WEEKDAY] = to_reg(r, d.weekday + 1);
	r->cmos[MDAY] = to_reg(r, d.mday);
	r->cmos[MONTH] = to_reg(r, d.month);
	r->cmos[YEAR] = to_reg(r, d.year % 100);
	r->cmos[CENTURY] = r->cmos[CENTURY_PS2] = to_reg(r, d.year / 100 % 100);
}

/* The clock from time registers; what is no date counts as near as it can. */
static int64_t rtc_from_regs(const struct ab_rtc *r)
{
	unsigned month = from_reg(r, r->cmos[MONTH]), mday = from_reg(r, r->cmos[MDAY]);
	int64_t year = from_reg(r, r->cmos[CENTURY]) * 100 +
		       from_reg(r, r->cmos[YEAR]);

	if (month < 1 || month > 12)
		month = 1;
	return date_to_days(year, month, mday) * DAY +
	       hour_from_reg(r, r->cmos[HOUR]) * 3600 +
	       from_reg(r, r->cmos[MIN]) * 60 + from_reg(r, r->cmos[SEC]);
}

static bool rtc_frozen(const struct ab_rtc *r)
{
	return r->cmos[REG_B] & B_SET;
}

/* ---- interrupts ---- */

/* Nanoseconds of 32,768 Hz ticks between periodic interrupts, 0 when off. */
static uint64_t rtc_period_ticks(const struct ab_rtc *r)
{
	unsigned rate = r->cmos[REG_A] & 15;

	if (!rate)
		return 0;
	return 1u << (rate <= 2 ? rate + 6 : rate - 1);
}

static uint64_t rtc_periods(const struct ab_machine *m, uint64_t now)
{
	uint64_t ticks = rtc_period_ticks(&m->dev.rtc);

	return ticks ? ab_ns_to_ticks(rtc_elapsed(m, now), RTC_HZ) / ticks : 0;
}

/* Does alarm register (alarm) let (value) pass?  11xxxxxx is "any". */
static bool alarm_field(const struct ab_rtc *r, unsigned alarm, unsigned value)
{
	uint8_t v = r->cmos[alarm];

	if (v >= 0xc0)
		return true;
	return (alarm == HOUR_ALARM ? hour_from_reg(r, v) : from_reg(r, v)) == value;
}

/* First time after (time) at which the alarm rings, within a day; else -1. */
static int64_t alarm_after(const struct ab_rtc *r, int64_t time)
{
	int64_t end = time + DAY;

	for (time++; time <= end;) {
		struct date d = date_from(time);

		if (!alarm_field(r, HOUR_ALARM, d.hour))
			time += 3600 - (int64_t)(d.min * 60 + d.sec);
		else if (!alarm_field(r, MIN_ALARM, d.min))
			time += 60 - (int64_t)d.sec;
		else if (!alarm_field(r, SEC_ALARM, d.sec))
			time++;
		else
			return time;
	}
	return -1;
}

static void rtc_update(struct ab_machine *m)
{
	struct ab_rtc *r = &m->dev.rtc;
	uint8_t *c = &r->cmos[REG_C];

	*c &= ~C_IRQF;
	if (*c & r->cmos[REG_B] & (C_PF | C_AF | C_UF))
		*c |= C_IRQF;
	ab_irq_set(m, RTC_IRQ, *c & C_IRQF);
}

void ab_rtc_due(struct ab_machine *m, uint64_t now)
{
	struct ab_rtc *r = &m->dev.rtc;
	uint64_t periods = rtc_periods(m, now);
	uint64_t seconds = rtc_elapsed(m, now) / AB_NS_PER_SEC;

	if (periods == r->period_seen && seconds == r->second_seen)
		return;
	if (periods > r->period_seen)
		r->cmos[REG_C] |= C_PF;
	r->period_seen = periods;
	if (seconds > r->second_seen && !rtc_frozen(r)) {
		int64_t last = r->base + (int64_t)r->second_seen, alarm;

		alarm = alarm_after(r, last);
		r->cmos[REG_C] |= C_UF;
		if (alarm >= 0 && alarm <= r->base + (int64_t)seconds)
			r->cmos[REG_C] |= C_AF;
	}
	r->second_seen = seconds;
	rtc_update(m);
}

static uint64_t second_to_ns(const struct ab_rtc *r, int64_t time)
{
	return r->base_ns + (uint64_t)(time - r->base) * AB_NS_PER_SEC;
}

uint64_t ab_rtc_deadline(const struct ab_machine *m)
{
	const struct ab_rtc *r = &m->dev.rtc;
	uint8_t b = r->cmos[REG_B];
	uint64_t d = AB_NEVER, ticks = rtc_period_ticks(r), e;
	int64_t last = r->base + (int64_t)r->second_seen;

	/* Until the guest has read register C no new edge can come. */
	if (!(b & (B_PIE | B_AIE | B_UIE)) || r->cmos[REG_C] & C_IRQF ||
	    !ab_irq_wanted(m, RTC_IRQ))
		return AB_NEVER;
	if (b & B_PIE && ticks)
		d = r->base_ns + ab_ticks_to_ns((r->period_seen + 1) * ticks, RTC_HZ);
	if (rtc_frozen(r))
		return d;
	if (b & B_UIE) {
		e = second_to_ns(r, last + 1);
		d = e < d ? e : d;
	}
	if (b & B_AIE) {
		int64_t alarm = alarm_after(r, last);

		e = alarm < 0 ? AB_NEVER : second_to_ns(r, alarm);
		d = e < d ? e : d;
	}
	return d;
}

/* ---- registers ---- */

static bool is_time(unsigned i)
{
	return i == SEC || i == MIN || i == HOUR || (i >= WEEKDAY && i <= YEAR) ||
	       i == CENTURY || i == CENTURY_PS2;
}

static uint8_t rtc_get(struct ab_machine *m, unsigned i)
{
	struct ab_rtc *r = &m->dev.rtc;
	uint64_t now, phase;
	uint8_t v;

	if (i > REG_C && i != CENTURY && i != CENTURY_PS2)
		return r->cmos[i];
	now = m->host->now(m);
	switch (i) {
	case REG_A:
		phase = rtc_elapsed(m, now) % AB_NS_PER_SEC;
		if (!rtc_frozen(r) && phase >= AB_NS_PER_SEC - UIP_NS)
			return r->cmos[i] | A_UIP;
		return r->cmos[i];
	case REG_C:
		ab_rtc_due(m, now);
		v = r->cmos[i];
		r->cmos[i] = 0;
		rtc_update(m);
		ab_time_rearm(m);
		return v;
	}
	if (is_time(i) && !rtc_frozen(r))
		rtc_to_regs(r, rtc_time(m, now));
	return r->cmos[i];
}

/* The guest has set the clock: a second begins now. */
static void rtc_set_time(struct ab_machine *m, uint64_t now)
{
	struct ab_rtc *r = &m->dev.rtc;

	r->base = rtc_from_regs(r);
	r->base_ns = now;
	r->second_seen = r->period_seen = 0;
}

static void rtc_set_b(struct ab_machine *m, uint8_t v, uint64_t now)
{
	struct ab_rtc *r = &m->dev.rtc;
	bool was = rtc_frozen(r);

	if (!was && v & B_SET) {
		rtc_to_regs(r, rtc_time(m, now));
		v &= ~B_UIE;			/* SET clears it */
	}
	r->cmos[REG_B] = v;
	if (was && !(v & B_SET))
		rtc_set_time(m, now);
	rtc_update(m);
}

static void rtc_put(struct ab_machine *m, unsigned i, uint8_t v)
{
	struct ab_rtc *r = &m->dev.rtc;
	uint64_t now = m->host->now(m);

	ab_rtc_due(m, now);
	if (is_time(i)) {
		if (!rtc_frozen(r))
			rtc_to_regs(r, rtc_time(m, now));
		r->cmos[i] = v;
		if (i == CENTURY || i == CENTURY_PS2)
			r->cmos[CENTURY] = r->cmos[CENTURY_PS2] = v;
		if (!rtc_frozen(r))
			rtc_set_time(m, now);
	} else if (i == REG_A) {
		r->cmos[i] = v & ~A_UIP;
		r->period_seen = rtc_periods(m, now);
	} else if (i == REG_B) {
		rtc_set_b(m, v, now);
	} else if (i != REG_C && i != REG_D) {
		r->cmos[i] = v;
	}
	ab_time_rearm(m);
}

uint32_t ab_rtc_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	if (!(port & 1))
		return 0xff;			/* the index is write-only */
	return rtc_get(m, m->dev.rtc.index);
}

void ab_rtc_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	if (port & 1) {
		rtc_put(m, m->dev.rtc.index, v);
		return;
	}
	m->dev.rtc.index = v & 0x7f;
	m->dev.rtc.nmi_off = v & 0x80;
}

static void put16(uint8_t *p, uint64_t v)
{
	if (v > 0xffff)
		v = 0xffff;
	p[0] = v;
	p[1] = v >> 8;
}

/* CMOS bytes that a PC's setup leaves: memory sizes, equipment. */
static void rtc_init_cmos(struct ab_machine *m)
{
	uint8_t *cmos = m->dev.rtc.cmos;
	uint64_t below4g = m->ram_size < 1ull << 32 ? m->ram_size : 1ull << 32;
	uint64_t above4g = m->ram_size - below4g;
	uint64_t ext = below4g > 1 << 20 ? below4g - (1 << 20) : 0;
	uint64_t high = below4g > 16 << 20 ? below4g - (16 << 20) : 0;

	put16(cmos + 0x15, 640);
	put16(cmos + 0x17, ext >> 10 > 0xfc00 ? 0xfc00 : ext >> 10);
	put16(cmos + 0x30, ext >> 10 > 0xfc00 ? 0xfc00 : ext >> 10);
	put16(cmos + 0x34, high >> 16);
	above4g >>= 16;
	cmos[0x5b] = above4g;
	cmos[0x5c] = above4g >> 8;
	cmos[0x5d] = above4g >> 16;
	cmos[0x14] = 0x06;		/* equipment: FPU, PS/2 mouse; no floppy */
	cmos[0x10] = 0x00;
	cmos[REG_A] = 0x26;		/* 32,768 Hz time base, 1,024 Hz rate */
	cmos[REG_B] = B_24H;
	cmos[REG_D] = 0x80;		/* the battery is good */
}

void ab_rtc_init(struct ab_machine *m)
{
	m->dev.rtc.base = (int64_t)(m->host->wall(m) & INT64_MAX >> 8);
	m->dev.rtc.base_ns = m->host->now(m);
	rtc_init_cmos(m);
}
