/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stack instructions are done as a whole or not at all where an interrupt comes, whose
 * frame lies on that stack, or where a page is missing. */
#include "guest.h"

static volatile unsigned strange;
static volatile word start;		/* esp */
extern char from[], to[];

static bool timer(struct trapframe *tf)
{
	word esp = (word)&tf->sp;	/* no stack was switched: there it was */

	if (tf->ip >= (word)from && tf->ip < (word)to)
		strange += start - esp > 64;
	return false;
}

static void interrupts(void)
{
	word bad = 0, i;

	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(5000);
	sti();
	while (irq_count(0) < 1500)
		for (i = 0; i < 1000; i++)
			asm volatile("movl %%esp, start; movl %%ebp, %%esi\n"
				     "from: pushl %%ebp; movl %%esp, %%ebp; subl $8, %%esp; leave\n"
				     "cmpl %%ebp, %%esi; setne %%cl; movl %%esi, %%ebp; orb %%cl, %b0\n"
				     "cmpl %%esp, start; setne %%cl; movl start, %%esp; orb %%cl, %b0\n"
				     "movl %%esi, %%ecx; pushl %%ecx; pushl %%esi; popl %%edx; popl %%ecx\n"
				     "pushal; popal; call 1f; jmp 2f; 1: ret $0; 2:\n to:"
				     "cmpl %%ecx, %%edx; setne %%cl; orb %%cl, %b0"
				     : "+q"(bad) : : "ecx", "edx", "esi", "memory", "cc");
	cli();
	check(!bad, "registers");
	check(!strange, "the stack");
}

/* Sources that lie where the push goes: ring 3's, below esp is nobody's in ring 0. */
USERDATA static volatile unsigned user_ticks;
static bool tick(struct trapframe *tf)
{
	user_ticks++;
	return false;
}

USER static void below(void)
{
	unsigned bad = 0, end = user_ticks + 1500, i;

	while (user_ticks < end)
		for (i = 0; i < 1000; i++)
			asm volatile("pushl $1f; addl $4, %%esp; call *-4(%%esp); 3: incl %0\n"
				     "1: popl %%ecx; cmpl $3b, %%ecx; setne %%cl; orb %%cl, %b0\n"
				     "movl $0x11223344, -4(%%esp); movl $0x55667788, -8(%%esp)\n"
				     "pushl -6(%%esp); popl %%ecx\n"
				     "cmpl $0x33445566, %%ecx; setne %%cl; orb %%cl, %b0"
				     : "+q"(bad) : : "ecx", "memory", "cc");
	user_exit(bad);
}

static void aliases(void)
{
	struct visit v;

	handlers[IRQ_VECTOR(0)] = tick;
	v = user_run(below, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0, "call and push of what they overwrite");
	irq_mask_all();
}

#define VA	0x40000000u

static struct trapframe at;
static unsigned faults;
static word pages[2];

static bool missing(struct trapframe *tf)
{
	word va = cr2_read();

	if (va >> 13 != VA >> 13)
		return false;
	at = *tf;
	faults++;
	*pte(va) = pages[va >> 12 & 1] | PTE_P | PTE_W | PTE_U;
	invlpg((void *)va);
	return true;
}

USER static void user_popa(void) { asm volatile("1: popal; int $0x80; jmp 1b"); }
USER static void user_pusha(void) { asm volatile("1: pushal; int $0x80; jmp 1b"); }
USER static void user_leave_(void) { asm volatile("1: leave; int $0x80; jmp 1b"); }
USER static void user_call(void) { asm volatile("call *(%esi); int $0x80"); }

/* From esp (sp) on, where one of the two pages is missing. */
static struct visit run(void (*f)(void), word sp, unsigned absent)
{
	struct trapframe tf = user_frame(f, FL_IF);

	tf.sp = sp;
	tf.di = 1, tf.si = 2, tf.bp = 3, tf.bx = 4, tf.dx = 5, tf.cx = 6, tf.ax = 7;
	if (f == user_leave_)
		tf.bp = sp;
	if (f == user_call)
		tf.si = VA + PAGESIZE + 8;
	*pte(VA + absent * PAGESIZE) = 0;
	cr3_write(cr3_read());
	faults = 0;
	return user_run_frame(&tf);
}

static bool as_before(word ip, word sp, word di, word si, word bp)
{
	return faults == 1 && at.ip == ip && at.sp == sp && at.di == di && at.si == si &&
		at.bp == bp && at.bx == 4 && at.dx == 5 && at.cx == 6 && at.ax == 7;
}

static bool popped(const struct trapframe *tf, word sp)
{
	return tf->di == 10 && tf->si == 11 && tf->bp == 12 && tf->bx == 14 && tf->dx == 15 &&
		tf->cx == 16 && tf->ax == 17 && tf->sp == sp + 32;
}

static void page_faults(void)
{
	struct visit v;
	word i, sp = VA + PAGESIZE - 12;

	for (i = 0; i < 2; i++) {
		pages[i] = (word)page_new();
		map(VA + i * PAGESIZE, pages[i], PTE_W | PTE_U);
	}
	handlers[T_PF] = missing;
	for (i = 0; i < 8; i++)
		write32(sp + 4 * i, 10 + i);
	v = run(user_popa, sp, 0);
	check(as_before((word)user_popa, sp, 1, 2, 3) && popped(&v.tf, sp), "popa");
	v = run(user_popa, sp, 1);	/* what lies in the first page is popped already */
	check(as_before((word)user_popa, sp, 10, 11, 12) && popped(&v.tf, sp), "popa");
	for (i = 0; i < 2; i++) {
		v = run(user_pusha, sp + 32, i);
		check(as_before((word)user_pusha, sp + 32, 1, 2, 3) && v.tf.sp == sp &&
		      read32(sp) == 1 && read32(sp + 12) == sp + 32 && read32(sp + 28) == 7, "pusha");
	}
	write32(VA + PAGESIZE + 4, 0x1234);
	v = run(user_leave_, VA + PAGESIZE + 4, 1);
	check(as_before((word)user_leave_, VA + PAGESIZE + 4, 1, 2, VA + PAGESIZE + 4) &&
	      v.tf.bp == 0x1234 && v.tf.sp == VA + PAGESIZE + 8, "leave");
	write32(VA + PAGESIZE + 8, (word)user_call + 2);
	for (i = 0; i < 2; i++) {
		v = run(user_call, VA + PAGESIZE, i);
		check(as_before((word)user_call, VA + PAGESIZE, 1, VA + PAGESIZE + 8, 3) &&
		      v.tf.sp == VA + PAGESIZE - 4, "call");
	}
}

void guest_main(void)
{
	interrupts();
	paging_on();
	aliases();
	page_faults();
}
