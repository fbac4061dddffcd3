/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An expand-down segment: valid is what lies *above* the limit.
 * Native: no, QEMU's TCG does not check limits
 */
#include "guest.h"

static word try_fs(word at)
{
	return TRY("cmpl $0, %%fs:(%1)", "r"(at));
}

void guest_main(void)
{
	word base = (word)page_new();

	page_new();
	gdt[FIRST_FREE] = descriptor(base, 0xfff, 0x97, F_32);
	gdt[FIRST_FREE + 1] = descriptor(base, 0xfff, 0x97, 0);
	fs_write(SEL(FIRST_FREE));
	check(faulted(try_fs(0), T_GP, 0), "below the limit");
	check(faulted(try_fs(0xfff), T_GP, 0), "at the limit");
	check(try_fs(0x1000) == NO_FAULT, "above it");
	check(try_fs(0x1ffc) == NO_FAULT, "far above it");
	fs_write(SEL(FIRST_FREE + 1));
	check(try_fs(0xfff0) == NO_FAULT, "16-bit: up to 64 KiB");
	check(faulted(try_fs(0xfffd), T_GP, 0), "16-bit: not beyond");
	fs_write(0);
}
