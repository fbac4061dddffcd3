/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A kernel that uses the addresses where the wedge's window lies.
 * Xen: crash, window
 */
#include "guest64.h"

void guest_main(void)
{
	word at = 0xffffffffffe00000ul;

	vm_map(kernel_root, at, V2P(page_alloc()), PTE_W);
	write64(at, 5);
	cr3_write(cr3_read());
	check(read64(at) == 5, "the top 2 MiB");
}
