/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FS and GS: bases by MSR and by descriptor, in both rings, over traps. */
#include "guest64.h"

USER_CODE(u_bases, "movq %fs:0, %rax\nmovq %gs:0, %rbx\n" USER_EXIT);
USER_CODE(u_load, "movl %edi, %fs\nmovq %fs:0, %rax\n" USER_EXIT);
USER_CODE(u_spin, "1: movq %gs:0, %rax\ncmpq %rsi, %rax\njne 2f\nmovq %fs:0, %rax\ncmpq %rdi, %rax\njne 2f\ndecl %edx\njnz 1b\n2:\n" USER_EXIT);
USER_CODE(u_words, ".quad 0x1111, 0x2222, 0x3333, 0x4444\n");

static word fs_word(void)
{
	word v;

	asm volatile("movq %%fs:0, %0" : "=r"(v));
	return v;
}

void guest_main(void)
{
	static word mine[2] = { 0xabcd, 0xef };
	struct trapframe tf;
	struct visit v;
	word w = UVA(u_words), far = KERNBASE + 0x20000000;
	uint64_t *d = gdt_slot(SEL_RODATA);
	char *page = page_alloc();

	wrmsr(MSR_FS_BASE, w);
	wrmsr(MSR_KGS_BASE, w + 8);
	v = user_run(u_bases, 0);
	check(v.tf.ax == 0x1111 && v.tf.bx == 0x2222, "ring 3 has the bases that MSRs gave it");
	check(rdmsr(MSR_FS_BASE) == w && rdmsr(MSR_KGS_BASE) == w + 8 &&
	      rdmsr(MSR_GS_BASE) == (word)&percpu, "they are still there afterwards");
	wrmsr(MSR_FS_BASE, w + 24);
	v = user_run(u_bases, 0);
	check(v.tf.ax == 0x4444 && v.tf.bx == 0x2222, "FS changed, GS not");

	vm_map(kernel_root, far, V2P(page), PTE_W);
	write64((word)page, 0x55);
	wrmsr(MSR_FS_BASE, far);
	check(fs_word() == 0x55, "a base in the upper half");
	asm volatile("swapgs");
	wrmsr(MSR_GS_BASE, (word)mine);
	asm volatile("swapgs");
	check(rdmsr(MSR_KGS_BASE) == (word)mine && percpu.magic == PERCPU_MAGIC,
	      "swapgs, wrmsr, swapgs");
	asm volatile("swapgs; movq %%gs:0, %0; swapgs" : "=r"(w));
	check(w == 0xabcd, "the other GS base");

	/* a descriptor with a base: 32 bits of it count */
	w = UVA(u_words);
	*d = 0x00cff3000000fffful | (w & 0xffffff) << 16 | (w >> 24 & 0xff) << 56;
	fs_write(SEL_RODATA | 3);
	check(rdmsr(MSR_FS_BASE) == w && fs_word() == 0x1111, "a selector loads its descriptor's base");
	v = user_run(u_load, SEL_RODATA | 3);
	check(v.tf.ax == 0x1111, "in ring 3, too");
	v = user_run(u_load, SEL_KDATA);
	check(v.vector == T_GP && v.error == SEL_KDATA, "ring 3 may not have ring 0's data in fs");
	wrmsr(MSR_FS_BASE, w + 16);
	check(fs_word() == 0x3333 && fs_read() == (SEL_RODATA | 3), "the MSR goes over the selector's base");
	fs_write(0);

	/* bases over interrupts */
	wrmsr(MSR_FS_BASE, w);
	wrmsr(MSR_KGS_BASE, w + 8);
	pit_start(1193);
	irq_unmask(0);
	tf = user_frame(u_spin, 0x1111);
	tf.si = 0x2222;
	tf.dx = 3000000;
	v = user_run_frame(&tf);
	check(!(v.tf.dx & 0xffffffff) && irq_count(0) > 2, "interrupts leave them alone");
}
