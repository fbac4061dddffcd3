/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ring 1, as the few kernels that have drivers there use it. */
#include "guest.h"

#define CODE1	(SEL(FIRST_FREE) | 1)
#define DATA1	(SEL(FIRST_FREE + 1) | 1)

static char stack1[4096] __attribute__((aligned(16)));
static volatile word seen_cs;

static void driver(void)
{
	asm volatile("movl %%cs, %0" : "=r"(seen_cs));
	user_exit(5);
}

/* In bytes: for a site see ring1-site. */
static void driver_cli(void) { asm volatile(".byte 0xfa, 0xfb"); user_exit(6); }
static void driver_hlt(void) { asm volatile("hlt"); }
static void driver_load(void) { asm volatile("movw %w0, %%fs" : : "r"(SEL_KDATA)); }

static struct visit run(void (*f)(void), word flags)
{
	struct trapframe tf = user_frame(f, flags);

	tf.cs = CODE1;
	tf.ss = tf.ds = tf.es = DATA1;
	tf.sp = (word)stack1 + sizeof(stack1);
	return user_run_frame(&tf);
}

void guest_main(void)
{
	struct visit v;

	gdt[FIRST_FREE] = descriptor(0, 0xfffff, A_CODE | 0x20, F_PAGES | F_32);
	gdt[FIRST_FREE + 1] = descriptor(0, 0xfffff, A_DATA | 0x20, F_PAGES | F_32);
	paging_on();
	v = run(driver, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 5 && (v.tf.cs & 0xffff) == CODE1, "there and back");
	check((seen_cs & 0xffff) == CODE1, "cs says so");
	v = run(driver_cli, FL_IF);
	check(v.vector == T_GP && v.error == 0, "IOPL 0: no cli");
	v = run(driver_cli, FL_IF | 0x1000);
	check(v.vector == 0x80 && v.tf.ax == 6, "IOPL 1: cli");
	v = run(driver_hlt, FL_IF | 0x1000);
	check(v.vector == T_GP && v.error == 0, "hlt is ring 0's");
	v = run(driver_load, FL_IF);
	check(v.vector == T_GP && v.error == SEL_KDATA, "ring 0's data is out of reach");
}
