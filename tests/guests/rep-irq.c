/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interrupts and string instructions.  A long rep is interrupted between two
 * iterations, with registers and memory that tell how far it is; one without rep is
 * done once, wherever the interrupt comes; and repe that has ended does not go on.
 */
#include "guest.h"

#define SIZE	0x100000u
#define FROM	0x800000u
#define TO	0xa00000u
#define DEVICE	0x41000000u	/* where nobody answers, which costs as much */
#define TICKS	100		/* interrupts of each kind that are waited for */
#define TRIES	20000

USERDATA static volatile unsigned ticks_user;
USERDATA static uint8_t user_from[8192], user_to[8192];
extern char rep_movs[], rep_stos[], rep_cmps[], rep_ins[], rep_outs[], rep_device[],
	user_movs[], user_stos[];

/* of the rep that is under way */
static volatile word rep_at, rep_count, rep_si, rep_di, rep_size;
static volatile bool uses_si, uses_di, writes;
static volatile unsigned midst, wrong;

static bool timer(struct trapframe *tf)
{
	word done = rep_count - tf->cx;

	ticks_user++;
	if (tf->ip != rep_at || !rep_count)
		return false;
	midst += done && tf->cx;
	if (tf->cx > rep_count || (uses_si && tf->si != rep_si + done * rep_size) ||
	    (uses_di && tf->di != rep_di + done * rep_size))
		wrong++;
	if (writes && done && tf->cx &&
	    (read8(tf->di - 1) != 0x5a || read8(rep_di + rep_count * rep_size - 1) == 0x5a))
		wrong++;
	return false;
}

static void begin(const char *at, word count, word si, word di, word size)
{
	rep_at = (word)at;
	rep_count = count;
	rep_si = si;
	rep_di = di;
	rep_size = size;
	uses_si = si;
	uses_di = di;
	midst = wrong = 0;
}

/* Until there were enough interrupts within it. */
#define REPEAT(insn, name, count, s, d, size, wr, what) do {		\
	unsigned tries;							\
	bool ok = true;							\
									\
	begin(name, count, s, d, size);					\
	for (tries = 0; tries < TRIES && midst < TICKS; tries++) {	\
		word c = count, si = s, di = d;				\
									\
		if (wr)							\
			write8(di + c * size - 1, 0);			\
		writes = wr;						\
		sti();							\
		asm volatile(#name ": " insn				\
			     : "+c"(c), "+S"(si), "+D"(di)		\
			     : "a"(0x5a5a5a5a), "d"(PORT_SCRATCH)	\
			     : "memory", "cc");				\
		cli();							\
		writes = false;						\
		ok &= !c && (!(s) || si == (s) + (count) * (size)) &&	\
		      (!(d) || di == (d) + (count) * (size));		\
	}								\
	check(ok && !wrong && midst >= TICKS, what);			\
	rep_count = 0;							\
} while (0)

static void kernel(void)
{
	memset((void *)FROM, 0x5a, SIZE);
	memset((void *)TO, 0, SIZE);
	REPEAT("rep movsb", rep_movs, SIZE, FROM, TO, 1, true, "rep movsb");
	REPEAT("rep stosl", rep_stos, SIZE / 4, 0u, TO, 4, true, "rep stosl");
	REPEAT("repe cmpsb", rep_cmps, SIZE, FROM, TO, 1, false, "repe cmpsb");
	REPEAT("rep insb", rep_ins, SIZE / 16, 0u, TO, 1, false, "rep insb");
	REPEAT("rep outsb", rep_outs, SIZE / 16, FROM, 0u, 1, false, "rep outsb");
	REPEAT("rep stosw", rep_device, 0x4000u, 0u, DEVICE, 2, false, "rep stosw to a device");
}

/* Copies until enough ticks have come; (insn) counts ecx down to 0. */
#define USER_COPY(name, insn)						\
USER static void name(void)						\
{									\
	unsigned bad = 0, end = ticks_user + 4 * TICKS;			\
	word c, s, d;							\
									\
	while (ticks_user < end) {					\
		c = sizeof(user_to);					\
		s = (word)user_from;					\
		d = (word)user_to;					\
		asm volatile(insn : "+c"(c), "+S"(s), "+D"(d)		\
			     : : "memory", "cc");			\
		bad += c || s != (word)user_from + sizeof(user_to) ||	\
			d != (word)user_to + sizeof(user_to);		\
	}								\
	user_exit(bad);							\
}
USER_COPY(user_rep, "user_movs: rep movsb")
USER_COPY(user_once, "1: movsb; decl %0; jnz 1b")

USER static void user_compare(void)
{
	unsigned bad = 0, end = ticks_user + 4 * TICKS, i;
	word c, s, d;

	while (ticks_user < end)
		for (i = 0; i < 1000; i++) {
			c = 64;
			s = (word)user_from;
			d = (word)user_to;
			asm volatile("repe cmpsb" : "+c"(c), "+S"(s), "+D"(d) : : "memory", "cc");
			bad += c != 60;
		}
	user_exit(bad);
}

static void user(void)
{
	struct visit v;

	begin(user_movs, sizeof(user_to), (word)user_from, (word)user_to, 1);
	v = user_run(user_rep, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0 && !wrong, "rep movsb");
	v = user_run(user_once, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0, "movsb, each once");
	user_from[3] = 1;
	memset(user_to, 0, sizeof(user_to));
	v = user_run(user_compare, FL_IF);
	check(v.vector == 0x80 && v.tf.ax == 0, "repe cmpsb that ends early");
}

void guest_main(void)
{
	unsigned i;

	paging_on();
	for (i = 0; i < 8; i++)
		map(DEVICE + i * PAGESIZE, 0xe0000000 + i * PAGESIZE, PTE_W);
	handlers[IRQ_VECTOR(0)] = timer;
	irq_unmask(0);
	pit_start(5000);
	print("ring 0\n");
	kernel();
	print("ring 3\n");
	user();
}
