/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A segment register that holds the null selector cannot be used.
 * Native: no, QEMU's TCG does not check it
 */
#include "guest.h"

static uint32_t something = 0x1234;

void guest_main(void)
{
	fs_write(0);
	check(faulted(TRY("cmpl $0, %%fs:(%1)", "r"(&something)), T_GP, 0), "reading");
	check(faulted(TRY("movl $1, %%fs:(%1)", "r"(&something)), T_GP, 0), "writing");
	check(faulted(TRY("movl %%fs:0, %%ecx", "c"(0)), T_GP, 0), "reading at 0");
	es_write(0);
	check(faulted(TRY("stosl", "D"(&something), "a"(0)), T_GP, 0), "stos by es");
	es_write(SEL_KDATA);
	check(something == 0x1234, "nothing has changed");
}
