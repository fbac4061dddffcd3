/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ab_decode() for those who also want what Zydis found. */
#ifndef AB_LIB_DECODE_RAW_H
#define AB_LIB_DECODE_RAW_H

#include <Zydis/Zydis.h>
#include "lib/decode.h"

/* The same; *raw says nothing where the result is negative or insn->op is one that
 * Zydis does not know (its length is not insn->len then). */
int ab_decode_raw(const uint8_t *bytes, size_t size, int bits, struct ab_insn *insn,
		  ZydisDecodedInstruction *raw);

#endif
