/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page faults: error code and cr2 for each kind of access, in rings 0 and 3. */
#include "guest.h"

#define VA	0x40000000

static word try_read(word a) { return TRY("cmpl $0, (%1)", "r"(a)); }
static word try_write(word a) { return TRY("movl $0, (%1)", "r"(a)); }
static word try_rmw(word a) { return TRY("incl (%1)", "r"(a)); }

static bool pf(word v, word error, word addr)
{
	return faulted(v, T_PF, error) && last_fault.addr == addr;
}

USERDATA volatile word target;
USER static void u_read(void) { asm volatile("movl (%0), %%eax" : : "r"(target) : "eax"); }
USER static void u_write(void) { asm volatile("movl %0, (%0)" : : "r"(target) : "memory"); }
USER static void u_jump(void) { asm volatile("jmp *%0" : : "r"(target)); }
USER static void u_push(void) { asm volatile("movl %0, %%esp; pushl $1" : : "r"(target)); }

static bool upf(void (*f)(void), word addr, word error)
{
	struct visit v;

	target = addr;
	v = user_run(f, FL_IF);
	return v.vector == T_PF && v.error == error && v.addr == addr;
}

void guest_main(void)
{
	struct visit v;
	word page = (word)page_new();

	paging_on();
	check(pf(try_read(VA), 0, VA), "ring 0 reads what is not there");
	check(pf(try_write(VA + 8), PF_W, VA + 8), "ring 0 writes what is not there");
	/* Whether that counts as a write is for each processor to say. */
	check(try_rmw(VA + 12) == T_PF && !(last_fault.error & ~PF_W) &&
	      last_fault.addr == VA + 12, "ring 0 changes what is not there");
	check(pf(try_read(VA + PAGESIZE * 1024 * 5u + 1), 0, VA + PAGESIZE * 1024 * 5u + 1),
	      "no page table");
	map(VA, page, 0);
	check(try_read(VA) == NO_FAULT, "a read-only page can be read");
	check(pf(try_write(VA), PF_P | PF_W, VA), "and not written");
	check(pf(try_rmw(VA), PF_P | PF_W, VA), "nor changed");
	check(pf(try_read(VA + 4094), 0, VA + 4096), "over the page's end: the second half");
	check(upf(u_read, VA, PF_U | PF_P), "ring 3 reads the kernel's");
	check(upf(u_write, VA, PF_U | PF_P | PF_W), "ring 3 writes the kernel's");
	check(upf(u_read, VA + 4096, PF_U), "ring 3 reads what is not there");
	check(upf(u_write, VA + 4096, PF_U | PF_W), "ring 3 writes what is not there");
	check(upf(u_jump, VA + 4096, PF_U), "ring 3 jumps to what is not there");
	check(upf(u_jump, VA, PF_U | PF_P), "ring 3 jumps to the kernel's");
	map(VA, page, PTE_U);
	invlpg((void *)VA);
	check(upf(u_write, VA, PF_U | PF_P | PF_W), "ring 3 writes a read-only page");
	target = VA + 8192;
	v = user_run(u_push, FL_IF);
	check(v.vector == T_PF && v.error == (PF_U | PF_W) && v.addr == VA + 8188 &&
	      v.tf.sp == VA + 8192, "ring 3 pushes; esp is as before");
	page_directory[VA >> 22] &= ~PTE_U;
	cr3_write(cr3_read());
	check(upf(u_read, VA, PF_U | PF_P), "the directory's U counts, too");
	page_directory[VA >> 22] = (page_directory[VA >> 22] | PTE_U) & ~PTE_W;
	map(VA, page, PTE_U | PTE_W);
	cr3_write(cr3_read());
	check(pf(try_write(VA), PF_P | PF_W, VA), "the directory's W counts, too");
}
