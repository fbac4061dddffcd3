/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control registers read back what was written, every bit that means something. */
#include "guest.h"

static bool cr0_keeps(word bit)
{
	word old = cr0_read(), a, b;

	cr0_write(old | bit);
	a = cr0_read();
	cr0_write(old & ~bit);
	b = cr0_read();
	cr0_write(old);
	return a == (old | bit) && b == (old & ~bit);
}

static bool cr4_keeps(word bit)
{
	word old = cr4_read(), a, b;

	cr4_write(old | bit);
	a = cr4_read();
	cr4_write(old & ~bit);
	b = cr4_read();
	cr4_write(old);
	return a == (old | bit) && b == (old & ~bit);
}

void guest_main(void)
{
	word v;
	uint32_t d = cpuid(1).d;

	check(cr0_read() & CR0_PE && cr0_read() & 0x10 && !(cr0_read() & CR0_PG), "PE, ET, not PG");
	check(cr0_keeps(CR0_MP) && cr0_keeps(4) && cr0_keeps(CR0_TS) && cr0_keeps(0x20),
	      "cr0: MP EM TS NE");
	check(cr0_keeps(CR0_WP) && cr0_keeps(0x40000), "cr0: WP AM");
	check(cr0_keeps(0x40000000) && cr0_keeps(0x60000000), "cr0: CD, NW");
	check(cr4_keeps(CR4_PSE) && cr4_keeps(CR4_TSD) && cr4_keeps(8), "cr4: PSE TSD DE");
	check((!(d & 1 << 13) || cr4_keeps(CR4_PGE)) && (!(d & 1 << 24) || cr4_keeps(0x200)),
	      "cr4: what cpuid promises");
	cr2_write(0xfffffff0);
	check(cr2_read() == 0xfffffff0, "cr2");
	cr3_write(0x123000);
	check(cr3_read() == 0x123000, "cr3, with paging off");
	asm volatile("movw $0xf, %%ax; lmsw %%ax; movl %%cr0, %0; clts" : "=r"(v) : : "eax");
	check((v & 0xf) == 0xf, "lmsw sets the lower four");
	asm volatile("movw $0, %%ax; lmsw %%ax; movl %%cr0, %0" : "=r"(v) : : "eax");
	check((v & 0xf) == 1, "lmsw cannot clear PE");
}
