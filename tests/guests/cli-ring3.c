/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything privileged in ring 3 is #GP(0), at the instruction itself. */
#include "guest.h"

#define ATTEMPT(name, insn)						\
USER static void name(void)						\
{									\
	asm volatile(".global at_" #name "; at_" #name ": " insn : :	\
		     "a"(0), "c"(0x10), "d"(0x21) : "memory");		\
}									\
extern char at_##name[];

USERDATA char userbuf[8];

ATTEMPT(u_cli, "cli")
ATTEMPT(u_sti, "sti")
ATTEMPT(u_hlt, "hlt")
ATTEMPT(u_in, "inb %%dx, %%al")
ATTEMPT(u_inimm, "inl $0x21, %%eax")
ATTEMPT(u_out, "outb %%al, %%dx")
ATTEMPT(u_clts, "clts")
ATTEMPT(u_cr0, "movl %%cr0, %%eax")
ATTEMPT(u_cr3w, "movl %%eax, %%cr3")
ATTEMPT(u_dr7, "movl %%dr7, %%eax")
ATTEMPT(u_lmsw, "lmsw %%ax")
ATTEMPT(u_invlpg, "invlpg userbuf")
ATTEMPT(u_wbinvd, "wbinvd")
ATTEMPT(u_rdmsr, "rdmsr")
ATTEMPT(u_wrmsr, "wrmsr")
ATTEMPT(u_lgdt, "lgdt userbuf")
ATTEMPT(u_lidt, "lidt userbuf")
ATTEMPT(u_lldt, "lldt %%ax")
ATTEMPT(u_ltr, "ltr %%ax")
ATTEMPT(u_outs, "movl $userbuf, %%esi; outsb")

static const struct {
	const char *name;
	void (*f)(void);
	char *at;
} attempts[] = {
#define A(n) { #n, u_##n, at_u_##n }
	A(cli), A(sti), A(hlt), A(in), A(inimm), A(out), A(clts), A(cr0), A(cr3w),
	A(dr7), A(lmsw), A(invlpg), A(wbinvd), A(rdmsr), A(wrmsr), A(lgdt), A(lidt),
	A(lldt), A(ltr),
};

void guest_main(void)
{
	struct visit v;
	unsigned i;

	paging_on();
	for (i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		v = user_run(attempts[i].f, FL_IF);
		check(v.vector == T_GP && v.error == 0 &&
		      v.tf.ip == (word)attempts[i].at, attempts[i].name);
	}
	v = user_run(u_outs, FL_IF);
	check(v.vector == T_GP && v.error == 0, "outs");
}
