// SPDX-License-Identifier: GPL-3.0-or-later
/* See bytes.h. */
#include "config.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "afterburner/bytes.h"
#include "afterburner/scan.h"

enum {
	P_NONE = 1, P_66 = 2, P_F3 = 4, P_F2 = 8,	/* mandatory prefix */
	P_ANY = P_NONE | P_66 | P_F3 | P_F2,
	M_REG = 1, M_MEM = 2, M_BOTH = 3,		/* what ModRM names */
	M_ANY = 4,		/* a register, whatever ModRM says */
	NO_MODRM = 0,
};

struct opcode {
	uint8_t map;		/* 1: one byte; 0x0f, 0x38 (0f 38) */
	uint8_t byte;
	uint8_t mod;		/* NO_MODRM, M_* */
	int8_t reg;		/* ModRM reg, -1 any; or, with rm, all of it */
	int8_t rm;		/* ModRM rm, -1 any */
	uint8_t prefix;
	uint8_t imm;		/* bytes; 'z': 2 or 4, 'f': far pointer */
	uint8_t modes;		/* 1: i386, 2: x86-64 */
	uint16_t op;
};

#define ONE(b, o)	{ 1, b, NO_MODRM, -1, -1, P_ANY, 0, 3, AB_OP_##o }
#define ONE32(b, o)	{ 1, b, NO_MODRM, -1, -1, P_ANY, 0, 1, AB_OP_##o }
#define IMM(b, i, o)	{ 1, b, NO_MODRM, -1, -1, P_ANY, i, 3, AB_OP_##o }
#define TWO(b, o)	{ 0x0f, b, NO_MODRM, -1, -1, P_ANY, 0, 3, AB_OP_##o }
#define MOD(b, m, r, o)	{ 0x0f, b, m, r, -1, P_ANY, 0, 3, AB_OP_##o }
#define PRE(b, m, r, p, o) { 0x0f, b, m, r, -1, p, 0, 3, AB_OP_##o }
#define FIX(r, rm, o)	{ 0x0f, 0x01, M_REG, r, rm, P_ANY, 0, 3, AB_OP_##o }
#define FIX0(r, rm, o)	{ 0x0f, 0x01, M_REG, r, rm, P_NONE, 0, 3, AB_OP_##o }

static const struct opcode opcodes[] = {
	ONE(0xfa, CLI), ONE(0xfb, STI), ONE(0x9c, PUSHF), ONE(0x9d, POPF),
	ONE(0xcf, IRET), ONE(0xcc, INT3), IMM(0xcd, 1, INT), ONE32(0xce, INTO),
	ONE(0xf1, INT1), ONE(0xf4, HLT), ONE(0xcb, FAR_RET),
	IMM(0xca, 2, FAR_RET),
	{ 1, 0x9a, NO_MODRM, -1, -1, P_ANY, 'f', 1, AB_OP_FAR_CALL },
	{ 1, 0xea, NO_MODRM, -1, -1, P_ANY, 'f', 1, AB_OP_FAR_JMP },
	{ 1, 0xff, M_MEM, 3, -1, P_ANY, 0, 3, AB_OP_FAR_CALL },
	{ 1, 0xff, M_MEM, 5, -1, P_ANY, 0, 3, AB_OP_FAR_JMP },
	ONE32(0x06, PUSH_SEG), ONE32(0x0e, PUSH_SEG), ONE32(0x16, PUSH_SEG),
	ONE32(0x1e, PUSH_SEG), ONE32(0x07, POP_SEG), ONE32(0x17, POP_SEG),
	ONE32(0x1f, POP_SEG),
	{ 1, 0x8c, M_BOTH, -1, -1, P_ANY, 0, 3, AB_OP_READ_SEG },
	{ 1, 0x8e, M_BOTH, -1, -1, P_ANY, 0, 3, AB_OP_WRITE_SEG },
	{ 1, 0xc4, M_MEM, -1, -1, P_ANY, 0, 1, AB_OP_LOAD_FAR },
	{ 1, 0xc5, M_MEM, -1, -1, P_ANY, 0, 1, AB_OP_LOAD_FAR },
	{ 1, 0x63, M_BOTH, -1, -1, P_ANY, 0, 1, AB_OP_ARPL },
	ONE(0x6c, PORT_INS), ONE(0x6d, PORT_INS), ONE(0x6e, PORT_OUTS),
	ONE(0x6f, PORT_OUTS), IMM(0xe4, 1, PORT_IN), IMM(0xe5, 1, PORT_IN),
	IMM(0xe6, 1, PORT_OUT), IMM(0xe7, 1, PORT_OUT), ONE(0xec, PORT_IN),
	ONE(0xed, PORT_IN), ONE(0xee, PORT_OUT), ONE(0xef, PORT_OUT),
	MOD(0x00, M_BOTH, 0, SLDT), MOD(0x00, M_BOTH, 1, STR),
	MOD(0x00, M_BOTH, 2, LLDT), MOD(0x00, M_BOTH, 3, LTR),
	MOD(0x00, M_BOTH, 4, VERR), MOD(0x00, M_BOTH, 5, VERW),
	MOD(0x01, M_MEM, 0, SGDT), MOD(0x01, M_MEM, 1, SIDT),
	MOD(0x01, M_MEM, 2, LGDT), MOD(0x01, M_MEM, 3, LIDT),
	MOD(0x01, M_BOTH, 4, SMSW), MOD(0x01, M_BOTH, 6, LMSW),
	MOD(0x01, M_MEM, 7, INVLPG),
	FIX0(0, 1, VMCALL), FIX0(0, 2, VMLAUNCH), FIX0(0, 3, VMRESUME),
	FIX0(0, 4, VMXOFF), FIX0(0, 5, PCONFIG), FIX0(0, 6, WRMSRNS),
	FIX0(1, 0, MONITOR), FIX0(1, 1, MWAIT), FIX0(1, 2, CLAC),
	FIX0(1, 3, STAC), FIX0(2, 0, XGETBV), FIX0(2, 1, XSETBV),
	FIX0(2, 4, VMFUNC), FIX(3, 0, VMRUN), FIX(3, 1, VMMCALL),
	FIX(3, 2, VMLOAD), FIX(3, 3, VMSAVE), FIX(3, 4, STGI), FIX(3, 5, CLGI),
	FIX(3, 6, SKINIT), FIX(3, 7, INVLPGA),
	{ 0x0f, 0x01, M_REG, 7, 0, P_ANY, 0, 2, AB_OP_SWAPGS },
	FIX(7, 1, RDTSCP), FIX0(7, 6, INVLPGB), FIX0(7, 7, TLBSYNC),
	MOD(0x02, M_BOTH, -1, LAR), MOD(0x03, M_BOTH, -1, LSL),
	TWO(0x05, SYSCALL), TWO(0x06, CLTS), TWO(0x07, SYSRET), TWO(0x08, INVD),
	{ 0x0f, 0x09, NO_MODRM, -1, -1, P_F3, 0, 3, AB_OP_WBNOINVD },
	TWO(0x09, WBINVD), MOD(0x20, M_ANY, -1, READ_CR),
	MOD(0x21, M_ANY, -1, READ_DR), MOD(0x22, M_ANY, -1, WRITE_CR),
	MOD(0x23, M_ANY, -1, WRITE_DR), TWO(0x30, WRMSR), TWO(0x31, RDTSC),
	TWO(0x32, RDMSR), TWO(0x33, RDPMC), TWO(0x34, SYSENTER),
	TWO(0x35, SYSEXIT), TWO(0x37, GETSEC),
	PRE(0x78, M_BOTH, -1, P_NONE, VMREAD),
	PRE(0x79, M_BOTH, -1, P_NONE, VMWRITE),
	TWO(0xa0, PUSH_SEG), TWO(0xa1, POP_SEG), TWO(0xa2, CPUID),
	TWO(0xa8, PUSH_SEG), TWO(0xa9, POP_SEG), TWO(0xaa, RSM),
	PRE(0xae, M_REG, 6, P_F3, UMONITOR), PRE(0xae, M_REG, 6, P_F2, UMWAIT),
	PRE(0xae, M_REG, 6, P_66, TPAUSE),
	{ 0x0f, 0xae, M_REG, 0, -1, P_F3, 0, 2, AB_OP_RDFSBASE },
	{ 0x0f, 0xae, M_REG, 1, -1, P_F3, 0, 2, AB_OP_RDGSBASE },
	{ 0x0f, 0xae, M_REG, 2, -1, P_F3, 0, 2, AB_OP_WRFSBASE },
	{ 0x0f, 0xae, M_REG, 3, -1, P_F3, 0, 2, AB_OP_WRGSBASE },
	MOD(0xb2, M_MEM, -1, LOAD_FAR), MOD(0xb4, M_MEM, -1, LOAD_FAR),
	MOD(0xb5, M_MEM, -1, LOAD_FAR),
	PRE(0xc7, M_MEM, 3, P_NONE, XRSTORS), PRE(0xc7, M_MEM, 5, P_NONE, XSAVES),
	PRE(0xc7, M_MEM, 6, P_NONE, VMPTRLD), PRE(0xc7, M_MEM, 6, P_66, VMCLEAR),
	PRE(0xc7, M_MEM, 6, P_F3, VMXON), PRE(0xc7, M_MEM, 7, P_NONE, VMPTRST),
	PRE(0xc7, M_REG, 7, P_F3, RDPID),
	{ 0x38, 0x80, M_MEM, -1, -1, P_66, 0, 3, AB_OP_INVEPT },
	{ 0x38, 0x81, M_MEM, -1, -1, P_66, 0, 3, AB_OP_INVVPID },
	{ 0x38, 0x82, M_MEM, -1, -1, P_66, 0, 3, AB_OP_INVPCID },
	{ 0x38, 0xf8, M_MEM, -1, -1, P_F3, 0, 3, AB_OP_ENQCMDS },
};

int bytes_is_prefix(uint8_t b, unsigned bits)
{
	switch (b) {
	case 0x66: case 0x67: case 0xf2: case 0xf3: case 0xf0: case 0x2e:
	case 0x36: case 0x3e: case 0x26: case 0x64: case 0x65:
		return 1;
	default:
		return bits == 64 && (b & 0xf0) == 0x40;
	}
}

/* Bytes of ModRM, SIB and displacement at (b, n); 0: they do not fit. */
static size_t modrm_size(const uint8_t *b, size_t n, bool addr16)
{
	unsigned mod = b[0] >> 6, rm = b[0] & 7;
	size_t len = 1;

	if (mod == 3)
		return 1;
	if (addr16) {
		len += mod == 0 ? (rm == 6 ? 2 : 0) : mod;
	} else {
		if (rm == 4) {
			if (n < 2)
				return 0;
			rm = b[1] & 7;
			len++;
		}
		len += mod == 0 ? (rm == 5 ? 4 : 0) : mod == 1 ? 1 : 4;
	}
	return len <= n ? len : 0;
}

static bool modrm_fits(const struct opcode *o, const uint8_t *b, size_t n)
{
	unsigned reg;

	if (o->mod == NO_MODRM)
		return true;
	if (!n || (o->mod != M_ANY &&
		   !(o->mod & (b[0] >> 6 == 3 ? M_REG : M_MEM))))
		return false;
	reg = b[0] >> 3 & 7;
	/* mov to cs, and segments that are none */
	if (o->map == 1 && (b[-1] == 0x8c || b[-1] == 0x8e) &&
	    (reg > 5 || (b[-1] == 0x8e && reg == 1)))
		return false;
	return (o->reg < 0 || o->reg == (int)reg) &&
	       (o->rm < 0 || o->rm == (b[0] & 7));
}

enum ab_op bytes_op(const uint8_t *b, size_t n, unsigned bits, size_t *len)
{
	unsigned prefix = P_NONE, map = 1;
	bool opsize = false, addrsize = false;
	size_t i = 0;

	while (i < n && bytes_is_prefix(b[i], bits)) {
		opsize |= b[i] == 0x66;
		addrsize |= b[i] == 0x67;
		if (b[i] == 0xf3)
			prefix = P_F3;
		else if (b[i] == 0xf2)
			prefix = P_F2;
		else if (b[i] == 0x66 && prefix == P_NONE)
			prefix = P_66;
		i++;
	}
	if (i < n && b[i] == 0x0f) {
		map = 0x0f;
		if (++i < n && b[i] == 0x38) {
			map = 0x38;
			i++;
		}
	}
	if (i >= n)
		return AB_OP_NONE;
	for (size_t k = 0; k < sizeof(opcodes) / sizeof(opcodes[0]); k++) {
		const struct opcode *o = &opcodes[k];
		size_t size = i + 1, more = 0;

		if (o->map != map || o->byte != b[i] || !(o->prefix & prefix) ||
		    !(o->modes & (bits == 64 ? 2 : 1)) ||
		    !modrm_fits(o, b + size, n - size))
			continue;
		if (o->mod != NO_MODRM) {
			more = o->mod == M_ANY ? 1 :
				modrm_size(b + size, n - size,
					   bits != 64 && addrsize);
			if (!more)
				return AB_OP_NONE;
		}
		size += more;
		size += o->imm == 'f' ? (opsize ? 4 : 6) : o->imm;
		if (size > n || size > 15)
			return AB_OP_NONE;
		*len = size;
		return o->op;
	}
	return AB_OP_NONE;
}

static size_t unit_size(const char *word, size_t len)
{
	static const struct {
		const char *word;
		uint8_t size;
	} units[] = {
		{ ".byte", 1 }, { ".dc.b", 1 }, { ".word", 2 }, { ".short", 2 },
		{ ".value", 2 }, { ".hword", 2 }, { ".2byte", 2 }, { ".dc.w", 2 },
		{ ".dc", 2 }, { ".long", 4 }, { ".int", 4 }, { ".4byte", 4 },
		{ ".dc.l", 4 }, { ".slong", 4 }, { ".quad", 8 }, { ".8byte", 8 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].word) == len && !memcmp(units[i].word, word, len))
			return units[i].size;
	return 0;
}

size_t bytes_of_directive(const char *word, size_t word_len, const char *t,
			  size_t pos, size_t end, uint8_t *b, size_t max)
{
	size_t size = unit_size(word, word_len), n = 0;

	while (pos < end) {
		size_t stop = scan_item(t, pos, end), p;
		uint64_t v;
		char *tail;

		pos = scan_blanks(t, end, pos);
		if (t[pos] < '0' || t[pos] > '9' || n + size > max)
			return 0;
		if (t[pos] == '0' && (t[pos + 1] | 0x20) == 'b')
			v = strtoull(t + pos + 2, &tail, 2);
		else
			v = strtoull(t + pos, &tail, 0);
		p = scan_blanks(t, end, tail - t);
		if (p < stop)
			return 0;
		for (size_t i = 0; i < size; i++)
			b[n++] = v >> 8 * i;
		pos = stop + 1;
	}
	return n;
}

size_t bytes_count(const char *word, size_t word_len, const char *t, size_t pos, size_t end)
{
	size_t items = 0;

	for (; pos < end; pos = scan_item(t, pos, end) + 1)
		items++;
	return items * unit_size(word, word_len);
}
