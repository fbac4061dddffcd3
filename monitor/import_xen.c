/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Xen's trace buffer, as xentrace writes it: little-endian words.  A record is a
 * header (bit 31: a time stamp of two words follows; bits 30:28: number of words
 * after that; bits 27:0: the event), and the events of one processor stand
 * together behind a record that names it.
 *
 * PV events of 64-bit guests have bit 8 set and addresses of two words.
 */
#include <stdlib.h>
#include <string.h>
#include "abi/ops.h"
#include "lib/diag.h"
#include "lib/elfview.h"
#include "monitor/import.h"

#define CPU_CHANGE	0x0001f003u
#define LOST_RECORDS	0x0001f001u
#define PV_EVENTS	0x00201000u
#define PV_64		0x00000100u

/* Words before the instruction pointer, by width: (at32, at64). */
static const struct pv_event {
	uint16_t id, op;
	uint8_t kind, after, at32, at64;
} pv_events[] = {
	{ 0x003, AB_OP_NONE, AB_PROF_FAULT, 0, 0, 0 },	/* TRAP */
	{ 0x004, AB_OP_NONE, AB_PROF_FAULT, 0, 0, 0 },	/* PAGE_FAULT */
	{ 0x005, AB_OP_CPUID, AB_PROF_TRAP, 1, 0, 0 },	/* FORCED_INVALID_OP */
	{ 0x006, AB_OP_NONE, AB_PROF_TRAP, 1, 0, 0 },	/* EMULATE_PRIVOP */
	{ 0x009, AB_OP_NONE, AB_PROF_SHADOW, 0, 0, 0 },	/* PAGING_FIXUP */
	{ 0x00a, AB_OP_NONE, AB_PROF_SHADOW, 0, 0, 0 },	/* GDT_LDT_MAPPING_FAULT */
	{ 0x00b, AB_OP_PTE_WRITE, AB_PROF_TRAP, 0, 2, 4 },	/* PTWR: pte, addr, rip */
	{ 0x00c, AB_OP_PTE_WRITE, AB_PROF_TRAP, 0, 3, 4 },	/* the same with PAE */
};

static void pv_event(struct import *m, uint32_t id, const uint8_t *arg, unsigned words)
{
	bool wide = id & PV_64;
	unsigned i, at;

	for (i = 0; i < sizeof pv_events / sizeof pv_events[0]; i++) {
		const struct pv_event *e = &pv_events[i];

		if (e->id != (id & 0xff))
			continue;
		at = wide ? e->at64 : e->at32;
		if (words < at + (wide ? 2 : 1))
			break;
		m->wide |= wide;
		import_hit(m, wide ? get_le64(arg + 4 * at) : get_le32(arg + 4 * at),
			   e->after, e->op, e->kind, 0,
			   e->op == AB_OP_PTE_WRITE ? AB_PAGE_TABLE : AB_PAGE_UNKNOWN);
		return;
	}
	m->other++;
}

int import_xen(struct import *m, const void *data, size_t size)
{
	const uint8_t *p = data, *end = p + size;
	uint64_t lost = 0;

	if (size < 4 || (get_le32(p) & 0x0fffffff) != CPU_CHANGE) {
		error("%s: not a trace of xentrace: it does not begin with a processor's records",
		      m->name);
		return -1;
	}
	while (p < end) {
		uint32_t head = end - p >= 4 ? get_le32(p) : 0, id = head & 0x0fffffff;
		unsigned stamp = head >> 31 ? 2 : 0, words = head >> 28 & 7;

		if ((size_t)(end - p) < 4 * (1 + stamp + (size_t)words)) {
			error("%s: cut off inside the record at byte %zu", m->name,
			      (size_t)(p - (const uint8_t *)data));
			return -1;
		}
		p += 4;
		if (stamp)
			import_time(m, get_le64(p));
		p += 4 * stamp;
		if (id == LOST_RECORDS && words)
			lost += get_le32(p);
		else if ((id & ~(PV_64 | 0xffu)) == PV_EVENTS)
			pv_event(m, id, p, words);
		else
			m->other++;
		p += 4 * words;
	}
	if (lost)
		warn("%s: Xen lost %llu records: a larger tbuf_size keeps more", m->name,
		     (unsigned long long)lost);
	return 0;
}
