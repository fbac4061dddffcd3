/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runtime of the x86-64 test guests.  A guest is one file with a guest_main();
 * it starts in ring 0 in the top 2 GiB, with minikernel's descriptor tables, 4 KiB
 * page tables and page allocator, an IDT that catches everything, and every
 * interrupt masked.
 *
 * A guest prints one line a check, nothing that differs between machines, then
 * SUCCESS or ABORT.  The instruction wrappers and TRY are those of minikernel.
 */
#ifndef GUEST64_H
#define GUEST64_H

#include "kernel.h"

void guest_main(void);
void guest_end(void) __attribute__((noreturn));	/* also when guest_main returns */

/* ---- traps ---- */
/* Called for its vector before anything else; true: taken care of. */
typedef bool (*handler)(struct trapframe *);
extern handler handlers[256];
extern volatile unsigned trap_count[256];

struct gate64 {
	uint16_t offset0, sel;
	uint8_t ist, type;
	uint16_t offset16;
	uint32_t offset32, reserved;
};
extern struct gate64 idt[256];
void gate_set(unsigned vector, void (*f)(void), uint8_t type, uint8_t ist);
#define G_INTERRUPT	0x8e
#define G_TRAP		0x8f
#define G_RING3		0x60

/* ---- descriptors: segment.c's own table ---- */
uint64_t *gdt_slot(unsigned sel);
struct tss64 {
	uint32_t reserved0;
	uint64_t sp[3], reserved1, ist[7];	/* ist[0] is IST 1 */
} __attribute__((packed));
struct tss64 *the_tss(void);

/* ---- ring 3: code and data between user_start and user_end, mapped at USERBASE,
 * and two pages of stack below USERTOP ---- */
extern char user_start[], user_end[];
#define UVA(label)	((word)(label) - (word)user_start + USERBASE)
/* One snippet: its label and its instructions, where ring 3 finds them. */
#define USER_CODE(label, code)						\
	asm(".pushsection .user, \"aw\"\n"				\
	    "	.global " #label "\n" #label ":\n" code "\n"		\
	    "	.popsection\n");					\
	extern char label[]

/* How a stay in ring 3 ended: any trap that no handler took. */
struct visit {
	word vector, error, addr;
	struct trapframe tf;
};
struct trapframe user_frame(const char *label, word arg);	/* arg: in rdi */
struct visit user_run_frame(const struct trapframe *);
struct visit user_run(const char *label, word arg);
void user_enter(const struct trapframe *);
void user_leave(void) __attribute__((noreturn));
#define USER_EXIT "int $0x80\n"

/* ---- memory ---- */
INLINE pte_t *pte_of(word va) { return vm_walk(kernel_root, va, 0, true); }
INLINE uint64_t read64(word a)
{
	uint64_t v;

	asm volatile("movq (%1), %0" : "=r"(v) : "r"(a) : "memory");
	return v;
}
INLINE void write64(word a, uint64_t v)
{
	asm volatile("movq %0, (%1)" : : "r"(v), "r"(a) : "memory");
}
INLINE word try_read(word a)
{
	word v;

	return TRY_ASM("", "movq (%[p]), %[v]", "", OUT([v] "=r"(v)), [p] "r"(a));
}
INLINE word try_write(word a, word v)
{
	return TRY("movq %[v], (%[p])", [p] "r"(a), [v] "r"(v));
}
/* A call there; the fault, if there is one, is as last_fault says. */
word try_call(word a);

INLINE bool faulted(word got, word vector, word error)
{
	return got == vector && last_fault.error == error &&
		last_fault.ip == last_fault.site;
}
INLINE bool page_faulted(word got, word error, word addr)
{
	return faulted(got, T_PF, error) && last_fault.addr == addr;
}
#define PF_R	8		/* a reserved bit was set */

/* ---- interrupts ---- */
void irq_unmask(unsigned irq);
void pit_start(unsigned count);		/* channel 0, mode 2 */
#define irq_count(n)	(trap_count[T_IRQ0 + (n)])

#endif
