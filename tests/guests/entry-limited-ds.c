/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel is entered with the segments that the outer ring left: small ones, with
 * limits, or with a base.  Sensitive instructions that use no memory do what they do before the kernel has
 * loaded its own.
 */
#include "guest.h"

#define SMALL	(SEL(FIRST_FREE) | 3)
#define GATE	(SEL(FIRST_FREE + 1) | 3)
#define BASED	(SEL(FIRST_FREE + 2) | 3)

static uint32_t block[16];

void entry(void);
asm(".text\n"
    "entry:\n\t"
    "pushl %ds\n\t"
    "pushfl\n\t"
    "cli\n\t"
    "movl %cr0, %ecx\n\t"
    "movl %ds, %ebx\n\t"
    "popfl\n\t"
    "movl $0x10, %eax\n\t"
    "movl %eax, %ds\n\t"
    "movl %eax, %es\n\t"
    "popl %ds\n\t"
    "lret");

USER __attribute__((naked)) static void user(void)
{
	asm volatile("lcall %0, $0; int $0x80" : : "i"(GATE));
}

USER __attribute__((naked)) static void by_gate(void)
{
	asm volatile("movl %ds:0, %ecx; int $0x80");
}

static bool enters(void (*f)(void), word ds, unsigned n)
{
	struct trapframe tf;
	struct visit v;
	bool ok = true;

	while (n--) {
		tf = user_frame(f, FL_IF);
		tf.ds = tf.es = ds;
		v = user_run_frame(&tf);
		ok &= v.vector == 0x80 && (v.tf.ds & 0xffff) == ds && v.tf.flags & FL_IF &&
		      (f == by_gate ? v.tf.cx == 4711 :
		       (v.tf.bx & 0xffff) == ds && v.tf.cx == cr0_read());
	}
	return ok;
}

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor((word)block, sizeof(block) - 1, A_DATA | A_RING3, F_32);
	gdt[FIRST_FREE + 1] = gate(SEL_KCODE, (word)entry, A_CALL | A_RING3, 0);
	gdt[FIRST_FREE + 2] = descriptor((word)block, 0xfffff, A_DATA | A_RING3, F_PAGES | F_32);
	block[0] = 4711;
	paging_on();
	check(enters(user, SMALL, 3), "by a call gate");
	check(enters(user, BASED, 3), "with a base");
	map((word)block & ~0xffful, (word)block & ~0xffful, PTE_W | PTE_U);
	check(enters(by_gate, SMALL, 3), "by an interrupt gate");
	check(enters(by_gate, BASED, 3), "with a base");
}
