/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process cannot read, write or run the kernel's pages, wherever they lie. */
#include "guest.h"

USERDATA volatile word target;
static volatile uint32_t secret = 0x5ec7e7;
USER static void u_read(void) { asm volatile("movl (%0), %%eax" : : "r"(target) : "eax"); }
USER static void u_byte(void) { asm volatile("movb (%0), %%al" : : "r"(target) : "eax"); }
USER static void u_write(void) { asm volatile("movl $0, (%0)" : : "r"(target) : "memory"); }
USER static void u_string(void)
{
	static USERDATA char to[4];

	asm volatile("rep; movsb" : : "S"(target), "D"(to), "c"(4) : "memory");
}
USER static void u_push(void) { asm volatile("pushl (%0)" : : "r"(target)); }
USER static void u_call(void) { asm volatile("call *%0" : : "r"(target)); }
USER static void u_ok(void) { user_exit(target); }

static bool stopped(void (*f)(void), word addr, word error)
{
	struct visit v;

	target = addr;
	v = user_run(f, FL_IF);
	return v.vector == T_PF && v.error == error && v.addr == addr;
}

void guest_main(void)
{
	struct visit v;
	word page = (word)page_new(), high = 0xd0000000;

	paging_on();
	map(high, page, PTE_W);
	check(stopped(u_read, (word)&secret, PF_U | PF_P), "reads a word below");
	check(stopped(u_byte, (word)&secret, PF_U | PF_P), "reads a byte below");
	check(stopped(u_write, (word)&secret, PF_U | PF_P | PF_W), "writes below");
	check(stopped(u_string, (word)&secret, PF_U | PF_P), "copies from below");
	check(stopped(u_push, (word)&secret, PF_U | PF_P), "pushes from below");
	check(stopped(u_call, (word)&guest_main, PF_U | PF_P), "calls below");
	check(stopped(u_read, high + 16, PF_U | PF_P), "reads above");
	check(stopped(u_write, high + 16, PF_U | PF_P | PF_W), "writes above");
	check(stopped(u_read, (word)page_directory, PF_U | PF_P), "reads the page tables");
	check(secret == 0x5ec7e7, "the secret is safe");
	target = 5;
	v = user_run(u_ok, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 5, "its own pages are its own");
}
