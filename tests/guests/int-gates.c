/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int n, int3, into, bound: gates, their rings, and the flags behind them. */
#include "guest.h"

#define BOUND	".byte 0x62, 0x01"	/* bound %eax, (%ecx): assemblers differ */

static volatile word flags_in;
static bool note(struct trapframe *tf)
{
	flags_in = flags_read();
	return true;
}

extern char int_at[], int3_at[];
USER static void u_int(void) { asm volatile("int_at: int $0x41"); }
USER static void u_int3(void) { asm volatile("int3"); }
USER static void u_beyond(void) { asm volatile("int $0x42"); }
USER static void u_into(void) { asm volatile("movb $127, %%al; addb $1, %%al; into" : : : "eax"); }
USER static void u_bound(void)
{
	static USERDATA int32_t bounds[2] = { 1, 5 };

	asm volatile(BOUND : : "a"(6), "c"(bounds));
}

void guest_main(void)
{
	static int32_t bounds[2] = { -3, 5 };
	struct visit v;

	paging_on();
	handlers[0x40] = note;
	sti();
	asm volatile("int $0x40");
	check(trap_count[0x40] == 1 && !(flags_in & FL_IF), "an interrupt gate closes IF");
	gate_set(0x40, NULL, A_TRAP);
	asm volatile("int $0x40");
	check(trap_count[0x40] == 2 && flags_in & FL_IF, "a trap gate leaves it");
	check(flags_read() & FL_IF, "iret brings it back");
	cli();
	handlers[3] = note;
	asm volatile("int3; int3_at:");
	check(trap_ip[3] == (word)int3_at, "int3: behind itself");
	asm volatile("int $3");
	check(trap_count[3] == 2, "int $3, two bytes");
	handlers[4] = note;
	asm volatile("movb $1, %%al; addb $1, %%al; into" : : : "eax");
	check(trap_count[4] == 0, "into without overflow");
	asm volatile("movb $127, %%al; addb $1, %%al; into" : : : "eax");
	check(trap_count[4] == 1, "into with overflow");
	asm volatile(BOUND : : "a"(5), "c"(bounds));
	check(faulted(TRY(BOUND, "a"(6), "c"(bounds)), 5, 0), "bound: above");
	check(faulted(TRY(BOUND, "a"(-4), "c"(bounds)), 5, 0), "bound: below");

	idt[0x43] = gate(SEL_KCODE, trap_vectors[0x43], A_INTERRUPT & ~0x80, 0);
	check(faulted(TRY("int $0x43", "r"(0)), T_NP, 0x43 * 8 + 2), "a gate that is not present");
	idt[0x44] = gate(SEL_KDATA, trap_vectors[0x44], A_INTERRUPT, 0);
	check(faulted(TRY("int $0x44", "r"(0)), T_GP, SEL_KDATA), "a gate to data");
	idt[0x45] = descriptor(0, 0xfffff, A_DATA, 0);
	check(faulted(TRY("int $0x45", "r"(0)), T_GP, 0x45 * 8 + 2), "no gate at all");
	idt_limit(0x60);
	check(faulted(TRY("int $0x60", "r"(0)), T_GP, 0x60 * 8 + 2), "beyond the table");
	idt_limit(256);

	v = user_run(u_int, FL_IF);
	check(v.vector == T_GP && v.error == 0x41 * 8 + 2 && v.tf.ip == (word)int_at,
	      "ring 3: a gate of ring 0's");
	v = user_run(u_int3, FL_IF);
	check(v.vector == T_GP && v.error == 3 * 8 + 2, "ring 3: int3, as any other");
	gate_set(3, NULL, A_INTERRUPT | A_RING3);
	gate_set(4, NULL, A_INTERRUPT | A_RING3);
	handlers[3] = handlers[4] = NULL;
	v = user_run(u_int3, FL_IF);
	check(v.vector == 3, "ring 3: int3, allowed");
	v = user_run(u_into, FL_IF);
	check(v.vector == 4, "ring 3: into, allowed");
	v = user_run(u_bound, FL_IF);
	check(v.vector == 5, "ring 3: bound needs no permission");
}
