/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accessed and dirty bits, write protection, global pages, many roots. */
#include "guest64.h"

#define AT	(KERNBASE + 0x20000000)
#define OWN	0x0000500000000000ul
#define ROOTS	150

USER_CODE(u_touch, "movq (%rdi), %rax\n" USER_EXIT);
USER_CODE(u_write, "movq %rdi, (%rdi)\n" USER_EXIT);

static void flush(void)
{
	invlpg((void *)AT);
}

void guest_main(void)
{
	static pte_t *root[ROOTS];
	char *p = page_alloc(), *q = page_alloc();
	pte_t *e = pte_of(AT), *d = vm_walk(kernel_root, AT, 1, true);
	word cr0 = cr0_read(), i, good;

	*e = V2P(p) | PTE_P | PTE_W;
	read64(AT);
	check((*e & (PTE_A | PTE_D)) == PTE_A && *d & PTE_A, "a read: accessed, at both levels");
	write64(AT, 5);
	check((*e & (PTE_A | PTE_D)) == (PTE_A | PTE_D), "a write after it: dirty");
	*e &= ~(word)PTE_D;
	flush();
	read64(AT);
	check(!(*e & PTE_D), "D taken: a read does not bring it back");
	write64(AT, 6);
	check(*e & PTE_D, "a write does");
	*e &= ~(word)(PTE_A | PTE_D);
	flush();
	write64(AT, 7);
	check((*e & (PTE_A | PTE_D)) == (PTE_A | PTE_D), "both taken: a write brings both");
	*e &= ~(word)PTE_A;
	flush();
	read64(AT);
	check(*e & PTE_A && *e & PTE_D, "A taken: back by a read");
	*e = V2P(p) | PTE_P | PTE_W | 0xe00;	/* the kernel's own three bits */
	flush();
	write64(AT, 8);
	check((*e & 0xe00) == 0xe00 && read64((word)p) == 8, "the kernel's own bits stay");
	*e = V2P(p) | PTE_P | PTE_U | 0x10000000000000;	/* bit 52 is the kernel's */
	flush();
	check(read64(AT) == 8 && *e >> 52 & 1, "so do those above the address");

	/* WP */
	*e = V2P(p) | PTE_P | PTE_U;
	flush();
	check(user_run(u_touch, AT).vector == T_SYSCALL && *e & PTE_A, "ring 3's read: accessed");
	check(user_run(u_write, AT).vector == T_PF && !(*e & PTE_D), "its write: a fault, not dirty");
	cr0_write(cr0 & ~(word)CR0_WP);
	check(try_write(AT, 9) == NO_FAULT && read64((word)p) == 9 && *e & PTE_D,
	      "without WP the kernel writes read-only pages");
	check(user_run(u_write, AT).vector == T_PF, "ring 3 does not");
	cr0_write(cr0);
	check(page_faulted(try_write(AT, 10), PF_P | PF_W, AT), "with WP: neither");

	/* global pages survive cr3, not invlpg */
	cr4_write(cr4_read() | CR4_PGE);
	*e = V2P(p) | PTE_P | PTE_W | PTE_G;
	flush();
	check(read64(AT) == 9, "a global page");
	*e = V2P(q) | PTE_P | PTE_W | PTE_G;
	flush();
	write64((word)q, 0x77);
	check(read64(AT) == 0x77, "another, after invlpg");
	*e = V2P(p) | PTE_P | PTE_W;
	cr4_write(cr4_read() & ~(word)CR4_PGE);
	check(read64(AT) == 9, "and without PGE");

	/* each root its own page at the same address */
	for (i = 0; i < ROOTS; i++) {
		char *mine = page_alloc();

		write64((word)mine, i);
		root[i] = vm_new();
		vm_map(root[i], OWN, V2P(mine), PTE_W);
	}
	for (i = 0, good = 0; i < 4 * ROOTS; i++) {
		unsigned k = (unsigned)(i * 7 % ROOTS);

		vm_use(root[k]);
		good += read64(OWN) == k + (i >= ROOTS ? 1000 * (i / ROOTS) : 0);
		write64(OWN, k + 1000 * (i / ROOTS + 1));
	}
	vm_use(kernel_root);
	check(good == 4 * ROOTS, "many roots, in turn, four times");
	for (i = 0; i < ROOTS; i++)
		vm_unmap(root[i], OWN);
	vm_use(root[3]);
	check(page_faulted(try_read(OWN), 0, OWN), "unmapped while another was used");
	vm_use(kernel_root);
}
