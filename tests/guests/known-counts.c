/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each operation a known number of times, in a function of its own.  What is
 * printed is what a profile must say: tests/feedback/counts.sh compares.
 */
#include "guest.h"

static uint32_t selector, out[4];
static struct dtr table;

#define COUNTED(F)						\
F(cli, 101, asm volatile("cli"))				\
F(sti, 102, asm volatile("sti"))				\
F(pushf, 103, asm volatile("pushfl; addl $4, %%esp" : : : "memory", "cc"))	\
F(popf, 104, asm volatile("pushl $2; popfl" : : : "memory", "cc"))		\
F(read_cr, 105, asm volatile("movl %%cr0, %0" : "=r"(out[0])))	\
F(write_cr, 106, asm volatile("movl %0, %%cr2" : : "r"(0)))	\
F(read_dr, 107, asm volatile("movl %%dr7, %0" : "=r"(out[0])))	\
F(clts, 108, asm volatile("clts"))				\
F(smsw, 109, asm volatile("smsw %w0" : "=r"(out[0])))		\
F(invlpg, 110, asm volatile("invlpg %0" : : "m"(out[0])))	\
F(wbinvd, 111, asm volatile("wbinvd"))				\
F(rdmsr, 112, asm volatile("rdmsr" : "=a"(out[0]), "=d"(out[1]) : "c"(0x1b)))	\
F(cpuid, 113, asm volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "0"(0), "2"(0)))	\
F(port_in, 114, asm volatile("inb %%dx, %%al" : "=a"(out[0]) : "d"(PORT_NOBODY)))	\
F(port_out, 115, asm volatile("outb %%al, %%dx" : : "a"(0), "d"(PORT_NOBODY)))	\
F(read_seg, 116, asm volatile("movl %%ds, %0" : "=r"(selector)))	\
F(write_seg, 117, asm volatile("movl %0, %%fs" : : "r"(0)))	\
F(push_seg, 118, asm volatile("pushl %%ds; addl $4, %%esp" : : : "memory", "cc"))	\
F(pop_seg, 119, asm volatile("pushl $0; popl %%gs" : : : "memory"))	\
F(sgdt, 120, asm volatile("sgdt %0" : "=m"(table)))		\
F(str, 121, asm volatile("strw %w0" : "=r"(out[0])))		\
F(lar, 122, asm volatile("larl %1, %0" : "=r"(out[0]) : "r"(8) : "cc"))	\
F(verr, 123, asm volatile("verr %w0" : : "r"(8) : "cc"))	\
F(sldt, 124, asm volatile("sldtw %w0" : "=r"(out[0])))

#define DEFINE(op, n, code)					\
static __attribute__((noinline)) void count_##op(void)		\
{								\
	unsigned i;						\
								\
	for (i = 0; i < n; i++)					\
		code;						\
}
COUNTED(DEFINE)

void guest_main(void)
{
#define RUN(op, n, code)	count_##op(); check(true, #op " " #n);
	asm volatile("cli");
	COUNTED(RUN)
	asm volatile("cli");
}
