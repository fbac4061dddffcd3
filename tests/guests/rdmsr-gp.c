/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An MSR that does not exist is #GP(0), and an exception table can live with it.
 * Native: no, QEMU's TCG reads unknown ones as 0
 */
#include "guest.h"

void guest_main(void)
{
	word v, a = 0x1111, d = 0x2222;

	v = TRY_ASM("", "rdmsr", "", OUT("+a"(a), "+d"(d)), "c"(0x12345678));
	check(faulted(v, T_GP, 0), "rdmsr");
	check(a == 0x1111 && d == 0x2222, "eax and edx as before");
	v = TRY("wrmsr", "c"(0x12345678), "a"(0), "d"(0));
	check(faulted(v, T_GP, 0), "wrmsr");
	check(TRY_ASM("", "rdmsr", "", OUT("=a"(a), "=d"(d)), "c"(0x10)) == NO_FAULT,
	      "one that does exist");
}
