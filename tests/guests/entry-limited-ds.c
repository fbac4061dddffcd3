/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel is entered with the segments that the outer ring left: small ones, with
 * limits.  Sensitive instructions that use no memory do what they do before the kernel has
 * loaded its own.
 */
#include "guest.h"

#define SMALL	(SEL(FIRST_FREE) | 3)
#define GATE	(SEL(FIRST_FREE + 1) | 3)

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

void guest_main(void)
{
	struct trapframe tf;
	struct visit v;
	unsigned i;
	bool ok = true;

	gdt[FIRST_FREE] = descriptor((word)block, sizeof(block) - 1, A_DATA | A_RING3, F_32);
	gdt[FIRST_FREE + 1] = gate(SEL_KCODE, (word)entry, A_CALL | A_RING3, 0);
	block[0] = 4711;
	paging_on();
	for (i = 0; i < 3; i++) {
		tf = user_frame(user, FL_IF);
		tf.ds = tf.es = SMALL;
		v = user_run_frame(&tf);
		ok &= v.vector == 0x80 && (v.tf.bx & 0xffff) == SMALL && v.tf.cx == cr0_read() &&
		      (v.tf.ds & 0xffff) == SMALL && v.tf.flags & FL_IF;
	}
	check(ok, "by a call gate");
	map((word)block & ~0xffful, (word)block & ~0xffful, PTE_W | PTE_U);
	for (i = 0; i < 3; i++) {
		tf = user_frame(by_gate, FL_IF);
		tf.ds = tf.es = SMALL;
		v = user_run_frame(&tf);
		ok &= v.vector == 0x80 && v.tf.cx == 4711 && (v.tf.ds & 0xffff) == SMALL;
	}
	check(ok, "by an interrupt gate");
}
