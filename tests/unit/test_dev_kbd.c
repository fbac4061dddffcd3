/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8042 with keyboard and mouse, in the order in which drivers probe it. */
#include "devfix.h"

static bool full(void)
{
	return inb(0x64) & 1;
}

static int data(void)
{
	return full() ? inb(0x60) : -1;
}

static void drain(void)
{
	while (full())
		inb(0x60);
}

START_TEST(self_tests)
{
	outb(0x64, 0xaa);
	ck_assert_int_eq(data(), 0x55);
	ck_assert_uint_eq(inb(0x64) & 0x05, 0x04);
	outb(0x64, 0xab);
	ck_assert_int_eq(data(), 0);
	outb(0x64, 0xa9);
	ck_assert_int_eq(data(), 0);
}
END_TEST

START_TEST(command_byte)
{
	outb(0x64, 0x20);
	ck_assert_int_eq(data(), 0x61);
	outb(0x64, 0x60);
	outb(0x60, 0x44);
	outb(0x64, 0x20);
	ck_assert_int_eq(data(), 0x44);
	outb(0x64, 0xad);
	outb(0x64, 0x20);
	ck_assert_int_eq(data(), 0x54);
	outb(0x64, 0xae);
	outb(0x64, 0xa7);
	outb(0x64, 0x20);
	ck_assert_int_eq(data(), 0x64);
}
END_TEST

START_TEST(keyboard_reset_and_identify)
{
	outb(0x60, 0xff);
	ck_assert_int_eq(data(), 0xfa);
	ck_assert_int_eq(data(), 0xaa);
	ck_assert_int_eq(data(), -1);
	outb(0x60, 0xf2);
	ck_assert_int_eq(data(), 0xfa);
	ck_assert_int_eq(data(), 0xab);
	ck_assert_int_eq(data(), 0x41);		/* 83h, translated */
	outb(0x60, 0xed);
	ck_assert_int_eq(data(), 0xfa);
	outb(0x60, 0x07);
	ck_assert_int_eq(data(), 0xfa);
	outb(0x60, 0xee);
	ck_assert_int_eq(data(), 0xee);
	outb(0x60, 0xf0);
	ck_assert_int_eq(data(), 0xfa);
	outb(0x60, 0);
	ck_assert_int_eq(data(), 0xfa);
	ck_assert_int_eq(data(), 0x41);		/* set 2, translated as well */
	outb(0x60, 0xfe);
	ck_assert_int_eq(data(), 0x41);
	outb(0x60, 0x12);			/* no such command */
	ck_assert_int_eq(data(), 0xfe);
}
END_TEST

START_TEST(keys)
{
	ck_assert(ab_keyboard_in(M, 'a'));
	ck_assert_int_eq(data(), 0x1e);
	ck_assert_int_eq(data(), 0x9e);
	ck_assert(ab_keyboard_in(M, 'A'));
	ck_assert_int_eq(data(), 0x2a);
	ck_assert_int_eq(data(), 0x1e);
	ck_assert_int_eq(data(), 0x9e);
	ck_assert_int_eq(data(), 0xaa);
	ck_assert(ab_keyboard_in(M, '\n'));
	ck_assert_int_eq(data(), 0x1c);
	drain();
	ck_assert(ab_keyboard_in(M, 3));	/* ctrl-c */
	ck_assert_int_eq(data(), 0x1d);
	ck_assert_int_eq(data(), 0x2e);
	drain();
	ck_assert(!ab_keyboard_in(M, 0));
	ck_assert(!ab_keyboard_in(M, 0xe4));
}
END_TEST

/* Every printable character, through the table that a guest has. */
START_TEST(all_characters)
{
	/* by scan code; \1: no character */
	static const char plain[] = "\1\1" "1234567890-=\1\1qwertyuiop[]\n\1"
				    "asdfghjkl;'`\1\\zxcvbnm,./\1\1\1 ";
	static const char shifted[] = "\1\1!@#$%^&*()_+\1\1QWERTYUIOP{}\n\1"
				      "ASDFGHJKL:\"~\1|ZXCVBNM<>\077\1\1\1 ";

	for (int c = ' '; c < 0x7f; c++) {
		bool shift = false;
		int code, typed = -1;

		ck_assert(ab_keyboard_in(M, c));
		while ((code = data()) >= 0) {
			if (code == 0x2a)
				shift = true;
			else if (code < 0x3a)
				typed = shift ? shifted[code] : plain[code];
		}
		ck_assert_int_eq(typed, c);
	}
}
END_TEST

START_TEST(set_2_without_translation)
{
	outb(0x64, 0x60);
	outb(0x60, 0x01);
	ab_keyboard_in(M, 'a');
	ck_assert_int_eq(data(), 0x1c);
	ck_assert_int_eq(data(), 0xf0);
	ck_assert_int_eq(data(), 0x1c);
	outb(0x60, 0xf2);
	drain();
	outb(0x60, 0xf0);
	outb(0x60, 1);
	drain();
	ab_keyboard_in(M, 'a');
	ck_assert_int_eq(data(), 0x1e);
}
END_TEST

START_TEST(interrupts)
{
	pic_setup(1 << 1 | 1 << 12 | 4);
	ab_keyboard_in(M, 'a');
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(take(), 0x21);
		inb(0x60);
		pic_eoi(1);
	}
	ck_assert(!pending());
	outb(0x64, 0x60);
	outb(0x60, 0x64);			/* interrupt off */
	ab_keyboard_in(M, 'a');
	ck_assert(!pending());
	drain();
	outb(0x64, 0x60);
	outb(0x60, 0x47);
	outb(0x64, 0xd4);
	outb(0x60, 0xf4);
	ck_assert_uint_eq(inb(0x64) & 0x21, 0x21);
	ck_assert_int_eq(take(), 0x2c);
	ck_assert_int_eq(data(), 0xfa);
	pic_eoi(12);
	ck_assert(!pending());
}
END_TEST

START_TEST(mouse)
{
	static const uint8_t reset[] = { 0xfa, 0xaa, 0x00 };

	outb(0x64, 0xd3);			/* loop, as Linux probes */
	outb(0x60, 0x5a);
	ck_assert_uint_eq(inb(0x64) & 0x21, 0x21);
	ck_assert_int_eq(data(), 0x5a);
	outb(0x64, 0xa8);
	outb(0x64, 0xd4);
	outb(0x60, 0xff);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(data(), reset[i]);
	outb(0x64, 0xd4);
	outb(0x60, 0xf3);
	ck_assert_int_eq(data(), 0xfa);
	outb(0x64, 0xd4);
	outb(0x60, 200);
	ck_assert_int_eq(data(), 0xfa);
	ck_assert_int_eq(data(), -1);
}
END_TEST

START_TEST(disabled_keyboard_waits)
{
	outb(0x64, 0xad);
	ck_assert(ab_keyboard_in(M, 'a'));
	ck_assert(!full());
	outb(0x64, 0xaa);			/* answers go before it */
	ck_assert_int_eq(data(), 0x55);
	ck_assert(!full());
	outb(0x64, 0xae);
	ck_assert_int_eq(data(), 0x1e);
}
END_TEST

START_TEST(answer_goes_before_a_key)
{
	ab_keyboard_in(M, 'a');
	outb(0x64, 0x20);
	ck_assert_int_eq(data(), 0x61);
	ck_assert_int_eq(data(), 0x1e);		/* and it is not lost */
	ck_assert_int_eq(data(), 0x9e);
}
END_TEST

START_TEST(flood)
{
	unsigned n = 0;

	while (ab_keyboard_in(M, 'A'))
		ck_assert_uint_lt(n++, 100);
	for (unsigned i = 0; i < 1000; i++) {
		outb(0x60, i);
		outb(0x64, (i * 7) & 0x7f);
	}
	for (unsigned i = 0; i < 100; i++)
		inb(0x60);
	ck_assert(!full());
}
END_TEST

START_TEST(reset)
{
	outb(0x64, 0xfe);
	ck_assert_int_eq(F.status, 0);
	ck_assert_ptr_nonnull(F.why);
}
END_TEST

START_TEST(output_port)
{
	outb(0x64, 0xd0);
	ck_assert_int_eq(data() & 3, 3);
	outb(0x64, 0xd1);			/* A20 on, as boot code does */
	outb(0x60, 0xdf);
	ck_assert_int_eq(F.status, -1);
	outb(0x64, 0xff);			/* pulses nothing */
	ck_assert_int_eq(F.status, -1);
	outb(0x64, 0xd1);
	outb(0x60, 0xde);
	ck_assert_int_eq(F.status, 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, self_tests);
	tcase_add_test(tc, command_byte);
	tcase_add_test(tc, keyboard_reset_and_identify);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, all_characters);
	tcase_add_test(tc, set_2_without_translation);
	tcase_add_test(tc, interrupts);
	tcase_add_test(tc, mouse);
	tcase_add_test(tc, disabled_keyboard_waits);
	tcase_add_test(tc, answer_goes_before_a_key);
	tcase_add_test(tc, flood);
	tcase_add_test(tc, reset);
	tcase_add_test(tc, output_port);
}

int main(void)
{
	return fix_run("kbd", add);
}
