/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every combination of P, W and U in a directory entry and a table entry, large
 * pages too, under CR0.WP off and on, read and written by rings 0 and 3: the fault
 * that it makes, cr2, and the accessed and dirty bits that it leaves. */
#include "guest.h"

#define VA	0x50000000

USERDATA volatile word target;
USER static void u_read(void) { asm volatile("movl (%0), %%eax" : : "r"(target) : "eax"); user_exit(0); }
USER static void u_write(void) { asm volatile("movl %%eax, (%0)" : : "r"(target) : "memory"); user_exit(0); }

static word page, table;
static unsigned wrong;

/* PF error code of the access, NO_FAULT when there is none. */
static word outcome(bool user, bool write)
{
	struct visit v;

	last_fault.addr = 0;
	if (!user) {
		word got = write ? TRY("movl %%eax, (%1)", "r"(VA)) :
				   TRY("cmpl $0, (%1)", "r"(VA));

		return got == T_PF && last_fault.addr == VA ? last_fault.error : got;
	}
	target = VA;
	v = user_run(write ? u_write : u_read, FL_IF);
	if (v.vector == 0x80)
		return NO_FAULT;
	return v.vector == T_PF && v.addr == VA ? v.error : v.vector;
}

static word expected(uint32_t bits, bool present, bool user, bool write, bool wp)
{
	bool ok = present && (!user || bits & PTE_U) &&
		  (!write || bits & PTE_W || (!user && !wp));

	return ok ? NO_FAULT : (present ? PF_P : 0) | (write ? PF_W : 0) | (user ? PF_U : 0);
}

static void access_once(uint32_t pde, uint32_t pte, bool large, bool user, bool write, bool wp)
{
	volatile uint32_t *leaf = large ? &page_directory[VA >> 22] : (uint32_t *)table;
	uint32_t bits = large ? pde : pde & pte;
	bool present = bits & PTE_P;
	word got, want = expected(bits, present, user, write, wp);
	uint32_t used, upper;

	page_directory[VA >> 22] = large ? pde | PTE_PS : table | pde;
	*(uint32_t *)table = page | pte;
	invlpg((void *)VA);
	got = outcome(user, write);
	used = *leaf & (PTE_A | PTE_D);
	upper = page_directory[VA >> 22] & PTE_A;
	if (got != want ||
	    used != (want == NO_FAULT ? PTE_A | (write ? PTE_D : 0) : 0) ||
	    (!large && upper != (pde & PTE_P ? PTE_A : 0))) {
		if (!wrong++)
			print("pde %x pte %x large %d user %d write %d wp %d: %x, not %x; leaf %x, upper %x\n",
			       pde, pte, large, user, write, wp, got, want, used, upper);
	}
}

static void all(bool large, bool wp, const char *what)
{
	uint32_t pde, pte, how;

	wrong = 0;
	cr0_write(wp ? cr0_read() | CR0_WP : cr0_read() & ~(word)CR0_WP);
	for (pde = 0; pde < 8; pde++)
		for (pte = 0; pte < (large ? 1 : 8); pte++)
			for (how = 0; how < 4; how++)
				access_once(pde, pte, large, how & 1, how & 2, wp);
	check(!wrong, what);
}

void guest_main(void)
{
	page = (word)page_new();
	table = (word)page_new();
	cr4_write(cr4_read() | CR4_PSE);
	paging_on();
	all(false, true, "small pages, WP on");
	all(false, false, "small pages, WP off");
	all(true, true, "large pages, WP on");
	all(true, false, "large pages, WP off");
	page_directory[VA >> 22] = 0;
}
