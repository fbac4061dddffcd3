/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ATA disks: identify, PIO transfers of all kinds, errors, slow hosts. */
#include <string.h>
#include "devfix.h"

#define ST 0x1f7

static void command(unsigned drive, uint32_t lba, unsigned n, uint8_t cmd)
{
	outb(0x1f6, 0xe0 | drive << 4 | lba >> 24);
	outb(0x1f2, n);
	outb(0x1f3, lba);
	outb(0x1f4, lba >> 8);
	outb(0x1f5, lba >> 16);
	outb(ST, cmd);
}

static void read_sector(uint8_t *buf)
{
	for (unsigned i = 0; i < 512; i += 2) {
		uint16_t v = inw(0x1f0);

		buf[i] = v;
		buf[i + 1] = v >> 8;
	}
}

static void write_sector(const uint8_t *buf)
{
	for (unsigned i = 0; i < 512; i += 4)
		outl(0x1f0, buf[i] | buf[i + 1] << 8 | buf[i + 2] << 16 |
			    (uint32_t)buf[i + 3] << 24);
}

static void fill_disk(unsigned drive)
{
	for (unsigned i = 0; i < sizeof(F.disk[0]); i++)
		F.disk[drive][i] = i / 512 * 7 + i * 3 + i / 256 + drive;
}

static void start(void)
{
	fix_start_disks(true, false);
	fill_disk(0);
}

START_TEST(no_disks)
{
	fix_start();
	for (unsigned p = 0x1f0; p < 0x1f8; p++)
		ck_assert_uint_eq(inb(p), 0);
	outb(ST, 0xec);
	ck_assert_uint_eq(inb(ST), 0);
	ck_assert_uint_eq(inb(0x177), 0);
}
END_TEST

START_TEST(missing_slave)
{
	start();
	ck_assert_uint_eq(inb(ST), 0x50);
	outb(0x1f6, 0xf0);
	ck_assert_uint_eq(inb(ST), 0);
	outb(ST, 0xec);
	ck_assert_uint_eq(inb(ST), 0);
	outb(0x1f6, 0xe0);
	ck_assert_uint_eq(inb(ST), 0x50);
}
END_TEST

START_TEST(identify)
{
	uint16_t w[256];

	start();
	pic_setup(1 << 14 | 4);
	command(0, 0, 0, 0xec);
	ck_assert_int_eq(take(), 0x2e);
	pic_eoi(14);
	ck_assert_uint_eq(inb(ST), 0x58);
	for (unsigned i = 0; i < 256; i++)
		w[i] = inw(0x1f0);
	ck_assert_uint_eq(inb(ST), 0x50);
	ck_assert_uint_eq(w[0], 0x40);
	ck_assert_uint_eq(w[60] | w[61] << 16, FIX_SECTORS);
	ck_assert_uint_eq(w[100], FIX_SECTORS);
	ck_assert_uint_eq(w[49] & 0x300, 0x200);	/* LBA, no DMA */
	ck_assert_uint_eq(w[27], 'A' << 8 | 'F');	/* swapped text */
	ck_assert(!pending());
}
END_TEST

START_TEST(signature_after_reset)
{
	start();
	outb(0x3f6, 4);
	ck_assert_uint_eq(inb(0x3f6), 0x80);
	outb(0x3f6, 0);
	ck_assert_uint_eq(inb(0x3f6), 0x50);
	ck_assert_uint_eq(inb(0x1f1), 1);
	ck_assert_uint_eq(inb(0x1f2), 1);
	ck_assert_uint_eq(inb(0x1f3), 1);
	ck_assert_uint_eq(inb(0x1f4), 0);
	ck_assert_uint_eq(inb(0x1f5), 0);
}
END_TEST

START_TEST(registers_read_back)
{
	start();
	outb(0x1f3, 0x55);
	outb(0x1f4, 0xaa);
	ck_assert_uint_eq(inb(0x1f3), 0x55);
	ck_assert_uint_eq(inb(0x1f4), 0xaa);
}
END_TEST

START_TEST(read_one_at_a_time)
{
	uint8_t buf[512];

	start();
	pic_setup(1 << 14 | 4);
	command(0, 3, 40, 0x20);
	for (unsigned i = 0; i < 40; i++) {
		ck_assert_int_eq(take(), 0x2e);
		ck_assert_uint_eq(inb(ST), 0x58);
		pic_eoi(14);
		read_sector(buf);
		ck_assert_mem_eq(buf, F.disk[0] + (3 + i) * 512, 512);
	}
	ck_assert_uint_eq(inb(ST), 0x50);
	ck_assert(!pending());
	ck_assert_uint_eq(F.disk_calls, 3);	/* 16 + 16 + 8 */
}
END_TEST

START_TEST(write_one_at_a_time)
{
	uint8_t buf[20][512];

	start();
	pic_setup(1 << 14 | 4);
	memset(buf, 0, sizeof(buf));
	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i / 512][i % 512] = i * 31 + i / 512;
	command(0, 100, 20, 0x30);
	ck_assert(!pending());			/* none before the first sector */
	for (unsigned i = 0; i < 20; i++) {
		ck_assert_uint_eq(inb(ST), 0x58);
		write_sector(buf[i]);
		ck_assert_int_eq(take(), 0x2e);
		pic_eoi(14);
	}
	ck_assert_uint_eq(inb(ST), 0x50);
	ck_assert_mem_eq(buf, F.disk[0] + 100 * 512, sizeof(buf));
}
END_TEST

START_TEST(multiple)
{
	uint8_t buf[512];

	start();
	pic_setup(1 << 14 | 4);
	command(0, 0, 4, 0xc4);
	ck_assert_uint_eq(inb(ST) & 1, 1);	/* not set up yet */
	take();
	pic_eoi(14);
	command(0, 0, 3, 0xc6);
	ck_assert_uint_eq(inb(ST) & 1, 1);	/* no power of two */
	take();
	pic_eoi(14);
	command(0, 0, 4, 0xc6);
	ck_assert_uint_eq(inb(ST), 0x50);
	take();
	pic_eoi(14);
	command(0, 5, 10, 0xc4);
	for (unsigned i = 0; i < 10; i++) {
		if (i % 4 == 0) {
			ck_assert_int_eq(take(), 0x2e);
			ck_assert_uint_eq(inb(ST), 0x58);
			pic_eoi(14);
		}
		ck_assert(!pending());
		read_sector(buf);
		ck_assert_mem_eq(buf, F.disk[0] + (5 + i) * 512, 512);
	}
	ck_assert_uint_eq(inb(ST), 0x50);
	command(0, 7, 6, 0xc5);
	for (unsigned i = 0; i < 6; i++)
		write_sector(F.disk[0] + i * 512);
	ck_assert_uint_eq(inb(ST), 0x50);
	ck_assert_mem_eq(F.disk[0] + 7 * 512, F.disk[0], 6 * 512);
}
END_TEST

START_TEST(lba48)
{
	uint8_t buf[512];

	start();
	outb(0x1f6, 0x40);
	outb(0x1f2, 0);				/* high bytes first */
	outb(0x1f3, 0);
	outb(0x1f4, 0);
	outb(0x1f5, 0);
	outb(0x1f2, 2);
	outb(0x1f3, 9);
	outb(0x1f4, 0);
	outb(0x1f5, 0);
	outb(ST, 0x24);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(inb(ST), 0x58);
		read_sector(buf);
		ck_assert_mem_eq(buf, F.disk[0] + (9 + i) * 512, 512);
	}
	outb(0x1f3, 0x12);
	outb(0x1f3, 0x34);
	outb(0x3f6, 0x80);			/* HOB: previous content */
	ck_assert_uint_eq(inb(0x1f3), 0x12);
	outb(0x3f6, 0);
	ck_assert_uint_eq(inb(0x1f3), 0x34);
}
END_TEST

START_TEST(chs)
{
	uint8_t buf[512];

	start();
	outb(0x1f6, 0xa0 | 2);			/* head 2, cylinder 0, sector 5 */
	outb(0x1f2, 1);
	outb(0x1f3, 5);
	outb(0x1f4, 0);
	outb(0x1f5, 0);
	outb(ST, 0x20);
	read_sector(buf);
	ck_assert_mem_eq(buf, F.disk[0] + (2 * 63 + 4) * 512, 512);
	outb(0x1f3, 0);				/* sector 0 does not exist */
	outb(ST, 0x20);
	ck_assert_uint_eq(inb(ST), 0x51);
}
END_TEST

START_TEST(out_of_range)
{
	start();
	command(0, FIX_SECTORS - 1, 2, 0x20);
	ck_assert_uint_eq(inb(ST), 0x51);
	ck_assert_uint_eq(inb(0x1f1), 0x10);
	command(0, 0x0fffffff, 1, 0x30);
	ck_assert_uint_eq(inb(ST), 0x51);
	command(0, 0, 0, 0x20);			/* 0 is 256 */
	ck_assert_uint_eq(inb(ST), 0x51);
	ck_assert_uint_eq(F.disk_calls, 0);
}
END_TEST

START_TEST(read_only)
{
	start();
	F.disk_ro = true;
	M->dev.ata.drive[0].read_only = true;
	command(0, 0, 1, 0x30);
	ck_assert_uint_eq(inb(ST), 0x51);
	ck_assert_uint_eq(inb(0x1f1), 4);
}
END_TEST

START_TEST(host_errors)
{
	start();
	F.disk_bad = true;
	command(0, 0, 1, 0x20);
	ck_assert_uint_eq(inb(ST), 0x51);
	ck_assert_uint_eq(inb(0x1f1), 0x40);
	command(0, 0, 1, 0x30);
	write_sector(F.disk[0]);
	ck_assert_uint_eq(inb(ST), 0x51);
	F.disk_bad = false;
	command(0, 0, 1, 0x20);
	ck_assert_uint_eq(inb(ST), 0x58);
}
END_TEST

START_TEST(slow_host)
{
	uint8_t buf[512];

	start();
	F.disk_later = true;
	pic_setup(1 << 14 | 4);
	command(0, 1, 1, 0x20);
	ck_assert_uint_eq(inb(ST), 0x80);
	ck_assert(!pending());
	command(0, 2, 1, 0x20);			/* refused: busy */
	ck_assert_uint_eq(F.disk_calls, 1);
	ab_disk_done(M, true);
	ck_assert_int_eq(take(), 0x2e);
	pic_eoi(14);
	read_sector(buf);
	ck_assert_mem_eq(buf, F.disk[0] + 512, 512);
	ab_disk_done(M, true);			/* one too many */
	ck_assert_uint_eq(inb(ST), 0x50);
	command(0, 0, 0, 0xe7);			/* flush */
	ck_assert_uint_eq(inb(ST), 0x80);
	ab_disk_done(M, true);
	ck_assert_uint_eq(inb(ST), 0x50);
}
END_TEST

START_TEST(reset_while_the_host_works)
{
	start();
	F.disk_later = true;
	command(0, 1, 1, 0x20);
	outb(0x3f6, 4);
	outb(0x3f6, 0);
	ck_assert_uint_eq(inb(0x3f6), 0x80);
	ab_disk_done(M, true);
	ck_assert_uint_eq(inb(0x3f6), 0x50);
	F.disk_later = false;
	command(0, 1, 1, 0x20);
	ck_assert_uint_eq(inb(ST), 0x58);
}
END_TEST

START_TEST(interrupts_off)
{
	start();
	pic_setup(1 << 14 | 4);
	outb(0x3f6, 2);				/* nIEN */
	command(0, 0, 0, 0xe7);
	ck_assert(!pending());
	ck_assert_uint_eq(inb(ST), 0x50);
}
END_TEST

START_TEST(small_commands)
{
	static const uint8_t fine[] = { 0x10, 0x70, 0x40, 0x91, 0xe7, 0xea, 0xe0 };

	start();
	for (unsigned i = 0; i < sizeof(fine); i++) {
		command(0, 0, 1, fine[i]);
		ck_assert_uint_eq(inb(ST), 0x50);
	}
	command(0, 0, 1, 0xc8);			/* DMA: none */
	ck_assert_uint_eq(inb(ST), 0x51);
	command(0, 0, 1, 0xa1);			/* no packet device */
	ck_assert_uint_eq(inb(ST), 0x51);
	command(0, 0, 0, 0xf8);
	ck_assert_uint_eq(inb(0x1f3), FIX_SECTORS - 1);
	command(0, 0, 0, 0xe5);
	ck_assert_uint_eq(inb(0x1f2), 0xff);
}
END_TEST

START_TEST(two_disks)
{
	uint8_t buf[512];

	fix_start_disks(true, true);
	fill_disk(0);
	fill_disk(1);
	command(1, 4, 1, 0x20);
	read_sector(buf);
	ck_assert_mem_eq(buf, F.disk[1] + 4 * 512, 512);
	command(0, 4, 1, 0x20);
	read_sector(buf);
	ck_assert_mem_eq(buf, F.disk[0] + 4 * 512, 512);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, no_disks);
	tcase_add_test(tc, missing_slave);
	tcase_add_test(tc, identify);
	tcase_add_test(tc, signature_after_reset);
	tcase_add_test(tc, registers_read_back);
	tcase_add_test(tc, read_one_at_a_time);
	tcase_add_test(tc, write_one_at_a_time);
	tcase_add_test(tc, multiple);
	tcase_add_test(tc, lba48);
	tcase_add_test(tc, chs);
	tcase_add_test(tc, out_of_range);
	tcase_add_test(tc, read_only);
	tcase_add_test(tc, host_errors);
	tcase_add_test(tc, slow_host);
	tcase_add_test(tc, reset_while_the_host_works);
	tcase_add_test(tc, interrupts_off);
	tcase_add_test(tc, small_commands);
	tcase_add_test(tc, two_disks);
}

int main(void)
{
	return fix_run("ata", add);
}
