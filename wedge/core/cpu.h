/* SPDX-License-Identifier: BSD-2-Clause */
/* wedge/core: what the files of the CPU half share.  Internal. */
#ifndef AB_CORE_CPU_H
#define AB_CORE_CPU_H

#include "core/core.h"
#include "core/bytes.h"

/* Leave the function unless (expr) is AB_OK. */
#define AB_TRY(expr) do {			\
	enum ab_result r_ = (expr);		\
	if (r_ != AB_OK)			\
		return r_;			\
} while (0)

/* cpu.shadow */
enum { AB_SHADOW_NONE, AB_SHADOW_STI, AB_SHADOW_SS };

/* MAXPHYADDR as CPUID tells it: the same on every host. */
#define AB_PHYS_BITS	40
#define AB_PHYS_MASK	((1ull << AB_PHYS_BITS) - 1)

/* ---- descriptor attributes, as in ab_seg.attr ---- */
#define AB_AT_TYPE	0x000fu
#define AB_AT_ACCESSED	0x0001u
#define AB_AT_RW	0x0002u		/* data: writable; code: readable */
#define AB_AT_EC	0x0004u		/* data: expand-down; code: conforming */
#define AB_AT_CODE	0x0008u
#define AB_AT_S		0x0010u		/* code or data, not system */
#define AB_AT_P		0x0080u
#define AB_AT_L		0x2000u
#define AB_AT_DB	0x4000u
#define AB_AT_G		0x8000u
#define AB_AT_MASK	0xf0ffu		/* without limit bits 19:16 */
#define AB_AT_DPL(attr)	(((attr) >> 5) & 3u)

/* system descriptor types */
enum { AB_SYS_TSS16 = 1, AB_SYS_LDT = 2, AB_SYS_TSS16_BUSY = 3, AB_SYS_CALL16 = 4,
       AB_SYS_TASK = 5, AB_SYS_INT16 = 6, AB_SYS_TRAP16 = 7, AB_SYS_TSS = 9,
       AB_SYS_TSS_BUSY = 11, AB_SYS_CALL = 12, AB_SYS_INT = 14, AB_SYS_TRAP = 15 };

#define AB_SEL_RPL(sel)	((sel) & 3u)
#define AB_SEL_ERR(sel)	((sel) & 0xfffcu)	/* as an error code shows it */
#define AB_SEL_NULL(sel) (((sel) & 0xfffcu) == 0)

/* ---- modes ---- */
static inline bool ab_long_mode(const struct ab_machine *m)
{
	return m->cpu.efer & AB_EFER_LMA;
}

static inline bool ab_code64(const struct ab_machine *m)
{
	return ab_long_mode(m) && (m->cpu.seg[AB_SEG_CS].attr & AB_AT_L);
}

static inline uint64_t ab_size_mask(unsigned bytes)
{
	return bytes >= 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

/* Width of the instruction pointer and of the stack pointer, in bytes. */
static inline unsigned ab_code_size(const struct ab_machine *m)
{
	if (ab_code64(m))
		return 8;
	return m->cpu.seg[AB_SEG_CS].attr & AB_AT_DB ? 4 : 2;
}

static inline unsigned ab_stack_size(const struct ab_machine *m)
{
	if (ab_code64(m))
		return 8;
	return m->cpu.seg[AB_SEG_SS].attr & AB_AT_DB ? 4 : 2;
}

static inline bool ab_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/* AB_ACC_U when an access by the running code is a user access. */
static inline unsigned ab_acc_ring(const struct ab_machine *m)
{
	return m->cpu.cpl == 3 ? AB_ACC_U : 0;
}

/* ---- registers ---- */
static inline uint64_t ab_gpr(const struct ab_machine *m, unsigned reg, unsigned size)
{
	return m->cpu.gpr[reg] & ab_size_mask(size);
}

/* Writes of 1 and 2 bytes keep the rest, writes of 4 clear the upper half. */
static inline void ab_gpr_set(struct ab_machine *m, unsigned reg, unsigned size,
			      uint64_t value)
{
	uint64_t mask = ab_size_mask(size);

	if (size >= 4)
		m->cpu.gpr[reg] = value & mask;
	else
		m->cpu.gpr[reg] = (m->cpu.gpr[reg] & ~mask) | (value & mask);
}

static inline int64_t ab_sext(uint64_t value, unsigned size)
{
	unsigned shift = 64 - size * 8;

	return (int64_t)(value << shift) >> shift;
}

/* ---- machine.c ---- */
/* Set m->fault and return AB_FAULT. */
enum ab_result ab_fault(struct ab_machine *m, uint8_t vector);
enum ab_result ab_fault_code(struct ab_machine *m, uint8_t vector, uint32_t error);
static inline enum ab_result ab_gp0(struct ab_machine *m)
{
	return ab_fault_code(m, AB_GP, 0);
}
/* m->why = "WHAT is not supported (at RIP)"; returns AB_UNSUPPORTED. */
enum ab_result ab_unsupported(struct ab_machine *m, const char *what);

/* ---- mmu.c ---- */
/* Load the four PDPTEs that (cr3) names; #GP(0) when one has reserved bits. */
enum ab_result ab_load_pdptes(struct ab_machine *m, uint64_t cr3);

/* ---- mem.c ---- */
/* Check that (len) bytes at (va) can be accessed; sets A and D. */
enum ab_result ab_probe(struct ab_machine *m, uint64_t va, size_t len, unsigned acc);
/* Supervisor accesses of the CPU itself: descriptor tables, TSS. */
enum ab_result ab_sys_read(struct ab_machine *m, uint64_t va, void *buf, size_t len);
enum ab_result ab_sys_write(struct ab_machine *m, uint64_t va, const void *buf, size_t len);
/* Do (len) bytes at offset (off) lie within (seg)'s limit?  Not for 64-bit mode. */
bool ab_seg_room(const struct ab_seg *seg, uint64_t off, uint64_t len);
/* Little-endian integers of (size) bytes at seg:off, as the running code does. */
enum ab_result ab_load(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
		       unsigned acc, uint64_t *value);
enum ab_result ab_store(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
			uint64_t value);

#endif
