/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Native: no, QEMU's TCG does not hold a #DB off behind a load of ss, nor end a hlt by it
 *
 * Rarer sides of the trap flag: nothing behind a load of ss, a #DB behind hlt, RF between
 * the iterations of a rep, and int1, which is no single step.
 */
#include "steps.h"

extern char ss_1[], ss_2[], ss_3[], ss_4[], hlt_1[], hlt_2[], int1_1[], int1_2[];

static bool in_midst_rf(word at)
{
	unsigned i;

	for (i = 1; i < steps; i++)
		if (!(step[i].flags & FL_RF) != (step[i].ip != at))
			return false;
	return true;
}

#define REP_RF(insn, bytes, what) do {					\
	STEPS("mid_" insn ": " bytes, : "+c"(c), "+D"(d), "+S"(s)	\
	      : "d"(PORT_SCRATCH), "a"(0) : "memory", "cc");		\
	check(steps == 4 && in_midst_rf(step[0].ip), what);		\
	c = 3;								\
} while (0)

static void rep(void)
{
	uint8_t buf[64];
	uint8_t *d = buf, *s = buf + 32;
	word c = 3;

	REP_RF("stos", "rep stosb", "RF between iterations");
	REP_RF("ins", "rep insb", "the same of a port");
	REP_RF("outs", ".byte 0xf3, 0x6e", "the same where nobody knows of it");
}

void guest_main(void)
{
	STEPS(".byte 0x8e, 0xd0\n ss_1: movl %%ecx, %%ecx\n ss_2: movl %%ecx, %%ecx",
	      : : "a"(SEL_KDATA) : "memory", "cc");
	check(steps_at(ss_1) == 0 && steps_at(ss_2) == 1 && steps == 3 && steps_bs(),
	      "none behind mov to ss");
	STEPS("pushl %%ss; .byte 0x17\n ss_3: movl %%ecx, %%ecx\n ss_4: movl %%ecx, %%ecx",
	      : : : "memory", "cc");
	check(steps_at(ss_3) == 0 && steps_at(ss_4) == 1 && steps_bs(), "none behind pop to ss");
	STEPS("movw %w0, %%ss; movl %%esp, %%ecx", : : "a"(SEL_KDATA) : "ecx", "memory", "cc");
	check(step[steps - 1].ip == steps_last && steps_bs(), "a site of them");
	STEPS("cli\n hlt\n hlt_1: movl %%ecx, %%ecx", : : : "memory", "cc");
	check(steps_at(hlt_1) == 1 && step[steps - 1].ip == steps_last && steps_bs(),
	      "one behind hlt");
	STEPS("sti; .byte 0xf4\n hlt_2: cli", : : : "memory", "cc");
	check(steps_at(hlt_2) == 1 && step[steps - 1].ip == steps_last && steps_bs(),
	      "and with interrupts on");
	STEPS(".byte 0xf1\n int1_1: movl %%ecx, %%ecx\n int1_2: movl %%ecx, %%ecx",
	      : : : "memory", "cc");
	/* the handler turns nothing off: its iret turns it on for what follows */
	check(steps == 4 && step[1].ip == (word)int1_1 && !(step[1].dr6 & DR6_BS) &&
	      step[1].flags & FL_TF && step[2].ip == (word)int1_2 && step[2].dr6 & DR6_BS,
	      "int1");
	rep();
}
