/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap profile, version 1.  Specification: docs/profile.md.
 * Self-contained: freestanding C11 headers only.  Little endian.
 *
 *   struct ab_profile_header, then nrecords of struct ab_profile_record,
 *   sorted by (addr, op, ring, kind).
 */
#ifndef AB_ABI_PROFILE_H
#define AB_ABI_PROFILE_H

#include <stdint.h>

#define AB_PROFILE_MAGIC	"ABPROF\r\n"
#define AB_PROFILE_VERSION	1
#define AB_PROFILE_HIST		16

enum ab_profile_kind {
	AB_PROF_TRAP = 1,	/* unpatched: reached the hypervisor by a fault */
	AB_PROF_CALL,		/* a patched site's call into the wedge */
	AB_PROF_MMIO,		/* memory access that was emulated */
	AB_PROF_SHADOW,		/* shadow miss: no rule removes it */
	AB_PROF_FAULT,		/* page fault delivered to the guest */
	AB_PROF_SYSCALL,	/* ring-3 int n */
};

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
	uint8_t  page_class;		/* MMIO: device number; else 0 */
	uint8_t  reserved[2];
	uint8_t  insn[16];		/* original bytes */
	uint32_t hist[AB_PROFILE_HIST];	/* bucket n: cycles in [2^(n+6), 2^(n+7)) */
};

_Static_assert(sizeof(struct ab_profile_header) == 104, "ABI");
_Static_assert(sizeof(struct ab_profile_record) == 120, "ABI");

#endif
