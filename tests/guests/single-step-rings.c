/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trap flag across rings: through a call gate it goes along, through exceptions and
 * interrupts of ring 3 it stays behind; and in rings 1 and 2. */
#include "steps.h"

#define GATE3	(SEL(FIRST_FREE) | 3)

extern char gate_entry[], gate_1[], gate_2[], in_user[], user_call[], x_1[], x_2[], x_3[],
	x_4[], x_5[], x_6[], r_1[], r_2[], r_3[], r_4[];
static word seen;		/* TF in frames of what ring 3 raised */
static char stack1[4096] __attribute__((aligned(16)));

asm(".pushsection .text\n gate_entry: movl %eax, %eax\n gate_1: movl %ss, %edx\n"
    "gate_2: lret\n .popsection");

USER static void user(void)
{
	asm volatile("user_call: lcall %0, $0\n in_user: movl %%eax, %%eax"
		     : : "i"(GATE3) : "edx", "memory");
	user_exit(1);
}

USER static void traps(void)
{
	asm volatile("int3\n x_1: movl %%eax, %%eax\n x_2: .byte 0xcd, 0x71\n"
		     "x_3: movl %%eax, %%eax\n x_4: ud2\n x_5: movl %%eax, %%eax\n x_6: movl %%eax, %%eax"
		     : : : "memory");
	user_exit(2);
}

static bool note(struct trapframe *tf)
{
	seen += (tf->flags & FL_TF) != 0;
	if (tf->vector == 6)
		tf->ip += 2;
	return true;
}

static void driver(void)
{
	asm volatile("r_1: pushfl; popl %%eax\n r_2: movl %%ds, %%eax\n r_3: cli; movl $3, %%ecx;"
		     "leal -64(%%esp), %%edi; xorl %%eax, %%eax\n r_4: rep stosb\n"
		     : : : "eax", "ecx", "edi", "memory", "cc");
	user_exit(3);
}

static void ring(unsigned cpl)
{
	struct trapframe tf = user_frame(driver, FL_IF | FL_TF | 0x3000);
	struct visit v;

	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, A_CODE | cpl << 5, F_PAGES | F_32);
	gdt[FIRST_FREE + 2] = descriptor(0, 0xfffff, A_DATA | cpl << 5, F_PAGES | F_32);
	tf.cs = SEL(FIRST_FREE + 1) | cpl;
	tf.ss = tf.ds = tf.es = SEL(FIRST_FREE + 2) | cpl;
	tf.sp = (word)stack1 + sizeof(stack1);
	steps_begin();
	v = user_run_frame(&tf);
	check(v.vector == 0x80 && v.tf.ax == 3 && !(v.tf.flags & FL_IF), cpl == 1 ? "ring 1" : "ring 2");
	check(steps_at(r_2) == 1 && steps_at(r_3) == 1 && steps_at(r_4) == 3 && steps_bs(),
	      "each once there");
}

void guest_main(void)
{
	struct visit v;

	gdt[FIRST_FREE] = gate(SEL_KCODE, (word)gate_entry, A_CALL | A_RING3, 0);
	paging_on();
	steps_begin();
	v = user_run(user, FL_IF | FL_TF);
	check(v.vector == 0x80 && v.tf.flags & FL_TF, "a call gate");
	check(steps_at(gate_entry) == 1 && steps_at(gate_1) == 1 && steps_at(gate_2) == 1 &&
	      steps_at(in_user) == 1 && steps_bs(), "each once, behind it as well");
	check(steps && step[0].ip == (word)gate_entry && step[0].cs == SEL_KCODE, "in ring 0");

	handlers[3] = handlers[6] = handlers[0x71] = note;
	gate_set(3, NULL, A_INTERRUPT | A_RING3);
	gate_set(0x71, NULL, A_INTERRUPT | A_RING3);
	steps_begin();
	v = user_run(traps, FL_IF | FL_TF);
	check(v.vector == 0x80 && seen == 3, "int3, int and ud2 of ring 3");
	check(!steps_at(x_1) && steps_at(x_2) == 1 && !steps_at(x_3) && steps_at(x_4) == 1 &&
	      !steps_at(x_5) && steps_at(x_6) == 1 && steps_bs(), "none of their own");
	ring(1);
	ring(2);
}
