/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second guest of bench/ops: what takes more than one instruction.  Same
 * output: "op NAME hundredths of a TSC cycle".
 */
#include "guest.h"

#define PAGES	256
static uint8_t *const area = (uint8_t *)0x40000000;
static uint32_t other_directory[1024] __attribute__((aligned(4096)));
static volatile uint64_t at_handler;
static word frames[PAGES];

static void report(const char *name, uint64_t cycles, unsigned n)
{
	unsigned shift = 0;

	while (1u << shift < n)		/* n is a power of two */
		shift++;
	print("op %s %u\n", name, (unsigned)(cycles * 100 >> shift));
}

static bool on_timer(struct trapframe *tf)
{
	if (!at_handler)
		at_handler = rdtsc();
	return false;
}

/* From the sti that lets a waiting interrupt in to its handler's C code. */
static void interrupts(void)
{
	uint64_t least = ~0ull, start;
	unsigned i;

	handlers[IRQ_VECTOR(0)] = on_timer;
	irq_unmask(0);
	for (i = 0; i < 64; i++) {
		cli();
		pit_once(1200);
		while (!irq_waits(0))
			;
		at_handler = 0;
		start = rdtsc();
		sti();
		asm volatile("nop; nop");
		cli();
		if (at_handler - start < least)
			least = at_handler - start;
	}
	irq_mask_all();
	report("interrupt", least, 1);
}

static bool on_fault(struct trapframe *tf)
{
	word va = cr2_read() & ~0xfffu;

	*pte(va) = frames[(va - (word)area) / 4096] | 3;
	return true;
}

static void page_faults(void)
{
	uint64_t least = ~0ull, start, cycles;
	unsigned i, round;

	handlers[14] = on_fault;
	for (i = 0; i < PAGES; i++) {
		frames[i] = (word)page_new();
		pte((word)area + i * 4096);
	}
	for (round = 0; round < 4; round++) {
		for (i = 0; i < PAGES; i++)
			*pte((word)area + i * 4096) = 0;
		cr3_write(cr3_read());
		start = rdtsc();
		for (i = 0; i < PAGES; i++)
			area[i * 4096] = 1;
		cycles = rdtsc() - start;
		if (cycles < least)
			least = cycles;
	}
	handlers[14] = NULL;
	report("page_fault", least, PAGES);
}

/* Two address spaces that share the kernel and differ in (touch) pages. */
static void switches(const char *name, unsigned touch)
{
	uint64_t least = ~0ull, start, cycles;
	word one = cr3_read(), two = (word)other_directory;
	unsigned i, k, round;
	volatile uint8_t *p = area;

	memcpy(other_directory, page_directory, sizeof(other_directory));
	for (round = 0; round < 4; round++) {
		start = rdtsc();
		for (i = 0; i < 256; i++) {
			cr3_write(i & 1 ? one : two);
			for (k = 0; k < touch; k++)
				p[k * 4096]++;
		}
		cycles = rdtsc() - start;
		if (cycles < least)
			least = cycles;
	}
	report(name, least, 256);
}

/* Ring 3 below all of the kernel, as in an operating system, so that both user
 * modes of aftermon can run it. */
#define LOW_PAGES	0x20000
#define LOW_COUNT	64
#define LOW_CODE	0x80000

static void split(void)
{
	word va, start = (word)user_start;

	for (va = 0; va < 0x100000; va += PAGESIZE)
		*pte(va) = 0;
	for (va = start; va < (word)user_end; va += PAGESIZE) {
		map(LOW_CODE + va - start, va, PTE_W | PTE_U);
		map(va, va, PTE_W);
	}
	cr3_write(cr3_read());
}

static void run_low(void (*f)(void))
{
	struct trapframe tf = user_frame(f, FL_IF);

	tf.ip += LOW_CODE - (word)user_start;
	tf.sp += LOW_CODE - (word)user_start;
	user_run_frame(&tf);
}

static bool on_call(struct trapframe *tf)
{
	return tf->ax == 7;		/* else the stay in ring 3 ends */
}

USER static void caller(void)
{
	unsigned i;

	for (i = 0; i < 4096; i++)
		asm volatile("int $0x80" : : "a"(7) : "memory");
	user_exit(0);
}

static void system_calls(void)
{
	uint64_t least = ~0ull, start, cycles;
	unsigned round;

	handlers[0x80] = on_call;
	for (round = 0; round < 4; round++) {
		start = rdtsc();
		run_low(caller);
		cycles = rdtsc() - start;
		if (cycles < least)
			least = cycles;
	}
	handlers[0x80] = NULL;
	report("ring3_int80", least, 4096);
}

static bool on_user_fault(struct trapframe *tf)
{
	word va = cr2_read() & ~0xfffu;

	*pte(va) = frames[(va - LOW_PAGES) / PAGESIZE] | 7;
	return true;
}

USER static void toucher(void)
{
	unsigned i;

	for (i = 0; i < LOW_COUNT; i++)
		*(volatile uint8_t *)(LOW_PAGES + i * PAGESIZE) = 1;
	user_exit(0);
}

static void user_page_faults(void)
{
	uint64_t least = ~0ull, start, cycles;
	unsigned i, round;

	handlers[14] = on_user_fault;
	for (round = 0; round < 8; round++) {
		for (i = 0; i < LOW_COUNT; i++)
			*pte(LOW_PAGES + i * PAGESIZE) = 0;
		cr3_write(cr3_read());
		start = rdtsc();
		run_low(toucher);
		cycles = rdtsc() - start;
		if (cycles < least)
			least = cycles;
	}
	handlers[14] = NULL;
	report("ring3_fault", least, LOW_COUNT);
}

static void mmio(void)
{
	uint64_t start;
	unsigned i;

	map(0xfee00000, 0xfee00000, 0x13);
	start = rdtsc();
	for (i = 0; i < 1024; i++)
		read32(0xfee00020);
	report("mmio_read", rdtsc() - start, 1024);
}

/* Nothing but computing: dependent multiplies and adds over registers. */
static void compute(void)
{
	uint64_t start = rdtsc();
	unsigned i, x = 1;

	for (i = 0; i < 1u << 26; i++)
		x = x * 1664525 + 1013904223;
	asm volatile("" : : "r"(x));
	report("compute_step", rdtsc() - start, 1u << 26);
}

void guest_main(void)
{
	paging_on();
	interrupts();
	page_faults();
	switches("cr3_switch_0", 0);
	switches("cr3_switch_16", 16);
	mmio();
	split();
	system_calls();
	user_page_faults();
	compute();
}
