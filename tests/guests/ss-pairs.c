/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A load of ss, and then every way to load esp: the two belong together. */
#include "guest.h"

#define SS2	SEL(FIRST_FREE)

static char stack[256] __attribute__((aligned(16), used));
#define TOP	((word)stack + sizeof(stack))

#define PAIR(name, load) do {						\
	word esp, ss, top = TOP;					\
									\
	asm volatile("movl %%esp, %%ecx;"				\
		     load						\
		     "movl %%ss, %1; movl %%esp, %0;"			\
		     "movw $0x10, %%ax; movw %%ax, %%ss; movl %%ecx, %%esp" \
		     : "=&S"(esp), "=&D"(ss), "+d"(top) : "b"(SS2)	\
		     : "eax", "ecx", "memory", "cc");			\
	check(esp == TOP && (ss & 0xffff) == SS2, name);		\
} while (0)

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_DATA, F_PAGES | F_32);
	PAIR("mov, mov", "movw %%bx, %%ss; movl %%edx, %%esp;");
	PAIR("mov, mov of a constant", "movw %%bx, %%ss; movl $stack + 256, %%esp;");
	PAIR("mov, mov from memory", "movl %%edx, stack; movw %%bx, %%ss; movl stack, %%esp;");
	PAIR("mov, lea", "subl $8, %%edx; movw %%bx, %%ss; leal 8(%%edx), %%esp;");
	PAIR("mov, add", "leal -4(%%edx), %%esp; movw %%bx, %%ss; addl $4, %%esp;");
	PAIR("mov, sub", "leal 4(%%edx), %%esp; movw %%bx, %%ss; subl $4, %%esp;");
	PAIR("mov, and", "leal 3(%%edx), %%esp; movw %%bx, %%ss; andl $-4, %%esp;");
	PAIR("mov, pop", "pushl %%edx; movw %%bx, %%ss; popl %%esp;");
	PAIR("pop, pop", "pushl %%edx; pushl %%ebx; popl %%ss; popl %%esp;");
	PAIR("mov, xchg", "movw %%bx, %%ss; xchgl %%edx, %%esp;");
	PAIR("mov, something else", "movw %%bx, %%ss; nop; movl %%edx, %%esp;");
	PAIR("mov, another segment", "movw %%bx, %%ss; movw %%bx, %%fs; movl %%edx, %%esp;");
	fs_write(0);
}
