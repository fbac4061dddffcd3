/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ring 3 and the kernel's pages: read, write, run; and pages of its own up there. */
#include "guest64.h"

USER_CODE(u_read, "movq (%rdi), %rax\n" USER_EXIT);
USER_CODE(u_write, "movq %rdi, (%rdi)\n" USER_EXIT);
USER_CODE(u_jump, "jmp *%rdi");
USER_CODE(u_exit, "movl $42, %eax\n" USER_EXIT);

static bool was(struct visit v, word error, word addr)
{
	return v.vector == T_PF && v.error == error && v.addr == addr &&
		v.tf.cs == SEL_UCODE;
}

void guest_main(void)
{
	word kernel = (word)kernel_start, data = (word)&handlers, high = KERNBASE + 0x20000000;
	struct visit v;
	char *page = page_alloc();

	v = user_run(u_exit, 0);
	check(v.vector == T_SYSCALL && v.tf.ax == 42 && v.tf.cs == SEL_UCODE &&
	      v.tf.ss == SEL_UDATA, "ring 3: there and back");
	check(was(user_run(u_read, kernel), PF_P | PF_U, kernel), "reads the kernel's text");
	check(was(user_run(u_write, kernel), PF_P | PF_U | PF_W, kernel), "writes the kernel's text");
	check(was(user_run(u_read, data), PF_P | PF_U, data), "reads the kernel's data");
	check(was(user_run(u_write, data), PF_P | PF_U | PF_W, data), "writes the kernel's data");
	check(was(user_run(u_jump, kernel), PF_P | PF_U | PF_I, kernel), "runs the kernel");
	check(was(user_run(u_read, high), PF_U, high), "reads what is not there");

	vm_map(kernel_root, high, V2P(page), PTE_W | PTE_U);
	write64((word)page, 0x1234);
	v = user_run(u_read, high);
	check(v.vector == T_SYSCALL && v.tf.ax == 0x1234, "reads a page of its own in the upper half");
	v = user_run(u_write, high);
	check(v.vector == T_SYSCALL && read64((word)page) == high, "writes it");
	vm_map(kernel_root, high, V2P(page), PTE_W);
	invlpg((void *)high);
	check(was(user_run(u_read, high), PF_P | PF_U, high), "no longer when U is gone");
	vm_map(kernel_root, high, V2P(page), PTE_U);
	invlpg((void *)high);
	check(was(user_run(u_write, high), PF_P | PF_U | PF_W, high), "writes no more when W is gone");

	check(try_read(UVA(u_read)) == NO_FAULT && read64(UVA(u_read)) == read64((word)u_read),
	      "the kernel reads ring 3's pages");
	check(page_faulted(try_write(high, 1), PF_P | PF_W, high), "the kernel heeds W there, too");
	/* a U bit that is missing above hides all below */
	*vm_walk(kernel_root, USERTOP - 8, 1, true) &= ~(word)PTE_U;
	cr3_write(cr3_read());
	v = user_run(u_read, USERTOP - 8);
	check(was(v, PF_P | PF_U, USERTOP - 8) || v.vector == T_PF, "a directory entry without U");
}
