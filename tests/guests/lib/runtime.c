/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every test guest starts with: see guest.h.  The assembly of the way in
 * and out (trap32.S) and the console are minikernel's.
 */
#include "guest.h"

uint64_t gdt[GDT_SIZE] __attribute__((aligned(8)));
uint64_t idt[256] __attribute__((aligned(8)));
struct tss tss __attribute__((aligned(4096)));
handler handlers[256];
volatile unsigned trap_count[256];
volatile word trap_ip[256];
struct fault last_fault;
word boot_magic, boot_info;
struct proc *current;

static bool failed;
static struct visit visit;
static bool in_user;

struct extable {
	int32_t at, to;
};
extern const struct extable extable_start[], extable_end[];
asm(".global tss_esp0; .set tss_esp0, tss + 4");

/* ---- results ---- */
void check(bool ok, const char *what)
{
	print("%s %s\n", ok ? "ok  " : "FAIL", what);
	failed |= !ok;
}

void note_failure(void)
{
	failed = true;
}

void guest_end(void)
{
	print(failed ? "ABORT\n" : "SUCCESS\n");
	machine_end(failed);
}

/* ---- descriptors ---- */
uint64_t descriptor(uint32_t base, uint32_t limit, uint8_t access, uint8_t flags)
{
	return (uint64_t)(limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
		(uint64_t)access << 40 | (uint64_t)(limit >> 16 & 0xf) << 48 |
		(uint64_t)flags << 52 | (uint64_t)(base >> 24) << 56;
}

uint64_t gate(uint16_t sel, uint32_t offset, uint8_t access, uint8_t params)
{
	return (uint64_t)(offset & 0xffff) | (uint64_t)sel << 16 |
		(uint64_t)params << 32 | (uint64_t)access << 40 |
		(uint64_t)(offset >> 16) << 48;
}

void gate_set(unsigned vector, void (*f)(void), uint8_t access)
{
	idt[vector] = gate(SEL_KCODE, f ? (word)f : trap_vectors[vector], access, 0);
}

void idt_limit(unsigned entries)
{
	struct dtr d = { entries * 8 - 1, (word)idt };

	lidt(&d);
}

static void tables_init(void)
{
	struct dtr d = { sizeof(gdt) - 1, (word)gdt };
	unsigned i;

	gdt[SEL_KCODE / 8] = descriptor(0, 0xfffff, A_CODE, F_PAGES | F_32);
	gdt[SEL_KDATA / 8] = descriptor(0, 0xfffff, A_DATA, F_PAGES | F_32);
	gdt[SEL_UDATA / 8] = descriptor(0, 0xfffff, A_DATA | A_RING3, F_PAGES | F_32);
	gdt[SEL_UCODE / 8] = descriptor(0, 0xfffff, A_CODE | A_RING3, F_PAGES | F_32);
	gdt[SEL_TSS / 8] = descriptor((word)&tss, sizeof(tss) - 1, A_TSS, 0);
	gdt[SEL_RODATA / 8] = descriptor(0, 0xfff, A_RODATA, F_32);
	gdt[SEL_ABSENT / 8] = descriptor(0, 0xfffff, A_DATA & ~0x80, F_PAGES | F_32);
	for (i = 0; i < 256; i++)
		gate_set(i, NULL, A_INTERRUPT);
	gate_set(0x80, NULL, A_INTERRUPT | A_RING3);
	tss.ss0 = SEL_KDATA;
	tss.iomap = sizeof(tss);
	tss.ports[8192] = 0xff;

	lgdt(&d);
	asm volatile("pushl %0; pushl $1f; lret; 1:" : : "i"(SEL_KCODE) : "memory");
	ds_write(SEL_KDATA);
	es_write(SEL_KDATA);
	ss_write(SEL_KDATA);
	fs_write(0);
	gs_write(0);
	ltr(SEL_TSS);
	lldt(0);
	idt_limit(256);
}

/* ---- traps ---- */
static bool recover(struct trapframe *tf, word addr)
{
	const struct extable *e;

	for (e = extable_start; e < extable_end; e++) {
		if ((word)&e->at + e->at != tf->ip)
			continue;
		last_fault.vector = tf->vector;
		last_fault.error = tf->error;
		last_fault.addr = addr;
		last_fault.ip = tf->ip;
		tf->ip = (word)&e->to + e->to;
		return true;
	}
	return false;
}

static void irq_done(unsigned irq)
{
	if (irq >= 8)
		outb(PORT_PIC2, 0x20);
	outb(PORT_PIC1, 0x20);
}

void trap(struct trapframe *tf)
{
	word addr = tf->vector == T_PF ? cr2_read() : 0;

	trap_count[tf->vector]++;
	trap_ip[tf->vector] = tf->ip;
	if (handlers[tf->vector] && handlers[tf->vector](tf))
		return;
	if (tf->vector >= T_IRQ0 && tf->vector < T_IRQ0 + 16) {
		irq_done(tf->vector - T_IRQ0);
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

/* ---- ring 3 ---- */
struct trapframe user_frame(void (*f)(void), word flags)
{
	return (struct trapframe) {
		.ip = (word)f, .cs = SEL_UCODE, .flags = flags | FL_ONE,
		.sp = (word)user_stack, .ss = SEL_UDATA,
		.ds = SEL_UDATA, .es = SEL_UDATA,
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

struct visit user_run(void (*f)(void), word flags)
{
	struct trapframe tf = user_frame(f, flags);

	return user_run_frame(&tf);
}

/* ---- paging ---- */
uint32_t page_directory[1024] __attribute__((aligned(4096)));

void *page_new(void)
{
	static word next;

	if (!next)
		next = ((word)image_end + 0xfff) & ~0xffful;
	next += PAGESIZE;
	if (next > RAM)
		panic(NULL, "page_new: no page left");
	return memset((void *)(next - PAGESIZE), 0, PAGESIZE);
}

uint32_t *pte(word va)
{
	uint32_t *e = &page_directory[va >> 22];

	if (!(*e & PTE_P))
		*e = (word)page_new() | PTE_P | PTE_W | PTE_U;
	return (uint32_t *)(*e & ~0xffful) + (va >> 12 & 1023);
}

void map(word va, word pa, uint32_t bits)
{
	*pte(va) = pa | bits | PTE_P;
}

void paging_on(void)
{
	word va;

	for (va = 0; va < RAM; va += PAGESIZE)
		map(va, va, PTE_W | (va >= (word)user_start && va < (word)user_end
				     ? PTE_U : 0));
	cr3_write((word)page_directory);
	cr0_write(cr0_read() | CR0_PG | CR0_WP);
}

/* ---- interrupts ---- */
static void pic_init(void)
{
	outb(PORT_PIC1, 0x11);
	outb(PORT_PIC1 + 1, T_IRQ0);
	outb(PORT_PIC1 + 1, 4);
	outb(PORT_PIC1 + 1, 1);
	outb(PORT_PIC2, 0x11);
	outb(PORT_PIC2 + 1, T_IRQ0 + 8);
	outb(PORT_PIC2 + 1, 2);
	outb(PORT_PIC2 + 1, 1);
	irq_mask_all();
}

void irq_mask_all(void)
{
	outb(PORT_PIC1 + 1, 0xff);
	outb(PORT_PIC2 + 1, 0xff);
}

void irq_unmask(unsigned irq)
{
	if (irq >= 8) {
		outb(PORT_PIC2 + 1, inb(PORT_PIC2 + 1) & ~(1 << (irq - 8)));
		irq = 2;
	}
	outb(PORT_PIC1 + 1, inb(PORT_PIC1 + 1) & ~(1 << irq));
}

bool irq_waits(unsigned irq)
{
	uint16_t port = irq < 8 ? PORT_PIC1 : PORT_PIC2;

	outb(port, 0x0a);
	return inb(port) >> (irq & 7) & 1;
}

void pit_start(unsigned hz)
{
	unsigned count = 1193182 / hz;

	outb(0x43, 0x34);
	outb(0x40, count);
	outb(0x40, count >> 8);
}

void pit_once(unsigned count)
{
	outb(0x43, 0x30);
	outb(0x40, count);
	outb(0x40, count >> 8);
}

void delay_us(unsigned us)
{
	unsigned count;

	while (us) {
		unsigned n = us > 50000 ? 50000 : us;

		us -= n;
		count = n * 1193 / 1000 + 1;
		outb(0x61, (inb(0x61) & ~2) | 1);
		outb(0x43, 0xb0);	/* channel 2, mode 0 */
		outb(0x42, count);
		outb(0x42, count >> 8);
		while (!(inb(0x61) & 0x20))
			;
	}
}

void runtime_main(word magic, word info)
{
	boot_magic = magic;
	boot_info = info;
	console_init();
	tables_init();
	pic_init();
	guest_main();
	guest_end();
}
