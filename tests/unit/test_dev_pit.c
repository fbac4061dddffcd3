/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8254 and port 61h: counts to the tick, edges, late hosts, idle guests. */
#include "devfix.h"

static void program(unsigned chan, unsigned mode, unsigned count)
{
	outb(0x43, chan << 6 | 0x30 | mode << 1);
	outb(0x40 + chan, count);
	outb(0x40 + chan, count >> 8);
}

/* Align the clock so that pass(ticks(n)) is n whole clocks, and one more for the
 * counting element to take the count. */
static void program_aligned(unsigned chan, unsigned mode, unsigned count)
{
	F.now = 5 * SEC;
	program(chan, mode, count);
	F.now += ticks(1);
}

static unsigned latched(unsigned chan)
{
	unsigned low;

	outb(0x43, chan << 6);
	low = inb(0x40 + chan);
	return low | inb(0x40 + chan) << 8;
}

static unsigned status(unsigned chan)
{
	outb(0x43, 0xe0 | 2 << chan);
	return inb(0x40 + chan);
}

static unsigned count_irq0(uint64_t ns, uint64_t step)
{
	unsigned n = 0;

	for (uint64_t t = 0; t < ns; t += step) {
		pass(step);
		while (take() == 0x20) {
			n++;
			outb(0x20, 0x20);
		}
	}
	return n;
}

START_TEST(mode2_counts)
{
	program_aligned(0, 2, 1000);
	ck_assert_uint_eq(latched(0), 1000);
	F.now += ticks(1);
	ck_assert_uint_eq(latched(0), 999);
	F.now = 5 * SEC + ticks(1 + 999);
	ck_assert_uint_eq(latched(0), 1);
	F.now = 5 * SEC + ticks(1 + 1000);
	ck_assert_uint_eq(latched(0), 1000);
	F.now = 5 * SEC + ticks(1 + 1000 * 700 + 13);
	ck_assert_uint_eq(latched(0), 987);
}
END_TEST

START_TEST(mode3_counts_by_two)
{
	program_aligned(0, 3, 1000);
	ck_assert_uint_eq(latched(0), 1000);
	F.now = 5 * SEC + ticks(1 + 1);
	ck_assert_uint_eq(latched(0), 998);
	F.now = 5 * SEC + ticks(1 + 499);
	ck_assert_uint_eq(latched(0), 2);
	ck_assert_uint_eq(status(0) & 0x80, 0x80);
	F.now = 5 * SEC + ticks(1 + 500);
	ck_assert_uint_eq(latched(0), 1000);
	ck_assert_uint_eq(status(0) & 0x80, 0);
	program_aligned(2, 3, 7);		/* odd: high 4, low 3 */
	outb(0x61, 1);
	for (unsigned i = 0; i < 14; i++) {	/* gate: loaded by the next clock */
		F.now = 5 * SEC + ticks(2 + i);
		ck_assert_uint_eq(!!(inb(0x61) & 0x20), i % 7 < 4);
	}
}
END_TEST

START_TEST(mode0_one_shot)
{
	program_aligned(0, 0, 500);
	pic_setup(1);
	ck_assert_uint_eq(status(0) & 0x80, 0);
	ck_assert(!pending());
	pass(ticks(499));
	ck_assert_uint_eq(latched(0), 1);
	ck_assert(!pending());
	pass(ticks(1) + 1);
	ck_assert_uint_eq(status(0) & 0x80, 0x80);
	ck_assert_int_eq(take(), 0x20);
	outb(0x20, 0x20);
	ck_assert(host_sleeps());		/* nothing more to come */
	pass(SEC);
	ck_assert(!pending());
	ck_assert_uint_ne(latched(0), 0);	/* but it goes on counting */
}
END_TEST

START_TEST(mode4_strobe)
{
	program_aligned(0, 4, 100);
	pic_setup(1);
	ck_assert(!pending());
	pass(ticks(100));
	ck_assert(!pending());			/* output is low for one clock */
	pass(ticks(2));
	ck_assert_int_eq(take(), 0x20);
	outb(0x20, 0x20);
	pass(SEC);
	ck_assert(!pending());
}
END_TEST

START_TEST(mode1_and_5_trigger)
{
	program_aligned(2, 1, 50);
	ck_assert_uint_eq(inb(0x61) & 0x20, 0x20);
	F.now += MS;
	ck_assert_uint_eq(inb(0x61) & 0x20, 0x20);	/* waits for the gate */
	outb(0x61, 1);
	F.now += ticks(2);
	ck_assert_uint_eq(inb(0x61) & 0x20, 0);
	F.now += ticks(50);
	ck_assert_uint_eq(inb(0x61) & 0x20, 0x20);
	outb(0x61, 0);
	outb(0x61, 1);					/* again */
	F.now += ticks(2);
	ck_assert_uint_eq(inb(0x61) & 0x20, 0);
	program(2, 5, 50);
	outb(0x61, 0);
	outb(0x61, 1);
	F.now += ticks(2);
	ck_assert_uint_eq(inb(0x61) & 0x20, 0x20);
	ck_assert_uint_eq(latched(2), 49);
}
END_TEST

START_TEST(gate_holds_mode0)
{
	outb(0x61, 1);
	program_aligned(2, 0, 1000);
	F.now += ticks(100);
	ck_assert_uint_eq(latched(2), 900);
	outb(0x61, 0);
	F.now += MS;
	ck_assert_uint_eq(latched(2), 900);
	outb(0x61, 1);
	F.now += ticks(100);
	unsigned v = latched(2);

	ck_assert_uint_ge(v, 799);		/* less than a clock is lost */
	ck_assert_uint_le(v, 801);
}
END_TEST

START_TEST(gate_restarts_mode2)
{
	outb(0x61, 1);
	program_aligned(2, 2, 1000);
	F.now += ticks(300);
	outb(0x61, 0);
	F.now += MS;
	ck_assert_uint_eq(inb(0x61) & 0x20, 0x20);
	outb(0x61, 1);
	F.now += ticks(1) + 1;
	ck_assert_uint_eq(latched(2), 1000);
}
END_TEST

START_TEST(latch_holds)
{
	program_aligned(0, 2, 50000);
	F.now += ticks(1000);
	outb(0x43, 0x00);
	F.now += ticks(5000);
	outb(0x43, 0x00);			/* ignored: the first is unread */
	ck_assert_uint_eq(inb(0x40), 49000 & 0xff);
	F.now += ticks(100);
	ck_assert_uint_eq(inb(0x40), 49000 >> 8);
}
END_TEST

START_TEST(read_back)
{
	program_aligned(0, 2, 50000);
	F.now += ticks(1000);
	outb(0x43, 0xc2);			/* status and count of channel 0 */
	F.now += ticks(99);
	ck_assert_uint_eq(inb(0x40), 0x80 | 0x30 | 2 << 1);
	ck_assert_uint_eq(inb(0x40), 49000 & 0xff);
	ck_assert_uint_eq(inb(0x40), 49000 >> 8);
	outb(0x43, 0xd2);			/* count only */
	outb(0x43, 0xee);			/* status of all three */
	ck_assert_uint_eq(inb(0x42) & 0x3f, 0x36);
	ck_assert_uint_eq(inb(0x41) & 0x3f, 0x14);
	outb(0x43, 0x34);
	ck_assert_uint_eq(status(0) & 0x40, 0x40);	/* null count */
	outb(0x40, 0x10);
	ck_assert_uint_eq(status(0) & 0x40, 0x40);	/* half a count */
	outb(0x40, 0x10);
	F.now += ticks(2);
	ck_assert_uint_eq(status(0) & 0x40, 0);
}
END_TEST

START_TEST(byte_modes)
{
	F.now = 5 * SEC;
	outb(0x43, 0x14);			/* low byte only */
	outb(0x40, 200);
	F.now += ticks(11);
	ck_assert_uint_eq(inb(0x40), 190);
	ck_assert_uint_eq(inb(0x40), 190);
	outb(0x43, 0x24);			/* high byte only */
	outb(0x40, 2);
	F.now += ticks(1) + ticks(3);
	ck_assert_uint_eq(inb(0x40), 1);	/* 509 */
}
END_TEST

START_TEST(bcd)
{
	F.now = 5 * SEC;
	outb(0x43, 0x35);
	outb(0x40, 0x00);
	outb(0x40, 0x10);			/* 1000 */
	F.now += ticks(1 + 1);
	ck_assert_uint_eq(latched(0), 0x0999);
	outb(0x43, 0x31);			/* mode 0, 0 is 10,000 */
	outb(0x40, 0);
	outb(0x40, 0);
	F.now += ticks(2) + ticks(1);
	unsigned v = latched(0);

	ck_assert(v == 0x9998 || v == 0x9999);
}
END_TEST

START_TEST(count_zero_is_65536)
{
	program_aligned(0, 2, 0);
	F.now += ticks(1);
	ck_assert_uint_eq(latched(0), 65535);
	F.now = 5 * SEC + ticks(1 + 65536 + 5);
	ck_assert_uint_eq(latched(0), 65531);
}
END_TEST

START_TEST(new_count_waits_for_the_period)
{
	program_aligned(0, 2, 1000);
	F.now += ticks(400);
	outb(0x40, 300 & 0xff);
	outb(0x40, 300 >> 8);
	ck_assert_uint_eq(latched(0), 600);
	ck_assert_uint_eq(status(0) & 0x40, 0x40);
	F.now = 5 * SEC + ticks(1 + 1000 + 10);
	ck_assert_uint_eq(latched(0), 290);
	ck_assert_uint_eq(status(0) & 0x40, 0);
	F.now = 5 * SEC + ticks(1 + 1000 + 300 + 10);
	ck_assert_uint_eq(latched(0), 290);
}
END_TEST

START_TEST(hundred_hertz)
{
	pic_setup(1);
	program(0, 2, 11932);			/* 99.998 Hz */
	ck_assert_uint_eq(count_irq0(10 * SEC, MS), 999);
}
END_TEST

START_TEST(square_wave_ticks_once_a_period)
{
	pic_setup(1);
	program(0, 3, 11932);
	ck_assert_uint_eq(count_irq0(10 * SEC, MS), 999);
}
END_TEST

START_TEST(masked_timer_costs_nothing)
{
	pic_setup(0);
	program(0, 2, 1193);
	ck_assert(host_sleeps());
	F.now += SEC;
	ck_assert_uint_eq(latched(0) <= 1193, 1);	/* yet it counts */
	outb(0x21, 0xfe);			/* and one tick stands in IRR */
	ck_assert_int_eq(take(), 0x20);
	outb(0x20, 0x20);
	ck_assert(!pending());
	ck_assert_uint_ne(F.timer, 0);
	ck_assert_uint_eq(count_irq0(SEC, MS), 1000);	/* no flood of old ones */
}
END_TEST

START_TEST(timer_set_only_when_it_changes)
{
	pic_setup(1);
	program(0, 2, 11932);
	unsigned before = F.timers_set;

	for (int i = 0; i < 100; i++) {
		outb(0x20, 0x20);
		inb(0x21);
		inb(0x40);
		inb(0x61);
	}
	ck_assert_uint_eq(F.timers_set, before);
}
END_TEST

START_TEST(late_host_pays_ticks_back)
{
	unsigned n = 0;

	pic_setup(1);
	program(0, 2, 11932);			/* 10 ms */
	pass(25 * MS);
	while (take() == 0x20) {
		outb(0x20, 0x20);
		n++;
	}
	ck_assert_uint_eq(n, 1);		/* 2 came, 1 waited: the guest's loss */
	pass_late(100 * MS);			/* 10 due; the host slept */
	while (take() == 0x20) {
		outb(0x20, 0x20);
		n++;
	}
	ck_assert_uint_eq(n, 2);		/* one at once, no flood */
	n += count_irq0(200 * MS, MS);
	ck_assert_uint_eq(n, 2 + 9 + 20);	/* the rest between the others */
	ck_assert_uint_eq(count_irq0(SEC, MS) / 2, 50);
}
END_TEST

START_TEST(catch_up_is_bounded)
{
	pic_setup(1);
	program(0, 2, 1193);			/* 1 ms */
	pass_late(3600 * SEC);
	ck_assert_uint_le(count_irq0(SEC, 100 * US), 1000 + 251);
	ck_assert_uint_le(count_irq0(SEC, 100 * US), 1001);
}
END_TEST

START_TEST(interrupts_off_lose_ticks)
{
	pic_setup(1);
	program(0, 2, 1193);
	pass(50 * MS);				/* the host is on time */
	ck_assert_int_eq(take(), 0x20);
	outb(0x20, 0x20);
	ck_assert_uint_eq(count_irq0(100 * MS, 100 * US), 100);
}
END_TEST

START_TEST(too_fast_does_not_storm)
{
	unsigned before;

	pic_setup(1);
	program(0, 2, 2);
	before = F.timers_set;
	count_irq0(10 * MS, 10 * US);
	ck_assert_uint_le(F.timers_set - before, 10 * MS / AB_PERIOD_MIN_NS + 2);
}
END_TEST

START_TEST(channel2_calibration)
{
	/* As Linux's quick_pit and memory testers do: gate on, speaker off, mode
	 * 0, wait for OUT2. */
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, 59659 & 0xff);		/* 50 ms */
	outb(0x42, 59659 >> 8);
	uint64_t start = F.now;

	while (!(inb(0x61) & 0x20)) {
		F.now += 200;
		ck_assert_uint_lt(F.now - start, SEC);
	}
	ck_assert_uint_ge(F.now - start, ticks(59659) - 1000);
	ck_assert_uint_le(F.now - start, ticks(59660) + 2000);
}
END_TEST

START_TEST(refresh_toggles)
{
	unsigned changes = 0;
	uint8_t last = inb(0x61) & 0x10;

	for (unsigned i = 0; i < 1000; i++) {
		F.now += US;
		uint8_t v = inb(0x61) & 0x10;

		changes += v != last;
		last = v;
	}
	ck_assert_uint_ge(changes, 65);		/* every 15.085 us */
	ck_assert_uint_le(changes, 67);
}
END_TEST

START_TEST(exact_over_a_long_time)
{
	program_aligned(0, 2, 1000);
	F.now = 5 * SEC + ab_ticks_to_ns(1 + 1000ull * PIT_HZ * 3600 * 24, PIT_HZ);
	ck_assert_uint_eq(latched(0), 1000);
}
END_TEST

START_TEST(control_word_read_is_nothing)
{
	ck_assert_uint_eq(inb(0x43), 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, mode2_counts);
	tcase_add_test(tc, mode3_counts_by_two);
	tcase_add_test(tc, mode0_one_shot);
	tcase_add_test(tc, mode4_strobe);
	tcase_add_test(tc, mode1_and_5_trigger);
	tcase_add_test(tc, gate_holds_mode0);
	tcase_add_test(tc, gate_restarts_mode2);
	tcase_add_test(tc, latch_holds);
	tcase_add_test(tc, read_back);
	tcase_add_test(tc, byte_modes);
	tcase_add_test(tc, bcd);
	tcase_add_test(tc, count_zero_is_65536);
	tcase_add_test(tc, new_count_waits_for_the_period);
	tcase_add_test(tc, hundred_hertz);
	tcase_add_test(tc, square_wave_ticks_once_a_period);
	tcase_add_test(tc, masked_timer_costs_nothing);
	tcase_add_test(tc, timer_set_only_when_it_changes);
	tcase_add_test(tc, late_host_pays_ticks_back);
	tcase_add_test(tc, catch_up_is_bounded);
	tcase_add_test(tc, interrupts_off_lose_ticks);
	tcase_add_test(tc, too_fast_does_not_storm);
	tcase_add_test(tc, channel2_calibration);
	tcase_add_test(tc, refresh_toggles);
	tcase_add_test(tc, exact_over_a_long_time);
	tcase_add_test(tc, control_word_read_is_nothing);
}

int main(void)
{
	return fix_run("pit", add);
}
