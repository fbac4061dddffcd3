/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Call gates: into ring 0 with a new stack and copied parameters, and back. */
#include "guest.h"

#define GATE3	(SEL(FIRST_FREE) | 3)
#define GATE0	(SEL(FIRST_FREE + 1) | 3)
#define ABSENT	(SEL(FIRST_FREE + 2) | 3)
#define PLAIN	SEL(FIRST_FREE + 3)

static volatile word got_cs, got_a, got_b, got_sp, got_ss, got_cpl;
void gate_entry(void);
void plain_entry(void);

asm(".text; gate_entry:"
    "movl %esp, %ebx; movw %ds, %dx; movw $0x10, %ax; movw %ax, %ds;"
    "movl %cs, %eax; movl %eax, got_cpl;"
    "movl 4(%ebx), %eax; movl %eax, got_cs;"
    "movl 8(%ebx), %eax; movl %eax, got_b;"	/* the last pushed lies lowest */
    "movl 12(%ebx), %eax; movl %eax, got_a;"
    "movl 16(%ebx), %eax; movl %eax, got_sp;"
    "movl 20(%ebx), %eax; movl %eax, got_ss;"
    "movw %dx, %ds; movl $99, %eax; lret $8;"
    "plain_entry: movl 4(%esp), %eax; movl %eax, got_cs; movl $98, %eax; lret");

USER static void user(void)
{
	word r, sp;

	asm volatile("movl %%esp, %1; pushl $0xaaa; pushl $0xbbb; lcall %2, $0; subl %%esp, %1"
		     : "=a"(r), "=&S"(sp) : "i"(GATE3) : "ebx", "edx", "memory");
	asm volatile("int $0x80" : : "a"(r), "c"(sp));
}

USER static void user0(void) { asm volatile("lcall %0, $0" : : "i"(GATE0)); }
USER static void user_absent(void) { asm volatile("lcall %0, $0" : : "i"(ABSENT)); }
USER static void user_jmp(void) { asm volatile("ljmp %0, $0" : : "i"(GATE3)); }

void guest_main(void)
{
	struct visit v;
	word r;

	gdt[FIRST_FREE] = gate(SEL_KCODE, (word)gate_entry, A_CALL | A_RING3, 2);
	gdt[FIRST_FREE + 1] = gate(SEL_KCODE, (word)gate_entry, A_CALL, 2);
	gdt[FIRST_FREE + 2] = gate(SEL_KCODE, (word)gate_entry, (A_CALL | A_RING3) & ~0x80, 2);
	gdt[FIRST_FREE + 3] = gate(SEL_KCODE, (word)plain_entry, A_CALL, 0);
	paging_on();
	asm volatile("lcall %1, $0" : "=a"(r) : "i"(PLAIN) : "memory");
	check(r == 98 && (got_cs & 0xffff) == SEL_KCODE, "within ring 0");

	v = user_run(user, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 99, "there and back");
	check((got_cpl & 0xffff) == SEL_KCODE && (got_cs & 0xffff) == SEL_UCODE,
	      "from ring 3 to ring 0");
	check(got_a == 0xaaa && got_b == 0xbbb, "parameters are copied");
	check((got_ss & 0xffff) == SEL_UDATA && got_sp == v.tf.sp - 8,
	      "the old stack is noted");
	check(v.tf.cx == 0, "and unwound");
	v = user_run(user0, FL_IF);
	check(v.vector == T_GP && v.error == (GATE0 & ~3), "a gate of ring 0's");
	v = user_run(user_absent, FL_IF);
	check(v.vector == T_NP && v.error == (ABSENT & ~3), "a gate that is not present");
	v = user_run(user_jmp, FL_IF);
	check(v.vector == T_GP && v.error == SEL_KCODE, "no jump inwards");
}
