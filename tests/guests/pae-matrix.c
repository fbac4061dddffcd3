/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every combination of P, W, U and NX in a PAE directory entry and table entry, and
 * of a large page, with EFER.NXE off and on, CR0.WP off and on, read, written and run
 * by rings 0 and 3; then reserved bits.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define VA	0x50000000u
#define PF_RSVD	8
#define NX	(1ull << 63)

enum { READ, WRITE, RUN };

USERDATA volatile word target;
USER static void u_read(void) { asm volatile("movl (%0), %%eax" : : "r"(target + 64) : "eax"); user_exit(0); }
USER static void u_write(void) { asm volatile("movl %%eax, (%0)" : : "r"(target + 64) : "memory"); user_exit(0); }
USER static void u_run(void) { asm volatile("jmp *%0" : : "r"(target + 16)); }

static uint64_t pdpt[4] __attribute__((aligned(32)));
static uint64_t low[512] __attribute__((aligned(4096)));
static uint64_t dir[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));
static word page;
static unsigned wrong;
static volatile bool armed;
static word run_error;

/* A call to what cannot run: back to where it came from. */
static bool fetched(struct trapframe *tf)
{
	if (!armed || tf->cs & 3)
		return false;
	armed = false;
	run_error = tf->error;
	tf->ip = *(word *)(&tf->flags + 1);
	return true;
}

static word kernel_run(void)
{
	run_error = NO_FAULT;
	armed = true;
	asm volatile("movl %%esp, %%ebx; call *%0; movl %%ebx, %%esp"
		     : : "r"(VA) : "eax", "ecx", "edx", "ebx", "memory");
	armed = false;
	return run_error;
}

/* Error code of the access, NO_FAULT when there is none. */
static word outcome(bool user, unsigned what)
{
	struct visit v;
	word got;

	if (user) {
		target = VA;
		v = user_run(what == RUN ? u_run : what == WRITE ? u_write : u_read, FL_IF);
		return v.vector == 0x80 ? NO_FAULT : v.vector == T_PF ? v.error : 0x100 | v.vector;
	}
	if (what == RUN)
		return kernel_run();
	got = what == WRITE ? TRY("movl %%eax, (%1)", "r"(VA + 64)) :
			      TRY("cmpl $0, (%1)", "r"(VA + 64));
	return got == T_PF ? last_fault.error : got;
}

static word expected(uint64_t pde, uint64_t pte, bool large, bool user, unsigned what, bool wp,
		     bool nxe)
{
	uint64_t both = large ? pde : pde & pte;
	uint64_t any = large ? pde : pde | pte;
	word code = (what == WRITE ? PF_W : 0) | (user ? PF_U : 0) |
		    (what == RUN && nxe ? PF_I : 0);

	if (!(pde & PTE_P))
		return code;
	if (pde & NX && !nxe)
		return code | PF_P | PF_RSVD;
	if (!large && !(pte & PTE_P))
		return code;
	if (!large && pte & NX && !nxe)
		return code | PF_P | PF_RSVD;
	if ((user && !(both & PTE_U)) || (what == RUN && any & NX) ||
	    (what == WRITE && !(both & PTE_W) && (user || wp)))
		return code | PF_P;
	return NO_FAULT;
}

/* QEMU's TCG leaves P out of the code where reserved bits are set. */
static bool same(word got, word want)
{
	return got == want || (want != NO_FAULT && want & PF_RSVD && got == (want & ~PF_P));
}

static void access_once(uint64_t pde, uint64_t pte, bool large, unsigned how, bool wp, bool nxe)
{
	unsigned what = how >> 1;
	bool user = how & 1;
	word got, want = expected(pde, pte, large, user, what, wp, nxe);

	table[0] = page | pte;
	dir[(VA >> 21) & 511] = large ? (page & ~0x1ffffful) | pde | PTE_PS :
					(word)table | pde;
	invlpg((void *)VA);
	got = outcome(user, what);
	if (!same(got, want) && !wrong++)
		print("pde %lx pte %lx nx %d %d large %d user %d access %u wp %d nxe %d: %lx, not %lx\n",
		      (word)pde, (word)pte, !!(pde & NX), !!(pte & NX), large, user, what, wp,
		      nxe, got, want);
}

/* (bits): three of P, W, U and one of NX */
static uint64_t entry(unsigned bits)
{
	return (bits & 7) | (bits & 8 ? NX : 0);
}

static void all(bool large, bool wp, bool nxe, const char *what)
{
	unsigned pde, pte, how;

	wrong = 0;
	cr0_write(wp ? cr0_read() | CR0_WP : cr0_read() & ~(word)CR0_WP);
	wrmsr(MSR_EFER, nxe ? rdmsr(MSR_EFER) | EFER_NXE : rdmsr(MSR_EFER) & ~(uint64_t)EFER_NXE);
	for (pde = 0; pde < 16; pde++)
		for (pte = 0; pte < (large ? 1 : 16); pte++)
			for (how = 0; how < 6; how++)
				access_once(entry(pde), entry(pte), large, how, wp, nxe);
	check(!wrong, what);
}

static void reserved(void)
{
	static const struct { uint64_t pde, pte; word code; } bad[] = {
		{ 7 | 1ull << 40, 7, PF_P | PF_RSVD }, { 7 | 1ull << 51, 7, PF_P | PF_RSVD },
		{ 7 | 1ull << 52, 7, PF_P | PF_RSVD }, { 7 | 1ull << 62, 7, PF_P | PF_RSVD },
		{ 7, 7 | 1ull << 40, PF_P | PF_RSVD }, { 7, 7 | 1ull << 62, PF_P | PF_RSVD },
		{ 7, 6 | 1ull << 40, 0 }, { 6 | 1ull << 40, 7, 0 },
	};
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		table[0] = page | bad[i].pte;
		dir[(VA >> 21) & 511] = (word)table | bad[i].pde;
		invlpg((void *)VA);
		if (!same(outcome(false, READ), bad[i].code) ||
		    !same(outcome(true, WRITE), bad[i].code | PF_W | PF_U))
			print("reserved bits, case %u: %lx\n", i, last_fault.error), note_failure();
	}
	/* bits 13 to 20 of a large page */
	for (i = 13; i < 21; i++) {
		dir[(VA >> 21) & 511] = 7 | PTE_PS | 1ull << i;
		invlpg((void *)VA);
		if (!same(outcome(false, READ), PF_P | PF_RSVD))
			print("large page, bit %u\n", i), note_failure();
	}
	check(true, "reserved bits");
}

static void tables(void)
{
	unsigned t, i;

	for (t = 0; t < 8; t++) {
		uint64_t *l = page_new();

		for (i = 0; i < 512; i++) {
			word va = t * 0x200000 + i * 0x1000;

			l[i] = va | PTE_P | PTE_W |
			       (va >= (word)user_start && va < (word)user_end ? PTE_U : 0);
		}
		low[t] = (word)l | PTE_P | PTE_W | PTE_U;
	}
	pdpt[0] = (word)low | PTE_P;
	pdpt[VA >> 30] = (word)dir | PTE_P;
}

void guest_main(void)
{
	static const uint8_t code[] = { 0xc3 }, user_code[] = { 0xcd, 0x80 };

	/* a large page around it is mapped as well */
	page = (word)page_new();
	memcpy((void *)page, code, sizeof(code));
	memcpy((void *)(page + 16), user_code, sizeof(user_code));
	memcpy((void *)(page & ~0x1ffffful), (void *)page, 128);
	tables();
	handlers[T_PF] = fetched;
	cr4_write(cr4_read() | CR4_PAE);
	cr3_write((word)pdpt);
	cr0_write(cr0_read() | CR0_PG | CR0_WP);
	all(false, true, true, "small pages, WP on, NXE on");
	all(false, false, true, "small pages, WP off, NXE on");
	all(false, true, false, "small pages, WP on, NXE off");
	all(false, false, false, "small pages, WP off, NXE off");
	all(true, true, true, "large pages, WP on, NXE on");
	all(true, false, true, "large pages, WP off, NXE on");
	all(true, true, false, "large pages, WP on, NXE off");
	reserved();
	dir[(VA >> 21) & 511] = 0;
}
