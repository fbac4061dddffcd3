/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code that is copied before the kernel takes the top of its addresses for the mapping
 * of its tables, and runs after that; in large pages, which writes and runs share.
 *
 * Engine: segments
 */
#include "copied.h"

#define SELF	1023u
#define HIGH	0xe0000000u

static bool all(word from, word to, word step, bool (*f)(word at))
{
	word at;

	for (at = from; at < to; at += step)
		if (!f(at))
			return false;
	return true;
}

static bool put_only(word at)
{
	put(at, sample, sample_end);
	return true;
}

/* Data in the same page, written to while the code beside it runs. */
static bool data_beside(void)
{
	word at = 7 * MIB + 512, n;

	put(at, sample, sample_end);
	for (n = 0; n < 40; n++) {
		write32(at + 1024, n);
		if (!same(at) || read32(at + 1024) != n)
			return false;
	}
	return true;
}

/* A stack beside the copy. */
static bool stack_beside(word at)
{
	struct seen s = { .msw = 0x5a };

	put(at, sample, sample_end);
	asm volatile("movl %%esp, %%esi; movl %1, %%esp; pushl %2; call *%0; movl %%esi, %%esp"
		     : : "r"(at), "r"((at | 0xfff) - 31), "r"(&s)
		     : "eax", "ecx", "edx", "esi", "memory", "cc");
	return s.cs == right.cs && s.in == 0x5a && !(s.off & FL_IF) && s.on & FL_IF &&
		s.id == right.id;
}

/* Written through one mapping, run through another. */
static bool two_mappings(word offset)
{
	static const uint8_t five[] = { 0xb8, 5, 0, 0, 0, 0xc3 };
	word at = 7 * MIB + 512, n;

	for (n = 0; n < 5; n++) {
		put(at, sample, sample_end);
		if (!same(at + offset))
			return false;
		put(at + offset, five, five + sizeof(five));
		if (((word (*)(void))at)() != 5)
			return false;
		put(at + offset, sample, sample_end);
		if (!same(at) || !same(at + offset))
			return false;
	}
	return true;
}

extern const uint8_t user[], user_end_[];
asm(".pushsection .text\n"
    "user: pushfl; popl %esi; xorl %eax, %eax; xorl %ecx, %ecx; cpuid\n"
    "movl %cs, %ebp; int $0x80; cli\n"
    "user_end_: .popsection");

/* Copied before the tables were what they are, and after. */
static bool ring3(void)
{
	word at = HIGH + 2 * MIB, n;
	struct trapframe tf;
	struct visit v;
	bool ok = true;

	page_directory[HIGH >> 22] |= PTE_U;
	cr3_write(cr3_read());
	for (n = 0; n < 4; n++) {
		if (n)
			put(at, user, user_end_);
		tf = user_frame((void (*)(void))at, FL_IF);
		tf.sp = HIGH + 3 * MIB;
		v = user_run_frame(&tf);
		ok &= v.vector == 0x80 && v.tf.bx == right.id && (v.tf.bp & 3) == 3;
		v = user_run_frame(&v.tf);
		ok &= v.vector == T_GP;
		if (n)
			at += 0x1000;
	}
	return ok;
}

void guest_main(void)
{
	unsigned i;

	right = run((word)sample);
	check(all(4 * MIB, 6 * MIB, 0x8004, copied), "before paging");
	check(all(6 * MIB, 7 * MIB, 0x8004, put_only), "copied, not run");
	check(data_beside(), "data beside code");
	put(2 * MIB, user, user_end_);
	check(all(3 * MIB, 4 * MIB, 0x18004, stack_beside), "a stack beside code");
	cr4_write(cr4_read() | CR4_PSE);
	for (i = 0; i < 4; i++)
		page_directory[i] = page_directory[(HIGH >> 22) + i] =
			i << 22 | PTE_P | PTE_W | PTE_PS;
	page_directory[SELF] = (word)page_directory | PTE_P | PTE_W;
	cr3_write((word)page_directory);
	cr0_write(cr0_read() | CR0_PG | CR0_WP);
	check(same((word)sample), "the directory at the top");
	check(all(4 * MIB, 6 * MIB, 0x8004, same) &&
	      all(6 * MIB, 7 * MIB, 0x8004, same), "copies of before");
	check(all(HIGH + 6 * MIB, HIGH + 7 * MIB, 0x8004, same) &&
	      all(HIGH + 4 * MIB, HIGH + 6 * MIB, 0x8004, same), "where they are mapped again");
	check(same((word)sample + HIGH), "the image mapped again");
	check(all(8 * MIB, 10 * MIB, 0x8004, copied), "new copies");
	check(data_beside(), "data beside code, in a large page");
	check(all(11 * MIB, 12 * MIB, 0x18004, stack_beside), "a stack beside code there");
	check(two_mappings(HIGH), "two mappings");
	check(ring3(), "in ring 3");
	page_directory[2] &= ~PTE_W;
	cr3_write(cr3_read());
	check(TRY("movl $1, (%1)", "r"(8 * MIB)) == T_PF &&
	      TRY("movl $1, (%1)", "r"(9 * MIB + 0x8004)) == T_PF &&
	      all(8 * MIB, 10 * MIB, 0x8004, same), "read-only");
	check(read32(SELF << 22 | SELF << 12) == page_directory[0], "what is at the top");
}
