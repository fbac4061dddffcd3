/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conforming code runs in the ring of its caller. */
#include "guest.h"

#define CONFORMING	SEL(FIRST_FREE)

USERDATA volatile uint16_t seen;

USER __attribute__((naked)) static void routine(void)
{
	asm volatile("movw %cs, seen; lret");
}

USER static void user(void)
{
	seen = 0;
	asm volatile("lcall %0, $routine" : : "i"(CONFORMING));
	user_exit(seen);
}

USER static void user_cli(void)
{
	asm volatile("ljmp %0, $1f; 1: cli" : : "i"(CONFORMING));
}

USER static void user_plain(void)
{
	asm volatile("lcall %0, $routine" : : "i"(SEL_KCODE));
}

void guest_main(void)
{
	struct visit v;

	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_CONFORMING, F_PAGES | F_32);
	paging_on();
	asm volatile("lcall %0, $routine" : : "i"(CONFORMING) : "memory");
	check(seen == CONFORMING, "from ring 0: in ring 0");
	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == (CONFORMING | 3), "from ring 3: in ring 3");
	check((v.tf.cs & 0xffff) == SEL_UCODE, "and back");
	v = user_run(user_cli, FL_IF);
	check(v.vector == T_GP && v.error == 0, "where cli is as forbidden as ever");
	v = user_run(user_plain, FL_IF);
	check(v.vector == T_GP && v.error == SEL_KCODE, "ordinary kernel code is out of reach");
}
