/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code made at run time out of random instructions, a new piece in the same place
 * each time, in rings 0 and 3 by turns: what registers, flags and memory hold afterwards is the processor's
 * business, and a monitor that translates, emulates or moves code must not differ.
 * Flags that an instruction leaves undefined are defined before anybody looks. */
#include "guest.h"

#define PIECES	3000u
#define STEPS	14u

static uint8_t code[PAGESIZE] __attribute__((aligned(4096)));
static uint8_t data[1024] __attribute__((aligned(4096)));
static uint32_t in[8], out[8];
static uint32_t out_flags;
static uint8_t *p;
static uint32_t seed = 1;
static bool defined;		/* are all arithmetic flags but AF? */

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static void b(unsigned v)
{
	*p++ = v;
}

static void d(uint32_t v)
{
	memcpy(p, &v, 4);
	p += 4;
}

/* any register but esp, as number */
static unsigned reg(void)
{
	unsigned r = rnd(7);

	return r < 4 ? r : r + 1;
}

static void need_flags(void)
{
	if (!defined) {
		b(0x39);			/* cmp */
		b(0xc0 | reg() << 3 | reg());
	}
	defined = true;
}

/* ModRM byte (and what belongs to it) with (field) in its middle: a register, or
 * memory in data[], by whatever form. */
static void modrm_mem(unsigned field)
{
	uint32_t at = (uint32_t)(uintptr_t)data + 128 + rnd(700);

	switch (rnd(5)) {
	case 0:
		b(field << 3 | 5);		/* disp32 */
		d(at);
		return;
	case 1:
		b(0x40 | field << 3 | 3);	/* disp8(%ebx) */
		b(rnd(256));
		return;
	case 2:
		b(0x80 | field << 3 | 3);	/* disp32(%ebx) */
		d(rnd(200));
		return;
	case 3:
		b(0x44 | field << 3);		/* disp8(%ebx,%edi,2) */
		b(0x7b);
		b(rnd(100));
		return;
	default:
		b(0x04 | field << 3);		/* disp32(,%edi,4) */
		b(0xbd);
		d(at);
	}
}

/* The bases that modrm_mem() uses. */
static void bases(void)
{
	b(0xbb);
	d((uint32_t)(uintptr_t)data + 256);
	b(0xbf);
	d(rnd(32));
}

static void rm(unsigned field, bool mem)
{
	if (mem)
		modrm_mem(field);
	else
		b(0xc0 | field << 3 | reg());
}

static void alu(void)
{
	unsigned op = rnd(8), width = rnd(3), form = rnd(4);
	bool mem = rnd(2);

	if (op == 2 || op == 3)
		need_flags();
	if (mem)
		bases();
	if (width == 2)
		b(0x66);
	if (form < 3 || !width) {
		b(op << 3 | (rnd(2) ? 2 : 0) | (width != 0));
		/* byte registers: none of them is esp's */
		if (!width && !mem)
			b(0xc0 | rnd(4) << 3 | rnd(4));
		else
			rm(width ? reg() : rnd(4), mem);
	} else {
		b(0x83);
		rm(op, mem);
		b(rnd(256));
	}
	defined = true;
}

static void stack(void)
{
	unsigned kind = rnd(6);

	switch (kind) {
	case 0:
		b(0x50 + reg());
		break;
	case 1:
		b(0x6a);
		b(rnd(256));
		break;
	case 2:
		b(0x68);
		d(rnd(~0u));
		break;
	case 3:
		bases();
		b(0xff);
		modrm_mem(6);
		break;
	case 4:				/* push %esp */
		b(0x54);
		b(0x58);
		b(0x29);		/* sub %esp, %eax */
		b(0xe0);
		defined = true;
		return;
	default:			/* pusha; popa */
		b(0x60);
		b(0x61);
		return;
	}
	if (rnd(4)) {
		b(0x58 + reg());
	} else {
		bases();
		b(0x8f);
		modrm_mem(0);
	}
}

static void shift(void)
{
	static const uint8_t ops[] = { 0, 1, 4, 5, 7 };

	b(0xc1);
	b(0xc0 | ops[rnd(5)] << 3 | reg());
	b(rnd(32));
	defined = false;
}

static void moves(void)
{
	unsigned kind = rnd(8), r = reg();
	bool mem = rnd(2);

	if (mem && kind != 2)
		bases();
	switch (kind) {
	case 0:				/* movzx, movsx */
		b(0x0f);
		b(0xb6 + rnd(2) + 8 * rnd(2));
		rm(r, mem);
		break;
	case 1:				/* xchg */
		b(0x87);
		rm(r, mem);
		break;
	case 2:
		b(0x0f);
		b(0xc8 + r);		/* bswap */
		break;
	case 3:
		bases();
		b(0x8d);
		modrm_mem(r);
		break;
	case 4:
		need_flags();
		if (mem)
			bases();
		b(0x0f);
		b(0x40 + rnd(16));	/* cmov */
		rm(r, mem);
		break;
	case 5:
		need_flags();
		bases();
		b(0x0f);
		b(0x90 + rnd(16));	/* set */
		modrm_mem(0);
		break;
	case 6:
		b(0xa1 + 2 * rnd(2));	/* mov disp32, %eax and back */
		d((uint32_t)(uintptr_t)data + 4 * rnd(200));
		break;
	default:
		b(0x89 + 2 * rnd(2));
		rm(r, mem);
	}
}

static void incdec(void)
{
	need_flags();
	if (rnd(4) == 0)
		b(0x66);
	b(0x40 + 8 * rnd(2) + reg());
}

static void jumps(void)
{
	need_flags();
	switch (rnd(6)) {
	case 0:				/* jcc over an inc */
		b(0x70 + rnd(16));
		b(1);
		b(0x40 + reg());
		break;
	case 1:				/* the long form, over a mov */
		b(0x0f);
		b(0x80 + rnd(16));
		d(2);
		b(0x89);
		b(0xc0 | reg() << 3 | reg());
		break;
	case 2:				/* mov $n, %ecx; again: lea (%eax,%ecx), %eax; loop */
		b(0xb9);
		d(1 + rnd(9));
		b(0x8d);
		b(0x04);
		b(0x08);
		b(0xe0 + rnd(3));
		b(0xfb);
		break;
	case 3:				/* jecxz over a not */
		b(0xe3);
		b(2);
		b(0xf7);
		b(0xd0 | reg());
		break;
	case 4:				/* call; jmp; inc; ret */
		b(0xe8);
		d(2);
		b(0xeb);
		b(4);
		b(0x40 + reg());
		b(0x8d);		/* lea 0(%eax), %eax */
		b(0x00);
		b(0xc3);
		break;
	default:			/* push $x; call, ret $4 by a register */
		b(0x68);
		d(rnd(1000));
		b(0xba);		/* mov $target, %edx */
		d((uint32_t)(uintptr_t)p + 4 + 4);
		b(0xff);
		b(0xd2);
		b(0xeb);
		b(3);
		b(0xc2);
		b(4);
		b(0);
	}
}

static void strings(void)
{
	static const uint8_t ops[] = { 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xa6, 0xa7, 0xae, 0xaf };
	unsigned op = ops[rnd(10)];

	b(0xbe);
	d((uint32_t)(uintptr_t)data + 256 + rnd(64));
	b(0xbf);
	d((uint32_t)(uintptr_t)data + 512 + rnd(64));
	if (rnd(4) == 0)
		b(0xfd);		/* std */
	if (rnd(3)) {
		b(0xb9);
		d(1 + rnd(12));
		b(op >= 0xa6 && op != 0xaa && op != 0xab && rnd(2) ? 0xf2 : 0xf3);
	}
	b(op);
	b(0xfc);
	defined = false;
}

static void arithmetic(void)
{
	switch (rnd(7)) {
	case 0:				/* mul, imul */
		b(0xf7);
		b(0xe0 | 8 * rnd(2) | reg());
		break;
	case 1:
		b(0x0f);
		b(0xaf);
		b(0xc0 | reg() << 3 | reg());
		break;
	case 2:				/* imul imm */
		b(0x69);
		b(0xc0 | reg() << 3 | reg());
		d(rnd(~0u));
		break;
	case 3:				/* xor %edx, %edx; or $1, %cl; div %ecx */
		b(0x31);
		b(0xd2);
		b(0x80);
		b(0xc9);
		b(1);
		b(0xf7);
		b(0xf1);
		break;
	case 4:				/* shld, shrd */
		b(0x0f);
		b(0xa4 + 8 * rnd(2));
		b(0xc0 | reg() << 3 | reg());
		b(1 + rnd(31));
		break;
	case 5:				/* bt and its kin, number in a register */
		bases();
		b(0xb8);
		d(rnd(512));
		b(0x0f);
		b(0xa3 + 8 * rnd(4));
		b(0x80 | 0 << 3 | 3);
		d(rnd(64));
		break;
	default:			/* cmpxchg, xadd */
		bases();
		b(0x0f);
		b(rnd(2) ? 0xb1 : 0xc1);
		modrm_mem(reg());
		defined = true;
		return;
	}
	defined = false;
}

static void legacy(void)
{
	switch (rnd(7)) {
	case 0:				/* add, then daa, das, aaa or aas */
		b(0x00);
		b(0xc8);
		b(0x27 + 8 * rnd(4));
		break;
	case 1:
		b(0xd4);
		b(1 + rnd(255));
		break;
	case 2:
		b(0xd5);
		b(rnd(256));
		break;
	case 3:				/* cbw, cwde, cwd, cdq */
		if (rnd(2))
			b(0x66);
		b(0x98 + rnd(2));
		return;
	case 4:
		need_flags();
		b(0x9f);		/* lahf, but for AF */
		b(0x80);
		b(0xe4);
		b(0xef);
		break;
	case 5:				/* push %ebp; mov %esp, %ebp; push; leave */
		b(0x55);
		b(0x89);
		b(0xe5);
		b(0x50);
		b(0xc9);
		return;
	default:			/* enter; leave */
		b(0xc8);
		b(8);
		b(0);
		b(0);
		b(0xc9);
		return;
	}
	defined = false;
}

static void make(void)
{
	static void (*const kinds[])(void) = {
		alu, alu, alu, stack, stack, shift, moves, moves, incdec, jumps, jumps,
		strings, arithmetic, legacy,
	};
	unsigned i;

	p = code;
	defined = false;
	b(0x60);			/* pusha */
	for (i = 0; i < 8; i++)
		if (i != 4) {
			b(0x8b);
			b(i << 3 | 5);
			d((uint32_t)(uintptr_t)&in[i]);
		}
	for (i = 0; i < STEPS; i++)
		kinds[rnd(sizeof(kinds) / sizeof(kinds[0]))]();
	need_flags();
	for (i = 0; i < 8; i++)
		if (i != 4) {
			b(0x89);
			b(i << 3 | 5);
			d((uint32_t)(uintptr_t)&out[i]);
		}
	b(0x0f);			/* seto %al; lahf */
	b(0x90);
	b(0xc0);
	b(0x9f);
	b(0xa3);
	d((uint32_t)(uintptr_t)&out_flags);
	b(0x61);
	b(0xc3);
}

static void in_ring3(void)
{
	((void (*)(void))code)();
	user_exit(0);
}

static uint32_t hash(uint32_t h, uint32_t v)
{
	return (h ^ v) * 0x01000193u;
}

void guest_main(void)
{
	uint32_t h = 0x811c9dc5u;
	unsigned i, k;

	for (i = 1; i <= PIECES; i++) {
		for (k = 0; k < 8; k++)
			in[k] = rnd(8) ? rnd(~0u) : rnd(3) - 1;
		for (k = 0; k < sizeof(data); k += 4) {
			uint32_t v = rnd(~0u);

			memcpy(data + k, &v, 4);
		}
		make();
		if (i % 2)
			((void (*)(void))code)();
		else
			user_run(in_ring3, 0);
		for (k = 0; k < 8; k++)
			h = hash(h, out[k]);
		h = hash(h, (out_flags & 0xc5ff) | 0x200);	/* without AF */
		for (k = 0; k < sizeof(data); k++)
			h = hash(h, data[k]);
		if (i % 100 == 0)
			print("%u pieces: %lx\n", i, (word)h);
	}
}
