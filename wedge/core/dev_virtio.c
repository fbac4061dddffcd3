/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev_virtio.c: virtio-blk on PCI (Virtual I/O Device version 1.2), one function
 * a disk, for drivers of both interfaces: the legacy registers lie at the start
 * of BAR 0, version 1's structures behind them.  All of it is I/O ports, which
 * patched guests reach without a fault; interrupts are INTx levels.
 *
 * A request's data never passes through here: host->disk_submit() gets the pieces
 * of guest RAM that the driver's descriptors name and answers by
 * ab_virtio_done(), in order.  Everything in the rings is the guest's to write:
 * what breaks the rules of the ring breaks the queue (the driver must reset the
 * device), what is wrong in a request fails that request.
 */
#include "core/core.h"
#include "core/bytes.h"

/* BAR 0 */
#define BAR_SIZE	0x100u
#define LEGACY_CONFIG	0x14u		/* registers below it; no MSI-X */
#define LEGACY_END	(LEGACY_CONFIG + CONFIG_SIZE)
#define COMMON		0x80u
#define COMMON_SIZE	0x38u
#define NOTIFY		0xb8u
#define ISR		0xbcu
#define CONFIG		0xc0u
#define CONFIG_SIZE	0x40u

/* PCI configuration: capabilities behind the standard header */
#define CAP_COMMON	0x40u
#define CAP_NOTIFY	0x50u
#define CAP_ISR		0x64u
#define CAP_CONFIG	0x74u
#define CAP_WINDOW	0x84u
#define WINDOW_DATA	(CAP_WINDOW + 16)

#define ST_DRIVER_OK	0x04u
#define ST_FEATURES_OK	0x08u
#define ST_NEEDS_RESET	0x40u

#define F_SEG_MAX	(1ull << 2)
#define F_RO		(1ull << 5)
#define F_BLK_SIZE	(1ull << 6)
#define F_FLUSH		(1ull << 9)
#define F_ANY_LAYOUT	(1ull << 27)
#define F_INDIRECT	(1ull << 28)
#define F_EVENT_IDX	(1ull << 29)
#define F_VERSION_1	(1ull << 32)

#define DESC_NEXT	1u
#define DESC_WRITE	2u
#define DESC_INDIRECT	4u
#define AVAIL_NO_INTERRUPT 1u

#define ISR_QUEUE	1u
#define ISR_CONFIG	2u

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

#define LEGACY_ALIGN	4096u
#define ID_BYTES	20u

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* A descriptor chain: what the device reads, then what it writes. */
struct chain {
	unsigned n, nout;	/* pieces; the first (nout) are read */
	uint64_t out, in;	/* bytes */
	struct ab_disk_piece piece[AB_VIRTIO_PIECES];
};

static uint64_t offered(const struct ab_virtio *v)
{
	return F_SEG_MAX | F_BLK_SIZE | F_FLUSH | F_ANY_LAYOUT | F_INDIRECT |
	       F_EVENT_IDX | F_VERSION_1 | (v->read_only ? F_RO : 0);
}

static unsigned drive_of(const struct ab_machine *m, const struct ab_virtio *v)
{
	return v - m->dev.virtio;
}

/* ---- guest memory ---- */

static bool in_ram(const struct ab_machine *m, uint64_t pa, uint64_t len)
{
	return pa <= m->ram_size && len <= m->ram_size - pa;
}

/* Copy from or to guest RAM; false, with nothing done, when not all is RAM. */
static bool dma(struct ab_machine *m, uint64_t pa, void *buf, size_t len, bool write)
{
	uint8_t *p = buf;

	if (!in_ram(m, pa, len))
		return false;
	while (len) {
		size_t n = 4096 - (pa & 4095);
		void *ram;

		if (n > len)
			n = len;
		ram = m->host->phys(m, pa, n);
		if (!ram)
			return false;
		if (write)
			ab_memcpy(ram, p, n);
		else
			ab_memcpy(p, ram, n);
		pa += n;
		p += n;
		len -= n;
	}
	return true;
}

static bool get16(struct ab_machine *m, uint64_t pa, uint16_t *out)
{
	return dma(m, pa, out, sizeof(*out), false);
}

/* ---- interrupts ---- */

static void irq_update(struct ab_machine *m, struct ab_virtio *v)
{
	ab_pci_intx(m, AB_PCI_VIRTIO + drive_of(m, v), v->isr != 0);
}

static void interrupt(struct ab_machine *m, struct ab_virtio *v, uint8_t why)
{
	v->isr |= why;
	irq_update(m, v);
}

/* The driver broke the rules: nothing goes on before it resets the device. */
static void queue_break(struct ab_machine *m, struct ab_virtio *v)
{
	v->broken = true;
	v->status |= ST_NEEDS_RESET;
	if (v->features & F_VERSION_1)
		interrupt(m, v, ISR_CONFIG);
}

/* Does the driver want to hear that the used index has moved from (old)? */
static bool wants_interrupt(struct ab_machine *m, struct ab_virtio *v, uint16_t old)
{
	uint16_t flags, event;

	if (!(v->features & F_EVENT_IDX))
		return get16(m, v->avail, &flags) && !(flags & AVAIL_NO_INTERRUPT);
	if (!get16(m, v->avail + 4 + 2 * v->size, &event))
		return false;
	return (uint16_t)(v->used_idx - event - 1) < (uint16_t)(v->used_idx - old);
}

/* ---- the end of a request ---- */

static void request_end(struct ab_machine *m, struct ab_virtio *v, uint16_t head,
			uint64_t status_pa, uint8_t status, uint32_t written)
{
	struct { uint32_t id, len; } used = { head, written + 1 };
	uint16_t old = v->used_idx;

	if (!dma(m, status_pa, &status, 1, true) ||
	    !dma(m, v->used + 4 + 8 * (old % v->size), &used, sizeof(used), true)) {
		queue_break(m, v);
		return;
	}
	v->used_idx++;
	if (!dma(m, v->used + 2, &v->used_idx, 2, true)) {
		queue_break(m, v);
		return;
	}
	if (wants_interrupt(m, v, old))
		interrupt(m, v, ISR_QUEUE);
}

/* ---- the start of a request ---- */

static bool desc_get(struct ab_machine *m, uint64_t table, unsigned i, struct desc *d)
{
	return dma(m, table + 16ull * i, d, sizeof(*d), false);
}

static bool chain_add(struct ab_machine *m, struct chain *c, const struct desc *d)
{
	struct ab_disk_piece *p = &c->piece[c->n];

	if (c->n == AB_VIRTIO_PIECES || !in_ram(m, d->addr, d->len))
		return false;
	p->pa = d->addr;
	p->len = d->len;
	if (d->flags & DESC_WRITE) {
		c->in += d->len;
	} else {
		if (c->n != c->nout)	/* read after written */
			return false;
		c->nout++;
		c->out += d->len;
	}
	c->n++;
	return true;
}

/* Follow the descriptors from (head); false when they are no proper chain. */
static bool chain_get(struct ab_machine *m, struct ab_virtio *v, uint16_t head,
		      struct chain *c)
{
	uint64_t table = v->desc;
	uint32_t size = v->size, i = head, steps = 0;
	bool indirect = false;
	struct desc d;

	c->n = c->nout = 0;
	c->out = c->in = 0;
	for (;;) {
		if (i >= size || steps++ > AB_VIRTIO_PIECES ||
		    !desc_get(m, table, i, &d))
			return false;
		if (d.flags & DESC_INDIRECT) {
			if (indirect || !(v->features & F_INDIRECT) ||
			    d.flags & DESC_NEXT || d.len % 16 || !d.len)
				return false;
			indirect = true;
			table = d.addr;
			size = d.len / 16;
			i = 0;
			continue;
		}
		if (!chain_add(m, c, &d))
			return false;
		if (!(d.flags & DESC_NEXT))
			return true;
		i = d.next;
	}
}

/* Copy (len) bytes off the front of what the device reads. */
static bool chain_take(struct ab_machine *m, struct chain *c, uint8_t *buf, uint32_t len)
{
	for (unsigned i = 0; i < c->nout && len; i++) {
		struct ab_disk_piece *p = &c->piece[i];
		uint32_t n = p->len < len ? p->len : len;

		if (!dma(m, p->pa, buf, n, false))
			return false;
		p->pa += n;
		p->len -= n;
		c->out -= n;
		buf += n;
		len -= n;
	}
	return !len;
}

/* Take the last byte of what the device writes: the status. */
static bool chain_status(struct chain *c, uint64_t *pa)
{
	for (unsigned i = c->n; i-- > c->nout;) {
		struct ab_disk_piece *p = &c->piece[i];

		if (!p->len)
			continue;
		*pa = p->pa + --p->len;
		c->in--;
		return true;
	}
	return false;
}

/* The disk's name; what fits of it. */
static uint32_t identify(struct ab_machine *m, struct ab_virtio *v, struct chain *c)
{
	uint8_t id[ID_BYTES] = "afterburner-";
	uint32_t done = 0;

	id[12] = '0' + drive_of(m, v);
	for (unsigned i = c->nout; i < c->n && done < ID_BYTES; i++) {
		struct ab_disk_piece *p = &c->piece[i];
		uint32_t n = p->len < ID_BYTES - done ? p->len : ID_BYTES - done;

		if (!dma(m, p->pa, id + done, n, true))
			break;
		done += n;
	}
	return done;
}

static void submit(struct ab_machine *m, struct ab_virtio *v, struct ab_virtio_flight f,
		   int op, uint64_t lba, const struct ab_disk_piece *piece, unsigned n)
{
	for (unsigned i = 0; i < AB_VIRTIO_FLIGHT; i++) {
		if (v->flight[i].busy)
			continue;
		v->flight[i] = f;
		v->flight[i].busy = true;
		v->in_flight++;
		m->host->disk_submit(m, drive_of(m, v), op, lba, piece, n, i);
		return;
	}
}

/* Read or write: (bytes) in (n) pieces.  False when the request is wrong. */
static bool transfer(struct ab_machine *m, struct ab_virtio *v, struct ab_virtio_flight f,
		     bool write, uint64_t lba, struct ab_disk_piece *piece, unsigned n,
		     uint64_t bytes)
{
	uint64_t count = bytes / AB_SECTOR;
	int op = AB_DISK_READ;
	unsigned used = 0;

	if (bytes % AB_SECTOR || !count || lba >= v->sectors ||
	    count > v->sectors - lba || (write && v->read_only))
		return false;
	/* A driver that does not flush believes a write done when we say so. */
	if (write)
		op = v->features & F_FLUSH ? AB_DISK_WRITE : AB_DISK_WRITE_THROUGH;
	else
		f.written = bytes;
	for (unsigned i = 0; i < n; i++) {
		if (!piece[i].len)
			continue;
		if (used && piece[used - 1].pa + piece[used - 1].len == piece[i].pa &&
		    piece[used - 1].len + piece[i].len > piece[i].len)
			piece[used - 1].len += piece[i].len;
		else
			piece[used++] = piece[i];
	}
	submit(m, v, f, op, lba, piece, used);
	return true;
}

static void request_begin(struct ab_machine *m, struct ab_virtio *v, uint16_t head)
{
	struct { uint32_t type, priority; uint64_t sector; } h;
	struct ab_virtio_flight f = { .head = head };
	struct chain c;
	uint32_t written = 0;
	uint8_t status = S_OK;
	bool ok = true;

	if (!chain_get(m, v, head, &c) || !chain_take(m, &c, (uint8_t *)&h, sizeof(h)) ||
	    !chain_status(&c, &f.status_pa)) {
		queue_break(m, v);
		return;
	}
	switch (h.type) {
	case T_IN:
		ok = transfer(m, v, f, false, h.sector, c.piece + c.nout, c.n - c.nout,
			      c.in);
		break;
	case T_OUT:
		ok = transfer(m, v, f, true, h.sector, c.piece, c.nout, c.out);
		break;
	case T_FLUSH:
		submit(m, v, f, AB_DISK_FLUSH, 0, NULL, 0);
		break;
	case T_GET_ID:
		written = identify(m, v, &c);
		request_end(m, v, head, f.status_pa, S_OK, written);
		return;
	default:
		status = S_UNSUPP;
	}
	if (!ok)
		status = S_IOERR;
	if (status != S_OK)
		request_end(m, v, head, f.status_pa, status, 0);
}

/* Begin what the driver has made available, as far as there is room. */
static void queue_run(struct ab_machine *m, struct ab_virtio *v)
{
	uint16_t idx, head;

	while (v->enabled && !v->broken && v->status & ST_DRIVER_OK &&
	       v->in_flight < AB_VIRTIO_FLIGHT) {
		if (!get16(m, v->avail + 2, &idx)) {
			queue_break(m, v);
			return;
		}
		if (idx == v->last_avail) {
			/* tell us of the next one */
			if (v->features & F_EVENT_IDX &&
			    !dma(m, v->used + 4 + 8 * v->size, &v->last_avail, 2, true))
				queue_break(m, v);
			return;
		}
		if ((uint16_t)(idx - v->last_avail) > v->size ||
		    !get16(m, v->avail + 4 + 2 * (v->last_avail % v->size), &head)) {
			queue_break(m, v);
			return;
		}
		v->last_avail++;
		request_begin(m, v, head);
	}
}

void ab_virtio_done(struct ab_machine *m, unsigned drive, unsigned tag, bool ok)
{
	struct ab_virtio *v;
	struct ab_virtio_flight f;

	if (drive >= AB_VIRTIO_DISKS || tag >= AB_VIRTIO_FLIGHT ||
	    !m->dev.virtio[drive].flight[tag].busy)
		return;
	v = &m->dev.virtio[drive];
	f = v->flight[tag];
	v->flight[tag].busy = false;
	v->in_flight--;
	if (v->resetting || v->broken)
		return;
	request_end(m, v, f.head, f.status_pa, ok ? S_OK : S_IOERR, ok ? f.written : 0);
	queue_run(m, v);
}

/* ---- registers ---- */

/* After it the driver may do with its memory as it likes: so nothing is under
 * way any more when this returns. */
static void reset(struct ab_machine *m, struct ab_virtio *v)
{
	v->resetting = true;
	if (v->in_flight)
		m->host->disk_drain(m);
	v->resetting = false;
	v->status = v->isr = 0;
	v->broken = v->enabled = false;
	v->features = 0;
	v->feature_select = v->driver_select = 0;
	v->queue_select = 0;
	v->size = AB_VIRTIO_QUEUE;
	v->desc = v->avail = v->used = 0;
	v->last_avail = v->used_idx = 0;
	irq_update(m, v);
}

static void status_write(struct ab_machine *m, struct ab_virtio *v, uint8_t value)
{
	if (!value) {
		reset(m, v);
		return;
	}
	if (v->features & ~offered(v))
		value &= ~ST_FEATURES_OK;
	if (value & ST_DRIVER_OK && !(v->status & ST_DRIVER_OK))
		ab_ata_unplug(m, drive_of(m, v));
	v->status = value | (v->status & ST_NEEDS_RESET);
	queue_run(m, v);
}

/* The legacy driver gives one page number for all three parts. */
static void legacy_queue(struct ab_machine *m, struct ab_virtio *v, uint32_t page)
{
	if (v->queue_select)
		return;
	v->size = AB_VIRTIO_QUEUE;
	v->desc = (uint64_t)page * LEGACY_ALIGN;
	v->avail = v->desc + 16 * AB_VIRTIO_QUEUE;
	v->used = (v->avail + 6 + 2 * AB_VIRTIO_QUEUE + LEGACY_ALIGN - 1) &
		  ~(uint64_t)(LEGACY_ALIGN - 1);
	v->last_avail = v->used_idx = 0;
	v->enabled = page != 0;
}

static void set_half(uint64_t *reg, bool high, uint32_t value)
{
	*reg = high ? (*reg & 0xffffffffu) | (uint64_t)value << 32
		    : (*reg & ~0xffffffffull) | value;
}

static void features_write(struct ab_virtio *v, uint32_t value)
{
	if (v->driver_select < 2 && !(v->status & ST_FEATURES_OK))
		set_half(&v->features, v->driver_select, value);
}

/* Where the queue lies and how long it is: before it is enabled. */
static void queue_write(struct ab_virtio *v, uint32_t off, uint32_t value)
{
	if (v->queue_select || v->enabled)
		return;
	switch (off) {
	case 0x18:
		if (value && value <= AB_VIRTIO_QUEUE && !(value & (value - 1)))
			v->size = value;
		break;
	case 0x1c:
		v->enabled = value == 1;
		break;
	case 0x20: case 0x24:
		set_half(&v->desc, off & 4, value);
		break;
	case 0x28: case 0x2c:
		set_half(&v->avail, off & 4, value);
		break;
	case 0x30: case 0x34:
		set_half(&v->used, off & 4, value);
		break;
	}
}

static void common_write(struct ab_machine *m, struct ab_virtio *v, uint32_t off,
			 uint32_t value)
{
	switch (off) {
	case 0x00:
		v->feature_select = value;
		break;
	case 0x08:
		v->driver_select = value;
		break;
	case 0x0c:
		features_write(v, value);
		break;
	case 0x14:
		status_write(m, v, value);
		break;
	case 0x16:
		v->queue_select = value;
		break;
	default:
		queue_write(v, off, value);
		break;
	}
}

static void virtio_write(struct ab_machine *m, struct ab_virtio *v, uint32_t off,
			 uint32_t value)
{
	switch (off) {
	case 0x04:			/* legacy */
		v->features = value & (offered(v) & 0xffffffffu);
		break;
	case 0x08:
		legacy_queue(m, v, value);
		break;
	case 0x0e:
		v->queue_select = value;
		break;
	case 0x10:
	case NOTIFY:
		if (!(value & 0xffff))
			queue_run(m, v);
		break;
	case 0x12:
		status_write(m, v, value);
		break;
	default:
		if (off - COMMON < COMMON_SIZE)
			common_write(m, v, off - COMMON, value);
		break;
	}
}

/* The 32 bits at (off), a multiple of 4, of the disk's own configuration. */
static uint32_t config_dword(const struct ab_virtio *v, uint32_t off)
{
	switch (off) {
	case 0x00:
		return v->sectors;
	case 0x04:
		return v->sectors >> 32;
	case 0x0c:
		return AB_VIRTIO_PIECES - 2;	/* seg_max: header and status */
	case 0x14:
		return AB_SECTOR;
	}
	return 0;
}

static uint32_t common_dword(const struct ab_virtio *v, uint32_t off)
{
	bool there = !v->queue_select;
	uint64_t f = offered(v);

	switch (off) {
	case 0x00:
		return v->feature_select;
	case 0x04:
		return v->feature_select < 2 ? f >> 32 * v->feature_select : 0;
	case 0x08:
		return v->driver_select;
	case 0x0c:
		return v->driver_select < 2 ? v->features >> 32 * v->driver_select : 0;
	case 0x10:
		return 0x1ffff;		/* no MSI-X vector; one queue */
	case 0x14:
		return v->status | (uint32_t)v->queue_select << 16;
	case 0x18:
		return (there ? v->size : 0) | 0xffff0000u;
	case 0x1c:
		return there && v->enabled;
	case 0x20: case 0x24:
		return v->desc >> 8 * (off & 4);
	case 0x28: case 0x2c:
		return v->avail >> 8 * (off & 4);
	case 0x30: case 0x34:
		return v->used >> 8 * (off & 4);
	}
	return 0;
}

static uint32_t legacy_dword(const struct ab_virtio *v, uint32_t off)
{
	switch (off) {
	case 0x00:
		return offered(v);
	case 0x04:
		return v->features;
	case 0x08:
		return v->enabled && !v->queue_select ? v->desc / LEGACY_ALIGN : 0;
	case 0x0c:
		return (v->queue_select ? 0 : AB_VIRTIO_QUEUE) |
		       (uint32_t)v->queue_select << 16;
	case 0x10:
		return (uint32_t)v->status << 16 | (uint32_t)v->isr << 24;
	}
	return config_dword(v, off - LEGACY_CONFIG);
}

static uint32_t virtio_dword(const struct ab_virtio *v, uint32_t off)
{
	if (off < LEGACY_END)
		return legacy_dword(v, off);
	if (off - COMMON < COMMON_SIZE)
		return common_dword(v, off - COMMON);
	if (off == ISR)
		return v->isr;
	if (off - CONFIG < CONFIG_SIZE)
		return config_dword(v, off - CONFIG);
	return 0;
}

/* Any bytes of BAR 0.  Only a read of the interrupt status changes something. */
static uint32_t bar_read(struct ab_machine *m, struct ab_virtio *v, uint32_t off,
			 unsigned size)
{
	uint64_t two = virtio_dword(v, off & ~3u) |
		       (uint64_t)virtio_dword(v, (off & ~3u) + 4) << 32;

	if ((off <= 0x13 && off + size > 0x13) || (off <= ISR && off + size > ISR)) {
		v->isr = 0;
		irq_update(m, v);
	}
	return two >> (off & 3) * 8;
}

static struct ab_virtio *virtio_at(struct ab_machine *m, uint16_t port, uint32_t *off)
{
	for (unsigned i = 0; i < AB_VIRTIO_DISKS; i++) {
		uint32_t base = ab_pci_io_bar(m, AB_PCI_VIRTIO + i);

		if (base && port - base < BAR_SIZE) {
			*off = port - base;
			return &m->dev.virtio[i];
		}
	}
	return NULL;
}

bool ab_virtio_port(struct ab_machine *m, uint16_t port)
{
	uint32_t off;

	return virtio_at(m, port, &off) != NULL;
}

uint32_t ab_virtio_read(struct ab_machine *m, uint16_t port, unsigned size)
{
	uint32_t off;
	struct ab_virtio *v = virtio_at(m, port, &off);

	return v ? bar_read(m, v, off, size) : ~0u;
}

void ab_virtio_write(struct ab_machine *m, uint16_t port, unsigned size, uint32_t value)
{
	uint32_t off;
	struct ab_virtio *v = virtio_at(m, port, &off);

	if (v)
		virtio_write(m, v, off, value);
}

/* ---- PCI ---- */

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = v >> i * 8;
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Access to BAR 0 through the configuration space's window. */
void ab_virtio_window(struct ab_machine *m, unsigned func, bool write)
{
	struct ab_virtio *v = &m->dev.virtio[func - AB_PCI_VIRTIO];
	uint8_t *cfg = m->dev.pci.func[func].cfg;
	uint32_t off = get32(cfg + CAP_WINDOW + 8), size = get32(cfg + CAP_WINDOW + 12);

	if (cfg[CAP_WINDOW + 4] || (size != 1 && size != 2 && size != 4) ||
	    off % size || off >= BAR_SIZE)
		return;
	if (write)
		virtio_write(m, v, off, get32(cfg + WINDOW_DATA) &
					(size < 4 ? (1u << size * 8) - 1 : ~0u));
	else
		put32(cfg + WINDOW_DATA, bar_read(m, v, off, size));
}

bool ab_virtio_is_window(uint8_t reg)
{
	return reg - WINDOW_DATA < 4u;
}

static void capability(uint8_t *cfg, uint8_t at, uint8_t next, uint8_t len, uint8_t type,
		       uint32_t off, uint32_t size)
{
	cfg[at] = 0x09;			/* vendor-specific */
	cfg[at + 1] = next;
	cfg[at + 2] = len;
	cfg[at + 3] = type;
	put32(cfg + at + 8, off);
	put32(cfg + at + 12, size);
}

void ab_virtio_pci(uint8_t *cfg, uint8_t *writable)
{
	cfg[0x34] = CAP_COMMON;
	capability(cfg, CAP_COMMON, CAP_NOTIFY, 16, 1, COMMON, COMMON_SIZE);
	capability(cfg, CAP_NOTIFY, CAP_ISR, 20, 2, NOTIFY, 4);
	capability(cfg, CAP_ISR, CAP_CONFIG, 16, 3, ISR, 1);
	capability(cfg, CAP_CONFIG, CAP_WINDOW, 16, 4, CONFIG, CONFIG_SIZE);
	capability(cfg, CAP_WINDOW, 0, 20, 5, 0, 0);
	writable[CAP_WINDOW + 4] = 0xff;
	for (unsigned i = 8; i < 20; i++)
		writable[CAP_WINDOW + i] = 0xff;
	put32(writable + 0x10, 0xffff & ~(BAR_SIZE - 1));
}

void ab_virtio_init(struct ab_machine *m)
{
	if (!m->host->disk_submit || !m->host->disk_size)
		return;
	for (unsigned i = 0; i < AB_VIRTIO_DISKS; i++) {
		struct ab_virtio *v = &m->dev.virtio[i];

		v->sectors = m->host->disk_size(m, i, &v->read_only);
		v->size = AB_VIRTIO_QUEUE;
	}
}
