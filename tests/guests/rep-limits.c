/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Native: no, QEMU's TCG does not check segment limits
 *
 * A segment's end in the midst of a repeated string instruction: what lies below it is
 * done, and the fault's frame says so.
 */
#include "guest.h"

#define LIMIT	99u
#define SEG	SEL(FIRST_FREE)

static uint8_t from[256], to[256];
static struct trapframe at;

static bool gp(struct trapframe *tf)
{
	at = *tf;
	tf->ip += 8;		/* behind the no-ops */
	return true;
}

/* The instruction, and no-ops up to 8 bytes. */
#define REP(name, insn, c, s, d, a)					\
	asm volatile("movw %w4, %%es; movw %w4, %%fs\n .balign 16\n"	\
		     #name ": " insn "\n .skip " #name " + 8 - ., 0x90\n"	\
		     "pushl %%ss; popl %%es; cld"			\
		     : "+c"(c), "+S"(s), "+D"(d), "+a"(a)		\
		     : "r"(SEG) : "memory", "cc")
extern char stos[], movs[], movs_fs[], cmps[], scas[], lods[];

static bool state(const char *ip, word c, word s, word d)
{
	return at.ip == (word)ip && at.cx == c && at.si == s && at.di == d && at.error == 0;
}

void guest_main(void)
{
	word c, s, d, a, i;
	bool ok = true;

	gdt[FIRST_FREE] = descriptor((word)to, LIMIT, A_DATA, F_32);
	handlers[T_GP] = gp;
	for (i = 0; i < 256; i++)
		from[i] = i + 1;
	c = 50, s = 0, d = 70, a = 0x5a5a5a5a;
	REP(stos, "rep stosb", c, s, d, a);
	check(state(stos, 20, 0, 100) && to[99] == 0x5a && !to[100], "stosb");
	c = 50, s = 0, d = 61, a = 0x47474747;
	REP(stos_l, "rep stosl", c, s, d, a);
	check(at.cx == 41 && at.di == 97 && to[96] == 0x47 && to[97] == 0x5a, "stosl that lies across");
	memset(to, 0, sizeof(to));
	c = 50, s = (word)from, d = 90, a = 0;
	REP(movs, "rep movsb", c, s, d, a);
	for (i = 0; i < 10; i++)
		ok &= to[90 + i] == i + 1;
	check(ok && state(movs, 40, (word)from + 10, 100) && !to[100], "movsb, destination");
	c = 50, s = 95, d = 0, a = 0;
	REP(movs_fs, "rep movsb %%fs:(%%esi), %%es:(%%edi)", c, s, d, a);
	check(state(movs_fs, 45, 100, 5) && to[4] == to[99] && !to[5], "movsb, source");
	c = 50, s = (word)to + 50, d = 50, a = 0;
	REP(cmps, "repe cmpsb", c, s, d, a);
	check(c == 0 && d == 100 && s == (word)to + 100, "cmpsb up to the end");
	c = 51, s = (word)to + 50, d = 50, a = 0;
	REP(cmps_2, "repe cmpsb", c, s, d, a);
	check(at.cx == 1 && at.di == 100 && at.si == (word)to + 100, "and beyond");
	c = 200, s = 0, d = 20, a = 0x99;
	REP(scas, "repne scasb", c, s, d, a);
	check(state(scas, 120, 0, 100), "scasb");
	c = 30, s = 90, d = 0, a = 0;
	REP(lods, "rep lodsb %%fs:(%%esi)", c, s, d, a);
	check(state(lods, 20, 100, 0) && (at.ax & 0xff) == to[99], "lodsb");
}
