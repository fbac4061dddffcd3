/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every x86-64 test guest starts with: see guest64.h.  Start-up code, page
 * tables, descriptor tables and the console are minikernel's.
 */
#include "guest64.h"

handler handlers[256];
volatile unsigned trap_count[256];
struct gate64 idt[256] __attribute__((aligned(16)));
struct fault last_fault;
volatile bool call_may_fault;
char user_image[1];
asm(".global user_image_end; .set user_image_end, user_image");

static bool failed, in_user;
static struct visit visit;

struct extable {
	int32_t at, to;
};
extern const struct extable extable_start[], extable_end[];

void kernel_main(word magic, word info);

/* ---- results ---- */
void check(bool ok, const char *what)
{
	print("%s %s\n", ok ? "ok  " : "FAIL", what);
	failed |= !ok;
}

void guest_end(void)
{
	print(failed ? "ABORT\n" : "SUCCESS\n");
	machine_end(failed);
}

/* ---- descriptors ---- */
uint64_t *gdt_slot(unsigned sel)
{
	struct dtr d;

	sgdt(&d);
	return (uint64_t *)(d.base + (sel & ~7u));
}

struct tss64 *the_tss(void)
{
	const uint64_t *d = gdt_slot(SEL_TSS);

	return (struct tss64 *)((d[0] >> 16 & 0xffffff) | (d[0] >> 56 & 0xff) << 24 |
				d[1] << 32);
}

void gate_set(unsigned vector, void (*f)(void), uint8_t type, uint8_t ist)
{
	word to = f ? (word)f : trap_vectors[vector];

	idt[vector] = (struct gate64) {
		.offset0 = (uint16_t)to, .offset16 = (uint16_t)(to >> 16),
		.offset32 = (uint32_t)(to >> 32), .sel = SEL_KCODE, .type = type,
		.ist = ist,
	};
}

/* ---- traps ---- */
static bool recover(struct trapframe *tf, word addr)
{
	const struct extable *e;
	word to = 0;

	for (e = extable_start; e < extable_end; e++)
		if ((word)&e->at + e->at == tf->ip)
			to = (word)&e->to + e->to;
	if (call_may_fault && tf->ip == addr) {
		to = *(word *)tf->sp;
		tf->sp += sizeof(word);
	}
	if (!to)
		return false;
	last_fault.vector = tf->vector;
	last_fault.error = tf->error;
	last_fault.addr = addr;
	last_fault.ip = tf->ip;
	tf->ip = to;
	return true;
}

void trap(struct trapframe *tf)
{
	word addr = tf->vector == T_PF ? cr2_read() : 0;

	trap_count[tf->vector]++;
	if (handlers[tf->vector] && handlers[tf->vector](tf))
		return;
	if (tf->vector >= T_IRQ0 && tf->vector < T_IRQ0 + 16) {
		if (tf->vector >= T_IRQ0 + 8)
			outb(0xa0, 0x20);
		outb(0x20, 0x20);
		return;
	}
	if (tf->cs & 3 && in_user) {
		in_user = false;
		visit.vector = tf->vector;
		visit.error = tf->error;
		visit.addr = addr;
		visit.tf = *tf;
		user_leave();
	}
	if (!recover(tf, addr))
		panic(tf, "a trap that nobody expects");
}

word try_call(word a)
{
	last_fault.vector = NO_FAULT;
	call_may_fault = true;
	asm volatile("call *%0" : : "r"(a) : "memory", "cc", "rax", "rcx", "rdx");
	call_may_fault = false;
	return last_fault.vector;
}

/* ---- ring 3 ---- */
static void user_map(void)
{
	word va;

	for (va = (word)user_start; va < (word)user_end; va += PAGESIZE)
		vm_map(kernel_root, UVA(va), V2P(va), PTE_W | PTE_U);
	for (va = USERTOP - 2 * PAGESIZE; va < USERTOP; va += PAGESIZE)
		vm_map(kernel_root, va, V2P(page_alloc()), PTE_W | PTE_U | PTE_NX);
}

struct trapframe user_frame(const char *label, word arg)
{
	return (struct trapframe) {
		.ip = UVA(label), .cs = SEL_UCODE, .flags = FL_ONE | FL_IF,
		.sp = USERTOP - 64, .ss = SEL_UDATA, .di = arg,
	};
}

struct visit user_run_frame(const struct trapframe *tf)
{
	word f = irq_save();

	in_user = true;
	user_enter(tf);
	irq_restore(f);
	return visit;
}

struct visit user_run(const char *label, word arg)
{
	struct trapframe tf = user_frame(label, arg);

	return user_run_frame(&tf);
}

/* ---- interrupts ---- */
void irq_unmask(unsigned irq)
{
	uint16_t port = irq < 8 ? 0x21 : 0xa1;

	outb(port, (uint8_t)(inb(port) & ~(1u << (irq & 7))));
	if (irq >= 8)
		outb(0x21, (uint8_t)(inb(0x21) & ~4u));
}

void pit_start(unsigned count)
{
	outb(0x43, 0x34);
	outb(0x40, (uint8_t)count);
	outb(0x40, (uint8_t)(count >> 8));
}

void kernel_main(word magic, word info)
{
	struct dtr d = { sizeof(idt) - 1, (word)idt };
	unsigned i;

	console_init();
	segment_init();
	for (i = 0; i < 256; i++)
		gate_set(i, NULL, G_INTERRUPT | (i == 0x80 || i == T_BP ? G_RING3 : 0), 0);
	lidt(&d);
	page_init();
	vm_init();
	timer_init();
	user_map();
	guest_main();
	guest_end();
}

/* minikernel's parts that want its processes; none runs here. */
struct proc *current;
