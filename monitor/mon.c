/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vCPU process's side of the shared memory: console, kicks, the end of the
 * run, profile, disk requests.
 *
 * Runs in signal handlers and on stacks where libc's thread pointer may be
 * gone, so it uses neither libc nor SSE (its compile flags see to that), and
 * asks the kernel itself (sys.h).
 */
#include "monitor/mon.h"
#include "monitor/sys.h"

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

/* ---- doorbell and rings ---- */

static void bell_write(const struct mon *m)
{
	static const uint64_t one = 1;

	sys_call3(SYS_write, m->bell_fd, (long)&one, sizeof one);
}

/* Wake the broker, only if it sleeps: a busy one looks at the rings anyway. */
static void bell_ring(const struct mon *m)
{
	if (load(&m->sh->armed) &&
	    __atomic_exchange_n(&m->sh->armed, 0, __ATOMIC_SEQ_CST))
		bell_write(m);
}

/* Make room for one byte: sleep until the broker has taken some. */
static void ring_wait(const struct mon *m, struct mon_ring *r)
{
	for (;;) {
		uint32_t tail = load(&r->tail);

		if (r->head - tail < MON_RING_SIZE)
			return;
		store(&r->waits, 1);
		if (load(&r->tail) != tail)
			continue;
		bell_write(m);
		sys_futex_wait(&r->tail, tail, NULL);
	}
}

static void ring_put(const struct mon *m, struct mon_ring *r, uint8_t byte)
{
	uint32_t head = r->head;

	if (head - load(&r->tail) >= MON_RING_SIZE)
		ring_wait(m, r);
	r->data[head % MON_RING_SIZE] = byte;
	store(&r->head, head + 1);
}

void mon_console_out(struct mon *m, uint8_t byte)
{
	ring_put(m, &m->sh->out, byte);
	bell_ring(m);
}

bool mon_console_waiting(const struct mon *m)
{
	return load(&m->sh->in.head) != m->sh->in.tail;
}

int mon_console_in(struct mon *m)
{
	struct mon_ring *r = &m->sh->in;
	uint32_t tail = r->tail;
	int byte;

	if (load(&r->head) == tail)
		return -1;
	byte = r->data[tail % MON_RING_SIZE];
	store(&r->tail, tail + 1);
	/* The broker stopped reading the terminal when the ring was full. */
	if (load(&r->waits) && __atomic_exchange_n(&r->waits, 0, __ATOMIC_SEQ_CST))
		bell_write(m);
	return byte;
}

/* ---- kicks ---- */

uint32_t mon_kicks(struct mon *m)
{
	if (!load(&m->sh->kick))
		return 0;
	return __atomic_exchange_n(&m->sh->kick, 0, __ATOMIC_SEQ_CST);
}

/*
 * The order matters.  Here: read seq, say "idle", look for kicks, sleep on seq.
 * Broker: set kick, count seq, then look at "idle": either it sees us idle and
 * wakes the futex, or we see its kick (or a changed seq) and do not sleep.
 */
void mon_idle(struct mon *m, uint64_t deadline_ns)
{
	uint32_t seq = load(&m->sh->kick_seq);
	struct timespec ts = {
		.tv_sec = (time_t)(deadline_ns / 1000000000u),
		.tv_nsec = (long)(deadline_ns % 1000000000u),
	};

	store(&m->sh->idle, 1);
	if (!load(&m->sh->kick))
		sys_futex_wait(&m->sh->kick_seq, seq, deadline_ns ? &ts : NULL);
	store(&m->sh->idle, 0);
}

/* ---- the end ---- */

_Noreturn void mon_end(struct mon *m, int status, const char *why)
{
	struct mon_shared *sh = m->sh;
	size_t i;

	for (i = 0; why && why[i] && i < MON_WHY_MAX - 1; i++)
		sh->why[i] = why[i];
	sh->why[i] = '\0';
	sh->status = status;
	store(&sh->ended, 1);
	bell_write(m);
	sys_exit(0);
}

/* ---- text ---- */

void mon_text(struct mon *m, const char *fmt, ...)
{
	struct mon_shared *sh = m->sh;
	uint32_t len = sh->text_len;
	char line[256];
	va_list ap;
	size_t n, i;

	va_start(ap, fmt);
	n = mon_vformat(line, sizeof line, fmt, ap);
	va_end(ap);
	for (i = 0; i < n && len < MON_TEXT_MAX; i++)
		sh->text[len++] = line[i];
	sh->text_len = len;
}

void mon_log(struct mon *m, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	size_t n, i;

	va_start(ap, fmt);
	n = mon_vformat(line, sizeof line, fmt, ap);
	va_end(ap);
	for (i = 0; i < n; i++)
		ring_put(m, &m->sh->log, (uint8_t)line[i]);
	bell_ring(m);
}

/* ---- debugger ---- */

bool mon_debug_planted(const struct mon *m, uint32_t addr)
{
	const struct mon_debug *d = &m->sh->debug;
	uint32_t i, n = load(&d->nbreak);

	for (i = 0; i < n && i < MON_BREAKS; i++)
		if (d->brk[i] == addr)
			return true;
	return false;
}

uint32_t mon_debug_stop(struct mon *m, int signal)
{
	struct mon_debug *d = &m->sh->debug;
	uint32_t seen;

	d->signal = (uint32_t)signal;
	store(&d->stopped, 1);
	bell_write(m);
	while ((seen = load(&d->req)) == d->ack) {
		if (load(&m->sh->kick) & MON_KICK_STOP)
			mon_end(m, 0, "");
		sys_futex_wait(&d->req, seen, NULL);
	}
	store(&d->stopped, 0);
	store(&d->ack, seen);
	return load(&d->cmd);
}

/* ---- profile ---- */

static unsigned bucket_of(uint64_t cycles)
{
	unsigned log2 = 63u - (unsigned)__builtin_clzll(cycles | 1);

	if (log2 < 6)
		return 0;
	return log2 - 6 < AB_PROFILE_HIST ? log2 - 6 : AB_PROFILE_HIST - 1;
}

/* The record of a place, a new one when it has none (count 0); NULL: no room. */
static struct ab_profile_record *slot_of(struct mon_profile *p, uint64_t addr,
					 unsigned op, unsigned kind,
					 unsigned ring)
{
	uint64_t h = (addr ^ (uint64_t)op << 40 ^ (uint64_t)kind << 32 ^
		      (uint64_t)ring << 36) * 0x9e3779b97f4a7c15ull;
	uint32_t at = (uint32_t)(h >> 32) % MON_PROFILE_INDEX, n;

	for (; (n = p->index[at]) != 0; at = (at + 1) % MON_PROFILE_INDEX) {
		struct ab_profile_record *r = &p->slot[(n - 1) % MON_PROFILE_SLOTS];

		if (r->addr == addr && r->op == op && r->kind == kind &&
		    r->ring == ring)
			return r;
	}
	if (p->used >= MON_PROFILE_SLOTS)
		return NULL;
	n = p->used;
	p->index[at] = n + 1;
	__atomic_store_n(&p->used, n + 1, __ATOMIC_RELEASE);
	return &p->slot[n];
}

void mon_profile_hit(struct mon *m, uint64_t addr, unsigned op, unsigned kind,
		     unsigned ring, uint64_t cycles, const uint8_t *insn,
		     unsigned len, unsigned page_class)
{
	struct ab_profile_record *r;
	unsigned i;

	if (!m->profile)
		return;
	m->sh->profile.count[kind]++;
	m->sh->profile.cycles[kind] += cycles;
	r = slot_of(&m->sh->profile, addr, op, kind, ring);
	if (!r) {
		m->sh->profile.lost++;
		return;
	}
	if (!r->count) {
		r->addr = addr;
		r->op = (uint16_t)op;
		r->kind = (uint8_t)kind;
		r->ring = (uint8_t)ring;
		r->page_class = (uint8_t)page_class;
		r->insn_len = (uint8_t)(len > 15 ? 15 : len);
		for (i = 0; insn && i < r->insn_len; i++)
			r->insn[i] = insn[i];
	}
	r->cycles += cycles;
	if (cycles > r->cycles_max)
		r->cycles_max = cycles;
	r->hist[bucket_of(cycles)]++;
	/* Last: a record counts from here on (a checkpoint may look any time). */
	__atomic_store_n(&r->count, r->count + 1, __ATOMIC_RELEASE);
}

/* ---- disk ---- */

static int disk_request(struct mon *m, unsigned op, unsigned drive, uint64_t lba,
			unsigned count)
{
	struct mon_disk_req *d = &m->sh->disk;

	d->op = op;
	d->drive = drive;
	d->lba = lba;
	d->count = count;
	store(&d->busy, 1);
	bell_write(m);
	while (load(&d->busy))
		sys_futex_wait(&d->busy, 1, NULL);
	return d->result;
}

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

int mon_disk_read(struct mon *m, unsigned drive, uint64_t lba, void *buf, unsigned count)
{
	int err;

	if (count > MON_DISK_MAX)
		return 22;	/* EINVAL */
	err = disk_request(m, MON_DISK_READ, drive, lba, count);
	if (!err)
		copy_bytes(buf, m->sh->disk.data, (size_t)count * MON_SECTOR);
	return err;
}

int mon_disk_write(struct mon *m, unsigned drive, uint64_t lba, const void *buf,
		   unsigned count)
{
	if (count > MON_DISK_MAX)
		return 22;
	copy_bytes(m->sh->disk.data, buf, (size_t)count * MON_SECTOR);
	return disk_request(m, MON_DISK_WRITE, drive, lba, count);
}

int mon_disk_flush(struct mon *m, unsigned drive)
{
	return disk_request(m, MON_DISK_FLUSH, drive, 0, 0);
}

struct mon_disk_xfer *mon_disk_next(struct mon *m)
{
	return &m->sh->queue.xfer[m->sh->queue.head % MON_QUEUE_SIZE];
}

/* A broker that is still at work looks at head again after it has counted tail
 * up: only when it had nothing left to do must it be woken. */
void mon_disk_put(struct mon *m)
{
	struct mon_disk_queue *q = &m->sh->queue;
	uint32_t head = q->head;

	m->sh->stat[MON_STAT_DISK]++;
	store(&q->head, head + 1);
	if (load(&q->tail) == head)
		bell_write(m);
}

const struct mon_disk_xfer *mon_disk_done(struct mon *m, bool wait)
{
	struct mon_disk_queue *q = &m->sh->queue;
	uint32_t tail, taken = q->taken;

	while ((tail = load(&q->tail)) == taken) {
		if (!wait || q->head == taken)
			return NULL;
		store(&q->waits, 1);
		if (load(&q->tail) == tail)
			sys_futex_wait(&q->tail, tail, NULL);
		store(&q->waits, 0);
	}
	q->taken = taken + 1;
	return &q->xfer[taken % MON_QUEUE_SIZE];
}
