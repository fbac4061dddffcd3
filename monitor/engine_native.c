/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_native.c: one instruction of the guest's, run by the processor in 64-bit
 * code with another memory operand.
 *
 * FPU and SSE instructions that touch a device or a page that the host does not let
 * us map are neither worth an emulator nor possible to emulate exactly.  The bytes
 * are copied to a page of code with the memory operand changed to (%rbx), (%rsi) or
 * (%rdi), which points to a copy of the guest's memory, and with %r8 for %esp; guest
 * registers, flags and FPU state are loaded around it.  What the instruction raises
 * there is the guest's fault.
 */
#include <signal.h>
#include <sys/mman.h>
#include "monitor/engine.h"

/* ---- the instruction, rewritten ---- */

#define CODE_MAX	32u

static bool is_prefix(uint8_t b)
{
	switch (b) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	default:
		return false;
	}
}

/* Offset of the ModRM byte of (in), whose prefixes end at (at); 0: not known. */
static unsigned modrm_at(const uint8_t *b, unsigned at)
{
	switch (b[at]) {
	case 0x0f:
		return b[at + 1] == 0x38 || b[at + 1] == 0x3a ? at + 3 : at + 2;
	case 0xc5:
		return at + 3;
	case 0xc4:
		return at + 4;
	case 0x62:		/* EVEX: bound does not come here */
		return at + 5;
	default:
		return b[at] >= 0xd8 && b[at] <= 0xdf ? at + 1 : 0;
	}
}

/* Bytes of SIB and displacement behind the ModRM byte at (b). */
static unsigned address_bytes(const uint8_t *b, unsigned addrsize)
{
	unsigned mod = b[0] >> 6, rm = b[0] & 7, n;

	if (addrsize == 2)
		return mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 6) ? 2 : 0;
	n = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
	if (rm == 4)
		n += 1 + (mod == 0 && (b[1] & 7) == 5 ? 4 : 0);
	return n;
}

/* Where an instruction names registers. */
enum { IN_REG = 1, IN_RM = 2, IN_VVVV = 4 };

/* Does (in) have (reg) as a general register at (place)?  (op): after the prefixes. */
static bool names(const struct ab_insn *in, const uint8_t *op, uint8_t modrm, unsigned place,
		  unsigned reg)
{
	bool vex = op[0] == 0xc4 || op[0] == 0xc5, other = false, general = false, to_rm;
	unsigned field = place == IN_REG ? modrm >> 3 & 7u : modrm & 7u, i;

	if (place == IN_RM && modrm >> 6 != 3)
		return false;
	if (place == IN_VVVV) {
		if (!vex)
			return false;
		field = ~(op[op[0] == 0xc4 ? 2 : 1] >> 3) & 7u;
	}
	for (i = 0; i < in->nopnd; i++) {
		if (in->opnd[i].kind == AB_OPND_OTHER)
			other = true;
		if (in->opnd[i].kind == AB_OPND_REG && in->opnd[i].reg == reg)
			general = true;
	}
	if (field != reg || !general)
		return false;
	if (!other)
		return true;
	/* one general register beside vector ones: movd, pextrw... */
	if (place == IN_VVVV)
		return false;
	to_rm = in->opnd[0].kind == AB_OPND_OTHER ||
		(op[0] == 0x0f && (op[1] == 0x7e || (op[1] == 0x3a && op[2] >= 0x14 &&
						     op[2] <= 0x17))) ||
		(op[0] == 0xc5 && op[2] == 0x7e) ||
		(op[0] == 0xc4 && ((op[1] & 31) == 1 ? op[3] == 0x7e :
				   (op[1] & 31) == 3 && op[3] >= 0x14 && op[3] <= 0x17));
	return to_rm == (place == IN_RM);
}

bool native_w_is_width(const struct ab_insn *in, const uint8_t *op)
{
	unsigned map = op[1] & (op[0] == 0x62 ? 7 : 31), i, at = op[0] == 0x62 ? 4 : 3;

	for (i = 0; i < in->nopnd; i++)
		if (in->opnd[i].kind == AB_OPND_REG)
			return true;
	return map == 1 ? op[at] == 0x2a || op[at] == 0x6e || op[at] == 0x7e :
	       map == 3 && (op[at] == 0x16 || op[at] == 0x22);
}

/* Opcode bytes from (op) up to the ModRM byte, with esp's places (IN_*) naming r8. */
static unsigned put_opcode(const struct ab_insn *in, const uint8_t *op, unsigned len,
			   unsigned esp, uint8_t *code)
{
	unsigned n = 0, i;

	if (op[0] != 0xc4 && op[0] != 0xc5) {
		if (esp)
			code[n++] = (uint8_t)(0x40 | (esp & IN_REG ? 4 : 0) |
					      (esp & IN_RM ? 1 : 0));
		for (i = 0; i < len; i++)
			code[n++] = op[i];
		return n;
	}
	code[n++] = 0xc4;
	if (op[0] == 0xc5) {
		code[n++] = 0xe1;	/* map 1, no register above 7 */
		code[n++] = op[1] & 0x7f;
		code[n++] = op[2];
	} else {
		code[n++] = op[1] | 0xe0;
		code[n++] = native_w_is_width(in, op) ? op[2] & 0x7f : op[2];
		code[n++] = op[3];
	}
	if (esp & IN_REG)
		code[1] &= (uint8_t)~0x80u;
	if (esp & IN_RM)
		code[1] &= (uint8_t)~0x20u;
	/* 4 is 1011 there and 8 is 0111 */
	code[2] = (uint8_t)(esp & IN_VVVV ? (code[2] & ~0x78u) | 7u << 3 : code[2] | 0x40u);
	return n;
}

/* A register for the address that (in) does not name. */
static unsigned free_register(const struct ab_insn *in, const uint8_t *op, uint8_t modrm)
{
	static const uint8_t choice[] = { AB_EBX, AB_ESI, AB_EDI };
	unsigned i;

	for (i = 0; i < 2; i++)
		if ((modrm >> 3 & 7) != choice[i] && !names(in, op, modrm, IN_VVVV, choice[i]))
			break;
	return choice[i];
}

/* Has it a ModRM byte?  fwait, emms, vzeroupper and femms have none. */
static bool no_modrm(const uint8_t *op)
{
	return op[0] == 0x9b || (op[0] == 0x0f && (op[1] == 0x77 || op[1] == 0x0e)) ||
	       (op[0] == 0xc5 && op[2] == 0x77) || (op[0] == 0xc4 && op[3] == 0x77);
}

/* Gathers and scatters: many addresses, from a vector register. */
static bool many_addresses(const uint8_t *op)
{
	return (op[0] == 0xc4 && (op[1] & 31) == 2 && (op[3] & 0xfc) == 0x90) ||
	       (op[0] == 0x62 && (op[1] & 7) == 2 &&
		((op[4] & 0xfc) == 0x90 || (op[4] & 0xfc) == 0xa0));
}

/* (in) into (code), for 64-bit mode, with its memory at (*pointer), which it does not
 * use otherwise, and r8 for esp; then a ret.  False when it is of no known form. */
static bool rewrite(const struct ab_insn *in, uint8_t *code, unsigned *pointer)
{
	const uint8_t *b = in->bytes;
	unsigned at = 0, modrm, n = 0, rest, esp = 0, place;

	*pointer = AB_ESP;
	while (at < in->len && is_prefix(b[at])) {
		if (b[at] == 0x66 || b[at] == 0xf2 || b[at] == 0xf3)
			code[n++] = b[at];
		at++;
	}
	if (no_modrm(b + at)) {
		for (; at < in->len; at++)
			code[n++] = b[at];
		code[n] = 0xc3;
		return true;
	}
	modrm = modrm_at(b, at);
	if (!modrm || modrm >= in->len || many_addresses(b + at))
		return false;
	for (place = IN_REG; place <= IN_VVVV; place <<= 1)
		if (names(in, b + at, b[modrm], place, AB_ESP))
			esp |= place;
	if (esp && b[at] == 0x62)
		return false;
	rest = modrm + 1;
	n += put_opcode(in, b + at, modrm - at, esp, code + n);
	code[n] = b[modrm];
	if (esp & IN_REG)
		code[n] &= (uint8_t)~0x38u;
	if (b[modrm] >> 6 != 3) {
		*pointer = free_register(in, b + at, b[modrm]);
		code[n] = (uint8_t)((code[n] & 0x38) | *pointer);
		rest += address_bytes(b + modrm, in->addrsize);
	} else if (esp & IN_RM) {
		code[n] &= (uint8_t)~7u;
	}
	for (n++; rest < in->len; rest++)
		code[n++] = b[rest];
	code[n] = 0xc3;
	return true;
}

/* ---- running it ---- */

struct frame {
	uint64_t gpr[8];		/* all are loaded and kept; esp in r8 */
	uint64_t flags;
	uint64_t code;
	void *fp;
	uint64_t fp_mask;
};

static void run(struct frame *frame)
{
	register struct frame *f __asm__("r12") = frame;

	__asm__ volatile(
		"pushq %%rbx\n\tpushq %%rbp\n\t"
		"movl 88(%%r12), %%eax\n\tmovl 92(%%r12), %%edx\n\t"
		"movq 80(%%r12), %%rcx\n\txrstor64 (%%rcx)\n\t"
		"movq 0(%%r12), %%rax\n\tmovq 8(%%r12), %%rcx\n\t"
		"movq 16(%%r12), %%rdx\n\tmovq 24(%%r12), %%rbx\n\t"
		"movq 32(%%r12), %%r8\n\tmovq 40(%%r12), %%rbp\n\tmovq 48(%%r12), %%rsi\n\t"
		"movq 56(%%r12), %%rdi\n\t"
		"pushq 64(%%r12)\n\tpopfq\n\t"
		"call *72(%%r12)\n\t"
		"pushfq\n\tpopq 64(%%r12)\n\t"
		"movq %%rax, 0(%%r12)\n\tmovq %%rcx, 8(%%r12)\n\t"
		"movq %%rdx, 16(%%r12)\n\tmovq %%rbx, 24(%%r12)\n\t"
		"movq %%r8, 32(%%r12)\n\tmovq %%rbp, 40(%%r12)\n\tmovq %%rsi, 48(%%r12)\n\t"
		"movq %%rdi, 56(%%r12)\n\t"
		"movl 88(%%r12), %%eax\n\tmovl 92(%%r12), %%edx\n\t"
		"movq 80(%%r12), %%rcx\n\txsave64 (%%rcx)\n\t"
		"popq %%rbp\n\tpopq %%rbx\n\tcld"
		: : "r"(f) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "cc",
		  "memory");
}

enum ab_result native_run(struct ab_machine *m, const struct ab_insn *in, void *buf)
{
	struct engine *e = &engine;
	struct frame f = { .fp = e->fp, .fp_mask = e->fp_mask };
	unsigned pointer, i;

	if (!e->native || !e->fp || !rewrite(in, e->native, &pointer)) {
		mon_format(m->why, sizeof(m->why),
			   "an instruction of this form, which cannot be emulated");
		return AB_UNSUPPORTED;
	}
	for (i = 0; i < 8; i++)
		f.gpr[i] = m->cpu.gpr[i];
	if (pointer != AB_ESP)
		f.gpr[pointer] = (uintptr_t)buf;
	f.flags = (m->cpu.rflags & AB_FL_ARITH) | 2;
	f.code = (uintptr_t)e->native;
	e->native_fault = 0xff;
	run(&f);
	if (e->native_fault != 0xff) {
		m->fault = (struct ab_fault){
			.vector = e->native_fault, .has_error = e->native_fault == AB_GP,
		};
		return AB_FAULT;
	}
	for (i = 0; i < 8; i++)
		if (i != pointer || i == AB_ESP)
			m->cpu.gpr[i] = (uint32_t)f.gpr[i];
	m->cpu.rflags = (m->cpu.rflags & ~(uint64_t)AB_FL_ARITH) | (f.flags & AB_FL_ARITH);
	return AB_OK;
}

bool native_faulted(struct engine *e, uint64_t *ip, int trapno)
{
	uint64_t code = (uintptr_t)e->native;

	if (!e->native || *ip < code || *ip >= code + CODE_MAX)
		return false;
	e->native_fault = (uint8_t)trapno;
	*ip = code + CODE_MAX;		/* a ret */
	return true;
}

void native_init(struct engine *e)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* a host that allows no such page loses these few instructions, no more */
	e->native = p == MAP_FAILED ? NULL : p;
	if (e->native)
		e->native[CODE_MAX] = 0xc3;
}
