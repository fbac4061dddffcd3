/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic with the processor's flags, for values of 1, 2, 4 and 8 bytes.
 * Flags that the SDM leaves undefined get what the formula for the defined case
 * gives; AF after shifts and logic is 0.
 */
#include "core/cpu.h"

static uint64_t sign_bit(unsigned size)
{
	return 1ull << (size * 8 - 1);
}

static void set_flags(struct ab_machine *m, uint64_t which, uint64_t flags)
{
	m->cpu.rflags = (m->cpu.rflags & ~which) | (flags & which);
}

/* SF, ZF, PF of a result. */
static uint64_t result_flags(uint64_t r, unsigned size)
{
	uint64_t flags = 0;

	r &= ab_size_mask(size);
	if (!r)
		flags |= AB_FL_ZF;
	if (r & sign_bit(size))
		flags |= AB_FL_SF;
	/* the bits of 0x9669 are the parities of 0..15, even ones 1 */
	if (0x9669 >> ((r ^ r >> 4) & 15) & 1)
		flags |= AB_FL_PF;
	return flags;
}

void ab_alu_result(struct ab_machine *m, unsigned size, uint64_t r)
{
	set_flags(m, AB_FL_SF | AB_FL_ZF | AB_FL_PF, result_flags(r, size));
}

static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t r, unsigned size)
{
	uint64_t sign = sign_bit(size), flags = result_flags(r, size);

	if (((a & b) | ((a | b) & ~r)) & sign)
		flags |= AB_FL_CF;
	if ((a ^ r) & (b ^ r) & sign)
		flags |= AB_FL_OF;
	return flags | ((a ^ b ^ r) & AB_FL_AF);
}

static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t r, unsigned size)
{
	uint64_t sign = sign_bit(size), flags = result_flags(r, size);

	if (((~a & b) | ((~a | b) & r)) & sign)
		flags |= AB_FL_CF;
	if ((a ^ b) & (a ^ r) & sign)
		flags |= AB_FL_OF;
	return flags | ((a ^ b ^ r) & AB_FL_AF);
}

uint64_t ab_alu(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a, uint64_t b)
{
	uint64_t carry = m->cpu.rflags & AB_FL_CF, r, flags;

	switch (gen) {
	case AB_GEN_ADD:
		r = a + b;
		flags = add_flags(a, b, r, size);
		break;
	case AB_GEN_ADC:
		r = a + b + carry;
		flags = add_flags(a, b, r, size);
		break;
	case AB_GEN_SUB:
	case AB_GEN_CMP:
		r = a - b;
		flags = sub_flags(a, b, r, size);
		break;
	case AB_GEN_SBB:
		r = a - b - carry;
		flags = sub_flags(a, b, r, size);
		break;
	case AB_GEN_OR:
		r = a | b;
		flags = result_flags(r, size);
		break;
	case AB_GEN_XOR:
		r = a ^ b;
		flags = result_flags(r, size);
		break;
	default:		/* and, test */
		r = a & b;
		flags = result_flags(r, size);
		break;
	}
	set_flags(m, AB_FL_ARITH, flags);
	return r & ab_size_mask(size);
}

uint64_t ab_alu_unary(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a)
{
	uint64_t r;

	switch (gen) {
	case AB_GEN_INC:
		r = a + 1;
		set_flags(m, AB_FL_ARITH & ~AB_FL_CF, add_flags(a, 1, r, size));
		break;
	case AB_GEN_DEC:
		r = a - 1;
		set_flags(m, AB_FL_ARITH & ~AB_FL_CF, sub_flags(a, 1, r, size));
		break;
	case AB_GEN_NEG:
		r = -a;
		set_flags(m, AB_FL_ARITH, sub_flags(0, a, r, size));
		break;
	default:		/* not: no flags */
		r = ~a;
		break;
	}
	return r & ab_size_mask(size);
}

static uint64_t shl(uint64_t a, unsigned n)
{
	return n < 64 ? a << n : 0;
}

static uint64_t shr(uint64_t a, unsigned n)
{
	return n < 64 ? a >> n : 0;
}

/* Rotation through carry by (n) of the size*8+1 bits carry:a. */
static uint64_t rotate_carry(uint64_t a, uint64_t *carry, unsigned size, unsigned n,
			     bool left)
{
	uint64_t sign = sign_bit(size), out;

	while (n--) {
		if (left) {
			out = a & sign ? 1 : 0;
			a = a << 1 | *carry;
		} else {
			out = a & 1;
			a = a >> 1 | (*carry ? sign : 0);
		}
		a &= ab_size_mask(size);
		*carry = out;
	}
	return a;
}

static uint64_t rotate(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a,
		       unsigned count)
{
	unsigned bits = size * 8, n = count % bits;
	uint64_t sign = sign_bit(size), carry = m->cpu.rflags & AB_FL_CF, r, of;

	switch (gen) {
	case AB_GEN_ROL:
		r = shl(a, n) | (n ? shr(a, bits - n) : 0);
		carry = r & 1;
		of = (r & sign ? 1 : 0) ^ carry;
		break;
	case AB_GEN_ROR:
		r = shr(a, n) | (n ? shl(a, bits - n) : 0);
		carry = r & sign ? 1 : 0;
		of = carry ^ (r & sign >> 1 ? 1 : 0);
		break;
	case AB_GEN_RCL:
		r = rotate_carry(a, &carry, size, count % (bits + 1), true);
		of = (r & sign ? 1 : 0) ^ carry;
		break;
	default:		/* rcr */
		r = rotate_carry(a, &carry, size, count % (bits + 1), false);
		of = (r & sign ? 1 : 0) ^ (r & sign >> 1 ? 1 : 0);
		break;
	}
	set_flags(m, AB_FL_CF | AB_FL_OF, (carry ? AB_FL_CF : 0) | (of ? AB_FL_OF : 0));
	return r & ab_size_mask(size);
}

uint64_t ab_alu_shift(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a,
		      unsigned count)
{
	uint64_t sign = sign_bit(size), flags = 0, r;

	count &= size == 8 ? 63 : 31;
	if (!count)
		return a;
	if (gen >= AB_GEN_ROL)
		return rotate(m, gen, size, a, count);
	if (gen == AB_GEN_SHL) {
		r = shl(a, count);
		if (shl(a, count - 1) & sign)
			flags |= AB_FL_CF;
		if (((r & sign) != 0) != ((flags & AB_FL_CF) != 0))
			flags |= AB_FL_OF;
	} else if (gen == AB_GEN_SHR) {
		r = shr(a, count);
		if (shr(a, count - 1) & 1)
			flags |= AB_FL_CF;
		if (a & sign)
			flags |= AB_FL_OF;
	} else {
		int64_t s = ab_sext(a, size);

		r = s >> count;
		if (s >> (count - 1) & 1)
			flags |= AB_FL_CF;
	}
	set_flags(m, AB_FL_ARITH, flags | result_flags(r, size));
	return r & ab_size_mask(size);
}

uint64_t ab_alu_shift2(struct ab_machine *m, unsigned gen, unsigned size, uint64_t a,
		       uint64_t b, unsigned count)
{
	unsigned bits = size * 8;
	uint64_t sign = sign_bit(size), flags = 0, r;
	bool carry;

	count &= size == 8 ? 63 : 31;
	if (!count)
		return a;
	if (count > bits) {	/* 16-bit operands only; the pattern wraps around */
		count -= bits;
		r = a;
		a = b;
		b = r;
	}
	if (gen == AB_GEN_SHLD) {
		r = shl(a, count) | shr(b, bits - count);
		carry = shr(a, bits - count) & 1;
	} else {
		r = shr(a, count) | shl(b, bits - count);
		carry = shr(a, count - 1) & 1;
	}
	if (carry)
		flags |= AB_FL_CF;
	if ((r ^ a) & sign)
		flags |= AB_FL_OF;
	set_flags(m, AB_FL_ARITH, flags | result_flags(r, size));
	return r & ab_size_mask(size);
}

static void mul_flags(struct ab_machine *m, bool overflow)
{
	set_flags(m, AB_FL_CF | AB_FL_OF, overflow ? AB_FL_CF | AB_FL_OF : 0);
}

/* Product of two values of (size) bytes; low half returned, high half in *high. */
uint64_t ab_alu_mul(struct ab_machine *m, bool with_sign, unsigned size, uint64_t a,
		    uint64_t b, uint64_t *high)
{
	uint64_t mask = ab_size_mask(size), low;
	unsigned __int128 p;

	if (with_sign)
		p = (unsigned __int128)((__int128)ab_sext(a, size) * ab_sext(b, size));
	else
		p = (unsigned __int128)(a & mask) * (b & mask);
	low = (uint64_t)p & mask;
	*high = (uint64_t)(p >> size * 8) & mask;
	if (with_sign)
		mul_flags(m, *high != (low & sign_bit(size) ? mask : 0));
	else
		mul_flags(m, *high != 0);
	return low;
}

/* high:low divided by (d) without sign; false when the quotient does not fit. */
static bool divide(unsigned size, uint64_t high, uint64_t low, uint64_t d, uint64_t *quot,
		   uint64_t *rem)
{
	uint64_t n;

	if (!d || high >= d)
		return false;
	if (size == 8) {
		__asm__("divq %4" : "=a"(*quot), "=d"(*rem)
			: "0"(low), "1"(high), "r"(d) : "cc");
		return true;
	}
	n = high << size * 8 | low;
	*quot = n / d;
	*rem = n % d;
	return true;
}

bool ab_alu_div(bool with_sign, unsigned size, uint64_t *high, uint64_t *low, uint64_t d)
{
	uint64_t mask = ab_size_mask(size), sign = sign_bit(size), quot, rem;
	bool neg_n = with_sign && (*high & sign), neg_d = with_sign && (d & sign);
	uint64_t h = *high & mask, l = *low & mask;

	d &= mask;
	if (neg_d)
		d = -d & mask;
	if (neg_n) {		/* negate the double-width dividend */
		l = -l & mask;
		h = (~h + (l == 0)) & mask;
	}
	if (!divide(size, h, l, d, &quot, &rem))
		return false;
	if (with_sign && quot > (neg_n != neg_d ? sign : sign - 1))
		return false;
	*low = (neg_n != neg_d ? -quot : quot) & mask;
	*high = (neg_n ? -rem : rem) & mask;
	return true;
}

bool ab_condition(const struct ab_machine *m, unsigned cc)
{
	uint64_t f = m->cpu.rflags;
	bool less = !(f & AB_FL_SF) != !(f & AB_FL_OF), r;

	switch (cc >> 1) {
	case 0:
		r = f & AB_FL_OF;
		break;
	case 1:
		r = f & AB_FL_CF;
		break;
	case 2:
		r = f & AB_FL_ZF;
		break;
	case 3:
		r = f & (AB_FL_CF | AB_FL_ZF);
		break;
	case 4:
		r = f & AB_FL_SF;
		break;
	case 5:
		r = f & AB_FL_PF;
		break;
	case 6:
		r = less;
		break;
	default:
		r = less || (f & AB_FL_ZF);
		break;
	}
	return r != (cc & 1);
}
