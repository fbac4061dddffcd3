/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ring 3: what processes can do, and what they cannot. */
#include "kernel.h"
#include "sysnum.h"

#define SWITCHES	3
#ifdef __x86_64__
#define PF_FETCH	PF_I
#else
#define PF_FETCH	0	/* without NX, a fetch looks like a read */
#endif

static void check_ends(int program, const char *what)
{
	check(proc_run(program, 0).status == 0, what);
}

static void check_killed(int program, word arg, word vector, word error, word addr,
			 const char *what)
{
	struct outcome o = proc_run(program, arg);

	check(o.status == -1 && o.vector == vector && o.error == error &&
	      o.addr == addr, what);
}

static void check_memory(void)
{
	struct vm_stats before = vm_stats;

	check_ends(PROG_ZERO, "demand zero: pages come as zeroes and keep what is written");
	check(vm_stats.zero - before.zero == 8 + 1, "demand zero: one fault a page");
	check_ends(PROG_STACK, "stack: grows as it is used");
	before = vm_stats;
	check_ends(PROG_COW, "fork: parent and child have their own copies");
	check(vm_stats.copied - before.copied >= 2, "fork: what both have is copied when written");
	check(vm_stats.reclaimed != before.reclaimed, "fork: what one has left is not");
}

static void check_scheduling(void)
{
	struct outcome a, b;
	unsigned t, idled;

	timer_start();
	proc_start(0, PROG_SPIN, SWITCHES);
	proc_start(1, PROG_SPIN, SWITCHES);
	proc_run_all();
	a = proc_outcome(0);
	b = proc_outcome(1);
	check(a.preempted >= SWITCHES && b.preempted >= SWITCHES,
	      "preemption: the timer takes the CPU from two that never give it up");
	check(!a.status && !b.status, "preemption: their registers and flags survive");

	t = ticks;
	idled = idle_count;
	proc_start(0, PROG_SLEEP, 3);
	proc_start(1, PROG_SLEEP, 5);
	proc_run_all();
	check(!proc_outcome(0).status && !proc_outcome(1).status && ticks - t >= 5,
	      "sleep: as long as asked for");
	check(idle_count > idled, "sleep: the kernel idles in hlt meanwhile");
	timer_stop();
}

static void check_crimes(void)
{
	word kernel = (word)kernel_start;
	struct outcome o;

	check_killed(PROG_READ, kernel, T_PF, PF_U | PF_P, kernel,
		     "killed: for reading the kernel");
	check_killed(PROG_WRITE, kernel, T_PF, PF_U | PF_P | PF_W, kernel,
		     "killed: for writing the kernel");
	check_killed(PROG_JUMP, kernel, T_PF, PF_U | PF_P | PF_FETCH, kernel,
		     "killed: for jumping into the kernel");
	check_killed(PROG_READ, USERTOP + 64, T_PF, PF_U, USERTOP + 64,
		     "killed: for reading what is not there");
	check_killed(PROG_CLI, 0, T_GP, 0, 0, "killed: for cli");
	check_killed(PROG_HLT, 0, T_GP, 0, 0, "killed: for hlt");
	check_killed(PROG_IN, 0, T_GP, 0, 0, "killed: for in");
	check_killed(PROG_CR3, 0, T_GP, 0, 0, "killed: for mov from cr3");
	o = proc_run(PROG_INT, 0);	/* QEMU 7.2 has vector * 16 in long mode */
	check(o.status == -1 && o.vector == T_GP && (o.error & 7) == 2,
	      "killed: for int through the timer's gate");
	check_killed(PROG_DIVIDE, 0, T_DE, 0, 0, "killed: for dividing by zero");
	check_killed(PROG_UD, 0, T_UD, 0, 0, "killed: for an undefined instruction");
}

void check_proc(void)
{
	unsigned calls = syscall_count, free = page_count();

	check_ends(PROG_ARGS, "system call: arguments in, result out");
	check(syscall_count - calls == 3, "system call: by int 0x80, each counted");
	check_ends(PROG_HELLO, "system call: text of a program's, above");
	check_ends(PROG_BADPTR, "system call: bad pointers are refused");
	check_ends(PROG_FLAGS, "system call: the direction flag comes back");
	check_memory();
	check_scheduling();
	check_crimes();
	check(page_count() == free, "processes: every page came back");
}
