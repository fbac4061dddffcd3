/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two halves of the translator share: bytes out, and the instruction in
 * hand.  Internal to bt_emit.c and bt_addr.c. */
#ifndef AB_MONITOR_BT_EMIT_H
#define AB_MONITOR_BT_EMIT_H

#include "lib/decode_raw.h"
#include "monitor/engine.h"

#define BT_STUBS 64u

struct bt_out {
	struct engine *e;
	const struct bt_source *src;
	struct bt_block *block;
	uint8_t *p;			/* next byte of host code */
	/* the instruction in hand */
	struct ab_insn in;
	ZydisDecodedInstruction z;
	uint32_t eip, next;
	/* jumps out of the block, to be filled in at its end */
	struct { uint8_t *rel32; uint32_t to; } stub[BT_STUBS];
	unsigned nstub;
	uint8_t *back;			/* where a call's return goes on: filled in there, too */
};

static inline void put8(struct bt_out *o, unsigned v)
{
	*o->p++ = (uint8_t)v;
}

static inline void put32(struct bt_out *o, uint32_t v)
{
	*(uint32_t *)o->p = v;
	o->p += 4;
}

static inline void put64(struct bt_out *o, uint64_t v)
{
	*(uint64_t *)o->p = v;
	o->p += 8;
}

/* Bytes given one by one. */
#define PUT(o, ...) do {						\
	static const uint8_t b_[] = { __VA_ARGS__ };			\
	unsigned i_;							\
	for (i_ = 0; i_ < sizeof(b_); i_++)				\
		put8(o, b_[i_]);					\
} while (0)

/* A signal from here on finds the guest at (eip); (how): BT_MARK_*. */
void bt_put_mark(struct bt_out *, uint32_t eip, unsigned how);
/* Does the instruction in hand have a ModRM memory operand, and how is it reached? */
bool bt_has_memory(const struct bt_out *);
enum bt_reach bt_memory_reach(const struct bt_out *);
void bt_put_view(struct bt_out *);
/* Its effective segment. */
unsigned bt_segment(const struct bt_out *);
/* The instruction in hand as it is, for 64-bit mode, its operands where they are.
 * False (nothing was put) when it has no such form. */
bool bt_put_plain(struct bt_out *);
/* mov between 32-bit register (reg: 0..15) and the ModRM operand of the
 * instruction in hand, register or memory.  The same false. */
bool bt_put_load(struct bt_out *, unsigned reg);

#endif
