/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code under the trap flag, and the list of all #DB that it gets.
 *
 * STEPS() turns the flag on by a popf that nobody knows of, so the first #DB comes
 * behind the instruction after it, which is STEPS()' own; the one at the code's end is
 * the last, and turns the flag off.  A step that ends at a no-op is not listed: there
 * may be some behind a site.  So the code has none of its own.
 */
#ifndef STEPS_H
#define STEPS_H

#include "guest.h"

#define FL_TF		0x100u
#define FL_RF		0x10000u
#define DR6_BS		0x4000u
#define STEPS_MAX	64

struct step {
	word ip, cx, flags, dr6, cs;
};
static struct step step[STEPS_MAX];
static volatile unsigned steps;
static volatile word steps_last;	/* where the flag is to be turned off */
static word (*step_ends)(struct trapframe *);	/* turn it off here as well? */
static volatile unsigned nops;		/* steps that are not listed */

static bool steps_nop(word ip)
{
	unsigned v = read8(ip) == 0x66 ? read16(ip + 1) : read16(ip);

	return (v & 0xff) == 0x90 || v == 0x1f0f;
}

static bool steps_db(struct trapframe *tf)
{
	word dr6;

	asm volatile("movl %%dr6, %0" : "=r"(dr6));
	asm volatile("movl %0, %%dr6" : : "r"(0));
	if (tf->ip == steps_last || (step_ends && step_ends(tf)))
		tf->flags &= ~FL_TF;
	if (steps_nop(tf->ip)) {
		nops++;
		return true;
	}
	if (steps < STEPS_MAX)
		step[steps] = (struct step){ tf->ip, tf->cx, tf->flags, dr6, tf->cs & 0xffff };
	steps++;
	return true;
}

static void steps_begin(void)
{
	handlers[1] = steps_db;
	steps = nops = 0;
}

/* Labels of the code: local ones below 90. */
#define TF_ON	"pushfl; orl $0x100, (%%esp); .byte 0x9d; movl %%ecx, %%ecx\n"
#define STEPS(code, ...) do {						\
	steps_begin();							\
	asm volatile("movl $99f, steps_last\n" TF_ON code "\n99:" __VA_ARGS__);	\
} while (0)

INLINE unsigned steps_at(const char *p)
{
	unsigned i, n = 0;

	for (i = 0; i < steps && i < STEPS_MAX; i++)
		n += step[i].ip == (word)p;
	return n;
}

/* Were they single steps, all of them, and nothing else? */
INLINE bool steps_bs(void)
{
	unsigned i, n = 0;

	for (i = 0; i < steps && i < STEPS_MAX; i++)
		n += (step[i].dr6 & (DR6_BS | 0xf)) == DR6_BS;
	return n == steps;
}

/* Exactly one at each of (n) addresses, in this order, and at the end? */
INLINE bool steps_are(unsigned n, const char *const *at)
{
	unsigned i;

	if (steps != n + 1 || !steps_bs())
		return false;
	for (i = 0; i < n; i++)
		if (step[i].ip != (word)at[i])
			return false;
	return step[n].ip == steps_last;
}
#define STEPS_ARE(...) ({						\
	const char *const at_[] = { __VA_ARGS__ };			\
									\
	steps_are(sizeof(at_) / sizeof(*at_), at_);			\
})

INLINE void steps_print(void)		/* for whoever looks for a fault */
{
	unsigned i;

	for (i = 0; i < steps && i < STEPS_MAX; i++)
		print("  %lx ecx %lx flags %lx dr6 %lx\n", step[i].ip, step[i].cx,
		      step[i].flags, step[i].dr6);
}

#endif
