/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's loop: one thread, one poll().
 *
 * Output is taken without a system call a byte: while the guest prints, the
 * broker looks at the ring every millisecond and the doorbell stays unarmed;
 * after a quiet millisecond it arms the doorbell and sleeps.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/diag.h"
#include "monitor/broker.h"

#define load(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define QUIET_NS	1000000u
#define GRACE_NS	1000000000ull	/* to end by itself when told to stop */

static const int watched[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT,
			       SIGTSTP, SIGCONT };

static void signals_take(struct broker *b, sigset_t *old)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof watched / sizeof watched[0]; i++)
		sigaddset(&set, watched[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a write to a disk fails instead */
	/* A kick must not kill a vCPU process that has no handler yet; what it
	 * missed sandbox_enter() repeats. */
	signal(MON_SIGNAL, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);	/* a background read fails instead */
	signal(SIGTTOU, SIG_IGN);
	b->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- the vCPU process ---- */

_Noreturn static void vcpu_main(struct broker *b)
{
	struct mon *m = &b->mon;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != m->broker_pid)
		_exit(0);
	setpgid(0, 0);
	m->group = getpid();
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	engine_main(m);
}

static int vcpu_start(struct broker *b)
{
	b->mon.broker_pid = getpid();
	b->leader = fork();
	if (b->leader < 0) {
		error("cannot start the vCPU process: %s", strerror(errno));
		return -1;
	}
	if (!b->leader)
		vcpu_main(b);
	setpgid(b->leader, b->leader);
	b->mon.group = b->leader;
	return 0;
}

static void vcpu_stop(struct broker *b)
{
	/* The group lives as long as its leader is not waited for. */
	kill(-b->leader, SIGKILL);
	kill(b->leader, SIGKILL);
	while (waitpid(-b->leader, NULL, 0) > 0)
		;
	b->leader = -1;
}

/* One of our children changed: any death ends the run. */
static void children_look(struct broker *b)
{
	siginfo_t si = { 0 };

	if (b->end || waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) ||
	    !si.si_pid)
		return;
	if (load(&b->mon.sh->ended) && si.si_code == CLD_EXITED) {
		b->end = END_GUEST;
		return;
	}
	b->end = END_DIED;
	b->wait_status = si.si_code == CLD_EXITED ? W_EXITCODE(si.si_status, 0) :
		W_EXITCODE(0, si.si_status);
}

/* ---- events ---- */

static void suspend(struct broker *b)
{
	kill(-b->leader, SIGSTOP);
	terminal_restore();
	kill(getpid(), SIGSTOP);
	/* SIGCONT brings the rest. */
}

static void signal_take(struct broker *b, int sig)
{
	switch (sig) {
	case SIGCHLD:
		children_look(b);
		break;
	case SIGTSTP:
		suspend(b);
		break;
	case SIGCONT:
		if (b->con.in_tty)
			terminal_raw();
		kill(-b->leader, SIGCONT);
		break;
	default:
		if (!b->end) {
			b->end = END_SIGNAL;
			b->signal = sig;
		}
	}
}

static void signals_read(struct broker *b)
{
	struct signalfd_siginfo si;

	while (read(b->sig_fd, &si, sizeof si) == (ssize_t)sizeof si)
		signal_take(b, (int)si.ssi_signo);
}

static void bell_read(struct broker *b)
{
	uint64_t n;

	if (read(b->mon.bell_fd, &n, sizeof n) < 0)
		return;
	if (load(&b->mon.sh->ended) && !b->end)
		b->end = END_GUEST;
}

static bool work_waits(struct broker *b)
{
	struct mon_shared *sh = b->mon.sh;

	return load(&sh->log.head) != b->con.log_tail ||
		load(&sh->disk.busy) || disk_queue_waits(b) || load(&sh->ended);
}

/* When to look up next, in absolute nanoseconds; arms the doorbell when the
 * vCPU has been quiet. */
static uint64_t next_look(struct broker *b, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	if (b->opt->timeout_ns)
		next = b->start_ns + b->opt->timeout_ns;
	if (profile_due(b) < next)
		next = profile_due(b);
	if (now - b->quiet_ns < QUIET_NS)
		return now + QUIET_NS < next ? now + QUIET_NS : next;
	/* Armed first, looked at last: nothing slips in between.  Output that
	 * waits is standard output's to take: poll() sees to that. */
	store(&b->mon.sh->armed, 1);
	return work_waits(b) ? now : next;
}

static void times_look(struct broker *b, uint64_t now)
{
	if (b->opt->timeout_ns && now - b->start_ns >= b->opt->timeout_ns &&
	    !b->end)
		b->end = END_TIMEOUT;
	profile_look(b, now);
}

static void poll_once(struct broker *b)
{
	enum { BELL, SIGNAL, IN, OUT, GDB, COUNT };
	struct pollfd p[COUNT] = {
		[BELL] = { .fd = b->mon.bell_fd, .events = POLLIN },
		[SIGNAL] = { .fd = b->sig_fd, .events = POLLIN },
		[IN] = { .fd = -1, .events = POLLIN },
		[OUT] = { .fd = -1, .events = POLLOUT },
		[GDB] = { .fd = gdb_poll_fd(b), .events = POLLIN },
	};
	uint64_t now = now_ns(), next = next_look(b, now), wait;
	struct timespec ts;

	if (console_wants_input(b))
		p[IN].fd = STDIN_FILENO;
	if (console_pending(b))
		p[OUT].fd = STDOUT_FILENO;
	wait = next > now ? next - now : 0;
	ts.tv_sec = (time_t)(wait / 1000000000u);
	ts.tv_nsec = (long)(wait % 1000000000u);
	if (ppoll(p, COUNT, next == UINT64_MAX ? NULL : &ts, NULL) < 0)
		return;
	if (p[OUT].revents) {
		console_write(b);
		b->quiet_ns = now_ns();
	}
	if (p[BELL].revents) {
		bell_read(b);
		b->quiet_ns = now_ns();
	}
	if (p[IN].revents)
		console_read(b);
	if (p[SIGNAL].revents)
		signals_read(b);
	if (p[GDB].revents)
		gdb_serve(b);
	gdb_look(b);
}

static void serve(struct broker *b)
{
	while (!b->end) {
		poll_once(b);
		disk_serve(b->disk, &b->mon.sh->disk);
		disk_queue_serve(b);
		console_log(b);
		times_look(b, now_ns());
	}
}

/* Tell the engine to save the guest's registers and end; it may be beyond
 * hearing, so wait no longer than the grace. */
static void vcpu_ask_to_end(struct broker *b)
{
	uint64_t limit = now_ns() + GRACE_NS;

	vcpu_kick(b, MON_KICK_STOP);
	while (!load(&b->mon.sh->ended) && now_ns() < limit) {
		struct pollfd p = { .fd = b->mon.bell_fd, .events = POLLIN };
		siginfo_t si = { 0 };
		uint64_t n;

		if (poll(&p, 1, 10) > 0 &&
		    read(b->mon.bell_fd, &n, sizeof n) < 0)
			break;
		disk_serve(b->disk, &b->mon.sh->disk);
		disk_queue_serve(b);
		console_flush(b, 0);
		if (!waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) &&
		    si.si_pid)
			break;
	}
}

int broker_loop(struct broker *b)
{
	sigset_t old;

	signals_take(b, &old);
	if (b->sig_fd < 0) {
		error("signalfd: %s", strerror(errno));
		return -1;
	}
	b->start_ns = b->quiet_ns = now_ns();
	profile_begin(b);
	if (vcpu_start(b))
		return -1;
	if (b->con.in_tty)
		terminal_raw();
	serve(b);
	if (b->end == END_TIMEOUT || b->end == END_SIGNAL)
		vcpu_ask_to_end(b);
	vcpu_stop(b);
	disk_queue_serve(b);	/* what the guest did not wait for */
	b->end_ns = now_ns();
	return 0;
}
