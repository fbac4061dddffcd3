/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Physical address extension: three levels, 2 MiB pages, NX.
 * Qemu: -cpu max,-smap,-smep
 */
#include "guest.h"

#define VA	0x40000000u

static uint64_t pdpt[4] __attribute__((aligned(32)));
static uint64_t dir0[512] __attribute__((aligned(4096)));
static uint64_t dir1[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));
#define NX	(1ull << 63)

static word call_fault(word at);
static volatile bool armed;

static bool fetch(struct trapframe *tf)
{
	if (!armed || tf->ip != cr2_read())
		return false;
	armed = false;
	last_fault.vector = T_PF;
	last_fault.error = tf->error;
	tf->ip = *(word *)(&tf->flags + 1);	/* as ret would do; the slot stays */
	return true;
}

/* Calls (at); the error code of the fault, or NO_FAULT.  esp is put right here,
 * since the handler cannot pop for us. */
static word call_fault(word at)
{
	last_fault.vector = NO_FAULT;
	armed = true;
	asm volatile("movl %%esp, %%ebx; call *%0; movl %%ebx, %%esp"
		     : : "r"(at) : "ebx", "eax", "memory");
	armed = false;
	return last_fault.vector == NO_FAULT ? NO_FAULT : last_fault.error;
}

void guest_main(void)
{
	uint8_t *page = page_new();
	unsigned i;

	if (!(cpuid(1).d & 1 << 6) || cpuid(0x80000000).a < 0x80000001 ||
	    !(cpuid(0x80000001).d & 1 << 20)) {
		check(false, "PAE and NX are there");
		return;
	}
	for (i = 0; i < 8; i++)
		dir0[i] = i * 0x200000ull | PTE_PS | PTE_W | PTE_P;
	table[0] = (word)page | PTE_W | PTE_P;
	dir1[0] = (word)table | PTE_W | PTE_P;
	pdpt[0] = (word)dir0 | PTE_P;
	pdpt[1] = (word)dir1 | PTE_P;
	handlers[T_PF] = fetch;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	check(rdmsr(MSR_EFER) & EFER_NXE, "efer: NX can be switched on");
	cr4_write(cr4_read() | CR4_PAE);
	cr3_write((word)pdpt);
	cr0_write(cr0_read() | CR0_PG | CR0_WP);
	check(true, "PAE paging is on");

	page[0] = 0xc3;
	check(read8(VA) == 0xc3 && table[0] & PTE_A, "a 4 KiB page");
	check((read32((word)&pdpt) & PTE_ADDR) == (word)dir0, "2 MiB pages");
	check(dir0[(word)&pdpt >> 21] & PTE_A, "accessed, in 64-bit entries");
	check(call_fault(VA) == NO_FAULT, "runs without NX");
	table[0] |= NX;
	invlpg((void *)VA);
	check(call_fault(VA) == (PF_P | PF_I), "does not run with NX");
	check(read8(VA) == 0xc3, "but can be read");
	write8(VA + 1, 5);
	check(page[1] == 5, "and written");
	table[0] = 0;
	invlpg((void *)VA);
	check(faulted(TRY("cmpb $0, 0x40000000", "r"(0)), T_PF, 0), "unmapped");
	check(call_fault(VA) == PF_I, "a fetch of what is not there");
	dir1[1] = 0x200000 | PTE_PS | PTE_P | NX;
	check(call_fault(VA + 0x200000) == (PF_P | PF_I), "NX on a large page");
	dir1[0] = (word)table | PTE_W | PTE_P | NX;
	table[0] = (word)page | PTE_W | PTE_P;
	cr3_write(cr3_read());
	check(call_fault(VA) == (PF_P | PF_I), "NX in the directory");
	/* The four top entries are read when cr3 is loaded, and only then. */
	pdpt[1] = 0;
	cr3_write(cr3_read());
	check(faulted(TRY("cmpb $0, 0x40000000", "r"(0)), T_PF, 0), "a top entry is gone");
}
