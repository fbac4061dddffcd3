/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * int $0x80 of ring 3 in code that the kernel lends, as a vDSO's: a loader may put
 * something else there, which must be told from an int by nothing.
 *
 * Ring 3 has the low addresses here, the kernel all that is above, so that segment
 * limits can part them; the code runs elsewhere than where it was linked.
 */
#include "guest.h"

#define CODE	0x20000		/* .user, again */
#define FL_TF	0x100
#define T_DB	1
#define STACK	0x30000		/* one page, nothing below, one to read only above */

extern char vsys_after[], vsys_loop_after[], vsys_end[];
static struct trapframe at;
static unsigned calls, restarts;
static void (*on_call)(struct trapframe *);

USER static void vsys_once(void)
{
	asm volatile("movl $0x11, %ebx; movl $0x22, %ecx; movl $0x33, %edx;"
		     "movl $0x44, %esi; movl $0x55, %edi; movl $0x66, %ebp;"
		     "movl $0x77, %eax; stc; int $0x80;"
		     ".globl vsys_after; vsys_after: .byte 0xf4" /* hlt */);
}

/* ecx times; between the calls what %gs and %fs lead to is added to edx */
USER static void vsys_loop(void)
{
	asm volatile("1: int $0x80; .globl vsys_loop_after; vsys_loop_after:"
		     "addl %gs:0, %edx; addl %fs:4, %edx; decl %ecx; jnz 1b;"
		     ".globl vsys_end; vsys_end: .byte 0xf4");
}

static word low(const void *code)
{
	return CODE + ((word)code - (word)user_start);
}

static bool call(struct trapframe *tf)
{
	at = *tf;
	calls++;
	if (on_call)
		on_call(tf);
	return true;
}

static struct visit run(void (*f)(void), word flags, word sp)
{
	struct trapframe tf = user_frame(f, flags);

	tf.ip = low(f);
	tf.sp = sp;
	calls = 0;
	return user_run_frame(&tf);
}

/* Did it come to the hlt, after (n) calls that looked as they should? */
static bool as_expected(struct visit v, word sp, unsigned n)
{
	return v.vector == T_GP && v.tf.ip == low(vsys_after) && calls == n &&
		at.ip == low(vsys_after) && at.sp == sp && v.tf.sp == sp &&
		at.ax == 0x77 && at.bx == 0x11 && at.cx == 0x22 && at.dx == 0x33 &&
		at.si == 0x44 && at.di == 0x55 && at.bp == 0x66 &&
		(at.cs & 0xffff) == SEL_UCODE && (at.ss & 0xffff) == SEL_UDATA &&
		(at.ds & 0xffff) == SEL_UDATA && (at.es & 0xffff) == SEL_UDATA;
}

static void restart(struct trapframe *tf)
{
	if (restarts++ < 3)
		tf->ip -= 2;
}

static bool step(struct trapframe *tf)
{
	return true;
}

static void move_gs(struct trapframe *tf)
{
	/* the same selector, another segment */
	gdt[FIRST_FREE] = descriptor(STACK + (calls & 1) * 16, 0xfffff,
				     A_DATA | A_RING3, F_PAGES | F_32);
}

static void stacks(void)
{
	unsigned before = trap_count[T_PF];

	check(as_expected(run(vsys_once, FL_IF, STACK + 0x800), STACK + 0x800, 1),
	      "registers, and where it goes on");
	check(at.flags & FL_IF && at.flags & FL_CF, "flags");
	check(as_expected(run(vsys_once, 0, STACK + 0x800), STACK + 0x800, 1) &&
	      !(at.flags & FL_IF), "with interrupts off");
	check(as_expected(run(vsys_once, FL_IF, STACK), STACK, 1), "esp at a page's begin");
	check(as_expected(run(vsys_once, FL_IF, STACK + 2), STACK + 2, 1), "esp not aligned");
	check(as_expected(run(vsys_once, FL_IF, STACK + 0x1800), STACK + 0x1800, 1),
	      "esp in a read-only page");
	check(as_expected(run(vsys_once, FL_IF, 0x100004), 0x100004, 1), "esp in the kernel");
	check(as_expected(run(vsys_once, FL_IF, 0xfffff000), 0xfffff000, 1), "esp at the top");
	check(trap_count[T_PF] == before, "an int reads and writes nothing there");
}

static void restarted(void)
{
	on_call = restart;
	check(as_expected(run(vsys_once, FL_IF, STACK + 0x800), STACK + 0x800, 4),
	      "restarted two bytes before where it goes on");
	on_call = NULL;
	handlers[T_DB] = step;
	check(as_expected(run(vsys_once, FL_IF | FL_TF, STACK + 0x800), STACK + 0x800, 1) &&
	      at.flags & FL_TF, "in single steps");
	check(as_expected(run(vsys_once, FL_IF | FL_TF | FL_NT, STACK + 0x800), STACK + 0x800, 1) &&
	      at.flags & FL_NT, "and NT stays");
	handlers[T_DB] = NULL;
}

static struct visit loop(unsigned n)
{
	struct trapframe tf = user_frame(vsys_loop, FL_IF);

	tf.ip = low(vsys_loop);
	tf.sp = STACK + 0x800;
	tf.cx = n;
	tf.dx = 0;
	tf.gs = SEL(FIRST_FREE) | 3;
	tf.fs = SEL(FIRST_FREE + 1) | 3;
	calls = 0;
	return user_run_frame(&tf);
}

static void many(void)
{
	struct visit v;

	gdt[FIRST_FREE] = descriptor(STACK, 0xfffff, A_DATA | A_RING3, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(STACK, 0xfff, A_DATA | A_RING3, F_32);
	v = loop(1000);
	check(v.tf.ip == low(vsys_end) && calls == 1000, "a thousand calls");
	check(v.tf.dx == 1000 * 0x103, "gs and fs stay as they are");
	check((at.gs & 0xffff) == (SEL(FIRST_FREE) | 3) && (at.fs & 0xffff) == (SEL(FIRST_FREE + 1) | 3),
	      "and are saved as they are");
	on_call = move_gs;
	v = loop(1000);
	check(v.tf.dx == 500 * 0x103 + 500 * 0x10003, "a descriptor that changes is read again");
	on_call = NULL;
	gdt[FIRST_FREE] = descriptor(STACK, 0xfffff, A_DATA | A_RING3, F_PAGES | F_32);
	pit_start(200);
	irq_unmask(0);
	v = loop(4000);
	irq_mask_all();
	check(v.tf.ip == low(vsys_end) && calls == 4000 && v.tf.dx == 4000 * 0x103,
	      "many calls, with a timer between");
}

static unsigned behind_iret, strange;

static bool step_iret(struct trapframe *tf)
{
	if ((tf->cs & 3) != 3)
		return true;
	behind_iret += tf->ip == low(vsys_loop_after) && !(tf->flags & FL_TF);
	strange += tf->ip != low(vsys_loop_after) || tf->flags & FL_TF;
	return true;
}

static void trap_flag(struct trapframe *tf)
{
	strange += (tf->flags & FL_TF) != 0;
	if (calls > 20)
		asm volatile("pushfl; orl %0, (%%esp); .byte 0x9d" : : "i"(FL_TF) : "memory", "cc");
}

static void stepped_iret(void)
{
	struct visit v;

	handlers[T_DB] = step_iret;
	on_call = trap_flag;
	v = loop(100);
	on_call = NULL;
	check(v.tf.ip == low(vsys_end) && calls == 100 && behind_iret == 80 && !strange,
	      "a step over the iret");
	check(!(v.tf.flags & FL_TF), "which takes the flag away");
	handlers[T_DB] = NULL;
}

static void gates(void)
{
	idt[0x80] = gate(SEL_KCODE, trap_vectors[0x90], A_INTERRUPT | A_RING3, 0);
	check(run(vsys_once, FL_IF, STACK + 0x800).vector == 0x90, "another handler");
	gate_set(0x80, NULL, A_INTERRUPT);
	check(run(vsys_once, FL_IF, STACK + 0x800).vector == T_GP &&
	      last_fault.vector == 0 && !calls, "a gate that is not for ring 3");
	gate_set(0x80, NULL, A_TRAP | A_RING3);
	check(as_expected(run(vsys_once, FL_IF, STACK + 0x800), STACK + 0x800, 1), "a trap gate");
	gate_set(0x80, NULL, A_INTERRUPT | A_RING3);
}

void guest_main(void)
{
	word va, stack = (word)page_new();

	paging_on();
	write32(stack, 0x100);
	write32(stack + 4, 3);
	write32(stack + 16, 0x10000);
	for (va = 0; va < 0x100000; va += PAGESIZE)
		*pte(va) = 0;
	for (va = (word)user_start; va < (word)user_end; va += PAGESIZE) {
		*pte(va) &= ~PTE_U;
		map(low((void *)va), va, PTE_U | PTE_W);
	}
	map(STACK, stack, PTE_U | PTE_W);
	map(STACK + PAGESIZE, (word)page_new(), PTE_U);
	cr3_write(cr3_read());
	handlers[0x80] = call;
	stacks();
	restarted();
	many();
	stepped_iret();
	gates();
}
