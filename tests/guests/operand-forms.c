/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sensitive instructions with every kind of memory operand. */
#include "guest.h"

static struct dtr gd, buf[8];
static uint16_t words[16];

static bool is_gdt(const struct dtr *d)
{
	return d->limit == gd.limit && d->base == gd.base;
}

static void clear(void)
{
	memset(buf, 0, sizeof(buf));
}

#define FORM(name, insn, ...) do {					\
	clear();							\
	asm volatile(insn : : __VA_ARGS__ : "memory", "cc");		\
	check(is_gdt(&buf[1]), name);					\
} while (0)

void guest_main(void)
{
	word base = (word)buf, v, w;

	sgdt(&gd);
	gdt[FIRST_FREE] = descriptor(base, 0xfff, A_DATA, F_32);
	gs_write(SEL(FIRST_FREE));
	FORM("absolute", "sgdt buf + 6", "r"(0));
	FORM("base", "sgdt (%0)", "r"(base + 6));
	FORM("base and small displacement", "sgdt 6(%0)", "r"(base));
	FORM("base and large displacement", "sgdt 0x12345678(%0)", "r"(base + 6 - 0x12345678));
	FORM("base and index", "sgdt (%0,%1)", "r"(base), "r"(6));
	FORM("scaled index", "sgdt (%0,%1,2)", "r"(base), "r"(3));
	FORM("all three", "sgdt -6(%0,%1,4)", "r"(base), "r"(3));
	FORM("index alone", "sgdt buf(,%0,2)", "r"(3));
	FORM("segment override", "sgdt %%gs:6", "r"(0));
	FORM("segment override and base", "sgdt %%gs:(%0)", "r"(6));
	FORM("ebp", "pushl %%ebp; movl %0, %%ebp; sgdt 6(%%ebp); popl %%ebp", "r"(base));
	FORM("16-bit address", "movl (%0), %%eax; movl 4(%0), %%edx; pushl 0x7000; pushl 0x7004;"
	     "addr16 sgdt 0x7000; movl 0x7000, %%eax; movl %%eax, 6(%0);"
	     "movw 0x7004, %%ax; movw %%ax, 10(%0); popl 0x7004; popl 0x7000",
	     "b"(base));
	FORM("esp", "subl $8, %%esp; sgdt (%%esp); movl (%%esp), %%eax; movl %%eax, 6(%0);"
	     "movw 4(%%esp), %%ax; movw %%ax, 10(%0); addl $8, %%esp", "c"(base));
	FORM("esp, displacement and index", "subl $16, %%esp; sgdt 2(%%esp,%1,2);"
	     "movl 8(%%esp), %%eax; movl %%eax, 6(%0); movw 12(%%esp), %%ax;"
	     "movw %%ax, 10(%0); addl $16, %%esp", "c"(base), "d"(3));

	asm volatile("pushfl; popl %0; pushl %1; popl %0" : "=m"(v) : "r"(0x1234));
	check(v == 0x1234, "pop to memory");
	asm volatile("subl $8, %%esp; smsw 4(%%esp); movl 4(%%esp), %0; addl $8, %%esp"
		     : "=r"(v) : : "cc");
	check((v & 0xffff) == (cr0_read() & 0xffff), "smsw on the stack");
	asm volatile("pushl %1; movw (%%esp), %%fs; addl $4, %%esp; movl %%fs, %0"
		     : "=r"(v) : "r"(SEL_RODATA));
	check((v & 0xffff) == SEL_RODATA, "mov to fs from the stack");
	asm volatile("pushl $0; movw %%fs, (%%esp); popl %0" : "=r"(v));
	check(v == SEL_RODATA, "mov from fs to the stack");
	words[3] = SEL_KDATA;
	asm volatile("movw words(%1,%2,2), %%fs; movl %%fs, %0" : "=r"(v) : "r"(2), "r"(2));
	check((v & 0xffff) == SEL_KDATA, "mov to fs, indexed");
	asm volatile("verr words + 6; setz %b0" : "=q"(v));
	check(v & 1, "verr of memory");
	asm volatile("lar words + 6, %0; lsl (%2), %1" : "=&r"(v), "=r"(w) : "r"(&words[3]));
	check((v & 0xff00) == 0x9300 && w == 0xffffffff, "lar, lsl of memory");
	asm volatile("sgdt (%0); lgdt (%0); sidt 8(%0); lidt 8(%0)" : : "r"(0x7000) : "memory");
	asm volatile("pushl %%ds; pushl %%ss; movw 4(%%esp), %%ds; popl %0; popl %%ds" : "=r"(v));
	check((v & 0xffff) == SEL_KDATA, "segments over the stack");
	asm volatile("movl $0x12, %%eax; outb %%al, %1; inb %1, %%al; movzbl %%al, %0"
		     : "=r"(v) : "d"((uint16_t)PORT_SCRATCH) : "eax");
	check(v == 0x12, "port in dx");
	fs_write(0);
	gs_write(0);
}
