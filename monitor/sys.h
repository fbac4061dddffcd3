/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls without libc: for the vCPU processes, where errno is out of
 * reach (guest code may have taken %fs) and where the seccomp filter counts
 * every call.  Results are the kernel's: negative errno on failure.
 */
#ifndef AB_MONITOR_SYS_H
#define AB_MONITOR_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

static inline long sys_call6(long nr, long a, long b, long c, long d, long e,
			     long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long sys_call3(long nr, long a, long b, long c)
{
	return sys_call6(nr, a, b, c, 0, 0, 0);
}

/* Sleep while *word == seen, until CLOCK_MONOTONIC (deadline) unless NULL. */
static inline long sys_futex_wait(const uint32_t *word, uint32_t seen,
				  const struct timespec *deadline)
{
	return sys_call6(SYS_futex, (long)word, FUTEX_WAIT_BITSET, (long)seen,
			 (long)deadline, 0, (long)FUTEX_BITSET_MATCH_ANY);
}

static inline long sys_futex_wake(const uint32_t *word, int count)
{
	return sys_call3(SYS_futex, (long)word, FUTEX_WAKE, count);
}

_Noreturn static inline void sys_exit(int status)
{
	for (;;)
		sys_call3(SYS_exit_group, status, 0, 0);
}

#endif
