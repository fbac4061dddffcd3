/* SPDX-License-Identifier: GPL-3.0-or-later */
/* int 0x80 and other software interrupts in ring 0 are the guest's own, whatever
 * its host thinks of the number and the registers. */
#include "guest.h"

static struct trapframe at;

static bool take(struct trapframe *tf)
{
	at = *tf;
	tf->ax = 0x1234;
	return true;
}

void guest_main(void)
{
	word r;
	unsigned i;
	bool ok = true;

	handlers[0x80] = take;
	asm volatile("int $0x80" : "=a"(r) : "0"(1), "b"(0) : "memory");
	check(r == 0x1234 && at.ax == 1 && (at.cs & 0xffff) == SEL_KCODE, "exit(0) is not");
	for (i = 0; i < 450; i++) {
		asm volatile("int $0x80" : "=a"(r) : "0"(i), "b"(0), "c"(0), "d"(0) : "memory");
		ok &= r == 0x1234 && at.ax == i;
	}
	check(ok, "no number means anything to anybody else");
	handlers[0x2e] = take;
	asm volatile("int $0x2e" : "=a"(r) : "0"(7));
	check(r == 0x1234 && at.vector == 0x2e, "another vector");
}
