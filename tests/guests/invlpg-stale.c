/* SPDX-License-Identifier: GPL-3.0-or-later */
/* After invlpg a new mapping is seen: more of everything, less of everything,
 * other pages; and only the one page need be. */
#include "guest.h"

#define VA	0x40000000

void guest_main(void)
{
	uint32_t *a = page_new(), *b = page_new();
	unsigned i, wrong = 0;

	paging_on();
	*a = 0xa;
	*b = 0xb;
	map(VA, (word)a, PTE_W);
	check(read32(VA) == 0xa, "mapped");
	map(VA, (word)b, PTE_W);
	invlpg((void *)VA);
	check(read32(VA) == 0xb, "another page");
	map(VA, (word)b, 0);
	invlpg((void *)VA);
	check(TRY("movl $1, 0x40000000", "r"(0)) == T_PF && *b == 0xb, "read-only");
	map(VA, (word)b, PTE_W);
	/* More rights need no invlpg. */
	check(TRY("movl $0xc, 0x40000000", "r"(0)) == NO_FAULT && *b == 0xc, "writable");
	*pte(VA) = 0;
	invlpg((void *)(VA + 123));
	check(TRY("cmpl $0, 0x40000000", "r"(0)) == T_PF, "gone, by any address in the page");
	map(VA, (word)a, PTE_W);
	check(read32(VA) == 0xa, "what was not there needs no invlpg");
	for (i = 0; i < 1000; i++) {
		map(VA, (word)(i & 1 ? a : b), PTE_W);
		invlpg((void *)VA);
		wrong += read32(VA) != (i & 1 ? 0xau : 0xcu);
		write32(VA + 64, i);
		wrong += (i & 1 ? a : b)[16] != i;
	}
	check(!wrong, "a thousand times");
}
