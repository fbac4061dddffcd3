/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions with sensitive instructions that the kernel copies to other places and runs
 * there: near and far, up and down, over each other, copied again, into ring 3.
 *
 * Engine: segments
 */
#include "copied.h"

#define FAR	0xd0000000u
#define UPAGE	0x50000000u

extern const uint8_t waits[], waits_end[], faults[], faults_at[],
	faults_to[], faults_end[];
extern const uint8_t user[], user_stop[];

/* Each is position-independent. */
asm(".pushsection .text\n"
    /* an interrupt waits: it comes behind sti, not before */
    "waits: movl 4(%esp), %edx; cli; movl (%edx), %eax; sti; nop; cli\n"
    "subl (%edx), %eax; negl %eax; ret\n"
    "waits_end:\n"
    "faults: pushl %ebx; movl $0x7f8, %ecx; cli\n"
    "faults_at: movw %cx, %fs\nfaults_to: nop; popl %ebx; ret\n"
    "faults_end:\n"
    ".popsection\n"
    ".pushsection .user, \"ax\"\n"
    "user: pushfl; popl %esi; xorl %eax, %eax; xorl %ecx, %ecx; cpuid; movl %ebx, %edi\n"
    "movl %cs, %ebp; pushfl; popfl; pushl %ds; popl %ds; int $0x80; movl %ds, %ecx; cli\n"
    "user_stop: .popsection");

static uint8_t area[8 * PAGESIZE] __attribute__((aligned(4096)));
static word at_fault;

static bool timer_waits(word at)
{
	unsigned i, good = 0;

	put(at, waits, waits_end);
	irq_unmask(0);
	for (i = 0; i < 20; i++) {
		pit_once(20);
		while (!irq_waits(0))
			;
		good += ((word (*)(volatile unsigned *))at)(&irq_count(0)) == 1;
	}
	irq_mask_all();
	return good == 20;
}

static bool catches(struct trapframe *tf)
{
	at_fault = tf->ip;
	tf->ip += faults_to - faults_at;
	return true;
}

static bool fault_there(word at)
{
	put(at, faults, faults_end);
	handlers[T_GP] = catches;
	((void (*)(void))at)();
	handlers[T_GP] = NULL;
	return at_fault == at + (faults_at - faults);
}

/* Distances small and large; below a stub's address there may be others. */
static bool distances(void)
{
	word size = sample_end - sample, at;
	unsigned i, wrong = 0;

	for (i = 0; i < 40; i++)
		wrong += !copied((word)area + i * 8);
	for (at = 4 * MIB; at < 12 * MIB; at += MIB / 8 + 24)
		wrong += !copied(at);
	/* over a page boundary */
	for (i = 1; i < size; i += 7)
		wrong += !copied(9 * MIB - i);
	return !wrong;
}

/* In an image's own page: over another function, which comes back. */
static bool over_another(void)
{
	uint8_t *victim = (uint8_t *)waits;
	word n = faults_end - waits;
	bool ok;

	memcpy(area, victim, n);
	put((word)victim, faults, faults_end);
	at_fault = 0;
	handlers[T_GP] = catches;
	((void (*)(void))victim)();
	handlers[T_GP] = NULL;
	ok = at_fault == (word)victim + (faults_at - faults);
	memcpy(victim, area, n);
	return ok && ((word (*)(volatile unsigned *))victim)(&irq_count(0)) == 0;
}

/* A copy of a copy, of a copy that ran and of one that did not. */
static bool copied_again(void)
{
	word size = sample_end - sample, from = 6 * MIB, to = 7 * MIB + 44;
	unsigned i;
	bool ok = true;

	put(from, sample, sample_end);
	for (i = 0; i < 6; i++) {
		if (i & 1)
			ok &= same(from);
		memcpy((void *)to, (void *)from, size);
		memset((void *)from, 0xcc, size);
		ok &= same(to);
		from = to;
		to = to < 8 * MIB ? to + 3 * MIB + 12 : to - 5 * MIB;
	}
	return ok;
}

/* Data that is never run stays as it is. */
static bool data_stays(void)
{
	word size = sample_end - sample, at = 10 * MIB;

	put(at, sample, sample_end);
	return same((word)sample) && !memcmp((void *)at, sample, size);
}

static bool mapped(word va)
{
	word pa = (word)page_new();

	map(va, pa, PTE_W);
	map(va + PAGESIZE, (word)page_new(), PTE_W);
	return copied(va) && same(pa) && copied(pa + 512) && same(va + 512) &&
		copied(va + PAGESIZE - 40) && timer_waits(va) && fault_there(va + 8);
}

/* The same address, another page: its jumps are right. */
static bool other_page(void)
{
	word first = (word)sample & ~0xfffu, last = (word)faults_end & ~0xfffu, va, pa;
	bool ok;

	for (va = first; va <= last; va += PAGESIZE) {
		pa = (word)page_new();
		memcpy((void *)pa, (void *)va, PAGESIZE);
		map(va, pa, PTE_W);
		invlpg((void *)va);
	}
	at_fault = 0;
	handlers[T_GP] = catches;
	((void (*)(void))faults)();
	handlers[T_GP] = NULL;
	ok = same((word)sample) && at_fault == (word)faults_at;
	for (va = first; va <= last; va += PAGESIZE) {
		map(va, va, PTE_W);
		invlpg((void *)va);
	}
	return ok && same((word)sample);
}

/* cpuid's ebx; the int returns, and cli is #GP. */
static bool in_ring3(word va, unsigned n, word stack)
{
	struct trapframe tf;
	struct visit v;
	bool ok = true;

	for (; n; n--) {
		put(va, user, user_stop);
		tf = user_frame((void (*)(void))va, FL_IF);
		tf.sp = stack;
		v = user_run_frame(&tf);
		ok &= v.vector == 0x80 && v.tf.di == right.id && (v.tf.bp & 3) == 3;
		v = user_run_frame(&v.tf);
		ok &= v.vector == T_GP && v.tf.ip - va < (word)(user_stop - user);
		va += 24 + (user_stop - user);
	}
	return ok;
}

void guest_main(void)
{
	unsigned i;

	right = run((word)sample);
	check(right.off == 0 && right.on == FL_IF && right.popped == (FL_IF | FL_ZF) &&
	      right.in == 0x5a && right.tr == SEL_TSS, "where it was linked");
	check(copied((word)sample + MIB), "up by 1 MiB");
	check(copied((word)sample - 0x80000), "down");
	check(distances(), "at many distances");
	check(copied_again(), "copied again");
	check(over_another(), "over another function");
	check(data_stays(), "data that looks like code");
	check(timer_waits(3 * MIB), "an interrupt waits at sti");
	check(fault_there(3 * MIB + 100), "a fault is where it is");
	paging_on();
	check(distances() && copied_again() && data_stays(), "all that with paging");
	check(mapped(FAR), "mapped far away");
	check(other_page(), "another page at the same address");
	for (i = 0; i < 3; i++)
		map(UPAGE + i * PAGESIZE, (word)page_new(), PTE_W | PTE_U);
	check(in_ring3(UPAGE, 3, (word)user_stack), "in ring 3");
	check(in_ring3(UPAGE + PAGESIZE - 40, 3, (word)user_stack), "over a page boundary");
	check(in_ring3(UPAGE + 2 * PAGESIZE, 1, UPAGE + 3 * PAGESIZE), "beside its stack");
	check(same((word)sample), "the original");
}
