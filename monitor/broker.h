/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's own state and the interfaces between its parts.  See mon.h for
 * what it shares with the vCPU processes and why none of that is trusted.
 */
#ifndef AB_MONITOR_BROKER_H
#define AB_MONITOR_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "lib/profile.h"
#include "loader/loader.h"
#include "monitor/mon.h"
#include "monitor/options.h"

enum run_end {			/* why the run is over */
	END_RUNNING = 0,
	END_GUEST,		/* the engine said so: mon_end() */
	END_DIED,		/* a vCPU process died */
	END_USER,		/* Ctrl-A x */
	END_DEBUGGER,		/* GDB said kill */
	END_TIMEOUT,
	END_SIGNAL,		/* somebody wants the broker to end */
	END_OUTPUT,		/* standard output is gone */
};

struct console {
	bool in_open;		/* standard input may have more */
	bool in_tty, out_tty;
	bool escape;		/* Ctrl-A was the last byte */
	uint32_t in_head;	/* our own indices: shared memory is the guest's */
	uint32_t out_tail, log_tail;
	bool at_line_start;
	int out_error;		/* errno of the write that failed */
};

struct disk {
	int fd;			/* -1: none */
	const char *path;
	uint64_t sectors;
	bool readonly;
	int error;		/* errno of the host's last failure: said once */
};

struct spans {			/* a profile's timeline so far */
	struct ab_profile_span *v;
	uint32_t n;
	uint64_t every_ns;
	uint64_t count[AB_PROF_KINDS], cycles[AB_PROF_KINDS];	/* sums last seen */
};

struct gdb;

struct broker {
	struct mon mon;
	const struct run_options *opt;
	struct ab_guest *guest;
	struct ab_patch patch;
	uint8_t *linux_header;	/* of a bzImage, or NULL */
	size_t linux_header_size;
	struct console con;
	struct gdb *gdb;	/* NULL: no debugger */
	struct disk disk[MON_DISKS];
	uint32_t disk_tail;	/* our own index: shared memory is the guest's */
	pid_t leader;
	int sig_fd;
	enum run_end end;
	int wait_status;	/* END_DIED: of the process */
	int signal;		/* END_SIGNAL */
	uint64_t start_ns, end_ns;
	uint64_t quiet_ns;	/* no output since: the doorbell may be armed */
	struct spans spans;	/* of the profile */
	uint64_t span_ns;	/* when the next one ends */
	uint64_t checkpoint_ns;	/* when the next profile checkpoint is due */
	uint64_t checkpoint_every;
};

uint64_t now_ns(void);

/* ---- preflight.c ---- */
/* Does this host have what a run needs?  -1 after a message that says what it
 * lacks and what to do.  Fills m->host, m->engine and m->map_max. */
int preflight_host(struct mon *m);
/* Measures the time stamp counter. */
void preflight_clock(struct mon *m);
/* Take all addresses below 4 GiB that may be had; m->low_base is the first. */
int preflight_addresses(struct mon *m);
/* Largest guest that fits this host, in bytes. */
uint64_t host_memory(void);
/* What the control groups of this process allow; (root): where the host's / is. */
uint64_t host_cgroup_memory(const char *root);

/* ---- host.c ---- */
/* What user code can have here; -1 after a message when no guest can run at all. */
int host_look(struct mon_host *h);
/* The engine for it. */
enum mon_engine host_engine(const struct mon_host *h);

/* ---- guest.c ---- */
/* Open, patch and check the guest that the options name. */
int guest_prepare(struct broker *b);
/* Firmware tables and boot protocol into guest RAM. */
int guest_boot(struct broker *b);
void guest_release(struct broker *b);

/* ---- terminal.c ---- */
/* Standard input into raw mode if it is our terminal; restored on every way out,
 * signals included. */
void terminal_raw(void);
void terminal_restore(void);

/* ---- console.c ---- */
void console_init(struct broker *b);
/* Take what standard input has; may end the run (Ctrl-A x). */
void console_read(struct broker *b);
/* May standard input be read now?  Otherwise the vCPU rings when it may. */
bool console_wants_input(struct broker *b);
/* Bytes that wait for standard output. */
uint32_t console_pending(struct broker *b);
/* Write some of them; b->con.out_error is set when that fails. */
void console_write(struct broker *b);
/* Copy the log to standard error. */
void console_log(struct broker *b);
/* Write all that is left, for at most (ms) without progress. */
void console_flush(struct broker *b, int ms);
/* Interrupt the vCPU: MON_KICK_* */
void vcpu_kick(struct broker *b, uint32_t why);

/* ---- disk.c ---- */
int disk_open(struct disk *d, const char *path);
/* Serve a request of the engine, if there is one. */
void disk_serve(struct disk d[MON_DISKS], struct mon_disk_req *req);
/* Serve what waits in the vCPU's queue. */
void disk_queue_serve(struct broker *b);
bool disk_queue_waits(const struct broker *b);
void disk_close(struct disk *d);

/* ---- gdb.c ---- */
int gdb_open(struct broker *b, unsigned port);
/* The descriptor to poll for input, or -1. */
int gdb_poll_fd(struct broker *b);
/* It is readable. */
void gdb_serve(struct broker *b);
/* Tell GDB when the guest has stopped. */
void gdb_look(struct broker *b);
void gdb_close(struct broker *b, int status);

/* ---- loop.c ---- */
/* Start the vCPU process and serve it until the run ends. */
int broker_loop(struct broker *b);

/* ---- finish.c ---- */
/* Say how it ended; the exit status. */
int broker_finish(struct broker *b);
/* Printable ASCII of untrusted (text, len) into buf (NUL-terminated). */
size_t text_clean(char *buf, size_t size, const char *text, size_t len,
		  bool newlines);

/* ---- stats.c ---- */
/* Counts, memory and costs of the run to standard error. */
void stats_print(struct broker *b);

/* ---- profile_save.c ---- */
void profile_begin(struct broker *b);
/* When profile_look() has something to do, in nanoseconds; UINT64_MAX: never. */
uint64_t profile_due(const struct broker *b);
/* End a span of the timeline, write a checkpoint, if it is time. */
void profile_look(struct broker *b, uint64_t now);
/* The profile so far, to be freed. */
void profile_collect(struct broker *b, struct profile *p, bool complete);
/* Write the profile, whole or not at all: a checkpoint, or all of it (complete). */
int profile_save(struct broker *b, bool complete);

/* ---- lastpage.c ---- */
/* Registers, the instruction and the call chain of a guest that died. */
void last_page_print(struct broker *b);
/* "0xc0101234 (function+0x12)" */
void place_format(struct broker *b, uint64_t addr, char *buf, size_t size);

/* ---- commands ---- */
int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_tune(int argc, char **argv);
int command_host(int argc, char **argv);
int command_import(int argc, char **argv);

#endif
