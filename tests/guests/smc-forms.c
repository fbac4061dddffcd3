/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code that changes in every way that code can: by itself a little ahead, by string
 * instructions, by its own stack, through another address, across a page boundary, by
 * another mapping of its address, by another address space, from ring 3.
 */
#include "guest.h"

#define VA	0x50000000u
#define VB	0x50400000u

static uint8_t page[3 * PAGESIZE] __attribute__((aligned(4096)));
static uint8_t *const area = page;

static word call(word at)
{
	word r;

	asm volatile("call *%1" : "=a"(r) : "r"(at) : "ecx", "edx", "memory");
	return r;
}

static void put(word at, const void *code, unsigned n)
{
	memcpy((void *)at, code, n);
}

/* mov $n, %eax; ret */
static void returns(word at, word n)
{
	uint8_t code[] = { 0xb8, n, n >> 8, n >> 16, n >> 24, 0xc3 };

	put(at, code, sizeof(code));
}

/* movb $imm, next + 1; mov $0x11, %al: the store changes its successor. */
static bool ahead(void)
{
	uint8_t code[] = { 0x31, 0xc0,				/* xor %eax, %eax */
			   0xc6, 0x05, 0, 0, 0, 0, 0x77,	/* movb $0x77, ... */
			   0xb0, 0x11, 0xc3 };			/* mov $0x11, %al; ret */
	word at = (word)area + 64, target = at + 10;
	unsigned i, wrong = 0;

	memcpy(code + 4, &target, 4);
	for (i = 0; i < 20; i++) {
		put(at, code, sizeof(code));
		write8(at + 8, 0x40 + i);
		wrong += call(at) != 0x40 + i;
		wrong += call(at) != 0x40 + i;
	}
	return !wrong;
}

/* A loop that changes its own body each time round. */
static bool loops(void)
{
	static const uint8_t code[] = {
		0x31, 0xc0, 0xb9, 50, 0, 0, 0,		/* xor %eax, %eax; mov $50, %ecx */
		0x05, 1, 0, 0, 0,			/* 7: add $1, %eax */
		0xff, 0x05, 0, 0, 0, 0,			/* incl 8 */
		0xe2, 0xf3, 0xc3 };			/* loop 7; ret */
	word at = (word)area + 256, imm = at + 8;

	put(at, code, sizeof(code));
	put(at + 14, &imm, 4);
	return call(at) == 50 * 51 / 2 && read32(imm) == 51;
}

/* rep stosb and rep movsb over what comes next. */
static bool strings(void)
{
	/* mov $0x90, %al; rep stosb; xor %eax, %eax; then three inc that no-ops cover */
	static const uint8_t code[] = { 0xb0, 0x90, 0xf3, 0xaa, 0xb8, 5, 0, 0, 0,
					0x40, 0x40, 0x40, 0x40, 0xc3 };
	word at = (word)area + 512, r;
	unsigned i, wrong = 0;

	for (i = 0; i < 5; i++) {
		put(at, code, sizeof(code));
		asm volatile("cld; call *%1" : "=a"(r) : "r"(at), "c"(i), "D"(at + 9)
			     : "edx", "memory");
		wrong += r != 5 + 4 - i;
	}
	return !wrong;
}

/* A stack in the code's own page, and pushes that become code. */
static bool stacks(void)
{
	word at = (word)area + 1024, r;
	unsigned i, wrong = 0;

	for (i = 0; i < 10; i++) {
		/* c3 00 00 00 | n 00 00 00 b8 ...: pushed from the end */
		word low = 0xb8 | i << 8, high = 0xc300;

		asm volatile("movl %%esp, %%esi; movl %3, %%esp; pushl %1; pushl %2;"
			     "leal 0(%%esp), %%edx; movl %%esi, %%esp; call *%%edx"
			     : "=a"(r) : "r"(high), "r"(low), "r"(at + 64)
			     : "esi", "edx", "memory");
		wrong += r != i;
	}
	return !wrong;
}

static bool aliases(void)
{
	unsigned i, wrong = 0;

	map(VA, (word)area, PTE_W);
	map(VB, (word)area, PTE_W);
	for (i = 0; i < 20; i++) {
		returns(i & 1 ? VA + 2048 : (word)area + 2048, i);
		wrong += call(VB + 2048) != i;
		wrong += call(VA + 2048) != i;
		wrong += call((word)area + 2048) != i;
	}
	return !wrong;
}

/* An instruction that lies in two pages, each of which changes. */
static bool crossing(void)
{
	word at = (word)area + PAGESIZE - 3;
	unsigned i, wrong = 0;

	returns(at, 0x01020304);
	for (i = 0; i < 20; i++) {
		write8(at + 1 + i % 4, i);
		wrong += call(at) != read32(at + 1);
	}
	/* the second page is another one at another address */
	map(VA, (word)area, PTE_W);
	map(VA + PAGESIZE, (word)area + 2 * PAGESIZE, PTE_W);
	invlpg((void *)VA);
	invlpg((void *)(VA + PAGESIZE));
	memcpy(area + 2 * PAGESIZE, area + PAGESIZE, 16);
	write8((word)area + 2 * PAGESIZE + 1, 0x99);
	wrong += call(VA + PAGESIZE - 3) == call(at);
	wrong += call(VA + PAGESIZE - 3) >> 24 != 0x99;
	return !wrong;
}

/* The address stays, the page behind it changes. */
static bool remapped(void)
{
	unsigned i, wrong = 0;

	returns((word)area + 128, 1);
	returns((word)area + PAGESIZE + 128, 2);
	for (i = 0; i < 20; i++) {
		map(VA, (word)area + (i & 1) * PAGESIZE, PTE_W);
		invlpg((void *)VA);
		wrong += call(VA + 128) != 1 + (i & 1);
	}
	return !wrong;
}

static bool other_spaces(void)
{
	uint32_t *dir = page_new(), *table = page_new();
	unsigned i, wrong = 0;

	memcpy(dir, page_directory, PAGESIZE);
	table[0] = ((word)area + PAGESIZE) | PTE_P | PTE_W;
	dir[VA >> 22] = (word)table | PTE_P | PTE_W;
	map(VA, (word)area, PTE_W);
	for (i = 0; i < 20; i++) {
		returns((word)area + 128, i);
		returns((word)area + PAGESIZE + 128, 1000 + i);
		cr3_write((word)page_directory);
		wrong += call(VA + 128) != i;
		cr3_write((word)dir);
		wrong += call(VA + 128) != 1000 + i;
		returns((word)area + 128, 77);	/* while its space sleeps */
		cr3_write((word)page_directory);
		wrong += call(VA + 128) != 77;
	}
	return !wrong;
}

USERDATA volatile word target, what;
USER static void user_writes(void)
{
	*(volatile word *)target = what;
	user_exit(0);
}
USER static void user_calls(void)
{
	word r;

	asm volatile("call *%1" : "=a"(r) : "r"(target) : "ecx", "edx", "memory");
	user_exit(r);
}

/* Ring 3 writes what ring 0 runs, and the other way round. */
static bool rings(void)
{
	unsigned i, wrong = 0;

	map(VA, (word)area, PTE_W | PTE_U);
	page_directory[VA >> 22] |= PTE_U;
	invlpg((void *)VA);
	returns((word)area + 128, 0);
	for (i = 0; i < 10; i++) {
		target = VA + 129;
		what = i;
		wrong += user_run(user_writes, FL_IF).vector != 0x80;
		wrong += call((word)area + 128) != i;
		returns((word)area + 128, 100 + i);
		target = VA + 128;
		wrong += user_run(user_calls, FL_IF).tf.ax != 100 + i;
	}
	return !wrong;
}

void guest_main(void)
{
	check(ahead(), "the next instruction");
	check(loops(), "a loop's body");
	check(strings(), "string instructions");
	check(stacks(), "a stack among code");
	paging_on();
	check(ahead() && loops() && strings() && stacks(), "all that with paging");
	check(aliases(), "through other addresses");
	check(crossing(), "across a page boundary");
	check(remapped(), "another page behind the address");
	check(other_spaces(), "another address space");
	check(rings(), "from ring 3, and for it");
}
