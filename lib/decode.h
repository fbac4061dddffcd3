/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instruction decoding by Zydis, and the op table on the host. */
#ifndef AB_LIB_DECODE_H
#define AB_LIB_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/insn.h"
#include "abi/ops.h"

#define AB_DECODE_SHORT	(-2)

/* Decode one instruction from (bytes, size) as code of (bits): 16, 32 or 64.
 * Fills *insn but for addr and returns its length, or -1 when the bytes are no
 * valid instruction, or AB_DECODE_SHORT when they end inside one (any instruction
 * longer than 15 bytes is such a one).  No allocation, no static
 * state: callable from a signal handler. */
int ab_decode(const uint8_t *bytes, size_t size, int bits, struct ab_insn *insn);

/* AT&T text of the instruction at (bytes, size), at address (addr), into
 * (buf, bufsize); "(bad)" when it does not decode.  Returns its length or 1. */
int ab_disassemble(const uint8_t *bytes, size_t size, int bits, uint64_t addr,
		   char *buf, size_t bufsize);

/* Is (insn), decoded as code of (bits), a no-op: nop in any length, or the mov,
 * xchg and lea forms of it that assemblers pad with? */
bool ab_insn_is_nop(const struct ab_insn *insn, int bits);

/* Fill (n) bytes at (p) with as few no-ops as possible (9 bytes at most each). */
void ab_nop_fill(uint8_t *p, size_t n);

struct ab_op_info {
	uint16_t num;
	uint8_t class;		/* enum ab_class */
	uint8_t cpl3;		/* enum ab_cpl3 */
	uint8_t total[2];	/* default site length: [0] i386, [1] x86-64 */
	const char *id;		/* "CLI" */
	const char *name;	/* "cli" */
};

/* The row of (op), or NULL for a number that the table does not have. */
const struct ab_op_info *ab_op_info(unsigned op);
/* "cli"; "op 77?" never: unknown numbers give "unknown". */
const char *ab_op_name(unsigned op);
/* The op with that name, or AB_OP_NONE. */
enum ab_op ab_op_by_name(const char *name);
const char *ab_class_name(unsigned class);
/* The class with that name ("flags", "io"...), or 0. */
unsigned ab_class_by_name(const char *name);

#endif
