/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NX, W and U at every level of the tables. */
#include "guest64.h"

#define AT	(0x0000700000000000ul)	/* a root entry of its own */

static const char *const level_name[] = { "page", "directory", "pointer", "root" };

USER_CODE(u_call, "call *%rdi\n" USER_EXIT);
USER_CODE(u_write, "movq %rdi, (%rdi)\n" USER_EXIT);

static void note(const char *what, int level, bool ok)
{
	print("%s %s: %s entry\n", ok ? "ok  " : "FAIL", what, level_name[level]);
	if (!ok)
		check(false, "as above");
}

void guest_main(void)
{
	char *page = page_alloc();
	struct visit v;
	pte_t *e;
	int i;

	page[0] = (char)0xc3;
	vm_map(kernel_root, AT, V2P(page), PTE_W | PTE_U);
	check(try_call(AT) == NO_FAULT, "runs");
	check(user_run(u_call, AT).vector == T_SYSCALL, "runs in ring 3");
	for (i = 0; i < 4; i++) {
		e = vm_walk(kernel_root, AT, i, true);
		*e |= PTE_NX;
		cr3_write(cr3_read());
		note("NX", i, try_call(AT) == T_PF && last_fault.error == (PF_P | PF_I) &&
		     last_fault.addr == AT);
		v = user_run(u_call, AT);
		note("NX in ring 3", i, v.vector == T_PF && v.error == (PF_P | PF_I | PF_U) &&
		     v.addr == AT);
		*e &= ~PTE_NX;
		cr3_write(cr3_read());
		note("without NX", i, try_call(AT) == NO_FAULT);

		*e &= ~(word)PTE_W;
		cr3_write(cr3_read());
		note("no W", i, page_faulted(try_write(AT + 8, 1), PF_P | PF_W, AT + 8));
		v = user_run(u_write, AT + 8);
		note("no W in ring 3", i, v.vector == T_PF && v.error == (PF_P | PF_W | PF_U));
		*e |= PTE_W;
		cr3_write(cr3_read());
		note("with W", i, try_write(AT + 8, 1) == NO_FAULT);

		*e &= ~(word)PTE_U;
		cr3_write(cr3_read());
		v = user_run(u_call, AT);
		note("no U", i, v.vector == T_PF && v.error == (PF_P | PF_I | PF_U));
		*e |= PTE_U;
		cr3_write(cr3_read());
		note("with U", i, user_run(u_call, AT).vector == T_SYSCALL);

		*e &= ~(word)PTE_P;
		cr3_write(cr3_read());
		note("not present", i, page_faulted(try_read(AT), 0, AT));
		*e |= PTE_P;
	}
}
