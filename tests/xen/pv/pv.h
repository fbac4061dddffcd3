/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the hand-written Xen kernels share: hypercalls, printing, ending.  They
 * are for the tests of what surrounds the wedge, and to measure Xen itself.
 */
#ifndef PV_H
#define PV_H

/* Else the headers name the calls of Xen 3.0. */
#define __XEN_INTERFACE_VERSION__ 0x00040800
#include <stdint.h>
#include <stddef.h>
#include <xen/xen.h>
#include <xen/physdev.h>
#include <xen/sched.h>

typedef unsigned long word;

extern char hypercall_page[];
void pv_main(const struct start_info *si) __attribute__((noreturn));

static inline long hypercall4(int nr, word a, word b, word c, word d)
{
	register word r10 asm("r10") = d;
	long ret;

	asm volatile("call *%[page]"
		     : "=a"(ret), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
		     : [page] "r"(hypercall_page + 32 * nr)
		     : "memory", "cc", "rcx", "r8", "r11");
	return ret;
}

static inline long hypercall2(int nr, word a, word b)
{
	return hypercall4(nr, a, b, 0, 0);
}

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void print(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	hypercall4(__HYPERVISOR_console_io, CONSOLEIO_write, n, (word)s, 0);
}

static inline void print_number(unsigned long v)
{
	char text[24], *p = text + sizeof text;

	*--p = 0;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	print(p);
}

static inline void __attribute__((noreturn)) shut_down(unsigned reason)
{
	struct sched_shutdown arg = { .reason = reason };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (word)&arg);
	__builtin_unreachable();
}

/* Kernel code may use I/O ports, then: Xen emulates each access. */
static inline void ports_allow(void)
{
	struct physdev_set_iopl arg = { .iopl = 1 };

	hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (word)&arg);
}

/* The end of the run with status (V << 1) | 1. */
static inline void __attribute__((noreturn)) end(uint8_t v)
{
	ports_allow();
	outb(0xf4, v);
	shut_down(SHUTDOWN_crash);
}

#endif
