/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every kind of instruction on a register that lies in memory: the local APIC's
 * task priority, by paging at another address.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define VA	0x40000000u
#define TPR	(VA + 0x80)

void guest_main(void)
{
	volatile uint32_t *tpr = (uint32_t *)TPR;
	uint32_t v, w, buf[2] = { 0x30, 0 };
	uint8_t b;

	paging_on();
	map(VA, 0xfee00000, PTE_W | 0x18);
	*tpr = 0x10;
	check(*tpr == 0x10, "mov");
	asm volatile("movl $0x20, %0" : "=m"(*tpr));
	check(*tpr == 0x20, "mov of a constant");
	asm volatile("orl $0x10, %0" : "+m"(*tpr));
	check(*tpr == 0x30, "or");
	asm volatile("andl $0x10, %0" : "+m"(*tpr));
	check(*tpr == 0x10, "and");
	asm volatile("addl %1, %0" : "+m"(*tpr) : "r"(0x30));
	check(*tpr == 0x40, "add");
	asm volatile("subl $0x20, %0; setz %1" : "+m"(*tpr), "=q"(b));
	check(*tpr == 0x20 && !b, "sub and its flags");
	v = 0x50;
	asm volatile("xchgl %0, %1" : "+r"(v), "+m"(*tpr));
	check(v == 0x20 && *tpr == 0x50, "xchg");
	asm volatile("cmpl $0x50, %1; sete %0" : "=q"(b) : "m"(*tpr));
	check(b, "cmp");
	asm volatile("testl $0x40, %1; setnz %0" : "=q"(b) : "m"(*tpr));
	check(b, "test");
	asm volatile("addl %1, %0" : "=r"(v) : "m"(*tpr), "0"(1));
	check(v == 0x51, "add from it");
	asm volatile("pushl %1; popl %0" : "=r"(v) : "m"(*tpr));
	check(v == 0x50, "push");
	asm volatile("pushl $0x60; popl %0" : "=m"(*tpr));
	check(*tpr == 0x60, "pop");
	asm volatile("incl %0" : "+m"(*tpr));
	check(*tpr == 0x61, "inc");
	v = 0x61;
	asm volatile("lock; cmpxchgl %3, %1; sete %2" : "+a"(v), "+m"(*tpr), "=q"(b) : "r"(0x70));
	check(b && *tpr == 0x70, "cmpxchg");
	v = TPR;
	w = (word)buf;
	asm volatile("movsl" : "+S"(w), "+D"(v) : : "memory");
	check(*tpr == 0x30 && v == TPR + 4 && w == (word)buf + 4, "movs to it");
	v = TPR;
	asm volatile("stosl" : "+D"(v) : "a"(0x40) : "memory");
	check(*tpr == 0x40, "stos");
	v = TPR;
	w = (word)&buf[1];
	asm volatile("movsl" : "+S"(v), "+D"(w) : : "memory");
	check(buf[1] == 0x40, "movs from it");
	asm volatile("btl $6, %1; setc %0" : "=q"(b) : "m"(*tpr));
	check(b, "bt");
	asm volatile("shll $1, %0" : "+m"(*tpr));
	check(*tpr == 0x80, "shl");
	asm volatile("notl %0; andl $0xff, %0" : "+m"(*tpr));
	check((*tpr & 0xff) == 0x7f, "not");
	*tpr = 0;
}
