/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * After the run: what is left of the output, how it ended in words, the
 * exit status.  All vCPU processes are dead by now, but what they left in
 * shared memory is still not to be trusted.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi/ops.h"
#include "core/core.h"
#include "lib/diag.h"
#include "monitor/broker.h"

#define FLUSH_MS	2000
#define STATUS_TIMEOUT	124
#define SCREEN		0xb8000u
#define COLUMNS		80u
#define LINES		25u

size_t text_clean(char *buf, size_t size, const char *text, size_t len,
		  bool newlines)
{
	size_t i, n = 0;

	for (i = 0; i < len && n + 1 < size; i++) {
		char c = text[i];

		if (c == '\t' || (newlines && c == '\n'))
			buf[n++] = c;
		else if (c == '\n')
			buf[n++] = ' ';
		else
			buf[n++] = c >= ' ' && c <= '~' ? c : '?';
	}
	buf[n] = '\0';
	return n;
}

static void screen_print(const struct broker *b)
{
	unsigned x, y, end;

	for (y = 0; y < LINES; y++) {
		char line[COLUMNS + 1], raw[COLUMNS];

		for (x = end = 0; x < COLUMNS; x++) {
			raw[x] = (char)b->mon.ram[SCREEN + 2 * (y * COLUMNS + x)];
			if (!raw[x])
				raw[x] = ' ';
			if (raw[x] != ' ')
				end = x + 1;
		}
		text_clean(line, sizeof line, raw, end, false);
		puts(line);
	}
	fflush(stdout);
}

/* ---- how it ended ---- */

static int died(struct broker *b)
{
	int sig = WIFSIGNALED(b->wait_status) ? WTERMSIG(b->wait_status) : 0;

	if (sig == SIGSYS)
		error("guest code made a host system call and was stopped "
		      "(seccomp)");
	else if (sig == SIGKILL)
		error("the vCPU process was killed (is the host out of memory?)");
	else if (sig)
		error("the vCPU process died: %s", strsignal(sig));
	else
		error("the vCPU process ended without a word (status %d)",
		      WEXITSTATUS(b->wait_status));
	last_page_print(b);
	return AB_EXIT_FAIL;
}

static int guest_ended(struct broker *b)
{
	int status = __atomic_load_n(&b->mon.sh->status, __ATOMIC_SEQ_CST);
	char raw[MON_WHY_MAX], why[MON_WHY_MAX];

	memcpy(raw, b->mon.sh->why, sizeof raw);
	raw[sizeof raw - 1] = '\0';
	text_clean(why, sizeof why, raw, strlen(raw), false);
	if (status >= 0 && status < 512) {
		if (b->opt->stats && *why)
			fprintf(stderr, "%-10s %s\n", "end", why);
		return status & 0xff;
	}
	error("%s", *why ? why : "the guest died");
	if (status != MON_FAILED)
		last_page_print(b);
	return AB_EXIT_FAIL;
}

static int timed_out(struct broker *b)
{
	char place[160];

	error("the guest did not end within %.3g s (--timeout)",
	      (double)b->opt->timeout_ns / 1e9);
	if (b->mon.sh->ended) {
		place_format(b, b->mon.machine->cpu.rip, place, sizeof place);
		fprintf(stderr, "  it was at %s\n", place);
	}
	return STATUS_TIMEOUT;
}

static int status_say(struct broker *b)
{
	switch (b->end) {
	case END_GUEST:
		return guest_ended(b);
	case END_DIED:
		return died(b);
	case END_USER:
		fputs("aftermon: ended by Ctrl-A x\n", stderr);
		return AB_EXIT_OK;
	case END_DEBUGGER:
		fputs("aftermon: ended by the debugger\n", stderr);
		return AB_EXIT_OK;
	case END_TIMEOUT:
		return timed_out(b);
	case END_SIGNAL:
		error("ended by a signal: %s", strsignal(b->signal));
		return 128 + b->signal;
	case END_OUTPUT:
		error("cannot write the guest's console to standard output: %s",
		      strerror(b->con.out_error));
		return AB_EXIT_FAIL;
	default:
		return AB_EXIT_FAIL;
	}
}

int broker_finish(struct broker *b)
{
	int status;

	if (b->end != END_OUTPUT)
		console_flush(b, b->end == END_TIMEOUT ? FLUSH_MS :
			      b->end == END_GUEST || b->end == END_DIED ? -1 : 0);
	terminal_restore();
	if (!b->con.at_line_start && b->con.out_tty && isatty(STDERR_FILENO))
		fputc('\n', stderr);
	status = status_say(b);
	if (b->con.out_error && b->end != END_OUTPUT) {
		error("cannot write the guest's console to standard output: %s",
		      strerror(b->con.out_error));
		status = AB_EXIT_FAIL;
	}
	if (b->opt->screen)
		screen_print(b);
	if (b->opt->stats)
		stats_print(b);
	if (b->opt->profile && profile_save(b, true) && !status)
		status = AB_EXIT_FAIL;
	return status;
}
