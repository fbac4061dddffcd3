/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fault while the processor pushes an interrupt frame: half of it lies in a
 * page that is not there.  The frame goes to the stack in use, since the gate
 * leads to ring 3's own code.  Seen by the kernel: a page fault at the int, with
 * esp as before it; and once the page is there, the int is done.
 */
#include "guest.h"

#define STACK	0x40001000u		/* its page is there, the one below is not */

static volatile unsigned faults;
static word fault_ip, fault_sp, fault_addr, fault_error;
static word page;
extern char the_int[];

USER __attribute__((naked)) static void user_handler(void)
{
	asm volatile("movl (%esp), %ebx; movl %esp, %ecx; int $0x80");
}

USER static void user(void)
{
	asm volatile("movl %0, %%esp; the_int: int $0x50" : : "r"(STACK + 8));
}

static bool page_fault(struct trapframe *tf)
{
	if (!(tf->cs & 3))
		return false;
	faults++;
	fault_ip = tf->ip;
	fault_sp = tf->sp;
	fault_addr = cr2_read();
	fault_error = tf->error;
	map(STACK - PAGESIZE, page, PTE_W | PTE_U);
	return true;
}

void guest_main(void)
{
	struct visit v;

	page = (word)page_new();
	paging_on();
	map(STACK, (word)page_new(), PTE_W | PTE_U);
	idt[0x50] = gate(SEL_UCODE, (word)user_handler, A_INTERRUPT | A_RING3, 0);
	handlers[T_PF] = page_fault;
	v = user_run(user, FL_IF);
	check(faults == 1, "one fault");
	check(fault_ip == (word)the_int && fault_sp == STACK + 8, "at the int, esp as before");
	check(fault_addr >= STACK - 4 && fault_addr < STACK && fault_error & PF_W &&
	      !(fault_error & PF_P), "writing to the missing page");
	check(v.vector == 0x80 && v.tf.bx == (word)the_int + 2 && v.tf.cx == STACK + 8 - 12,
	      "then the int is done");
}
