/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page faults in the midst of repeated string instructions: each frame shows what is
 * done and what is not, and nothing more is done; in ring 0 and in ring 3. */
#include "rings.h"

#define SRC	0x40000000u	/* 4 pages of each */
#define DST	0x40800000u
#define MAX	16

struct regs {
	word cx, si, di, ax, flags, ip;
};
struct stop {
	struct regs at;
	word addr, error;
	uint8_t ahead, behind;	/* what lies at edi and below */
};
static struct stop stop[MAX];
static unsigned stops;
static word pages[2][4];

CODE("movsb", "rep movsb") movsb0[], movsb3[];
CODE("movsw", "rep movsw") movsw0[], movsw3[];
CODE("movsl", "rep movsl") movsl0[], movsl3[];
CODE("stosb", "rep stosb") stosb0[], stosb3[];
CODE("stosl", "rep stosl") stosl0[], stosl3[];
CODE("lodsw", "rep lodsw") lodsw0[], lodsw3[];
CODE("cmpsb", "repe cmpsb") cmpsb0[], cmpsb3[];
CODE("scasl", "repne scasl") scasl0[], scasl3[];
CODE("overs", "repne; .byte 0xa4") overs0[], overs3[];	/* repne is rep here */

static word page_of(word va)
{
	return va >= DST ? pages[1][(va - DST) >> 12] : pages[0][(va - SRC) >> 12];
}

static bool fault(struct trapframe *tf)
{
	word va = cr2_read();
	struct stop s = {
		.at = { tf->cx, tf->si, tf->di, tf->ax, tf->flags, tf->ip },
		.addr = va, .error = tf->error,
	};

	if (va < SRC || va >= DST + 4 * PAGESIZE || stops == MAX)
		return false;
	if (*pte(tf->di) & PTE_P)
		s.ahead = read8(page_of(tf->di) + (tf->di & 0xfff));
	s.behind = read8(page_of(tf->di - 1) + ((tf->di - 1) & 0xfff));
	stop[stops++] = s;
	*pte(va) = page_of(va) | PTE_P | PTE_W | PTE_U;
	invlpg((void *)va);
	return true;
}

/* Pages whose bits are set in (s) and (d) are there; (ro): that one only to read. */
static void lay(unsigned s, unsigned d, int ro)
{
	unsigned i, k;

	for (i = 0; i < 4; i++) {
		for (k = 0; k < PAGESIZE; k++)
			write8(pages[0][i] + k, (uint8_t)(i * 16 + k * 7));
		memset((void *)pages[1][i], 0xee, PAGESIZE);
		*pte(SRC + i * PAGESIZE) = s >> i & 1 ? pages[0][i] | PTE_P | PTE_W | PTE_U : 0;
		*pte(DST + i * PAGESIZE) = d >> i & 1 ? pages[1][i] | PTE_P | PTE_U |
			((int)i == ro ? 0 : PTE_W) : 0;
	}
	cr3_write(cr3_read());
	stops = 0;
}

static struct regs run0(const char *code, struct regs r)
{
	asm volatile("pushl %4; popfl; call *%5; pushfl; popl %4; cld"
		     : "+c"(r.cx), "+S"(r.si), "+D"(r.di), "+a"(r.ax), "+d"(r.flags)
		     : "r"(code) : "memory", "cc");
	return r;
}

static struct regs run3(const char *code, struct regs r)
{
	struct trapframe tf = user_frame((void (*)(void))code, r.flags);
	struct visit v;

	tf.cx = r.cx;
	tf.si = r.si;
	tf.di = r.di;
	tf.ax = r.ax;
	v = user_run_frame(&tf);
	if (v.vector != 0x80)
		print("FAIL vector %lx at %lx\n", v.vector, v.tf.ip), note_failure();
	return (struct regs){ v.tf.cx, v.tf.si, v.tf.di, v.tf.ax, v.tf.flags, v.tf.ip };
}

#define RUN(ring, code, c, s, d, a, f)					\
	(ring ? run3(code##3, (struct regs){ c, s, d, a, f, 0 }) :	\
		run0(code##0, (struct regs){ c, s, d, a, f, 0 }))

/* Stop (n): (cx) left to do, index registers, and for what. */
static bool stopped(unsigned n, const char *code, word cx, word si, word di, word addr,
		    word error, int ring)
{
	const struct stop *s = &stop[n];

	return n < stops && s->at.ip == (word)code && s->at.cx == cx && s->at.si == si &&
	       s->at.di == di && s->addr == addr && s->error == (error | (ring ? 4 : 0));
}
#define STOPPED(n, code, ...) stopped(n, ring ? code##3 : code##0, __VA_ARGS__, ring)

static bool copied(word si, word di, word n)
{
	word i;

	for (i = 0; i < n; i++)
		if (read8(si + i) != read8(di + i))
			return false;
	return read8(di + n) == 0xee && read8(di - 1) == 0xee;
}

static void moves(int ring)
{
	struct regs r;
	word s = SRC + PAGESIZE, d = DST + PAGESIZE;

	lay(15, 1, -1);
	r = RUN(ring, movsb, 100, s, d - 30, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, movsb, 70, s + 30, d, d, 2) && r.cx == 0 &&
	      r.si == s + 100 && r.di == d + 70 && copied(s, d - 30, 100) &&
	      stop[0].behind != 0xee, "movsb, destination");
	lay(1, 15, -1);
	r = RUN(ring, movsb, 100, s - 40, d + 8, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, movsb, 60, s, d + 48, s, 0) && r.cx == 0 &&
	      copied(s - 40, d + 8, 100) && stop[0].ahead == 0xee, "movsb, source");
	lay(1, 1, -1);
	r = RUN(ring, movsl, 100, s - 40, d - 80, 0, FL_ONE);
	check(stops == 2 && STOPPED(0, movsl, 90, s, d - 40, s, 0) &&
	      STOPPED(1, movsl, 80, s + 40, d, d, 2) && r.cx == 0 &&
	      copied(s - 40, d - 80, 400), "movsl, both");
	lay(1, 1, -1);
	r = RUN(ring, movsl, 30, s - 42, d - 81, 0, FL_ONE);
	check(stops == 2 && STOPPED(0, movsl, 20, s - 2, d - 41, s, 0) &&
	      STOPPED(1, movsl, 10, s + 38, d - 1, d, 2) && r.cx == 0 &&
	      copied(s - 42, d - 81, 120), "movsl that lies across");
	lay(15, 13, -1);
	r = RUN(ring, movsw, 3000, s, d - 2, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, movsw, 2999, s + 2, d, d, 2) && r.cx == 0 &&
	      copied(s, d - 2, 6000), "movsw over three pages");
	lay(15, 15, 1);
	r = RUN(ring, movsb, 5000, s - 3, d - 5, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, movsb, 4995, s + 2, d, d, 3) && r.cx == 0 &&
	      copied(s - 3, d - 5, 5000), "a page to read only");
	lay(14, 14, -1);
	r = RUN(ring, movsl, 40, s + 60, d + 40, 0, FL_ONE | FL_DF);
	check(stops == 2 && STOPPED(0, movsl, 29, s + 16, d - 4, d - 4, 2) &&
	      STOPPED(1, movsl, 24, s - 4, d - 24, s - 4, 0) && r.cx == 0 &&
	      r.si == s - 100 && r.di == d - 120 && copied(s - 96, d - 116, 160), "downwards");
	lay(15, 1, -1);
	r = RUN(ring, overs, 100, s, d - 30, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, overs, 70, s + 30, d, d, 2) && r.cx == 0 &&
	      copied(s, d - 30, 100), "repne movsb");
}

static void fills(int ring)
{
	struct regs r;
	word d = DST + PAGESIZE, s = SRC + PAGESIZE;

	lay(15, 1, -1);
	r = RUN(ring, stosb, 100, 0, d - 30, 0x41, FL_ONE);
	check(stops == 1 && STOPPED(0, stosb, 70, 0, d, d, 2) && r.cx == 0 && r.di == d + 70 &&
	      read8(d) == 0x41 && read8(d + 69) == 0x41 && read8(d + 70) == 0xee, "stosb");
	lay(15, 0, -1);
	r = RUN(ring, stosl, 2049, 0, d - 2, 0x41424344, FL_ONE);
	check(stops == 4 && STOPPED(0, stosl, 2049, 0, d - 2, d - 2, 2) &&
	      STOPPED(1, stosl, 2049, 0, d - 2, d, 2) &&
	      STOPPED(2, stosl, 1025, 0, d + 4094, d + 4096, 2) &&
	      STOPPED(3, stosl, 1, 0, d + 8190, d + 8192, 2) && r.cx == 0 &&
	      read32(d + 8190) == 0x41424344 && read8(d + 8194) == 0xee, "stosl that lies across");
	lay(1, 15, -1);
	r = RUN(ring, lodsw, 10, s - 8, 0x1234, 0, FL_ONE);
	check(stops == 1 && STOPPED(0, lodsw, 6, s, 0x1234, s, 0) && r.cx == 0 &&
	      stop[0].at.ax == read16(s - 2) && r.ax == read16(s + 10), "lodsw");
}

static void compares(int ring)
{
	struct regs r;
	word d = DST + PAGESIZE, s = SRC + PAGESIZE;

	lay(15, 15, -1);
	memcpy((void *)(d - 64), (void *)(s - 64), 128);
	write8(d + 20, read8(s + 20) + 1);
	*pte(d) &= ~PTE_P;
	*pte(s) &= ~PTE_P;
	cr3_write(cr3_read());
	r = RUN(ring, cmpsb, 200, s - 50, d - 50, 0, FL_ONE);
	check(stops == 2 && r.cx == 200 - 71 && r.si == s + 21 && r.di == d + 21 &&
	      !(r.flags & FL_ZF) && stop[0].at.cx == 150 && stop[0].at.si == s &&
	      stop[0].at.di == d && stop[1].at.cx == 150, "cmpsb ends early");
	lay(15, 1, -1);
	write32(pages[1][1] + 4 * 7, 0x12345678);
	r = RUN(ring, scasl, 100, 5, d - 16, 0x12345678, FL_ONE | FL_CF);
	check(stops == 1 && STOPPED(0, scasl, 96, 5, d, d, 0) && r.cx == 100 - 12 &&
	      r.di == d + 32 && r.flags & FL_ZF, "scasl finds it");
	lay(15, 1, -1);
	r = RUN(ring, scasl, 0, 5, d, 0, FL_ONE | FL_CF);
	check(stops == 0 && r.cx == 0 && r.di == d && r.flags & FL_CF && !(r.flags & FL_ZF),
	      "none to do touches nothing");
}

void guest_main(void)
{
	unsigned i;
	int ring;

	for (i = 0; i < 8; i++)
		pages[i / 4][i % 4] = (word)page_new();
	paging_on();
	cr0_write(cr0_read() | CR0_WP);
	handlers[T_PF] = fault;
	for (ring = 0; ring <= 3; ring += 3) {
		print("ring %d\n", ring);
		moves(ring);
		fills(ring);
		compares(ring);
	}
}
