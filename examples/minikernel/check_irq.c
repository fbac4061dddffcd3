/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interrupts: that they come, when they come, and when they must not. */
#include "kernel.h"

#define PIT_CH0		0x40
#define PIT_CMD		0x43

/* With interrupts off: until the timer's waits in the 8259A. */
static void wait_pending(void)
{
	while (!timer_pending())
		;
}

static void wait_ticks(unsigned n)
{
	unsigned from = ticks;

	while (ticks - from < n)
		asm volatile("pause");
}

static unsigned timer_count(void)
{
	unsigned v;

	outb(PIT_CMD, 0);		/* latch channel 0 */
	v = inb(PIT_CH0);
	return v | inb(PIT_CH0) << 8;
}

static bool registers_survive(void)
{
	unsigned from = ticks;
	word a, b, c, d, f;

	do {
		a = 1;
		b = 2;
		c = 1000;
		d = 4;
		asm volatile("stc; 1: lea -1(%2), %2; jnc 2f; jecxz 2f; jmp 1b;"
			     "2: pushf; pop %4"
			     : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "=&r"(f) : : "cc");
		if (a != 1 || b != 2 || c || d != 4 || !(f & FL_CF))
			return false;
	} while (ticks - from < 3);
	return true;
}

void check_irq(void)
{
	unsigned t, v;
	word at;

	sti();
	timer_start();
	wait_ticks(3);
	check(true, "timer: interrupts come while the kernel computes");
	check(registers_survive(), "timer: registers and flags survive them");
	v = timer_count();
	check(v && v <= 1193182 / HZ, "timer: the 8254 counts down from what we set");

	wait_ticks(1);
	cli();
	t = ticks;
	wait_pending();
	check(ticks == t, "cli: holds one back");
	sti();
	asm volatile("nop");
	cli();
	check(ticks != t, "sti: lets it in");

	wait_pending();
	t = ticks;
	flags_write(flags_read() | FL_IF);
	cli();
	check(ticks != t, "popf: lets it in, too");

	/* The wake-up that must not be lost: it waits already when sti comes, so
	 * it must strike after hlt.  Were it let in before, hlt would sleep on
	 * until the next one, for ever if none came. */
	wait_pending();
	tick_ip = 0;
	asm volatile("mov $1f, %0; 1: sti; hlt; cli" : "=r"(at) : : "memory");
	/* behind hlt, which is sti and one byte further; no-ops may follow it */
	check(tick_ip >= at + 2 && tick_ip < at + 16, "sti; hlt: no wake-up is lost");

	t = ticks;
	while (ticks - t < 3)
		idle();
	check(true, "sti; hlt: sleeps and wakes");

	timer_stop();
	sti();
	t = ticks;
	for (v = 0; v < 1000; v++)
		timer_count();
	cli();
	check(ticks - t <= 1, "8259A: a masked line stays silent");
}
