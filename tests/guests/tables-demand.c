/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptor tables in pages that are not there: the processor's own reads of
 * them are page faults like any other, and what wanted them is done afterwards.
 */
#include "guest.h"

#define GDT_VA	0x40000f80u		/* 16 slots in one page, the rest in the next */
#define IDT_VA	0x40002c00u		/* 128 gates in one page, the rest in the next */

static volatile unsigned faults;
static word at[4], codes[4];
static word phys[4];

static bool demand(struct trapframe *tf)
{
	word va = cr2_read(), n = (va - 0x40000000) >> 12;

	if (n >= 4)
		return false;
	if (faults < 4) {
		at[faults] = va;
		codes[faults] = tf->error;
	}
	faults++;
	map(va & ~0xffful, phys[n], PTE_W);
	return true;
}

static bool take(struct trapframe *tf)
{
	return true;
}

static void forget(unsigned n)
{
	*pte(0x40000000 + n * PAGESIZE) = 0;
	cr3_write(cr3_read());
	faults = 0;
}

void guest_main(void)
{
	struct dtr g = { sizeof(gdt) - 1, GDT_VA }, i = { sizeof(idt) - 1, IDT_VA };
	unsigned n;
	word v;
	uint8_t z;

	for (n = 0; n < 4; n++)
		phys[n] = (word)page_new();
	gdt[20] = descriptor(0, 0xfffff, A_DATA & ~1, F_PAGES | F_32);
	gdt[21] = descriptor(0, 0xfffff, A_CODE, F_PAGES | F_32);
	paging_on();
	for (n = 0; n < 4; n++)
		map(0x40000000 + n * PAGESIZE, phys[n], PTE_W);
	memcpy((void *)GDT_VA, gdt, sizeof(gdt));
	memcpy((void *)IDT_VA, idt, sizeof(idt));
	handlers[T_PF] = demand;
	handlers[0x90] = take;
	lgdt(&g);
	lidt(&i);

	forget(1);
	fs_write(SEL(20));
	check(faults == 1 && at[0] >= 0x40001000 && at[0] < 0x40002000 && fs_read() == SEL(20),
	      "a load of fs");
	check(!(codes[0] & PF_U), "read by the processor, not by the program");
	check(read32(GDT_VA + 20 * 8 + 4) & 0x100, "and marked as accessed");
	forget(1);
	asm volatile("lar %2, %0; setz %1" : "=r"(v), "=q"(z) : "r"(SEL(20)));
	check(faults == 1 && z && (v & 0xff00) == 0x9300, "lar");
	forget(1);
	asm volatile("ljmp %1, $1f; 1: movl %%cs, %0" : "=r"(v) : "i"(SEL(21)));
	check(faults == 1 && (v & 0xffff) == SEL(21), "ljmp");
	asm volatile("ljmp %0, $1f; 1:" : : "i"(SEL_KCODE));
	forget(3);
	asm volatile("int $0x90");
	check(faults == 1 && at[0] >= 0x40003000 && at[0] < 0x40004000 && trap_count[0x90] == 1,
	      "an interrupt");
	fs_write(0);
}
