/* SPDX-License-Identifier: BSD-2-Clause */
/* wedge/core: a decoder for where no library can be.  See decode.c. */
#ifndef AB_CORE_DECODE_H
#define AB_CORE_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include "abi/insn.h"

/* Decode one instruction from (bytes, size) as code of (bits), 32 or 64.  Fills
 * *insn but for addr and returns its length, or -1 when the bytes are none that it
 * knows or end inside of one. */
int ab_insn_decode(const uint8_t *bytes, size_t size, int bits, struct ab_insn *insn);

#endif
