/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interrupts within interrupts, as priorities and sti in a handler allow; and a
 * page fault within each. */
#include "guest.h"

#define VA	0x40000000u
#define UART	0x3f8

static volatile unsigned depth, deepest, inner, faults, wrong;
static word page;

static bool demand(struct trapframe *tf)
{
	if ((cr2_read() & ~0xffful) != VA)
		return false;
	faults++;
	map(VA, page, PTE_W);
	return true;
}

static void touch(void)
{
	*pte(VA) = 0;
	invlpg((void *)VA);
	write32(VA, faults);
	wrong += read32(page) + 1 != faults;
}

/* The lower priority: lets others in before it is done. */
static bool serial(struct trapframe *tf)
{
	word f;

	if (++depth > deepest)
		deepest = depth;
	inb(UART + 2);
	pit_once(100);
	while (!irq_waits(0))
		;
	sti();
	asm volatile("nop; nop");
	cli();
	touch();
	f = flags_read();
	wrong += f & FL_IF;
	depth--;
	return false;
}

static bool timer(struct trapframe *tf)
{
	if (++depth > deepest)
		deepest = depth;
	inner += depth == 2;
	touch();
	depth--;
	return false;
}

void guest_main(void)
{
	unsigned i;

	while (!(inb(UART + 5) & 0x40))
		;
	page = (word)page_new();
	paging_on();
	handlers[T_PF] = demand;
	handlers[IRQ_VECTOR(0)] = timer;
	handlers[IRQ_VECTOR(4)] = serial;
	irq_unmask(0);
	irq_unmask(4);
	outb(UART + 4, 0x08);
	for (i = 0; i < 20; i++) {
		outb(UART + 1, 0);
		outb(UART + 1, 2);
		while (!irq_waits(4))
			;
		sti();
		asm volatile("nop; nop");
		cli();
	}
	outb(UART + 1, 0);
	check(irq_count(4) == 20 && irq_count(0) >= 20, "twenty of each");
	check(inner == 20 && deepest == 2, "one within the other");
	/* on a busy host the timer that ran before may have left one, too */
	check(faults == irq_count(0) + irq_count(4) && !wrong, "a page fault in each");
}
