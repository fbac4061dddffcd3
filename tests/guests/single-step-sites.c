/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps over code that a monitor does itself, while interrupts come at any moment: each
 * place is passed once a round, and what the code does is right. */
#include "guest.h"

#define FL_TF	0x100
#define ROUNDS	500u
#define VECTOR	0x71

extern char p_0[], p_1[], p_2[], p_3[], p_4[], p_5[], p_6[], p_7[], p_8[], p_9[], p_10[],
	p_11[], p_12[], p_13[], p_14[], p_end[];
static const char *const place[] = {
	p_0, p_1, p_2, p_3, p_4, p_5, p_6, p_7, p_8, p_9, p_10, p_11, p_12, p_13, p_14,
};
#define PLACES	(sizeof(place) / sizeof(*place))
static volatile unsigned visits[PLACES], ints, closed, wrong;

static bool step(struct trapframe *tf)
{
	unsigned i;

	for (i = 0; i < PLACES; i++)
		visits[i] += tf->ip == (word)place[i];
	if (tf->ip == (word)p_end)
		tf->flags &= ~FL_TF;
	return true;
}

static bool count(struct trapframe *tf)
{
	ints++;
	return true;
}

/* Between p_0 and p_1, and p_8 and p_9, none may come. */
static bool timer(struct trapframe *tf)
{
	closed += tf->ip >= (word)p_0 && tf->ip < (word)p_1;
	closed += tf->ip >= (word)p_8 && tf->ip < (word)p_9;
	return false;
}

static void round(void)
{
	word on, off, cr0, ds, stack;
	uint8_t in;

	asm volatile("movl %%esp, %4; pushfl; orl $0x100, (%%esp); .byte 0x9d; movl %%eax, %%eax\n"
		     "cli\n p_0: movl %%eax, %%eax; pushfl; popl %1\n p_1: sti\n"
		     "p_2: movl %%eax, %%eax; pushfl; popl %0\n p_3: movl %%cr0, %2\n"
		     "p_4: movl %%ds, %3; movl %3, %%es\n p_5: pushl %%es; popl %%es; movl %3, %%fs\n"
		     "p_6: movl $0x3ff, %%edx; movb $0x5a, %%al; outb %%al, %%dx; movb $0, %%al; inb %%dx, %%al\n"
		     "p_7: pushfl; pushfl; andl $~0x200, (%%esp); popfl\n p_8: movl %%edx, %%edx\n"
		     "p_9: popfl\n p_10: movl %%edx, %%edx; int %6; movl %%edx, %%edx\n"
		     "p_11: pushfl; pushl %%cs; pushl $1f; iret\n 1: movl %%edx, %%edx\n"
		     "p_12: movl %%cr3, %%edx; movl %%edx, %%cr3; pushl %%ds; popl %%ds\n"
		     "p_13: pushl %%cs; call 2f; movl %%edx, %%edx\n p_14: jmp 3f\n"
		     "2: lret\n 3: movl %%edx, %%edx\n p_end: subl %%esp, %4"
		     : "=&r"(on), "=&r"(off), "=&r"(cr0), "=&r"(ds), "=&m"(stack), "=&a"(in)
		     : "i"(VECTOR) : "edx", "memory", "cc");
	wrong += !(on & FL_IF) || off & FL_IF || !(on & off & FL_TF) || cr0 != cr0_read() ||
		(ds & 0xffff) != SEL_KDATA || in != 0x5a || stack;
}

void guest_main(void)
{
	unsigned i, k, bad = 0;

	paging_on();
	handlers[1] = step;
	handlers[VECTOR] = count;
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(3000);
	for (i = 0; i < ROUNDS || irq_count(0) < 20; i++) {
		sti();
		round();
	}
	cli();
	for (k = 0; k < PLACES; k++)
		bad += visits[k] != i;
	check(!bad, "each place once a round");
	check(!closed, "no interrupt while they are off");
	check(!wrong && ints == i, "and all as it should be");
}
