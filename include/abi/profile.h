/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap profile, version 2.  Specification: docs/profile.md.
 * Self-contained: freestanding C11 headers only.  Little endian.
 *
 *   struct ab_profile_header, then nrecords of struct ab_profile_record,
 *   sorted by (addr, op, ring, kind), then nspans of struct ab_profile_span,
 *   in order of time.
 */
#ifndef AB_ABI_PROFILE_H
#define AB_ABI_PROFILE_H

#include <stdint.h>

#define AB_PROFILE_MAGIC	"ABPROF\r\n"
#define AB_PROFILE_VERSION	2
#define AB_PROFILE_HIST		16

enum ab_profile_kind {
	AB_PROF_TRAP = 1,	/* unpatched: reached the hypervisor by a fault */
	AB_PROF_CALL,		/* a patched site's call into the wedge */
	AB_PROF_MMIO,		/* memory access that was emulated */
	AB_PROF_SHADOW,		/* shadow miss: no rule removes it */
	AB_PROF_FAULT,		/* page fault delivered to the guest */
	AB_PROF_SYSCALL,	/* ring-3 int n */
	AB_PROF_KINDS		/* one more than the largest */
};

enum ab_profile_page {		/* what a memory access met; of a record's first event */
	AB_PAGE_UNKNOWN = 0,
	AB_PAGE_RAM,		/* memory that could not be mapped there */
	AB_PAGE_TABLE,		/* a page table */
	AB_PAGE_NOBODY,		/* an address without a device */
	AB_PAGE_LAPIC,
	AB_PAGE_IOAPIC,
	AB_PAGE_DEVICE,		/* another device */
	AB_PAGE_CLASSES
};

/* Of a page without RAM at physical (pa): (lapic) is where the local APIC lies,
 * (device) is nonzero when any device does. */
static inline unsigned ab_profile_page_at(uint64_t pa, uint64_t lapic, int device)
{
	if (pa >> 12 == lapic >> 12)
		return AB_PAGE_LAPIC;
	if (pa >> 12 == 0xfec00)
		return AB_PAGE_IOAPIC;
	return device ? AB_PAGE_DEVICE : AB_PAGE_NOBODY;
}

struct ab_profile_header {
	uint8_t  magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t record_size;
	uint32_t machine;		/* EM_386, EM_X86_64 */
	uint64_t nrecords;
	uint64_t tsc_khz;
	uint64_t run_ns;		/* wall time of the run */
	char     target[16];
	uint32_t build_id_len;		/* 0: the guest has none */
	uint8_t  build_id[32];
	uint32_t complete;		/* 0: a checkpoint of a run that was cut off */
	uint32_t nspans;
	uint32_t span_size;
	uint64_t lost;			/* events that found no room in the table */
};

struct ab_profile_record {
	uint64_t addr;			/* guest linear address of the instruction */
	uint64_t count;
	uint64_t cycles;		/* TSC, total */
	uint64_t cycles_max;
	uint16_t op;			/* enum ab_op */
	uint8_t  kind;			/* enum ab_profile_kind */
	uint8_t  ring;
	uint8_t  insn_len;
	uint8_t  page_class;		/* enum ab_profile_page */
	uint8_t  reserved[2];
	uint8_t  insn[16];		/* original bytes */
	uint32_t hist[AB_PROFILE_HIST];	/* bucket n: cycles in [2^(n+6), 2^(n+7)) */
};

/* What happened from the end of the span before to (end_ns): about a second. */
struct ab_profile_span {
	uint64_t end_ns;		/* since the start of the run */
	uint64_t count[AB_PROF_KINDS];	/* by kind; [0] is 0 */
	uint64_t cycles[AB_PROF_KINDS];
};

_Static_assert(sizeof(struct ab_profile_header) == 120, "ABI");
_Static_assert(sizeof(struct ab_profile_record) == 120, "ABI");
_Static_assert(sizeof(struct ab_profile_span) == 120, "ABI");

#endif
