/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_ata.c: up to two ATA disks on the primary channel (1f0h..1f7h, 3f6h,
 * IRQ 14), programmed I/O only.  Sectors move through host->disk_io, which
 * answers at once or later (ab_disk_done); up to AB_ATA_MULTIPLE of them lie in
 * the buffer, so that a long request costs few calls.  The guest still sees one
 * DRQ and one interrupt a sector, or a block for READ and WRITE MULTIPLE.
 */
#include "core/core.h"
#include "core/bytes.h"

#define ATA_IRQ		14

#define ST_ERR		0x01
#define ST_DRQ		0x08
#define ST_DSC		0x10
#define ST_DF		0x20
#define ST_DRDY		0x40
#define ST_BSY		0x80
#define ST_READY	(ST_DRDY | ST_DSC)

#define ER_ABRT		0x04
#define ER_IDNF		0x10
#define ER_UNC		0x40

#define SEL_SLAVE	0x10
#define SEL_LBA		0x40
#define CTL_NIEN	0x02
#define CTL_SRST	0x04
#define CTL_HOB		0x80

#define HEADS		16u
#define TRACK		63u

/* What the buffer is for.  FILL, SPILL and FLUSH wait for the host. */
enum phase { IDLE, DATA_IN, DATA_OUT, FILL, SPILL, FLUSH };

static struct ab_ata_drive *ata_drive(struct ab_ata *a)
{
	return &a->drive[!!(a->select & SEL_SLAVE)];
}

static void ata_irq(struct ab_machine *m, bool on)
{
	struct ab_ata *a = &m->dev.ata;

	a->irq = on;
	ab_irq_set(m, ATA_IRQ, on && !(a->control & CTL_NIEN));
}

/* ---- ends of a command ---- */

static void ata_done(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;

	a->phase = IDLE;
	a->status = ST_READY;
	a->error = 0;
	ata_irq(m, true);
}

static void ata_fail(struct ab_machine *m, uint8_t error)
{
	struct ab_ata *a = &m->dev.ata;

	a->phase = IDLE;
	a->status = ST_READY | ST_ERR;
	a->error = error;
	ata_irq(m, true);
}

/* ---- addresses ---- */

static bool is_ext(uint8_t command)
{
	return command == 0x24 || command == 0x29 || command == 0x34 ||
	       command == 0x39 || command == 0x42;
}

/* Sectors that the command asks for. */
static uint32_t ata_count(const struct ab_ata *a)
{
	uint32_t n = a->nsector[0];

	if (is_ext(a->command)) {
		n |= a->nsector[1] << 8;
		return n ? n : 65536;
	}
	return n ? n : 256;
}

static uint64_t ata_lba(const struct ab_ata *a)
{
	uint64_t low = a->lba[0][0] | a->lba[1][0] << 8 | a->lba[2][0] << 16;
	uint32_t head = a->select & 15, cylinder = a->lba[1][0] | a->lba[2][0] << 8;

	if (is_ext(a->command))
		return low | (uint64_t)a->lba[0][1] << 24 |
		       (uint64_t)a->lba[1][1] << 32 | (uint64_t)a->lba[2][1] << 40;
	if (a->select & SEL_LBA)
		return low | (uint64_t)head << 24;
	if (!a->lba[0][0] || a->lba[0][0] > TRACK)
		return AB_NEVER;		/* sectors count from one */
	return ((uint64_t)cylinder * HEADS + head) * TRACK + a->lba[0][0] - 1;
}

static bool ata_range_ok(struct ab_ata *a, uint64_t lba, uint32_t n)
{
	uint64_t size = ata_drive(a)->sectors;

	return lba < size && n <= size - lba;
}

/* ---- moving sectors ---- */

static bool by_block(uint8_t command)
{
	return command == 0xc4 || command == 0xc5 || command == 0x29 ||
	       command == 0x39;
}

/* Sectors that one call of the host moves: whole blocks. */
static uint32_t ata_batch(struct ab_ata *a)
{
	uint32_t n = AB_ATA_MULTIPLE;

	if (by_block(a->command))
		n -= n % ata_drive(a)->multiple;
	return n < a->left ? n : a->left;
}

static void ata_continue(struct ab_machine *m, bool ok);

static void ata_host(struct ab_machine *m, enum phase phase, int op, uint32_t n)
{
	struct ab_ata *a = &m->dev.ata;
	int r;

	a->phase = phase;
	a->status = ST_BSY;
	ata_drive(a)->used = true;
	r = m->host->disk_io(m, !!(a->select & SEL_SLAVE), op, a->next_lba, a->buf, n);
	if (r != AB_DISK_WAIT)
		ata_continue(m, r == AB_DISK_OK);
}

/* The buffer holds data for the guest, or room for the guest's. */
static void ata_drq(struct ab_machine *m, enum phase phase, bool irq)
{
	struct ab_ata *a = &m->dev.ata;

	a->phase = phase;
	a->status = ST_READY | ST_DRQ;
	a->error = 0;
	if (irq)
		ata_irq(m, true);
}

static void ata_fill(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;

	a->pos = 0;
	a->end = ata_batch(a) * AB_SECTOR;
	ata_host(m, FILL, AB_DISK_READ, a->end / AB_SECTOR);
}

/* Ready to take the next batch of a write. */
static void ata_take(struct ab_machine *m, bool irq)
{
	struct ab_ata *a = &m->dev.ata;

	a->pos = 0;
	a->end = ata_batch(a) * AB_SECTOR;
	ata_drq(m, DATA_OUT, irq);
}

/* The host has answered. */
static void ata_continue(struct ab_machine *m, bool ok)
{
	struct ab_ata *a = &m->dev.ata;
	uint32_t moved = a->end / AB_SECTOR;

	if (!a->command) {		/* a reset came in between */
		a->phase = IDLE;
		a->status = ST_READY;
		return;
	}
	if (!ok) {
		ata_fail(m, a->phase == FILL ? ER_UNC : ER_ABRT);
		return;
	}
	switch (a->phase) {
	case FILL:
		a->next_lba += moved;
		ata_drq(m, DATA_IN, true);
		break;
	case SPILL:
		a->next_lba += moved;
		a->left -= moved < a->left ? moved : a->left;
		if (a->left)
			ata_take(m, true);
		else
			ata_done(m);
		break;
	default:
		ata_done(m);
		break;
	}
}

void ab_disk_done(struct ab_machine *m, bool ok)
{
	enum phase phase = m->dev.ata.phase;

	if (phase == FILL || phase == SPILL || phase == FLUSH)
		ata_continue(m, ok);
}

/* The guest has moved the last byte of a sector. */
static void ata_sector_read(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;
	uint32_t block = by_block(a->command) ? ata_drive(a)->multiple : 1;

	if (a->left)
		a->left--;
	if (!a->left) {
		a->phase = IDLE;
		a->status = ST_READY;
	} else if (a->pos >= a->end) {
		ata_fill(m);
	} else if (a->pos / AB_SECTOR % block == 0) {
		ata_irq(m, true);
	}
}

static void ata_sector_written(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;
	uint32_t block = by_block(a->command) ? ata_drive(a)->multiple : 1;

	if (a->pos >= a->end)
		ata_host(m, SPILL, AB_DISK_WRITE, a->end / AB_SECTOR);
	else if (a->pos / AB_SECTOR % block == 0)
		ata_irq(m, true);
}

static uint32_t ata_data_in(struct ab_machine *m, unsigned size)
{
	struct ab_ata *a = &m->dev.ata;
	uint32_t v = 0;

	if (a->phase != DATA_IN || a->pos + size > a->end)
		return 0;
	for (unsigned i = 0; i < size; i++)
		v |= (uint32_t)a->buf[a->pos++] << i * 8;
	if (a->pos % AB_SECTOR < size)
		ata_sector_read(m);
	return v;
}

static void ata_data_out(struct ab_machine *m, unsigned size, uint32_t v)
{
	struct ab_ata *a = &m->dev.ata;

	if (a->phase != DATA_OUT || a->pos + size > a->end)
		return;
	for (unsigned i = 0; i < size; i++, v >>= 8)
		a->buf[a->pos++] = v;
	if (a->pos % AB_SECTOR < size)
		ata_sector_written(m);
}

/* ---- commands ---- */

static void put16(uint8_t *buf, unsigned word, uint32_t v)
{
	buf[word * 2] = v;
	buf[word * 2 + 1] = v >> 8;
}

static void put32(uint8_t *buf, unsigned word, uint32_t v)
{
	put16(buf, word, v);
	put16(buf, word + 1, v >> 16);
}

/* ATA strings: padded with spaces, the bytes of each word swapped. */
static void put_text(uint8_t *buf, unsigned word, unsigned words, const char *s)
{
	for (unsigned i = 0; i < words * 2; i++)
		buf[(word * 2 + i) ^ 1] = *s ? *s++ : ' ';
}

static void ata_identify(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;
	const struct ab_ata_drive *d = ata_drive(a);
	uint64_t size = d->sectors, cylinders = size / (HEADS * TRACK);
	uint32_t lba28 = size < 0x0fffffff ? size : 0x0fffffff;
	uint8_t *b = a->buf;

	if (cylinders > 16383)
		cylinders = 16383;
	ab_memset(b, 0, AB_SECTOR);
	put16(b, 0, 0x0040);			/* fixed disk */
	put16(b, 1, cylinders);
	put16(b, 3, HEADS);
	put16(b, 6, TRACK);
	put_text(b, 10, 10, a->select & SEL_SLAVE ? "AB00002" : "AB00001");
	put_text(b, 23, 4, "1.0");
	put_text(b, 27, 20, "AFTERBURNER DISK");
	put16(b, 47, 0x8000 | AB_ATA_MULTIPLE);
	put16(b, 48, 1);			/* 32-bit data port */
	put16(b, 49, 0x0200);			/* LBA, no DMA */
	put16(b, 51, 0x0200);			/* PIO timing mode 2 */
	put16(b, 53, 0x0003);
	put16(b, 54, cylinders);
	put16(b, 55, HEADS);
	put16(b, 56, TRACK);
	put32(b, 57, cylinders * HEADS * TRACK);
	put16(b, 59, d->multiple ? 0x100 | d->multiple : 0);
	put32(b, 60, lba28);
	put16(b, 64, 0x0003);			/* PIO modes 3 and 4 */
	put16(b, 67, 120);
	put16(b, 68, 120);
	put16(b, 80, 0x007e);			/* ATA-1 to ATA-6 */
	put16(b, 82, 0x4000);			/* NOP */
	put16(b, 83, 0x7400);			/* FLUSH CACHE (EXT), LBA48 */
	put16(b, 84, 0x4000);
	put16(b, 85, 0x4000);
	put16(b, 86, 0x3400);
	put16(b, 87, 0x4000);
	put32(b, 100, size);
	put32(b, 102, size >> 32);
	a->pos = 0;
	a->end = AB_SECTOR;
	a->left = 1;
	ata_drq(m, DATA_IN, true);
}

static void ata_transfer(struct ab_machine *m, bool write, bool verify)
{
	struct ab_ata *a = &m->dev.ata;
	uint64_t lba = ata_lba(a);
	uint32_t n = ata_count(a);

	if (by_block(a->command) && !ata_drive(a)->multiple) {
		ata_fail(m, ER_ABRT);
	} else if (!ata_range_ok(a, lba, n)) {
		ata_fail(m, ER_IDNF);
	} else if (verify) {
		ata_done(m);
	} else if (write && ata_drive(a)->read_only) {
		ata_fail(m, ER_ABRT);
	} else {
		a->next_lba = lba;
		a->left = n;
		if (write)
			ata_take(m, false);	/* no interrupt before the first */
		else
			ata_fill(m);
	}
}

static void ata_signature(struct ab_ata *a)
{
	a->nsector[0] = a->lba[0][0] = 1;
	a->lba[1][0] = a->lba[2][0] = 0;
	a->select &= ~(SEL_SLAVE | 15);
	a->error = 1;				/* diagnostics: passed */
}

static void ata_set_multiple(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;
	uint8_t n = a->nsector[0];

	if (n > AB_ATA_MULTIPLE || n & (n - 1)) {
		ata_fail(m, ER_ABRT);
		return;
	}
	ata_drive(a)->multiple = n;
	ata_done(m);
}

static void ata_native_max(struct ab_machine *m, bool ext)
{
	struct ab_ata *a = &m->dev.ata;
	uint64_t last = ata_drive(a)->sectors - 1;

	if (!ext && last > 0x0ffffffe)
		last = 0x0ffffffe;
	for (unsigned i = 0; i < 3; i++) {
		a->lba[i][0] = last >> i * 8;
		if (ext)
			a->lba[i][1] = last >> (i + 3) * 8;
	}
	if (!ext)
		a->select = (a->select & 0xf0) | (last >> 24 & 15);
	ata_done(m);
}

static void ata_set_features(struct ab_machine *m)
{
	switch (m->dev.ata.feature[0]) {
	case 0x02: case 0x82:			/* write cache */
	case 0x03:				/* transfer mode */
	case 0x55: case 0xaa:			/* look-ahead */
	case 0x66: case 0xcc:			/* defaults on reset */
		ata_done(m);
		break;
	default:
		ata_fail(m, ER_ABRT);
		break;
	}
}

static void ata_command(struct ab_machine *m, uint8_t v)
{
	struct ab_ata *a = &m->dev.ata;

	if (a->status & ST_BSY || (!ata_drive(a)->sectors && v != 0x90))
		return;
	a->command = v;
	ata_irq(m, false);
	switch (v) {
	case 0xec:
		ata_identify(m);
		return;
	case 0x20: case 0x21: case 0x24: case 0xc4: case 0x29:
		ata_transfer(m, false, false);
		return;
	case 0x30: case 0x31: case 0x34: case 0xc5: case 0x39:
		ata_transfer(m, true, false);
		return;
	case 0x40: case 0x41: case 0x42:
		ata_transfer(m, false, true);
		return;
	case 0xc6:
		ata_set_multiple(m);
		return;
	case 0xe7: case 0xea:
		a->end = 0;
		ata_host(m, FLUSH, AB_DISK_FLUSH, 0);
		return;
	case 0xef:
		ata_set_features(m);
		return;
	case 0xf8: case 0x27:
		ata_native_max(m, v == 0x27);
		return;
	case 0xe5: case 0x98:			/* power mode: active */
		a->nsector[0] = 0xff;
		ata_done(m);
		return;
	case 0x91:				/* geometry: only our own */
	case 0xe0: case 0xe1: case 0xe2: case 0xe3: case 0xe6:
	case 0x94: case 0x95: case 0x96: case 0x97: case 0x99:
		ata_done(m);
		return;
	case 0x90:
		ata_signature(a);
		a->phase = IDLE;
		a->status = ST_READY;
		ata_irq(m, true);
		return;
	}
	if (v >> 4 == 1 || v >> 4 == 7)		/* recalibrate, seek */
		ata_done(m);
	else
		ata_fail(m, ER_ABRT);
}

/* ---- registers ---- */

/* A host transfer under way still owns the buffer: reset then waits for it. */
static void ata_reset(struct ab_ata *a)
{
	ata_signature(a);
	a->drive[0].multiple = a->drive[1].multiple = 0;
	if (a->phase == FILL || a->phase == SPILL || a->phase == FLUSH) {
		a->command = 0;
		a->status = ST_BSY;
	} else {
		a->phase = IDLE;
		a->status = ST_READY;
	}
}

static void ata_control(struct ab_machine *m, uint8_t v)
{
	struct ab_ata *a = &m->dev.ata;
	uint8_t was = a->control;

	a->control = v;
	if (v & CTL_SRST && !(was & CTL_SRST)) {
		a->status = ST_BSY;
		a->irq = false;
	} else if (was & CTL_SRST && !(v & CTL_SRST)) {
		ata_reset(a);
	}
	ata_irq(m, a->irq);
}

static uint8_t ata_status(const struct ab_ata *a)
{
	return a->drive[!!(a->select & SEL_SLAVE)].sectors ? a->status : 0;
}

uint32_t ab_ata_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	struct ab_ata *a = &m->dev.ata;
	bool previous = a->control & CTL_HOB;
	uint8_t v;

	if (!a->drive[0].sectors && !a->drive[1].sectors)
		return 0;
	switch (port) {
	case 0x1f0:
		return ata_data_in(m, size);
	case 0x1f1:
		return a->error;
	case 0x1f2:
		return a->nsector[previous];
	case 0x1f3: case 0x1f4: case 0x1f5:
		return a->lba[port - 0x1f3][previous];
	case 0x1f6:
		return a->select | 0xa0;
	case 0x3f6:
		return ata_status(a);
	}
	v = ata_status(a);
	ata_irq(m, false);			/* reading it is the acknowledge */
	return v;
}

static void ata_push(uint8_t reg[2], uint8_t v)
{
	reg[1] = reg[0];
	reg[0] = v;
}

void ab_ata_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t v)
{
	struct ab_ata *a = &m->dev.ata;

	if (!a->drive[0].sectors && !a->drive[1].sectors)
		return;
	if (port == 0x3f6) {
		ata_control(m, v);
		return;
	}
	if (port == 0x1f0) {
		ata_data_out(m, size, v);
		return;
	}
	if (a->status & (ST_BSY | ST_DRQ) && port != 0x1f7)
		return;
	switch (port) {
	case 0x1f1:
		ata_push(a->feature, v);
		break;
	case 0x1f2:
		ata_push(a->nsector, v);
		break;
	case 0x1f3: case 0x1f4: case 0x1f5:
		ata_push(a->lba[port - 0x1f3], v);
		break;
	case 0x1f6:
		a->select = v & 0x5f;
		break;
	case 0x1f7:
		a->control &= ~CTL_HOB;
		ata_command(m, v);
		break;
	}
	a->control &= ~CTL_HOB;
}

void ab_ata_unplug(struct ab_machine *m, unsigned drive)
{
	if (!m->dev.ata.drive[drive].used)
		m->dev.ata.drive[drive].sectors = 0;
}

void ab_ata_init(struct ab_machine *m)
{
	struct ab_ata *a = &m->dev.ata;

	a->status = ST_READY;
	if (m->host->disk_size && m->host->disk_io)
		for (unsigned i = 0; i < 2; i++)
			a->drive[i].sectors =
				m->host->disk_size(m, i, &a->drive[i].read_only);
	ata_signature(a);
}
