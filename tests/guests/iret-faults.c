/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An iret that cannot be done: the right exception, at the iret, and nothing
 * has changed. */
#include "guest.h"

#define NOCODE	SEL(FIRST_FREE)
#define LDTSEL	0x0f

static word try_iret(word cs, word flags)
{
	return TRY_ASM("pushl %[fl]; pushl %[cs]; pushl $2f;", "iret",
		       "leal 12(%%esp), %%esp;", , [cs] "r"(cs), [fl] "r"(flags));
}

static word try_iret3(word cs, word ss)
{
	return TRY_ASM("pushl %[ss]; pushl $0x1000; pushl $2; pushl %[cs]; pushl $2f;",
		       "iret", "leal 20(%%esp), %%esp;", , [cs] "r"(cs), [ss] "r"(ss));
}

void guest_main(void)
{
	uint8_t carry;

	cli();
	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_CODE & ~0x80, F_PAGES | F_32);
	check(faulted(try_iret(0, 2), T_GP, 0), "cs is null");
	check(faulted(try_iret(0x1000, 2), T_GP, 0x1000), "cs is beyond the table");
	check(faulted(try_iret(SEL_KDATA, 2), T_GP, SEL_KDATA), "cs is data");
	check(faulted(try_iret(NOCODE, 2), T_NP, NOCODE), "cs is not present");
	check(faulted(try_iret(LDTSEL, 2), T_GP, LDTSEL & ~3), "cs is in no table");
	check(faulted(try_iret(SEL_KCODE | 3, 2), T_GP, SEL_KCODE), "ring 3 with ring 0's code");
	check(faulted(try_iret3(SEL_UCODE, 0), T_GP, 0), "ring 3 without a stack");
	check(faulted(try_iret3(SEL_UCODE, SEL_KDATA), T_GP, SEL_KDATA),
	      "ring 3 with ring 0's stack");
	check(faulted(try_iret3(SEL_UCODE, SEL_UCODE), T_GP, SEL_UCODE & ~3),
	      "ring 3 with code as its stack");
	check(faulted(try_iret3(SEL_UCODE, 0x1003), T_GP, 0x1000),
	      "ring 3 with a stack beyond the table");
	asm volatile("pushl $3; pushl %1; pushl $1f; iret; 1: setc %0"
		     : "=q"(carry) : "i"(SEL_KCODE) : "memory");
	check(carry, "and one that can be done");
	check(ss_read() == SEL_KDATA && !(flags_read() & FL_IF), "nothing has changed");
}
