/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patched or not, and why.
 *
 * A profile's cycles begin in the monitor's handler.  What the host's kernel
 * spends on a fault before and after, several times as much as the emulation of
 * most instructions, is the same for all traps and is added here by count: without
 * it a rare slow operation (a new page-table base) would look dearer than a
 * frequent cheap one, which is the one that a patch saves.
 *
 * The clock runs on while the host runs something else.  One emulation in a
 * thousand that is interrupted for some milliseconds would be dearer than all the
 * others; so events that took longer than any emulation does count as much as the
 * other events of their place.
 */
#include "monitor/fate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"

#define EM_X86_64	62u
/* Measured: a fault with its signal and return, and a far call with its. */
#define TRAP_NS		4000u
#define CALL_NS		100u

static const struct {
	const char *name, *text;
} fates[FATE_COUNT] = {
	[FATE_RULE] = { "rule", "a rule can remove it" },
	[FATE_PATCHED] = { "patched", "patched" },
	[FATE_LEFT] = { "left", "a site, left to trap" },
	[FATE_EVENT] = { "event", "no rule removes it" },
	[FATE_OUTSIDE] = { "outside", "not in the guest's file" },
	[FATE_CHANGED] = { "changed", "the file has other code there" },
	[FATE_UNSERVED] = { "unserved", "the target has no replacement" },
	[FATE_FIXED] = { "fixed", "traps on purpose" },
	[FATE_UNKNOWN] = { "unknown", "unknown without the guest" },
};

const char *fate_text(enum fate f)
{
	return fates[f].text;
}

const char *fate_name(enum fate f)
{
	return fates[f].name;
}

static bool same_code(const struct ab_guest *g, const struct ab_profile_record *r)
{
	size_t left;
	const uint8_t *p = ab_guest_code(g, r->addr, &left);

	return p && left >= r->insn_len && !memcmp(p, r->insn, r->insn_len);
}

static bool op_served(const struct ab_wedge *w, unsigned op)
{
	unsigned i;

	for (i = 0; w && i < w->man.ntemplates; i++)
		if (w->tmpl[i].op == op)
			return true;
	return !w;
}

/* These are kept unpadded by every stock rule file (docs/rules.md). */
static bool op_fixed(unsigned op)
{
	return op == AB_OP_INT || op == AB_OP_INT3 || op == AB_OP_INTO ||
		op == AB_OP_INT1 || op == AB_OP_RDTSC || op == AB_OP_RDTSCP;
}

unsigned fate_op(const struct ab_profile_record *r, int bits)
{
	struct ab_insn in;

	if (r->kind != AB_PROF_MMIO)
		return r->op;
	if (r->op)
		return r->op;
	if (!r->insn_len || ab_decode(r->insn, r->insn_len, bits, &in) < 0)
		return AB_OP_NONE;
	/* compares and tests only read what they name first */
	if (in.nopnd && in.opnd[0].kind == AB_OPND_MEM && in.gen != AB_GEN_CMP &&
	    in.gen != AB_GEN_TEST && in.gen != AB_GEN_BT && in.gen != AB_GEN_PUSH)
		return AB_OP_MMIO_WRITE;
	return AB_OP_MMIO_READ;
}

/* Of a run that was translated, the name has this at its end. */
#define TRANSLATED	"-bt"

static bool translated(const struct ab_profile_header *h)
{
	size_t n = strlen(h->target), end = sizeof TRANSLATED - 1;

	return n > end && !strcmp(h->target + n - end, TRANSLATED);
}

static int target_len(const struct ab_profile_header *h)
{
	return (int)(strlen(h->target) - (translated(h) ? sizeof TRANSLATED - 1 : 0));
}

bool fate_target_is(const struct ab_profile_header *h, const char *name)
{
	return target_len(h) == (int)strlen(name) &&
		!memcmp(h->target, name, (size_t)target_len(h));
}

/* Is there a site that no rule can better?  One that must be noted in any case but
 * has no room for its replacement traps until a rule pads it.  With -t none nothing
 * was patched: a site of an op that traps anyway says nothing about whether its
 * no-ops are worth it. */
static bool site_left(const struct ab_profile_header *h, const struct ab_site *s)
{
	const struct ab_op_info *info;

	if (!s || s->state != AB_SITE_OK)
		return false;
	info = ab_op_info(s->op);
	if (!info)
		return true;
	if (info->cpl3 == AB_CPL3_TRAPS)
		return !fate_target_is(h, "none");
	return s->total_len >= info->total[s->code_bits == 64];
}

enum fate fate_of(const struct ab_profile_header *h, const struct ab_profile_record *r,
		  struct ab_guest *g, const struct ab_wedge *w)
{
	unsigned op;
	size_t left;

	if (r->kind == AB_PROF_CALL)
		return FATE_PATCHED;
	if (r->kind != AB_PROF_TRAP && r->kind != AB_PROF_MMIO)
		return FATE_EVENT;
	if (op_fixed(r->op))
		return FATE_FIXED;
	if (!g)
		return FATE_UNKNOWN;
	if (!ab_guest_code(g, r->addr, &left))
		return FATE_OUTSIDE;
	if (site_left(h, ab_guest_site(g, r->addr)))
		return FATE_LEFT;
	op = fate_op(r, g->machine == EM_X86_64 ? 64 : 32);
	if (!op || !r->insn_len)
		return FATE_UNKNOWN;
	if (!same_code(g, r))
		return FATE_CHANGED;
	return op_served(w, op) ? FATE_RULE : FATE_UNSERVED;
}

struct ab_guest *fate_guest(const struct ab_profile_header *h, const char *path)
{
	struct ab_guest *g = ab_guest_open(path);

	if (g && (g->machine != h->machine ||
		  (h->build_id_len && g->build_id_len &&
		   (h->build_id_len != g->build_id_len ||
		    memcmp(h->build_id, g->build_id, h->build_id_len))))) {
		error("%s: not the guest that this profile is of (%s differs)", path,
		      g->machine != h->machine ? "its machine" : "its build-id");
		ab_guest_close(g);
		return NULL;
	}
	return g;
}

/* -t none has no wedge: what would serve there is the hosted one. */
struct ab_wedge *fate_wedge(const struct ab_profile_header *h)
{
	struct ab_wedge *w = NULL;
	char target[sizeof h->target], name[24], *path;

	if (fate_target_is(h, "none"))
		strcpy(target, "hosted");
	else
		snprintf(target, sizeof target, "%.*s", target_len(h), h->target);
	if (!*target)
		return NULL;
	snprintf(name, sizeof name, "%s.o", target);	/* a word: the reader saw to that */
	path = file_find("wedge", name);
	if (path)
		w = ab_wedge_open(target, 0, path);
	free(path);
	if (!w || w->man.machine == h->machine)
		return w;
	ab_wedge_close(w);
	return NULL;
}

/* An imported profile has the times that its source took. */
static bool ours(const struct ab_profile_header *h)
{
	return fate_target_is(h, "hosted") || fate_target_is(h, "none");
}

static uint64_t overhead(const struct ab_profile_header *h, unsigned ns)
{
	return ours(h) ? h->tsc_khz / 1000 * ns / 1000 : 0;
}

uint64_t fate_trap_overhead(const struct ab_profile_header *h)
{
	return overhead(h, translated(h) ? CALL_NS : TRAP_NS);
}

uint64_t fate_call_overhead(const struct ab_profile_header *h)
{
	return overhead(h, CALL_NS);
}

/* At most what the events would have taken by the upper bounds of the histogram,
 * those in its last field as much as the others. */
uint64_t fate_cycles(const struct ab_profile_header *h, const struct ab_profile_record *r)
{
	const unsigned last = AB_PROFILE_HIST - 1;
	uint64_t n = 0, bound = 0;
	unsigned i;

	if (!ours(h) || !r->hist[last])
		return r->cycles;
	for (i = 0; i < last; i++) {
		n += r->hist[i];
		bound += (uint64_t)r->hist[i] << (i + 7);
	}
	if (!n)
		return r->cycles;
	bound += bound / n * r->hist[last];
	return bound < r->cycles ? bound : r->cycles;
}

uint64_t fate_cost(const struct ab_profile_header *h, const struct ab_profile_record *r)
{
	uint64_t each = r->kind == AB_PROF_CALL ? fate_call_overhead(h) :
		fate_trap_overhead(h), more, sum;

	if (__builtin_mul_overflow(each, r->count, &more) ||
	    __builtin_add_overflow(fate_cycles(h, r), more, &sum))
		return UINT64_MAX;
	return sum ? sum : r->count;	/* a trace that knows no times: one each */
}
