/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fault in the delivery of a fault is #DF, once for each pair that makes one. */
#include "guest.h"

static volatile unsigned doubles;
static word df_error = 1;

/* #DF has no way back: this one is made to have one, for the test. */
static bool double_fault(struct trapframe *tf)
{
	extern char resume[];

	doubles++;
	df_error = tf->error;
	tf->ip = (word)resume;
	return true;
}

void guest_main(void)
{
	handlers[T_DF] = double_fault;
	/* #DE, whose gate is not present: #NP in its delivery. */
	idt[T_DE] = gate(SEL_KCODE, trap_vectors[T_DE], A_INTERRUPT & ~0x80, 0);
	asm volatile("movl $0, %%eax; xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx; jmp 1f;"
		     ".global resume; resume: 1:" : : : "eax", "ecx", "edx", "memory");
	check(doubles == 1 && df_error == 0, "#NP in the delivery of #DE is #DF with error 0");
	/* A software interrupt is no fault: #NP alone. */
	idt[0x70] = gate(SEL_KCODE, 0, A_INTERRUPT & ~0x80, 0);
	check(faulted(TRY("int $0x70", "r"(0)), T_NP, 0x70 * 8 + 2) && doubles == 1,
	      "#NP in the delivery of int is #NP");
	/* #UD is benign: what goes wrong in its delivery stands for itself. */
	idt[T_UD] = gate(SEL_KCODE, 0, A_INTERRUPT & ~0x80, 0);
	check(TRY("ud2", "r"(0)) == T_NP && doubles == 1, "#NP in the delivery of #UD is #NP");
}
