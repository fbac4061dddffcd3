/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 16550A: the detection sequences of drivers, interrupts, FIFO, loopback. */
#include <string.h>
#include "devfix.h"

#define RBR 0x3f8
#define IER 0x3f9
#define IIR 0x3fa
#define FCR 0x3fa
#define LCR 0x3fb
#define MCR 0x3fc
#define LSR 0x3fd
#define MSR 0x3fe
#define SCR 0x3ff

START_TEST(output)
{
	for (const char *s = "hello\n"; *s; s++) {
		ck_assert_uint_eq(inb(LSR) & 0x60, 0x60);
		outb(RBR, *s);
	}
	ck_assert_str_eq(F.out, "hello\n");
}
END_TEST

START_TEST(linux_autoconfig)
{
	/* interrupt enable register is there and has four bits */
	outb(IER, 0);
	ck_assert_uint_eq(inb(IER) & 0x0f, 0);
	outb(IER, 0x0f);
	ck_assert_uint_eq(inb(IER) & 0x0f, 0x0f);
	outb(IER, 0xff);
	ck_assert_uint_eq(inb(IER), 0x0f);
	outb(IER, 0);
	/* loopback: RTS and OUT2 come back as CTS and DCD */
	outb(MCR, 0x1a);
	ck_assert_uint_eq(inb(MSR) & 0xf0, 0x90);
	outb(MCR, 0);
	/* FIFO: both top bits; no 64-byte FIFO */
	ck_assert_uint_eq(inb(IIR) & 0xc0, 0);
	outb(FCR, 0x01);
	ck_assert_uint_eq(inb(IIR) >> 6, 3);
	outb(LCR, 0x80);
	outb(FCR, 0x21);
	outb(LCR, 0);
	ck_assert_uint_eq(inb(IIR) & 0x20, 0);
	outb(FCR, 0);
	ck_assert_uint_eq(inb(IIR) & 0xc0, 0);
	/* scratch */
	outb(SCR, 0xa5);
	ck_assert_uint_eq(inb(SCR), 0xa5);
	outb(SCR, 0x5a);
	ck_assert_uint_eq(inb(SCR), 0x5a);
	ck_assert_uint_eq(F.nout, 0);
}
END_TEST

START_TEST(divisor_latch)
{
	outb(LCR, 0x83);
	outb(RBR, 0x01);
	outb(IER, 0x02);
	ck_assert_uint_eq(inb(RBR), 1);
	ck_assert_uint_eq(inb(IER), 2);
	outb(LCR, 0x03);
	ck_assert_uint_eq(inb(LCR), 3);
	ck_assert_uint_eq(inb(IER), 0);
	ck_assert_uint_eq(F.nout, 0);
}
END_TEST

START_TEST(receive_without_fifo)
{
	ck_assert_uint_eq(ab_console_room(M), 1);
	ab_console_in(M, 'a');
	ck_assert_uint_eq(ab_console_room(M), 0);
	ck_assert_uint_eq(inb(LSR) & 1, 1);
	ck_assert_uint_eq(inb(RBR), 'a');
	ck_assert_uint_eq(inb(LSR) & 1, 0);
	ck_assert_uint_eq(F.ready, 1);
	ck_assert_uint_eq(inb(RBR), 'a');	/* the register keeps its value */
}
END_TEST

START_TEST(overrun)
{
	outb(IER, 4);
	ab_console_in(M, 'a');
	ab_console_in(M, 'b');
	ck_assert_uint_eq(inb(IIR), 6);
	ck_assert_uint_eq(inb(LSR), 0x63);
	ck_assert_uint_eq(inb(LSR), 0x61);	/* reading clears OE */
	ck_assert_uint_eq(inb(IIR), 1);
	ck_assert_uint_eq(inb(RBR), 'b');	/* the newer byte */
	outb(FCR, 1);
	for (unsigned i = 0; i < 20; i++)
		ab_console_in(M, i);
	ck_assert_uint_eq(inb(LSR) & 2, 2);
	for (unsigned i = 0; i < 16; i++)
		ck_assert_uint_eq(inb(RBR), i);	/* the older ones */
	ck_assert_uint_eq(inb(LSR) & 1, 0);
}
END_TEST

START_TEST(fifo_trigger_and_timeout)
{
	outb(FCR, 0x81);			/* trigger at 8 */
	outb(IER, 1);
	ab_console_in(M, 'x');
	ck_assert_uint_eq(inb(IIR), 0xcc);	/* character timeout */
	for (unsigned i = 0; i < 7; i++)
		ab_console_in(M, 'x');
	ck_assert_uint_eq(inb(IIR), 0xc4);
	ck_assert_uint_eq(ab_console_room(M), 8);
	outb(FCR, 0x83);			/* clear receiver */
	ck_assert_uint_eq(inb(IIR), 0xc1);
	ck_assert_uint_eq(inb(LSR), 0x60);
}
END_TEST

START_TEST(toggling_the_fifo_clears_it)
{
	outb(FCR, 1);
	ab_console_in(M, 'x');
	outb(FCR, 0);
	ck_assert_uint_eq(inb(LSR) & 1, 0);
}
END_TEST

START_TEST(priorities_of_iir)
{
	outb(IER, 0x0f);
	outb(MCR, 0x10);			/* loopback: modem lines change */
	outb(MCR, 0x12);
	outb(RBR, 'a');
	outb(RBR, 'b');				/* overrun */
	ck_assert_uint_eq(inb(IIR), 6);
	inb(LSR);
	ck_assert_uint_eq(inb(IIR), 4);
	inb(RBR);
	ck_assert_uint_eq(inb(IIR), 2);		/* reading it is the acknowledge */
	ck_assert_uint_eq(inb(IIR), 0);
	ck_assert_uint_ne(inb(MSR) & 0x0f, 0);
	ck_assert_uint_eq(inb(IIR), 1);
}
END_TEST

START_TEST(thre_interrupt)
{
	pic_setup(1 << 4);
	outb(IER, 2);				/* at once: THR is empty */
	ck_assert_int_eq(take(), 0x24);
	ck_assert_uint_eq(inb(IIR), 2);
	ck_assert_uint_eq(inb(IIR), 1);
	pic_eoi(4);
	ck_assert(!pending());
	outb(RBR, 'x');
	ck_assert_int_eq(take(), 0x24);		/* sent: the next one */
	outb(RBR, 'y');				/* from inside the handler */
	pic_eoi(4);
	ck_assert_int_eq(take(), 0x24);
	ck_assert_uint_eq(inb(IIR), 2);
	pic_eoi(4);
	ck_assert(!pending());
	outb(IER, 0);
	outb(IER, 2);				/* Linux's test for a THRE bug */
	ck_assert_uint_eq(inb(IIR), 2);
	ck_assert_str_eq(F.out, "xy");
}
END_TEST

START_TEST(receive_interrupt)
{
	pic_setup(1 << 4);
	outb(IER, 1);
	ck_assert(!pending());
	ab_console_in(M, 'q');
	ck_assert_int_eq(take(), 0x24);
	ck_assert_uint_eq(inb(IIR), 4);
	ck_assert_uint_eq(inb(RBR), 'q');
	pic_eoi(4);
	ck_assert(!pending());
}
END_TEST

START_TEST(one_byte_an_interrupt)
{
	char got[8] = "";

	pic_setup(1 << 4);
	outb(FCR, 1);
	outb(IER, 1);
	for (const char *s = "abc"; *s; s++)
		ab_console_in(M, *s);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(take(), 0x24);
		got[i] = inb(RBR);
		pic_eoi(4);
	}
	ck_assert_str_eq(got, "abc");
}
END_TEST

START_TEST(loopback)
{
	outb(FCR, 1);
	outb(MCR, 0x10);
	for (const char *s = "loop"; *s; s++)
		outb(RBR, *s);
	ck_assert_uint_eq(ab_console_room(M), 0);
	for (const char *s = "loop"; *s; s++)
		ck_assert_uint_eq(inb(RBR), *s);
	ck_assert_uint_eq(inb(LSR), 0x60);
	ck_assert_uint_eq(F.nout, 0);
	for (unsigned i = 0; i < 16; i++) {
		outb(MCR, 0x10 | i);
		uint8_t want = (i & 1) << 5 | (i & 2) << 3 | (i & 4) << 4 | (i & 8) << 4;

		ck_assert_uint_eq(inb(MSR) & 0xf0, want);
	}
	outb(MCR, 0x0b);
	ck_assert_uint_eq(inb(MSR) & 0xf0, 0xb0);	/* connected */
}
END_TEST

START_TEST(msr_deltas)
{
	inb(MSR);
	outb(MCR, 0x10);			/* CTS, DSR, DCD fall */
	ck_assert_uint_eq(inb(MSR), 0x0b);
	ck_assert_uint_eq(inb(MSR), 0);
	outb(MCR, 0x14);			/* RI rises: nothing */
	ck_assert_uint_eq(inb(MSR), 0x40);
	outb(MCR, 0x10);			/* and falls */
	ck_assert_uint_eq(inb(MSR), 0x04);
}
END_TEST

START_TEST(other_uarts_are_not_there)
{
	ck_assert_uint_eq(inb(0x2f8 + 5), 0xff);
	ck_assert_uint_eq(inb(0x3e8 + 5), 0xff);
	ck_assert_uint_eq(inb(0x2e8 + 5), 0xff);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, output);
	tcase_add_test(tc, linux_autoconfig);
	tcase_add_test(tc, divisor_latch);
	tcase_add_test(tc, receive_without_fifo);
	tcase_add_test(tc, overrun);
	tcase_add_test(tc, fifo_trigger_and_timeout);
	tcase_add_test(tc, toggling_the_fifo_clears_it);
	tcase_add_test(tc, priorities_of_iir);
	tcase_add_test(tc, thre_interrupt);
	tcase_add_test(tc, receive_interrupt);
	tcase_add_test(tc, one_byte_an_interrupt);
	tcase_add_test(tc, loopback);
	tcase_add_test(tc, msr_deltas);
	tcase_add_test(tc, other_uarts_are_not_there);
}

int main(void)
{
	return fix_run("uart", add);
}
