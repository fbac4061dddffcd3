/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code that is overwritten while it runs: sensitive instructions among it, as
 * kernels do with alternatives.
 *
 * Engine: segments
 */
#include "guest.h"

extern uint8_t site[], site_end[];
static uint8_t saved[32], scratch[PAGESIZE] __attribute__((aligned(4096)));

/* Everything from
 * one label to the next belongs to the instruction. */
static __attribute__((noinline)) bool closes(void)
{
	word f;

	sti();
	asm volatile("site: cli\nsite_end: nop; pushfl; popl %0" : "=r"(f) : : "memory");
	cli();
	return !(f & FL_IF);
}

void guest_main(void)
{
	size_t n = site_end - site;
	int (*f)(void) = (int (*)(void))scratch;
	unsigned i, wrong = 0;

	check(closes(), "cli as it is");
	memcpy(saved, site, n);
	memset(site, 0x90, n);
	check(!closes(), "no-ops over it");
	memcpy(site, saved, n);
	check(closes(), "what was there before, again");
	for (i = 0; i < 50; i++) {
		memset(site, 0x90, n);
		wrong += closes();
		memcpy(site, saved, n);
		wrong += !closes();
	}
	check(!wrong, "fifty times");

	/* Code made at run time: mov $imm, %eax; ret. */
	for (i = 0; i < 100; i++) {
		static const uint8_t code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };

		memcpy(scratch, code, sizeof(code));
		scratch[1] = i;
		wrong += f() != (int)i;
	}
	check(!wrong, "code made anew, a hundred times");
	/* A sensitive instruction made at run time traps or works. */
	scratch[0] = 0xfa;	/* cli */
	scratch[1] = 0xc3;
	sti();
	f();
	check(!(flags_read() & FL_IF), "a cli that nobody could know of");
}
