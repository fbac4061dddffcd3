/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serial input: a handler that takes one byte an interrupt, then one that takes
 * all there is, both while the kernel sleeps; no byte is lost or doubled.  The
 * points in front may get lost: they come before the UART is set up.
 * Input: ....................0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ
 */
#include "guest.h"

#define UART	0x3f8
#define TEXT	"0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LENGTH	(sizeof(TEXT) - 1)
#define HALF	(LENGTH / 2)

static volatile unsigned got;
static char text[LENGTH + 1];

static void take(void)
{
	uint8_t c = inb(UART);

	if (c == '.')
		return;
	if (got < LENGTH)
		text[got] = c;
	got++;
}

static bool uart_irq(struct trapframe *tf)
{
	if (got < HALF)
		take();
	else
		while (inb(UART + 5) & 1)
			take();
	outb(PORT_PIC1, 0x20);
	return true;
}

void guest_main(void)
{
	const char *want = TEXT;
	unsigned i, wrong = 0;

	handlers[IRQ_VECTOR(4)] = uart_irq;
	outb(UART + 4, 0x0b);
	outb(UART + 1, 1);
	irq_unmask(4);
	while (got < LENGTH)
		asm volatile("cli; cmpl %1, %0; jae 1f; sti; hlt; 1: cli"
			     : : "m"(got), "i"(LENGTH) : "memory", "cc");
	for (i = 0; i < LENGTH; i++)
		wrong += text[i] != want[i];
	check(got == LENGTH, "as many bytes as were typed");
	check(!wrong, "the bytes that were typed");
	check(!(inb(UART + 5) & 2), "no overrun");
}
