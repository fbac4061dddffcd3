/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same ops in a kernel that was written for Xen and not patched: what Xen's own
 * emulation costs, and its hypercalls.  "op NAME TENTHS" a line.
 */
#include "pv.h"
#include "measure.h"
#include <xen/callback.h>
#include <xen/version.h>

static word keep_cr3;

#define BOTH CASE
#define OURS(name, ...)
#include "cases.def"
#undef CASE

#define UPDATES	64
#define FIRST	0x300u			/* frames of ours that nothing else uses */

static struct mmu_update update[UPDATES];
static const struct start_info *start;

static word mfn_of(word pfn)
{
	return ((const word *)start->mfn_list)[pfn];
}

/* The entry for frame (pfn), in the last-level tables that Xen built for us. */
static word *pte_of(word pfn)
{
	return (word *)(start->pt_base + 3 * 4096) + pfn;
}

static void updates_make(void)
{
	unsigned i;
	word at;

	for (i = 0; i < UPDATES; i++) {
		at = (word)pte_of(FIRST + i) - 0xffffffff80000000ul;
		update[i].ptr = mfn_of(at >> 12) << 12 | (at & 4095);
		update[i].val = mfn_of(FIRST + i) << 12 | (update[i].val & 0x20 ? 0x05 : 0x25);
	}
}

static void run_single(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		hypercall4(__HYPERVISOR_mmu_update, (word)&update[i], 1, 0, DOMID_SELF);
}

static void run_batch(unsigned n)
{
	hypercall4(__HYPERVISOR_mmu_update, (word)update, n, 0, DOMID_SELF);
}

static void run_va(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		hypercall4(__HYPERVISOR_update_va_mapping,
			   0xffffffff80000000ul + (FIRST + i) * 4096ul, update[i].val, 0, 0);
}

static void run_written(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		*(volatile word *)pte_of(FIRST + i) = update[i].val;
}

static void run_hypercall(unsigned n)
{
	while (n--)
		hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
}

static void run_cpuid(unsigned n)
{
	uint32_t a, c;

	while (n--) {
		a = c = 0;
		asm volatile("ud2; .ascii \"xen\"; cpuid"
			     : "+a"(a), "+c"(c) : : "ebx", "edx");
	}
}

static void run_bounce(unsigned n)
{
	while (n--)
		asm volatile("int3" : : : "memory");
}

/* Xen's frame has rcx and r11 before the hardware's; the way back wants flags there,
 * and pushes the rest itself. */
asm("on_int3:\n"
    "	popq	%rcx\n"
    "	popq	%r11\n"
    "	pushq	$0\n"
    "	jmp	hypercall_page + 32 * 23\n");
extern char on_int3[];

static void no_turn(unsigned n)
{
}

static void report(const char *name, uint64_t tenths)
{
	print("op ");
	print(name);
	print(" ");
	print_number(tenths);
	print("\n");
}

void pv_main(const struct start_info *si)
{
	static struct trap_info traps[2] = { { .vector = 3, .flags = 3, .cs = FLAT_KERNEL_CS } };

	start = si;
	ports_allow();
	traps[0].address = (word)on_int3;
	hypercall2(__HYPERVISOR_set_trap_table, (word)traps, 0);
	asm volatile("mov %%cr3, %0" : "=r"(keep_cr3));
#define CASE(name, insn, ...) report(#name, measured(run_##name, run_empty, COUNT, 8));
#include "cases.def"
	report("cpuid", measured(run_cpuid, no_turn, 64, 1));
	report("hypercall", measured(run_hypercall, no_turn, 64, 1));
	report("exception_and_back", measured(run_bounce, no_turn, 64, 1));
	updates_make();
	report("update_single", measured(run_single, no_turn, UPDATES, 1));
	report("update_batch", measured(run_batch, no_turn, UPDATES, 1));
	report("update_va", measured(run_va, no_turn, UPDATES, 1));
	report("update_written", measured(run_written, no_turn, UPDATES, 1));
	end(0);
}
