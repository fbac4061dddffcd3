/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runtime of the test guests.  A guest is one file with a guest_main(); it
 * starts in ring 0 with paging and interrupts off, a flat GDT with room for its
 * own descriptors, an IDT that catches everything, and every interrupt masked.
 *
 * A guest prints one line a check, nothing that differs between machines, then
 * SUCCESS or ABORT.  The instruction wrappers and TRY are those of minikernel.
 */
#ifndef GUEST_H
#define GUEST_H

#include "kernel.h"

void guest_main(void);
void runtime_main(word magic, word info);
void guest_end(void) __attribute__((noreturn));	/* also when guest_main returns */
void note_failure(void);		/* ABORT, whatever comes */

extern word boot_magic, boot_info, boot_sp;	/* as multiboot left them in eax, ebx, esp */

/* ---- descriptors ---- */
#define GDT_SIZE	32		/* slots; those from FIRST_FREE are yours */
#define FIRST_FREE	11
#define SEL(slot)	((slot) * 8)
extern uint64_t gdt[GDT_SIZE];

/* (access) as in byte 5 of a descriptor, (flags) the high half of byte 6. */
uint64_t descriptor(uint32_t base, uint32_t limit, uint8_t access, uint8_t flags);
uint64_t gate(uint16_t sel, uint32_t offset, uint8_t access, uint8_t params);
#define A_DATA		0x93		/* present, ring 0, writable, accessed */
#define A_RODATA	0x91
#define A_CODE		0x9b
#define A_CONFORMING	0x9f
#define A_LDT		0x82
#define A_TSS		0x89
#define A_CALL		0x8c
#define A_INTERRUPT	0x8e
#define A_TRAP		0x8f
#define A_RING3		0x60
#define F_PAGES		0x8		/* limit counts pages */
#define F_32		0x4

extern uint64_t idt[256];
void gate_set(unsigned vector, void (*f)(void), uint8_t access);	/* 0: the runtime's */
void idt_limit(unsigned entries);

extern struct tss {
	uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
	uint32_t gpr[8], seg[6], ldt;
	uint16_t trap, iomap;
	uint8_t ports[8192 + 1];
} __attribute__((packed)) tss;

/* ---- traps ---- */
/* Called for its vector before anything else; true: taken care of. */
typedef bool (*handler)(struct trapframe *);
extern handler handlers[256];
extern volatile unsigned trap_count[256];
extern volatile word trap_ip[256];	/* of the last one */

/* ---- ring 3 ---- */
#define USER __attribute__((section(".user"), noinline, used))
#define USERDATA __attribute__((section(".userdata")))
extern char user_stack[], user_start[], user_end[], image_end[];

/* How a stay in ring 3 ended: any trap that nobody else handled. */
struct visit {
	word vector, error, addr;
	struct trapframe tf;
};
struct visit user_run(void (*f)(void), word flags);
struct visit user_run_frame(const struct trapframe *);
struct trapframe user_frame(void (*f)(void), word flags);
void user_enter(const struct trapframe *);
void user_leave(void) __attribute__((noreturn));
#define user_exit(v) asm volatile("int $0x80" : : "a"(v) : "memory")

/* ---- paging ---- */
/* 16 MiB where they are, by 4 KiB pages; ring 3 sees only .user and .userdata. */
void paging_on(void);
uint32_t *pte(word va);			/* makes the table */
void map(word va, word pa, uint32_t bits);	/* P is added; no invlpg */
extern uint32_t page_directory[1024];
void *page_new(void);			/* zeroed, below 16 MiB, never given back */

/* ---- interrupts ---- */
#define IRQ_VECTOR(n)	(T_IRQ0 + (n))
void irq_unmask(unsigned irq);
void irq_mask_all(void);
void pit_start(unsigned hz);		/* channel 0, mode 2 */
void pit_once(unsigned count);		/* channel 0, mode 0 */
bool irq_waits(unsigned irq);		/* latched in the 8259A */
#define irq_count(n)	(trap_count[IRQ_VECTOR(n)])
void delay_us(unsigned us);		/* by channel 2, polled */

/* ---- memory, in program order with everything else; the compiler is told
 * nothing of where it is ---- */
#define MEMORY_ACCESS(bits)						\
INLINE uint##bits##_t read##bits(word a)				\
{									\
	uint##bits##_t v;						\
									\
	asm volatile("" : "+r"(a) : : "memory");			\
	v = *(volatile uint##bits##_t *)a;				\
	asm volatile("" : : : "memory");				\
	return v;							\
}									\
INLINE void write##bits(word a, uint##bits##_t v)			\
{									\
	asm volatile("" : "+r"(a) : : "memory");			\
	*(volatile uint##bits##_t *)a = v;				\
	asm volatile("" : : : "memory");				\
}
MEMORY_ACCESS(8)
MEMORY_ACCESS(16)
MEMORY_ACCESS(32)

/* TRY's outcome in one comparison. */
INLINE bool faulted(word got, word vector, word error)
{
	return got == vector && last_fault.error == error &&
		last_fault.ip == last_fault.site;
}

#define PORT_PIC1	0x20
#define PORT_PIC2	0xa0
#define PORT_SCRATCH	0x3ff
#define PORT_NOBODY	0x5678

#endif
