/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 16550A at 0x3f8, polled: output must work at any time, also in panic,
 * where nothing else can be trusted.
 */
#include <stdarg.h>
#include "kernel.h"

#define COM1		0x3f8
#define LSR_EMPTY	0x20
#define DEBUG_EXIT	0xf4

void console_init(void)
{
	outb(COM1 + 1, 0);		/* no interrupts */
	outb(COM1 + 3, 0x80);		/* divisor latch */
	outb(COM1 + 0, 1);		/* 115,200 baud */
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x03);		/* 8 bits, no parity */
	outb(COM1 + 2, 0x07);		/* FIFOs on and empty */
}

static void put(char c)
{
	while (!(inb(COM1 + 5) & LSR_EMPTY))
		;
	outb(COM1, c);
}

static void put_number(word v, unsigned base, int width)
{
	char buf[24];
	int n = 0;

	do {
		buf[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v || n < width);
	while (n)
		put(buf[--n]);
}

/* %s %d %u and %lx (the last as wide as a register) are all that we need. */
void print(const char *fmt, ...)
{
	va_list ap;
	const char *s;
	int d;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(*fmt);
			continue;
		}
		switch (*++fmt) {
		case 's':
			for (s = va_arg(ap, const char *); *s; s++)
				put(*s);
			break;
		case 'd':
			d = va_arg(ap, int);
			if (d < 0)
				put('-');
			put_number(d < 0 ? -d : d, 10, 0);
			break;
		case 'u':
			put_number(va_arg(ap, unsigned), 10, 0);
			break;
		case 'l':
			fmt++;
			put_number(va_arg(ap, word), 16, sizeof(word) * 2);
			break;
		}
	}
	va_end(ap);
}

static void registers_print(const struct trapframe *tf)
{
	print("vector %lx error %lx cr2 %lx\n", tf->vector, tf->error, cr2_read());
	print("ip %lx cs %lx flags %lx\n", tf->ip, tf->cs, tf->flags);
	print("ax %lx bx %lx cx %lx dx %lx\n", tf->ax, tf->bx, tf->cx, tf->dx);
	print("si %lx di %lx bp %lx\n", tf->si, tf->di, tf->bp);
	if (tf->cs & 3)
		print("sp %lx ss %lx\n", tf->sp, tf->ss);
}

/* For what can only be our own mistake.  (tf) may be NULL. */
void panic(const struct trapframe *tf, const char *why)
{
	cli();
	print("panic: %s\n", why);
	if (tf)
		registers_print(tf);
	machine_end(1);
}

void machine_end(int status)
{
	outb(DEBUG_EXIT, status);
	for (;;)			/* no such device: stop here */
		asm volatile("cli; hlt");
}
