/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What kernels for teaching do, in their order: segments, gates and a TSS of their own,
 * page tables that map themselves in the last slot, the kernel a second time at 3 GiB,
 * processes by iret, system calls, fork with copy on write, stacks that grow, a timer
 * that takes the processor away, a keyboard that wakes who waits, signals that kill.
 */
#include "guest.h"

#define TASKS		16
#define STACK_TOP	0xb0000000u
#define STACK_MAX	0x10000u
#define STACK_SLOT	((STACK_TOP - 1) >> 22)
#define TABLES		0xffc00000u	/* this space's tables; the directory is the last */
#define ALIAS		0xc0000000u
#define PTES		((volatile uint32_t *)TABLES)
#define KILLED		0x1000

enum { SYS_EXIT, SYS_FORK, SYS_PID, SYS_YIELD, SYS_WAIT, SYS_KEY, SYS_SLEEP, SYS_KILL,
       SYS_CHECK, SYS_TICKS };
enum { FREE, READY, WAITING, FOR_KEY, ASLEEP, ENDED };

struct task {
	unsigned state, parent;
	word status, wake;
	uint32_t *dir;
	void *stack;		/* its page in the kernel */
	struct context *context;	/* where it stopped */
};
static struct task task[TASKS];
static unsigned now;		/* 0: the scheduler itself */
static struct context *scheduler;
static volatile word clock;
static uint8_t owners[4096];	/* of a page, by number */
static uint8_t keys[8];
static unsigned nkeys, sent;
static bool done;

void trap_return(void);

/* ---- memory ---- */

static void *page(void)
{
	void *p = page_new();

	owners[(word)p >> 12] = 1;
	return p;
}

static void self_map(uint32_t *dir)
{
	dir[1023] = (word)dir | PTE_P | PTE_W;
}

/* The first process's space; others are copies. */
static uint32_t *first_space(void)
{
	uint32_t *dir = page_new(), *stack = page_new(), *low;
	unsigned i, t;

	for (t = 0; t < 4; t++) {
		low = page_new();
		for (i = 0; i < 1024; i++) {
			word va = t << 22 | i << 12;

			low[i] = va | PTE_P | PTE_W |
				 (va >= (word)user_start && va < (word)user_end ? PTE_U : 0);
			if (low[i] & PTE_U)
				owners[va >> 12] = 1;
		}
		dir[t] = (word)low | PTE_P | PTE_W | PTE_U;
	}
	dir[STACK_SLOT] = (word)stack | PTE_P | PTE_W | PTE_U;
	dir[ALIAS >> 22] = PTE_P | PTE_W | PTE_PS;
	self_map(dir);
	return dir;
}

/* Both share each page of ring 3's until one writes. */
static uint32_t *copy_table(volatile uint32_t *from)
{
	uint32_t *to = page_new();
	unsigned i;

	for (i = 0; i < 1024; i++) {
		uint32_t e = from[i];

		if (e & PTE_P && e & PTE_U) {
			if (e & PTE_W)
				from[i] = e = (e & ~PTE_W) | PTE_COW;
			owners[e >> 12]++;
		}
		to[i] = e;
	}
	return to;
}

static uint32_t *copy_space(void)
{
	volatile uint32_t *own = (uint32_t *)(TABLES + (1023u << 12));
	uint32_t *dir = page_new();
	unsigned i;

	for (i = 0; i < 1024; i++)
		dir[i] = own[i];
	dir[0] = (word)copy_table(PTES) | PTE_P | PTE_W | PTE_U;
	dir[STACK_SLOT] = (word)copy_table(PTES + STACK_SLOT * 1024) | PTE_P | PTE_W | PTE_U;
	self_map(dir);
	cr3_write(cr3_read());
	return dir;
}

static bool page_fault(struct trapframe *tf, word va)
{
	volatile uint32_t *e = PTES + (va >> 12);

	if (!(tf->error & PF_U))
		return false;
	if (va < STACK_TOP && va >= STACK_TOP - STACK_MAX && !(tf->error & PF_P)) {
		*e = (word)page() | PTE_P | PTE_W | PTE_U;
		return true;
	}
	if ((tf->error & (PF_P | PF_W)) != (PF_P | PF_W) || va >= ALIAS || !(*e & PTE_COW))
		return false;
	if (owners[*e >> 12] > 1) {
		void *mine = page();

		memcpy(mine, (void *)(va & ~0xffful), PAGESIZE);
		owners[*e >> 12]--;
		*e = (word)mine | (*e & 0xfff);
	}
	*e = (*e & ~PTE_COW) | PTE_W;
	invlpg((void *)va);
	return true;
}

/* ---- processes ---- */

static void stop(unsigned state)
{
	struct task *t = &task[now];

	t->state = state;
	context_switch(&t->context, scheduler);
}

static void end(unsigned id, word status)
{
	task[id].status = status;
	task[id].state = ENDED;
	if (task[task[id].parent].state == WAITING)
		task[task[id].parent].state = READY;
	if (id == now)
		stop(ENDED);
}

/* A kernel stack that leads to (tf). */
static unsigned make(const struct trapframe *tf, uint32_t *dir)
{
	unsigned id = 1;
	struct task *t;
	word *sp;

	while (task[id].state != FREE)
		id++;
	t = &task[id];
	t->stack = t->stack ? t->stack : page_new();
	sp = (word *)((char *)t->stack + PAGESIZE - sizeof(*tf));
	memcpy(sp, tf, sizeof(*tf));
	*--sp = (word)trap_return;
	sp -= 4;
	*t = (struct task){ READY, now, 0, 0, dir, t->stack, (void *)sp };
	return id;
}

static void schedule(void)
{
	unsigned last = 1, i;

	while (!done) {
		for (i = 0; i < TASKS; i++) {
			last = last % (TASKS - 1) + 1;
			if (task[last].state == READY)
				break;
		}
		if (i == TASKS) {
			asm volatile("sti; hlt; cli" : : : "memory");
			continue;
		}
		now = last;
		tss.esp0 = (word)task[now].stack + PAGESIZE;
		cr3_write((word)task[now].dir);
		context_switch(&scheduler, task[now].context);
		now = 0;
	}
}

static word wait_one(void)
{
	unsigned i, children;

	for (;;) {
		for (i = 1, children = 0; i < TASKS; i++) {
			if (task[i].state == FREE || task[i].parent != now)
				continue;
			children++;
			if (task[i].state == ENDED) {
				task[i].state = FREE;
				return task[i].status;
			}
		}
		if (!children)
			return (word)-1;
		stop(WAITING);
	}
}

static word key(void)
{
	unsigned i;
	word k;

	while (!nkeys)
		stop(FOR_KEY);
	k = keys[0];
	for (nkeys--, i = 0; i < nkeys; i++)
		keys[i] = keys[i + 1];
	return k;
}

static const char *const names[] = {
	"three processes count on their own", "their parent saw nothing of it",
	"a stack grows", "and not without end", "kernel pages are out of reach",
	"privileged instructions too", "one that does not give up the processor is killed",
	"keys wake who waits", "no child is left", "time went by",
};

static bool system_call(struct trapframe *tf)
{
	struct trapframe child;

	switch (tf->ax) {
	case SYS_EXIT:
		if (now == 1)
			done = true;
		end(now, tf->bx);
		break;
	case SYS_FORK:
		child = *tf;
		child.ax = 0;
		tf->ax = make(&child, copy_space());
		break;
	case SYS_PID:
		tf->ax = now;
		break;
	case SYS_YIELD:
		stop(READY);
		break;
	case SYS_WAIT:
		tf->ax = wait_one();
		break;
	case SYS_KEY:
		tf->ax = key();
		break;
	case SYS_SLEEP:
		task[now].wake = clock + tf->bx;
		stop(ASLEEP);
		break;
	case SYS_KILL:
		end(tf->bx, KILLED);
		break;
	case SYS_CHECK:
		check(tf->cx, names[tf->bx]);
		break;
	case SYS_TICKS:
		tf->ax = clock;
		break;
	}
	return true;
}

/* ---- traps ---- */

static bool fault(struct trapframe *tf)
{
	word va = tf->vector == T_PF ? cr2_read() : 0;

	if (!(tf->cs & 3))
		return false;
	if (tf->vector != T_PF || !page_fault(tf, va))
		end(now, KILLED | tf->vector << 4 | (tf->error & 15));
	return true;
}

/* Someone waits for a key: the controller gets one to give. */
static void type(void)
{
	static const uint8_t codes[] = { 0x1e, 0x9e, 0x30, 0xb0, 0x2e };
	unsigned i;

	for (i = 1; i < TASKS; i++)
		if (task[i].state == FOR_KEY && sent < sizeof(codes) && !(inb(0x64) & 3)) {
			outb(0x64, 0xd2);
			while (inb(0x64) & 2)
				;
			outb(0x60, codes[sent++]);
			return;
		}
}

static bool timer(struct trapframe *tf)
{
	unsigned i;

	clock++;
	outb(PORT_PIC1, 0x20);
	for (i = 1; i < TASKS; i++)
		if (task[i].state == ASLEEP && (int32_t)(clock - task[i].wake) >= 0)
			task[i].state = READY;
	type();
	if (now && tf->cs & 3)
		stop(READY);
	return true;
}

static bool keyboard(struct trapframe *tf)
{
	unsigned i;

	if (nkeys < sizeof(keys))
		keys[nkeys++] = inb(0x60);
	outb(PORT_PIC1, 0x20);
	for (i = 1; i < TASKS; i++)
		if (task[i].state == FOR_KEY)
			task[i].state = READY;
	return true;
}

/* ---- ring 3 ---- */

USERDATA volatile word counter = 7, sums;

#define INLINE_USER static inline __attribute__((always_inline))

INLINE_USER word sys(word what, word a, word b)
{
	word r;

	asm volatile("int $0x80" : "=a"(r) : "a"(what), "b"(a), "c"(b) : "memory");
	return r;
}

USER static word deep(word n)
{
	volatile word here[64];
	word below;

	here[n & 63] = n;
	below = n ? deep(n - 1) : 0;
	return below + here[n & 63];
}

USER static void child_counts(word id)
{
	word i;

	for (i = 0; i < 100000; i++)
		counter += id;
	sys(SYS_EXIT, counter & 0xfff, 0);
}

USER static void user_count(void)
{
	word i, sum = 0;

	for (i = 1; i <= 3; i++)
		if (!sys(SYS_FORK, 0, 0))
			child_counts(i);
	for (i = 1; i <= 3; i++)
		sum += sys(SYS_WAIT, 0, 0);
	sys(SYS_CHECK, 0, sum == ((7 + 100000) & 0xfff) + ((7 + 200000) & 0xfff) +
				 ((7 + 300000) & 0xfff));
	sys(SYS_CHECK, 1, counter == 7);
}

USER static void user_misbehave(void)
{
	word status;

	if (!sys(SYS_FORK, 0, 0))
		sys(SYS_EXIT, deep(150), 0);
	sys(SYS_CHECK, 2, sys(SYS_WAIT, 0, 0) == 150 * 151 / 2);
	if (!sys(SYS_FORK, 0, 0))
		sys(SYS_EXIT, deep(10000), 0);
	sys(SYS_CHECK, 3, (sys(SYS_WAIT, 0, 0) & ~1ul) == (KILLED | T_PF << 4 | PF_W | PF_U));
	if (!sys(SYS_FORK, 0, 0)) {
		counter = *(volatile word *)(ALIAS + 0x100000);
		sys(SYS_EXIT, 0, 0);
	}
	sys(SYS_CHECK, 4, sys(SYS_WAIT, 0, 0) == (KILLED | T_PF << 4 | PF_P | PF_U));
	if (!sys(SYS_FORK, 0, 0)) {
		asm volatile("cli");
		sys(SYS_EXIT, 0, 0);
	}
	status = sys(SYS_WAIT, 0, 0);
	sys(SYS_CHECK, 5, status == (KILLED | T_GP << 4));
}

USER static void user_wait(void)
{
	word id, i, text = 0, at = sys(SYS_TICKS, 0, 0);

	id = sys(SYS_FORK, 0, 0);
	if (!id)
		for (;;)
			counter++;
	sys(SYS_SLEEP, 5, 0);
	sys(SYS_KILL, id, 0);
	sys(SYS_CHECK, 6, sys(SYS_WAIT, 0, 0) == KILLED);
	for (i = 0; i < 5; i++)
		text = text << 5 ^ sys(SYS_KEY, 0, 0);
	sys(SYS_CHECK, 7, text == ((((0x1eul << 5 ^ 0x9e) << 5 ^ 0x30) << 5 ^ 0xb0) << 5 ^ 0x2e));
	sys(SYS_CHECK, 8, sys(SYS_WAIT, 0, 0) == (word)-1);
	sys(SYS_CHECK, 9, sys(SYS_TICKS, 0, 0) - at >= 5);
}

USER static void init(void)
{
	user_count();
	user_misbehave();
	user_wait();
	sys(SYS_EXIT, 0, 0);
}

/* ---- start ---- */

/* Runs at its second address: what it does is the same there. */
static __attribute__((noinline)) word elsewhere(void)
{
	word f = irq_save(), cs;

	asm volatile("sti; nop; cli");
	asm volatile("movl %%cs, %0" : "=r"(cs));
	irq_restore(f);
	return (cr0_read() & CR0_PG ? 1 : 0) | (flags_read() & FL_IF ? 0 : 2) | cs << 8;
}

static void keyboard_on(void)
{
	while (inb(0x64) & 1)
		inb(0x60);
	outb(0x64, 0x60);
	while (inb(0x64) & 2)
		;
	outb(0x60, 0x41);
	irq_unmask(1);
}

void guest_main(void)
{
	word (*volatile there)(void) = (word (*)(void))((word)elsewhere + ALIAS);
	struct trapframe tf = user_frame(init, FL_IF);
	uint32_t *dir = first_space();

	cr4_write(cr4_read() | CR4_PSE);
	cr3_write((word)dir);
	cr0_write(cr0_read() | CR0_PG | CR0_WP);
	check((PTES[TABLES >> 12 | 1023] & PTE_ADDR) == (word)dir, "the directory maps itself");
	check(there() == (3 | SEL_KCODE << 8), "the kernel's second address");
	handlers[0x80] = system_call;
	handlers[T_PF] = handlers[T_GP] = handlers[T_UD] = fault;
	handlers[T_IRQ0] = timer;
	handlers[T_IRQ0 + 1] = keyboard;
	keyboard_on();
	pit_start(200);
	irq_unmask(0);
	tf.sp = STACK_TOP;
	make(&tf, dir);
	schedule();
	irq_mask_all();
	check(task[1].state == ENDED && !task[1].status, "the first process ends");
}
