/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function of sensitive instructions that can be copied anywhere, and what it has to
 * see there. */
#ifndef COPIED_H
#define COPIED_H

#include "guest.h"

#define MIB	0x100000u

/* What sample() sees. */
struct seen {
	word off, on, popped, cr0, cr3, cs, ds, in, id, again, idt, tr, msw, zero;
};

extern const uint8_t sample[], sample_end[];
asm(".pushsection .text\n"
    "sample: pushl %ebx; pushl %esi; pushl %edi; movl 16(%esp), %edi\n"
    "cli; pushfl; popl (%edi)\n"
    "sti; pushfl; popl 4(%edi); cli\n"
    "pushfl; orl $0x240, (%esp); popfl; pushfl; popl 8(%edi); cli\n"
    "movl %cr0, %eax; movl %eax, 12(%edi)\n"
    "movl %cr3, %eax; movl %eax, %cr3; movl %eax, 16(%edi)\n"
    "movl %cs, %eax; movl %eax, 20(%edi)\n"
    "pushl %ds; popl %eax; movl %eax, 24(%edi)\n"
    "pushl %es; popl %es; movw %ds, %ax; movw %ax, %ds\n"
    "movl $0x3ff, %edx; movl 48(%edi), %eax; outb %al, %dx; xorl %eax, %eax; inb %dx, %al\n"
    "movl %eax, 28(%edi)\n"
    "xorl %eax, %eax; xorl %ecx, %ecx; cpuid; movl %ebx, 32(%edi)\n"
    "pushfl; popl %ebx; pushl %ebx; popfl\n"
    "xorl %eax, %eax; xorl %ecx, %ecx; cpuid; movl %ebx, 36(%edi)\n"
    "sidt 48(%edi); movl 50(%edi), %eax; movl %eax, 40(%edi); movl $0, 52(%edi)\n"
    "xorl %eax, %eax; str %ax; movl %eax, 44(%edi)\n"
    "smsw %ax; movzwl %ax, %eax; movl %eax, 48(%edi)\n"
    "movl %ds, %eax; lar %eax, %ecx; sldt %ax; clts\n"
    "popl %edi; popl %esi; popl %ebx; ret\n"
    "sample_end:\n"
    ".popsection");

static struct seen right;

static void put(word at, const uint8_t *from, const uint8_t *end)
{
	memcpy((void *)at, from, end - from);
}

static struct seen run(word at)
{
	struct seen s = { .msw = 0x5a };

	((void (*)(struct seen *))at)(&s);
	s.popped &= FL_IF | FL_ZF;
	s.off &= FL_IF;
	s.on &= FL_IF;
	return s;
}

static bool same(word at)
{
	struct seen s = run(at);

	right.cr0 = cr0_read();
	right.cr3 = cr3_read();
	return !memcmp(&s, &right, sizeof(s));
}

static bool copied(word at)
{
	put(at, sample, sample_end);
	return same(at) && same(at);
}

#endif
