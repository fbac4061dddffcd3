/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only x86-64 has. */
#include "kernel.h"
#include "sysnum.h"

#ifndef __x86_64__
void check_64(void)
{
}
#else

static void check_bases(void)
{
	static word other[4] = { 0x77, 0x88 };
	word v, w;

	asm volatile("movq %%gs:%c1, %0" : "=r"(v) : "i"(offsetof(struct percpu, magic)));
	check(v == PERCPU_MAGIC, "gs: the kernel's own data");
	wrmsr(MSR_KGS_BASE, (word)other);
	asm volatile("swapgs; movq %%gs:8, %0; swapgs; movq %%gs:%c2, %1"
		     : "=&r"(v), "=&r"(w) : "i"(offsetof(struct percpu, magic)));
	check(v == 0x88 && w == PERCPU_MAGIC, "swapgs: there and back");
	check(rdmsr(MSR_GS_BASE) == (word)&percpu && rdmsr(MSR_KGS_BASE) == (word)other,
	      "swapgs: rdmsr agrees");
	wrmsr(MSR_FS_BASE, (word)other);
	asm volatile("movq %%fs:0, %0" : "=r"(v));
	check(v == 0x77, "fs: its base comes from the MSR");
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_KGS_BASE, 0);
	check((rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)) ==
	      (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE), "efer: long mode, NX, syscall");
}

static void check_nx(void)
{
	void (*f)(void) = (void (*)(void))TESTBASE;
	uint8_t *page = page_alloc();

	page[0] = 0xc3;			/* ret */
	vm_map(kernel_root, TESTBASE, V2P(page), PTE_W);
	f();
	check(true, "NX: a page without it runs");
	vm_map(kernel_root, TESTBASE, V2P(page), PTE_W | PTE_NX);
	invlpg((void *)TESTBASE);
	last_fault.vector = NO_FAULT;
	call_may_fault = true;
	f();
	call_may_fault = false;
	check(last_fault.vector == T_PF && last_fault.error == (PF_P | PF_I) &&
	      last_fault.addr == TESTBASE, "NX: a page with it does not");
	vm_unmap(kernel_root, TESTBASE);
	page_free(page);
}

void check_64(void)
{
	struct outcome o;

	check_bases();
	check_nx();
	check(proc_run(PROG_SYSCALL, 0).status == 0,
	      "syscall, sysret: arguments, result, rcx and r11");
	timer_start();
	proc_start(0, PROG_BASES, 1);
	proc_start(1, PROG_BASES, 2);
	proc_run_all();
	timer_stop();
	check(!proc_outcome(0).status && !proc_outcome(1).status,
	      "fs, gs: each process keeps its own bases");
	o = proc_run(PROG_NX, USERBASE + 0x100000);
	check(o.status == -1 && o.vector == T_PF && o.error == (PF_P | PF_U | PF_I) &&
	      o.addr == USERBASE + 0x100000, "killed: for running its data");
}
#endif
