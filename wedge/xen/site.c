/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site.c: the guest's patched sites as the loader has left them for us, and how to
 * make a stub invisible: what the guest sees of an event is the site's own address
 * and the registers that it had there.
 */
#include "xen/pv.h"

static const struct ab_embed_site *sites(void)
{
	return (const struct ab_embed_site *)embed.site;
}

static const struct ab_wedge_template *template_of(const struct ab_embed_site *s)
{
	return s->tmpl < embed.ntmpl ?
	       (const struct ab_wedge_template *)embed.tmpl + s->tmpl : NULL;
}

/* The last site whose stub does not begin after (rip).  Stubs lie in the order of
 * their sites; sites without one are skipped. */
static const struct ab_embed_site *stub_find(uint64_t rip)
{
	const struct ab_embed_site *s = sites(), *found = NULL;
	uint64_t lo = 0, hi = embed.nsite, mid, at;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		for (at = mid; at > lo && !s[at].stub; at--)
			;
		if (!s[at].stub || s[at].stub > rip) {
			if (!s[at].stub)
				lo = mid + 1;
			else
				hi = at;
			continue;
		}
		found = &s[at];
		lo = mid + 1;
	}
	return found;
}

static const struct ab_embed_site *inline_find(uint64_t rip)
{
	const struct ab_embed_site *s = sites();
	uint64_t lo = 0, hi = embed.nsite, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (s[mid].addr <= rip)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || rip - s[lo - 1].addr >= s[lo - 1].total_len)
		return NULL;
	return &s[lo - 1];
}

const struct ab_embed_site *site_at(uint64_t rip)
{
	const struct ab_wedge_template *t;
	const struct ab_embed_site *s;

	if (rip >= embed.window) {
		s = stub_find(rip);
		t = s ? template_of(s) : NULL;
		return t && rip - s->stub < t->code_len ? s : NULL;
	}
	s = inline_find(rip);
	if (!s || s->tmpl == SITE_TRAPS)
		return s;
	t = template_of(s);
	return t && t->form != AB_FORM_NATIVE ? s : NULL;
}

static const struct ab_wedge_unwind *unwind_row(const struct ab_wedge_template *t,
						uint64_t offset)
{
	const struct ab_wedge_unwind *u =
		(const struct ab_wedge_unwind *)embed.unwind + t->unwind_first;
	unsigned i;

	for (i = t->unwind_count; i > 0; i--)
		if (u[i - 1].offset <= offset)
			return &u[i - 1];
	return NULL;
}

static void unwind(const struct ab_embed_site *s, uint64_t offset)
{
	const struct ab_wedge_unwind *u = unwind_row(template_of(s), offset);
	struct ab_cpu *c = &machine.cpu;
	uint64_t value;
	unsigned i;

	if (!u)
		xen_die("a stub that cannot be undone");
	for (i = 0; i < u->nsaved; i++) {
		if (u->committed & AB_UNWIND_VCPU)
			value = vcpu.scratch;	/* there is one */
		else if (ab_read(&machine, c->gpr[AB_ESP] + i * 8, &value, 8, AB_ACC_R) != AB_OK)
			xen_die("a stub's stack is gone");
		c->gpr[u->saved_order >> i * 4 & 15] = value;
	}
	c->gpr[AB_ESP] += (uint64_t)(int64_t)u->esp_delta;
	c->rip = u->committed & AB_UNWIND_COMMITTED ? s->addr + s->total_len : s->addr;
}

void site_undo(void)
{
	const struct ab_embed_site *s;

	if (machine.cpu.rip < embed.window)
		return;
	s = site_at(machine.cpu.rip);
	if (s)
		unwind(s, machine.cpu.rip - s->stub);
}

enum ab_result site_run(const struct ab_embed_site *s)
{
	struct ab_cpu *c = &machine.cpu;
	unsigned at = 0, i;
	enum ab_result r = AB_OK;

	c->rip = s->addr;
	for (i = 0; i < s->count; i++) {
		unsigned room = s->insn_len - at < 15u ? s->insn_len - at : 15u;
		struct ab_insn in = { 0 };
		int len = ab_insn_decode(s->orig + at, room, s->code_bits, &in);

		if (len <= 0)
			xen_die("a site that cannot be decoded");
		r = ab_emulate(&machine, &in);
		at += (unsigned)len;
		if (r != AB_OK || c->rip != s->addr + at)
			return r;
	}
	c->rip = s->addr + s->total_len;
	return r;
}

bool site_call(void)
{
	struct ab_cpu *c = &machine.cpu;
	const struct ab_embed_site *s;

	if (c->rip < embed.window)
		return false;
	s = site_at(c->rip - 1);
	if (!s)
		return false;
	c->gpr[AB_ECX] = vcpu.rcx;
	c->gpr[11] = vcpu.r11;
	if (vcpu.site == SITE_POLL) {
		unwind(s, c->rip - 1 - s->stub);
		return true;
	}
	xen.calls[s->op < AB_OP_COUNT ? s->op : 0]++;
	trap_check(site_run(s));
	return true;
}
