/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function an instruction that C has no word for.  Nothing here is clever:
 * each is what any kernel has, and what a post-processor finds in its assembly.
 */
#ifndef X86_H
#define X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mmu.h"

typedef unsigned long word;	/* as wide as a register */

struct dtr {			/* what lgdt and lidt read */
	uint16_t limit;
	word base;
} __attribute__((packed));

#define INLINE static inline __attribute__((always_inline))

/* ---- ports ---- */
INLINE void outb(uint16_t port, uint8_t v) { asm volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
INLINE void outw(uint16_t port, uint16_t v) { asm volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
INLINE void outl(uint16_t port, uint32_t v) { asm volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }

INLINE uint8_t inb(uint16_t port)
{
	uint8_t v;

	asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

INLINE uint16_t inw(uint16_t port)
{
	uint16_t v;

	asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

INLINE uint32_t inl(uint16_t port)
{
	uint32_t v;

	asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

INLINE void outsb(uint16_t port, const void *from, size_t n)
{
	asm volatile("rep; outsb" : "+S"(from), "+c"(n) : "d"(port) : "memory");
}

INLINE void insb(uint16_t port, void *to, size_t n)
{
	asm volatile("rep; insb" : "+D"(to), "+c"(n) : "d"(port) : "memory");
}

/* ---- the interrupt flag ---- */
INLINE void cli(void) { asm volatile("cli" : : : "memory"); }
INLINE void sti(void) { asm volatile("sti" : : : "memory"); }

INLINE word flags_read(void)
{
	word f;

	asm volatile("pushf; pop %0" : "=r"(f));
	return f;
}

INLINE void flags_write(word f)
{
	asm volatile("push %0; popf" : : "r"(f) : "memory", "cc");
}

/* Off, and what it was: the pair that every kernel's spinlocks are made of. */
INLINE word irq_save(void)
{
	word f;

	asm volatile("pushf; pop %0; cli" : "=r"(f) : : "memory");
	return f;
}

INLINE void irq_restore(word f) { flags_write(f); }

/* Sleep until an interrupt.  sti takes effect after the *next* instruction, so
 * nothing can come in between: an interrupt that waits already wakes the hlt. */
INLINE void idle(void) { asm volatile("sti; hlt; cli" : : : "memory"); }

/* ---- control registers ---- */
#define CR_ACCESS(n)							\
INLINE word cr##n##_read(void)						\
{									\
	word v;								\
									\
	asm volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory");	\
	return v;							\
}									\
INLINE void cr##n##_write(word v)					\
{									\
	asm volatile("mov %0, %%cr" #n : : "r"(v) : "memory");		\
}
CR_ACCESS(0)
CR_ACCESS(2)
CR_ACCESS(3)
CR_ACCESS(4)

INLINE void clts(void) { asm volatile("clts" : : : "memory"); }
INLINE void invlpg(const void *p) { asm volatile("invlpg (%0)" : : "r"(p) : "memory"); }

/* ---- tables and selectors ---- */
INLINE void lgdt(const struct dtr *d) { asm volatile("lgdt %0" : : "m"(*d) : "memory"); }
INLINE void lidt(const struct dtr *d) { asm volatile("lidt %0" : : "m"(*d) : "memory"); }
INLINE void sgdt(struct dtr *d) { asm volatile("sgdt %0" : "=m"(*d)); }
INLINE void sidt(struct dtr *d) { asm volatile("sidt %0" : "=m"(*d)); }
INLINE void ltr(uint16_t s) { asm volatile("ltr %0" : : "r"(s) : "memory"); }
INLINE void lldt(uint16_t s) { asm volatile("lldt %0" : : "r"(s) : "memory"); }

#define SEG_ACCESS(s)							\
INLINE uint16_t s##_read(void)						\
{									\
	uint16_t v;							\
									\
	asm volatile("mov %%" #s ", %0" : "=r"(v));			\
	return v;							\
}									\
INLINE void s##_write(uint16_t v)					\
{									\
	asm volatile("mov %0, %%" #s : : "r"(v) : "memory");		\
}
SEG_ACCESS(ds)
SEG_ACCESS(es)
SEG_ACCESS(fs)
SEG_ACCESS(gs)
SEG_ACCESS(ss)

/* ---- model-specific ---- */
INLINE uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

INLINE void wrmsr(uint32_t msr, uint64_t v)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v),
		     "d"((uint32_t)(v >> 32)) : "memory");
}

INLINE uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

struct cpuid {
	uint32_t a, b, c, d;
};

INLINE struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r;

	asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
		     : "0"(leaf), "2"(0));
	return r;
}

#endif
