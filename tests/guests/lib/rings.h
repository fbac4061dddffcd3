/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same code once for ring 0, ending with a ret, and once for ring 3, with int $0x80. */
#ifndef RINGS_H
#define RINGS_H

#include "guest.h"

/* name0 and name0_end, name3 and name3_end; what is to be known of them follows. */
#define CODE(name, insn)						\
	asm(".pushsection .text\n" name "0: " insn "\n" name "0_end: ret\n.popsection\n" \
	    ".pushsection .user, \"ax\"\n" name "3: " insn "\n" name "3_end: int $0x80\n" \
	    ".popsection");						\
	extern const char

#endif
