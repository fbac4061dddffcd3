/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * virtio-blk as a driver sees it: both interfaces, the ring's rules, interrupts;
 * and as an attacker does: loops, addresses outside of RAM, random rings.
 */
#include <stdlib.h>
#include <string.h>
#include "devfix.h"

#define BAR	0xc000
#define COMMON	(BAR + 0x80)
#define NOTIFY	(BAR + 0xb8)
#define ISR	(BAR + 0xbc)
#define CONFIG	(BAR + 0xc0)

#define DESC	0x10000		/* where this driver lays its queue */
#define AVAIL	0x11000
#define USED	0x12000
#define INDIRECT 0x13000
#define HEADER	0x14000		/* a header each 16 bytes */
#define STATUS	0x15000
#define DATA	0x20000

enum { NEXT = 1, WRITE = 2, IND = 4 };

static uint16_t avail_idx, used_seen;

static uint32_t cfg(unsigned dev, unsigned reg)
{
	outl(0xcf8, 0x80000000 | dev << 11 | (reg & ~3u));
	return inl(0xcfc);
}

static void desc_at(uint64_t table, unsigned i, uint64_t addr, uint32_t len,
		    uint16_t flags, uint16_t next)
{
	uint8_t *d = F.ram + table + 16 * i;

	memcpy(d, &addr, 8);
	memcpy(d + 8, &len, 4);
	memcpy(d + 12, &flags, 2);
	memcpy(d + 14, &next, 2);
}

static void desc(unsigned i, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
	desc_at(DESC, i, addr, len, flags, next);
}

static void header(unsigned i, uint32_t type, uint64_t sector)
{
	memset(F.ram + HEADER + 16 * i, 0, 16);
	memcpy(F.ram + HEADER + 16 * i, &type, 4);
	memcpy(F.ram + HEADER + 16 * i + 8, &sector, 8);
	F.ram[STATUS + i] = 0xee;
}

static void available(uint16_t head)
{
	memcpy(F.ram + AVAIL + 4 + 2 * (avail_idx % 128), &head, 2);
	avail_idx++;
	memcpy(F.ram + AVAIL + 2, &avail_idx, 2);
}

/* Three descriptors from 3 * i on: header, data, status. */
static void request(unsigned i, uint32_t type, uint64_t sector, uint32_t len)
{
	header(i, type, sector);
	desc(3 * i, HEADER + 16 * i, 16, NEXT, 3 * i + 1);
	desc(3 * i + 1, DATA + 4096 * i, len, NEXT | (type == 0 || type == 8 ? WRITE : 0),
	     3 * i + 2);
	desc(3 * i + 2, STATUS + i, 1, WRITE, 0);
	available(3 * i);
}

static uint16_t used_idx(void)
{
	uint16_t v;

	memcpy(&v, F.ram + USED + 2, 2);
	return v;
}

static uint32_t used_len(unsigned i)
{
	uint32_t v;

	memcpy(&v, F.ram + USED + 4 + 8 * i + 4, 4);
	return v;
}

static void fill_disk(void)
{
	for (unsigned i = 0; i < sizeof(F.disk[0]); i++)
		F.disk[0][i] = i / 512 * 7 + i * 3 + i / 256;
}

static void fresh(void)
{
	fix_start_disks(true, false);
	fill_disk();
	avail_idx = used_seen = 0;
	pic_setup(1 << 11 | 1 << 10 | 4);
}

/* A version 1 driver up to DRIVER_OK; (features): the low 32 bits. */
static void start_modern(uint32_t features)
{
	outb(COMMON + 0x14, 0);
	outb(COMMON + 0x14, 3);
	outl(COMMON + 0x08, 0);
	outl(COMMON + 0x0c, features);
	outl(COMMON + 0x08, 1);
	outl(COMMON + 0x0c, 1);
	outb(COMMON + 0x14, 11);
	ck_assert_uint_eq(inb(COMMON + 0x14), 11);
	outw(COMMON + 0x16, 0);
	ck_assert_uint_eq(inw(COMMON + 0x18), 128);
	outl(COMMON + 0x20, DESC);
	outl(COMMON + 0x28, AVAIL);
	outl(COMMON + 0x30, USED);
	outw(COMMON + 0x1c, 1);
	outb(COMMON + 0x14, 15);
}

#define FLUSH	(1u << 9)
#define INDIRECT_F (1u << 28)
#define EVENT	(1u << 29)

static void modern(uint32_t features)
{
	fresh();
	start_modern(features);
}

static void notify(void)
{
	outw(NOTIFY, 0);
}

static void expect_irq(int vector)
{
	ck_assert_int_eq(take(), vector);
	ck_assert_uint_eq(inb(ISR), 1);
	ck_assert_uint_eq(inb(ISR), 0);
	pic_eoi(11);
	ck_assert_int_eq(take(), -1);
}

START_TEST(pci_functions)
{
	unsigned cap, types = 0;

	fresh();
	ck_assert_uint_eq(cfg(4, 0), 0x10011af4);
	ck_assert_uint_eq(cfg(5, 0), 0xffffffff);
	ck_assert_uint_eq(cfg(31, 0), 0xffffffff);
	ck_assert_uint_eq(cfg(4, 0x2c), 0x00021af4);
	ck_assert_uint_eq(cfg(4, 0x10), BAR | 1);
	ck_assert_uint_eq(cfg(4, 0x3c) & 0xffff, 0x10b);
	ck_assert(cfg(4, 4) >> 16 & 0x10);
	for (cap = cfg(4, 0x34) & 0xff; cap; cap = cfg(4, cap) >> 8 & 0xff) {
		ck_assert_uint_eq(cfg(4, cap) & 0xff, 9);
		types |= 1u << (cfg(4, cap) >> 24);
	}
	ck_assert_uint_eq(types, 0x3e);
	cfg(4, 0x10);			/* its size, then another place */
	outl(0xcfc, 0xffffffff);
	ck_assert_uint_eq(inl(0xcfc), 0xff01);
	outl(0xcfc, 0xd101);
	ck_assert_uint_eq(inl(0xd100 + 0xc0), FIX_SECTORS);
	ck_assert_uint_eq(inl(CONFIG), 0xffffffff);
	cfg(4, 4);
	outw(0xcfc, 0);			/* no I/O decoding */
	ck_assert_uint_eq(inl(0xd100 + 0xc0), 0xffffffff);
}
END_TEST

START_TEST(no_disk)
{
	fix_start();
	ck_assert_uint_eq(cfg(4, 0), 0xffffffff);
	ck_assert_uint_eq(inl(CONFIG), 0xffffffff);
}
END_TEST

START_TEST(config_window)
{
	fresh();
	cfg(4, 0x84 + 4);
	outb(0xcfc, 0);
	cfg(4, 0x84 + 8);
	outl(0xcfc, 0xc0);
	cfg(4, 0x84 + 12);
	outl(0xcfc, 4);
	ck_assert_uint_eq(cfg(4, 0x84 + 16), FIX_SECTORS);
	cfg(4, 0x84 + 8);
	outl(0xcfc, 0x94);		/* device status */
	cfg(4, 0x84 + 12);
	outl(0xcfc, 1);
	cfg(4, 0x84 + 16);
	outl(0xcfc, 3);
	ck_assert_uint_eq(inb(COMMON + 0x14), 3);
	cfg(4, 0x84 + 8);
	outl(0xcfc, 0x12345678);	/* outside: nothing */
	cfg(4, 0x84 + 16);
	outl(0xcfc, 0);
	ck_assert_uint_eq(inb(COMMON + 0x14), 3);
}
END_TEST

START_TEST(read_write_flush)
{
	modern(FLUSH);
	request(0, 0, 3, 1024);
	notify();
	expect_irq(0x2b);
	ck_assert_uint_eq(F.ram[STATUS], 0);
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_uint_eq(used_len(0), 1025);
	ck_assert_mem_eq(F.ram + DATA, F.disk[0] + 3 * 512, 1024);

	memset(F.ram + DATA + 4096, 0x5a, 512);
	request(1, 1, 199, 512);
	request(2, 4, 0, 0);
	notify();
	ck_assert_uint_eq(used_idx(), 3);
	ck_assert_uint_eq(used_len(1), 1);
	ck_assert_uint_eq(F.ram[STATUS + 1], 0);
	ck_assert_uint_eq(F.ram[STATUS + 2], 0);
	ck_assert_mem_eq(F.disk[0] + 199 * 512, F.ram + DATA + 4096, 512);
	ck_assert_int_eq(F.last_op, AB_DISK_FLUSH);
	expect_irq(0x2b);
}
END_TEST

START_TEST(write_through_without_flush)
{
	modern(0);
	request(0, 1, 0, 512);
	notify();
	ck_assert_int_eq(F.last_op, AB_DISK_WRITE_THROUGH);
}
END_TEST

START_TEST(identify)
{
	modern(FLUSH);
	request(0, 8, 0, 20);
	notify();
	ck_assert_str_eq((char *)F.ram + DATA, "afterburner-0");
	ck_assert_uint_eq(used_len(0), 21);
}
END_TEST

START_TEST(wrong_requests)
{
	static const struct { uint32_t type; uint64_t sector; uint32_t len; uint8_t st; } w[] = {
		{ 0, FIX_SECTORS, 512, 1 }, { 0, FIX_SECTORS - 1, 1024, 1 },
		{ 1, UINT64_MAX, 512, 1 }, { 0, 0, 511, 1 }, { 0, 0, 0, 1 },
		{ 99, 0, 512, 2 }, { 1, UINT64_MAX / 512, 512, 1 },
	};

	modern(FLUSH);
	for (unsigned i = 0; i < sizeof(w) / sizeof(w[0]); i++) {
		request(i, w[i].type, w[i].sector, w[i].len);
		notify();
		ck_assert_uint_eq(F.ram[STATUS + i], w[i].st);
		ck_assert_uint_eq(used_idx(), i + 1);
	}
	ck_assert_uint_eq(F.disk_calls, 0);
	ck_assert_uint_eq(inb(COMMON + 0x14), 15);
}
END_TEST

START_TEST(read_only)
{
	fresh();
	F.disk_ro = true;
	ab_virtio_init(M);
	outl(COMMON, 0);
	ck_assert(inl(COMMON + 4) & 1 << 5);
	start_modern(FLUSH | 1 << 5);
	request(0, 1, 0, 512);
	notify();
	ck_assert_uint_eq(F.ram[STATUS], 1);
	ck_assert_uint_eq(F.disk_calls, 0);
}
END_TEST

START_TEST(host_error)
{
	modern(FLUSH);
	F.disk_bad = true;
	request(0, 1, 0, 512);
	request(1, 0, 0, 512);
	request(2, 4, 0, 0);
	notify();
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(F.ram[STATUS + i], 1);
	ck_assert_uint_eq(used_idx(), 3);
}
END_TEST

START_TEST(features_we_lack)
{
	fresh();
	outb(COMMON + 0x14, 3);
	outl(COMMON + 0x08, 0);
	outl(COMMON + 0x0c, 1u << 31);
	outb(COMMON + 0x14, 11);
	ck_assert_uint_eq(inb(COMMON + 0x14), 3);
}
END_TEST

/* Completions that come later, more than the host takes at once. */
START_TEST(many_under_way)
{
	modern(FLUSH);
	F.disk_later = true;
	for (unsigned i = 0; i < 42; i++)
		request(i, 0, i, 512);
	notify();
	ck_assert_uint_eq(F.queued, 42);
	ck_assert_uint_eq(used_idx(), 0);
	ck_assert_int_eq(take(), -1);
	fix_disk_finish();
	ck_assert_uint_eq(used_idx(), 42);
	for (unsigned i = 0; i < 42; i++)
		ck_assert_mem_eq(F.ram + DATA + 4096 * i, F.disk[0] + i * 512, 512);
	expect_irq(0x2b);
}
END_TEST

/* One descriptor a request, indirect: a full queue of 128. */
START_TEST(full_queue_of_indirect)
{
	modern(FLUSH | INDIRECT_F);
	F.disk_later = true;
	for (unsigned i = 0; i < 128; i++) {
		uint64_t t = 0x100000 + i * 64;

		header(i, 0, i);
		desc_at(t, 0, HEADER + 16 * i, 16, NEXT, 2);
		desc_at(t, 2, DATA + 512 * i, 512, NEXT | WRITE, 1);
		desc_at(t, 1, STATUS + i, 1, WRITE, 0);
		desc(i, t, 48, IND, 0);
		available(i);
	}
	notify();
	ck_assert_uint_eq(F.queued, AB_VIRTIO_FLIGHT);
	fix_disk_finish();
	ck_assert_uint_eq(used_idx(), 128);
	ck_assert_mem_eq(F.ram + DATA, F.disk[0], 128 * 512);
}
END_TEST

/* Any framing: header and status in pieces, beside data. */
START_TEST(odd_framing)
{
	modern(FLUSH);
	header(0, 1, 5);
	memset(F.ram + DATA, 0x77, 1024);
	memcpy(F.ram + DATA - 6, F.ram + HEADER + 10, 6);
	desc(0, HEADER, 10, NEXT, 7);
	desc(7, DATA - 6, 6 + 100, NEXT, 9);
	desc(9, DATA + 100, 412, NEXT, 8);
	desc(8, STATUS, 1, WRITE, 0);
	available(0);
	header(1, 0, 5);
	desc(1, HEADER + 16, 16, NEXT, 2);
	desc(2, DATA + 0x8000, 513, WRITE, 0);	/* the status comes last */
	available(1);
	notify();
	ck_assert_uint_eq(used_idx(), 2);
	ck_assert_mem_eq(F.disk[0] + 5 * 512, F.ram + DATA, 512);
	ck_assert_mem_eq(F.ram + DATA + 0x8000, F.ram + DATA, 512);
	ck_assert_uint_eq(F.ram[DATA + 0x8000 + 512], 0);
}
END_TEST

START_TEST(event_index)
{
	uint16_t event = 1;

	modern(FLUSH | EVENT);
	memcpy(F.ram + AVAIL + 4 + 256, &event, 2);	/* tell me of the second */
	request(0, 0, 0, 512);
	notify();
	ck_assert_int_eq(take(), -1);
	request(1, 0, 0, 512);
	notify();
	expect_irq(0x2b);
	memcpy(&event, F.ram + USED + 4 + 8 * 128, 2);
	ck_assert_uint_eq(event, 2);	/* it wants to hear of the third */
}
END_TEST

START_TEST(no_interrupt_flag)
{
	modern(FLUSH);
	F.ram[AVAIL] = 1;
	request(0, 0, 0, 512);
	notify();
	ck_assert_uint_eq(used_idx(), 1);
	ck_assert_int_eq(take(), -1);
}
END_TEST

START_TEST(intx_disable)
{
	modern(FLUSH);
	cfg(4, 4);
	outw(0xcfc, 0x403);
	request(0, 0, 0, 512);
	notify();
	ck_assert_int_eq(take(), -1);
	ck_assert(cfg(4, 4) & 0x80000);
	outw(0xcfc, 0x003);
	expect_irq(0x2b);
	ck_assert(!(cfg(4, 4) & 0x80000));
}
END_TEST

START_TEST(legacy_interface)
{
	fresh();
	ck_assert(inl(BAR) & FLUSH);
	outb(BAR + 0x12, 0);
	outb(BAR + 0x12, 3);
	outl(BAR + 4, FLUSH);
	outw(BAR + 0x0e, 1);
	ck_assert_uint_eq(inw(BAR + 0x0c), 0);
	outw(BAR + 0x0e, 0);
	ck_assert_uint_eq(inw(BAR + 0x0c), 128);
	ck_assert_uint_eq(inl(BAR + 8), 0);
	outl(BAR + 8, DESC / 4096);
	ck_assert_uint_eq(inl(BAR + 8), DESC / 4096);
	outb(BAR + 0x12, 7);
	ck_assert_uint_eq(inl(BAR + 0x14), FIX_SECTORS);
	ck_assert_uint_eq(inl(BAR + 0x14 + 4), 0);
	/* available at 10800h, used on the next page: as the layout demands */
	header(0, 0, 4);
	desc(0, HEADER, 16, NEXT, 1);
	desc(1, DATA, 512, NEXT | WRITE, 2);
	desc(2, STATUS, 1, WRITE, 0);
	memset(F.ram + DESC + 0x800, 0, 8);
	F.ram[DESC + 0x802] = 1;
	outw(BAR + 0x10, 0);
	ck_assert_uint_eq(F.ram[0x11000 + 2], 1);
	ck_assert_mem_eq(F.ram + DATA, F.disk[0] + 4 * 512, 512);
	ck_assert_int_eq(take(), 0x2b);
	ck_assert_uint_eq(inb(BAR + 0x13), 1);
	ck_assert_uint_eq(inb(BAR + 0x13), 0);
}
END_TEST

START_TEST(reset_waits)
{
	modern(FLUSH);
	F.disk_later = true;
	request(0, 0, 0, 512);
	notify();
	ck_assert_uint_eq(F.queued, 1);
	outb(COMMON + 0x14, 0);
	ck_assert_uint_eq(F.queued, 0);
	ck_assert_uint_eq(inb(COMMON + 0x14), 0);
	ck_assert_uint_eq(used_idx(), 0);
	avail_idx = 0;
	start_modern(FLUSH);
	F.disk_later = false;
	request(0, 0, 7, 512);
	notify();
	ck_assert_uint_eq(used_idx(), 1);
}
END_TEST

START_TEST(ata_goes)
{
	fresh();
	ck_assert_uint_eq(inb(0x1f7), 0x50);
	start_modern(FLUSH);
	ck_assert_uint_eq(inb(0x1f7), 0);

	fresh();			/* unless it is in use */
	outb(0x1f6, 0xe0);
	outb(0x1f2, 1);
	outb(0x1f7, 0x20);
	for (unsigned i = 0; i < 256; i++)
		inw(0x1f0);
	start_modern(FLUSH);
	ck_assert_uint_eq(inb(0x1f7), 0x50);
}
END_TEST

/* ---- attacks: each must leave the device broken, nothing outside touched ---- */

static void expect_broken(void)
{
	notify();
	ck_assert_uint_eq(inb(COMMON + 0x14) & 0x40, 0x40);
	ck_assert_int_eq(take(), 0x2b);
	ck_assert_uint_eq(inb(ISR) & 2, 2);
	pic_eoi(11);
	ck_assert_uint_eq(F.disk_calls, 0);
	avail_idx = 0;
	memset(F.ram + AVAIL, 0, 4096);	/* and a reset mends it */
	memset(F.ram + USED, 0, 4096);
	start_modern(FLUSH);
	request(0, 0, 0, 512);
	notify();
	ck_assert_uint_eq(used_idx(), 1);
	inb(ISR);
	F.disk_calls = 0;
}

/* Another driver takes over, with an empty queue. */
static void again(uint32_t features)
{
	avail_idx = 0;
	memset(F.ram + AVAIL, 0, 4096);
	start_modern(features);
}

START_TEST(broken_rings)
{
	const uint64_t end = M->ram_size;

	modern(FLUSH);
	header(0, 0, 0);
	desc(0, HEADER, 16, NEXT, 1);		/* a loop */
	desc(1, DATA, 512, NEXT | WRITE, 1);
	available(0);
	expect_broken();
	desc(0, HEADER, 16, NEXT, 128);		/* out of the table */
	available(0);
	expect_broken();
	available(500);				/* likewise */
	expect_broken();
	desc(0, end - 8, 16, NEXT, 2);		/* out of RAM */
	available(0);
	expect_broken();
	desc(0, HEADER, 16, NEXT, 1);
	desc(1, end, 512, NEXT | WRITE, 2);
	available(0);
	expect_broken();
	desc(1, UINT64_MAX - 100, 512, NEXT | WRITE, 2);
	available(0);
	expect_broken();
	desc(1, DATA, 512, NEXT | WRITE, 2);
	desc(2, end, 1, WRITE, 0);
	available(0);
	expect_broken();
	desc(0, HEADER, 16, 0, 0);		/* no status */
	available(0);
	expect_broken();
	desc(0, STATUS, 1, WRITE, 0);		/* no header */
	available(0);
	expect_broken();
	desc(0, HEADER, 16, NEXT, 1);		/* read after write */
	desc(1, STATUS, 1, NEXT | WRITE, 2);
	desc(2, DATA, 512, 0, 0);
	available(0);
	expect_broken();
	desc(0, INDIRECT, 48, IND, 0);		/* not agreed on */
	available(0);
	expect_broken();
	avail_idx = 1000;			/* more than a queue */
	available(0);
	expect_broken();
}
END_TEST

START_TEST(broken_indirect)
{
	modern(FLUSH | INDIRECT_F);
	desc_at(INDIRECT, 0, INDIRECT, 16, IND, 0);	/* nested */
	desc(0, INDIRECT, 16, IND, 0);
	available(0);
	expect_broken();
	again(FLUSH | INDIRECT_F);
	desc(0, INDIRECT, 17, IND, 0);		/* no whole table */
	available(0);
	expect_broken();
	again(FLUSH | INDIRECT_F);
	desc(0, M->ram_size - 16, 32, IND, 0);	/* reaches out of RAM */
	memset(F.ram + M->ram_size - 16, 0, 16);
	F.ram[M->ram_size - 16 + 12] = NEXT;
	F.ram[M->ram_size - 16 + 14] = 1;
	available(0);
	expect_broken();
}
END_TEST

START_TEST(rings_outside_of_ram)
{
	for (unsigned part = 0; part < 3; part++) {
		fresh();
		outb(COMMON + 0x14, 3);
		outl(COMMON + 0x08, 1);
		outl(COMMON + 0x0c, 1);
		outb(COMMON + 0x14, 11);
		outl(COMMON + 0x20, DESC);
		outl(COMMON + 0x28, AVAIL);
		outl(COMMON + 0x30, USED);
		outl(COMMON + 0x20 + 8 * part, M->ram_size);
		outw(COMMON + 0x1c, 1);
		outb(COMMON + 0x14, 15);
		request(0, 0, 0, 512);
		notify();
		ck_assert_uint_eq(inb(COMMON + 0x14) & 0x40, 0x40);
	}
}
END_TEST

/* Random rings and registers: the fake host's checks and the sanitizers judge. */
START_TEST(random_driver)
{
	unsigned seed = 12345;

	for (unsigned round = 0; round < 300; round++) {
		modern(rand_r(&seed) & (FLUSH | INDIRECT_F | EVENT));
		F.disk_later = rand_r(&seed) & 1;
		for (unsigned i = 0; i < 200; i++) {
			unsigned r = rand_r(&seed), head = r % 140;

			switch (r >> 8 & 7) {
			case 0:
				desc(head % 128, rand_r(&seed) % (M->ram_size + 4096),
				     rand_r(&seed) % 3000, r & 7, rand_r(&seed) % 130);
				break;
			case 1:
				desc_at(INDIRECT, head % 8, DATA + head * 512,
					512 * (r >> 16 & 3), r >> 20 & 7, r >> 24 & 7);
				desc(head % 128, INDIRECT, 128, IND, 0);
				break;
			case 2:
				F.ram[DESC + rand_r(&seed) % 0x3000] = r >> 16;
				break;
			case 3:
				ab_port_out(M, BAR + (rand_r(&seed) & 0xff), 1 << r % 3,
					    rand_r(&seed));
				break;
			case 4:
				ab_port_in(M, BAR + (rand_r(&seed) & 0xff), 1 << r % 3);
				break;
			case 5:
				fix_disk_finish();
				break;
			default:
				request(r % 40, r >> 16 & 9, rand_r(&seed) % 210,
					512 * (r >> 20 & 3));
				notify();
				break;
			}
		}
		fix_disk_finish();
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, pci_functions);
	tcase_add_test(tc, no_disk);
	tcase_add_test(tc, config_window);
	tcase_add_test(tc, read_write_flush);
	tcase_add_test(tc, write_through_without_flush);
	tcase_add_test(tc, identify);
	tcase_add_test(tc, wrong_requests);
	tcase_add_test(tc, read_only);
	tcase_add_test(tc, host_error);
	tcase_add_test(tc, features_we_lack);
	tcase_add_test(tc, many_under_way);
	tcase_add_test(tc, full_queue_of_indirect);
	tcase_add_test(tc, odd_framing);
	tcase_add_test(tc, event_index);
	tcase_add_test(tc, no_interrupt_flag);
	tcase_add_test(tc, intx_disable);
	tcase_add_test(tc, legacy_interface);
	tcase_add_test(tc, reset_waits);
	tcase_add_test(tc, ata_goes);
	tcase_add_test(tc, broken_rings);
	tcase_add_test(tc, broken_indirect);
	tcase_add_test(tc, rings_outside_of_ram);
	tcase_add_test(tc, random_driver);
}

int main(void)
{
	return fix_run("virtio", add);
}
