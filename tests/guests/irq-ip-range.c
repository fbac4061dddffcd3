/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wherever an interrupt strikes, the kernel sees an address of its own code, its
 * own code segment, and its own stack: nothing of what may stand in for an
 * instruction.
 */
#include "guest.h"

extern char start[], user_start[];
static volatile unsigned strange, stray;
static char *stack_low, *stack_high;

static bool timer(struct trapframe *tf)
{
	if (tf->ip < (word)start || tf->ip >= (word)user_start)
		strange++;
	if ((tf->cs & 0xffff) != SEL_KCODE)
		strange++;
	if ((char *)tf < stack_low || (char *)tf > stack_high)
		stray++;
	if ((tf->ds & 0xffff) != SEL_KDATA || (tf->es & 0xffff) != SEL_KDATA)
		strange++;
	return false;
}

void guest_main(void)
{
	struct dtr g;
	word v;

	paging_on();
	stack_high = __builtin_frame_address(0);
	stack_low = stack_high - 4096;
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(10000);
	sgdt(&g);
	sti();
	while (irq_count(0) < 1000) {
		v = irq_save();
		outb(PORT_SCRATCH, inb(PORT_SCRATCH) + 1);
		irq_restore(v);
		cr2_write(cr0_read());
		lgdt(&g);
		fs_write(SEL_KDATA);
		asm volatile("pushl %%ds; popl %%ds; pushfl; popfl; cli; sti; ljmp $8, $1f; 1:"
			     "pushfl; pushl %%cs; call 2f; jmp 3f; 2: iret; 3:"
			     : : : "memory", "cc");
		(void)cpuid(0);
		(void)rdmsr(MSR_SYSENTER_CS);
		asm volatile("lar %1, %0" : "=r"(v) : "r"(SEL_KDATA));
	}
	cli();
	check(!strange, "only addresses and selectors of the kernel's");
	check(!stray, "only its own stack");
	fs_write(0);
}
