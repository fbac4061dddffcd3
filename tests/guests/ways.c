/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where calls and returns lead when what they lead to has changed meanwhile, between a
 * call and its return, too: by another mapping, another address space, other bytes.
 */
#include "guest.h"

#define VA	0x50000000u
#define VB	0x50400000u
#define TOP	0xfffff000u
#define MIDDLE	0x80000000u
#define LOW	0x5000u
#define MIB	(1u << 20)
#define TIMES	60u

static uint8_t frames[2][PAGESIZE] __attribute__((aligned(4096)));
static word turn, at = VA;

/* ---- the caller's page is another one when a call comes back ---- */

static uint32_t *other;			/* page directory */
void (*hook)(void);
extern const uint8_t thunk[];
asm("thunk: pushal; call *hook; popal; xorl %eax, %eax; ret");

static word call(word at)
{
	word r;

	asm volatile("call *%1" : "=a"(r) : "r"(at) : "ecx", "edx", "memory");
	return r;
}

/* call thunk; add $n, %eax; ret: as it is to stand at (at) */
static void calls(uint8_t *page, word n)
{
	uint8_t code[] = { 0xe8, 0, 0, 0, 0, 0x05, n, n >> 8, n >> 16, n >> 24, 0xc3 };
	word to = (word)thunk - (at + 64 + 5);

	memcpy(code + 1, &to, 4);
	memcpy(page + 64, code, sizeof(code));
}

static void by_invlpg(void)
{
	map(at, (word)frames[turn], PTE_W);
	invlpg((void *)at);
}

static void by_large_page(void)
{
	page_directory[at >> 22] = (16 * MIB + turn * 4 * MIB) | PTE_P | PTE_W | PTE_PS;
	invlpg((void *)at);
}

static void by_cr3(void)
{
	cr3_write(turn ? (word)other : (word)page_directory);
}

static void without_paging(void)
{
	word cr0 = cr0_read();

	cr0_write(cr0 & ~CR0_PG);
	map(VA, (word)frames[turn], PTE_W);
	cr0_write(cr0);
}

static void by_bytes(void)
{
	write8(VA + 64 + 6, 100 + turn);
}

static void by_alias(void)
{
	write8(VB + 64 + 6, 100 + turn);
}

static bool back(void (*f)(void))
{
	unsigned i, wrong = 0;

	calls(frames[0], 100);
	calls(frames[1], 101);
	map(at, (word)frames[0], PTE_W);
	map(VB, (word)frames[0], PTE_W);
	cr3_write((word)page_directory);
	hook = f;
	for (i = 0; i < TIMES; i++) {
		turn = i / 2 & 1;
		wrong += call(at + 64) != 100 + turn;
	}
	cr3_write((word)page_directory);
	return !wrong;
}

/* The same of pages of 4 MiB. */
static bool large(void)
{
	unsigned i, wrong = 0;
	word was = page_directory[VA >> 22];

	hook = by_large_page;
	cr4_write(cr4_read() | CR4_PSE);
	for (turn = 2; turn--;) {
		by_large_page();
		calls((uint8_t *)VA, 100 + turn);
	}
	for (i = 0; i < TIMES; i++) {
		turn = i / 2 & 1;
		wrong += call(VA + 64) != 100 + turn;
	}
	page_directory[VA >> 22] = was;
	cr4_write(cr4_read() & ~(word)CR4_PSE);
	return !wrong;
}

/* Below what a host may let a process map. */
static bool low(void)
{
	bool ok;

	at = LOW;
	ok = back(by_invlpg);
	map(at, LOW, PTE_W);
	at = VA;
	cr3_write((word)page_directory);
	return ok;
}

/* To, from and back to the address in the middle. */
static bool middle(void)
{
	static const uint8_t first[] = { 0xe8, 1, 0, 0, 0 };	/* call MIDDLE + 1 */
	/* inc %eax; inc %eax; cmp $100, %eax; jb MIDDLE; ret */
	static const uint8_t second[] = { 0x40, 0x40, 0x83, 0xf8, 100, 0x72, 0xf9, 0xc3 };
	word r, i, wrong = 0;

	map(MIDDLE - PAGESIZE, (word)frames[0], PTE_W);
	map(MIDDLE, (word)frames[1], PTE_W);
	cr3_write((word)page_directory);
	memcpy(frames[0] + PAGESIZE - sizeof(first), first, sizeof(first));
	memcpy(frames[1], second, sizeof(second));
	for (i = 0; i < TIMES; i++) {
		asm volatile("call *%1" : "=a"(r) : "r"(MIDDLE - 5), "0"(i) : "memory", "cc");
		wrong += r < 101 || r > 103;
		asm volatile("call *%1" : "=a"(r) : "r"(MIDDLE), "0"(i) : "memory", "cc");
		wrong += r != 100 + (i & 1);
	}
	return !wrong;
}

/* ---- one page twice, and an instruction from its end to its beginning ---- */

static bool around(void)
{
	static const uint8_t code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };	/* mov $0, %eax; ret */
	unsigned i, wrong = 0;

	map(VA, (word)frames[0], PTE_W);
	map(VA + PAGESIZE, (word)frames[0], PTE_W);
	cr3_write((word)page_directory);
	memcpy((void *)(VA + PAGESIZE - 3), code, sizeof(code));
	for (i = 0; i < TIMES; i++) {
		write8((word)frames[0] + (i & 1), i);
		wrong += call(VA + PAGESIZE - 3) != read32(VA + PAGESIZE - 2);
	}
	return !wrong;
}

/* ---- what is no instruction becomes one ---- */

static unsigned undefined;

static bool skip(struct trapframe *tf)
{
	undefined++;
	tf->ip += 2;
	return true;
}

static bool no_code(void)
{
	static const uint8_t code[] = { 0x31, 0xc0, 0xff, 0xff, 0xc3 };	/* xor %eax, %eax; ? */
	unsigned i, wrong = 0;

	handlers[T_UD] = skip;
	memcpy(frames[1] + 256, code, sizeof(code));
	for (i = 0; i < TIMES; i++) {
		undefined = 0;
		write8((word)frames[1] + 256 + 3, i & 1 ? 0xc0 : 0xff);	/* inc %eax */
		wrong += call((word)frames[1] + 256) != (i & 1) || undefined != !(i & 1);
	}
	handlers[T_UD] = NULL;
	return !wrong;
}

/* ---- a call that faults when it stores its return address ---- */

USERDATA volatile word calls_done;
USER static void called(void)
{
	calls_done++;
}

USER static void user(void)
{
	called();
	called();
	user_exit(calls_done);
}

static unsigned faults;
static bool stack_comes(struct trapframe *tf)
{
	faults++;
	map(VA + PAGESIZE, (word)frames[1], PTE_W | PTE_U);
	map(VA, (word)frames[0], PTE_W | PTE_U);
	return true;
}

static bool faulting(void)
{
	struct trapframe tf = user_frame(user, FL_IF);
	unsigned i, wrong = 0;

	page_directory[VA >> 22] |= PTE_U;
	handlers[T_PF] = stack_comes;
	for (i = 0; i < TIMES; i++) {
		faults = calls_done = 0;
		*pte(VA) = *pte(VA + PAGESIZE) = 0;
		invlpg((void *)VA);
		invlpg((void *)(VA + PAGESIZE));
		/* the second call's is in another page than the first one's */
		tf.sp = VA + PAGESIZE + (i & 1 ? 4 + i % 4 : i % 4);
		wrong += user_run_frame(&tf).tf.ax != 2 || faults != 1;
	}
	handlers[T_PF] = NULL;
	return !wrong;
}

/* ---- stacks ---- */

/* From one stack to another, 64 KiB further, where a return address lies at the same
 * place; and over the top of memory. */
static bool stacks(void)
{
	static uint8_t far[2 * 65536];
	word a, b, top, wrong = 0;
	unsigned i;

	map(TOP, (word)frames[1], PTE_W);
	cr3_write((word)page_directory);
	for (i = 0; i < TIMES; i++) {
		asm volatile("movl %%esp, %%esi; leal 1024(%3), %%esp\n"
			     "movl $3f, 65536-4(%%esp)\n"
			     "xorl %0, %0; xorl %1, %1; call 2f; incl %0; jmp 4f\n"
			     "2: addl $65536, %%esp; ret\n"
			     "3: incl %1; subl $65536+4, %%esp; ret\n"
			     "4: xorl %2, %2; movl $0, %%esp; call 5f; jmp 6f\n"
			     "5: incl %2; ret\n"
			     "6: addl %%esp, %2; movl %%esi, %%esp"
			     : "=&r"(a), "=&r"(b), "=&r"(top) : "r"(far) : "esi", "memory", "cc");
		wrong += a != 1 || b != 1 || top != 1;
	}
	return !wrong;
}

void guest_main(void)
{
	uint32_t *table;

	paging_on();
	map(VA, (word)frames[0], PTE_W);
	map(VB, (word)frames[0], PTE_W);
	other = page_new();
	table = page_new();
	memcpy(other, page_directory, PAGESIZE);
	table[0] = (word)frames[1] | PTE_P | PTE_W;
	other[VA >> 22] = (word)table | PTE_P | PTE_W;

	check(back(by_invlpg), "back to another page");
	check(back(by_cr3), "back to another address space");
	check(back(without_paging), "back to a page mapped while there was no paging");
	check(back(by_bytes), "back to other bytes");
	check(back(by_alias), "back to bytes that came by another address");
	check(large(), "back to another large page");
	check(low(), "back to another page at a low address");
	check(middle(), "around 0x80000000");
	check(around(), "an instruction from a page's end to its beginning");
	check(no_code(), "what is no instruction becomes one");
	check(faulting(), "a call faults at its store");
	check(stacks(), "other stacks");
}
