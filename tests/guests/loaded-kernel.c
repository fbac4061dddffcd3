/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot loader that brings a kernel of its own, of which no note tells: an archive, a
 * multiboot module, a module of a driver.  What traps there works by itself; the rest
 * would show the host.
 */
#include "guest.h"

#define THERE	0x600000u

struct seen {
	word off, on, saved, cs, tr, msw;
	uint8_t table[8];
};

/* In a data section, where the afterburner leaves all as it is. */
extern const uint8_t second[], second_end[];
asm(".pushsection .rodata\n"
    "second: pushl %edi; movl 8(%esp), %edi\n"
    "cli; pushfl; popl (%edi)\n"
    "sti; pushfl; popl 4(%edi)\n"
    "pushfl; cli; popfl; pushfl; popl 8(%edi); cli\n"
    "movl %cs, %eax; movl %eax, 12(%edi)\n"
    "xorl %eax, %eax; str %ax; movl %eax, 16(%edi)\n"
    "smsw %ax; movzwl %ax, %eax; movl %eax, 20(%edi)\n"
    "sgdt 24(%edi); popl %edi; ret\n"
    "second_end:\n"
    ".popsection");

void guest_main(void)
{
	uint8_t table[8] = { 0 };
	struct seen s = { .off = FL_IF };
	word i;

	asm volatile("sgdt %0" : "=m"(table));
	memcpy((void *)THERE, second, (size_t)(second_end - second));
	for (i = 0; i < 3; i++) {
		((void (*)(struct seen *))THERE)(&s);
		check(!(s.off & FL_IF) && s.on & FL_IF && s.saved & FL_IF, "interrupt flag");
		check((s.cs & 0xffff) == SEL_KCODE && s.msw == (cr0_read() & 0xffff),
		      "selector and status");
		check(!memcmp(s.table, table, 6) && !(s.off & 0x3000), "descriptor table");
	}
	check(!(flags_read() & FL_IF), "and back");
	paging_on();
	((void (*)(struct seen *))THERE)(&s);
	check(!(s.off & FL_IF) && s.on & FL_IF && s.saved & FL_IF, "with paging");
}
