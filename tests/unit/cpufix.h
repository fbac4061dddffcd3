/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine for tests of the virtual CPU: RAM is an array, the host around it
 * counts what it is told.  Starts as a flat 32-bit kernel at ring 0. */
#ifndef CPUFIX_H
#define CPUFIX_H

#include <check.h>
#include <string.h>
#include "core/core.h"
#include "core/cpu.h"

#define RAM_SIZE	0x800000u

/* where things lie, physical = linear until a test pages */
#define GDT		0x1000u
#define IDT		0x2000u
#define TSS		0x4000u
#define LDT		0x5000u
#define CODE		0x10000u
#define STACK0		0x20000u	/* tops */
#define STACK0_TSS	0x28000u
#define STACK3		0x30000u
#define DATA		0x38000u
#define HANDLER(vec)	(0x40000u + (vec) * 16)
#define TABLES		0x100000u	/* free for page tables */

/* selectors */
#define CS0	0x08
#define DS0	0x10
#define CS3	0x1b
#define DS3	0x23
#define TR	0x28
#define LDTR	0x30
#define CS1	0x39		/* ring 1 code and data */
#define DS1	0x41
#define CSC	0x48		/* conforming, DPL 0 */
#define FREE(n)	(0x80 + 8 * (n))	/* for the test */

#define FLAT	0xfffffu	/* limit, with G */
#define AT_CODE0 0xc09bu
#define AT_DATA0 0xc093u
#define AT_CODE3 0xc0fbu
#define AT_DATA3 0xc0f3u

extern struct ab_machine *M;

struct cpufix {
	unsigned tlb_page, tlb_all, tlb_global, paging;
	uint64_t last_page;
	uint64_t tsc;
	uint32_t forbid[8][3];	/* CPUID: leaf, register, bits to take out */
	bool intel;
};
extern struct cpufix F;
extern uint8_t RAM[RAM_SIZE];

void cpu_start(void);
void cpu_start_ring3(void);	/* the same, in ring 3 with IOPL 0 */
void cpu_start_long(void);	/* 64-bit ring 0, identity mapped */

uint32_t peek32(uint32_t pa);
uint64_t peek64(uint32_t pa);
void poke32(uint32_t pa, uint32_t v);
void poke64(uint32_t pa, uint64_t v);

/* Descriptor: attr as in struct ab_seg (bit 7 = P, 14 = D, 15 = G). */
void desc_put(uint32_t table, uint16_t sel, uint32_t base, uint32_t limit, unsigned attr);
/* Gate in the GDT or IDT: attr = type, DPL, P. */
void gate_put(uint32_t at, uint16_t sel, uint32_t off, unsigned attr, unsigned param);
void idt_put(unsigned vec, uint16_t sel, uint32_t off, unsigned attr);

/* Put the bytes at cs:rip, decode and emulate them there. */
enum ab_result run(const void *bytes, size_t len);
#define X(...) run((const uint8_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define OK(...) ck_assert_int_eq(X(__VA_ARGS__), AB_OK)
/* The instruction faults with (vec, error) and changes nothing. */
void expect_fault(enum ab_result r, int line, unsigned vec, uint32_t error);
#define FAULTS(vec, error, ...) expect_fault(X(__VA_ARGS__), __LINE__, vec, error)
#define NOERR	0xffffffffu

/* Words on the present stack, from sp up. */
uint32_t stack(unsigned n);
uint64_t stack64(unsigned n);

/* Tests as a list: a name and a function each. */
#define ADD(tc, fn) tcase_add_test(tc, fn)
int cpu_main(const char *name, void (*add)(TCase *));

#endif
