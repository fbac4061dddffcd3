/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One hosted run: what the broker and the vCPU processes share.
 *
 * `aftermon run` is the *broker*: it owns the terminal, disks, files and
 * signals.  It loads the guest into guest RAM, then forks (without exec) the
 * *vCPU process*, which runs engine_main() and never returns.  The engine may
 * make more processes of its kind by mon_fork() before it calls
 * sandbox_enter(); after that nobody in there can open, fork or signal
 * outside.  Guest code can reach everything that lies in the vCPU process, so
 * the broker takes nothing in struct mon_shared, in guest RAM or in struct
 * ab_machine at its word: indices are masked, texts bounded and cleaned,
 * numbers range-checked, everything read once.
 *
 * struct mon itself is private to each process (copied by fork); after the
 * fork only what its pointers to MAP_SHARED memory name is common.
 */
#ifndef AB_MONITOR_MON_H
#define AB_MONITOR_MON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/profile.h"

struct ab_machine;
struct ab_cpu;
struct ab_guest;
struct ab_wedge;
struct ab_patch;

enum mon_target { MON_NONE, MON_HOSTED };
enum mon_user { MON_USER_AUTO, MON_USER_LIMITS, MON_USER_SEPARATE };
enum mon_engine { MON_ENGINE_AUTO, MON_ENGINE_SEGMENTS, MON_ENGINE_TRANSLATE };

/* ---- shared memory ---- */

/* A ring of bytes: head is the writer's, tail the reader's, both run freely
 * and are masked at use.  (waits) is set by the side that sleeps on the
 * other's index. */
#define MON_RING_SIZE	65536u		/* a power of two */
struct mon_ring {
	uint32_t head;
	uint32_t tail;
	uint32_t waits;
	uint32_t reserved;
	uint8_t data[MON_RING_SIZE];
};

/* Why the broker kicks: bits of mon_shared.kick. */
#define MON_KICK_INPUT	1u	/* bytes wait in the console's input ring */
#define MON_KICK_STOP	2u	/* end: save the guest's registers, mon_end() */
#define MON_KICK_DEBUG	4u	/* stop for the debugger */
#define MON_KICK_DISK	8u	/* requests of struct mon_disk_queue are done */

enum mon_stat {			/* names in stats.c */
	MON_STAT_TRAP,		/* privileged instructions emulated after a fault */
	MON_STAT_CALL,		/* calls of patched sites into 64-bit code */
	MON_STAT_MMIO,
	MON_STAT_SHADOW,	/* shadow misses filled */
	MON_STAT_FAULT,		/* exceptions delivered to the guest */
	MON_STAT_SYSCALL,	/* ring-3 int n */
	MON_STAT_FAST,		/* those that needed no host system call */
	MON_STAT_IRQ,		/* interrupts delivered */
	MON_STAT_DOORBELL,	/* faults on the doorbell page */
	MON_STAT_FLUSH,		/* shadow thrown away whole */
	MON_STAT_EVICT,		/* shadow thrown away for want of mappings */
	MON_STAT_SPACE,		/* address-space switches */
	MON_STAT_HANDOVER,	/* hand-overs between vCPU processes */
	MON_STAT_IDLE,		/* waits for an interrupt */
	MON_STAT_MEND,		/* selectors mended in ring 3 */
	MON_STAT_DISK,		/* requests to virtio disks */
	MON_STAT_BLOCK,		/* blocks translated */
	MON_STAT_COUNT
};

enum mon_disk_op { MON_DISK_READ = 1, MON_DISK_WRITE, MON_DISK_FLUSH,
		   MON_DISK_WRITE_THROUGH };	/* a write, and on the disk itself */
#define MON_SECTOR	512u
#define MON_DISK_MAX	256u		/* sectors in one request */
#define MON_DISKS	2		/* virtio-blk, and ATA master and slave */
struct mon_disk_req {
	uint32_t busy;		/* 1: the broker's turn.  futex word */
	uint32_t op;
	uint64_t lba;
	uint32_t drive;
	uint32_t count;		/* sectors */
	int32_t result;		/* 0, or an errno */
	uint8_t data[MON_DISK_MAX * MON_SECTOR];
};

/* Requests that move guest RAM itself and do not hold up the vCPU.  It puts them
 * at head; the broker does them in order and counts tail up; taken is how many of
 * those the vCPU has seen.  All three run freely. */
#define MON_QUEUE_SIZE	128u		/* a power of two */
#define MON_QUEUE_PIECES 128u
struct mon_disk_xfer {
	uint32_t op, drive, npieces, tag;
	uint64_t lba;
	int32_t result;		/* 0, or an errno */
	struct mon_piece {
		uint64_t pa;
		uint64_t len;
	} piece[MON_QUEUE_PIECES];
};

struct mon_disk_queue {
	uint32_t head;
	uint32_t tail;		/* futex word */
	uint32_t taken;
	uint32_t waits;		/* the vCPU sleeps on tail */
	struct mon_disk_xfer xfer[MON_QUEUE_SIZE];
};

#define MON_WHY_MAX	256u
#define MON_TEXT_MAX	8192u
#define MON_PROFILE_SLOTS (1u << 17)
#define MON_PROFILE_INDEX (1u << 18)	/* a power of two, and room to spare */

/* Records stand in the order in which their places first trapped, so that only as
 * much memory is touched as there are places; index finds them by hash, 0 is free. */
struct mon_profile {
	uint64_t lost;		/* hits that found no slot */
	uint64_t count[AB_PROF_KINDS], cycles[AB_PROF_KINDS];	/* of all hits */
	uint32_t used;
	uint32_t index[MON_PROFILE_INDEX];	/* 1 + number of the slot */
	struct ab_profile_record slot[MON_PROFILE_SLOTS];
};

/* The guest under a debugger (--gdb).  A running guest stops at a breakpoint, after
 * a step, or when kicked with MON_KICK_DEBUG: the engine puts its registers into
 * struct ab_machine, sets stopped and sleeps until req changes; then cmd says how
 * to go on. */
enum mon_debug_cmd { MON_DEBUG_CONT = 1, MON_DEBUG_STEP };
#define MON_BREAKS	64u
struct mon_debug {
	uint32_t req;		/* futex word */
	uint32_t cmd;
	uint32_t ack;		/* the last req that was taken */
	uint32_t stopped;
	uint32_t signal;	/* why */
	uint32_t nbreak;
	uint32_t brk[MON_BREAKS];	/* linear addresses of planted int3's */
};

struct mon_shared {
	struct mon_ring out;	/* guest's console, to the terminal */
	struct mon_ring in;	/* from the terminal */
	struct mon_ring log;	/* text of --trace and notes, to stderr */
	uint32_t armed;		/* broker sleeps: ring the doorbell */
	uint32_t kick;		/* MON_KICK_* */
	uint32_t kick_seq;	/* futex word, counts kicks */
	uint32_t idle;		/* vCPU sleeps on kick_seq: no signal needed */
	uint32_t translated;	/* guest code is, by now */
	uint32_t ended;		/* exit record below is valid */
	int32_t status;
	char why[MON_WHY_MAX];
	uint32_t text_len;	/* of the last page's extra text */
	char text[MON_TEXT_MAX];
	uint64_t stat[MON_STAT_COUNT];
	struct mon_disk_req disk;
	struct mon_disk_queue queue;
	struct mon_debug debug;
	struct mon_profile profile;	/* last: untouched unless asked for */
};

/* ---- the host ---- */

/* What guest code can have of this host: host_look(). */
struct mon_host {
	bool code32;		/* HOST_CS32: 32-bit code in a flat segment */
	bool ldt;		/* what modify_ldt writes takes effect */
	bool limits;		/* ...and such a segment's limit holds */
};

/* ---- the run ---- */

/* General registers and eip at entry, as the boot protocol says; everything
 * else is boot_cpu_setup()'s. */
struct mon_boot {
	uint32_t eip, eax, ebx, ecx, edx, esi, edi, ebp, esp;
	const char *protocol;	/* "multiboot", "Linux"...: for messages */
	/* Selectors that the protocol promises (0: cs 0x08, data 0x10). */
	uint16_t cs, ds;
	uint32_t gdt;		/* physical address of a flat GDT, its limit */
	uint16_t gdt_limit;
};

struct mon {
	/* guest RAM: physical 0 .. ram_size, one memfd */
	int ram_fd;		/* RAM, then MON_WINDOW_ROOM for the engine */
	uint64_t ram_size;	/* a multiple of 4096, at most MON_RAM_MAX */
	uint8_t *ram;		/* mapped above 4 GiB, shared */
	struct ab_machine *machine;	/* MAP_SHARED; ab_machine_init() is the
					   engine's to call */
	struct mon_shared *sh;
	/* the guest, patched; read-only to the engine, inherited by fork */
	struct ab_guest *guest;
	struct ab_wedge *wedge;		/* NULL with -t none */
	struct ab_patch *patch;		/* NULL with -t none */
	struct mon_boot boot;
	/* options */
	enum mon_target target;
	enum mon_user user;
	enum mon_engine engine;	/* AUTO until preflight_host() has chosen */
	bool engine_free;	/* it was AUTO: may be another later */
	uint32_t window;	/* base of the wedge window, linear */
	bool trace, profile, debug, screen;
	bool exact;		/* the profile lacks no event */
	bool keyboard;		/* the terminal types on the PS/2 keyboard */
	uint64_t disk_sectors[MON_DISKS];	/* 0: no disk */
	bool disk_readonly[MON_DISKS];
	/* host */
	struct mon_host host;
	uint32_t low_base;	/* lowest linear address the host lets us map */
	uint32_t map_max;	/* vm.max_map_count */
	uint32_t tsc_khz;
	int bell_fd;		/* eventfd towards the broker */
	int broker_pid;
	int group;		/* process group of the vCPU processes */
};

#define MON_RAM_MAX	0xc0000000ull	/* PCI and APIC space lies above */
#define MON_RAM_MIN	0x00100000ull
/* How far into its 4 MiB the window begins, where (size) leaves room: at neither end,
 * since that is where guests begin to use a place of this kind (the tables of their
 * first pages, a heap, fixed mappings from the top down), and not where the tables of
 * a kernel at a round address would lie. */
#define MON_WINDOW_ASIDE(size)	((size) <= 0x1c0000 ? 0x240000u : 0)
#define MON_WINDOW_ROOM	0x00401000ull	/* behind RAM in its memfd: the wedge window */
#define MON_SIGNAL	10		/* SIGUSR1: sent with a kick */

/* The engine (engine_*.c).  Runs in the vCPU process with default signal
 * dispositions (MON_SIGNAL: ignored) and an empty signal mask; must install its
 * handlers and then call sandbox_enter() before it enters guest code.  Ends by mon_end() or by dying. */
_Noreturn void engine_main(struct mon *);

/* ---- for the engine: mon.c.  Async-signal-safe, no libc, no SSE, no errno.
 * One vCPU at a time: they are not re-entrant. ---- */

/* A byte to the terminal; waits while the ring is full. */
void mon_console_out(struct mon *, uint8_t byte);
/* Next byte from the terminal, or -1. */
int mon_console_in(struct mon *);
/* Is there any? */
bool mon_console_waiting(const struct mon *);

/* Take the kick bits that came since the last call. */
uint32_t mon_kicks(struct mon *);
/* Sleep until a kick, a signal, or (deadline, CLOCK_MONOTONIC ns; 0: none). */
void mon_idle(struct mon *, uint64_t deadline_ns);

/* End the run with the user's exit status (0..511; the low 8 bits count) and
 * one line that says why (may be ""; the text is copied).  Put the guest's
 * registers into m->machine->cpu first: the broker prints them when (status)
 * is MON_DIED.  Never returns. */
#define MON_DIED	(-1)	/* guest died: last page, exit status 1 */
#define MON_FAILED	(-2)	/* we failed: message only, exit status 1 */
_Noreturn void mon_end(struct mon *, int status, const char *why);

/* Append to the text that is printed with the last page.  %s %c %d %u %x with
 * optional 0 and width, l or ll; %% . */
void mon_text(struct mon *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same into the log (stderr as it comes: --trace, warnings). */
void mon_log(struct mon *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same into (buf, size), NUL-terminated; returns the length. */
size_t mon_format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
size_t mon_vformat(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* Under a debugger: stopped because of (signal), with the registers in m->machine;
 * returns when it says how to go on: MON_DEBUG_*. */
uint32_t mon_debug_stop(struct mon *, int signal);
/* Is there a breakpoint of the debugger's at linear (addr)? */
bool mon_debug_planted(const struct mon *, uint32_t addr);

/* Count one event at guest linear address (addr); does nothing unless --profile
 * was given.  (insn, len): the original instruction bytes, may be NULL, 0. */
void mon_profile_hit(struct mon *, uint64_t addr, unsigned op, unsigned kind,
		     unsigned ring, uint64_t cycles, const uint8_t *insn,
		     unsigned len, unsigned page_class);

/* Sectors (lba, count <= MON_DISK_MAX) through the broker; synchronous.
 * 0 or an errno (EROFS on a read-only file, EIO...). */
int mon_disk_read(struct mon *, unsigned drive, uint64_t lba, void *buf, unsigned count);
int mon_disk_write(struct mon *, unsigned drive, uint64_t lba, const void *buf,
		   unsigned count);
int mon_disk_flush(struct mon *, unsigned drive);
/* Room for one more request at the queue's head (at most MON_QUEUE_SIZE may be
 * under way); fill it, then put it. */
struct mon_disk_xfer *mon_disk_next(struct mon *);
void mon_disk_put(struct mon *);
/* The next request that is done, or NULL; with (wait) one that is not is waited
 * for, and NULL means that none is under way. */
const struct mon_disk_xfer *mon_disk_done(struct mon *, bool wait);

/* ---- for the engine: sandbox.c ---- */

/* One more process like this one, watched by the broker (its child, in the
 * vCPU group, killed with it).  Before sandbox_enter() only.  As fork(). */
int mon_fork(struct mon *);
/* Give up everything: descriptors but the RAM's and the doorbell, new
 * privileges, limits; then the seccomp filter (see sandbox.c for the list).
 * On failure ends the run with a message. */
void sandbox_enter(struct mon *);

/* Close all descriptors but the RAM's and the doorbell's. */
void sandbox_descriptors(const struct mon *);

/* ---- for the engine: boot.c ---- */
/* Registers, segments and control registers at entry; after ab_machine_init(). */
void boot_cpu_setup(const struct mon *, struct ab_cpu *);

#endif
