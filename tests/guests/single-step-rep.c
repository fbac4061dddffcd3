/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A repeated string instruction under the trap flag: a #DB behind each iteration,
 * at the instruction itself up to the last one. */
#include "steps.h"

#define SCREEN	0xb8000
#define DEVICE	0x41000000	/* where nobody answers */
#define LATE	0x700000	/* a page that comes when it is touched */

static uint8_t from[64], to[64];
static unsigned late_faults;

static bool late(struct trapframe *tf)
{
	if (cr2_read() >> 12 != LATE >> 12)
		return false;
	*pte(LATE) |= PTE_P;
	late_faults++;
	return true;
}

/* (n) iterations, of which (left) are not done when it ends */
static bool each(word count, unsigned n, word left)
{
	unsigned i;
	word at = step[0].ip;

	if (steps != n + 1 || !steps_bs() || step[0].cx != count)
		return false;
	for (i = 1; i < n; i++)
		if (step[i].ip != at || step[i].cx != count - i)
			return false;
	return step[n].ip == steps_last && at < steps_last && step[n].cx == left;
}

#define REP(insn, count, c, s, d, a) ({					\
	word c_ = (count), s_ = (word)(s), d_ = (word)(d), a_ = (a);	\
									\
	STEPS(insn, : "+c"(c_), "+S"(s_), "+D"(d_), "+a"(a_)		\
	      : "d"(PORT_SCRATCH) : "memory", "cc");			\
	c = c_; end_s = s_; end_d = d_;					\
})
static word end_s, end_d;

static void plain(void)
{
	word c;

	memcpy(from, "abcdefgh", 9);
	REP("rep movsb", 4, c, from, to, 0);
	check(each(4, 4, 0) && c == 0 && end_s == (word)from + 4 && end_d == (word)to + 4 &&
	      !memcmp(to, "abcd", 5), "rep movsb");
	REP("rep stosl", 3, c, from, to, 0x41414141);
	check(each(3, 3, 0) && end_d == (word)to + 12 && !memcmp(to, "AAAAAAAAAAAA", 13),
	      "rep stosl");
	REP("rep lodsw", 3, c, from, to, 0);
	check(each(3, 3, 0) && end_s == (word)from + 6, "rep lodsw");
	memcpy(to, "abcxefgh", 9);
	REP("repe cmpsb", 8, c, from, to, 0);
	check(each(8, 4, 4) && c == 4, "repe cmpsb ends early");
	REP("repne scasb", 8, c, from, to, 'e');
	check(each(8, 5, 3) && c == 3 && end_d == (word)to + 5, "repne scasb ends early");
	REP("repne scasb", 3, c, from, to, 'z');
	check(each(3, 3, 0), "repne scasb finds nothing");
	REP("std; rep movsb; cld", 3, c, from + 3, to + 3, 0);
	check(steps == 6 && step[1].cx == 3 && step[2].cx == 2 && step[3].cx == 1 &&
	      step[2].ip == step[1].ip && step[3].ip == step[1].ip && step[4].cx == 0 &&
	      end_d == (word)to, "downwards");
	REP("rep insb", 3, c, from, to, 0);
	check(each(3, 3, 0) && end_d == (word)to + 3, "rep insb");
	REP("rep outsb", 3, c, from, to, 0);
	check(each(3, 3, 0) && end_s == (word)from + 3, "rep outsb");
	REP(".byte 0xf3, 0x6c", 3, c, from, to, 0);
	check(each(3, 3, 0) && end_d == (word)to + 3, "rep insb that nobody knows of");
}

static void counts(void)
{
	word c;

	REP("rep movsb", 0, c, from, to, 0);
	check(each(0, 1, 0), "none to do is a step");
	REP("rep insb", 0, c, from, to, 0);
	check(each(0, 1, 0), "the same of a port");
	REP("rep movsb", 1, c, from, to, 0);
	check(each(1, 1, 0), "one");
	REP("repe cmpsb", 0, c, from, to, 0);
	check(each(0, 1, 0), "none to compare");
	REP(".byte 0x67; rep stosb", 0x30000, c, 0, 0x30000, 0);
	check(each(0x30000, 1, 0x30000) && c == 0x30000, "none in cx");
	REP("movsb", 5, c, from, to, 0);
	check(each(5, 1, 5), "without rep");
}

static word third(struct trapframe *tf)
{
	return tf->cx == 6;
}

static void places(void)
{
	word c;

	REP("rep stosw", 5, c, from, SCREEN + 320, 0x0741);
	check(each(5, 5, 0) && read16(SCREEN + 328) == 0x0741, "to the screen");
	map(DEVICE, 0xe0000000, PTE_W);
	REP("rep stosw", 5, c, from, DEVICE + 320, 0x0741);
	check(each(5, 5, 0), "to a device");
	REP("rep movsl", 3, c, DEVICE + 320, to, 0);
	check(each(3, 3, 0), "from a device");
	step_ends = third;
	REP("rep movsb", 9, c, from, to, 0);
	check(steps == 4 && step[3].cx == 6 && c == 0 && end_d == (word)to + 9,
	      "the flag goes off in its midst");
	step_ends = NULL;
	handlers[14] = late;
	*pte(LATE) &= ~PTE_P;
	invlpg((void *)LATE);
	REP("rep stosb", 8, c, 0, LATE - 4, 0);
	check(each(8, 8, 0) && late_faults == 1 && end_d == LATE + 4,
	      "a page fault in its midst");
	*pte(LATE) &= ~PTE_P;
	invlpg((void *)LATE);
	REP("rep insb", 8, c, 0, LATE - 4, 0);
	check(each(8, 8, 0) && late_faults == 2 && end_d == LATE + 4, "the same of a port");
}

USER static void user(void)
{
	asm volatile("xorl %%eax, %%eax; movl $5, %%ecx; leal -64(%%esp), %%edi\n"
		     "user_rep: rep stosb\n user_rep_end: movl %%esp, %%esi;"
		     "movl $0, %%ecx; user_rep_0: rep lodsb\n user_rep_0_end: movl $3, %%ecx;"
		     "movl %%esp, %%esi; movl %%esp, %%edi;"
		     "user_cmps: repe cmpsb\n user_cmps_end:"
		     : : : "eax", "ecx", "esi", "edi", "memory", "cc");
	user_exit(0);
}
extern char user_rep[], user_rep_end[], user_rep_0[], user_rep_0_end[], user_cmps[],
	user_cmps_end[];

void guest_main(void)
{
	struct visit v;

	paging_on();
	plain();
	counts();
	places();
	steps_begin();
	steps_last = 0;
	v = user_run(user, FL_TF);
	check(v.vector == 0x80 && steps_bs(), "ring 3");
	check(steps_at(user_rep) == 5 && steps_at(user_rep_end) == 1, "rep stosb");
	check(steps_at(user_rep_0) == 1 && steps_at(user_rep_0_end) == 1, "none to load");
	check(steps_at(user_cmps) == 3 && steps_at(user_cmps_end) == 1, "repe cmpsb");
}
