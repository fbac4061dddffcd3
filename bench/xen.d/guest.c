/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest of bench/xen: what each op costs in instructions, natively and through
 * the wedge.  "op NAME TENTHS" a line.
 */
#include "guest64.h"
#include "measure.h"

static word keep_cr0, keep_cr3, keep_cr4, keep_ds;
static struct dtr tables[4];		/* 16 bytes apart: gdt, idt */
#define keep_table ((word)tables)

#define BOTH CASE
#define OURS CASE
#include "cases.def"
#undef CASE

#define AT	(KERNBASE + 0x20000000)
#define PAGES	256

USER_CODE(u_syscall, "movl %edi, %ebx\n1: syscall\ndecl %ebx\njnz 1b\n" USER_EXIT);
USER_CODE(u_int, "movl %edi, %ebx\n1: int $0x81\ndecl %ebx\njnz 1b\n" USER_EXIT);
USER_CODE(u_none, USER_EXIT);

static bool on_call(struct trapframe *tf)
{
	return *(uint16_t *)(tf->ip - 2) == 0x050f;
}

static bool on_int(struct trapframe *tf)
{
	return true;
}

static void run_syscall(unsigned n) { user_run(u_syscall, n); }
static void run_int(unsigned n) { user_run(u_int, n); }
static void run_none(unsigned n) { user_run(u_none, n); }
static void no_turn(unsigned n) { }

static void run_fault(unsigned n)
{
	while (n--)
		try_read(AT - PAGESIZE);
}

/* Entries written one by one into a table, then every page touched. */
static void run_map(unsigned n)
{
	static word pa;
	unsigned i;

	pa = (pa + PAGESIZE) & 0x7fffff;
	for (i = 0; i < n; i++)
		*pte_of(AT + i * PAGESIZE) = (0x800000 + (pa + i * PAGESIZE) % 0x400000)
			| PTE_P | PTE_W | PTE_A | PTE_D;
	cr3_write(cr3_read());
	for (i = 0; i < n; i++)
		write64(AT + i * PAGESIZE, i);
}

static void report(const char *name, uint64_t tenths)
{
	print("op %s %u\n", name, (unsigned)tenths);
}

void guest_main(void)
{
	keep_cr0 = cr0_read();
	keep_cr3 = cr3_read();
	keep_cr4 = cr4_read();
	keep_ds = SEL_KDATA;
	asm volatile("sgdt (%0); sidt 16(%0)" : : "r"(tables) : "memory");
	handlers[T_SYSCALL] = on_call;
	handlers[0x81] = on_int;
	gate_set(0x81, NULL, G_INTERRUPT | G_RING3, 0);
	pte_of(AT);
	cli();
#define CASE(name, insn, ...) cli(); report(#name, measured(run_##name, run_empty, COUNT, 8)); cli();
#include "cases.def"
	report("syscall_sysret", measured(run_syscall, run_none, 64, 1));
	report("int_iretq", measured(run_int, run_none, 64, 1));
	report("page_fault", measured(run_fault, no_turn, 64, 1));
	report("map_and_touch", measured(run_map, no_turn, PAGES, 1));
}
