/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls.  Nothing that a process passes is believed: a pointer is only
 * followed through copy_in, which checks that it lies in user space.
 */
#include "kernel.h"
#include "sysnum.h"

#define WRITE_MAX	128

unsigned syscall_count;

static word sys_write(word text, word n)
{
	char buf[WRITE_MAX + 1];

	if (n > WRITE_MAX || !copy_in(buf, text, n))
		return -1;
	buf[n] = 0;
	print("%s", buf);
	return n;
}

void syscall(struct trapframe *tf)
{
	word a = tf->bx, b = tf->si, c = tf->dx;
	word r = -1;

	syscall_count++;
	switch (tf->ax) {
	case SYS_EXIT:
		proc_exit(a);
	case SYS_WRITE:
		r = sys_write(a, b);
		break;
	case SYS_FORK:
		r = proc_fork(tf);
		break;
	case SYS_WAIT:
		r = proc_wait();
		break;
	case SYS_GETPID:
		r = proc_pid();
		break;
	case SYS_SLEEP:
		proc_sleep(a);
		r = 0;
		break;
	case SYS_PREEMPTED:
		r = proc_preempted();
		break;
	case SYS_SUM:
		r = a + 10 * b + 100 * c;
		break;
	case SYS_SETBASE:
		proc_set_base(a, b);
		r = 0;
		break;
	}
	tf->ax = r;
}
