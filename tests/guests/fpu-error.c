/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An unmasked floating-point error is #MF at the next FPU instruction. */
#include "guest.h"

extern char fp_next[];
USERDATA uint16_t control = 0x37b;	/* division by zero is not masked */

USER static void user(void)
{
	asm volatile("fninit; fldcw control; fld1; fldz; fdivrp; nop; fp_next: fwait");
	user_exit(0);
}

void guest_main(void)
{
	struct visit v;
	uint16_t sw;

	paging_on();
	cr0_write(cr0_read() | 0x20);	/* NE */
	asm volatile("fninit; fldcw control; fld1; fldz; fdivrp" : : : "memory");
	check(TRY("fwait", "r"(0)) == 16 && last_fault.ip == last_fault.site, "ring 0: #MF at fwait");
	asm volatile("fnstsw %0; fnclex" : "=m"(sw));
	check((sw & 0x84) == 0x84, "the status says division by zero");
	asm volatile("fninit");
	v = user_run(user, FL_IF);
	check(v.vector == 16 && v.tf.ip == (word)fp_next, "ring 3: #MF at fwait");
	asm volatile("fnclex; fninit");
	check(TRY("fwait", "r"(0)) == NO_FAULT, "cleared");
}
