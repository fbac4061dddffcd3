/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults in fault handlers, on other stacks, and the double fault. */
#include "guest64.h"

#define AT	(KERNBASE + 0x20000000)
#define STACK	(KERNBASE + 0x20100000)

static unsigned depth, deepest, df_seen;
static word df_error, df_ip, ist_sp;
static char *ist_stack;

/* Each fault touches the next page that is not there, then maps its own. */
static bool nest(struct trapframe *tf)
{
	word at = cr2_read();

	if (at < AT || at >= AT + 16 * PAGESIZE)
		return false;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (at + PAGESIZE < AT + 8 * PAGESIZE)
		read64(at + PAGESIZE);
	cr2_write(0);
	vm_map(kernel_root, at, V2P(page_alloc()), PTE_W);
	depth--;
	return true;
}

static bool gp_then_pf(struct trapframe *tf)
{
	read64(AT + 9 * PAGESIZE);	/* a page fault in the #GP handler */
	return false;			/* then the exception table */
}

static bool on_ist(struct trapframe *tf)
{
	ist_sp = (word)tf;
	tf->ip += 2;			/* ud2 */
	return true;
}

extern char df_resume[];

static bool double_fault(struct trapframe *tf)
{
	df_seen++;
	df_error = tf->error;
	ist_sp = (word)tf;
	tf->ip = (word)df_resume;
	tf->sp = df_ip;
	return true;
}

static bool within(word sp)
{
	return sp >= (word)ist_stack && sp < (word)ist_stack + PAGESIZE;
}

void guest_main(void)
{
	char *stack;

	ist_stack = page_alloc();
	the_tss()->ist[0] = (word)ist_stack + PAGESIZE;
	handlers[T_PF] = nest;
	read64(AT);
	check(deepest == 8 && trap_count[T_PF] == 8, "eight page faults, one in the other");
	handlers[T_GP] = gp_then_pf;
	check(TRY("mov %w[s], %%fs", [s] "r"(0x1003)) == T_GP && last_fault.error == 0x1000 &&
	      trap_count[T_PF] == 9, "a page fault while #GP is handled");
	handlers[T_GP] = NULL;

	/* an exception that changes to IST 1, from this stack */
	gate_set(T_UD, NULL, G_INTERRUPT, 1);
	handlers[T_UD] = on_ist;
	asm volatile("ud2" : : : "memory");
	check(within(ist_sp), "an IST stack");
	handlers[T_UD] = NULL;
	gate_set(T_UD, NULL, G_INTERRUPT, 0);

	/* the frame of a fault fits no more: its page is not there */
	stack = page_alloc();
	vm_map(kernel_root, STACK, V2P(stack), PTE_W);
	gate_set(T_DF, NULL, G_INTERRUPT, 1);
	handlers[T_DF] = double_fault;
	handlers[T_PF] = NULL;
	asm volatile("movq %%rsp, %0\n\t"
		     "movq %1, %%rsp\n\t"
		     "ud2\n\t"
		     ".global df_resume\n"
		     "df_resume:\n\t"
		     : "=m"(df_ip) : "r"(STACK + 16) : "memory", "cc");
	check(df_seen == 1 && df_error == 0 && within(ist_sp), "a stack that ends: double fault, on its own");
}
