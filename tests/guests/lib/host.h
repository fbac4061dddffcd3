/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For guests that attack: jump into the 64-bit code segment that Linux has for
 * ordinary processes, and call the host's kernel there.  In bytes, so that nobody
 * can know of the far jump.  Natively selector 0x33 is not there: #GP, and the
 * guest goes on.
 */
#ifndef HOST_H
#define HOST_H

#include "guest.h"

#define HOST_CS		"0x33"
#define BYTES_LJMP	".byte 0xea; .long 3f; .word " HOST_CS "\n"
/* rax = nr, rdi = a, rsi = b, rdx = c: mov $imm32 to each; syscall; ud2 */
#define BYTES_SYSCALL							\
	"3: .byte 0xb8; .long %c[nr]; .byte 0xbf; .long %c[a];"		\
	".byte 0xbe; .long %c[b]; .byte 0xba; .long %c[c];"		\
	".byte 0x0f, 0x05, 0x0f, 0x0b\n"

/* In ring 0; the vector that it ended with. */
#define HOST_CALL(number, arg_a, arg_b, arg_c) ({			\
	word ignored;							\
									\
	gdt[6] = 0;							\
	TRY_ASM("", BYTES_LJMP, "jmp 4f;" BYTES_SYSCALL "4:",		\
		OUT("=a"(ignored)), [nr] "i"(number), [a] "i"(arg_a),	\
		[b] "i"(arg_b), [c] "i"(arg_c));			\
})

#endif
