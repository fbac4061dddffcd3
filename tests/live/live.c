// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Code with sites everywhere, between whatever a compiler keeps in registers
 * and flags.  Built with --clobber-dead, it must still print the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SITE() do { \
	unsigned sel_; \
	__asm__ volatile("mov %%ds, %0" : "=r"(sel_)); \
	seen += sel_ != 0x12345; \
} while (0)
static volatile unsigned seen;

static uint32_t crc(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint32_t c = ~0u;

	while (n--) {
		c ^= *b++;
		SITE();
		for (int i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
	}
	return ~c;
}

static void sort(int *a, int n)
{
	for (int i = 1; i < n; i++) {
		int x = a[i], j;

		for (j = i; j > 0 && a[j - 1] > x; j--) {
			a[j] = a[j - 1];
			SITE();
		}
		SITE();
		a[j] = x;
	}
}

static uint64_t mix(uint64_t x, int how)
{
	switch (how) {
	case 0: SITE(); return x * 6364136223846793005u;
	case 1: x ^= x >> 7; SITE(); return x << 9;
	case 2: SITE(); return x / 3 + x % 7;
	case 3: return x > 1000 ? ({ SITE(); x - 1000; }) : x + how;
	case 4: SITE(); return ~x;
	case 5: x += 5; /* fall through */
	case 6: SITE(); return x - (x << 3);
	default: return x;
	}
}

/* carries live over a site */
static uint32_t carry(uint32_t a, uint32_t b)
{
	uint32_t r;

	__asm__ volatile("movl %1, %0\n\taddl %2, %0\n\t"
		"movw %%ds, %%cx\n\tadcl $0, %0\n\t"
		"cmpl %1, %2\n\tmovw %%ss, %%cx\n\tjbe 1f\n\tincl %0\n1:"
		: "=&r"(r) : "r"(a), "r"(b) : "ecx", "cc");
	return r;
}

static int deep(int n)
{
	int r;

	if (n < 2)
		return n;
	SITE();
	r = deep(n - 1);
	SITE();
	return r + deep(n - 2);
}

int main(void)
{
	static char text[] = "the quick brown fox jumps over the lazy dog";
	int v[64];
	uint64_t x = 88172645463325252u;
	uint32_t s = 0;

	for (int i = 0; i < 64; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v[i] = (int)(x >> 33) % 1000;
		x = mix(x, i % 8);
		s += carry((uint32_t)x, (uint32_t)(x >> 32));
	}
	sort(v, 64);
	for (int i = 0; i < 64; i++)
		printf("%d ", v[i]);
	printf("\n%08x %08x %016llx %d\n", crc(text, strlen(text)), s,
	       (unsigned long long)x, deep(15));
	return 0;
}
