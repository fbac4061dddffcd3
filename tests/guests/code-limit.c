/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A jump, call or return to beyond the code segment's limit faults where it stands, and
 * has done nothing; code that runs on over the limit faults behind it.
 * Native: no, QEMU's TCG does not check limits
 */
#include "guest.h"

#define LIMITED	SEL(FIRST_FREE)
#define LIMIT	0x7fu
#define AT	0x20u

static uint8_t area[PAGESIZE] __attribute__((aligned(4096)));
static word ip, cs, error, sp, used;

static bool fault(struct trapframe *tf)
{
	ip = tf->ip;
	cs = tf->cs;
	error = tf->error;
	sp = (word)&tf->sp;
	tf->cs = SEL_KCODE;
	tf->ip = tf->si;
	return true;
}

/* Runs (code) at AT; how much of the stack is in use at the fault: used. */
static bool faults(const void *code, unsigned n, word at, word depth)
{
	word eax = 0x200, before;

	memset(area, 0x90, sizeof(area));
	memcpy(area + AT, code, n);
	ip = cs = 0;
	asm volatile("movl %%esp, %%edi; movl $1f, %%esi; pushl $0x200; movl %%esp, %1\n"
		     "ljmp %2, %3\n"
		     "1: movl %%edi, %%esp"
		     : "+a"(eax), "=&b"(before) : "i"(LIMITED), "i"(AT)
		     : "ecx", "edx", "esi", "edi", "memory", "cc");
	used = before - sp;
	return ip == at && (cs & 0xffff) == LIMITED && !error && used == depth;
}

#define FAULTS(at, depth, ...) ({					\
	static const uint8_t code_[] = { __VA_ARGS__ };			\
	faults(code_, sizeof(code_), at, depth); })

/* What stays inside is done, flags, ecx and all, whatever comes in between. */
static bool inside(void)
{
	static const uint8_t code[] = {
		0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,	/* and 20: */
		0xff, 0xd0,				/* call *%eax */
		0x83, 0xd2, 0x00,			/* adc $0, %edx */
		0xe2, 0xf9,				/* loop 27 */
		0xe9, 0, 1, 0, 0,			/* jmp out */
		0x90, 0x90, 0x90,
		0x68, 0x40, 0, 0, 0,			/* 38: push $40 */
		0xc3,					/* ret */
		0x90, 0x90,
		0xf9,					/* 40: stc */
		0xc3,					/* ret */
	};
	word eax = AT + 0x18, ecx = 50000, edx = 0;

	memset(area, 0x90, sizeof(area));
	memcpy(area + AT, code, sizeof(code));
	ip = cs = 0;
	irq_unmask(0);
	pit_start(4000);
	asm volatile("movl %%esp, %%edi; movl $1f, %%esi; sti; ljmp %3, %4\n"
		     "1: movl %%edi, %%esp; cli"
		     : "+a"(eax), "+c"(ecx), "+d"(edx) : "i"(LIMITED), "i"(AT)
		     : "esi", "edi", "memory", "cc");
	irq_mask_all();
	return ip == AT + 0xe && !ecx && edx == 50000;
}

void guest_main(void)
{
	gdt[FIRST_FREE] = descriptor((word)area, LIMIT, A_CODE, F_32);
	handlers[T_GP] = fault;
	check(FAULTS(AT + 1, 0, 0x90, 0xe9, 0, 1, 0, 0), "jmp");
	check(FAULTS(AT + 2, 0, 0x39, 0xc0, 0x0f, 0x84, 0, 1, 0, 0), "jcc");
	check(FAULTS(AT + 2, 0, 0x39, 0xc0, 0x74, 0x70), "short jcc");
	check(FAULTS(AT + 5, 0, 0xb9, 2, 0, 0, 0, 0xe2, 0x70), "loop");
	check(FAULTS(AT + 1, 0, 0x90, 0xe8, 0, 1, 0, 0), "call");
	check(FAULTS(AT, 0, 0xff, 0xe0), "jmp *%eax");
	check(FAULTS(AT, 0, 0xff, 0xd0), "call *%eax");
	check(FAULTS(AT, 0, 0xc3), "ret");
	check(FAULTS(AT, 0, 0xc2, 8, 0), "ret 8");
	check(inside(), "calls and returns inside");
	check(FAULTS(LIMIT - 1, 0, 0xeb, LIMIT - 1 - AT - 2, [LIMIT - 1 - AT] = 0xb8),
	      "an instruction across the end");
	check(FAULTS(LIMIT - 1, 0, 0xeb, LIMIT - 1 - AT - 2, [LIMIT - 1 - AT] = 0x0f),
	      "a prefix of one");
	check(FAULTS(LIMIT - 1, 0, [0 ... LIMIT - 2 - AT] = 0x90, 0xe8, 0, 0, 0, 0),
	      "reached by what stands before it");
	check(FAULTS(LIMIT + 1, 0, 0xeb, LIMIT - AT - 2), "beyond the end");
}
