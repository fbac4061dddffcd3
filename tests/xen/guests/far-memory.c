/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory beyond what the kernel maps at first, all of it at once; string
 * instructions over page boundaries.
 * Memory: 256
 */
#include "guest64.h"

#define AT	0x0000100000000000ul
#define TOP	(200ul << 20)
#define FROM	(32ul << 20)

void guest_main(void)
{
	word pa, bad = 0, va;
	uint8_t *p = page_alloc(), *q = page_alloc();
	word n, v;

	for (pa = FROM; pa < TOP; pa += PAGESIZE)
		vm_map(kernel_root, AT + (TOP - pa), pa, PTE_W);	/* upside down */
	for (pa = FROM; pa < TOP; pa += PAGESIZE)
		write64(AT + (TOP - pa), pa * 3);
	for (pa = FROM; pa < TOP; pa += PAGESIZE)
		bad += read64(AT + (TOP - pa)) != pa * 3;
	check(!bad, "168 MiB, page by page, upside down");
	for (pa = FROM; pa < TOP; pa += LARGEPAGE)
		*vm_walk(kernel_root, 2 * AT + pa, 1, true) = pa | PTE_PS | PTE_P | PTE_W;
	for (pa = FROM; pa < TOP; pa += PAGESIZE)
		bad += read64(2 * AT + pa) != pa * 3;
	check(!bad, "the same by large pages");

	va = KERNBASE + 0x20000000;
	vm_map(kernel_root, va, V2P(p), PTE_W);
	vm_map(kernel_root, va + PAGESIZE, V2P(q), PTE_W);
	outb(0x3ff, 0x5a);
	n = 64;
	v = va + PAGESIZE - 32;
	asm volatile("rep; insb" : "+D"(v), "+c"(n) : "d"(0x3ff) : "memory");
	check(!n && v == va + PAGESIZE + 32 && p[PAGESIZE - 1] == 0x5a && q[31] == 0x5a && !q[32],
	      "rep insb over two pages");
	vm_unmap(kernel_root, va + PAGESIZE);
	n = 10;
	v = va + PAGESIZE - 4;
	check(TRY_ASM("", "rep; insb", "", OUT("+D"(v), "+c"(n)), "d"(0x3ff)) == T_PF &&
	      last_fault.addr == va + PAGESIZE && n == 6 && v == va + PAGESIZE &&
	      last_fault.ip == last_fault.site, "a fault in the middle");
}
