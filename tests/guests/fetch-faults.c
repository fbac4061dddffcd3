/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where code ends: a page that is not there, or is taken away; fifteen bytes.  What
 * stands before the end has happened, and the fault names the instruction.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define VA	0x50000000u
#define END	(VA + PAGESIZE)		/* nothing is mapped from here on */

static word page;
static struct { word vector, error, ip, addr, ax; } got;	/* the last call's end */
static volatile bool armed;

/* Back to call(), whose stack pointer is in ebx. */
static bool caught(struct trapframe *tf)
{
	if (!armed || tf->cs & 3)
		return false;
	armed = false;
	got.vector = tf->vector;
	got.error = tf->vector == T_PF || tf->vector == T_GP ? tf->error : 0;
	got.ip = tf->ip;
	got.addr = tf->vector == T_PF ? cr2_read() : 0;
	got.ax = tf->ax;
	tf->ip = *(word *)(tf->bx - 4);
	return true;
}

static void call(word at)
{
	got.vector = NO_FAULT;
	armed = true;
	asm volatile("movl %%esp, %%ebx; xorl %%eax, %%eax; call *%1; movl %%ebx, %%esp"
		     : "=&a"(got.ax) : "r"(at) : "ebx", "ecx", "edx", "memory");
	if (!armed)
		got.ax = 0;
	armed = false;
}

static void code(word offset, const void *bytes, unsigned n)
{
	memset((void *)page, 0xcc, PAGESIZE);
	memcpy((void *)(page + offset), bytes, n);
}
#define CODE(offset, ...) code(offset, (const uint8_t[]){ __VA_ARGS__ }, \
			       sizeof((const uint8_t[]){ __VA_ARGS__ }))

static bool faults(word vector, word error, word ip, word addr)
{
	return got.vector == vector && got.error == error && got.ip == ip && got.addr == addr;
}

static uint8_t second[PAGESIZE] __attribute__((aligned(PAGESIZE))) = { 0, 0, 0, 0xc3 };

static void page_end(void)
{
	static volatile word mark;
	word at = (word)&mark, low, high;

	cr4_write(cr4_read() | 0x600);		/* OSFXSR, OSXMMEXCPT */
	/* movl $5, mark; then the page ends inside of the next one */
	CODE(PAGESIZE - 12, 0xc7, 0x05, at, at >> 8, at >> 16, at >> 24, 5, 0, 0, 0, 0xb8, 1);
	call(VA + PAGESIZE - 12);
	check(faults(T_PF, 0, END - 2, END) && mark == 5, "an instruction in two pages");
	mark = 0;
	CODE(PAGESIZE - 10, 0xc7, 0x05, at, at >> 8, at >> 16, at >> 24, 6, 0, 0, 0);
	call(VA + PAGESIZE - 10);
	check(faults(T_PF, 0, END, END) && mark == 6, "the next one in another page");
	/* a jump there that is not taken does nothing; one that is faults behind it */
	CODE(PAGESIZE - 16, 0x40, 0x75, 13, 0xc3);	/* inc; jnz END; ret */
	call(VA + PAGESIZE - 16);
	check(faults(T_PF, 0, END, END), "a jump into another page");
	CODE(PAGESIZE - 16, 0x40, 0x74, 13, 0xc3);
	call(VA + PAGESIZE - 16);
	check(got.vector == NO_FAULT && got.ax == 1, "a jump there that is not taken");
	/* the second page comes, and goes */
	CODE(PAGESIZE - 2, 0xb8, 1);
	map(END, page, PTE_W);
	*(uint32_t *)page = 0xc3000000;		/* mov $1, %eax... and a ret */
	call(END - 2);
	check(got.vector == NO_FAULT && got.ax == 1, "the second page is there now");
	*pte(END) = 0;
	invlpg((void *)END);
	asm volatile("movd %0, %%xmm0; movd %0, %%xmm1" : : "r"(mark));
	call(END - 2);
	asm volatile("movd %%xmm0, %0; movd %%xmm1, %1" : "=r"(low), "=r"(high));
	check(faults(T_PF, 0, END - 2, END), "and gone again");
	check(low == mark && high == mark, "registers that a monitor uses for it");
	map(END, V2P(second), PTE_W);
	call(END - 2);
	check(got.vector == NO_FAULT && got.ax == 1, "another one comes, after the fault");
	*pte(END) = 0;
	invlpg((void *)END);
}

static void taken_away(void)
{
	unsigned i, wrong = 0;

	CODE(64, 0xb8, 7, 0, 0, 0, 0xc3);
	for (i = 0; i < 10; i++) {
		map(VA, page, PTE_W);
		call(VA + 64);
		wrong += got.vector != NO_FAULT || got.ax != 7;
		*pte(VA) = 0;
		invlpg((void *)VA);
		call(VA + 64);
		wrong += !faults(T_PF, 0, VA + 64, VA + 64);
	}
	check(!wrong, "code that comes and goes");
	map(VA, page, PTE_W);
	call(VA + 64);
	*pte(VA) &= ~PTE_A;
	invlpg((void *)VA);
	call(VA + 64);
	check(*pte(VA) & PTE_A, "a fetch is an access");
	check(!(*pte(VA) & PTE_D), "and no write");
}

/* It unmaps itself.  The processor may have forgotten the page before it is told to. */
static void pulls_the_rug(void)
{
	word e = (word)pte(VA);

	/* movl $0, pte; invlpg (%ecx); nop; ret */
	CODE(128, 0xc7, 0x05, e, e >> 8, e >> 16, e >> 24, 0, 0, 0, 0, 0xb9, 0, 0, 0, 0x50,
	     0x0f, 0x01, 0x39, 0x90, 0xc3);
	call(VA + 128);
	check(faults(T_PF, 0, VA + 128 + 18, VA + 128 + 18) ||
	      faults(T_PF, 0, VA + 128 + 15, VA + 128 + 15), "code that unmaps itself");
	map(VA, page, PTE_W);
}

static void too_long(void)
{
	CODE(256, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
	     0x2e, 0x40, 0xc3);
	call(VA + 256);
	check(got.vector == NO_FAULT && got.ax == 1, "fifteen bytes");
	CODE(256, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
	     0x2e, 0x2e, 0x40, 0xc3);
	call(VA + 256);
	check(faults(T_GP, 0, VA + 256, 0), "sixteen");
	CODE(256, 0xb8, 0xeb, 0xfe, 0x40, 0xc3, 0xc3);
	call(VA + 259);
	check(got.vector == NO_FAULT && got.ax == 1, "into the middle of another one");
	CODE(256, 0xeb, 0xff, 0xc0, 0xc3);	/* jmp into itself: inc %eax */
	call(VA + 256);
	check(got.vector == NO_FAULT && got.ax == 1, "into the middle of itself");
}

void guest_main(void)
{
	page = (word)page_new();
	paging_on();
	map(VA, page, PTE_W);
	handlers[T_PF] = handlers[T_GP] = handlers[T_UD] = caught;
	page_end();
	taken_away();
	pulls_the_rug();
	too_long();
}
