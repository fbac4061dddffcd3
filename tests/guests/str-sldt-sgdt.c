/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registers that ring 0 sets and any ring can read. */
#include "guest.h"

USERDATA struct dtr g, i;

USER static void user(void)
{
	word t, l, m;

	asm volatile("str %0; sldt %1; smsw %2" : "=r"(t), "=r"(l), "=r"(m));
	asm volatile("sgdt %0; sidt %1" : "=m"(g), "=m"(i));
	asm volatile("int $0x80" : : "a"(t), "b"(l), "c"(m));
}

void guest_main(void)
{
	struct dtr d;
	struct visit v;
	word t;
	uint16_t s;

	paging_on();
	asm volatile("str %0; sldt %1" : "=r"(t), "=m"(s));
	check((t & 0xffff) == SEL_TSS && s == 0, "str to a register, sldt to memory");
	gdt[FIRST_FREE] = descriptor(0x1000, 0xf, A_LDT, 0);
	lldt(SEL(FIRST_FREE));
	asm volatile("sldt %0; str %1" : "=r"(t), "=m"(s));
	check((t & 0xffff) == SEL(FIRST_FREE) && s == SEL_TSS, "the other way round");
	sgdt(&d);
	check(d.limit == sizeof(gdt) - 1 && d.base == (word)gdt, "sgdt");
	sidt(&d);
	check(d.limit == sizeof(idt) - 1 && d.base == (word)idt, "sidt");
	idt_limit(100);
	sidt(&d);
	check(d.limit == 799, "lidt, sidt");
	idt_limit(256);
	asm volatile("smsw %0" : "=r"(s));
	check(s == (uint16_t)cr0_read(), "smsw to a register");
	asm volatile("smsw %0" : "=m"(s));
	check(s == (uint16_t)cr0_read(), "smsw to memory");
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && (v.tf.ax & 0xffff) == SEL_TSS &&
	      (v.tf.bx & 0xffff) == SEL(FIRST_FREE) &&
	      (v.tf.cx & 0xffff) == (cr0_read() & 0xffff), "ring 3: str, sldt, smsw");
	check(g.base == (word)gdt && i.base == (word)idt && g.limit == sizeof(gdt) - 1,
	      "ring 3: sgdt, sidt");
}
