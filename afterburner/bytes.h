/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sensitive instructions that are written as .byte, .word or .long.  A table of
 * its own, and not the decoder: an object with such bytes must not cost the
 * start of a second library.  A test compares it with the decoder.
 */
#ifndef AB_BYTES_H
#define AB_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include "abi/ops.h"

#define BYTES_MAX 16

/* The op of the instruction that the bytes begin with, and its length in *len;
 * AB_OP_NONE when it is not in the op table, or does not end within (n). */
enum ab_op bytes_op(const uint8_t *b, size_t n, unsigned bits, size_t *len);

/* Is (b) a byte that can stand before an opcode? */
int bytes_is_prefix(uint8_t b, unsigned bits);

/* The constants of a data directive (word) with operands at (text, pos .. end),
 * little endian.  Returns how many bytes, 0 when one is no plain number or they
 * do not fit (max). */
size_t bytes_of_directive(const char *word, size_t word_len, const char *text,
			  size_t pos, size_t end, uint8_t *b, size_t max);
/* How many bytes it makes, whatever its operands are; 0: it is no such directive. */
size_t bytes_count(const char *word, size_t word_len, const char *text,
		   size_t pos, size_t end);

#endif
