/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host must offer, looked at before anything is started, so that a user
 * reads what is missing and not how it failed.  No privilege is needed, and no
 * 32-bit user space.
 *
 * All addresses below 4 GiB are the guest's; they are taken here, so that no
 * later allocation of ours can end up there.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/sys.h"

#define LOW_END		0x100000000ull
#define MAPS_WANTED	4096u

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A number from a one-line file, or (otherwise) when it has none. */
static uint64_t file_number(const char *path, uint64_t otherwise)
{
	FILE *f = fopen(path, "re");
	uint64_t v;

	if (!f)
		return otherwise;
	if (fscanf(f, "%" SCNu64, &v) != 1)
		v = otherwise;
	fclose(f);
	return v;
}

/* The least limit that (file) states in (root/path) or in a folder above it. */
static uint64_t limit_up(const char *root, const char *path, const char *file)
{
	uint64_t least = UINT64_MAX, v;
	char *at = xstrdup(path), *slash;

	for (;;) {
		char *name = xasprintf("%s%s/%s", root, at, file);

		v = file_number(name, UINT64_MAX);
		least = v < least ? v : least;
		free(name);
		slash = strrchr(at, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	free(at);
	return least;
}

/* Lines of /proc/self/cgroup: "NUMBER:CONTROLLERS:/PATH"; version 2 names none. */
uint64_t host_cgroup_memory(const char *root)
{
	uint64_t least = UINT64_MAX, v;
	char *name = xasprintf("%s/proc/self/cgroup", root), *line = NULL;
	FILE *f = fopen(name, "re");
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		char *which = strchr(line, ':'), *path = which ? strchr(++which, ':') : NULL;
		char *base;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (*which && !strstr(which, "memory"))
			continue;
		base = xasprintf("%s/sys/fs/cgroup%s", root, *which ? "/memory" : "");
		v = limit_up(base, path, *which ? "memory.limit_in_bytes" : "memory.max");
		least = v < least ? v : least;
		free(base);
	}
	if (f)
		fclose(f);
	free(line);
	free(name);
	return least;
}

uint64_t host_memory(void)
{
	uint64_t limit = host_cgroup_memory(""), all = UINT64_MAX;
	struct sysinfo si;

	if (!sysinfo(&si))
		all = ((uint64_t)si.totalram + si.totalswap) * si.mem_unit;
	return all < limit ? all : limit;
}

static int kernel_check(void)
{
	struct utsname u;
	uint32_t actions[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP };
	size_t i;

	if (uname(&u) || strcmp(u.machine, "x86_64")) {
		error("this host is %s; running guests needs 64-bit x86 Linux",
		      u.machine);
		return -1;
	}
	for (i = 0; i < 2; i++)
		if (sys_call3(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
			      (long)&actions[i])) {
			error("this host's kernel has no seccomp filters (or a "
			      "container forbids them): guest code could not be "
			      "confined");
			return -1;
		}
	return 0;
}

/* The engine that the host can have, unless one was asked for. */
static int engine_take(struct mon *m)
{
	if (host_look(&m->host))
		return -1;
	if (m->engine == MON_ENGINE_SEGMENTS && !m->host.code32) {
		error("--engine segments: this host runs 64-bit user code only (its kernel "
		      "has IA-32 emulation off, ia32_emulation=0, or it is a guest of PVM or "
		      "the like); leave the option out, and guest code is translated");
		return -1;
	}
	/* Translated, ring 3 is kept apart without a process of its own; and what is
	 * silent is exact also in a kernel that has no notes. */
	m->engine_free = m->engine == MON_ENGINE_AUTO;
	if (m->engine_free)
		m->engine = m->user == MON_USER_SEPARATE || !m->guest->nsite ?
			MON_ENGINE_TRANSLATE : host_engine(&m->host);
	if (m->engine == MON_ENGINE_TRANSLATE)
		return 0;		/* ring 3 is kept apart another way, always */
	if (m->user == MON_USER_LIMITS && !m->host.limits) {
		error("--user limits: this host does not check the limits of segments "
		      "(%s); use --user separate", m->host.ldt ? "QEMU's emulation, for "
		      "one, does not" : "modify_ldt is forbidden or has no effect");
		return -1;
	}
	if (!m->host.limits)
		m->user = MON_USER_SEPARATE;
	return 0;
}

/* Say which mapping of ours stands in the guest's way. */
static void low_mapping_report(void)
{
	unsigned long from = 0, to;
	char line[512], name[256];
	FILE *f = fopen("/proc/self/maps", "re");

	*name = '\0';
	if (f && fgets(line, sizeof line, f) &&
	    sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &from, &to, name) < 2)
		from = 0;
	if (f)
		fclose(f);
	error("something of this process lies at 0x%lx, below 4 GiB where the "
	      "guest lives (%s): it must be a position-independent program, run "
	      "without tools that map memory there", from,
	      *name ? name : "unnamed memory");
}

static int low_take(struct mon *m)
{
	uint64_t base = 0;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		MAP_FIXED_NOREPLACE;
	void *p;

	for (;;) {
		p = mmap((void *)base, LOW_END - base, PROT_NONE, flags, -1, 0);
		if (p == (void *)base) {
			m->low_base = (uint32_t)base;
			return 0;
		}
		if (p != MAP_FAILED) {	/* a kernel without NOREPLACE */
			munmap(p, LOW_END - base);
			errno = EEXIST;
		}
		if (base || errno == EEXIST)
			break;
		base = file_number("/proc/sys/vm/mmap_min_addr", 65536);
		base = (base + 4095) & ~4095ull;
		if (!base)
			base = 4096;
	}
	if (errno == EEXIST)
		low_mapping_report();
	else
		error("cannot take the addresses below 4 GiB: %s (is there a limit "
		      "on address space, ulimit -v?)", strerror(errno));
	return -1;
}

/* Clock and counter at one moment: of several tries the one between whose two reads
 * of the counter the least time passed, since a process can be stopped anywhere. */
static void clock_pair(uint64_t *ns, uint64_t *tsc)
{
	uint64_t best = UINT64_MAX, before, after, now;

	for (unsigned i = 0; i < 20; i++) {
		before = __builtin_ia32_rdtsc();
		now = now_ns();
		after = __builtin_ia32_rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		*ns = now;
		*tsc = before + best / 2;
	}
}

/* How fast the time stamp counter runs, by the clock. */
static uint32_t tsc_measure(void)
{
	uint64_t t0 = 0, c0 = 0, t1 = 0, c1 = 0;

	clock_pair(&t0, &c0);
	do {
		clock_pair(&t1, &c1);
	} while (t1 - t0 < 5000000);
	return (uint32_t)((c1 - c0) * 1000000 / (t1 - t0));
}

int preflight_host(struct mon *m)
{
	if (kernel_check() || engine_take(m))
		return -1;
	m->map_max = (uint32_t)file_number("/proc/sys/vm/max_map_count", 65530);
	if (m->map_max < MAPS_WANTED) {
		error("vm.max_map_count is %u: a guest needs at least %u mappings",
		      m->map_max, MAPS_WANTED);
		return -1;
	}
	return 0;
}

void preflight_clock(struct mon *m)
{
	m->tsc_khz = tsc_measure();
}

int preflight_addresses(struct mon *m)
{
	return low_take(m);
}
