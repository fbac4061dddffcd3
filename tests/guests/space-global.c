/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is invalidated in one address space is gone in all: global pages by
 * invlpg and CR4.PGE, a hundred at once, and pages of ring 3 by invlpg alone. */
#include "guest.h"

#define VA	0x40000000
#define N	100
#define USER_BITS (PTE_P | PTE_W | PTE_U)

static uint32_t other[1024] __attribute__((aligned(4096)));
static uint32_t *one[N], *two[N];

USERDATA volatile word sum;
USER static void u_sum(void)
{
	word i;

	sum = 0;
	for (i = 0; i < N; i++)
		sum += *(volatile word *)(VA + i * 4096);
	user_exit(sum);
}

static word sum0(void)
{
	word i, s = 0;

	for (i = 0; i < N; i++)
		s += read32(VA + i * 4096);
	return s;
}

static word sum3(void)
{
	struct visit v = user_run(u_sum, FL_IF);

	return v.vector == 0x80 ? v.tf.ax : 0xbad;
}

static void all(uint32_t **page, uint32_t bits, bool invalidate)
{
	word i;

	for (i = 0; i < N; i++) {
		map(VA + i * 4096, (word)page[i], bits);
		if (invalidate)
			invlpg((void *)(VA + i * 4096));
	}
}

void guest_main(void)
{
	word i;

	paging_on();
	cr4_write(cr4_read() | CR4_PGE);
	for (i = 0; i < N; i++) {
		one[i] = page_new();
		two[i] = page_new();
		*one[i] = 1;
		*two[i] = 2;
	}
	all(one, USER_BITS | PTE_G, false);
	memcpy(other, page_directory, sizeof(other));	/* the same tables */
	check(sum0() == N && sum3() == N, "global pages, one space");
	cr3_write((word)other);
	check(sum0() == N && sum3() == N, "global pages, the other");
	map(VA, (word)two[0], USER_BITS | PTE_G);
	invlpg((void *)VA);
	check(sum0() == N + 1 && sum3() == N + 1, "one by invlpg");
	cr3_write((word)page_directory);
	check(sum0() == N + 1 && sum3() == N + 1, "gone in the first one, too");
	all(two, USER_BITS | PTE_G, true);
	check(sum0() == 2 * N && sum3() == 2 * N, "a hundred by invlpg");
	cr3_write((word)other);
	check(sum0() == 2 * N && sum3() == 2 * N, "gone in the other, too");
	all(one, USER_BITS | PTE_G, false);
	cr4_write(cr4_read() & ~(word)CR4_PGE);
	cr4_write(cr4_read() | CR4_PGE);
	cr3_write((word)page_directory);
	check(sum0() == N && sum3() == N, "by CR4.PGE");
	cr3_write((word)other);
	all(two, USER_BITS, true);
	check(sum3() == 2 * N && sum0() == 2 * N, "not global any more, by invlpg");
	all(one, USER_BITS, true);
	check(sum3() == N && sum0() == N, "ring 3's by invlpg alone");
	cr3_write((word)page_directory);
	all(two, USER_BITS, false);
	cr3_write((word)page_directory);
	check(sum3() == 2 * N, "and by the load of cr3");
	map(VA + 4096, (word)one[1], USER_BITS);
	invlpg((void *)(VA + 4096));
	check(sum3() == 2 * N - 1, "one more by invlpg");
}
