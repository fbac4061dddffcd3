/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stack that grows page by page as push, call, pusha and enter fault on it: each
 * fault finds esp as it was before the instruction. */
#include "guest.h"

#define TOP	0x40100000u

static volatile unsigned faults, strange;

static bool demand(struct trapframe *tf)
{
	word va = cr2_read();

	if (va < TOP - 0x80000 || va >= TOP || !(tf->cs & 3))
		return false;
	faults++;
	strange += tf->sp < va;
	map(va & ~0xffful, (word)page_new(), PTE_W | PTE_U);
	return true;
}

USER __attribute__((naked)) static void user(void)
{
	asm volatile("movl $0x40100000, %esp; movl $20000, %ecx; movl %esp, %ebp;"
		     "1: pushl %ecx; call 2f;"
		     "2: pushal; pushfl; enter $12, $0;"
		     "addl $16, %esp; loop 1b;"
		     "movl %esp, %eax; int $0x80");
}

void guest_main(void)
{
	struct visit v;

	paging_on();
	handlers[T_PF] = demand;
	v = user_run(user, FL_IF);
	check(v.vector == T_PF && v.addr < TOP - 0x80000 + 64, "it comes to the end of the room");
	check(faults == 128 && !strange, "page by page");
}
