/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An access beyond a segment's limit is #GP(0), or #SS(0) by the stack segment.
 * Native: no, QEMU's TCG does not check limits
 */
#include "guest.h"

#define SMALL	SEL(FIRST_FREE)
#define PAGES	SEL(FIRST_FREE + 1)
#define STACK	SEL(FIRST_FREE + 3)

static uint8_t area[2 * PAGESIZE] __attribute__((aligned(4096)));

static word try_fs(word at)
{
	return TRY("cmpl $0, %%fs:(%1)", "r"(at));
}

void guest_main(void)
{
	word v;

	gdt[FIRST_FREE] = descriptor((word)area, 99, A_DATA, F_32);
	gdt[FIRST_FREE + 1] = descriptor((word)area, 0, A_DATA, F_PAGES | F_32);
	gdt[FIRST_FREE + 3] = descriptor((word)area, 0xff, A_DATA, F_32);
	fs_write(SMALL);
	check(try_fs(0) == NO_FAULT && try_fs(96) == NO_FAULT, "up to the limit");
	check(faulted(try_fs(97), T_GP, 0), "one byte beyond");
	check(faulted(try_fs(100), T_GP, 0), "four bytes beyond");
	check(faulted(try_fs(0xfffffffe), T_GP, 0), "around the end");
	fs_write(PAGES);
	check(try_fs(4092) == NO_FAULT && faulted(try_fs(4093), T_GP, 0), "a page");
	v = TRY("movb $1, %%fs:(%1)", "r"(4096));
	check(faulted(v, T_GP, 0), "writing beyond");

	/* Through ss: the exception is another one. */
	asm volatile("movl %%esp, %%ecx; movl $0x100, %%edx; movw %w0, %%ss;"
		     "movl %%edx, %%esp; pushl $5; popl %%edx; movw %w1, %%ss;"
		     "movl %%ecx, %%esp" : : "r"(STACK), "r"(SEL_KDATA)
		     : "ecx", "edx", "memory");
	check(read32((word)area + 0xfc) == 5, "a small stack");
	fs_write(0);
}
