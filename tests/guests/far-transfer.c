/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Far jumps, calls and returns within ring 0: direct, indirect, refused. */
#include "guest.h"

#define CODE2	SEL(FIRST_FREE)
#define NOCODE	SEL(FIRST_FREE + 1)

struct far {
	uint32_t offset;
	uint16_t sel;
} __attribute__((packed));

static volatile word routine_cs;
void routine(void);
void routine_pop(void);
asm(".text; routine: movl %cs, %eax; movl %eax, routine_cs; lret;"
    "routine_pop: lret $8");

void guest_main(void)
{
	struct far f = { (word)routine, CODE2 };
	word cs, sp;

	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_CODE, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, A_CODE & ~0x80, F_PAGES | F_32);
	asm volatile("ljmp %1, $1f; 1: movl %%cs, %0; ljmp %2, $2f; 2:"
		     : "=r"(cs) : "i"(CODE2), "i"(SEL_KCODE));
	check((cs & 0xffff) == CODE2, "ljmp, direct");
	asm volatile("lcall %0, $routine" : : "i"(CODE2) : "eax", "memory");
	asm volatile("movl %%cs, %0" : "=r"(cs));
	check((routine_cs & 0xffff) == CODE2 && (cs & 0xffff) == SEL_KCODE,
	      "lcall and lret, direct");
	routine_cs = 0;
	asm volatile("lcall *%0" : : "m"(f) : "eax", "memory");
	check((routine_cs & 0xffff) == CODE2, "lcall, indirect");
	asm volatile("movl %%esp, %0; pushl $1; pushl $2; lcall %1, $routine_pop; subl %%esp, %0"
		     : "=&r"(sp) : "i"(CODE2) : "memory");
	check(sp == 0, "lret with a number");
	asm volatile("pushl %1; pushl $1f; lret; 1: movl %%cs, %0; pushl %2; pushl $2f; lret; 2:"
		     : "=r"(cs) : "i"(CODE2), "i"(SEL_KCODE) : "memory");
	check((cs & 0xffff) == CODE2, "lret as a jump");

	f.sel = 0x1000;
	check(faulted(TRY("ljmp *%1", "m"(f)), T_GP, 0x1000), "ljmp beyond the table");
	check(faulted(TRY("lcall *%1", "m"(f)), T_GP, 0x1000), "lcall beyond the table");
	f.sel = SEL_KDATA;
	check(faulted(TRY("ljmp *%1", "m"(f)), T_GP, SEL_KDATA), "ljmp to data");
	f.sel = NOCODE;
	check(faulted(TRY("ljmp *%1", "m"(f)), T_NP, NOCODE), "ljmp to what is not present");
	check(faulted(TRY_ASM("pushl $0x1000; pushl $2f;", "lret", "addl $8, %%esp;", , "r"(0)),
		      T_GP, 0x1000), "lret beyond the table");
	check(faulted(TRY_ASM("pushl $0; pushl $2f;", "lret", "addl $8, %%esp;", , "r"(0)),
		      T_GP, 0), "lret to null");
	asm volatile("movl %%cs, %0" : "=r"(cs));
	check((cs & 0xffff) == SEL_KCODE, "after all that, the same code segment");
}
