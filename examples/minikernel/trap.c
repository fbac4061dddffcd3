/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interrupt table, and what to do when something comes through it.
 *
 * A fault has one of four ends, tried in this order: the page comes in
 * (vm_fault); the instruction has an exception-table entry and the kernel goes
 * on there; the process did it and dies; the kernel did it and that is a bug.
 */
#include "kernel.h"

struct gate {
	uint16_t offset0, sel;
	uint8_t ist, type;
	uint16_t offset16;
#ifdef __x86_64__
	uint32_t offset32, reserved;
#endif
};
#define GATE_INTERRUPT	0x8e
#define GATE_USER	0xee		/* ring 3 may call it */

struct extable {
	int32_t at, to;
};
extern const struct extable extable_start[], extable_end[];	/* kernel.ld */

struct fault last_fault;
volatile bool call_may_fault;
static struct gate idt[256];

void trap_init(void)
{
	struct dtr d = { sizeof(idt) - 1, (word)idt };
	unsigned i;

	for (i = 0; i < 256; i++) {
		idt[i].offset0 = trap_vectors[i];
		idt[i].offset16 = trap_vectors[i] >> 16;
#ifdef __x86_64__
		idt[i].offset32 = trap_vectors[i] >> 32;
#endif
		idt[i].sel = SEL_KCODE;
		idt[i].type = i == T_SYSCALL || i == T_BP ? GATE_USER : GATE_INTERRUPT;
	}
	lidt(&d);
}

static bool recover(struct trapframe *tf, word addr)
{
	const struct extable *e;
	word to = 0;

	for (e = extable_start; e < extable_end; e++)
		if ((word)&e->at + e->at == tf->ip)
			to = (word)&e->to + e->to;
#ifdef __x86_64__
	/* A call to where nothing may run faults there, not at the call: go back
	 * as its return would have done. */
	if (call_may_fault && tf->ip == addr) {
		to = *(word *)tf->sp;
		tf->sp += sizeof(word);
	}
#endif
	if (!to)
		return false;
	last_fault.vector = tf->vector;
	last_fault.error = tf->error;
	last_fault.addr = addr;
	last_fault.ip = tf->ip;
	tf->ip = to;
	return true;
}

static void fault(struct trapframe *tf)
{
	word addr = tf->vector == T_PF ? cr2_read() : 0;

	if (tf->vector == T_PF && current && vm_fault(proc_root(), addr, tf->error))
		return;
	if (tf->cs & 3)
		proc_kill(tf, addr);
	if (!recover(tf, addr))
		panic(tf, "a fault in the kernel");
}

void trap(struct trapframe *tf)
{
	if (tf->vector == T_SYSCALL) {
		syscall(tf);
	} else if (tf->vector == T_TIMER) {
		timer_interrupt(tf);
		if (tf->cs & 3)
			proc_preempt();
	} else if (tf->vector < T_IRQ0) {
		fault(tf);
	} else {
		panic(tf, "an interrupt that nobody asked for");
	}
}
