/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MC146818: time in all formats, UIP, the three interrupts, CMOS. */
#include "devfix.h"

static uint8_t cmos(uint8_t i)
{
	outb(0x70, i);
	return inb(0x71);
}

static void set_cmos(uint8_t i, uint8_t v)
{
	outb(0x70, i);
	outb(0x71, v);
}

START_TEST(bcd_time)
{
	ck_assert_uint_eq(cmos(0x0b) & 6, 2);	/* 24 hours, BCD */
	ck_assert_uint_eq(cmos(0), 0x20);
	ck_assert_uint_eq(cmos(2), 0x13);
	ck_assert_uint_eq(cmos(4), 0x22);
	ck_assert_uint_eq(cmos(6), 3);		/* Tuesday */
	ck_assert_uint_eq(cmos(7), 0x14);
	ck_assert_uint_eq(cmos(8), 0x11);
	ck_assert_uint_eq(cmos(9), 0x23);
	ck_assert_uint_eq(cmos(0x32), 0x20);
	F.now += 41 * SEC;			/* 22:14:01 */
	ck_assert_uint_eq(cmos(0), 0x01);
	ck_assert_uint_eq(cmos(2), 0x14);
}
END_TEST

START_TEST(binary_and_12_hours)
{
	set_cmos(0x0b, 0x04);
	ck_assert_uint_eq(cmos(4), 0x80 | 10);	/* 10 pm */
	ck_assert_uint_eq(cmos(2), 13);
	ck_assert_uint_eq(cmos(9), 23);
	F.now += 2 * 3600 * SEC;		/* 00:13:20 */
	ck_assert_uint_eq(cmos(4), 12);		/* 12 am */
	ck_assert_uint_eq(cmos(7), 15);
	F.now += 12 * 3600 * SEC;
	ck_assert_uint_eq(cmos(4), 0x80 | 12);	/* noon is 12 pm */
	set_cmos(0x0b, 0x00);
	ck_assert_uint_eq(cmos(4), 0x80 | 0x12);
}
END_TEST

START_TEST(calendar)
{
	static const struct { uint64_t time; uint8_t y, m, d, w; } days[] = {
		{ 951782400, 0x00, 0x02, 0x29, 3 },	/* Tue 2000-02-29 */
		{ 951868800, 0x00, 0x03, 0x01, 4 },
		{ 1077926400, 0x04, 0x02, 0x28, 7 },
		{ 1735603200, 0x24, 0x12, 0x31, 3 },
		{ 4107456000, 0x00, 0x02, 0x28, 1 },	/* 2100: no leap day */
		{ 4107542400, 0x00, 0x03, 0x01, 2 },
	};

	for (unsigned i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		M->dev.rtc.base = days[i].time;
		ck_assert_uint_eq(cmos(9), days[i].y);
		ck_assert_uint_eq(cmos(8), days[i].m);
		ck_assert_uint_eq(cmos(7), days[i].d);
		ck_assert_uint_eq(cmos(6), days[i].w);
	}
}
END_TEST

START_TEST(set_the_clock)
{
	static const uint8_t want[][2] = {
		{ 0, 0x58 }, { 2, 0x59 }, { 4, 0x23 }, { 7, 0x31 }, { 8, 0x12 },
		{ 9, 0x99 }, { 0x32, 0x19 },
	};

	set_cmos(0x0b, 0x82);			/* SET */
	for (unsigned i = 0; i < sizeof(want) / 2; i++)
		set_cmos(want[i][0], want[i][1]);
	F.now += 10 * SEC;
	ck_assert_uint_eq(cmos(0), 0x58);	/* stands still */
	set_cmos(0x0b, 0x02);
	for (unsigned i = 0; i < sizeof(want) / 2; i++)
		ck_assert_uint_eq(cmos(want[i][0]), want[i][1]);
	F.now += 2 * SEC;
	ck_assert_uint_eq(cmos(0), 0);
	ck_assert_uint_eq(cmos(4), 0);
	ck_assert_uint_eq(cmos(7), 1);
	ck_assert_uint_eq(cmos(8), 1);
	ck_assert_uint_eq(cmos(9), 0);
	ck_assert_uint_eq(cmos(0x32), 0x20);
}
END_TEST

START_TEST(set_one_register)
{
	set_cmos(2, 0x45);			/* without SET */
	ck_assert_uint_eq(cmos(2), 0x45);
	ck_assert_uint_eq(cmos(4), 0x22);
	ck_assert_uint_eq(cmos(0), 0x20);
}
END_TEST

START_TEST(nonsense_is_survived)
{
	set_cmos(0x0b, 0x82);
	for (unsigned i = 0; i < 10; i++)
		set_cmos(i, 0xff);
	set_cmos(0x32, 0xff);
	set_cmos(0x0b, 0x02);
	for (unsigned i = 0; i < 10; i++)
		cmos(i);
	set_cmos(0x0b, 0x20);
	F.now += 100000 * SEC;
	cmos(0x0c);
}
END_TEST

START_TEST(update_in_progress)
{
	uint64_t second = M->dev.rtc.base_ns + SEC;
	uint8_t sec = cmos(0);

	F.now = second - 300 * US;
	ck_assert_uint_eq(cmos(0x0a) & 0x80, 0);
	F.now = second - 200 * US;
	ck_assert_uint_eq(cmos(0x0a) & 0x80, 0x80);
	ck_assert_uint_eq(cmos(0), sec);
	F.now = second;
	ck_assert_uint_eq(cmos(0x0a) & 0x80, 0);
	ck_assert_uint_eq(cmos(0), sec + 1);
	set_cmos(0x0b, 0x82);
	F.now = second + SEC - 100 * US;
	ck_assert_uint_eq(cmos(0x0a) & 0x80, 0);	/* SET: no updates */
}
END_TEST

START_TEST(flags_without_interrupts)
{
	cmos(0x0c);
	F.now += SEC;
	ck_assert_uint_eq(cmos(0x0c), 0x50);	/* PF, UF; IRQF needs enabling */
	ck_assert_uint_eq(cmos(0x0c), 0);
	ck_assert_uint_eq(F.timer < F.now + 60 * MS, 1);	/* only the PIT's */
}
END_TEST

START_TEST(periodic_interrupt)
{
	unsigned n = 0;

	pic_setup(1 << 8 | 4);
	ck_assert(host_sleeps());
	cmos(0x0c);
	set_cmos(0x0b, 0x42);			/* 1024 Hz */
	ck_assert_uint_ne(F.timer, 0);
	for (unsigned i = 0; i < 1000; i++) {
		pass(MS);
		while (take() == 0x28) {
			ck_assert_uint_eq(cmos(0x0c) & 0xc0, 0xc0);
			pic_eoi(8);
			n++;
		}
	}
	/* One can be lost to each look a millisecond, as on hardware. */
	ck_assert_uint_ge(n, 999);
	ck_assert_uint_le(n, 1024);
	set_cmos(0x0a, 0x2f);			/* 2 Hz */
	cmos(0x0c);
	n = 0;
	for (unsigned i = 0; i < 4000; i++) {
		pass(MS);
		if (take() == 0x28) {
			cmos(0x0c);
			pic_eoi(8);
			n++;
		}
	}
	ck_assert_uint_ge(n, 8);
	ck_assert_uint_le(n, 9);
}
END_TEST

START_TEST(no_new_edge_before_c_is_read)
{
	pic_setup(1 << 8 | 4);
	set_cmos(0x0b, 0x42);
	pass(10 * MS);
	ck_assert_int_eq(take(), 0x28);
	pic_eoi(8);
	ck_assert(host_sleeps());		/* so no timer either */
	pass(SEC);
	ck_assert(!pending());
	cmos(0x0c);
	pass(MS);
	ck_assert_int_eq(take(), 0x28);
}
END_TEST

START_TEST(update_interrupt)
{
	pic_setup(1 << 8 | 4);
	set_cmos(0x0b, 0x12);
	cmos(0x0c);
	for (unsigned i = 0; i < 5; i++) {
		pass(SEC);
		ck_assert_int_eq(take(), 0x28);
		ck_assert_uint_eq(cmos(0x0c) & 0x90, 0x90);
		pic_eoi(8);
		ck_assert(!pending());
	}
}
END_TEST

START_TEST(alarm_interrupt)
{
	pic_setup(1 << 8 | 4);
	ck_assert(host_sleeps());
	set_cmos(1, 0x25);
	set_cmos(3, 0x13);
	set_cmos(5, 0x22);
	set_cmos(0x0b, 0x22);
	cmos(0x0c);
	ck_assert_uint_eq(F.timer, M->dev.rtc.base_ns + 5 * SEC);
	pass(5 * SEC);
	ck_assert_int_eq(take(), 0x28);
	ck_assert_uint_eq(cmos(0x0c) & 0xa0, 0xa0);
	pic_eoi(8);
	ck_assert_uint_eq(F.timer, M->dev.rtc.base_ns + (5 + 86400) * SEC);
	set_cmos(1, 0xc0);			/* any second */
	set_cmos(3, 0xff);
	set_cmos(5, 0xff);
	pass(SEC);
	ck_assert_int_eq(take(), 0x28);
}
END_TEST

START_TEST(alarm_that_never_comes)
{
	pic_setup(1 << 8 | 4);
	set_cmos(1, 0x99);
	set_cmos(0x0b, 0x22);
	cmos(0x0c);
	ck_assert(host_sleeps());
}
END_TEST

START_TEST(cmos_memory)
{
	M->ram_size = 64 << 20;
	ab_platform_init(M);
	set_cmos(0x40, 0x12);
	set_cmos(0x7f, 0x34);
	ck_assert_uint_eq(cmos(0x40), 0x12);
	ck_assert_uint_eq(cmos(0x80 | 0x7f), 0x34);	/* bit 7: NMI */
	ck_assert_uint_eq(cmos(0x15) | cmos(0x16) << 8, 640);
	ck_assert_uint_eq(cmos(0x17) | cmos(0x18) << 8, 63 << 10);
	ck_assert_uint_eq(cmos(0x30) | cmos(0x31) << 8, 63 << 10);
	ck_assert_uint_eq(cmos(0x34) | cmos(0x35) << 8, 48 << 4);
	ck_assert_uint_eq(cmos(0x5b) | cmos(0x5c) << 8 | cmos(0x5d) << 16, 0);
	ck_assert_uint_eq(cmos(0x0d), 0x80);
	ck_assert_uint_eq(cmos(0x10), 0);	/* no floppy */
	ck_assert_uint_eq(inb(0x70), 0xff);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, bcd_time);
	tcase_add_test(tc, binary_and_12_hours);
	tcase_add_test(tc, calendar);
	tcase_add_test(tc, set_the_clock);
	tcase_add_test(tc, set_one_register);
	tcase_add_test(tc, nonsense_is_survived);
	tcase_add_test(tc, update_in_progress);
	tcase_add_test(tc, flags_without_interrupts);
	tcase_add_test(tc, periodic_interrupt);
	tcase_add_test(tc, no_new_edge_before_c_is_read);
	tcase_add_test(tc, update_interrupt);
	tcase_add_test(tc, alarm_interrupt);
	tcase_add_test(tc, alarm_that_never_comes);
	tcase_add_test(tc, cmos_memory);
}

int main(void)
{
	return fix_run("rtc", add);
}
