/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs of calls, returns and jumps of every kind, made up by the guest itself,
 * dense, over several pages and across their boundaries, come to the same whether
 * interrupts arrive at any moment or none does: also where their handler maps other
 * pages with the same code, writes to the code what stands there, or loads another cr3.
 */
#include "guest.h"

#define CODE	0x40000000u
#define PAGES	8u
#define SIZE	(PAGES * PAGESIZE)
#define SLOT	97u			/* bytes: each comes across a boundary */
#define SLOTS	(SIZE / SLOT)
#define FUNCTIONS 36u
#define TABLE	64u
#define PROGRAMS 6u
#define INTERRUPTS 1200u		/* of each */

struct data {
	word table[TABLE];		/* addresses that are jumped to */
	word memory[16];
};
USERDATA static struct data d;
USERDATA static word entry;
static uint32_t *other;			/* page directory, with the second copy */
static uint8_t copy[2][SIZE] __attribute__((aligned(4096)));

/* ---- a program ---- */

static word seed;
static word any(word n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint8_t *p, *enough;		/* in copy[0]; where a slot is nearly full */
static word slot[SLOTS], used, tables, pushed;
static word function[FUNCTIONS];
static bool pops[FUNCTIONS];		/* by ret 4 */

static word here(void)
{
	return CODE + (word)(p - copy[0]);
}

static void put(unsigned n, ...)
{
	__builtin_va_list a;

	__builtin_va_start(a, n);
	while (n--)
		*p++ = (uint8_t)__builtin_va_arg(a, int);
	__builtin_va_end(a);
}

static void put_word(word v)
{
	memcpy(p, &v, 4);
	p += 4;
}

/* eax..edi without esp */
static word reg(void)
{
	word r = any(7);

	return r + (r >= 4);
}

/* A slot that says itself: the address to be jumped to, by a table. */
static word by_table(word to)
{
	word i = tables++ % TABLE;

	/* one that is taken holds what it holds */
	if (tables <= TABLE)
		d.table[i] = to;
	return d.table[i] == to ? (word)&d.table[i] : 0;
}

static void at_slot(uint8_t *slot)
{
	p = slot;
	enough = slot + 55;
}

static void next_slot(void)
{
	static const uint8_t jump[] = { 0xe9, 0xe9, 0x0f, 0xff, 0x68, 0xb8 };
	uint8_t *next = copy[0] + slot[used++] * SLOT;
	word to = CODE + (word)(next - copy[0]), cell;

	switch (jump[any(sizeof(jump))]) {
	case 0x0f:					/* jcc to; then jmp to */
		put(2, 0x0f, 0x80 | any(16));
		put_word(to - here() - 4);
		put(2, 0x31, 0xc0 | reg() << 3 | reg());
		break;
	case 0xff:					/* jmp *table */
		cell = by_table(to);
		if (cell) {
			put(2, 0xff, 0x25);
			put_word(cell);
		}
		break;
	case 0x68:					/* push $to; ret */
		put(1, 0x68);
		put_word(to);
		put(1, 0xc3);
		break;
	case 0xb8:					/* mov $to, %eax; jmp *%eax */
		put(1, 0xb8);
		put_word(to);
		put(2, 0xff, 0xe0);
		break;
	}
	put(1, 0xe9);
	put_word(to - here() - 4);
	at_slot(next);
}

static void call(word i)
{
	word cell = any(3) ? 0 : by_table(function[i]);

	if (pops[i])
		put(2, 0x6a, any(100));			/* push $n */
	if (cell) {
		put(2, 0xff, 0x15);			/* call *table */
		put_word(cell);
	} else if (!any(3)) {
		put(1, 0xb8 | 2);			/* mov $f, %edx; call *%edx */
		put_word(function[i]);
		put(2, 0xff, 0xd2);
	} else {
		put(1, 0xe8);
		put_word(function[i] - here() - 4);
	}
}

static void something(void)
{
	static const uint8_t alu[] = { 0x01, 0x31, 0x29, 0x11, 0x19, 0x85, 0x39 };
	word r = reg();

	switch (any(11)) {
	case 0:						/* add %reg, memory */
		put(2, 0x01, 0x05 | r << 3);
		put_word((word)&d.memory[any(16)]);
		break;
	case 1:						/* jecxz over; loop, once or twice */
		put(4, 0xe3, 2, 0x31, 0xc0 | r << 3 | reg());
		break;
	case 2:
		put(5, 0xb9, any(4) + 1, 0, 0, 0);
		put(4, 0x01, 0xc0 | (r == 1 ? 0 : r), 0xe2, 0xfc);
		break;
	case 3:						/* jcc over */
		put(4, 0x70 | any(16), 2, 0x11, 0xc0 | r << 3 | reg());
		break;
	case 4:
		if (pushed < 6) {
			put(1, 0x50 | r);
			pushed++;
		}
		break;
	case 5:
		if (pushed) {
			put(1, 0x58 | r);
			pushed--;
		}
		break;
	case 6:						/* call +0; pop: no return */
		put(6, 0xe8, 0, 0, 0, 0, 0x58 | r);
		break;
	case 7:						/* inc or dec */
		put(1, 0x40 | any(2) << 3 | r);
		break;
	case 8:						/* lahf; sahf */
		put(2, 0x9f, 0x9e);
		break;
	default:
		put(2, alu[any(sizeof(alu))], 0xc0 | r << 3 | reg());
		break;
	}
}

static void write_function(word i)
{
	word n = 2 + any(3), j;

	at_slot(copy[0] + slot[used++] * SLOT);
	function[i] = here();
	pops[i] = i && !any(4);
	pushed = 0;
	for (j = 0; j < n; j++) {
		word end = 3 + any(12);

		while (end-- && p < enough)
			something();
		if (i + 1 < FUNCTIONS && j < 2)
			call(i + 1 + any(FUNCTIONS - i - 1 < 8 ? FUNCTIONS - i - 1 : 8));
		if (j + 1 < n)
			next_slot();
	}
	for (; pushed; pushed--)
		put(1, 0x58 | reg());
	if (pops[i])
		put(3, 0xc2, 4, 0);
	else
		put(1, 0xc3);
}

static void write_program(word number)
{
	word i, j, t;

	seed = number;
	memset(copy[0], 0xcc, SIZE);
	for (i = 0; i < SLOTS; i++)
		slot[i] = i;
	for (i = SLOTS - 1; i; i--) {
		j = any(i);
		t = slot[i];
		slot[i] = slot[j];
		slot[j] = t;
	}
	used = tables = 0;
	for (i = FUNCTIONS; i--;)
		write_function(i);
	entry = function[0];
	memcpy(copy[1], copy[0], SIZE);
}

/* ---- its run ---- */

static inline __attribute__((always_inline)) word run(void)
{
	word a = entry, b = 2, c = 3, i, sum = 0, x, y, z;

	for (i = 0; i < 16; i++)
		d.memory[i] = i;
	asm volatile("pushl %%ebp; xorl %%ebp, %%ebp; call *%0; lahf; addl %%ebp, %%ebx; popl %%ebp"
		     : "+a"(a), "+b"(b), "+c"(c), "=d"(x), "=S"(y), "=D"(z)
		     : "3"(4), "4"(5), "5"(6) : "memory", "cc");
	sum = a + b * 3 + c * 5 + x * 7 + y * 11 + z * 13;
	for (i = 0; i < 16; i++)
		sum = sum * 31 + d.memory[i];
	return sum;
}

USER static void user(void)
{
	user_exit(run());
}

/* ---- what comes in between ---- */

static volatile unsigned came;
static word which, moment, chance;

static void map_code(word n)
{
	word i;

	for (i = 0; i < PAGES; i++)
		map(CODE + i * PAGESIZE, (word)copy[n >> i & 1] + i * PAGESIZE, PTE_W | PTE_U);
}

static void map_other(void)
{
	uint32_t *table = page_new();
	word i;

	other = page_new();
	memcpy(other, page_directory, PAGESIZE);
	other[CODE >> 22] = (word)table | PTE_P | PTE_W | PTE_U;
	for (i = 0; i < PAGES; i++)
		table[i] = ((word)copy[1] + i * PAGESIZE) | PTE_P | PTE_W | PTE_U;
}

static bool tick(struct trapframe *tf)
{
	word at, i;

	came++;
	chance = chance * 1664525 + 1013904223;
	moment = 3 + (chance >> 23 & (chance & 0x10000 ? 511 : 63));
	at = chance >> 9 & (SIZE - 1);
	switch (chance >> 20 & 15) {
	case 0:
		which = chance >> 24;
		map_code(which);
		cr3_write((word)page_directory);
		break;
	case 1:
		which ^= 1u << (at >> 12);
		map_code(which);
		invlpg((void *)(CODE + at));
		break;
	case 2:
		for (i = 0; i < 2; i++)
			*(volatile uint8_t *)&copy[i][at] = copy[i][at];
		break;
	case 3:
	case 4:
		cr3_write(at & 1 ? (word)other : (word)page_directory);
		break;
	}
	pit_once(moment);
	return false;
}

static word visit(bool ring3, word flags)
{
	word r;

	if (ring3)
		return user_run(user, flags).tf.ax;
	if (flags & FL_IF)
		sti();
	r = run();
	cli();
	return r;
}

static bool same(word number, bool ring3)
{
	word want, wrong = 0;
	unsigned end;

	write_program(number);
	map_code(which);
	cr3_write((word)page_directory);
	want = visit(ring3, 0);
	for (end = came + INTERRUPTS; came < end;)
		wrong += visit(ring3, FL_IF) != want;
	return !wrong;
}

void guest_main(void)
{
	word i, wrong[2] = { 0, 0 };

	handlers[IRQ_VECTOR(0)] = tick;
	paging_on();
	map_code(0);
	page_directory[CODE >> 22] |= PTE_U;
	map_other();
	cr3_write((word)page_directory);
	irq_unmask(0);
	pit_once(1000);
	for (i = 0; i < PROGRAMS; i++) {
		wrong[0] += !same(i + 1, false);
		wrong[1] += !same(i + 1, true);
	}
	check(!wrong[0], "ring 0");
	check(!wrong[1], "ring 3");
	check(came > 100, "interrupts came");
}
