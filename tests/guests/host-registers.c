/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of ring 3 jumps into the host's 64-bit code, looks at the registers that
 * 32-bit code does not have, and comes back: they hold nothing.  Natively, and where
 * guest code is translated, it does not get there.
 */
#include "host.h"

USERDATA uint64_t first = (uint64_t)0xffffffff << 32;	/* of the last visit: r8 | ... */
USERDATA struct { word ip; uint16_t cs; } __attribute__((packed)) back;

USER static void user(void)
{
	word any;

	asm volatile("movw %%cs, %1; movl $2f, %2;" BYTES_LJMP
		     "3: .byte 0x4c, 0x89, 0xc0;"		/* mov %r8, %rax */
		     ".byte 0x4c, 0x09, 0xc8, 0x4c, 0x09, 0xd0, 0x4c, 0x09, 0xd8;"
		     ".byte 0x4c, 0x09, 0xe0, 0x4c, 0x09, 0xe8, 0x4c, 0x09, 0xf0;"
		     ".byte 0x4c, 0x09, 0xf8;"			/* or r9...r15 to it */
		     ".byte 0x48, 0x89, 0x04, 0x25; .long first;"	/* mov %rax, first */
		     ".byte 0xff, 0x2c, 0x25; .long back;"	/* ljmp *back */
		     "2: movl first, %0; orl first + 4, %0"
		     : "=a"(any), "=m"(back.cs), "=m"(back.ip) : : "memory");
	user_exit(any);
}

void guest_main(void)
{
	struct visit v;
	bool ok = true;
	int i;

	gdt[6] = 0;
	paging_on();
	/* the first ways in are long ones, later ones may be short */
	for (i = 0; i < 5; i++) {
		v = user_run(user, FL_IF);
		ok &= v.vector == T_GP || (v.vector == 0x80 && !v.tf.ax);
	}
	check(ok, "r8 to r15");
}
