/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No step is lost or done twice where interrupts come at any moment. */
#include "guest.h"

#define FL_TF	0x100
#define ROUNDS	12000u

static volatile unsigned dbs, strange;
extern char from[], to[];

static bool step(struct trapframe *tf)
{
	dbs++;
	strange += tf->ip < (word)from || tf->ip > (word)to;
	if (tf->ip == (word)to)
		tf->flags &= ~FL_TF;
	return true;
}

#define USER_ROUNDS	300u
USERDATA static uint8_t buf[64];
extern char u_from[], u_rep[], u_to[];
static volatile unsigned reps, passes, all;

static bool user_step(struct trapframe *tf)
{
	all++;
	reps += tf->ip == (word)u_rep;
	passes += tf->ip == (word)u_from;
	return true;
}

USER static void user(void)
{
	word c = USER_ROUNDS, sum = 0, n, s, d;

	asm volatile("u_from: movl %5, %%esi; movl %%esi, %%edi; movl $7, %%ecx\n"
		     "u_rep: rep movsb\n movsb; stosl; pushl %0; popl %0; incl %1; call 1f; jmp 2f\n"
		     "1: ret\n 2: decl %0; jnz u_from\n u_to:"
		     : "+a"(c), "+d"(sum), "=&c"(n), "=&S"(s), "=&D"(d)
		     : "i"(buf) : "memory", "cc");
	user_exit(d - (word)buf + (s - (word)buf) * 256 + (sum << 16) + n);
}

static void ring3(void)
{
	struct visit v;

	handlers[1] = user_step;
	v = user_run(user, FL_IF | FL_TF);
	check(v.vector == 0x80 && v.tf.ax == 12 + 8 * 256 + (USER_ROUNDS << 16), "ring 3, too");
	/* the first of the passes' is the last of what comes before, if there is any */
	check(reps == 7 * USER_ROUNDS && passes + 1 >= USER_ROUNDS && passes <= USER_ROUNDS,
	      "each iteration, too");
	check(all - all % 20 == 20 * USER_ROUNDS, "and nothing more");
}

void guest_main(void)
{
	word c = ROUNDS, sum = 0, flags = FL_ONE | FL_IF | FL_TF;

	handlers[1] = step;
	irq_unmask(0);
	pit_start(3000);
	sti();		/* nobody knows of the popf */
	asm volatile("pushl %2; .byte 0x9d; nop\n"
		     "from: incl %1; pushl %0; popl %0; decl %0; jnz from\n to: cli"
		     : "+r"(c), "+r"(sum) : "r"(flags) : "memory", "cc");
	check(dbs == 5 * ROUNDS + 1 && !strange, "each step once");
	check(c == 0 && sum == ROUNDS, "each instruction once");
	check(irq_count(0) > 10, "interrupts came");
	cli();
	paging_on();
	ring3();
}
