/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal in raw mode while a guest has it.  It is given back on every way
 * out: return, exit, a deadly signal, and while we are stopped.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include "monitor/broker.h"

/* Signal handlers must reach these. */
static struct termios saved;
static volatile sig_atomic_t raw;

void terminal_restore(void)
{
	if (raw) {
		raw = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	}
}

static void on_deadly_signal(int sig)
{
	terminal_restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void guard_install(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	static bool done;
	size_t i;

	if (done)
		return;
	done = true;
	atexit(terminal_restore);
	for (i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		signal(deadly[i], on_deadly_signal);
}

void terminal_raw(void)
{
	struct termios t;

	/* In the background the terminal is somebody else's. */
	if (raw || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &saved))
		return;
	guard_install();
	t = saved;
	t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR |
				 IGNCR | ICRNL | IXON);
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}
