/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_native.c: one instruction of the guest's, run by the processor in 64-bit
 * code with another memory operand.
 *
 * FPU and SSE instructions that touch a device or a page that the host does not let
 * us map are neither worth an emulator nor possible to emulate exactly.  The bytes
 * are copied to a page of code with the memory operand changed to (%rbx) or (%rsi),
 * which points to a copy of the guest's memory; guest registers, flags and FPU state
 * are loaded around it.  What the instruction raises there is the guest's fault.
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

/* (in) into (code), for 64-bit mode, with its memory at (*pointer), which it does not
 * use otherwise; then a ret.  False when it is of no known form. */
static bool rewrite(const struct ab_insn *in, uint8_t *code, unsigned *pointer)
{
	const uint8_t *b = in->bytes;
	unsigned at = 0, modrm, n = 0, rest;

	while (at < in->len && is_prefix(b[at])) {
		if (b[at] == 0x66 || b[at] == 0xf2 || b[at] == 0xf3)
			code[n++] = b[at];
		at++;
	}
	modrm = modrm_at(b, at);
	if (!modrm || modrm >= in->len || b[modrm] >> 6 == 3)
		return false;
	*pointer = (b[modrm] >> 3 & 7) == AB_EBX ? AB_ESI : AB_EBX;
	rest = modrm + 1 + address_bytes(b + modrm, in->addrsize);
	for (; at < modrm; at++)
		code[n++] = b[at];
	code[n++] = (uint8_t)((b[modrm] & 0x38) | *pointer);
	for (; rest < in->len; rest++)
		code[n++] = b[rest];
	code[n] = 0xc3;
	return true;
}

/* ---- running it ---- */

struct frame {
	uint64_t gpr[8];		/* all but esp are loaded and kept */
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
		"movq 40(%%r12), %%rbp\n\tmovq 48(%%r12), %%rsi\n\t"
		"movq 56(%%r12), %%rdi\n\t"
		"pushq 64(%%r12)\n\tpopfq\n\t"
		"call *72(%%r12)\n\t"
		"pushfq\n\tpopq 64(%%r12)\n\t"
		"movq %%rax, 0(%%r12)\n\tmovq %%rcx, 8(%%r12)\n\t"
		"movq %%rdx, 16(%%r12)\n\tmovq %%rbx, 24(%%r12)\n\t"
		"movq %%rbp, 40(%%r12)\n\tmovq %%rsi, 48(%%r12)\n\t"
		"movq %%rdi, 56(%%r12)\n\t"
		"movl 88(%%r12), %%eax\n\tmovl 92(%%r12), %%edx\n\t"
		"movq 80(%%r12), %%rcx\n\txsave64 (%%rcx)\n\t"
		"popq %%rbp\n\tpopq %%rbx\n\tcld"
		: : "r"(f) : "rax", "rcx", "rdx", "rsi", "rdi", "cc", "memory");
}

enum ab_result native_run(struct ab_machine *m, const struct ab_insn *in, void *buf)
{
	struct engine *e = &engine;
	struct frame f = { .fp = e->fp, .fp_mask = e->fp_mask };
	unsigned pointer, i;

	if (!e->native || !e->fp || !rewrite(in, e->native, &pointer)) {
		mon_format(m->why, sizeof(m->why),
			   "an instruction like this on memory that has no page");
		return AB_UNSUPPORTED;
	}
	for (i = 0; i < 8; i++)
		f.gpr[i] = m->cpu.gpr[i];
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
		if (i != pointer && i != AB_ESP)
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
