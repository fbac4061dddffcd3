/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The programs that run in ring 3.  They are built by the plain compiler, as
 * user programs are: nothing here is known to a loader.  A program returns 0
 * when all went as it should; some are meant not to return.
 */
#include <stdint.h>
#include "mmu.h"
#include "sysnum.h"

typedef unsigned long word;
long program_run(int program, word arg);
long spin(long n);

static long sys(long nr, word a, word b, word c)
{
	long r;

	asm volatile("int $0x80" : "=a"(r)
		     : "0"(nr), "b"(a), "S"(b), "d"(c) : "memory");
	return r;
}

static long args(word arg)
{
	if (sys(SYS_SUM, 3, 2, 1) != 123)
		return 1;
	return sys(999, 0, 0, 0) == -1 ? 0 : 2;	/* no such call */
}

static long hello(word arg)
{
	static const char text[] = "hello from ring 3\n";

	return sys(SYS_WRITE, (word)text, sizeof(text) - 1, 0) != sizeof(text) - 1;
}

/* Memory that nobody wrote is zero, and keeps what is written to it. */
static long zero(word arg)
{
	volatile uint8_t *p = (uint8_t *)(word)USERBASE + 0x100000;
	int i;

	for (i = 0; i < 8 * PAGESIZE; i++) {
		if (p[i])
			return 1;
		p[i] = i * 7;
	}
	for (i = 0; i < 8 * PAGESIZE; i++)
		if (p[i] != (uint8_t)(i * 7))
			return 2;
	return 0;
}

/* Parent and child see one variable until one of them writes to it. */
static long cow(word arg)
{
	static volatile int shared = 1;
	volatile int local = 10;
	long pid;

	shared = 2;
	pid = sys(SYS_FORK, 0, 0, 0);
	if (pid < 0)
		return 1;
	if (!pid) {
		if (shared != 2 || local != 10)
			return 100;
		shared = 3;
		local = 11;
		return shared == 3 && local == 11 ? 42 : 101;
	}
	shared = 4;
	if (sys(SYS_WAIT, 0, 0, 0) != 42)
		return 2;
	if (sys(SYS_WAIT, 0, 0, 0) != -1)
		return 3;
	return shared != 4 || local != 10;
}

static int depth(volatile int n)
{
	volatile char room[2000];

	room[0] = n;
	return n ? depth(n - 1) + (room[0] == (char)n) : 0;
}

static long stack(word arg)
{
	return depth(100) != 100;	/* 200 kB */
}

/* Runs until the timer has taken the CPU away (arg) times: only possible when
 * whoever ran meanwhile gave it back, or lost it in the same way. */
static long spinner(word arg)
{
	do {
		if (spin(20000))
			return 1;
	} while ((word)sys(SYS_PREEMPTED, 0, 0, 0) < arg);
	return 0;
}

static long sleeper(word arg)
{
	return sys(SYS_SLEEP, arg, 0, 0);
}

static long badptr(word arg)
{
	if (sys(SYS_WRITE, arg, 16, 0) != -1)
		return 1;
	if (sys(SYS_WRITE, USERTOP - 4, 16, 0) != -1)
		return 2;
	if (sys(SYS_WRITE, USERBASE + 16, -1, 0) != -1)
		return 3;
	return 0;
}

static long read_at(word arg) { return *(volatile char *)arg; }
static long write_at(word arg) { *(volatile char *)arg = 1; return 0; }
static long jump_to(word arg) { ((void (*)(void))arg)(); return 0; }
static long try_cli(word arg) { asm volatile("cli"); return 0; }
static long try_hlt(word arg) { asm volatile("hlt"); return 0; }
static long try_int(word arg) { asm volatile("int $0x20"); return 0; }
static long try_ud(word arg) { asm volatile("ud2"); return 0; }

static long try_in(word arg)
{
	uint8_t v;

	asm volatile("inb $0x21, %0" : "=a"(v));
	return 0;
}

static long divide(word arg)
{
	unsigned q = 1, r = 0;

	asm volatile("divl %2" : "+a"(q), "+d"(r) : "r"((unsigned)arg));
	return 0;
}

static long try_cr3(word arg)
{
	word v;

	asm volatile("mov %%cr3, %0" : "=r"(v));
	return 0;
}

/* Direction flag set across a system call: the kernel must not mind, and must
 * give it back as it was. */
static long flags(word arg)
{
	long r;
	word after;

	asm volatile("std; int $0x80; pushf; pop %1; cld" : "=a"(r), "=r"(after)
		     : "0"((long)SYS_SUM), "b"(1ul), "S"(1ul), "d"(1ul) : "memory");
	return r != 111 || !(after & FL_DF);
}

#ifdef __x86_64__
/* The fast way in: rcx and r11 are the price, all else survives. */
static long sys64(word arg)
{
	long r;
	word rcx, r11, at, bx = 3;

	asm volatile("leaq 1f(%%rip), %3; stc; syscall\n1:\tmovq %%rcx, %1; movq %%r11, %2"
		     : "=a"(r), "=&r"(rcx), "=&r"(r11), "=&r"(at), "+b"(bx)
		     : "0"((long)SYS_SUM), "S"(2ul), "d"(1ul)
		     : "rcx", "r11", "memory", "cc");
	if (r != 123 || bx != 3)
		return 1;
	if (rcx != at)
		return 2;
	if (!(r11 & FL_CF))
		return 3;
	for (r = 0; r < 1000; r++) {	/* and again: swapgs keeps in step */
		word v = SYS_GETPID;

		asm volatile("syscall" : "+a"(v) : : "rcx", "r11", "memory");
		if ((long)v != sys(SYS_GETPID, 0, 0, 0))
			return 4;
	}
	return 0;
}

static word block[2][2] = { { 0x1111, 0x2222 }, { 0x3333, 0x4444 } };

/* Our own %fs and %gs bases, over system calls and over lost CPUs. */
static long bases(word arg)
{
	word fs, gs;

	block[0][0] += arg;
	sys(SYS_SETBASE, 0, (word)block[0], 0);
	sys(SYS_SETBASE, 1, (word)block[1], 0);
	do {
		asm volatile("movq %%fs:0, %0; movq %%gs:8, %1" : "=r"(fs), "=r"(gs));
		if (fs != 0x1111 + arg || gs != 0x4444)
			return 1;
		if (spin(20000))
			return 2;
	} while (sys(SYS_PREEMPTED, 0, 0, 0) < 2);
	return 0;
}

/* Data is not code: a return instruction in a page of data. */
static long nx(word arg)
{
	*(volatile uint8_t *)arg = 0xc3;
	return jump_to(arg);
}
#endif

static long (*const programs[])(word) = {
	[PROG_ARGS] = args, [PROG_HELLO] = hello, [PROG_ZERO] = zero,
	[PROG_COW] = cow, [PROG_STACK] = stack, [PROG_SPIN] = spinner,
	[PROG_SLEEP] = sleeper, [PROG_BADPTR] = badptr, [PROG_READ] = read_at,
	[PROG_WRITE] = write_at, [PROG_JUMP] = jump_to, [PROG_CLI] = try_cli,
	[PROG_HLT] = try_hlt, [PROG_IN] = try_in, [PROG_INT] = try_int,
	[PROG_DIVIDE] = divide, [PROG_UD] = try_ud, [PROG_CR3] = try_cr3,
	[PROG_FLAGS] = flags,
#ifdef __x86_64__
	[PROG_SYSCALL] = sys64, [PROG_BASES] = bases, [PROG_NX] = nx,
#endif
};

long program_run(int program, word arg)
{
	return programs[program](arg);
}
