/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine without CPU for device tests: the host around it is a clock that
 * only moves when told to, a console that remembers, and a disk in memory. */
#ifndef DEVFIX_H
#define DEVFIX_H

#include <check.h>
#include "core/core.h"

#define US	1000ull
#define MS	1000000ull
#define SEC	1000000000ull
#define PIT_HZ	1193182u
#define FIX_SECTORS 200
#define FIX_RAM	(4u << 20)

extern struct ab_machine *M;

struct fix {
	uint64_t now, timer, wall;
	unsigned timers_set;	/* calls of host->set_timer */
	char out[256];
	unsigned nout;
	int status;		/* of host->end, -1 before */
	const char *why;
	unsigned ready;		/* calls of host->console_ready */
	bool disks[2], disk_ro, disk_later, disk_bad;
	unsigned disk_calls;
	uint8_t disk[2][FIX_SECTORS * 512];
	int last_op;		/* of disk_submit */
	unsigned queued;	/* with disk_later: requests not yet done */
	struct { unsigned drive, tag; bool ok; } queue[2 * AB_VIRTIO_FLIGHT];
	uint8_t *ram;
};
extern struct fix F;

void fix_start(void);		/* fresh machine; BIOS state */
void fix_start_disks(bool master, bool slave);
void fix_disk_finish(void);	/* let disk_later's requests be done */
uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outb(uint16_t port, uint8_t v);
void outw(uint16_t port, uint16_t v);
void outl(uint16_t port, uint32_t v);
uint32_t apic_read(uint32_t reg);
void apic_write(uint32_t reg, uint32_t v);
uint32_t ioapic_read(unsigned reg);
void ioapic_write(unsigned reg, uint32_t v);
/* Let (ns) pass; the host's timer goes off when it is due. */
void pass(uint64_t ns);
/* The same, but the host is late: its timer goes off at the end only. */
void pass_late(uint64_t ns);
/* No device needs the host's timer.  One left over from before may go off. */
bool host_sleeps(void);
int take(void);			/* acknowledge: vector, or -1 */
bool pending(void);
/* As kernels do: vectors 20h and 28h, everything masked but (open). */
void pic_setup(uint16_t open);
void pic_eoi(unsigned irq);
/* PIT ticks as the first nanosecond at which they have passed. */
uint64_t ticks(uint64_t n);
int fix_run(const char *name, void (*add)(TCase *));

#endif
