/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8259A pair, as kernels drive it. */
#include "devfix.h"

static void line(unsigned irq, bool level)
{
	ab_irq_set(M, irq, level);
}

START_TEST(bios_state)
{
	ck_assert_uint_eq(inb(0x21), 0xb8);
	ck_assert_uint_eq(inb(0xa1), 0x8e);
	line(1, true);
	ck_assert_int_eq(take(), 0x09);		/* real-mode vectors */
}
END_TEST

START_TEST(init_sequence)
{
	line(1, true);
	line(1, false);
	ck_assert(pending());
	pic_setup(0xffff);
	ck_assert(!pending());			/* ICW1 clears the edge latch */
	ck_assert_uint_eq(inb(0x21), 0);
	line(1, true);
	ck_assert_int_eq(take(), 0x21);
	ck_assert_int_eq(take(), -1);
}
END_TEST

START_TEST(no_interrupt_while_initializing)
{
	pic_setup(0xffff);
	outb(0x20, 0x11);
	line(5, true);
	ck_assert(!pending());
	outb(0x21, 0x40);
	outb(0x21, 4);
	ck_assert(!pending());
	outb(0x21, 1);
	ck_assert_int_eq(take(), 0x45);
}
END_TEST

START_TEST(mask_readback)
{
	pic_setup(0);
	outb(0x21, 0xfb);
	outb(0xa1, 0x5a);
	ck_assert_uint_eq(inb(0x21), 0xfb);
	ck_assert_uint_eq(inb(0xa1), 0x5a);
}
END_TEST

START_TEST(masked_edge_is_kept)
{
	pic_setup(0);
	line(3, true);
	line(3, false);
	ck_assert(!pending());
	outb(0x20, 0x0a);
	ck_assert_uint_eq(inb(0x20) & 8, 8);	/* IRR shows it */
	outb(0x21, 0xf7);
	ck_assert_int_eq(take(), 0x23);
	ck_assert_int_eq(take(), -1);
}
END_TEST

START_TEST(one_edge_one_interrupt)
{
	pic_setup(0xffff);
	line(4, true);
	ck_assert_int_eq(take(), 0x24);
	pic_eoi(4);
	ck_assert(!pending());			/* still high: no edge */
	line(4, false);
	line(4, true);
	ck_assert_int_eq(take(), 0x24);
}
END_TEST

START_TEST(edge_during_service)
{
	pic_setup(0xffff);
	line(4, true);
	ck_assert_int_eq(take(), 0x24);
	line(4, false);
	line(4, true);
	ck_assert(!pending());			/* its own ISR bit blocks it */
	pic_eoi(4);
	ck_assert_int_eq(take(), 0x24);
}
END_TEST

START_TEST(priorities_nest)
{
	pic_setup(0xffff);
	line(4, true);
	ck_assert_int_eq(take(), 0x24);
	line(6, true);
	ck_assert(!pending());			/* lower waits */
	line(1, true);
	ck_assert_int_eq(take(), 0x21);		/* higher comes through */
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0x12);	/* ISR */
	outb(0x20, 0x20);			/* ends the highest, 1 */
	ck_assert_uint_eq(inb(0x20), 0x10);
	ck_assert(!pending());
	outb(0x20, 0x20);
	ck_assert_int_eq(take(), 0x26);
}
END_TEST

START_TEST(specific_eoi)
{
	pic_setup(0xffff);
	line(4, true);
	take();
	line(1, true);
	take();
	outb(0x20, 0x64);			/* end 4, not 1 */
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0x02);
}
END_TEST

START_TEST(cascade)
{
	pic_setup(0xffff);
	line(12, true);
	ck_assert_int_eq(take(), 0x2c);
	outb(0x20, 0x0b);
	outb(0xa0, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0x04);
	ck_assert_uint_eq(inb(0xa0), 0x10);
	line(8, true);				/* higher on the same slave: the */
	ck_assert(!pending());			/* master's IR2 is in service */
	outb(0xa0, 0x20);
	ck_assert(!pending());
	outb(0x20, 0x20);
	ck_assert_int_eq(take(), 0x28);
	line(1, true);
	ck_assert_int_eq(take(), 0x21);		/* 1 is above 2 */
}
END_TEST

START_TEST(cascade_masked_at_master)
{
	pic_setup(0xfffb);
	line(14, true);
	ck_assert(!pending());
	outb(0x21, 0);
	ck_assert_int_eq(take(), 0x2e);
}
END_TEST

START_TEST(special_fully_nested)
{
	pic_setup(0xffff);
	outb(0x20, 0x11);
	outb(0x21, 0x20);
	outb(0x21, 0x04);
	outb(0x21, 0x11);			/* SFNM */
	line(12, true);
	ck_assert_int_eq(take(), 0x2c);
	line(8, true);
	ck_assert_int_eq(take(), 0x28);		/* nests inside the slave */
}
END_TEST

START_TEST(auto_eoi)
{
	pic_setup(0xffff);
	outb(0x20, 0x11);
	outb(0x21, 0x20);
	outb(0x21, 0x04);
	outb(0x21, 0x03);			/* AEOI */
	line(4, true);
	ck_assert_int_eq(take(), 0x24);
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0);
	line(6, true);
	ck_assert_int_eq(take(), 0x26);
}
END_TEST

START_TEST(rotation)
{
	pic_setup(0xffff);
	line(1, true);
	line(2, true);
	line(3, true);
	ck_assert_int_eq(take(), 0x21);
	outb(0x20, 0xa0);			/* rotate on non-specific EOI */
	line(1, false);
	line(1, true);				/* 1 is last now */
	ck_assert_int_eq(take(), 0x23);
	outb(0x20, 0x20);
	ck_assert_int_eq(take(), 0x21);
	outb(0x20, 0xe1);			/* rotate on specific EOI */
	outb(0x20, 0xc4);			/* set priority: 5 is highest */
	line(4, true);
	line(5, true);
	ck_assert_int_eq(take(), 0x25);
}
END_TEST

START_TEST(special_mask)
{
	pic_setup(0xffff);
	line(1, true);
	take();
	line(6, true);
	ck_assert(!pending());
	outb(0x21, 0x02);			/* mask what is in service... */
	outb(0x20, 0x68);			/* ...special mask mode */
	ck_assert_int_eq(take(), 0x26);		/* lower ones come through */
	outb(0x20, 0x20);			/* leaves the masked one alone */
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0x02);
	outb(0x20, 0x48);
	line(6, false);
	line(6, true);
	ck_assert(!pending());
}
END_TEST

START_TEST(poll)
{
	pic_setup(0xffff);
	outb(0x20, 0x0c);
	ck_assert_uint_eq(inb(0x20), 0);
	line(5, true);
	outb(0x20, 0x0c);
	ck_assert_uint_eq(inb(0x20), 0x85);
	ck_assert(!pending());			/* the poll acknowledged it */
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0x20);
}
END_TEST

START_TEST(level_triggered)
{
	pic_setup(0xffff);
	outb(0x4d0, 0xff);
	outb(0x4d1, 0xff);
	ck_assert_uint_eq(inb(0x4d0), 0xf8);	/* timer, keyboard: always edge */
	ck_assert_uint_eq(inb(0x4d1), 0xde);
	line(10, true);
	ck_assert_int_eq(take(), 0x2a);
	pic_eoi(10);
	ck_assert_int_eq(take(), 0x2a);		/* high: again */
	line(10, false);
	pic_eoi(10);
	ck_assert(!pending());
	line(10, true);
	line(10, false);
	ck_assert(!pending());			/* withdrawn */
}
END_TEST

START_TEST(spurious)
{
	pic_setup(0xffff);
	outb(0x4d0, 0x20);
	line(5, true);
	ck_assert(pending());
	M->dev.pic[0].irr = 0;			/* gone between INTR and INTA */
	ck_assert_int_eq(ab_pic_ack(M), 0x27);
	outb(0x20, 0x0b);
	ck_assert_uint_eq(inb(0x20), 0);	/* nothing to end */
	line(9, true);
	M->dev.pic[1].irr = 0;
	ck_assert_int_eq(ab_pic_ack(M), 0x2f);
	ck_assert_uint_eq(inb(0x20), 0x04);	/* but the master saw IR2 */
	outb(0xa0, 0x0b);
	ck_assert_uint_eq(inb(0xa0), 0);
}
END_TEST

START_TEST(wide_access_splits)
{
	pic_setup(0);
	outw(0x20, 0xfe0b);			/* OCW3 and mask in one word */
	ck_assert_uint_eq(inb(0x21), 0xfe);
	ck_assert_uint_eq(inw(0x20), 0xfe00);
	ck_assert_uint_eq(inl(0x20), 0xfffffe00);	/* 22h, 23h: nobody */
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, bios_state);
	tcase_add_test(tc, init_sequence);
	tcase_add_test(tc, no_interrupt_while_initializing);
	tcase_add_test(tc, mask_readback);
	tcase_add_test(tc, masked_edge_is_kept);
	tcase_add_test(tc, one_edge_one_interrupt);
	tcase_add_test(tc, edge_during_service);
	tcase_add_test(tc, priorities_nest);
	tcase_add_test(tc, specific_eoi);
	tcase_add_test(tc, cascade);
	tcase_add_test(tc, cascade_masked_at_master);
	tcase_add_test(tc, special_fully_nested);
	tcase_add_test(tc, auto_eoi);
	tcase_add_test(tc, rotation);
	tcase_add_test(tc, special_mask);
	tcase_add_test(tc, poll);
	tcase_add_test(tc, level_triggered);
	tcase_add_test(tc, spurious);
	tcase_add_test(tc, wide_access_splits);
}

int main(void)
{
	return fix_run("pic", add);
}
