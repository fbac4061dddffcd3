/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ins and outs of every size over page boundaries, up and down, and into pages
 * that only come when the fault is taken. */
#include "guest.h"

#define VA	0x40000000u

static volatile unsigned faults;
static word pages[4];

static bool demand(struct trapframe *tf)
{
	word va = cr2_read();

	if (va < VA || va >= VA + 4 * PAGESIZE)
		return false;
	faults++;
	map(va & ~0xffful, pages[(va - VA) / PAGESIZE], PTE_W);
	return true;
}

static void forget(void)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		*pte(VA + i * PAGESIZE) = 0;
		memset((void *)pages[i], 0, PAGESIZE);
	}
	cr3_write(cr3_read());
	faults = 0;
}

static bool filled(word from, word n, uint8_t v)
{
	word i;

	if (read8(from - 1) || read8(from + n))
		return false;
	for (i = 0; i < n; i++)
		if (read8(from + i) != v)
			return false;
	return true;
}

void guest_main(void)
{
	word to, n;
	unsigned i;

	for (i = 0; i < 4; i++)
		pages[i] = (word)page_new();
	paging_on();
	handlers[T_PF] = demand;
	outb(PORT_SCRATCH, 0x5a);

	forget();
	to = VA + PAGESIZE - 10;
	n = 20;
	asm volatile("rep; insb" : "+D"(to), "+c"(n) : "d"(PORT_SCRATCH) : "memory");
	check(to == VA + PAGESIZE + 10 && n == 0 && faults == 2, "rep insb over a boundary");
	check(filled(VA + PAGESIZE - 10, 20, 0x5a), "each byte in its place");

	forget();
	to = VA + 2 * PAGESIZE + 5;
	n = PAGESIZE + 16;
	asm volatile("std; rep; insb; cld" : "+D"(to), "+c"(n) : "d"(PORT_SCRATCH) : "memory");
	check(to == VA + PAGESIZE - 11 && n == 0 && faults == 3, "downwards over two");
	check(filled(VA + PAGESIZE - 10, PAGESIZE + 16, 0x5a), "each byte in its place");

	forget();
	to = VA + PAGESIZE - 2;		/* a doubleword that lies across */
	asm volatile("insl" : "+D"(to) : "d"(PORT_NOBODY) : "memory");
	check(to == VA + PAGESIZE + 2 && filled(VA + PAGESIZE - 2, 4, 0xff), "insl across");
	forget();
	to = VA + PAGESIZE - 3;
	n = 5;
	asm volatile("rep; insw" : "+D"(to), "+c"(n) : "d"(PORT_NOBODY) : "memory");
	check(to == VA + PAGESIZE + 7 && filled(VA + PAGESIZE - 3, 10, 0xff), "rep insw across");

	forget();
	to = VA + PAGESIZE - 4;
	n = 8;
	asm volatile("rep; outsb" : "+S"(to), "+c"(n) : "d"(PORT_NOBODY) : "memory");
	check(to == VA + PAGESIZE + 4 && n == 0 && faults == 2, "rep outsb over a boundary");
	write8(VA + PAGESIZE, 0x77);
	to = VA + PAGESIZE;
	asm volatile("outsb" : "+S"(to) : "d"(PORT_SCRATCH) : "memory");
	check(inb(PORT_SCRATCH) == 0x77 && to == VA + PAGESIZE + 1, "outsb: the byte itself");
	fs_write(SEL_KDATA);
	to = VA + PAGESIZE;
	write8(VA + PAGESIZE, 0x78);
	asm volatile("outsb %%fs:(%%esi), %%dx" : "+S"(to) : "d"(PORT_SCRATCH) : "memory");
	check(inb(PORT_SCRATCH) == 0x78, "outsb with a segment of its own");
}
