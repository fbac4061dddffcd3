/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's side of the console rings: standard input to the guest, the
 * guest to standard output, and the log to standard error.
 *
 * The broker keeps its own copies of its indices; what the other side writes is
 * only ever a count of bytes, capped at the ring's size.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "monitor/broker.h"
#include "monitor/sys.h"

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define CTRL_A		0x01
#define CHUNK		4096u	/* a pipe that polls writable takes so much */

void vcpu_kick(struct broker *b, uint32_t why)
{
	struct mon_shared *sh = b->mon.sh;

	__atomic_fetch_or(&sh->kick, why, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&sh->kick_seq, 1, __ATOMIC_SEQ_CST);
	if (load(&sh->idle))
		sys_futex_wake(&sh->kick_seq, 1);
	else if (b->leader > 0)
		kill(-b->leader, MON_SIGNAL);
}

void console_init(struct broker *b)
{
	struct console *c = &b->con;

	c->in_open = true;
	c->in_tty = isatty(STDIN_FILENO);
	c->out_tty = isatty(STDOUT_FILENO);
	c->at_line_start = true;
}

/* ---- input ---- */

static uint32_t input_room(const struct broker *b)
{
	uint32_t used = b->con.in_head - load(&b->mon.sh->in.tail);

	return used > MON_RING_SIZE ? 0 : MON_RING_SIZE - used;
}

bool console_wants_input(struct broker *b)
{
	if (!b->con.in_open || b->end)
		return false;
	/* In the background the terminal is not ours to read. */
	if (b->con.in_tty && tcgetpgrp(STDIN_FILENO) != getpgrp())
		return false;
	/* One byte may become two (an escape that was none). */
	if (input_room(b) >= 2)
		return true;
	store(&b->mon.sh->in.waits, 1);
	return input_room(b) >= 2;
}

static void input_put(struct broker *b, uint8_t byte)
{
	struct mon_ring *r = &b->mon.sh->in;

	r->data[b->con.in_head++ % MON_RING_SIZE] = byte;
	store(&r->head, b->con.in_head);
}

static void input_byte(struct broker *b, uint8_t byte)
{
	struct console *c = &b->con;

	if (!c->escape && byte == CTRL_A) {
		c->escape = true;
		return;
	}
	if (c->escape && (byte == 'x' || byte == 'X')) {
		b->end = END_USER;
		return;
	}
	if (c->escape && byte != CTRL_A)
		input_put(b, CTRL_A);
	c->escape = false;
	input_put(b, byte);
}

void console_read(struct broker *b)
{
	uint8_t buf[256];
	uint32_t room = input_room(b) / 2;
	ssize_t n, i;

	n = read(STDIN_FILENO, buf, room < sizeof buf ? room : sizeof buf);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {		/* end of file, or no terminal any more */
		b->con.in_open = false;
		return;
	}
	for (i = 0; i < n && !b->end; i++)
		input_byte(b, buf[i]);
	vcpu_kick(b, MON_KICK_INPUT);
}

/* ---- output ---- */

/* No honest writer is more than a ring ahead.  With one that is, go on from what
 * the ring holds now. */
static uint32_t ring_pending(const struct mon_ring *r, uint32_t *tail)
{
	uint32_t head = load(&r->head);

	if (head - *tail > MON_RING_SIZE)
		*tail = head - MON_RING_SIZE;
	return head - *tail;
}

/* The writer sleeps when the ring is full. */
static void ring_advance(struct mon_ring *r, uint32_t *tail, uint32_t n)
{
	*tail += n;
	store(&r->tail, *tail);
	if (load(&r->waits)) {
		store(&r->waits, 0);
		sys_futex_wake(&r->tail, 1);
	}
}

uint32_t console_pending(struct broker *b)
{
	return ring_pending(&b->mon.sh->out, &b->con.out_tail);
}

void console_write(struct broker *b)
{
	struct mon_ring *r = &b->mon.sh->out;
	struct console *c = &b->con;
	uint32_t n = console_pending(b), at = c->out_tail % MON_RING_SIZE;
	ssize_t done;

	if (n > MON_RING_SIZE - at)
		n = MON_RING_SIZE - at;
	if (n > CHUNK)
		n = CHUNK;
	if (!n)
		return;
	done = write(STDOUT_FILENO, r->data + at, n);
	if (done < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (done < 0) {
		c->out_error = errno;
		if (!b->end)
			b->end = END_OUTPUT;
		return;
	}
	if (done)
		c->at_line_start = r->data[(at + (uint32_t)done - 1) %
					   MON_RING_SIZE] == '\n';
	ring_advance(r, &c->out_tail, (uint32_t)done);
}

void console_log(struct broker *b)
{
	struct mon_ring *r = &b->mon.sh->log;
	char raw[1024], clean[1024];
	uint32_t n = ring_pending(r, &b->con.log_tail), i;

	if (n > sizeof raw - 1)
		n = sizeof raw - 1;
	if (!n)
		return;
	for (i = 0; i < n; i++)
		raw[i] = (char)r->data[(b->con.log_tail + i) % MON_RING_SIZE];
	n = (uint32_t)text_clean(clean, sizeof clean, raw, n, true);
	/* Nowhere to complain about a standard error that is gone. */
	if (write(STDERR_FILENO, clean, n) < 0)
		n = n ? n : 1;
	ring_advance(r, &b->con.log_tail, i);
}

void console_flush(struct broker *b, int ms)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	uint32_t rounds = MON_RING_SIZE;

	/* The writer may be alive, and faster than we are. */
	while (rounds-- && ring_pending(&b->mon.sh->log, &b->con.log_tail))
		console_log(b);
	for (rounds = MON_RING_SIZE; rounds && !b->con.out_error &&
	     console_pending(b); rounds--) {
		int n = poll(&p, 1, ms);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		console_write(b);
	}
}
