/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying and filling without libc, whose own versions use SSE registers: in
 * aftermon the core runs while those still hold the guest's values.  String
 * instructions, so that no compiler turns a loop back into a call of memcpy.
 */
#ifndef AB_CORE_BYTES_H
#define AB_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void ab_memcpy(void *dst, const void *src, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
}

static inline void ab_memset(void *dst, int byte, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(dst), "+c"(n) : "a"(byte) : "memory");
}

#endif
