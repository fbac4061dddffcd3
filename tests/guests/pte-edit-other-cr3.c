/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page tables edited while another cr3 is loaded: seen after the next load. */
#include "guest.h"

#define VA	0x40000000

static uint32_t other[1024] __attribute__((aligned(4096)));

static void use(uint32_t *pd)
{
	cr3_write((word)pd);
}

void guest_main(void)
{
	uint32_t *a = page_new(), *b = page_new(), *mine, *theirs = page_new();
	unsigned i, wrong = 0;

	paging_on();
	mine = pte(VA);
	memcpy(other, page_directory, sizeof(other));
	other[VA >> 22] = (word)theirs | PTE_P | PTE_W;
	*a = 0xa;
	*b = 0xb;
	*mine = (word)a | PTE_P | PTE_W;
	theirs[0] = (word)b | PTE_P | PTE_W;
	check(read32(VA) == 0xa, "ours");
	use(other);
	check(read32(VA) == 0xb, "theirs");
	*mine = (word)b | PTE_P | PTE_W;
	use(page_directory);
	check(read32(VA) == 0xb, "ours, edited from there");
	use(other);
	*mine = 0;
	use(page_directory);
	check(TRY("cmpl $0, 0x40000000", "r"(0)) == T_PF, "ours, removed from there");
	use(other);
	*mine = (word)a | PTE_P;
	use(page_directory);
	check(read32(VA) == 0xa && TRY("movl $1, 0x40000000", "r"(0)) == T_PF,
	      "ours, read-only from there");
	for (i = 0; i < 200; i++) {
		use(i & 1 ? other : page_directory);
		(i & 1 ? mine : theirs)[0] = (word)(i & 2 ? a : b) | PTE_P | PTE_W;
		use(i & 1 ? page_directory : other);
		wrong += read32(VA) != (i & 2 ? 0xau : 0xbu);
	}
	check(!wrong, "back and forth, 200 times");
	/* A whole table taken from under a directory that is not loaded. */
	use(other);
	page_directory[VA >> 22] = 0;
	use(page_directory);
	check(TRY("cmpl $0, 0x40000000", "r"(0)) == T_PF, "a table is gone");
}
