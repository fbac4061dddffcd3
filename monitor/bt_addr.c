/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bt_addr.c: one instruction's bytes, for 64-bit mode.
 *
 * What 32-bit and 64-bit mode have in common is nearly everything; different are
 * the meaning of disp32 alone (relative to rip there), the size of addresses
 * (67h makes it 32 bits, wrap included) and segments, whose bases 64-bit mode does
 * not have.  Other instructions do not come here.
 */
#include "monitor/bt_emit.h"

#define INSN_LIMIT 15u

bool bt_has_memory(const struct bt_out *o)
{
	return o->z.raw.modrm.offset && o->z.raw.modrm.mod != 3;
}

static bool is_moffs(const struct bt_out *o)
{
	return o->z.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
	       o->z.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	       o->z.opcode >= 0xa0 && o->z.opcode <= 0xa3;
}

/* movs, cmps, stos, lods, scas, xlat: addressed by esi, edi, ebx. */
static bool is_implied(const struct bt_out *o)
{
	return o->in.gen >= AB_GEN_MOVS && o->in.gen <= AB_GEN_SCAS ? true :
	       o->in.gen == AB_GEN_XLAT;
}

unsigned bt_segment(const struct bt_out *o)
{
	const ZydisDecodedInstruction *z = &o->z;
	unsigned i, seg = AB_REG_NONE, base = z->raw.modrm.rm;

	for (i = 0; i < z->raw.prefix_count; i++)
		switch (z->raw.prefixes[i].value) {
		case 0x26: seg = AB_SEG_ES; break;
		case 0x2e: seg = AB_SEG_CS; break;
		case 0x36: seg = AB_SEG_SS; break;
		case 0x3e: seg = AB_SEG_DS; break;
		case 0x64: seg = AB_SEG_FS; break;
		case 0x65: seg = AB_SEG_GS; break;
		}
	if (seg != (unsigned)AB_REG_NONE)
		return seg;
	if (!bt_has_memory(o))
		return AB_SEG_DS;
	if (base == 4)
		base = z->raw.sib.base;
	if (base == AB_ESP || (base == AB_EBP && z->raw.modrm.mod))
		return AB_SEG_SS;
	return AB_SEG_DS;
}

static bool writes(const struct bt_out *o, unsigned seg)
{
	unsigned i;

	for (i = 0; i < o->in.nopnd; i++)
		if (o->in.opnd[i].kind == AB_OPND_MEM && o->in.opnd[i].seg == seg &&
		    o->in.opnd[i].access & AB_WRITES)
			return true;
	return false;
}

static enum bt_reach reach_for(const struct bt_out *o, unsigned seg)
{
	const struct bt_context *c = &o->e->bt.context;

	if (c->read_only & 1u << seg && writes(o, seg))
		return BT_EMULATED;
	return (enum bt_reach)c->reach[seg];
}

enum bt_reach bt_memory_reach(const struct bt_out *o)
{
	if (o->z.address_width != 32)
		return BT_EMULATED;
	return reach_for(o, bt_segment(o));
}

/* Prefixes that mean in 64-bit mode what they mean here.  Others: segments, which
 * are reached otherwise, and 67h. */
static void put_prefixes(struct bt_out *o)
{
	unsigned i;

	for (i = 0; i < o->z.raw.prefix_count; i++)
		switch (o->z.raw.prefixes[i].value) {
		case 0x66: case 0xf0: case 0xf2: case 0xf3:
			put8(o, o->z.raw.prefixes[i].value);
		}
}

static void put_bytes(struct bt_out *o, unsigned from, unsigned to)
{
	for (; from < to; from++)
		put8(o, o->in.bytes[from]);
}

/* VEX and EVEX have bits for registers that 32-bit code does not have and ignores;
 * here they would name ours.  W widens general registers here, and nothing there.
 * (at): of the prefix's first byte, which is out already; inverted bits are 1. */
static void narrow(struct bt_out *o, uint8_t *at)
{
	const uint8_t *op = o->in.bytes + o->z.raw.prefix_count;
	bool wide = at[0] != 0xc5 && native_w_is_width(&o->in, op);

	switch (at[0]) {
	case 0xc5:
		at[1] |= 0x40;			/* vvvv */
		break;
	case 0xc4:
		at[1] |= 0xe0;			/* R, X, B */
		at[2] = (uint8_t)((at[2] | 0x40) & (wide ? 0x7f : 0xff));
		break;
	case 0x62:
		at[1] |= 0xf0;			/* R, X, B, R' */
		at[2] = (uint8_t)((at[2] | 0x40) & (wide ? 0x7f : 0xff));
		at[3] |= 0x08;			/* V' */
		break;
	}
}

/* Prefix and opcode: all up to byte (to). */
static void put_opcode(struct bt_out *o, unsigned to)
{
	uint8_t *at = o->p;

	put_bytes(o, o->z.raw.prefix_count, to);
	if (o->z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	    o->z.encoding != ZYDIS_INSTRUCTION_ENCODING_3DNOW)
		narrow(o, at);
}

/* What follows the address.  A register may be in an immediate operand's upper half:
 * again one that is not there. */
static void put_rest(struct bt_out *o, unsigned from)
{
	put_bytes(o, from, o->z.length);
	if (o->z.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX &&
	    o->z.opcode_map == ZYDIS_OPCODE_MAP_0F3A && from < o->z.length &&
	    ((o->z.opcode >= 0x48 && o->z.opcode <= 0x4c) || o->z.opcode >> 2 == 0x5c >> 2 ||
	     (o->z.opcode >= 0x68 && o->z.opcode <= 0x7f)))
		o->p[-1] &= 0x7f;
}

/* End of ModRM, SIB and displacement. */
static unsigned address_end(const struct bt_out *o)
{
	const ZydisDecodedInstruction *z = &o->z;

	if (z->raw.disp.offset)
		return z->raw.disp.offset + z->raw.disp.size / 8u;
	return (z->raw.sib.offset ? z->raw.sib.offset : z->raw.modrm.offset) + 1u;
}

/* ModRM, SIB and displacement of the instruction in hand with (reg) in ModRM. */
static void put_address(struct bt_out *o, unsigned reg)
{
	const ZydisDecodedInstruction *z = &o->z;
	unsigned modrm = z->raw.modrm.offset;
	uint8_t m = (uint8_t)((o->in.bytes[modrm] & 0xc7) | (reg & 7) << 3);

	if ((m & 0xc7) == 5) {
		put8(o, m - 1);			/* SIB: no base, no index */
		put8(o, 0x25);
	} else {
		put8(o, m);
	}
	put_bytes(o, modrm + 1, address_end(o));
}

/* What an access to memory begins with: 32 bits of address, in the ring's view. */
void bt_put_view(struct bt_out *o)
{
	if (o->e->bt.context.user)
		put8(o, 0x65);
	put8(o, 0x67);
}

/* lea (address in hand + base of (seg)), %r9d */
static void put_based_address(struct bt_out *o, unsigned seg)
{
	PUT(o, 0x67, 0x44, 0x8d);
	put_address(o, 9);
	PUT(o, 0x45, 0x8b, 0x90);		/* movl base(%r8), %r10d */
	put32(o, E_BT_BASE + 4 * seg);
	PUT(o, 0x47, 0x8d, 0x0c, 0x11);		/* leal (%r9,%r10), %r9d */
}

static bool uses_high8(const struct bt_out *o)
{
	unsigned i;

	for (i = 0; i < o->in.nopnd; i++)
		if (o->in.opnd[i].kind == AB_OPND_REG && o->in.opnd[i].high8)
			return true;
	return false;
}

/* The instruction in hand, on memory at a segment's base. */
static bool put_based(struct bt_out *o)
{
	const ZydisDecodedInstruction *z = &o->z;

	if (z->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || uses_high8(o) ||
	    !bt_has_memory(o))
		return false;
	put_based_address(o, bt_segment(o));
	bt_put_view(o);
	put_prefixes(o);
	put8(o, 0x41);
	put_bytes(o, z->raw.prefix_count, z->raw.modrm.offset);
	put8(o, (o->in.bytes[z->raw.modrm.offset] & 0x38) | 1);	/* (%r9) */
	put_bytes(o, address_end(o), z->length);
	return true;
}

/* mov between al or eax and an absolute address, at a segment's base */
static void put_based_moffs(struct bt_out *o)
{
	static const uint8_t opcode[] = { 0x8a, 0x8b, 0x88, 0x89 };

	PUT(o, 0x45, 0x8b, 0x90);		/* movl base(%r8), %r10d */
	put32(o, E_BT_BASE + 4 * bt_segment(o));
	bt_put_view(o);
	put_prefixes(o);
	put8(o, 0x41);
	put8(o, opcode[o->z.opcode & 3]);
	put8(o, 0x82);				/* disp32(%r10d) */
	put32(o, (uint32_t)o->z.raw.disp.value);
}

/* A string instruction in ring 3's view: es has no base, and cannot be another
 * segment, so the index registers get the view's base, in 64 bits.  Its low half is
 * zero: the guest's half of them is right at any time. */
static void put_user_string(struct bt_out *o)
{
	bool si = o->in.gen != AB_GEN_STOS && o->in.gen != AB_GEN_SCAS;
	bool di = o->in.gen != AB_GEN_LODS;

	PUT(o, 0x4d, 0x8b, 0x90);		/* movq base(%r8), %r10 */
	put32(o, E_BT_USER);
	if (si)
		PUT(o, 0x4a, 0x8d, 0x34, 0x16);	/* leaq (%rsi,%r10), %rsi */
	if (di)
		PUT(o, 0x4a, 0x8d, 0x3c, 0x17);	/* leaq (%rdi,%r10), %rdi */
	put_prefixes(o);
	put_bytes(o, o->z.raw.prefix_count, o->z.length);
	bt_put_mark(o, o->next, 0);		/* it is done, and is not to be again */
	if (si)
		PUT(o, 0x89, 0xf6);		/* movl %esi, %esi */
	if (di)
		PUT(o, 0x89, 0xff);		/* movl %edi, %edi */
}

bool bt_put_plain(struct bt_out *o)
{
	const ZydisDecodedInstruction *z = &o->z;
	bool implied = is_implied(o);
	uint8_t *start = o->p;
	unsigned opcode = z->raw.prefix_count;

	if (!bt_has_memory(o) && !implied && !is_moffs(o)) {
		unsigned modrm = z->raw.modrm.offset ? z->raw.modrm.offset + 1u : z->length;

		put_prefixes(o);
		put_opcode(o, modrm);
		put_rest(o, modrm);
		return true;
	}
	if (o->in.gen != AB_GEN_LEA) {
		if (implied && (bt_memory_reach(o) != BT_FLAT ||
				reach_for(o, AB_SEG_ES) != BT_FLAT))
			return false;
		switch (bt_memory_reach(o)) {
		case BT_EMULATED:
			return false;
		case BT_BASED:
			if (!is_moffs(o))
				return put_based(o);
			put_based_moffs(o);
			return true;
		case BT_FLAT:
			break;
		}
	} else if (z->address_width != 32) {
		return false;
	}
	if (implied && o->in.gen != AB_GEN_XLAT && o->e->bt.context.user) {
		put_user_string(o);
		return true;
	}
	bt_put_view(o);
	put_prefixes(o);
	if (!z->raw.modrm.offset) {
		put_bytes(o, opcode, z->length);
	} else {
		put_opcode(o, z->raw.modrm.offset);
		put_address(o, z->raw.modrm.reg);
		put_rest(o, address_end(o));
	}
	if (o->p - start <= (long)INSN_LIMIT)
		return true;
	o->p = start;
	return false;
}

bool bt_put_load(struct bt_out *o, unsigned reg)
{
	unsigned rm = o->z.raw.modrm.rm;

	if (!bt_has_memory(o)) {		/* mov reg, reg */
		put8(o, 0x40 | (reg >> 3 ? 4 : 0));
		put8(o, 0x8b);
		put8(o, 0xc0 | (reg & 7) << 3 | rm);
		return true;
	}
	switch (bt_memory_reach(o)) {
	case BT_EMULATED:
		return false;
	case BT_BASED:
		put_based_address(o, bt_segment(o));
		bt_put_view(o);
		put8(o, 0x41 | (reg >> 3 ? 4 : 0));
		put8(o, 0x8b);
		put8(o, (reg & 7) << 3 | 1);
		return true;
	case BT_FLAT:
		break;
	}
	bt_put_view(o);
	put8(o, 0x40 | (reg >> 3 ? 4 : 0));
	put8(o, 0x8b);
	put_address(o, reg);
	return true;
}
