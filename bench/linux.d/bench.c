/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a Linux program pays for the kernel's services: one line a row, "row NAME
 * NANOSECONDS" (or "rate NAME MB/s").  The same source runs on the host, in UML,
 * in QEMU and hosted; static, so that it needs nothing but the kernel.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static long raw_getppid(void)
{
#ifdef __i386__
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(SYS_getppid) : "memory");
	return r;
#else
	return syscall(SYS_getppid);
#endif
}

/* Time (op) until it has taken 100 ms three times; the least per operation. */
static const char *only;		/* this row, for long: to look at with perf */

static void row(const char *name, void (*op)(long n))
{
	double best = 1e18, start, took;
	long n = 1;
	int round;

	if (only && strcmp(only, name))
		return;
	op(1);
	for (;;) {
		start = now();
		op(n);
		took = now() - start;
		if (took > 5e7 || n > 1 << 28)
			break;
		n *= 2;
	}
	for (round = 0; round < (only ? 60 : 3); round++) {
		start = now();
		op(n);
		took = (now() - start) / n;
		if (took < best)
			best = took;
	}
	printf("row %s %.1f\n", name, best);
	fflush(stdout);
}

static void op_getppid(long n) { while (n--) syscall(SYS_getppid); }
static void op_getppid_int80(long n) { while (n--) raw_getppid(); }

static int zero_fd, pipe_a[2], pipe_b[2];

static void op_read(long n)
{
	char c;

	while (n--)
		if (read(zero_fd, &c, 1) != 1)
			exit(1);
}

static void op_pipe(long n)
{
	char c = 0;
	long i;
	pid_t pid = fork();

	if (!pid) {
		for (i = 0; i < n; i++)
			if (read(pipe_a[0], &c, 1) != 1 || write(pipe_b[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < n; i++)
		if (write(pipe_a[1], &c, 1) != 1 || read(pipe_b[0], &c, 1) != 1)
			exit(1);
	waitpid(pid, NULL, 0);
}

static void op_fork(long n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void op_exec(long n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			execl(self, self, "exit", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void op_fault(long n)
{
	while (n > 0) {
		long k, pages = n < 256 ? n : 256;
		char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (k = 0; k < pages; k++)
			p[k * 4096] = 1;
		munmap(p, pages * 4096);
		n -= pages;
	}
}

static int file_fd;

static void op_mmap(long n)
{
	while (n--) {
		volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file_fd, 0);

		(void)*p;
		munmap((void *)p, 4096);
	}
}

static volatile sig_atomic_t signals;
static void handler(int sig) { signals++; }

static void op_sigaction(long n)
{
	struct sigaction sa = { .sa_handler = handler };

	while (n--)
		sigaction(SIGUSR2, &sa, NULL);
}

static void op_signal(long n)
{
	while (n--)
		kill(getpid(), SIGUSR1);
}

static void op_adds(long n)
{
	unsigned long x = 1;

	while (n--)
		__asm__ volatile("add %0, %0; add %0, %0; add %0, %0; add %0, %0;"
				 "add %0, %0; add %0, %0; add %0, %0; add %0, %0;"
				 "add %0, %0; add %0, %0; add %0, %0; add %0, %0;"
				 "add %0, %0; add %0, %0; add %0, %0; add %0, %0" : "+r"(x));
}

static void copy_rate(void)
{
	size_t size = 8 << 20;
	char *a = malloc(size), *b = malloc(size);
	double best = 0, start, rate;
	int i;

	memset(a, 1, size);
	memset(b, 2, size);
	for (i = 0; i < 12; i++) {
		start = now();
		memcpy(a, b, size);
		rate = size / (now() - start) * 1e3;
		if (rate > best)
			best = rate;
	}
	printf("rate memcpy %.0f\n", best);
}

int main(int argc, char **argv)
{
	static char page[4096];

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	self = argv[0];
	only = argc > 1 ? argv[1] : NULL;
	zero_fd = open("/dev/zero", O_RDONLY);
	mkdir("/tmp", 0777);
	file_fd = open("/tmp/bench-file", O_RDWR | O_CREAT, 0600);
	if (zero_fd < 0 || file_fd < 0 || write(file_fd, page, 4096) != 4096 ||
	    pipe(pipe_a) || pipe(pipe_b)) {
		perror("bench");
		return 1;
	}
	signal(SIGUSR1, handler);
	row("getppid", op_getppid);
	row("getppid_int80", op_getppid_int80);
	row("read_zero", op_read);
	row("pipe", op_pipe);
	row("fork_exit", op_fork);
	row("fork_exec", op_exec);
	row("fault", op_fault);
	row("mmap_file", op_mmap);
	row("sigaction", op_sigaction);
	row("signal", op_signal);
	row("adds16", op_adds);
	if (!only || !strcmp(only, "memcpy"))
		copy_rate();
	puts("bench: done");
	return 0;
}
