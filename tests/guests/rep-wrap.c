/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repeated string instructions around the end of the address space, in ring 0 and 3. */
#include "rings.h"

#define TOP	0xfffff000u

static word top, zero;

CODE("stosb", "rep stosb") stosb0[], stosb3[];
CODE("movsl", "rep movsl") movsl0[], movsl3[];
CODE("movsb", "rep movsb") movsb0[], movsb3[];
CODE("scasb", "repne scasb") scasb0[], scasb3[];

struct regs { word cx, si, di, ax; };

static struct regs run(int ring, const char *code0, const char *code3, struct regs r, word flags)
{
	struct trapframe tf;
	struct visit v;

	if (!ring) {
		asm volatile("pushl %5; popfl; call *%4; cld"
			     : "+c"(r.cx), "+S"(r.si), "+D"(r.di), "+a"(r.ax)
			     : "r"(code0), "d"(flags) : "memory", "cc");
		return r;
	}
	tf = user_frame((void (*)(void))code3, flags);
	tf.cx = r.cx;
	tf.si = r.si;
	tf.di = r.di;
	tf.ax = r.ax;
	v = user_run_frame(&tf);
	if (v.vector != 0x80)
		print("FAIL vector %lx\n", v.vector), note_failure();
	return (struct regs){ v.tf.cx, v.tf.si, v.tf.di, v.tf.ax };
}
#define RUN(name, c, s, d, a, f) run(ring, name##0, name##3, (struct regs){ c, s, d, a }, f)

static void clear(void)
{
	memset((void *)top, 0, PAGESIZE);
	memset((void *)zero, 0, PAGESIZE);
}

static void around(int ring)
{
	struct regs r;
	word i;
	bool ok = true;

	clear();
	r = RUN(stosb, 32, 0, 0xfffffff0, 0x5a, FL_ONE);
	check(r.cx == 0 && r.di == 0x10 && read32(top + 0xffc) == 0x5a5a5a5a &&
	      read32(zero + 12) == 0x5a5a5a5a && !read8(zero + 16) && !read8(top + 0xfef),
	      "upwards");
	clear();
	r = RUN(stosb, 32, 0, 0xf, 0x5a, FL_ONE | FL_DF);
	check(r.cx == 0 && r.di == 0xffffffef && read32(top + 0xffc) == 0x5a5a5a5a &&
	      read32(zero + 12) == 0x5a5a5a5a && !read8(zero + 16) && !read8(top + 0xfef),
	      "downwards");
	for (i = 0; i < 64; i++)
		write8(i < 32 ? top + 0xfe0 + i : zero + i - 32, i + 1);
	r = RUN(movsl, 16, 0xffffffe0, 0xffffff00, 0, FL_ONE);
	for (i = 0; i < 64; i++)
		ok &= read8(top + 0xf00 + i) == i + 1;
	check(ok && r.cx == 0 && r.si == 0x20 && r.di == 0xffffff40, "source");
	r = RUN(movsb, 64, 0xffffff00, 0xfffffff0, 0, FL_ONE);
	for (i = 0; i < 64; i++)
		ok &= read8(i < 16 ? top + 0xff0 + i : zero + i - 16) == i + 1;
	check(ok && r.cx == 0 && r.si == 0xffffff40 && r.di == 0x30, "destination");
	r = RUN(scasb, 100, 0, 0xfffffff0, 0x15, FL_ONE);
	check(r.cx == 100 - 21 && r.di == 5, "a search");
}

void guest_main(void)
{
	int ring;

	paging_on();
	top = (word)page_new();
	zero = (word)page_new();
	map(TOP, top, PTE_W | PTE_U);
	map(0, zero, PTE_W | PTE_U);
	cr3_write(cr3_read());
	for (ring = 0; ring <= 3; ring += 3) {
		print("ring %d\n", ring);
		around(ring);
	}
}
