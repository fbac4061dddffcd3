/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "work=N" on the command line: N rounds of what kernels do all day, long enough
 * to measure.  Nothing in it waits for anything: the time it takes is the
 * processor's and the virtual machine's.
 */
#include "kernel.h"

#define PIT_CH0		0x40
#define PIT_CMD		0x43
#define LATCH		0

/* Critical sections, of both kinds. */
static void __attribute__((noinline)) work_locks(unsigned *shared)
{
	unsigned i;

	for (i = 0; i < 100; i++) {
		word flags = irq_save();

		shared[0]++;
		irq_restore(flags);
		cli();
		shared[1]++;
		sti();
	}
}

/* What time is it, by the 8254. */
static unsigned __attribute__((noinline)) work_clock(void)
{
	unsigned i, n = 0;

	for (i = 0; i < 10; i++) {
		word flags = irq_save();

		outb(PIT_CMD, LATCH);
		n += inb(PIT_CH0);
		n += inb(PIT_CH0) << 8;
		irq_restore(flags);
	}
	return n;
}

static void __attribute__((noinline)) work_pages(void)
{
	unsigned *page = page_alloc(), *view = (unsigned *)TESTBASE, i;

	for (i = 0; i < 4; i++) {
		vm_map(kernel_root, TESTBASE, V2P(page), PTE_W);
		view[i] = i + 1;
		vm_unmap(kernel_root, TESTBASE);
	}
	if (page[3] != 4)
		check(false, "work: a page that was written through a mapping");
	page_free(page);
}

static word __attribute__((noinline)) work_registers(void)
{
	word n = 0;
	unsigned i;

	for (i = 0; i < 20; i++)
		n += cr0_read() ^ cr4_read();
	return n;
}

static void __attribute__((noinline)) work_compute(unsigned *data, unsigned n)
{
	unsigned i, k;

	for (k = 0; k < 20; k++)
		for (i = 1; i < n; i++)
			data[i] = data[i] * 1664525 + data[i - 1] + 1013904223;
}

void work(unsigned rounds)
{
	unsigned *data = page_alloc(), i;
	word flags = irq_save();
	volatile word seen = 0;

	for (i = 0; i < rounds; i++) {
		work_locks(data);
		seen += work_clock();
		work_pages();
		seen += work_registers();
		work_compute(data, PAGESIZE / sizeof *data);
	}
	irq_restore(flags);
	page_free(data);
	print("work: %u rounds\n", rounds);
}
