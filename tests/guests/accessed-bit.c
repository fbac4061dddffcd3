/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading a descriptor marks it accessed, in memory; a task becomes busy.
 * (A load of cs does so, too, but not in QEMU.) */
#include "guest.h"

#define ACCESS(slot) ((gdt[slot] >> 40) & 0xff)

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_DATA & ~1, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, A_CODE & ~1, F_PAGES | F_32);
	gdt[FIRST_FREE + 2] = descriptor((word)&tss, sizeof(tss) - 1, A_TSS, 0);
	check(ACCESS(FIRST_FREE) == 0x92, "not before");
	asm volatile("verr %w0" : : "r"(SEL(FIRST_FREE)));
	check(ACCESS(FIRST_FREE) == 0x92, "not by verr");
	fs_write(SEL(FIRST_FREE));
	check(ACCESS(FIRST_FREE) == 0x93, "data, by a load of fs");
	gs_write(SEL(FIRST_FREE + 1));
	check(ACCESS(FIRST_FREE + 1) == 0x9b, "code, by a load of gs");
	check(ACCESS(SEL_TSS / 8) == 0x8b, "our task is busy");
	ltr(SEL(FIRST_FREE + 2));
	check(ACCESS(FIRST_FREE + 2) == 0x8b, "so is the next one");
	fs_write(0);
	gs_write(0);
}
