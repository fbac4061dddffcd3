/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cage of the vCPU processes.
 *
 * Guest code runs natively and can jump into 64-bit code, so whatever system
 * call this process may make, the guest may make.  What is left to it: to map
 * and unmap guest RAM, to sleep and to wake its own kind, to choose its processor,
 * to set its timer, its LDT and its thread pointers, to ring the broker's doorbell,
 * and to exit.
 * Every descriptor but the RAM's and the doorbell's is closed, resource limits
 * are zero where that is possible, so that each ban stands twice.
 *
 * A system call that is not in the table kills the process (SIGSYS; the broker
 * says so).  One made through the i386 entry (int 0x80, compatibility-mode
 * syscall and sysenter) is the guest's own system call: it becomes a SIGSYS
 * that the engine handles.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "monitor/mon.h"
#include "monitor/sys.h"

/* ---- the table ---- */

/* Values in the table that are known only at run time. */
enum { V_CONST, V_RAM_FD, V_BELL_FD, V_SELF, V_GROUP };

enum cmp {
	CMP_END = 0,
	CMP_EQ,			/* low 32 bits equal value */
	CMP_SUBSET,		/* no bit outside value (64 bits) */
};

struct check {
	uint8_t cmp, arg, kind;
	uint32_t value;
};

struct rule {
	uint16_t nr;
	struct check check[3];	/* all must hold */
};

#define EQ(arg, v)	{ CMP_EQ, arg, V_CONST, v }
#define IS(arg, kind)	{ CMP_EQ, arg, kind, 0 }
#define SUBSET(arg, v)	{ CMP_SUBSET, arg, V_CONST, v }
#define PROT_ALL	(PROT_READ | PROT_WRITE | PROT_EXEC)

/* Tried in this order, the frequent ones first.  A call may stand here more
 * than once: any row will do. */
static const struct rule rules[] = {
	{ SYS_rt_sigreturn, { { 0 } } },
	{ SYS_futex, { EQ(1, FUTEX_WAIT) } },
	{ SYS_futex, { EQ(1, FUTEX_WAKE) } },
	{ SYS_futex, { EQ(1, FUTEX_WAIT_BITSET) } },
	{ SYS_futex, { EQ(1, FUTEX_WAIT | FUTEX_PRIVATE_FLAG) } },
	{ SYS_futex, { EQ(1, FUTEX_WAKE | FUTEX_PRIVATE_FLAG) } },
	/* Guest RAM anywhere; else only addresses without memory. */
	{ SYS_mmap, { IS(4, V_RAM_FD), SUBSET(2, PROT_ALL),
		      SUBSET(3, MAP_SHARED | MAP_FIXED | MAP_FIXED_NOREPLACE |
			     MAP_NORESERVE | MAP_POPULATE) } },
	{ SYS_mmap, { EQ(2, PROT_NONE), EQ(4, (uint32_t)-1),
		      SUBSET(3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			     MAP_FIXED_NOREPLACE | MAP_NORESERVE) } },
	{ SYS_munmap, { { 0 } } },
	{ SYS_mprotect, { SUBSET(2, PROT_ALL) } },
	{ SYS_madvise, { EQ(2, MADV_DONTNEED) } },
	{ SYS_madvise, { EQ(2, 22 /* MADV_POPULATE_READ */) } },
	{ SYS_madvise, { EQ(2, 23 /* MADV_POPULATE_WRITE */) } },
	{ SYS_timer_settime, { { 0 } } },
	{ SYS_write, { IS(0, V_BELL_FD), EQ(2, 8) } },
	{ SYS_rt_sigprocmask, { { 0 } } },
	{ SYS_sigaltstack, { { 0 } } },
	{ SYS_arch_prctl, { SUBSET(0, 0x1007) } },	/* get, set fs, gs base */
	{ SYS_modify_ldt, { { 0 } } },
	{ SYS_sched_yield, { { 0 } } },
	{ SYS_sched_setaffinity, { EQ(0, 0) } },	/* its own */
	{ SYS_clock_gettime, { { 0 } } },
	{ SYS_clock_nanosleep, { { 0 } } },
	{ SYS_restart_syscall, { { 0 } } },
	{ SYS_tgkill, { IS(0, V_SELF) } },
	{ SYS_kill, { IS(0, V_GROUP), EQ(1, MON_SIGNAL) } },
	{ SYS_exit, { { 0 } } },
	{ SYS_exit_group, { { 0 } } },
};

/* ---- its translation ---- */

#define FILTER_MAX	512
struct program {
	struct sock_filter insn[FILTER_MAX];
	unsigned short len;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		 uint8_t jf)
{
	if (p->len < FILTER_MAX)
		p->insn[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void emit_load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_ret(struct program *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, action, 0, 0);
}

static uint32_t value_of(const struct mon *m, const struct check *c)
{
	switch (c->kind) {
	case V_RAM_FD:
		return (uint32_t)m->ram_fd;
	case V_BELL_FD:
		return (uint32_t)m->bell_fd;
	case V_SELF:
		return (uint32_t)getpid();
	case V_GROUP:
		return (uint32_t)-m->group;
	default:
		return c->value;
	}
}

static unsigned check_length(const struct check *c)
{
	return c->cmp == CMP_EQ ? 2 : c->cmp == CMP_SUBSET ? 4 : 0;
}

/* (left): instructions from the end of this check to the rule's end. */
static void emit_check(struct program *p, const struct mon *m,
		       const struct check *c, unsigned left)
{
	size_t at = offsetof(struct seccomp_data, args) + 8u * c->arg;
	uint32_t v = value_of(m, c);

	emit_load(p, at);
	if (c->cmp == CMP_EQ) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, v, 0, (uint8_t)left);
		return;
	}
	emit(p, BPF_JMP | BPF_JSET | BPF_K, ~v, (uint8_t)(left + 2), 0);
	emit_load(p, at + 4);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, (uint8_t)left);
}

static void emit_rule(struct program *p, const struct mon *m,
		      const struct rule *r)
{
	unsigned i, left = 1;		/* the final return */

	for (i = 0; i < 3; i++)
		left += check_length(&r->check[i]);
	emit_load(p, offsetof(struct seccomp_data, nr));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, (uint8_t)left);
	for (i = 0; i < 3 && r->check[i].cmp; i++) {
		left -= check_length(&r->check[i]);
		emit_check(p, m, &r->check[i], left);
	}
	emit_ret(p, SECCOMP_RET_ALLOW);
}

static void program_build(struct program *p, const struct mon *m)
{
	size_t i;

	p->len = 0;
	emit_load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 3, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 1);
	emit_ret(p, SECCOMP_RET_TRAP);
	emit_ret(p, SECCOMP_RET_KILL_PROCESS);
	for (i = 0; i < sizeof rules / sizeof rules[0]; i++)
		emit_rule(p, m, &rules[i]);
	emit_ret(p, SECCOMP_RET_KILL_PROCESS);
}

/* ---- entering it ---- */

static void close_span(unsigned from, unsigned to)
{
	unsigned fd, end;
	struct rlimit rl;

	if (from > to || !sys_call3(SYS_close_range, from, to, 0))
		return;
	getrlimit(RLIMIT_NOFILE, &rl);
	end = rl.rlim_cur < 65536 ? (unsigned)rl.rlim_cur : 65536;
	for (fd = from; fd <= to && fd < end; fd++)
		close((int)fd);
}

void sandbox_descriptors(const struct mon *m)
{
	unsigned a = (unsigned)m->ram_fd, b = (unsigned)m->bell_fd;
	unsigned lo = a < b ? a : b, hi = a < b ? b : a;

	if (lo)
		close_span(0, lo - 1);
	close_span(lo + 1, hi - 1);
	close_span(hi + 1, ~0u);
}

static void limit(int what, rlim_t n)
{
	struct rlimit rl;

	/* An unprivileged process may not raise what is lower already. */
	if (!getrlimit((__rlimit_resource_t)what, &rl) && rl.rlim_max < n)
		n = rl.rlim_max;
	rl.rlim_cur = rl.rlim_max = n;
	setrlimit((__rlimit_resource_t)what, &rl);
}

/* Private writable memory that this process has now, in bytes. */
static rlim_t data_size(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 1ull << 30;
	if (fscanf(f, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = (1ul << 30) / 4096;
	fclose(f);
	return (rlim_t)pages * 4096;
}

static void limits_set(void)
{
	limit(RLIMIT_DATA, data_size() + (64u << 20));
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_MEMLOCK, 0);
	limit(RLIMIT_MSGQUEUE, 0);
	limit(RLIMIT_NOFILE, 0);
}

/* The guest can read all memory here; secrets live in environments. */
static void environment_scrub(void)
{
	char **e;

	for (e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
}

void sandbox_enter(struct mon *m)
{
	struct program prog;
	struct sock_fprog fprog = { .filter = prog.insn };
	const char *why = "the vCPU process cannot confine itself (seccomp refused)";

	environment_scrub();
	limits_set();
	sandbox_descriptors(m);
	program_build(&prog, m);
	fprog.len = prog.len;
	if (prog.len >= FILTER_MAX)
		mon_end(m, MON_FAILED, "seccomp filter too long");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog))
		mon_end(m, MON_FAILED, why);
	/* Kicks that came before the engine had its handler were ignored. */
	if (__atomic_load_n(&m->sh->kick, __ATOMIC_SEQ_CST))
		sys_call3(SYS_kill, -m->group, MON_SIGNAL, 0);
}

int mon_fork(struct mon *m)
{
	/* CLONE_PARENT: the broker is every vCPU process's parent, so it sees
	 * each one die, and their parent-death signal is its death. */
	long pid = sys_call6(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0);

	if (pid < 0) {
		errno = (int)-pid;
		return -1;
	}
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != m->broker_pid)
			_exit(0);
	}
	return (int)pid;
}
