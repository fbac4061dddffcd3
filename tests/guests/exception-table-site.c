/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults at sensitive instructions are reported there, with the registers that
 * they had there, so that an exception table works. */
#include "guest.h"

static struct trapframe at;

static bool look(struct trapframe *tf)
{
	at = *tf;
	return false;
}

void guest_main(void)
{
	word v, sp;
	bool ok;
	struct dtr *unmapped = (struct dtr *)0x40000000;

	paging_on();
	handlers[T_GP] = handlers[T_PF] = look;
	v = TRY("movw %w1, %%fs", "a"(0x1000), "b"(2), "c"(3), "d"(4), "S"(5), "D"(6));
	ok = at.ax == 0x1000 && at.bx == 2 && at.cx == 3 && at.dx == 4 && at.si == 5 && at.di == 6;
	check(faulted(v, T_GP, 0x1000), "mov to fs");
	check(ok, "with its registers");
	check(faulted(TRY("lgdt (%1)", "r"(unmapped)), T_PF, 0), "lgdt from a missing page");
	check(faulted(TRY("lidt (%1)", "r"(unmapped)), T_PF, 0), "lidt from a missing page");
	check(TRY("sgdt (%1)", "r"(unmapped)) == T_PF && last_fault.error == PF_W &&
	      last_fault.ip == last_fault.site, "sgdt to a missing page");
	check(faulted(TRY("movw %%ds, (%1)", "r"(unmapped)), T_PF, PF_W), "mov of ds to a missing page");
	check(faulted(TRY("lmsw (%1)", "r"(unmapped)), T_PF, 0), "lmsw from a missing page");
	check(faulted(TRY("verr (%1)", "r"(unmapped)), T_PF, 0), "verr of a missing page");
	check(faulted(TRY("ljmp *(%1)", "r"(unmapped)), T_PF, 0), "ljmp through a missing page");
	check(faulted(TRY("popl (%1)", "r"(unmapped)), T_PF, PF_W), "pop to a missing page");
	v = TRY("outsb", "d"(PORT_NOBODY), "S"(unmapped), "a"(0x77), "b"(0x66));
	ok = at.si == (word)unmapped && at.ax == 0x77 && at.bx == 0x66;
	check(faulted(v, T_PF, 0) && ok, "outs from a missing page");
	v = TRY("insl", "d"(PORT_NOBODY), "D"(unmapped));
	check(faulted(v, T_PF, PF_W) && at.di == (word)unmapped, "ins to a missing page");
	v = TRY_ASM("stc; movl $0x4321, %%ebx;", "movw %w2, %%gs", "", OUT("=b"(sp)), "a"(0x1000));
	check(faulted(v, T_GP, 0x1000) && at.flags & FL_CF && at.bx == 0x4321,
	      "with its flags");
}
