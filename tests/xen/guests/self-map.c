/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A root that maps itself: the kernel edits its tables by their linear addresses. */
#include "guest64.h"

#define SLOT	300ul
#define SIGN	(0xfffful << 48)
#define PT(va)	(SIGN | SLOT << 39 | ((va) >> 9 & 0x7ffffffff8ul))
#define PD(va)	(SIGN | SLOT << 39 | SLOT << 30 | (PT(va) >> 9 & 0x3ffffff8ul))
#define AT	(KERNBASE + 0x20000000)

void guest_main(void)
{
	char *p = page_alloc(), *q = page_alloc();
	pte_t *e;

	write64((word)p, 1);
	write64((word)q, 2);
	e = vm_walk(kernel_root, AT, 0, true);
	*e = V2P(p) | PTE_P | PTE_W;
	kernel_root[SLOT] = V2P(kernel_root) | PTE_P | PTE_W;
	check((read64(PT(AT)) & PTE_ADDR) == V2P(p), "an entry by its linear address");
	check(read64(AT) == 1, "what it maps");
	write64(PT(AT), V2P(q) | PTE_P | PTE_W);
	invlpg((void *)AT);
	check(read64(AT) == 2 && (*e & PTE_ADDR) == V2P(q), "written there, seen by both");
	check(read64(PT(AT)) & PTE_A, "accessed");
	write64(PT(AT), (V2P(q) | PTE_P));
	invlpg((void *)AT);
	check(page_faulted(try_write(AT, 3), PF_P | PF_W, AT), "made read-only there");
	write64(PT(AT), 0);
	invlpg((void *)AT);
	check(page_faulted(try_read(AT), 0, AT), "taken away there");
	write64(PT(AT + PAGESIZE), V2P(p) | PTE_P | PTE_W);
	check(read64(AT + PAGESIZE) == 1, "made there, no flush needed");
	check((read64(PD(AT)) & PTE_ADDR) == V2P((word)e & ~0xffful), "a directory entry");
	write64(PD(AT + 16 * LARGEPAGE), V2P((word)e & ~0xffful) | PTE_P | PTE_W);
	check(read64(AT + 16 * LARGEPAGE + PAGESIZE) == 1, "the same table in two places");
	write64(PT(AT + 16 * LARGEPAGE + 2 * PAGESIZE), V2P(q) | PTE_P | PTE_W);
	check(read64(AT + 2 * PAGESIZE) == 2, "written by one, seen by the other");
	write64(PD(AT + 16 * LARGEPAGE), 0);
	cr3_write(cr3_read());
	check(page_faulted(try_read(AT + 16 * LARGEPAGE + PAGESIZE), 0, AT + 16 * LARGEPAGE + PAGESIZE) &&
	      read64(AT + PAGESIZE) == 1, "one of them gone");
	kernel_root[SLOT] = 0;
	cr3_write(cr3_read());
	check(page_faulted(try_read(PT(AT)), 0, PT(AT)), "the map of itself gone");
}
