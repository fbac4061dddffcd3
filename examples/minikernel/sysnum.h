/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel and its programs agree on: system calls, programs. */
#ifndef SYSNUM_H
#define SYSNUM_H

/* Number in ax; arguments in bx, si, dx; result in ax. */
#define SYS_EXIT	1
#define SYS_WRITE	2	/* text, length: to the console */
#define SYS_FORK	3
#define SYS_WAIT	4	/* status of a child that ended */
#define SYS_GETPID	5
#define SYS_SLEEP	6	/* ticks */
#define SYS_PREEMPTED	7	/* how often the timer took the CPU from us */
#define SYS_SUM		8	/* 1st + 10 * 2nd + 100 * 3rd argument */
#define SYS_SETBASE	9	/* 0: %fs, 1: %gs; base (x86-64) */

#define PROG_ARGS	0	/* numbers of user.c's programs */
#define PROG_HELLO	1
#define PROG_ZERO	2
#define PROG_COW	3
#define PROG_STACK	4
#define PROG_SPIN	5
#define PROG_SLEEP	6
#define PROG_BADPTR	7
#define PROG_READ	8	/* these are meant to be killed */
#define PROG_WRITE	9
#define PROG_JUMP	10
#define PROG_CLI	11
#define PROG_HLT	12
#define PROG_IN		13
#define PROG_INT	14
#define PROG_DIVIDE	15
#define PROG_UD		16
#define PROG_CR3	17
#define PROG_FLAGS	18
#define PROG_SYSCALL	19	/* x86-64 */
#define PROG_BASES	20
#define PROG_NX		21

#endif
