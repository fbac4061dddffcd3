/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * patch.c: make a guest's sites into what a wedge's templates say.
 *
 * All new bytes are built in a buffer and decoded once more before the first
 * one is written, and read back afterwards; whatever goes wrong, the guest is
 * as it was.  A patched site decodes linearly (a jump or whole instructions,
 * then whole no-ops), since kernels walk over their own code.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/diag.h"
#include "loader/priv.h"

#define JMP_LEN		5	/* e9 rel32 */
#define STUB_ALIGN	8
#define REFUSALS_SHOWN	10

/* One patch run. */
struct run {
	struct ab_guest *g;
	const struct ab_wedge *w;
	struct ab_patch *out;
	uint64_t text;		/* linear address of the wedge's text */
	size_t room;		/* bytes that out->text has */
	uint8_t (*bytes)[AB_SITE_MAX];	/* new bytes of each site */
	uint32_t *jump;		/* displacements of the sites' jumps: a hash table, */
	size_t jump_mask;	/* 0: an empty place; its size - 1 */
	size_t refused;
};

static unsigned guest_bits(const struct ab_guest *g)
{
	return g->machine == EM_X86_64 ? 64 : 32;
}

/* The control or segment register that the op is about, AB_SUB_ANY when none. */
static unsigned site_sub(const struct ab_insn *insn)
{
	for (unsigned i = 0; i < insn->nopnd; i++)
		if (insn->opnd[i].kind == AB_OPND_SREG ||
		    insn->opnd[i].kind == AB_OPND_CR)
			return insn->opnd[i].reg;
	return AB_SUB_ANY;
}

/* Do prefixes make the instruction do something that a template which was
 * written for the plain form would not do? */
static bool has_unusual_prefix(const struct ab_insn *insn)
{
	for (unsigned i = 0; i < insn->nopnd; i++) {
		const struct ab_operand *o = &insn->opnd[i];
		bool stack = o->base == 4 || o->base == 5;

		if (o->kind == AB_OPND_MEM &&
		    o->seg != (stack ? AB_SEG_SS : AB_SEG_DS))
			return true;
	}
	return insn->rep || insn->lock;
}

static bool operands_match(unsigned match, const struct ab_insn *insn)
{
	const struct ab_operand *o = &insn->opnd[0];
	bool reg = insn->nopnd && o->kind == AB_OPND_REG;

	switch (match) {
	case AB_MATCH_ANY:
		return true;
	case AB_MATCH_DST_REG:
		return reg;
	case AB_MATCH_DST_REG32:
		return reg && o->size == 4;
	case AB_MATCH_DST_REG16:
		return reg && o->size == 2;
	case AB_MATCH_DST_MEM:
		return insn->nopnd && o->kind == AB_OPND_MEM;
	case AB_MATCH_OPSIZE32:
		return insn->opsize == 4;
	case AB_MATCH_OPSIZE16:
		return insn->opsize == 2;
	case AB_MATCH_DST_REG64:
		return reg && o->size == 8;
	case AB_MATCH_OPSIZE64:
		return insn->opsize == 8;
	case AB_MATCH_SRC_REG:
		return insn->nopnd > 1 && insn->opnd[1].kind == AB_OPND_REG &&
		       insn->opnd[1].reg != REG_SP;
	default:
		return false;
	}
}

static bool template_serves(const struct ab_wedge_template *t, const struct ab_site *s,
			    const struct ab_insn *insn)
{
	bool any_form = t->match == AB_MATCH_ANY &&
			((t->flags & AB_TEMPLATE_CALLS) || t->form == AB_FORM_NATIVE);

	if (t->op != s->op || (t->need_dead & ~s->dead) ||
	    (t->sub != AB_SUB_ANY && t->sub != site_sub(insn)) ||
	    !operands_match(t->match, insn))
		return false;
	if (!any_form) {
		if (has_unusual_prefix(insn))
			return false;
		if (insn->opsize == 2 && t->match != AB_MATCH_OPSIZE16 &&
		    t->match != AB_MATCH_DST_REG16)
			return false;
	}
	switch (t->form) {
	case AB_FORM_INLINE:
		return t->code_len <= s->total_len;
	case AB_FORM_STUB:
		return s->total_len >= JMP_LEN;
	default:
		return true;
	}
}

/* Registers r8 to r15 need a REX prefix that has a hole. */
static bool encodes_register(const struct ab_wedge *w, const struct ab_wedge_template *t,
			     const struct ab_insn *insn)
{
	bool names = false, rex = false;

	for (unsigned i = 0; i < t->hole_count; i++) {
		unsigned kind = w->hole[t->hole_first + i].kind;

		names = names || kind == AB_HOLE_REG_REG;
		rex = rex || kind == AB_HOLE_REX_R;
	}
	return !names || rex || insn->opnd[0].reg < 8;
}

static int choose_template(const struct ab_wedge *w, const struct ab_site *s,
			   const struct ab_insn *insn)
{
	for (unsigned i = 0; i < w->man.ntemplates; i++)
		if (template_serves(&w->tmpl[i], s, insn) &&
		    encodes_register(w, &w->tmpl[i], insn))
			return i;
	return -1;
}

static bool site_immediate(const struct ab_insn *insn, uint8_t *imm)
{
	for (unsigned i = 0; i < insn->nopnd; i++)
		if (insn->opnd[i].kind == AB_OPND_IMM) {
			*imm = insn->opnd[i].imm;
			return true;
		}
	return false;
}

/* A displacement from (from) to (to): modulo 2^32 in 32-bit code; in 64-bit
 * code it has to fit. */
static bool displacement(const struct run *r, uint64_t from, uint64_t to, uint32_t *out)
{
	*out = (uint32_t)(to - from);
	return guest_bits(r->g) == 32 || (int64_t)(to - from) == (int32_t)*out;
}

/* Fill one hole of template code that stands at (code) and will run at linear
 * address (addr). */
static bool fill_hole(const struct run *r, const struct ab_site *s,
		      const struct ab_insn *insn, const struct ab_wedge_hole *h,
		      uint8_t *code, uint64_t addr)
{
	uint8_t *p = code + h->offset;
	uint64_t next = addr + h->offset + 4, window = r->text - AB_WINDOW_TEXT;
	uint32_t v;

	switch (h->kind) {
	case AB_HOLE_SITE:
		put_le32(p, s - r->g->site);
		return true;
	case AB_HOLE_EXIT:
		if (!displacement(r, next, s->addr + s->total_len, &v))
			return false;
		put_le32(p, v);
		return true;
	case AB_HOLE_VCPU:
		put_le32(p, get_le32(p) + window + AB_WINDOW_VCPU);
		return true;
	case AB_HOLE_DOORBELL:
		put_le32(p, get_le32(p) + window + AB_WINDOW_DOORBELL);
		return true;
	case AB_HOLE_TEXT:
		put_le32(p, get_le32(p) + r->text);
		return true;
	case AB_HOLE_TEXT_REL:
		if (!displacement(r, next, r->text + get_le32(p), &v))
			return false;
		put_le32(p, v);
		return true;
	case AB_HOLE_REG_RM:
		*p = (*p & ~7) | (insn->opnd[0].reg & 7);
		return insn->opnd[0].kind == AB_OPND_REG && insn->opnd[0].reg < 8;
	case AB_HOLE_REG_REG:
		*p = (*p & ~(7 << 3)) | (insn->opnd[0].reg & 7) << 3;
		return insn->opnd[0].kind == AB_OPND_REG;
	case AB_HOLE_REX_R:
		*p = (*p & ~4) | (insn->opnd[0].reg & 8) >> 1;
		return insn->opnd[0].kind == AB_OPND_REG;
	case AB_HOLE_SRC_RM:
		*p = (*p & ~7) | (insn->opnd[1].reg & 7);
		return insn->nopnd > 1 && insn->opnd[1].kind == AB_OPND_REG &&
		       insn->opnd[1].reg < 8;
	case AB_HOLE_IMM8:
		return site_immediate(insn, p);
	case AB_HOLE_SUB4:
		put_le32(p, get_le32(p) + 4 * site_sub(insn));
		return site_sub(insn) != AB_SUB_ANY;
	default:
		return false;
	}
}

static int fill_holes(const struct run *r, const struct ab_site *s,
		      const struct ab_insn *insn, const struct ab_wedge_template *t,
		      uint8_t *code, uint64_t addr)
{
	for (unsigned i = 0; i < t->hole_count; i++) {
		const struct ab_wedge_hole *h = &r->w->hole[t->hole_first + i];

		if (!fill_hole(r, s, insn, h, code, addr)) {
			error("%s: template %td for %s: hole %u cannot be filled at 0x%" PRIx64
			      " (out of reach, or not this operand)", r->w->path,
			      t - r->w->tmpl, ab_op_name(t->op), h->kind, s->addr);
			return -1;
		}
	}
	return 0;
}

/* Has another site got a jump with displacement (disp)?  Now one has. */
static bool jump_taken(struct run *r, uint32_t disp)
{
	size_t i = ab_jump_hash(disp) & r->jump_mask;

	for (; r->jump[i]; i = (i + 1) & r->jump_mask)
		if (r->jump[i] == disp)
			return true;
	r->jump[i] = disp;
	return false;
}

/* Where the next stub goes.  Each site's jump has a displacement of its own, by which
 * it is known wherever a guest copies it. */
static size_t stub_place(struct run *r, const struct ab_site *s)
{
	size_t at = (r->out->text_size + STUB_ALIGN - 1) & ~(size_t)(STUB_ALIGN - 1);

	while (jump_taken(r, (uint32_t)(r->text + at - (s->addr + JMP_LEN))))
		at += STUB_ALIGN;
	return at;
}

static void jumps_init(struct run *r)
{
	size_t n = ab_jump_slots(r->g->nsite);

	r->jump = xcalloc(n, sizeof(r->jump[0]));
	r->jump_mask = n - 1;
}

/* Append a stub; the site gets a jump to it. */
static int build_stub(struct run *r, size_t n, const struct ab_insn *insn,
		      const struct ab_wedge_template *t)
{
	struct ab_site *s = &r->g->site[n];
	struct ab_patch *out = r->out;
	size_t at = stub_place(r, s);
	uint64_t addr = r->text + at;
	uint32_t disp;

	if (at + t->code_len > r->room) {
		r->room = (at + t->code_len) * 2;
		out->text = xrealloc(out->text, r->room);
	}
	memset(out->text + out->text_size, 0xcc, at - out->text_size);
	memcpy(out->text + at, r->w->text + t->code, t->code_len);
	if (fill_holes(r, s, insn, t, out->text + at, addr))
		return -1;
	out->text_size = at + t->code_len;
	if ((guest_bits(r->g) == 32 && addr + t->code_len > UINT32_MAX) ||
	    (r->w->man.window_size && AB_WINDOW_TEXT + out->text_size > r->w->man.window_size)) {
		error("%s: the window of target '%s' (0x%x bytes) is too small for its stubs",
		      r->g->path, r->w->man.target, r->w->man.window_size);
		return -1;
	}
	if (!displacement(r, s->addr + JMP_LEN, addr, &disp)) {
		error("%s: site 0x%" PRIx64 " cannot reach its stub at 0x%" PRIx64
		      ": choose a nearer window", r->g->path, s->addr, addr);
		return -1;
	}
	r->bytes[n][0] = 0xe9;
	put_le32(r->bytes[n] + 1, disp);
	ab_nop_fill(r->bytes[n] + JMP_LEN, s->total_len - JMP_LEN);
	s->stub = addr;
	s->stub_len = t->code_len;
	out->stubbed++;
	return 0;
}

static int build_inline(struct run *r, size_t n, const struct ab_insn *insn,
			const struct ab_wedge_template *t)
{
	struct ab_site *s = &r->g->site[n];

	memcpy(r->bytes[n], r->w->text + t->code, t->code_len);
	if (fill_holes(r, s, insn, t, r->bytes[n], s->addr))
		return -1;
	ab_nop_fill(r->bytes[n] + t->code_len, s->total_len - t->code_len);
	r->out->inlined++;
	return 0;
}

/* Do a site's new bytes decode as whole instructions: (code_len) bytes of them,
 * then no-ops? */
static int check_built(const struct run *r, size_t n, unsigned code_len)
{
	const struct ab_site *s = &r->g->site[n];
	unsigned at = 0;

	while (at < s->total_len) {
		struct ab_insn insn = { 0 };
		int len = ab_decode(r->bytes[n] + at, s->total_len - at,
				    s->code_bits, &insn);

		if (len <= 0 || (at < code_len && at + len > code_len) ||
		    (at >= code_len && !ab_insn_is_nop(&insn, s->code_bits))) {
			error("%s: template %d for %s does not decode as whole instructions",
			      r->w->path, s->template, ab_op_name(s->op));
			return -1;
		}
		at += len;
	}
	return 0;
}

static bool op_traps(unsigned op)
{
	const struct ab_op_info *info = ab_op_info(op);

	return info->cpl3 == AB_CPL3_TRAPS || info->cpl3 == AB_CPL3_NONE;
}

/* No template serves the site: leave it to trap, make it trap, or refuse. */
static void leave_site(struct run *r, size_t n)
{
	struct ab_site *s = &r->g->site[n];
	const struct ab_op_info *info = ab_op_info(s->op);
	uint64_t off = 0;
	const char *fn;

	if (!op_traps(s->op) && (r->w->man.flags & AB_WEDGE_TRAPS)) {
		r->bytes[n][0] = AB_TRAP_BYTE;
		s->trapped = true;
		r->out->trapped++;
		return;
	}
	r->out->left++;
	if (op_traps(s->op))
		return;
	if (++r->refused > REFUSALS_SHOWN)
		return;
	fn = ab_guest_symbol(r->g, s->addr, &off);
	error("%s: %s at 0x%" PRIx64 " (%s+0x%" PRIx64 ") does not trap, and target '%s' "
	      "has no replacement that fits into %u bytes; build with a rule that pads it",
	      r->g->path, info->name, s->addr, fn ? fn : "?", off, r->w->man.target,
	      s->total_len);
}

static int build_site(struct run *r, size_t n)
{
	struct ab_site *s = &r->g->site[n];
	const struct ab_wedge_template *t;
	struct ab_insn insn;
	int ret = 0;

	memcpy(r->bytes[n], s->orig, s->total_len);
	if (ab_site_operands(s, &insn))
		return -1;
	s->template = choose_template(r->w, s, &insn);
	if (s->template < 0) {
		leave_site(r, n);
		return 0;
	}
	t = &r->w->tmpl[s->template];
	switch (t->form) {
	case AB_FORM_NATIVE:
		r->out->native++;
		return 0;
	case AB_FORM_INLINE:
		ret = build_inline(r, n, &insn, t);
		break;
	default:
		ret = build_stub(r, n, &insn, t);
		break;
	}
	return ret ? ret : check_built(r, n, t->form == AB_FORM_STUB ? JMP_LEN : t->code_len);
}

/* Write all sites; when two of them turn out to share bytes of the file, put
 * everything back. */
static int write_sites(struct run *r)
{
	struct ab_guest *g = r->g;
	size_t bad = g->nsite;

	for (size_t i = 0; i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK)
			memcpy(g->data + g->site[i].offset, r->bytes[i], g->site[i].total_len);
	for (size_t i = 0; i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK &&
		    memcmp(g->data + g->site[i].offset, r->bytes[i], g->site[i].total_len))
			bad = i;
	if (bad == g->nsite)
		return 0;
	for (size_t i = 0; i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK)
			memcpy(g->data + g->site[i].offset, g->site[i].orig,
			       g->site[i].total_len);
	error("%s: site 0x%" PRIx64 " shares bytes of the file with another one",
	      g->path, g->site[bad].addr);
	return -1;
}

static void index_stubs(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;

	free(p->stub_site);
	p->stub_site = xcalloc(g->nsite, sizeof(p->stub_site[0]));
	p->nstub = 0;
	for (size_t i = 0; i < g->nsite; i++)
		if (g->site[i].stub)
			p->stub_site[p->nstub++] = i;
}

static int check_request(struct ab_guest *g, const struct ab_wedge *w)
{
	if (g->patched[0])
		error("%s: was patched already, for target '%s'; patch the original file",
		      g->path, g->patched);
	else if (g->type == ET_REL)
		error("%s: is an object file; link it first", g->path);
	else if (w->man.machine != g->machine)
		error("%s: target '%s' takes %s guests, this one is %s", g->path,
		      w->man.target, ab_machine_name(w->man.machine),
		      ab_machine_name(g->machine));
	else
		return 0;
	return -1;
}

static void reset_sites(struct ab_guest *g)
{
	for (size_t i = 0; i < g->nsite; i++) {
		g->site[i].template = -1;
		g->site[i].stub = g->site[i].stub_len = 0;
		g->site[i].trapped = false;
	}
}

int ab_patch(struct ab_guest *g, const struct ab_wedge *w, uint32_t window,
	     bool (*skip)(const struct ab_site *, void *), void *arg,
	     struct ab_patch *out)
{
	struct run r = { .g = g, .w = w, .out = out };
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (check_request(g, w))
		return -1;
	r.text = ab_window_addr(g->machine, window) + AB_WINDOW_TEXT;
	r.room = w->text_size;
	r.bytes = xcalloc(g->nsite, sizeof(r.bytes[0]));
	jumps_init(&r);
	out->window = window;
	out->text_size = w->text_size;
	out->text = xmalloc(w->text_size);
	memcpy(out->text, w->text, w->text_size);
	reset_sites(g);
	for (size_t i = 0; i < g->nsite && !ret; i++) {
		struct ab_site *s = &g->site[i];

		if (s->state != AB_SITE_OK) {
			out->bad++;
		} else if (s->code_bits != guest_bits(g) || (skip && skip(s, arg))) {
			out->left++;
			memcpy(r.bytes[i], s->orig, s->total_len);
		} else {
			ret = build_site(&r, i);
		}
	}
	if (r.refused > REFUSALS_SHOWN)
		error("%s: ... and %zu sites more", g->path, r.refused - REFUSALS_SHOWN);
	if (!ret)
		ret = r.refused ? -1 : write_sites(&r);
	if (ret) {
		reset_sites(g);
		ab_patch_free(out);
	} else {
		index_stubs(g);
	}
	free(r.bytes);
	free(r.jump);
	return ret;
}

uint64_t ab_window_addr(uint16_t machine, uint32_t window)
{
	return machine == EM_X86_64 ? (uint64_t)(int64_t)(int32_t)window : window;
}

void ab_patch_free(struct ab_patch *p)
{
	free(p->text);
	memset(p, 0, sizeof(*p));
}

size_t ab_patch_trap(struct ab_guest *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];

		if (s->state != AB_SITE_OK || s->code_bits != guest_bits(g) ||
		    op_traps(s->op))
			continue;
		g->data[s->offset] = AB_TRAP_BYTE;
		s->trapped = true;
		n++;
	}
	return n;
}

/* The last site that does not begin after (ip), inline or not. */
static struct ab_site *inline_site(struct ab_guest *g, uint32_t ip)
{
	size_t lo = 0, hi = g->nsite;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->site[mid].addr <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* bad sites, which may be anywhere, have no template */
	while (lo > 0 && g->site[lo - 1].template < 0 &&
	       ip - g->site[lo - 1].addr < AB_SITE_MAX)
		lo--;
	return lo ? &g->site[lo - 1] : NULL;
}

static struct ab_site *stub_site(struct ab_guest *g, uint32_t ip)
{
	struct guest_priv *p = g->priv;
	size_t lo = 0, hi = p->nstub;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->site[p->stub_site[mid]].stub <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &g->site[p->stub_site[lo - 1]] : NULL;
}

struct ab_site *ab_patch_site_at(struct ab_guest *g, const struct ab_wedge *w,
				 uint32_t ip, uint32_t *offset)
{
	struct ab_site *s = stub_site(g, ip);
	const struct ab_wedge_template *t;

	if (s && ip - s->stub < s->stub_len) {
		*offset = ip - s->stub;
		return s;
	}
	s = inline_site(g, ip);
	if (!s || s->template < 0)
		return NULL;
	t = &w->tmpl[s->template];
	if (t->form != AB_FORM_INLINE || ip - s->addr >= t->code_len)
		return NULL;
	*offset = ip - s->addr;
	return s;
}
