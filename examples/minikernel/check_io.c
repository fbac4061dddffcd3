/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports, by every form of instruction. */
#include "kernel.h"

#define UART_SCRATCH	0x3ff
#define UART_DATA	0x3f8
#define UART_LSR	0x3fd
#define NOBODY		0x5678		/* a port without a device */
#define PIC1_MASK	0x21

static uint8_t buffer[64];

static bool buffer_is(unsigned from, unsigned to, uint8_t v)
{
	unsigned i;

	for (i = from; i < to; i++)
		if (buffer[i] != v)
			return false;
	return true;
}

static void check_string(void)
{
	static const char text[] = "rep outsb\n";
	uint8_t *p, *page;
	word n, v;

	while (!(inb(UART_LSR) & 0x40))	/* all 16 bytes of the FIFO are free */
		;
	outsb(UART_DATA, text, sizeof(text) - 1);
	check(true, "rep outsb: wrote the line above");

	outb(UART_SCRATCH, 0x5a);
	insb(UART_SCRATCH, buffer, 32);
	check(buffer_is(0, 32, 0x5a) && buffer_is(32, 64, 0), "rep insb: as many as asked for");

	outb(UART_SCRATCH, 0xa5);
	p = buffer + 63;
	n = 16;
	asm volatile("std; rep; insb; cld" : "+D"(p), "+c"(n) : "d"(UART_SCRATCH) : "memory");
	check(buffer_is(48, 64, 0xa5) && buffer_is(32, 48, 0) && !n &&
	      p == buffer + 47, "rep insb: downwards");

	p = buffer;
	asm volatile("insb" : "+D"(p) : "d"(UART_SCRATCH) : "memory");
	check(buffer_is(0, 1, 0xa5) && buffer_is(1, 32, 0x5a) && p == buffer + 1,
	      "insb: one");

	n = 0;
	asm volatile("rep; insb" : "+D"(p), "+c"(n) : "d"(UART_SCRATCH) : "memory");
	check(p == buffer + 1 && !n && buffer_is(1, 32, 0x5a), "rep insb: none");

	n = 4;
	p = buffer + 32;
	asm volatile("rep; insw" : "+D"(p), "+c"(n) : "d"(NOBODY) : "memory");
	check(p == buffer + 40 && !n && buffer_is(32, 40, 0xff) &&
	      buffer_is(40, 48, 0), "rep insw: words of ones");

	/* The second page is not there: the fault comes in the middle. */
	page = page_alloc();
	vm_map(kernel_root, TESTBASE, V2P(page), PTE_W);
	p = (uint8_t *)TESTBASE + PAGESIZE - 5;
	n = 10;
	v = TRY_ASM("", "rep; insb", "", OUT("+D"(p), "+c"(n)), "d"(UART_SCRATCH));
	check(v == T_PF && last_fault.error == PF_W &&
	      last_fault.addr == TESTBASE + PAGESIZE &&
	      last_fault.ip == last_fault.site, "rep insb: a fault at the second page");
	check(n == 5 && p == (uint8_t *)TESTBASE + PAGESIZE &&
	      page[PAGESIZE - 1] == 0xa5 && page[PAGESIZE - 5] == 0xa5 &&
	      page[PAGESIZE - 6] == 0,
	      "rep insb: registers as after the last byte");
	page_free(page);
	vm_unmap(kernel_root, TESTBASE);
}

void check_io(void)
{
	uint8_t mask = inb(PIC1_MASK);	/* an immediate port */
	uint16_t port = PIC1_MASK;

	asm volatile("" : "+r"(port));	/* from here on in %dx */
	outb(port, 0x5a);
	check(inb(PIC1_MASK) == 0x5a && inb(port) == 0x5a, "in, out: by %dx and by number");
	outb(PIC1_MASK, mask);
	check(inb(port) == mask, "in, out: back again");
	outb(UART_SCRATCH, 0xc3);
	check(inb(UART_SCRATCH) == 0xc3, "in, out: the serial port's scratch register");
	check(inb(NOBODY) == 0xff && inw(NOBODY) == 0xffff && inl(NOBODY) == 0xffffffff,
	      "in: ones where nobody answers, in three sizes");
	outw(NOBODY, 0);
	outl(NOBODY, 0);
	check(inl(NOBODY) == 0xffffffff, "out: nobody minds");
	check_string();
}
