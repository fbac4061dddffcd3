/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying, filling and comparing without libc, whose own versions use SSE registers: in
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

/*
 * Compilers make up calls for large assignments and cleared structs: in each
 * object they go to its own local functions, by name.
 */
__attribute__((used)) static void *ab_local_memcpy(void *dst, const void *src, size_t n)
{
	ab_memcpy(dst, src, n);
	return dst;
}

__attribute__((used)) static void *ab_local_memset(void *dst, int byte, size_t n)
{
	ab_memset(dst, byte, n);
	return dst;
}

__attribute__((used)) static int ab_local_memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	size_t i;

	for (i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

__asm__(".set memcpy, ab_local_memcpy\n\t.set memset, ab_local_memset\n\t"
	".set memcmp, ab_local_memcmp");

#endif
