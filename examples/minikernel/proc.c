/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes.  Each has a page as its kernel stack, whose top holds the
 * trapframe of its way in.  The scheduler is a loop on the boot stack; a
 * process gives up the CPU by switching to it, and it hands the CPU on.
 *
 * The kernel itself runs with interrupts off, but where the scheduler idles:
 * so nothing here needs a lock.
 */
#include "kernel.h"

#define NPROC		8
#define FIRST_FORKED	4	/* slots below are for proc_start */

enum state { FREE, RUNNABLE, SLEEPING, WAITING, ZOMBIE };

struct context {		/* what context_switch pushes */
#ifdef __x86_64__
	word r15, r14, r13, r12, bx, bp;
#else
	word di, si, bx, bp;
#endif
	word ip;
};

struct proc {
	enum state state;
	int pid;
	struct proc *parent;
	pte_t *root;
	char *stack;
	struct context *context;
	unsigned wake;		/* SLEEPING: until this tick */
	word fs_base, gs_base;
	struct outcome out;
};

static struct proc procs[NPROC];
static struct context *scheduler_context;
struct proc *current;
unsigned idle_count;

/* A process whose first return from the kernel is (tf). */
static void proc_make(struct proc *p, pte_t *root, const struct trapframe *tf)
{
	static int last_pid;
	struct trapframe *frame;

	memset(p, 0, sizeof(*p));
	p->pid = ++last_pid;
	p->root = root;
	p->stack = page_alloc();
	frame = (void *)(p->stack + PAGESIZE - sizeof(*frame));
	*frame = *tf;
	p->context = (void *)((char *)frame - sizeof(*p->context));
	p->context->ip = (word)trap_return;
	p->state = RUNNABLE;
}

void proc_start(unsigned slot, int program, word arg)
{
	struct trapframe tf = {
		.ip = USERBASE, .sp = USERTOP, .cs = SEL_UCODE, .ss = SEL_UDATA,
		.flags = FL_IF | FL_ONE, .ax = program, .bx = arg,
#ifndef __x86_64__
		.ds = SEL_UDATA, .es = SEL_UDATA,
#endif
	};

	proc_make(&procs[slot], vm_new(), &tf);
}

int proc_fork(const struct trapframe *tf)
{
	struct trapframe child = *tf;
	struct proc *p;

	for (p = &procs[FIRST_FORKED]; p < &procs[NPROC]; p++) {
		if (p->state != FREE)
			continue;
		child.ax = 0;
		proc_make(p, vm_copy(current->root), &child);
		p->parent = current;
		return p->pid;
	}
	return -1;
}

/* Off the CPU; returns when the scheduler picks us again. */
static void give_up(enum state state)
{
	struct proc *p = current;

	p->state = state;
	context_switch(&p->context, scheduler_context);
}

static void proc_free(struct proc *p)
{
	vm_free(p->root);
	page_free(p->stack);
	p->state = FREE;
}

int proc_wait(void)
{
	struct proc *p;
	bool any;

	for (;;) {
		any = false;
		for (p = procs; p < &procs[NPROC]; p++) {
			if (p->state == FREE || p->parent != current)
				continue;
			any = true;
			if (p->state == ZOMBIE) {
				proc_free(p);
				return p->out.status;
			}
		}
		if (!any)
			return -1;
		give_up(WAITING);
	}
}

void proc_exit(int status)
{
	current->out.status = status;
	if (current->parent && current->parent->state == WAITING)
		current->parent->state = RUNNABLE;
	give_up(ZOMBIE);
	panic(NULL, "proc_exit: a zombie runs");
}

void proc_kill(const struct trapframe *tf, word addr)
{
	current->out.vector = tf->vector;
	current->out.error = tf->error;
	current->out.addr = addr;
	proc_exit(-1);
}

void proc_sleep(unsigned n)
{
	current->wake = ticks + n;
	give_up(SLEEPING);
}

void proc_preempt(void)
{
	current->out.preempted++;
	give_up(RUNNABLE);
}

unsigned proc_preempted(void) { return current->out.preempted; }
int proc_pid(void) { return current->pid; }
pte_t *proc_root(void) { return current->root; }

void proc_set_base(int gs, word base)
{
	if (gs)
		current->gs_base = base;
	else
		current->fs_base = base;
#ifdef __x86_64__
	wrmsr(gs ? MSR_KGS_BASE : MSR_FS_BASE, base);
#endif
}

static void switch_to(struct proc *p)
{
	current = p;
	vm_use(p->root);
	kernel_stack_set((word)p->stack + PAGESIZE);
#ifdef __x86_64__
	wrmsr(MSR_FS_BASE, p->fs_base);
	wrmsr(MSR_KGS_BASE, p->gs_base);
#endif
	context_switch(&scheduler_context, p->context);
	vm_use(kernel_root);
	current = NULL;
}

/* Round robin, until every process is a zombie or gone. */
void proc_run_all(void)
{
	struct proc *p;
	bool alive, ran;

	do {
		alive = ran = false;
		for (p = procs; p < &procs[NPROC]; p++) {
			if (p->state == SLEEPING && (int)(ticks - p->wake) >= 0)
				p->state = RUNNABLE;
			if (p->state == RUNNABLE) {
				switch_to(p);
				ran = true;
			}
			alive |= p->state != FREE && p->state != ZOMBIE;
		}
		if (alive && !ran) {
			idle_count++;
			idle();
		}
	} while (alive);
}

struct outcome proc_outcome(unsigned slot)
{
	if (procs[slot].state == ZOMBIE)
		proc_free(&procs[slot]);
	return procs[slot].out;
}

struct outcome proc_run(int program, word arg)
{
	proc_start(0, program, arg);
	proc_run_all();
	return proc_outcome(0);
}
