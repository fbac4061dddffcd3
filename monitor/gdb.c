/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GDB's remote protocol on a local TCP port: registers, memory, breakpoints,
 * single step.  The guest waits before its first instruction until GDB lets it
 * go.
 *
 * Breakpoints are int3's in guest memory; the engine is told where they are
 * (mon_debug.brk) and stops there instead of giving the guest its #BP.  What GDB
 * reads is what the program's file has: planted int3's and the hlt's of -t none
 * are hidden.  GDB is the user's own, but the port is open to any local program,
 * so packets are parsed with the same care as shared memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/core.h"
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/sys.h"
#include "monitor/view.h"

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define PACKET_MAX	4096u
#define REGISTERS	16u	/* eax ecx edx ebx esp ebp esi edi eip eflags
				   cs ss ds es fs gs: as GDB counts them */

struct gdb {
	int listener, fd;
	char in[2 * PACKET_MAX];
	size_t nin;
	bool noack;
	bool running;		/* the guest has been let go */
	bool attaching;		/* stop it before the new GDB is heard */
	uint32_t req;
	struct { uint32_t addr; uint8_t byte; } brk[MON_BREAKS];
	uint32_t nbrk;
};

/* ---- packets out ---- */

static void send_all(struct gdb *g, const char *p, size_t n)
{
	while (n && g->fd >= 0) {
		ssize_t done = send(g->fd, p, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			close(g->fd);
			g->fd = -1;
			return;
		}
		p += done;
		n -= (size_t)done;
	}
}

static void reply(struct gdb *g, const char *text)
{
	char buf[2 * PACKET_MAX + 8];
	uint8_t sum = 0;
	const char *p;
	int n;

	for (p = text; *p; p++)
		sum = (uint8_t)(sum + (uint8_t)*p);
	n = snprintf(buf, sizeof buf, "$%.*s#%02x", (int)(2 * PACKET_MAX), text, sum);
	send_all(g, buf, (size_t)n);
}

static void hex_put(char *to, const uint8_t *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(to + 2 * i, "%02x", from[i]);
	to[2 * n] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Exactly (n) bytes of hex digits. */
static bool hex_get(const char *from, uint8_t *to, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		int hi = hex_digit(from[2 * i]);
		int lo = hi < 0 ? -1 : hex_digit(from[2 * i + 1]);

		if (lo < 0)
			return false;
		to[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* A hexadecimal number that (end) follows; moves *p behind it. */
static bool number_get(const char **p, char end, uint32_t *v)
{
	const char *s = *p;

	*v = 0;
	if (hex_digit(*s) < 0)
		return false;
	for (; hex_digit(*s) >= 0; s++)
		*v = *v << 4 | (uint32_t)hex_digit(*s);
	if (*s != end)
		return false;
	*p = *s ? s + 1 : s;
	return true;
}

/* ---- the guest's state ---- */

static struct ab_machine *view_open(struct broker *b)
{
	struct ab_machine *m = xmalloc(sizeof *m);

	memcpy(m, b->mon.machine, sizeof *m);
	view_attach(m, &b->mon);
	return m;
}

static const uint8_t seg_order[] = { AB_SEG_CS, AB_SEG_SS, AB_SEG_DS, AB_SEG_ES,
				     AB_SEG_FS, AB_SEG_GS };

static uint32_t register_get(const struct ab_cpu *c, unsigned n)
{
	if (n < 8)
		return (uint32_t)c->gpr[n];
	if (n == 8)
		return (uint32_t)c->rip;
	return n == 9 ? (uint32_t)c->rflags : c->seg[seg_order[n - 10]].sel;
}

/* Selectors are shown only: their hidden parts would have to change too. */
static bool register_set(struct ab_cpu *c, unsigned n, uint32_t v)
{
	if (n < 8)
		c->gpr[n] = v;
	else if (n == 8)
		c->rip = v;
	else if (n == 9)
		c->rflags = (v & ~(AB_FL_VM | AB_FL_TF)) | 2;
	else
		return c->seg[seg_order[n - 10]].sel == (uint16_t)v;
	return true;
}

static void registers_send(struct broker *b, struct gdb *g)
{
	char text[REGISTERS * 8 + 1];
	unsigned i;

	for (i = 0; i < REGISTERS; i++) {
		uint32_t v = register_get(&b->mon.machine->cpu, i);

		hex_put(text + 8 * i, (uint8_t *)&v, 4);
	}
	reply(g, text);
}

static bool registers_take(struct broker *b, const char *text)
{
	uint32_t v;
	unsigned i;

	for (i = 0; i < REGISTERS; i++, text += 8) {
		if (!hex_get(text, (uint8_t *)&v, 4))
			return i > 0;	/* a short packet: those that it has */
		register_set(&b->mon.machine->cpu, i, v);
	}
	return true;
}

static bool register_take(struct broker *b, const char *text)
{
	uint32_t n, v;

	return number_get(&text, '=', &n) && n < REGISTERS &&
		hex_get(text, (uint8_t *)&v, 4) &&
		register_set(&b->mon.machine->cpu, n, v);
}

/* ---- memory ---- */

/*
 * Where the guest has not yet mapped what the linker promised (a kernel for the
 * upper half, before it turns paging on), the segment's physical place is meant.
 */
static uint8_t *linked_bytes(struct broker *b, uint32_t addr, size_t len)
{
	const struct ab_guest *g = b->guest;
	size_t i;

	for (i = 0; i < g->nseg; i++) {
		const struct ab_segment *s = &g->seg[i];
		uint64_t off = addr - s->vaddr, pa = s->paddr + off;

		if (addr >= s->vaddr && off < s->memsz && len <= s->memsz - off &&
		    pa < b->mon.ram_size && len <= b->mon.ram_size - pa)
			return b->mon.ram + pa;
	}
	return NULL;
}

static bool memory_read(struct broker *b, struct ab_machine *m, uint32_t addr,
			void *buf, size_t len)
{
	const uint8_t *p;

	if (view_read(m, addr, buf, len))
		return true;
	p = linked_bytes(b, addr, len);
	if (p)
		memcpy(buf, p, len);
	return p != NULL;
}

static bool memory_write(struct broker *b, struct ab_machine *m, uint32_t addr,
			 const void *buf, size_t len)
{
	uint8_t *p;

	if (view_write(m, addr, buf, len))
		return true;
	p = linked_bytes(b, addr, len);
	if (p)
		memcpy(p, buf, len);
	return p != NULL;
}

/* What the program's file has where we planted something. */
static void memory_clean(struct broker *b, struct gdb *g, uint32_t addr,
			 uint8_t *buf, uint32_t len)
{
	const struct ab_guest *guest = b->guest;
	uint32_t i;
	size_t k;

	for (k = 0; b->mon.target == MON_NONE && k < guest->nsite; k++) {
		const struct ab_site *s = &guest->site[k];
		uint64_t off = s->addr - addr;

		if (s->state == AB_SITE_OK && off < len && buf[off] == 0xf4)
			buf[off] = s->orig[0];
	}
	for (i = 0; i < g->nbrk; i++)
		if (g->brk[i].addr - addr < len)
			buf[g->brk[i].addr - addr] = g->brk[i].byte;
}

static void memory_send(struct broker *b, struct gdb *g, const char *text)
{
	char hex[2 * PACKET_MAX + 1];
	uint8_t buf[PACKET_MAX];
	struct ab_machine *m;
	uint32_t addr, len;

	if (!number_get(&text, ',', &addr) || !number_get(&text, '\0', &len)) {
		reply(g, "E22");
		return;
	}
	if (len > PACKET_MAX / 2)
		len = PACKET_MAX / 2;
	m = view_open(b);
	while (len && !memory_read(b, m, addr, buf, len))
		len /= 2;		/* as much as there is, roughly */
	free(m);
	if (!len) {
		reply(g, "E14");
		return;
	}
	memory_clean(b, g, addr, buf, len);
	hex_put(hex, buf, len);
	reply(g, hex);
}

static bool memory_take(struct broker *b, const char *text)
{
	uint8_t buf[PACKET_MAX];
	struct ab_machine *m;
	uint32_t addr, len;
	bool done;

	if (!number_get(&text, ',', &addr) || !number_get(&text, ':', &len) ||
	    len > sizeof buf || strlen(text) != 2 * (size_t)len ||
	    !hex_get(text, buf, len))
		return false;
	m = view_open(b);
	done = memory_write(b, m, addr, buf, len);
	free(m);
	return done;
}

/* ---- breakpoints ---- */

static void breakpoints_tell(struct broker *b, struct gdb *g)
{
	struct mon_debug *d = &b->mon.sh->debug;
	uint32_t i;

	for (i = 0; i < g->nbrk; i++)
		d->brk[i] = g->brk[i].addr;
	store(&d->nbreak, g->nbrk);
}

static bool breakpoint_add(struct broker *b, struct gdb *g, uint32_t addr)
{
	struct ab_machine *m = view_open(b);
	uint8_t byte, int3 = 0xcc;
	bool done = false;
	uint32_t i;

	for (i = 0; i < g->nbrk; i++)
		if (g->brk[i].addr == addr)
			done = true;
	if (!done && g->nbrk < MON_BREAKS && memory_read(b, m, addr, &byte, 1) &&
	    memory_write(b, m, addr, &int3, 1)) {
		g->brk[g->nbrk].addr = addr;
		g->brk[g->nbrk++].byte = byte;
		breakpoints_tell(b, g);
		done = true;
	}
	free(m);
	return done;
}

static void breakpoint_remove(struct broker *b, struct gdb *g, uint32_t i)
{
	struct ab_machine *m = view_open(b);
	uint8_t byte;

	/* The guest may have written something else there meanwhile. */
	if (memory_read(b, m, g->brk[i].addr, &byte, 1) && byte == 0xcc)
		memory_write(b, m, g->brk[i].addr, &g->brk[i].byte, 1);
	free(m);
	g->brk[i] = g->brk[--g->nbrk];
	breakpoints_tell(b, g);
}

static void breakpoint_take(struct broker *b, struct gdb *g, const char *text)
{
	bool add = text[0] == 'Z';
	uint32_t addr, kind, i;
	const char *p = text + 3;

	/* "Hardware" breakpoints are made the same way. */
	if ((text[1] != '0' && text[1] != '1') || text[2] != ',') {
		reply(g, "");
		return;
	}
	if (!number_get(&p, ',', &addr) || !number_get(&p, '\0', &kind)) {
		reply(g, "E22");
		return;
	}
	if (add) {
		reply(g, breakpoint_add(b, g, addr) ? "OK" : "E14");
		return;
	}
	for (i = 0; i < g->nbrk; i++)
		if (g->brk[i].addr == addr)
			breakpoint_remove(b, g, i--);
	reply(g, "OK");
}

/* ---- running ---- */

static void resume(struct broker *b, struct gdb *g, uint32_t cmd)
{
	struct mon_debug *d = &b->mon.sh->debug;

	g->running = true;
	store(&d->cmd, cmd);
	store(&d->req, ++g->req);
	sys_futex_wake(&d->req, 1);
}

static void resume_at(struct broker *b, struct gdb *g, const char *text,
		      uint32_t cmd)
{
	uint32_t addr;

	if (*text && number_get(&text, '\0', &addr))
		b->mon.machine->cpu.rip = addr;
	resume(b, g, cmd);
}

static void stop_say(struct broker *b, struct gdb *g)
{
	char text[8];
	uint32_t sig = load(&b->mon.sh->debug.signal);

	snprintf(text, sizeof text, "S%02x", sig < 32 ? sig : SIGTRAP);
	reply(g, text);
}

static bool is_stopped(struct broker *b, const struct gdb *g)
{
	const struct mon_debug *d = &b->mon.sh->debug;

	return load(&d->stopped) && load(&d->ack) == g->req;
}

/* Breakpoints out, guest on: GDB has left. */
static void detach(struct broker *b, struct gdb *g)
{
	while (g->nbrk)
		breakpoint_remove(b, g, 0);
	if (!g->running)
		resume(b, g, MON_DEBUG_CONT);
	g->attaching = false;
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
	g->nin = 0;
	g->noack = false;
}

/* ---- packets in ---- */

static void query(struct gdb *g, const char *text)
{
	if (!strncmp(text, "qSupported", 10))
		reply(g, "PacketSize=1000;QStartNoAckMode+");
	else if (!strcmp(text, "qAttached"))
		reply(g, "1");
	else if (!strcmp(text, "qC"))
		reply(g, "QC1");
	else if (!strcmp(text, "qfThreadInfo"))
		reply(g, "m1");
	else if (!strcmp(text, "qsThreadInfo"))
		reply(g, "l");
	else
		reply(g, "");
}

static void register_send(struct broker *b, struct gdb *g, const char *text)
{
	uint32_t n, v;
	char hex[9];

	if (!number_get(&text, '\0', &n) || n >= REGISTERS) {
		reply(g, "E22");
		return;
	}
	v = register_get(&b->mon.machine->cpu, n);
	hex_put(hex, (uint8_t *)&v, 4);
	reply(g, hex);
}

static void packet(struct broker *b, struct gdb *g, const char *text)
{
	switch (*text) {
	case '?':
		stop_say(b, g);
		break;
	case 'g':
		registers_send(b, g);
		break;
	case 'G':
		reply(g, registers_take(b, text + 1) ? "OK" : "E22");
		break;
	case 'p':
		register_send(b, g, text + 1);
		break;
	case 'P':
		reply(g, register_take(b, text + 1) ? "OK" : "E22");
		break;
	case 'm':
		memory_send(b, g, text + 1);
		break;
	case 'M':
		reply(g, memory_take(b, text + 1) ? "OK" : "E14");
		break;
	case 'c':
		resume_at(b, g, text + 1, MON_DEBUG_CONT);
		break;
	case 's':
		resume_at(b, g, text + 1, MON_DEBUG_STEP);
		break;
	case 'Z':
	case 'z':
		breakpoint_take(b, g, text);
		break;
	case 'H':
	case 'T':
		reply(g, "OK");
		break;
	case 'D':
		reply(g, "OK");
		detach(b, g);
		break;
	case 'k':
		b->end = END_DEBUGGER;
		break;
	case 'q':
		query(g, text);
		break;
	case 'Q':
		reply(g, strcmp(text, "QStartNoAckMode") ? "" : "OK");
		g->noack |= !strcmp(text, "QStartNoAckMode");
		break;
	default:
		reply(g, "");
	}
}

/* One whole packet at the start of g->in, or an interrupt; how many bytes it took,
 * 0: more must come. */
static size_t input_take(struct broker *b, struct gdb *g)
{
	char *end, *p = g->in;
	uint8_t sum = 0, want;

	if (*p == 3) {
		if (g->running)
			vcpu_kick(b, MON_KICK_DEBUG);
		return 1;
	}
	if (*p != '$')
		return 1;
	end = memchr(p, '#', g->nin);
	if (!end || (size_t)(end - p) + 3 > g->nin)
		return 0;
	for (p++; p < end; p++)
		sum = (uint8_t)(sum + (uint8_t)*p);
	if (!hex_get(end + 1, &want, 1) || want != sum) {
		send_all(g, "-", 1);
	} else {
		*end = '\0';
		if (!g->noack)
			send_all(g, "+", 1);
		/* While the guest runs, only an interrupt has a meaning. */
		if (!g->running)
			packet(b, g, g->in + 1);
	}
	return (size_t)(end - g->in) + 3;
}

static void input_read(struct broker *b, struct gdb *g)
{
	ssize_t n = recv(g->fd, g->in + g->nin, sizeof g->in - g->nin, 0);
	size_t took;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		detach(b, g);
		return;
	}
	g->nin += (size_t)n;
	while (g->nin && !b->end && (took = input_take(b, g))) {
		if (took > g->nin)	/* detached */
			return;
		g->nin -= took;
		memmove(g->in, g->in + took, g->nin);
	}
	if (g->nin == sizeof g->in) {
		error("GDB sent a packet that is too long; its connection is closed");
		detach(b, g);
	}
}

/* ---- for the loop ---- */

int gdb_open(struct broker *b, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct gdb *g = xcalloc(1, sizeof *g);
	int one = 1;

	b->gdb = g;
	g->fd = -1;
	g->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (g->listener >= 0)
		setsockopt(g->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (g->listener < 0 || bind(g->listener, (void *)&a, sizeof a) ||
	    listen(g->listener, 1)) {
		error("--gdb: cannot listen on port %u: %s", port, strerror(errno));
		return -1;
	}
	fprintf(stderr, "aftermon: the guest waits for GDB: target remote "
		"localhost:%u\n", port);
	return 0;
}

int gdb_poll_fd(struct broker *b)
{
	struct gdb *g = b->gdb;

	if (!g)
		return -1;
	if (g->fd >= 0)
		return g->attaching ? -1 : g->fd;
	/* The first GDB finds the guest stopped. */
	return g->running || is_stopped(b, g) ? g->listener : -1;
}

void gdb_serve(struct broker *b)
{
	struct gdb *g = b->gdb;
	int one = 1;

	if (g->fd >= 0) {
		input_read(b, g);
		return;
	}
	g->fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
	if (g->fd < 0)
		return;
	setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (g->running) {
		g->attaching = true;
		vcpu_kick(b, MON_KICK_DEBUG);
	}
}

void gdb_look(struct broker *b)
{
	struct gdb *g = b->gdb;

	if (!g || !g->running || !is_stopped(b, g))
		return;
	g->running = false;
	if (g->fd < 0)			/* nobody is there any more */
		resume(b, g, MON_DEBUG_CONT);
	else if (!g->attaching)
		stop_say(b, g);
	g->attaching = false;
}

void gdb_close(struct broker *b, int status)
{
	struct gdb *g = b->gdb;
	char text[8];

	if (!g)
		return;
	snprintf(text, sizeof text, "W%02x", (unsigned)status & 0xff);
	if (g->fd >= 0) {
		reply(g, text);
		close(g->fd);
	}
	if (g->listener >= 0)
		close(g->listener);
	free(g);
	b->gdb = NULL;
}
