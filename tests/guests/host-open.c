/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jumps into 64-bit code of the host's, as only a guest of aftermon can, and
 * tries to open a file and to write to a host's file descriptor there.  Natively
 * there is no such segment.
 * Ends: killed
 */
#include "guest.h"

static const char path[] = "/etc/passwd";

void guest_main(void)
{
	word v, ignored;

	print("no segment 0x33 here\n");
	gdt[6] = 0;
	/* In bytes, so that nobody can know of the far jump. */
	v = TRY_ASM("", ".byte 0xea; .long 3f; .word 0x33", "jmp 4f;"
		    "3: .byte 0xb8, 2, 0, 0, 0;"		/* mov $2 (open), %eax */
		    ".byte 0xbf; .long %c[path];"		/* mov path, %edi */
		    ".byte 0x31, 0xf6, 0x31, 0xd2;"		/* xor %esi, %esi; edx */
		    ".byte 0x0f, 0x05;"				/* syscall */
		    ".byte 0xb8, 57, 0, 0, 0, 0x0f, 0x05;"	/* fork */
		    ".byte 0xb8, 41, 0, 0, 0;"			/* socket(2, 1, 0) */
		    ".byte 0xbf, 2, 0, 0, 0, 0xbe, 1, 0, 0, 0, 0x0f, 0x05;"
		    ".byte 0x0f, 0x0b;"
		    "4:", OUT("=a"(ignored)), [path] "i"(path));
	check(v == T_GP, "#GP");
}
