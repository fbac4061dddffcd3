/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sysenter, sysexit, syscall and sysret from ring 3, before and after the MSRs are set
 * up: what CPUID does not show, or what is not set up, is a fault; what it shows works.
 * Segments: no, some processors lead it into the host's kernel, which comes back elsewhere
 */
#include "guest.h"

/* in bytes: code of ring 3 is not patched */
#define SYSENTER	".byte 0x0f, 0x34;"

USER static void u_sysenter(void) { asm volatile(SYSENTER ".globl past; past: int $0x80"); }
USER static void u_sysexit(void) { asm volatile(".byte 0x0f, 0x35"); }
USER static void u_syscall(void) { asm volatile(".byte 0x0f, 0x05; int $0x80" : : : "ecx"); }
USER static void u_sysret(void) { asm volatile(".byte 0x0f, 0x07"); }
USER static void u_both(void)
{
	asm volatile("movl $past, %%edx; movl %%esp, %%ecx; movl $0x1234, %%eax;" SYSENTER
		     : : : "eax", "ecx", "edx");
}
extern char past[], kernel_entry[];

#define K	FIRST_FREE

static word stack[256];
asm(".text; kernel_entry: addl $1, %eax; sysexit");

static bool is_fault(void (*f)(void), word vector)
{
	struct visit v = user_run(f, FL_IF);

	return (v.vector == vector && !v.error) || (v.vector == T_UD);
}

void guest_main(void)
{
	bool has = cpuid(1).d & 1 << 11;
	struct visit v;

	paging_on();
	wrmsr(MSR_SYSENTER_CS, 0);
	check(is_fault(u_sysenter, T_GP), "sysenter without a segment");
	check(is_fault(u_sysexit, T_GP), "sysexit");
	check(is_fault(u_syscall, T_UD), "syscall, not enabled");
	check(is_fault(u_sysret, T_UD), "sysret, not enabled");
	/* sysenter's and sysexit's segments stand in a row */
	gdt[K] = gdt[SEL_KCODE / 8];
	gdt[K + 1] = gdt[SEL_KDATA / 8];
	gdt[K + 2] = gdt[SEL_UCODE / 8];
	gdt[K + 3] = gdt[SEL_UDATA / 8];
	wrmsr(MSR_SYSENTER_CS, SEL(K));
	wrmsr(MSR_SYSENTER_SP, (word)(stack + 256));
	wrmsr(MSR_SYSENTER_IP, (word)kernel_entry);
	check(rdmsr(MSR_SYSENTER_CS) == SEL(K) &&
	      rdmsr(MSR_SYSENTER_IP) == (word)kernel_entry, "the MSRs keep their values");
	check(is_fault(u_sysexit, T_GP), "sysexit is ring 0's");
	v = user_run(u_both, FL_IF);
	if (has)
		check(v.vector == 0x80 && v.tf.ax == 0x1235, "sysenter and back, or no sysenter");
	else
		check(v.vector == T_UD, "sysenter and back, or no sysenter");
}
