/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workload of the trace: a program in a PV dom0 that executes, with I/O
 * privilege, a known number of instructions that Xen has to emulate, and touches
 * a known number of fresh pages.  Built through aftercc, so that its sites are
 * noted as a kernel's are.  No C library: nothing else of it shall trap.
 */
#define POST		0x80		/* a port that nobody minds */
#define SYS_WRITE	1
#define SYS_EXIT	60
#define SYS_IOPL	172
#define PAGE		4096
#define PAGES		24

#define NOINLINE __attribute__((noinline, noclone))

static char fresh[PAGES * PAGE] __attribute__((aligned(PAGE)));

static long system_call(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return ret;
}

NOINLINE void write_by_number(unsigned n)
{
	while (n--)
		asm volatile("outb %%al, %0" : : "i"(POST), "a"(n));
}

NOINLINE void write_by_dx(unsigned n)
{
	while (n--)
		asm volatile("outl %%eax, %%dx" : : "d"(POST), "a"(n));
}

NOINLINE unsigned read_by_dx(unsigned n)
{
	unsigned v, all = 0;

	while (n--) {
		asm volatile("inb %%dx, %%al" : "=a"(v) : "d"(POST), "0"(0));
		all |= v;
	}
	return all;
}

NOINLINE void write_string(unsigned n)
{
	static const char byte;

	while (n--)
		asm volatile("outsb" : : "S"(&byte), "d"(POST) : "memory");
}

/* Xen's own way to ask for its cpuid: an invalid opcode, a word, the instruction. */
NOINLINE void ask_cpuid(unsigned n)
{
	unsigned a, c;

	while (n--) {
		a = c = 0;
		asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid"
			     : "+a"(a), "+c"(c) : : "ebx", "edx");
	}
}

NOINLINE void touch_pages(void)
{
	volatile char *p;

	for (p = fresh; p < fresh + sizeof(fresh); p += PAGE)
		*p = 1;
}

__attribute__((noreturn)) void _start(void)
{
	static const char no[] = "ops: iopl refused\n";
	int status = 0;

	if (system_call(SYS_IOPL, 3, 0, 0)) {
		system_call(SYS_WRITE, 1, (long)no, sizeof(no) - 1);
		status = 1;
	} else {
		write_by_number(100);
		write_by_dx(70);
		read_by_dx(50);
		write_string(30);
		ask_cpuid(20);
		touch_pages();
	}
	system_call(SYS_EXIT, status, 0, 0);
	__builtin_unreachable();
}
