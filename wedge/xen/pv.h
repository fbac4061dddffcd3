/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wedge for Xen's paravirtual interface, x86-64.  Internal.
 *
 * One virtual CPU: `machine` (wedge/core) and `xen`, everything else of ours, are
 * the wedge's state; there is no other.  All of it lies in the wedge's own address
 * space, which the guest is not in: see docs/xen.md.
 */
#ifndef WEDGE_XEN_H
#define WEDGE_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include "abi/wedge.h"
#include "core/core.h"
#include "core/bytes.h"
#include "core/decode.h"
#include "xen/vcpupage.h"

#define PAGE		4096ul
#define DIRECT_MAP	0xffff880000000000ul	/* all of the domain's memory */
#define MFN_MASK	0x000ffffffffff000ul

struct xen_site_count {
	uint64_t rip;
	uint32_t op, count;
};
#define SHADOW_TABLE	16
#define XEN_HOT		512	/* places of traps that are told apart */

struct xen_state {
	const struct start_info *info;
	struct shared_info *shared;
	bool privileged;	/* the domain that owns the hardware */
	bool want_stats, want_ports;	/* words of the command line */
	bool dying;

	/* memory.c: pseudo-physical frames and the guest's */
	uint64_t frames;	/* of the domain */
	uint64_t hole, hole_end;	/* frames of the wedge, p2m and first tables */
	uint64_t pool;		/* first frame for page tables; up to `frames` */
	uint64_t guest_frames;
	uint32_t *free_page;	/* stack of pool pages: clean ones below, */
	uint32_t nclean, nfree;	/* then those that must be cleared first */

	void *tables;		/* shadow.c's, SHADOW_TABLE bytes a pool page */

	/* events.c */
	evtchn_port_t timer_port, console_port;
	char out[256];
	unsigned nout;

	/* trap.c */
	bool hw_ts;		/* Xen holds CR0.TS for us */
	uint64_t fs_base, gs_base, xcr0;	/* as Xen has them */
	uint64_t last_fault, last_rip, last_entry;	/* a page fault that comes again */
	unsigned same_fault;
	bool ended;
	int status;
	const char *why;

	/* what happened: counters */
	uint64_t traps[AB_OP_COUNT], calls[AB_OP_COUNT];
	uint64_t entries, upcalls, syscalls, faults_hidden, faults_guest, mmio,
		 pte_updates, mmu_calls, hypercalls, syncs;
	struct xen_site_count hot[XEN_HOT];
};

extern struct ab_machine machine;
extern struct xen_state xen;
extern struct vcpu_page vcpu;
extern struct ab_embed embed;		/* the image's first bytes */
extern const struct ab_host xen_host;
extern const uint64_t trap_entry[20];
extern char trap_event[], trap_syscall[], trap_failsafe[];

/* ---- hypercalls ---- */
static inline long hypercall(unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register uint64_t r10 __asm__("r10") = d;
	long ret;

	xen.hypercalls++;
	__asm__ volatile("syscall" : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
			 : "0"((uint64_t)nr) : "rcx", "r11", "r8", "r9", "memory");
	return ret;
}

/* A hypercall that cannot be refused unless the guest or the wedge is broken. */
void hypercall_must(unsigned nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		    const char *what);

/* ---- print.c ---- */
void xen_putc(char c);		/* to the console, in lines */
void xen_flush(void);
/* %s %x (uint64_t) %u (uint64_t) only */
void xen_print(const char *format, ...);
/* Say (what) and the guest's registers, then stop the domain as crashed. */
void xen_die(const char *what) __attribute__((noreturn));
void xen_die_hypercall(const char *what, long error) __attribute__((noreturn));
/* The guest is done: statistics when asked for, then the domain stops. */
void xen_finish(void) __attribute__((noreturn));

/* ---- memory.c ---- */
void memory_init(void);
/* Frame of the domain behind guest-physical frame (gfn), which is < guest_frames. */
uint64_t memory_frame(uint64_t gfn);
uint64_t memory_mfn(uint64_t frame);
static inline void *memory_direct(uint64_t frame)
{
	return (void *)(DIRECT_MAP + frame * PAGE);
}
/* A zeroed page of the pool, mapped read-only for us as Xen wants it of page
 * tables: its frame.  0 when there is none. */
uint64_t pool_take(void);
void pool_give(uint64_t frame);
/* Frame of a pool page by the machine frame that a table entry names. */
uint64_t pool_frame(uint64_t entry);

/* ---- shadow.c ---- */
void shadow_init(void);
enum shadow_result { SHADOW_DONE, SHADOW_GUEST_FAULT, SHADOW_MMIO };
/* A page fault of the guest at (va): map it, or m->fault, or a device's page. */
enum shadow_result shadow_fault(uint64_t va, unsigned error);
/* The guest said that translations are stale: one, or all. */
void shadow_page(uint64_t va);
void shadow_all(void);
/* Before the guest runs again: updates are made, Xen knows the right tables. */
void shadow_enter(void);

/* ---- events.c ---- */
void events_init(void);
uint64_t events_now(void);
uint32_t events_tsc_khz(void);
void events_handle(void);
/* Nothing to do until an event comes. */
void events_wait(void);

/* ---- site.c ---- */
#define SITE_TRAPS	0xfffe	/* tmpl: a hlt stands there */
/* The site whose stub, code or hlt (rip) lies in; NULL: none. */
const struct ab_embed_site *site_at(uint64_t rip);
/* The guest shall see an event at a place of its own: out of a stub. */
void site_undo(void);
/* A stub's call.  False when rip is in none. */
bool site_call(void);

/* Do what (site) does, from its original instructions. */
enum ab_result site_run(const struct ab_embed_site *site);

/* ---- trap.c ---- */
/* Act on what a core function says. */
void trap_check(enum ab_result r);
void xen_trap(uint64_t vector, uint64_t error, uint64_t cs, uint64_t rflags);
void xen_leave(void);

/* ---- boot.c, linux64.c ---- */
void boot_long_mode(uint16_t cs, uint16_t ds, uint64_t cr3);
/* Fill the guest's memory and CPU; (rsdp): of the firmware's tables. */
void boot_linux64(uint64_t rsdp);

/* Does the guest run 64-bit code now? */
static inline bool ab_code64_now(void)
{
	return machine.cpu.seg[AB_SEG_CS].attr & 0x2000;
}

#endif
