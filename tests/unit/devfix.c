/* SPDX-License-Identifier: GPL-3.0-or-later */
/* devfix.c: the fake host of the device tests. */
#include <stdlib.h>
#include <string.h>
#include "devfix.h"
#include "tests/unit/run.h"

static struct ab_machine machine;
struct ab_machine *M = &machine;
struct fix F;

static uint64_t host_now(struct ab_machine *m)
{
	return F.now;
}

static void host_set_timer(struct ab_machine *m, uint64_t ns)
{
	F.timer = ns;
	F.timers_set++;
}

static uint64_t host_wall(struct ab_machine *m)
{
	return F.wall;
}

static void host_console_out(struct ab_machine *m, uint8_t byte)
{
	ck_assert_uint_lt(F.nout, sizeof(F.out) - 1);
	F.out[F.nout++] = byte;
}

static void host_console_ready(struct ab_machine *m)
{
	F.ready++;
}

static void host_end(struct ab_machine *m, int status, const char *why)
{
	F.status = status;
	F.why = why;
}

static uint64_t host_disk_size(struct ab_machine *m, unsigned drive, bool *ro)
{
	*ro = F.disk_ro;
	return F.disks[drive] ? FIX_SECTORS : 0;
}

static int host_disk_io(struct ab_machine *m, unsigned drive, int op,
			uint64_t lba, void *buf, unsigned n)
{
	F.disk_calls++;
	ck_assert(F.disks[drive]);
	if (op != AB_DISK_FLUSH) {
		ck_assert_uint_le(lba, FIX_SECTORS);
		ck_assert_uint_le(n, FIX_SECTORS - lba);
	}
	if (F.disk_bad)
		return AB_DISK_ERROR;
	if (op == AB_DISK_READ)
		memcpy(buf, F.disk[drive] + lba * 512, n * 512);
	else if (op == AB_DISK_WRITE)
		memcpy(F.disk[drive] + lba * 512, buf, n * 512);
	return F.disk_later ? AB_DISK_WAIT : AB_DISK_OK;
}

static uint8_t ram[FIX_RAM] __attribute__((aligned(4096)));

static void *host_phys(struct ab_machine *m, uint64_t pa, size_t len)
{
	ck_assert_uint_le((pa & 4095) + len, 4096);
	return pa < FIX_RAM && len <= FIX_RAM - pa ? ram + pa : NULL;
}

/* What the interface promises about a request. */
static void submit_check(unsigned drive, int op, uint64_t lba,
			 const struct ab_disk_piece *piece, unsigned n)
{
	uint64_t bytes = 0;

	ck_assert(F.disks[drive]);
	ck_assert_uint_le(n, AB_VIRTIO_PIECES);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_le(piece[i].pa, FIX_RAM);
		ck_assert_uint_le(piece[i].len, FIX_RAM - piece[i].pa);
		bytes += piece[i].len;
	}
	ck_assert_uint_eq(bytes % 512, 0);
	ck_assert_int_eq(bytes == 0, op == AB_DISK_FLUSH);
	if (op != AB_DISK_FLUSH) {
		ck_assert_uint_lt(lba, FIX_SECTORS);
		ck_assert_uint_le(bytes / 512, FIX_SECTORS - lba);
	}
	ck_assert(op == AB_DISK_READ || op == AB_DISK_FLUSH || !F.disk_ro);
}

static void host_disk_submit(struct ab_machine *m, unsigned drive, int op, uint64_t lba,
			     const struct ab_disk_piece *piece, unsigned n, unsigned tag)
{
	uint8_t *at = F.disk[drive] + lba * 512;

	submit_check(drive, op, lba, piece, n);
	F.disk_calls++;
	F.last_op = op;
	for (unsigned i = 0; i < n && !F.disk_bad; i++) {
		if (op == AB_DISK_READ)
			memcpy(ram + piece[i].pa, at, piece[i].len);
		else
			memcpy(at, ram + piece[i].pa, piece[i].len);
		at += piece[i].len;
	}
	ck_assert_uint_lt(F.queued, 2 * AB_VIRTIO_FLIGHT);
	F.queue[F.queued].drive = drive;
	F.queue[F.queued].tag = tag;
	F.queue[F.queued++].ok = !F.disk_bad;
}

void fix_disk_finish(void)
{
	while (F.queued) {
		unsigned drive = F.queue[0].drive, tag = F.queue[0].tag;
		bool ok = F.queue[0].ok;

		memmove(F.queue, F.queue + 1, --F.queued * sizeof(F.queue[0]));
		ab_virtio_done(M, drive, tag, ok);
	}
}

static void host_disk_drain(struct ab_machine *m)
{
	fix_disk_finish();
}

static const struct ab_host host = {
	.phys = host_phys, .disk_submit = host_disk_submit, .disk_drain = host_disk_drain,
	.now = host_now, .set_timer = host_set_timer, .wall = host_wall,
	.console_out = host_console_out, .console_ready = host_console_ready,
	.end = host_end, .disk_size = host_disk_size, .disk_io = host_disk_io,
};

void fix_start_disks(bool master, bool slave)
{
	memset(&F, 0, sizeof(F));
	memset(ram, 0, sizeof(ram));
	F.ram = ram;
	memset(M, 0, sizeof(*M));
	F.now = 1234567;		/* clocks do not begin at zero */
	F.wall = 1700000000;		/* Tue 2023-11-14 22:13:20 */
	F.status = -1;
	F.disks[0] = master;
	F.disks[1] = slave;
	M->host = &host;
	M->ram_size = FIX_RAM;
	M->cpu.apic_base = 0xfee00900;
	ab_platform_init(M);
}

void fix_start(void)
{
	fix_start_disks(false, false);
}

uint8_t inb(uint16_t port)
{
	return ab_port_in(M, port, 1);
}

uint16_t inw(uint16_t port)
{
	return ab_port_in(M, port, 2);
}

uint32_t inl(uint16_t port)
{
	return ab_port_in(M, port, 4);
}

void outb(uint16_t port, uint8_t v)
{
	ab_port_out(M, port, 1, v);
	if (!F.disk_later)
		fix_disk_finish();
}

void outw(uint16_t port, uint16_t v)
{
	ab_port_out(M, port, 2, v);
	if (!F.disk_later)
		fix_disk_finish();
}

void outl(uint16_t port, uint32_t v)
{
	ab_port_out(M, port, 4, v);
	if (!F.disk_later)
		fix_disk_finish();
}

uint32_t apic_read(uint32_t reg)
{
	uint32_t v;

	ck_assert(ab_mmio_read(M, 0xfee00000 + reg, &v, 4));
	return v;
}

void apic_write(uint32_t reg, uint32_t v)
{
	ck_assert(ab_mmio_write(M, 0xfee00000 + reg, &v, 4));
}

uint32_t ioapic_read(unsigned reg)
{
	uint32_t v = reg;

	ck_assert(ab_mmio_write(M, 0xfec00000, &v, 4));
	ck_assert(ab_mmio_read(M, 0xfec00010, &v, 4));
	return v;
}

void ioapic_write(unsigned reg, uint32_t v)
{
	ck_assert(ab_mmio_write(M, 0xfec00000, &reg, 4));
	ck_assert(ab_mmio_write(M, 0xfec00010, &v, 4));
}

void pass(uint64_t ns)
{
	uint64_t end = F.now + ns;
	unsigned shots = 0;

	while (F.timer && F.timer <= end) {
		ck_assert_uint_lt(shots++, 1000000);
		if (F.timer > F.now)
			F.now = F.timer;
		F.timer = 0;
		ab_timer(M);
	}
	F.now = end;
}

void pass_late(uint64_t ns)
{
	F.now += ns;
	if (F.timer && F.timer <= F.now) {
		F.timer = 0;
		ab_timer(M);
	}
}

bool host_sleeps(void)
{
	if (F.timer)
		pass(F.timer > F.now ? F.timer - F.now : 0);
	return !F.timer;
}

bool pending(void)
{
	ck_assert_int_eq(ab_platform_interrupt_pending(M),
			 !!(M->irq_hint & AB_HINT_INTR));
	return ab_platform_interrupt_pending(M);
}

int take(void)
{
	return pending() ? ab_platform_interrupt_ack(M) : -1;
}

void pic_setup(uint16_t open)
{
	outb(0x20, 0x11);
	outb(0xa0, 0x11);
	outb(0x21, 0x20);
	outb(0xa1, 0x28);
	outb(0x21, 0x04);
	outb(0xa1, 0x02);
	outb(0x21, 0x01);
	outb(0xa1, 0x01);
	outb(0x21, ~open);
	outb(0xa1, ~open >> 8);
}

void pic_eoi(unsigned irq)
{
	if (irq >= 8)
		outb(0xa0, 0x20);
	outb(0x20, 0x20);
}

uint64_t ticks(uint64_t n)
{
	return ab_ticks_to_ns(n, PIT_HZ);
}

int fix_run(const char *name, void (*add)(TCase *))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, fix_start, NULL);
	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
