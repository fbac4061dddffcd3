/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify.c: is a site what its note says it is?
 *
 * A note is only a claim.  A wrong one would make the loader write into the
 * middle of an instruction, so a site is used only when its bytes decode to the
 * op, and to as many instructions, as the note says, when nothing but whole
 * no-ops fills the rest, and when no other site shares a byte with it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "loader/priv.h"

#define STEPS_MAX	3

/* What one instruction of a sequence has to be. */
enum step {
	STEP_END = 0,
	STEP_STI, STEP_CLI, STEP_HLT, STEP_MWAIT, STEP_IRET, STEP_SYSEXIT,
	STEP_RET, STEP_PUSHF, STEP_POPF, STEP_PUSH, STEP_POP,
	STEP_LOAD_SS, STEP_SET_SP, STEP_NOP, STEP_INT,
};

static const struct sequence {
	uint16_t op;
	uint8_t operands;	/* which step's operands the wedge looks at */
	uint8_t step[STEPS_MAX];
} sequences[] = {
	{ AB_OP_STI_HLT, 0, { STEP_STI, STEP_HLT } },
	{ AB_OP_STI_MWAIT, 0, { STEP_STI, STEP_MWAIT } },
	{ AB_OP_STI_IRET, 0, { STEP_STI, STEP_IRET } },
	{ AB_OP_STI_SYSEXIT, 0, { STEP_STI, STEP_SYSEXIT } },
	{ AB_OP_STI_RET, 0, { STEP_STI, STEP_RET } },
	{ AB_OP_SS_SP, 0, { STEP_LOAD_SS, STEP_SET_SP } },
	{ AB_OP_PUSHF_POP, 1, { STEP_PUSHF, STEP_POP } },
	{ AB_OP_PUSHF_POP_CLI, 1, { STEP_PUSHF, STEP_POP, STEP_CLI } },
	{ AB_OP_PUSH_POPF, 0, { STEP_PUSH, STEP_POPF } },
	{ AB_OP_VSYSCALL, 1, { STEP_NOP, STEP_INT } },
};

static const struct sequence *find_sequence(unsigned op)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (sequences[i].op == op)
			return &sequences[i];
	return NULL;
}

static bool is_ss(const struct ab_insn *insn)
{
	return insn->nopnd && insn->opnd[0].kind == AB_OPND_SREG &&
	       insn->opnd[0].reg == AB_SEG_SS;
}

static bool step_is(const struct ab_insn *insn, enum step step, unsigned bits)
{
	static const uint16_t op_of_step[] = {
		[STEP_STI] = AB_OP_STI, [STEP_CLI] = AB_OP_CLI,
		[STEP_HLT] = AB_OP_HLT, [STEP_MWAIT] = AB_OP_MWAIT,
		[STEP_IRET] = AB_OP_IRET, [STEP_SYSEXIT] = AB_OP_SYSEXIT,
		[STEP_PUSHF] = AB_OP_PUSHF, [STEP_POPF] = AB_OP_POPF,
		[STEP_INT] = AB_OP_INT,
	};

	switch (step) {
	case STEP_RET:
		return insn->gen == AB_GEN_RET || insn->op == AB_OP_FAR_RET;
	case STEP_PUSH:
		return insn->gen == AB_GEN_PUSH;
	case STEP_POP:
		return insn->gen == AB_GEN_POP;
	case STEP_NOP:
		return ab_insn_is_nop(insn, bits);
	case STEP_LOAD_SS:
		return (insn->op == AB_OP_WRITE_SEG || insn->op == AB_OP_POP_SEG) &&
		       is_ss(insn);
	case STEP_SET_SP:
		return !insn->op && insn->gen && insn->nopnd &&
		       insn->opnd[0].kind == AB_OPND_REG && insn->opnd[0].reg == REG_SP;
	default:
		return insn->op == op_of_step[step];
	}
}

static bool has_memory_operand(const struct ab_insn *insn, unsigned last)
{
	for (unsigned i = 0; i < insn->nopnd && i < last; i++)
		if (insn->opnd[i].kind == AB_OPND_MEM)
			return true;
	return false;
}

/* Is the (i)th instruction of site (s) what op and count promise? */
static bool insn_fits(const struct ab_site *s, unsigned i, const struct ab_insn *insn)
{
	const struct sequence *seq = find_sequence(s->op);

	if (seq)
		return i < STEPS_MAX && step_is(insn, seq->step[i], s->code_bits);
	switch (s->op) {
	case AB_OP_MMIO_READ:
		return has_memory_operand(insn, 4);
	case AB_OP_MMIO_WRITE:
	case AB_OP_PTE_WRITE:
		return has_memory_operand(insn, 1);
	case AB_OP_HOOK_ENTRY:
	case AB_OP_HOOK_FUNC:
		return true;
	case AB_OP_INT:
		/* assemblers make "int $3" the one-byte form */
		return insn->op == AB_OP_INT || insn->op == AB_OP_INT3;
	default:
		return insn->op == s->op;
	}
}

static unsigned expected_count(unsigned op)
{
	const struct sequence *seq = find_sequence(op);
	unsigned n = 0;

	if (!seq)
		return 1;
	while (n < STEPS_MAX && seq->step[n])
		n++;
	return n;
}

static bool is_hook(unsigned op)
{
	return op == AB_OP_HOOK_ENTRY || op == AB_OP_HOOK_FUNC;
}

_Static_assert(AB_SITE_MAX == UINT8_MAX, "a note's lengths always fit");

/* Numbers that no correct note has. */
static bool entry_is_sane(const struct ab_site *s)
{
	if (!ab_op_info(s->op) || (s->dead & ~AB_DEAD_MASK))
		return false;
	/* 64 in a 32-bit file too: a kernel may enter long mode on its own */
	if (s->code_bits != 16 && s->code_bits != 32 && s->code_bits != 64)
		return false;
	if (s->insn_len > s->total_len || !s->total_len)
		return false;
	/* a hook may be nothing but no-ops */
	if (is_hook(s->op))
		return s->insn_len ? s->count > 0 : s->count <= 1;
	return s->insn_len && s->count == expected_count(s->op);
}

static enum ab_site_state verify_bytes(struct ab_site *s)
{
	struct ab_insn insn = { .addr = s->addr };
	unsigned at = 0;

	for (unsigned i = 0; i < s->count && s->insn_len; i++) {
		int len = ab_decode(s->orig + at, s->insn_len - at, s->code_bits, &insn);

		if (len <= 0 || !insn_fits(s, i, &insn))
			return AB_SITE_BAD_BYTES;
		if (!i)
			s->insn = insn;
		at += len;
		insn.addr = s->addr + at;
	}
	if (at != s->insn_len)
		return AB_SITE_BAD_BYTES;
	while (at < s->total_len) {
		int len = ab_decode(s->orig + at, s->total_len - at, s->code_bits, &insn);

		if (len <= 0 || !ab_insn_is_nop(&insn, s->code_bits))
			return AB_SITE_BAD_PAD;
		at += len;
	}
	return AB_SITE_OK;
}

static enum ab_site_state verify_site(struct ab_guest *g, struct ab_site *s)
{
	const struct code_region *r = guest_region(g->priv, s->addr);
	uint64_t in;

	s->template = -1;
	if (!entry_is_sane(s))
		return AB_SITE_BAD_ENTRY;
	if (!r)
		return AB_SITE_BAD_ADDRESS;
	in = s->addr - r->addr;
	if (s->total_len > r->size - in)
		return AB_SITE_BAD_ADDRESS;
	s->offset = r->offset + in;
	s->paddr = r->paddr + in;
	memcpy(s->orig, g->data + s->offset, s->total_len);
	return verify_bytes(s);
}

static int compare_sites(const void *a, const void *b)
{
	const struct ab_site *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* section_off held the order in the file until now */
	return x->section_off < y->section_off ? -1 : x->section_off > y->section_off;
}

void guest_verify(struct ab_guest *g)
{
	uint64_t end = 0;

	for (size_t i = 0; i < g->nsite; i++)
		g->site[i].section_off = i;	/* makes the sort stable */
	if (g->nsite)
		qsort(g->site, g->nsite, sizeof(g->site[0]), compare_sites);
	g->nbad = 0;
	for (size_t i = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];

		s->state = verify_site(g, s);
		if (s->state == AB_SITE_OK && s->addr < end)
			s->state = AB_SITE_OVERLAP;
		if (s->state == AB_SITE_OK)
			end = s->addr + s->total_len;
		else
			g->nbad++;
	}
}

int ab_site_operands(const struct ab_site *s, struct ab_insn *out)
{
	const struct sequence *seq = find_sequence(s->op);
	unsigned want = seq ? seq->operands : 0, at = 0;

	*out = s->insn;
	for (unsigned i = 0; i < want; i++) {
		at += out->len;
		out->addr = s->addr + at;
		if (ab_decode(s->orig + at, s->insn_len - at, s->code_bits, out) <= 0)
			return -1;
	}
	return 0;
}

void ab_site_disassemble(const struct ab_site *s, char *buf, size_t size)
{
	unsigned len = s->insn_len, at = 0;
	size_t used = 0;

	if (!size)
		return;
	buf[0] = '\0';
	if (s->state == AB_SITE_BAD_ADDRESS || s->state == AB_SITE_BAD_ENTRY)
		return;
	while (at < len && used + 3 < size) {
		if (at) {
			memcpy(buf + used, "; ", 3);
			used += 2;
		}
		at += ab_disassemble(s->orig + at, len - at, s->code_bits,
				     s->addr + at, buf + used, size - used);
		used += strlen(buf + used);
	}
}

const char *ab_site_state_text(enum ab_site_state state)
{
	static const char *const text[] = {
		[AB_SITE_OK] = "ok",
		[AB_SITE_BAD_ADDRESS] = "not in executable bytes of the file",
		[AB_SITE_BAD_BYTES] = "its bytes are not the op that the note claims",
		[AB_SITE_BAD_PAD] = "its pad is not whole no-ops",
		[AB_SITE_OVERLAP] = "overlaps an earlier site",
		[AB_SITE_BAD_ENTRY] = "the note's op, lengths or width are impossible",
	};

	return text[state];
}
