/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors that are not present, or of the wrong kind. */
#include "guest.h"

#define NOSTACK	SEL(FIRST_FREE)
#define NOREAD	SEL(FIRST_FREE + 1)
#define SYSTEM	SEL_TSS

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_DATA & ~0x80, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, 0x99, F_PAGES | F_32);
	check(faulted(TRY("mov %w1, %%es", "r"(SEL_ABSENT)), T_NP, SEL_ABSENT), "data: #NP");
	check(faulted(TRY("mov %w1, %%ss", "r"(NOSTACK)), T_SS, NOSTACK), "stack: #SS");
	check(faulted(TRY("mov %w1, %%ss", "r"(SEL_RODATA)), T_GP, SEL_RODATA),
	      "stack that cannot be written");
	check(faulted(TRY("mov %w1, %%ss", "r"(SEL_KCODE)), T_GP, SEL_KCODE), "stack that is code");
	check(faulted(TRY("mov %w1, %%ss", "r"(SEL_KDATA | 3)), T_GP, SEL_KDATA),
	      "stack with another ring's RPL");
	check(faulted(TRY("mov %w1, %%fs", "r"(NOREAD)), T_GP, NOREAD), "code that cannot be read");
	check(faulted(TRY("mov %w1, %%fs", "r"(SYSTEM)), T_GP, SYSTEM), "a TSS as data");
	check(faulted(TRY("mov %w1, %%fs", "r"(SEL_KDATA | 3)), T_GP, SEL_KDATA),
	      "kernel data with RPL 3");
	check(TRY("mov %w1, %%fs", "r"(SEL_KCODE)) == NO_FAULT, "code that can be read is data, too");
	check(faulted(TRY_ASM("pushl %1;", "popl %%gs", "addl $4, %%esp;", , "r"(0x1000)),
		      T_GP, 0x1000), "pop gs: esp as before");
	check(faulted(TRY("ltr %w1", "r"(SEL_KDATA)), T_GP, SEL_KDATA), "ltr of data");
	check(ss_read() == SEL_KDATA && es_read() == SEL_KDATA, "nothing has changed");
	fs_write(0);
}
