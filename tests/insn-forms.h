/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Integer instructions by encoding, for tests that run each with many values in two
 * ways and compare.  Freestanding: guests include it as well.  Encodings are those
 * of 32-bit code; test_core_alu.c puts REX.W in front for 64-bit code.
 */
#ifndef INSN_FORMS_H
#define INSN_FORMS_H

#include <stdint.h>

/* flags, as the processor has them */
#define CF	0x001u
#define PF	0x004u
#define AF	0x010u
#define ZF	0x040u
#define SF	0x080u
#define DF	0x400u
#define OF	0x800u
#define A	(CF | PF | AF | ZF | SF | OF)
#define NO_AF	(A & ~AF)
#define MULF	(CF | OF)

enum {
	IMM8 = 1, IMMZ = 2,	/* immediate: a byte; 4 bytes, 2 with 66h */
	BYTE = 4,		/* no 66h and REX.W forms */
	SMALL = 8,		/* bit number of a memory string: stay in the buffer */
	COUNT = 16,		/* a shift: OF is defined for a count of 1 */
	SHORT = 32,		/* rep: a small count in ecx */
	MEMORY = 64,		/* no register form */
	REGISTER = 128,		/* no ModRM byte at all, or no memory form */
	NO_REX = 256,		/* not with REX.W */
	LIMIT = 512,		/* undefined when the count exceeds the operand */
	XLAT = 1024,		/* bx points to the buffer */
	MOFFS = 2048,		/* an address and no ModRM byte */
	ENTER = 4096,		/* a nesting level of 0 */
	VECTOR = 8192,		/* of x87, MMX, SSE */
	REG_ONLY = 16384,	/* ModRM, but no memory form */
};

struct form {
	const char *name;
	uint8_t op[3];
	uint8_t len;
	int8_t ext;		/* ModRM reg field, -1: a register, -2: no ModRM */
	uint16_t how;
	uint32_t flags;		/* defined flags */
};

static const struct form forms[] = {
	{ "or r/m8, r8", { 0x08 }, 1, -1, BYTE, NO_AF },
	{ "mov r/m8, r8", { 0x88 }, 1, -1, BYTE, A },
	{ "mov r/m, r", { 0x89 }, 1, -1, 0, A },
	{ "mov r8, r/m8", { 0x8a }, 1, -1, BYTE, A },
	{ "mov r, r/m", { 0x8b }, 1, -1, 0, A },
	{ "mov r/m8, imm", { 0xc6 }, 1, 0, BYTE | IMM8, A },
	{ "mov r/m, imm", { 0xc7 }, 1, 0, IMMZ, A },
	{ "test r/m8, r8", { 0x84 }, 1, -1, BYTE, NO_AF },
	{ "test r/m, r", { 0x85 }, 1, -1, 0, NO_AF },
	{ "xchg r/m8, r8", { 0x86 }, 1, -1, BYTE, A },
	{ "xchg r/m, r", { 0x87 }, 1, -1, 0, A },
	{ "test r/m8, imm", { 0xf6 }, 1, 0, BYTE | IMM8, NO_AF },
	{ "test r/m, imm", { 0xf7 }, 1, 0, IMMZ, NO_AF },
	{ "not r/m8", { 0xf6 }, 1, 2, BYTE, A },
	{ "not r/m", { 0xf7 }, 1, 2, 0, A },
	{ "neg r/m8", { 0xf6 }, 1, 3, BYTE, A },
	{ "neg r/m", { 0xf7 }, 1, 3, 0, A },
	{ "mul r/m8", { 0xf6 }, 1, 4, BYTE, MULF },
	{ "mul r/m", { 0xf7 }, 1, 4, 0, MULF },
	{ "imul r/m8", { 0xf6 }, 1, 5, BYTE, MULF },
	{ "imul r/m", { 0xf7 }, 1, 5, 0, MULF },
	{ "div r/m8", { 0xf6 }, 1, 6, BYTE, 0 },
	{ "div r/m", { 0xf7 }, 1, 6, 0, 0 },
	{ "idiv r/m8", { 0xf6 }, 1, 7, BYTE, 0 },
	{ "idiv r/m", { 0xf7 }, 1, 7, 0, 0 },
	{ "inc r/m8", { 0xfe }, 1, 0, BYTE, A },
	{ "inc r/m", { 0xff }, 1, 0, 0, A },
	{ "dec r/m8", { 0xfe }, 1, 1, BYTE, A },
	{ "dec r/m", { 0xff }, 1, 1, 0, A },
	{ "bt", { 0x0f, 0xa3 }, 2, -1, SMALL, CF },
	{ "bts", { 0x0f, 0xab }, 2, -1, SMALL, CF },
	{ "btr", { 0x0f, 0xb3 }, 2, -1, SMALL, CF },
	{ "btc", { 0x0f, 0xbb }, 2, -1, SMALL, CF },
	{ "bt imm", { 0x0f, 0xba }, 2, 4, IMM8, CF },
	{ "bts imm", { 0x0f, 0xba }, 2, 5, IMM8, CF },
	{ "btr imm", { 0x0f, 0xba }, 2, 6, IMM8, CF },
	{ "btc imm", { 0x0f, 0xba }, 2, 7, IMM8, CF },
	{ "bsf", { 0x0f, 0xbc }, 2, -1, 0, ZF },
	{ "bsr", { 0x0f, 0xbd }, 2, -1, 0, ZF },
	{ "shld imm", { 0x0f, 0xa4 }, 2, -1, IMM8 | COUNT | LIMIT, NO_AF },
	{ "shld cl", { 0x0f, 0xa5 }, 2, -1, COUNT | LIMIT, NO_AF },
	{ "shrd imm", { 0x0f, 0xac }, 2, -1, IMM8 | COUNT | LIMIT, NO_AF },
	{ "shrd cl", { 0x0f, 0xad }, 2, -1, COUNT | LIMIT, NO_AF },
	{ "imul r, r/m", { 0x0f, 0xaf }, 2, -1, 0, MULF },
	{ "imul r, r/m, imm8", { 0x6b }, 1, -1, IMM8, MULF },
	{ "imul r, r/m, imm", { 0x69 }, 1, -1, IMMZ, MULF },
	{ "movzx r, r/m8", { 0x0f, 0xb6 }, 2, -1, 0, A },
	{ "movzx r, r/m16", { 0x0f, 0xb7 }, 2, -1, 0, A },
	{ "movsx r, r/m8", { 0x0f, 0xbe }, 2, -1, 0, A },
	{ "movsx r, r/m16", { 0x0f, 0xbf }, 2, -1, 0, A },
	{ "xadd8", { 0x0f, 0xc0 }, 2, -1, BYTE, A },
	{ "xadd", { 0x0f, 0xc1 }, 2, -1, 0, A },
	{ "cmpxchg8", { 0x0f, 0xb0 }, 2, -1, BYTE, A },
	{ "cmpxchg", { 0x0f, 0xb1 }, 2, -1, 0, A },
	{ "cmpxchg8b", { 0x0f, 0xc7 }, 2, 1, MEMORY | BYTE, A },
	{ "xlat", { 0xd7 }, 1, -2, REGISTER | BYTE | XLAT, A },
	{ "nop", { 0x0f, 0x1f }, 2, 0, 0, A },
	{ "prefetch", { 0x0f, 0x18 }, 2, 1, MEMORY, A },
	{ "prefetchw", { 0x0f, 0x0d }, 2, 1, MEMORY, A },
	{ "mfence", { 0x0f, 0xae, 0xf0 }, 3, -2, REGISTER | BYTE, A },
	{ "pause", { 0xf3, 0x90 }, 2, -2, REGISTER | BYTE, A },
	{ "movnti", { 0x0f, 0xc3 }, 2, 2, MEMORY | BYTE, A },
	{ "movbe load", { 0x0f, 0x38, 0xf0 }, 3, -1, MEMORY, A },
	{ "movbe store", { 0x0f, 0x38, 0xf1 }, 3, -1, MEMORY, A },
	{ "xchg a, c", { 0x91 }, 1, -2, REGISTER, A },
	{ "mov r8, imm", { 0xb5 }, 1, -2, REGISTER | BYTE | IMM8, A },
	{ "mov r, imm", { 0xba }, 1, -2, REGISTER | IMMZ | NO_REX, A },
	{ "test al, imm", { 0xa8 }, 1, -2, REGISTER | BYTE | IMM8, NO_AF },
	{ "test a, imm", { 0xa9 }, 1, -2, REGISTER | IMMZ, NO_AF },
	{ "test r/m8, imm, alias", { 0xf6 }, 1, 1, BYTE | IMM8, NO_AF },
	{ "cbw", { 0x98 }, 1, -2, REGISTER, A },
	{ "cwd", { 0x99 }, 1, -2, REGISTER, A },
	{ "lahf", { 0x9f }, 1, -2, REGISTER | BYTE, A },
	{ "sahf", { 0x9e }, 1, -2, REGISTER | BYTE, A },
	{ "cmc", { 0xf5 }, 1, -2, REGISTER | BYTE, A },
	{ "clc", { 0xf8 }, 1, -2, REGISTER | BYTE, A },
	{ "stc", { 0xf9 }, 1, -2, REGISTER | BYTE, A },
	{ "cld", { 0xfc }, 1, -2, REGISTER | BYTE, A | DF },
	{ "std", { 0xfd }, 1, -2, REGISTER | BYTE, A | DF },
	{ "bswap c", { 0x0f, 0xc9 }, 2, -2, REGISTER, A },
	{ "bswap d", { 0x0f, 0xca }, 2, -2, REGISTER, A },
	{ "movsb", { 0xa4 }, 1, -2, REGISTER | BYTE, A },
	{ "movs", { 0xa5 }, 1, -2, REGISTER, A },
	{ "cmpsb", { 0xa6 }, 1, -2, REGISTER | BYTE, A },
	{ "cmps", { 0xa7 }, 1, -2, REGISTER, A },
	{ "stosb", { 0xaa }, 1, -2, REGISTER | BYTE, A },
	{ "stos", { 0xab }, 1, -2, REGISTER, A },
	{ "lodsb", { 0xac }, 1, -2, REGISTER | BYTE, A },
	{ "lods", { 0xad }, 1, -2, REGISTER, A },
	{ "scasb", { 0xae }, 1, -2, REGISTER | BYTE, A },
	{ "scas", { 0xaf }, 1, -2, REGISTER, A },
	{ "rep movsb", { 0xf3, 0xa4 }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "rep movsl", { 0xf3, 0xa5 }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "rep stosl", { 0xf3, 0xab }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "rep lodsb", { 0xf3, 0xac }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "repe cmpsb", { 0xf3, 0xa6 }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "repne cmpsb", { 0xf2, 0xa6 }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "repe scasb", { 0xf3, 0xae }, 2, -2, REGISTER | BYTE | SHORT, A },
	{ "repne scasl", { 0xf2, 0xaf }, 2, -2, REGISTER | BYTE | SHORT, A },
};

/* add or adc sbb and sub xor cmp in all their encodings; (op) 0..7 */
static const char *const arithmetic_name[] = { "add", "or", "adc", "sbb", "and", "sub",
	"xor", "cmp" };
#define ARITHMETIC(op, flags) {							\
	{ arithmetic_name[op], { (op) * 8 }, 1, -1, BYTE, flags },		\
	{ arithmetic_name[op], { (op) * 8 + 1 }, 1, -1, 0, flags },		\
	{ arithmetic_name[op], { (op) * 8 + 2 }, 1, -1, BYTE, flags },		\
	{ arithmetic_name[op], { (op) * 8 + 3 }, 1, -1, 0, flags },		\
	{ arithmetic_name[op], { (op) * 8 + 4 }, 1, -2, REGISTER | BYTE | IMM8, flags },	\
	{ arithmetic_name[op], { (op) * 8 + 5 }, 1, -2, REGISTER | IMMZ, flags },	\
	{ arithmetic_name[op], { 0x80 }, 1, op, BYTE | IMM8, flags },		\
	{ arithmetic_name[op], { 0x81 }, 1, op, IMMZ, flags },			\
	{ arithmetic_name[op], { 0x83 }, 1, op, IMM8, flags },			\
}

/* shifts and rotations; sal is an alias */
static const char *const shift_name[] = { "rol", "ror", "rcl", "rcr", "shl", "shr", "sal",
	"sar" };
#define SHIFTS(op, flags) {							\
	{ shift_name[op], { 0xc0 }, 1, op, BYTE | IMM8 | COUNT, flags },		\
	{ shift_name[op], { 0xc1 }, 1, op, IMM8 | COUNT, flags },		\
	{ shift_name[op], { 0xd0 }, 1, op, BYTE, flags },			\
	{ shift_name[op], { 0xd1 }, 1, op, 0, flags },				\
	{ shift_name[op], { 0xd2 }, 1, op, BYTE | COUNT, flags },		\
	{ shift_name[op], { 0xd3 }, 1, op, COUNT, flags },			\
}

#endif
