/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From places to rules.
 *
 * A rule must survive the rebuild that it causes, so it names no address: it
 * names the function and what the instruction is.  Control and debug registers
 * are named too, since a function that loads %cr3 all the time often touches
 * %cr0 once.  Where the guest has no symbols, the source line takes the
 * function's place.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "monitor/tune.h"

#define EM_X86_64	62u
#define FUNCTION_MAX	65536u

/* ---- names ---- */

/* Length of (name) without the suffixes of the compiler's clones: a rule for "f"
 * also means f.isra.0, and the next build may number them otherwise. */
static size_t base_length(const char *name)
{
	static const char *const clones[] = {
		".isra.", ".constprop.", ".part.", ".cold", ".lto_priv.",
	};
	size_t i, n = strlen(name);

	for (i = 0; i < sizeof clones / sizeof clones[0]; i++) {
		const char *p = strstr(name, clones[i]);

		if (p && p > name && (size_t)(p - name) < n)
			n = (size_t)(p - name);
	}
	return n;
}

/* (text, n) as a glob in a string of the rule language; NULL when it cannot be
 * one (control characters: the name of a hostile file). */
static char *quoted(const char *text, size_t n)
{
	char *out = xmalloc(2 * n + 3), *p = out;
	size_t i;

	if (!n || n > 4096)
		goto bad;
	*p++ = '"';
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			goto bad;
		if (c == '*' || c == '?' || c == '[' || c == '"')
			*p++ = '\\';
		*p++ = text[i];
	}
	*p++ = '"';
	*p = '\0';
	return out;
bad:
	free(out);
	return NULL;
}

/* " in function ..." or " in file ... line ...", NULL when there is neither. */
static char *place_clause(struct tune *t, uint64_t addr)
{
	const char *name = ab_guest_symbol(t->guest, addr, NULL), *file;
	char *q = name ? quoted(name, base_length(name)) : NULL, *clause = NULL;
	unsigned line;

	if (q) {
		clause = xasprintf(" in function %s", q);
	} else if (srcline_find(t->lines, addr, &file, &line)) {
		while (!strncmp(file, "./", 2))
			file += 2;
		q = quoted(file, strlen(file));
		if (q)
			clause = xasprintf(" in file %s line %u", q, line);
	}
	free(q);
	return clause;
}

/* ---- patterns ---- */

static const char *const reg32[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp",
	"esi", "edi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
static const char *const reg64[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp",
	"rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

/* A memory operand as compilers write it, in AT&T syntax.  A displacement may
 * stand as a number of any base or sign, or as a symbol; so a large one only
 * counts where there are no registers. */
static char *memory_pattern(const struct ab_operand *m, unsigned addrsize)
{
	const char *const *reg = addrsize == 8 ? reg64 : reg32;
	unsigned long long at = (unsigned long long)m->disp & (addrsize == 8 ? ~0ull : ~0u);
	char disp[96], base[16] = "", index[24] = "";

	if (m->base == AB_REG_NONE && m->index == AB_REG_NONE)
		return (int)m->disp < 0 ? xasprintf("(0x0*%llx|%llu|%d)", at, at, (int)m->disp) :
			xasprintf("(0x0*%llx|%llu)", at, at);
	if (m->base >= 0 && m->base < 16)
		snprintf(base, sizeof base, "%%%s", reg[m->base]);
	else if (m->base == AB_REG_RIP)
		snprintf(base, sizeof base, "%%rip");
	if (m->index >= 0 && m->index < 16)
		snprintf(index, sizeof index, ", *%%%s.*", reg[m->index]);
	if (m->disp > 0xffff || m->disp < -0xffff || m->base == AB_REG_RIP)
		snprintf(disp, sizeof disp, "[^(]*");
	else if (m->disp)
		snprintf(disp, sizeof disp, "(%s0x0*%llx|%lld)", m->disp < 0 ? "-" : "",
			 (unsigned long long)(m->disp < 0 ? -m->disp : m->disp),
			 (long long)m->disp);
	else
		snprintf(disp, sizeof disp, "0?");
	return xasprintf("%s\\(%s%s\\)", disp, base, index);
}

/* Mnemonics of the ordinary instructions that the core emulates, as Intel has them;
 * AT&T syntax adds the operand's size, or not. */
static const char *const mnemonic[AB_GEN_POP + 1] = {
	[AB_GEN_MOV] = "mov", [AB_GEN_XCHG] = "xchg", [AB_GEN_ADD] = "add",
	[AB_GEN_OR] = "or", [AB_GEN_ADC] = "adc", [AB_GEN_SBB] = "sbb",
	[AB_GEN_AND] = "and", [AB_GEN_SUB] = "sub", [AB_GEN_XOR] = "xor",
	[AB_GEN_CMP] = "cmp", [AB_GEN_TEST] = "test", [AB_GEN_NOT] = "not",
	[AB_GEN_NEG] = "neg", [AB_GEN_INC] = "inc", [AB_GEN_DEC] = "dec",
	[AB_GEN_SHL] = "shl", [AB_GEN_SHR] = "shr", [AB_GEN_SAR] = "sar",
	[AB_GEN_ROL] = "rol", [AB_GEN_ROR] = "ror", [AB_GEN_RCL] = "rcl",
	[AB_GEN_RCR] = "rcr", [AB_GEN_SHLD] = "shld", [AB_GEN_SHRD] = "shrd",
	[AB_GEN_BT] = "bt", [AB_GEN_BTS] = "bts", [AB_GEN_BTR] = "btr",
	[AB_GEN_BTC] = "btc", [AB_GEN_BSF] = "bsf", [AB_GEN_BSR] = "bsr",
	[AB_GEN_MUL] = "mul", [AB_GEN_IMUL] = "imul", [AB_GEN_DIV] = "div",
	[AB_GEN_IDIV] = "idiv", [AB_GEN_XADD] = "xadd",
	[AB_GEN_CMPXCHG] = "cmpxchg", [AB_GEN_PUSH] = "push", [AB_GEN_POP] = "pop",
};

/* The pattern of the operands where (m) is in memory, as AT&T syntax has them: what
 * is written last.  A load and a store through the same register differ in that;
 * xchg and test may be spelled either way. */
static char *operands_pattern(const struct ab_insn *in, const struct ab_operand *m)
{
	bool either = in->gen == AB_GEN_XCHG || in->gen == AB_GEN_TEST;
	bool last = m == &in->opnd[0], first = m == &in->opnd[in->nopnd - 1];
	char *mem = memory_pattern(m, in->addrsize), *all;

	all = xasprintf("%s%s%s", !either && first && !last ? "^" : "(^|, *)", mem,
			!either && last ? "$" : "($|,)");
	free(mem);
	return all;
}

/* WHAT of a rule for an ordinary instruction: mnemonic with and without its
 * suffix, and the memory operand.  NULL for what no rule can name. */
static char *plain_what(const struct ab_insn *in)
{
	static const char suffix[9] = { 0, 'b', 'w', 0, 'l', 0, 0, 0, 'q' };
	char *operands, *what;
	const struct ab_operand *m = NULL;
	unsigned i;
	char c;

	for (i = 0; i < in->nopnd && !m; i++)
		if (in->opnd[i].kind == AB_OPND_MEM)
			m = &in->opnd[i];
	c = m && m->size < sizeof suffix ? suffix[m->size] : 0;
	if (!c || in->rep || in->gen > AB_GEN_POP)
		return NULL;
	operands = operands_pattern(in, m);
	if (in->gen == AB_GEN_MOVZX || in->gen == AB_GEN_MOVSX)
		what = xasprintf("\"mov%cx\", \"mov%c%c*\" /%s/",
				 in->gen == AB_GEN_MOVZX ? 'z' : 's',
				 in->gen == AB_GEN_MOVZX ? 'z' : 's', c, operands);
	else if (mnemonic[in->gen])
		what = xasprintf("\"%s\", \"%s%c\" /%s/", mnemonic[in->gen],
				 mnemonic[in->gen], c, operands);
	else
		what = NULL;
	free(operands);
	return what;
}

static bool plain(unsigned op)
{
	return op == AB_OP_MMIO_READ || op == AB_OP_MMIO_WRITE || op == AB_OP_PTE_WRITE;
}

/* WHAT of the rule for (in), which a site of (op) is to cover. */
static char *what_of(const struct ab_insn *in, unsigned op)
{
	unsigned i;

	if (plain(op))
		return plain_what(in);
	for (i = 0; i < in->nopnd; i++)
		if (in->opnd[i].kind == AB_OPND_CR || in->opnd[i].kind == AB_OPND_DR)
			return xasprintf("%s /\\b%s%u\\b/", ab_op_name(op),
					 in->opnd[i].kind == AB_OPND_CR ? "cr" :
					 "d[br]", in->opnd[i].reg);
	return xstrdup(ab_op_name(op));
}

/* ---- what a rule costs ---- */

/* Ops that full.rules looks for among raw bytes: their encodings are long enough. */
static bool often_raw(unsigned op)
{
	static const uint8_t ops[] = {
		AB_OP_SWAPGS, AB_OP_XSETBV, AB_OP_INVPCID, AB_OP_MONITOR, AB_OP_MWAIT,
		AB_OP_CLAC, AB_OP_STAC, AB_OP_INVLPGB, AB_OP_TLBSYNC, AB_OP_WBNOINVD,
		AB_OP_XSAVES, AB_OP_XRSTORS, AB_OP_PCONFIG, AB_OP_ENQCMDS,
		AB_OP_WRMSRNS,
	};

	return memchr(ops, (int)op, sizeof ops) ||
		ab_op_info(op)->class == AB_CLASS_VIRT;
}

static void site_count(struct candidate *c, const struct ab_insn *in, int bits)
{
	unsigned total = ab_op_info(c->op)->total[bits == 64];

	c->sites++;
	c->pads += total > in->len ? total - in->len : 0;
}

/* Every instruction of the function that the rule also fits, hot or cold, gets
 * its no-ops: count them in the code itself. */
static void sites_count(struct tune *t, struct candidate *c, const struct ab_insn *hot,
			int bits)
{
	uint64_t off, at, start;
	const char *name = ab_guest_symbol(t->guest, c->addr, &off), *now = name;
	char *want = what_of(hot, c->op);
	size_t left;

	if (!name || off > FUNCTION_MAX) {
		site_count(c, hot, bits);
		free(want);
		return;
	}
	for (at = start = c->addr - off; now == name && at - start < FUNCTION_MAX;
	     now = ab_guest_symbol(t->guest, at, NULL)) {
		const uint8_t *p = ab_guest_code(t->guest, at, &left);
		struct ab_insn in;
		int n = p ? ab_decode(p, left, bits, &in) : -2;

		if (n == -2)
			break;
		if (n > 0 && in.op == (plain(c->op) ? AB_OP_NONE : c->op)) {
			char *what = what_of(&in, c->op);

			if (what && want && !strcmp(what, want))
				site_count(c, &in, bits);
			free(what);
		}
		at += n > 0 ? (uint64_t)n : 1;
	}
	if (!c->sites)
		site_count(c, hot, bits);
	free(want);
}

static uint64_t cost_of(const struct tune *t, const struct ab_profile_record *r)
{
	struct ab_profile_record same = { .kind = r->kind, .count = r->count };

	return fate_cost(&t->profile.head, t->by_count ? &same : r);
}

/* What is saved: of an op that the target does in place, all; of one that still
 * calls the monitor, the difference of the two ways there. */
static uint64_t gain_of(const struct tune *t, unsigned op,
			const struct ab_profile_record *r)
{
	uint64_t cost = cost_of(t, r), each;
	unsigned i;

	for (i = 0; t->wedge && i < t->wedge->man.ntemplates; i++)
		if (t->wedge->tmpl[i].op == op &&
		    !(t->wedge->tmpl[i].flags & AB_TEMPLATE_CALLS))
			return cost;
	each = fate_trap_overhead(&t->profile.head) - fate_call_overhead(&t->profile.head);
	return !each || r->count > cost / each ? cost : each * r->count;
}

/* ---- candidates ---- */

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* A million places are those of some thousand rules: what is said of each place is
 * added to its rule's at once. */
struct gather {
	struct tune *t;
	size_t room;
	uint32_t *slot;		/* hash table: candidate + 1; twice as many as candidates */
	/* the last place's: the next one is mostly in the same function */
	const char *symbol;
	char *clause;
	const char *where, *what;
	struct candidate *last;
	/* and has the same instruction as one before */
	struct known_what {
		uint8_t insn[16], len;
		uint16_t op;
		char *what;
	} known[256];
};

static const char *gather_clause(struct gather *g, uint64_t addr)
{
	const char *symbol = ab_guest_symbol(g->t->guest, addr, NULL);

	if (symbol && symbol == g->symbol)
		return g->clause;
	free(g->clause);
	g->last = NULL;
	g->symbol = symbol;
	g->clause = place_clause(g->t, addr);
	return g->clause;
}

/* NULL: no rule can name it.  Sets *bad when it is no instruction. */
static const char *gather_what(struct gather *g, const struct ab_profile_record *r,
			       unsigned op, int bits, bool *bad)
{
	struct known_what *k;
	struct ab_insn in;
	unsigned hash = op, i;

	for (i = 0; i < r->insn_len; i++)
		hash = hash * 31 + r->insn[i];
	k = &g->known[hash % 256];
	if (k->what && k->op == op && k->len == r->insn_len &&
	    !memcmp(k->insn, r->insn, k->len))
		return k->what;
	in.addr = r->addr;
	*bad = ab_decode(r->insn, r->insn_len, bits, &in) < 0;
	if (*bad)
		return NULL;
	free(k->what);
	g->last = NULL;
	*k = (struct known_what){ .len = r->insn_len, .op = (uint16_t)op,
				  .what = what_of(&in, op) };
	memcpy(k->insn, r->insn, sizeof k->insn);
	return k->what;
}

static uint32_t *slot_find(const struct gather *g, const char *rule)
{
	size_t mask = 2 * g->room - 1, h = 0;
	const char *s;

	for (s = rule; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x100000001b3;
	for (h = (h ^ h >> 32) & mask; g->slot[h]; h = (h + 1) & mask)
		if (!strcmp(g->t->cand[g->slot[h] - 1].rule, rule))
			break;
	return &g->slot[h];
}

static void gather_grow(struct gather *g)
{
	size_t i;

	g->room = g->room ? 2 * g->room : 256;
	g->t->cand = xrealloc(g->t->cand, g->room * sizeof *g->t->cand);
	free(g->slot);
	g->slot = xcalloc(2 * g->room, sizeof *g->slot);
	for (i = 0; i < g->t->ncand; i++)
		*slot_find(g, g->t->cand[i].rule) = (uint32_t)i + 1;
}

static struct candidate *candidate_of(struct gather *g, const char *where,
				      const char *what, unsigned op, uint64_t addr)
{
	struct tune *t = g->t;
	uint32_t *slot;
	char *rule;

	if (g->last && g->where == where && g->what == what && g->last->op == op)
		return g->last;
	if (t->ncand == g->room)
		gather_grow(g);
	rule = xasprintf("pad %s%s%s%s", what, where, plain(op) ? " as " : "",
			 plain(op) ? ab_op_name(op) : "");
	slot = slot_find(g, rule);
	if (*slot) {
		free(rule);
	} else {
		t->cand[t->ncand++] = (struct candidate){
			.rule = rule, .op = op, .raw = often_raw(op), .addr = addr,
		};
		*slot = (uint32_t)t->ncand;
	}
	g->where = where;
	g->what = what;
	return g->last = &t->cand[*slot - 1];
}

static void record_take(struct gather *g, const struct ab_profile_record *r)
{
	struct tune *t = g->t;
	int bits = t->guest->machine == EM_X86_64 ? 64 : 32;
	unsigned op = fate_op(r, bits);
	bool bad = false;
	const char *where = gather_clause(g, r->addr), *what = gather_what(g, r, op, bits, &bad);
	uint64_t cost = cost_of(t, r);
	uint64_t cycles = t->by_count ? 0 : fate_cycles(&t->profile.head, r);
	struct candidate *c;

	if (bad)
		return;
	t->count = add(t->count, r->count);
	t->cycles = add(t->cycles, cycles);
	t->cost = add(t->cost, cost);
	if (!where || !what) {
		t->unnamed = add(t->unnamed, cost);
		t->nunnamed++;
		return;
	}
	c = candidate_of(g, where, what, op, r->addr);
	c->count = add(c->count, r->count);
	c->cycles = add(c->cycles, cycles);
	c->cost = add(c->cost, cost);
	c->gain = add(c->gain, gain_of(t, op, r));
	c->places++;
}

static int by_cost(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;

	if (a->cost != b->cost)
		return a->cost > b->cost ? -1 : 1;
	return strcmp(a->rule, b->rule);
}

void tune_candidates(struct tune *t)
{
	const struct profile *p = &t->profile;
	struct gather *g = xcalloc(1, sizeof *g);
	uint64_t i;

	g->t = t;
	for (i = 0; i < p->head.nrecords; i++) {
		const struct ab_profile_record *r = &p->rec[i];
		enum fate f = fate_of(&p->head, r, t->guest, t->wedge);

		t->fate_count[f] = add(t->fate_count[f], r->count);
		t->fate_cost[f] = add(t->fate_cost[f], cost_of(t, r));
		if (f == FATE_RULE)
			record_take(g, r);
	}
	for (i = 0; i < sizeof g->known / sizeof g->known[0]; i++)
		free(g->known[i].what);
	free(g->clause);
	free(g->slot);
	free(g);
	if (t->ncand)
		qsort(t->cand, t->ncand, sizeof *t->cand, by_cost);
}

double tune_choose(struct tune *t, double coverage, double least)
{
	int bits = t->guest->machine == EM_X86_64 ? 64 : 32;
	const struct ab_profile_header *h = &t->profile.head;
	double enough = t->nkept ? least * (double)h->run_ns / 1e6 * (double)h->tsc_khz : 0;
	uint64_t cost = 0, cycles = 0;
	size_t i, left;

	for (i = 0; i < t->ncand; i++) {
		struct candidate *c = &t->cand[i];
		const uint8_t *p;
		struct ab_insn in;

		if (((double)cost >= coverage * (double)t->cost &&
		     (double)cycles >= coverage * (double)t->cycles) ||
		    (double)(t->cost - cost) < enough)
			break;
		if (tune_keeps(t, c->rule, strlen(c->rule)))
			continue;
		c->taken = true;
		cost = add(cost, c->cost);
		cycles = add(cycles, c->cycles);
		p = ab_guest_code(t->guest, c->addr, &left);
		if (p && ab_decode(p, left, bits, &in) > 0) {
			in.addr = c->addr;
			sites_count(t, c, &in, bits);
		}
	}
	return t->cost ? (double)cost / (double)t->cost : 1;
}

void tune_free(struct tune *t)
{
	size_t i;

	for (i = 0; i < t->ncand; i++)
		free(t->cand[i].rule);
	for (i = 0; i < t->nkept; i++) {
		free(t->kept[i].rule);
		free(t->kept[i].evidence);
	}
	free(t->cand);
	free(t->kept);
	srcline_close(t->lines);
	ab_wedge_close(t->wedge);
	ab_guest_close(t->guest);
	profile_free(&t->profile);
}
