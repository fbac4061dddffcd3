/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every function that crosses a file, by file: this page is the map. */
#ifndef KERNEL_H
#define KERNEL_H

#include "x86.h"

#define V2P(v)		((word)(v) - KERNBASE)
#define P2V(p)		((void *)((word)(p) + KERNBASE))
#define HZ		250

typedef word pte_t;

/* What trap32.S and trap64.S leave on the stack, lowest address first. */
struct trapframe {
#ifdef __x86_64__
	word r15, r14, r13, r12, r11, r10, r9, r8;
	word di, si, bp, bx, dx, cx, ax;
#else
	word gs, fs, es, ds;
	word di, si, bp, skipped, bx, dx, cx, ax;
#endif
	word vector, error;
	word ip, cs, flags;
	word sp, ss;		/* i386: only when it came from ring 3 */
};

/* The last fault that an exception-table entry took care of. */
struct fault {
	word vector;		/* NO_FAULT when there was none */
	word error, addr, ip;
	word site;		/* where TRY put its instruction */
};
#define NO_FAULT	((word)-1)

/*
 * Run one instruction that may fault; evaluates to the vector, or NO_FAULT.
 * The exception table pairs the address of the instruction with the address to
 * go on at, both relative to the entry itself: the scheme that Linux uses.
 */
#ifdef __x86_64__
#define STORE_SITE	"movq $1f, %[site]\n"
#else
#define STORE_SITE	"movl $1f, %[site]\n"
#endif
#define EXTABLE(at, to)							\
	"\t.pushsection .extable, \"a\"\n"				\
	"\t.balign 4\n"							\
	"\t.long (" #at ") - ., (" #to ") - .\n"			\
	"\t.popsection\n"
#define TRY_ASM(before, insn, after, outputs, ...) ({			\
	last_fault.vector = NO_FAULT;					\
	asm volatile(before STORE_SITE					\
		     "1:\t" insn "\n"					\
		     "2:\n" after EXTABLE(1b, 2b)			\
		     : [site] "=m"(last_fault.site) outputs		\
		     : __VA_ARGS__ : "memory", "cc");			\
	last_fault.vector;						\
})
#define OUT(...)	, __VA_ARGS__
#define TRY(insn, ...)	TRY_ASM("", insn, "", , __VA_ARGS__)

/* boot.c */
void boot_check(word magic, word info);
extern unsigned boot_work;		/* "work=N" on the command line */

extern char kernel_start[], kernel_text_end[], kernel_end[];	/* kernel.ld */

/* check.c: the results */
void check(bool ok, const char *what);
void check_end(void) __attribute__((noreturn));

/* check_cpu.c check_io.c check_irq.c check_vm.c check_proc.c check_64.c */
void check_cpu(void);
void check_ts(void);
void check_io(void);
void check_irq(void);
void check_vm(void);
void check_proc(void);
void check_64(void);

/* console.c */
void console_init(void);
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void panic(const struct trapframe *tf, const char *why) __attribute__((noreturn));
void machine_end(int status) __attribute__((noreturn));

/* page.c: physical pages */
void page_init(void);
void *page_alloc(void);			/* zeroed; panics when out of pages */
void page_share(void *page);		/* one more owner */
void page_free(void *page);		/* one owner less */
unsigned page_owners(void *page);
unsigned page_count(void);		/* free ones */

/* proc.c */
struct proc;
struct outcome {			/* how a process ended */
	int status;			/* of exit, or -1: killed by */
	word vector, error, addr;
	unsigned preempted;		/* times that the timer took the CPU */
};
extern struct proc *current;
void proc_start(unsigned slot, int program, word arg);
void proc_run_all(void);		/* until none is left */
struct outcome proc_outcome(unsigned slot);
struct outcome proc_run(int program, word arg);
int proc_fork(const struct trapframe *tf);
int proc_wait(void);
void proc_exit(int status) __attribute__((noreturn));
void proc_kill(const struct trapframe *tf, word addr) __attribute__((noreturn));
void proc_sleep(unsigned ticks);
void proc_preempt(void);
unsigned proc_preempted(void);
int proc_pid(void);
pte_t *proc_root(void);
void proc_set_base(int gs, word base);	/* x86-64 */
extern unsigned idle_count;

/* segment.c */
void segment_init(void);
void kernel_stack_set(word top);
#ifdef __x86_64__
struct percpu {				/* at %gs:0 while in the kernel */
	word kernel_sp;
	word user_sp;
	word magic;
};
#define PERCPU_MAGIC 0x6b65726e656c6773ul
extern struct percpu percpu;
#endif

/* string.c */
void *memset(void *p, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

/* syscall.c */
void syscall(struct trapframe *tf);
extern unsigned syscall_count;

/* timer.c: 8259A and 8254 */
void timer_init(void);
void timer_start(void);			/* HZ interrupts a second */
void timer_stop(void);
void timer_interrupt(struct trapframe *tf);
bool timer_pending(void);		/* the 8259A holds one back */
extern volatile unsigned ticks;
extern volatile word tick_ip;		/* what the first one after a 0 interrupted */

/* trap.c */
void trap_init(void);
void trap(struct trapframe *tf);
extern struct fault last_fault;
extern volatile bool call_may_fault;	/* x86-64 */

/* trap32.S, trap64.S */
extern const word trap_vectors[256];
void trap_return(void);
struct context;
void context_switch(struct context **old, struct context *new);
void syscall_entry(void);		/* x86-64 */

/* vm.c */
void vm_init(void);
extern pte_t *kernel_root;
pte_t *vm_walk(pte_t *root, word va, int level, bool make);
void vm_map(pte_t *root, word va, word pa, word bits);
void vm_unmap(pte_t *root, word va);
pte_t *vm_new(void);			/* an empty user space */
pte_t *vm_copy(pte_t *from);		/* shares every page, copy on write */
void vm_free(pte_t *root);
void vm_use(pte_t *root);
bool vm_fault(pte_t *root, word va, word error);
bool copy_in(void *to, word from, size_t n);
struct vm_stats {
	unsigned zero, image, copied, reclaimed;
};
extern struct vm_stats vm_stats;

/* work.c */
void work(unsigned rounds);

#endif
