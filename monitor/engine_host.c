/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_host.c: what wedge/core asks of its surroundings, for the hosted
 * target.  Time comes from the vDSO without a system call; the vDSO's functions
 * use neither SSE nor %fs, so they can be called with the guest's live.
 */
#include <dlfcn.h>
#include <signal.h>
#include <time.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

static int (*vdso_gettime)(clockid_t, struct timespec *);

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (!vdso_gettime || vdso_gettime(clock, &ts))
		sys_call3(SYS_clock_gettime, clock, (long)&ts, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec;
}

uint64_t host_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void *host_phys(struct ab_machine *m, uint64_t pa, size_t len)
{
	struct engine *e = &engine;

	if (pa >= e->mon->ram_size || len > e->mon->ram_size - pa)
		return NULL;
	return e->mon->ram + pa;
}

static void host_stored(struct ab_machine *m, uint64_t pa, size_t len)
{
	if (engine.bt_on)
		bt_stored(&engine, pa, len);
}

static void host_tlb_page(struct ab_machine *m, uint64_t va)
{
	space_flush_page(&engine, (uint32_t)va);
	window_check_near(&engine, (uint32_t)va);
}

static void host_tlb_all(struct ab_machine *m, bool global_too)
{
	space_flush_all(&engine, global_too);
	window_check(&engine);
}

/* A new cr3 alone is an ordinary invalidation; a new mode is a new layout. */
static void host_paging_changed(struct ab_machine *m)
{
	struct engine *e = &engine;
	uint64_t mode = (m->cpu.cr0 & (AB_CR0_PG | AB_CR0_WP)) | m->cpu.cr4 << 32;

	if (mode == e->paging_mode)
		return;
	if ((mode ^ e->paging_mode) == AB_CR0_WP && mode & AB_CR0_PG) {
		/* What WP takes from the kernel goes; what it gives back is mapped
		 * when it is written to. */
		e->paging_mode = mode;
		if (mode & AB_CR0_WP)
			space_flush_all(e, true);
		return;
	}
	e->paging_mode = mode;
	e->user_fixed = false;
	vsyscall_set(e, VSYSCALL_INT);
	e->limits = false;
	e->hcpl = 0xff;
	space_reset_all(e);
}

static uint64_t host_clock(struct ab_machine *m)
{
	return host_now();
}

void host_arm(struct engine *e, uint64_t ns)
{
	struct itimerspec it = {
		.it_value = { .tv_sec = ns / 1000000000u, .tv_nsec = ns % 1000000000u },
	};

	e->armed = ns;
	sys_call6(SYS_timer_settime, e->timer, TIMER_ABSTIME, (long)&it, 0, 0, 0);
}

static void host_set_timer(struct ab_machine *m, uint64_t ns)
{
	engine.deadline = ns;
	host_arm(&engine, ns);
}

static uint64_t host_wall(struct ab_machine *m)
{
	return clock_ns(CLOCK_REALTIME) / 1000000000u;
}

static void host_console_out(struct ab_machine *m, uint8_t byte)
{
	mon_console_out(engine.mon, byte);
}

/* What waits in the ring, as far as the guest has room for it: called when
 * bytes come, and when the guest has read those that it had. */
static void host_console_ready(struct ab_machine *m)
{
	struct mon *mon = engine.mon;
	int byte;

	if (mon->keyboard) {
		while (ab_keyboard_room(m) && (byte = mon_console_in(mon)) >= 0)
			ab_keyboard_in(m, byte);
		return;
	}
	while (ab_console_room(m) && (byte = mon_console_in(mon)) >= 0)
		ab_console_in(m, byte);
}

static void host_end(struct ab_machine *m, int status, const char *why)
{
	mon_end(engine.mon, status, why);
}

/* What a guest inside a 64-bit process cannot have: ways into its own kernel
 * that lead into the host's, and 64-bit mode. */
static void hide(uint32_t leaf, uint32_t r[4])
{
	if (leaf == 1)
		r[3] &= ~(1u << 11);			/* SEP */
	if (leaf == 0x80000001)
		r[3] &= ~(1u << 11 | 1u << 29);		/* SYSCALL, LM */
}

/* Remembered: on a host that is a guest itself each CPUID is an exit (10 us), and
 * the vCPU should not see which processor it happens to run on. */
static void host_cpuid(struct ab_machine *m, uint32_t r[4])
{
	static struct { uint32_t leaf, sub, r[4]; bool used; } cache[128];
	uint32_t leaf = r[0], sub = r[2], i;

	i = (leaf ^ leaf >> 24 ^ sub * 37) % 128;
	if (!cache[i].used || cache[i].leaf != leaf || cache[i].sub != sub) {
		__asm__ volatile("cpuid" : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
		hide(leaf, r);
		cache[i].leaf = leaf;
		cache[i].sub = sub;
		cache[i].r[0] = r[0];
		cache[i].r[1] = r[1];
		cache[i].r[2] = r[2];
		cache[i].r[3] = r[3];
		cache[i].used = true;
	}
	r[0] = cache[i].r[0];
	r[1] = cache[i].r[1];
	r[2] = cache[i].r[2];
	r[3] = cache[i].r[3];
}

static uint64_t host_tsc(struct ab_machine *m)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static uint64_t host_disk_size(struct ab_machine *m, unsigned drive, bool *read_only)
{
	if (drive >= MON_DISKS)
		return 0;
	*read_only = engine.mon->disk_readonly[drive];
	return engine.mon->disk_sectors[drive];
}

static int host_disk_io(struct ab_machine *m, unsigned drive, int op,
			uint64_t lba, void *buf, unsigned n)
{
	struct mon *mon = engine.mon;
	int err;

	switch (op) {
	case AB_DISK_READ:
		err = mon_disk_read(mon, drive, lba, buf, n);
		break;
	case AB_DISK_WRITE:
		err = mon_disk_write(mon, drive, lba, buf, n);
		break;
	default:
		err = mon_disk_flush(mon, drive);
	}
	return err ? AB_DISK_ERROR : AB_DISK_OK;
}

static void host_disk_submit(struct ab_machine *m, unsigned drive, int op, uint64_t lba,
			     const struct ab_disk_piece *piece, unsigned n, unsigned tag)
{
	static const uint8_t ops[] = {
		[AB_DISK_READ] = MON_DISK_READ, [AB_DISK_WRITE] = MON_DISK_WRITE,
		[AB_DISK_FLUSH] = MON_DISK_FLUSH,
		[AB_DISK_WRITE_THROUGH] = MON_DISK_WRITE_THROUGH,
	};
	struct mon *mon = engine.mon;
	struct mon_disk_xfer *x = mon_disk_next(mon);

	x->op = ops[op];
	x->drive = drive;
	x->lba = lba;
	x->tag = tag;
	for (x->npieces = 0; x->npieces < n; x->npieces++) {
		if (op == AB_DISK_READ)
			host_stored(m, piece[x->npieces].pa, piece[x->npieces].len);
		x->piece[x->npieces].pa = piece[x->npieces].pa;
		x->piece[x->npieces].len = piece[x->npieces].len;
	}
	mon_disk_put(mon);
}

static void disk_take(struct ab_machine *m, bool wait)
{
	const struct mon_disk_xfer *x;

	while ((x = mon_disk_done(engine.mon, wait)))
		ab_virtio_done(m, x->drive, x->tag, !x->result);
}

static void host_disk_drain(struct ab_machine *m)
{
	disk_take(m, true);
}

void host_disk_poll(struct ab_machine *m)
{
	disk_take(m, false);
}

const struct ab_host engine_host = {
	.phys = host_phys,
	.stored = host_stored,
	.tlb_page = host_tlb_page,
	.tlb_all = host_tlb_all,
	.paging_changed = host_paging_changed,
	.now = host_clock,
	.set_timer = host_set_timer,
	.wall = host_wall,
	.console_out = host_console_out,
	.console_ready = host_console_ready,
	.end = host_end,
	.cpuid = host_cpuid,
	.tsc = host_tsc,
	.disk_size = host_disk_size,
	.disk_io = host_disk_io,
	.native = native_run,
	.disk_submit = host_disk_submit,
	.disk_drain = host_disk_drain,
};

void host_timer(struct engine *e)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	e->armed = 0;
	if (sys_call3(SYS_timer_create, CLOCK_MONOTONIC, (long)&ev, (long)&e->timer))
		mon_end(e->mon, MON_FAILED, "the host gives no timer");
}

void host_init(struct engine *e)
{
	void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	uint32_t a, d;

	if (vdso)
		vdso_gettime = (int (*)(clockid_t, struct timespec *))
			dlsym(vdso, "__vdso_clock_gettime");
	/* The BIOS's 55 ms may be over before signal_init(); engine_poll() looks at
	 * the clock after that. */
	signal(SIGALRM, SIG_IGN);
	host_timer(e);
	/* State components that the host has on, but AMX, which needs permission. */
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	e->fp_mask = ((uint64_t)d << 32 | a) & ~(3ull << 17);
}
