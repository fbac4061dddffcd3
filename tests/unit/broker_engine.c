/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An engine for testing the broker: instead of running the guest's code it does
 * what the guest's command line (the environment variable ENGINE) says.  It goes
 * where the real one goes, behind engine_main(), into the same sandbox, and so
 * reaches what hostile guest code can reach.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/core.h"
#include "monitor/mon.h"
#include "monitor/sys.h"

static void puts_console(struct mon *m, const char *s)
{
	while (*s)
		mon_console_out(m, (uint8_t)*s++);
}

static void on_kick(int sig)
{
}

static void do_hello(struct mon *m)
{
	puts_console(m, "hello from the vCPU\r\n");
	mon_end(m, 33, "test device");
}

/* Send every byte back until '.'. */
static void do_echo(struct mon *m)
{
	int c;

	for (;;) {
		while ((c = mon_console_in(m)) >= 0) {
			if (c == '.')
				mon_end(m, 0, "");
			mon_console_out(m, (uint8_t)c);
		}
		mon_idle(m, 0);
		if (mon_kicks(m) & MON_KICK_STOP)
			mon_end(m, 0, "");
	}
}

/* More than the ring holds, in order. */
static void do_flood(struct mon *m)
{
	char line[32];
	unsigned i;

	for (i = 0; i < 40000; i++) {
		mon_format(line, sizeof line, "line %05u\n", i);
		puts_console(m, line);
	}
	mon_end(m, 0, "");
}

static void do_spin(struct mon *m)
{
	for (;;)
		;
}

static void do_idle(struct mon *m);

/* The broker's only child left is this one: it has looked at the host. */
static void do_ready(struct mon *m)
{
	puts_console(m, "ready\n");
	do_idle(m);
}

static void do_idle(struct mon *m)
{
	for (;;) {
		mon_idle(m, 0);
		if (mon_kicks(m) & MON_KICK_STOP) {
			m->machine->cpu.rip = 0x100004;
			mon_end(m, 0, "");
		}
	}
}

static void do_die(struct mon *m)
{
	m->machine->cpu.rip = m->boot.eip;
	m->machine->cpu.gpr[AB_EAX] = 0xabcd1234;
	mon_text(m, "  note: %s %04x %d\n", "text", 0xbe, -5);
	mon_end(m, MON_DIED, "triple fault");
}

static void do_crash(struct mon *m)
{
	volatile int *nowhere = (int *)16;

	/* the compiler must not know */
	__asm__ volatile("" : "+r"(nowhere));
	*nowhere = 1;
}

static void do_quit(struct mon *m)
{
	sys_exit(3);
}

static void do_open(struct mon *m)
{
	sys_call3(SYS_open, (long)"/etc/passwd", O_RDONLY, 0);
	mon_end(m, 0, "a file was opened");
}

static void do_socket(struct mon *m)
{
	sys_call3(SYS_socket, AF_INET, SOCK_STREAM, 0);
	mon_end(m, 0, "a socket was made");
}

static void do_fork(struct mon *m)
{
	sys_call3(SYS_fork, 0, 0, 0);
	mon_end(m, 0, "a process was made");
}

static void do_kill(struct mon *m)
{
	sys_call3(SYS_kill, m->broker_pid, SIGTERM, 0);
	mon_end(m, 0, "the broker was signalled");
}

static void do_anonymous(struct mon *m)
{
	sys_call6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mon_end(m, 0, "memory was had");
}

static void do_write(struct mon *m)
{
	sys_call3(SYS_write, 1, (long)"x", 1);
	mon_end(m, 0, "standard output was written");
}

/* What the filter must let through. */
static void do_allowed(struct mon *m)
{
	void *low = (void *)(uintptr_t)0x400000;
	long p = sys_call6(SYS_mmap, (long)low, 4096, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, m->ram_fd, 0x1000);

	if (p != (long)low)
		mon_end(m, 1, "mmap of RAM");
	m->ram[0x1004] = 77;
	if (((volatile uint8_t *)low)[4] != 77)
		mon_end(m, 1, "not the same page");
	if (sys_call3(SYS_mprotect, (long)low, 4096, PROT_READ) ||
	    sys_call3(SYS_munmap, (long)low, 4096, 0) ||
	    sys_call3(SYS_sched_yield, 0, 0, 0) ||
	    sys_call3(SYS_arch_prctl, 0x1003, (long)(m->ram + 64), 0))
		mon_end(m, 1, "an allowed call failed");
	if (getenv("ENGINE"))
		mon_end(m, 1, "the environment can be read");
	mon_end(m, 0, "all allowed");
}

/* The disk: write a pattern to sector 1, read it back with its neighbour. */
static void do_disk(struct mon *m)
{
	static uint8_t buf[1024];
	int err, i;

	for (i = 0; i < 512; i++)
		buf[i] = (uint8_t)(i * 7);
	err = mon_disk_write(m, 0, 1, buf, 1);
	if (err == EROFS)
		mon_end(m, 5, "");
	if (err || mon_disk_flush(m, 0))
		mon_end(m, 1, "write");
	memset(buf, 0, sizeof buf);
	if (mon_disk_read(m, 0, 0, buf, 2))
		mon_end(m, 1, "read");
	for (i = 0; i < 512; i++)
		if (buf[512 + i] != (uint8_t)(i * 7))
			mon_end(m, 1, "contents");
	if (mon_disk_read(m, 0, m->disk_sectors[0], buf, 1) != EINVAL ||
	    mon_disk_read(m, 7, 0, buf, 1) != ENXIO ||
	    mon_disk_read(m, 0, UINT64_MAX, buf, 2) != EINVAL)
		mon_end(m, 1, "bounds");
	mon_end(m, 0, "");
}

static void do_profile(struct mon *m)
{
	static const uint8_t cli[] = { 0xfa }, out[] = { 0xee };
	unsigned i;

	for (i = 0; i < 1000; i++)
		mon_profile_hit(m, 0x100000, AB_OP_CLI, AB_PROF_TRAP, 0, 100, cli,
				1, 0);
	for (i = 0; i < 3; i++)
		mon_profile_hit(m, 0x100002, AB_OP_PORT_OUT, AB_PROF_CALL, 0, 5000,
				out, 1, 0);
	mon_profile_hit(m, 0x100003, 0, AB_PROF_SHADOW, 3, 10, NULL, 0, 0);
	m->sh->stat[MON_STAT_TRAP] = 1000;
	mon_end(m, 0, "");
}

/* Everything in shared memory that guest code could reach, written over. */
static void do_garbage(struct mon *m)
{
	uint64_t x = 88172645463325252ull ^ __builtin_ia32_rdtsc();
	uint64_t *p = (uint64_t *)m->sh, *end = (uint64_t *)&m->sh->profile.slot[4096];
	uint64_t *q = (uint64_t *)m->machine;
	unsigned round;

	for (round = 0; round < 20; round++) {
		for (p = (uint64_t *)m->sh; p < end; p++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			*p = x;
		}
		for (q = (uint64_t *)m->machine; q + 1 <=
		     (uint64_t *)(m->machine + 1); q++)
			*q = x = x * 6364136223846793005ull + 1;
	}
	m->sh->ended = 1;
	m->sh->status = (int)x;
	sys_exit(0);
}

static void do_child(struct mon *m)
{
	int pid = mon_fork(m);

	if (!pid) {
		sandbox_enter(m);
		do_open(m);
	}
	sandbox_enter(m);
	do_idle(m);
}

static const struct {
	const char *name;
	void (*run)(struct mon *);
} actions[] = {
	{ "hello", do_hello }, { "echo", do_echo }, { "flood", do_flood },
	{ "spin", do_spin }, { "idle", do_idle }, { "ready", do_ready }, { "die", do_die },
	{ "crash", do_crash }, { "quit", do_quit }, { "open", do_open },
	{ "socket", do_socket }, { "fork", do_fork }, { "kill", do_kill },
	{ "anonymous", do_anonymous }, { "write", do_write },
	{ "allowed", do_allowed }, { "disk", do_disk },
	{ "profile", do_profile }, { "garbage", do_garbage },
};

_Noreturn void engine_main(struct mon *m)
{
	const char *want = getenv("ENGINE");
	char name[32] = "";
	size_t i;

	signal(MON_SIGNAL, on_kick);
	if (want)
		strncpy(name, want, sizeof name - 1);
	if (!strcmp(name, "child"))
		do_child(m);
	sandbox_enter(m);
	for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (!strcmp(name, actions[i].name))
			actions[i].run(m);
	mon_end(m, MON_FAILED, "ENGINE names no action");
}
