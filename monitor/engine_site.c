/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_site.c: patched sites while the guest runs.
 *
 * A site is found by its physical address, since the same code may run at several
 * linear ones (start-up code); in a copy, by its bytes (engine_copy.c).  Whatever happens
 * inside a site's stub is made to look as if it happened at the site: the
 * template's unwind rows give the registers back.
 */
#include <string.h>
#include <sys/mman.h>
#include "monitor/engine.h"

/* The last good site that begins at or below physical (pa). */
static struct ab_site *site_below_pa(struct engine *e, uint64_t pa)
{
	struct ab_guest *g = e->mon->guest;
	size_t lo = 0, hi = e->nsite_pa;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->site[e->site_pa[mid]].paddr <= pa)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &g->site[e->site_pa[lo - 1]] : NULL;
}

static struct ab_site *site_at_pa(struct engine *e, uint64_t pa)
{
	struct ab_site *s = site_below_pa(e, pa);

	return s && s->paddr == pa ? s : NULL;
}

/* The good site that stands at linear (ip): itself, or copied there.  *delta: how far
 * from its link address it runs. */
struct ab_site *site_at(struct engine *e, uint32_t ip, uint32_t *delta)
{
	struct ab_xlat x;
	struct ab_site *s;

	if (ab_walk(e->m, ip, AB_ACC_R, true, &x) != AB_OK)
		return NULL;
	s = site_at_pa(e, x.pa);
	if (!s || !copy_intact(e, s, ip))
		s = copy_find(e, ip);
	if (s && delta)
		*delta = ip - (uint32_t)s->addr;
	return s;
}

/* Original bytes of the instruction at linear (ip), over which a hlt was written;
 * their number, 0 when there is none, or when the guest has put other code there. */
unsigned site_original(struct engine *e, uint32_t ip, const uint8_t **bytes)
{
	struct ab_site *s = site_at(e, ip, NULL);

	if (!s || !s->trapped)
		return 0;
	*bytes = s->orig;
	return s->insn_len;
}

/* True when linear (ip) lies behind the first byte of a patched sti, or right
 * after it: its shadow may still be on. */
bool site_after_sti(struct engine *e, uint32_t ip)
{
	struct ab_xlat x;
	struct ab_site *s;

	if (ab_walk(e->m, ip - 1, AB_ACC_R, true, &x) != AB_OK || x.pa >= e->mon->ram_size)
		return false;
	s = site_below_pa(e, x.pa);
	if (s && x.pa - s->paddr < s->total_len)
		return s->op == AB_OP_STI && s->template >= 0;
	return copy_page(e, (uint32_t)(x.pa >> 12)) != COPY_RUNS && copy_after_sti(e, ip);
}

/* A jump from a patched site that runs away from its link address went to the
 * window's address plus the same distance.  The site, when (ip) is that. */
struct ab_site *site_displaced(struct engine *e, uint32_t ip, uint32_t *delta)
{
	struct ab_guest *g = e->mon->guest;
	struct ab_site *s;
	uint32_t offset, d;
	size_t i;

	if (e->window == e->window_end)
		return NULL;
	for (i = 0; i < g->nseg; i++) {
		d = (uint32_t)(g->seg[i].paddr - g->seg[i].vaddr);
		if (!d || ip - d < e->window + AB_WINDOW_TEXT || ip - d >= e->text_end)
			continue;
		s = ab_patch_site_at(g, e->mon->wedge, ip - d, &offset);
		if (s && offset == 0) {
			*delta = d;
			return s;
		}
	}
	return e->m->cpu.cpl < 3 ? copy_jumped(e, ip, delta) : NULL;
}

static const struct ab_wedge_unwind *unwind_row(const struct ab_wedge *w,
						const struct ab_wedge_template *t,
						uint32_t offset)
{
	const struct ab_wedge_unwind *row = NULL;
	unsigned i;

	for (i = 0; i < t->unwind_count; i++)
		if (w->unwind[t->unwind_first + i].offset <= offset)
			row = &w->unwind[t->unwind_first + i];
	return row;
}

/* Guest code stopped inside the window: make it as if it had stopped at the
 * site (UNDO_START) or had done it (UNDO_END). */
enum site_undo site_undo(struct engine *e)
{
	const struct ab_wedge *w = e->mon->wedge;
	struct ab_cpu *c = &e->m->cpu;
	const struct ab_wedge_unwind *row;
	uint32_t ip = linear_ip(e), base = ip - (uint32_t)c->rip, offset, word[4];
	struct ab_site *s;
	unsigned i;

	if (e->window == e->window_end || ip < e->window || ip >= e->window_end)
		return UNDO_NONE;
	s = ip < e->text_end ? ab_patch_site_at(e->mon->guest, w, ip, &offset) : NULL;
	if (!s || !s->stub)
		engine_died(e, "guest code jumped into the wedge window at %x", ip);
	row = unwind_row(w, &w->tmpl[s->template], offset);
	if (row) {
		for (i = 0; i < row->nsaved; i++) {
			if (row->committed & AB_UNWIND_VCPU)
				word[i] = e->vp->scratch[i];
			else if (ab_read(e->m, c->seg[AB_SEG_SS].base + (uint32_t)(c->gpr[AB_ESP] + 4 * i),
					 &word[i], 4, AB_ACC_R) != AB_OK)
				engine_died(e, "the guest's stack vanished inside the stub at %x", ip);
			c->gpr[row->saved_order >> (4 * i) & 15] = word[i];
		}
		c->gpr[AB_ESP] = (uint32_t)(c->gpr[AB_ESP] + row->esp_delta);
	}
	if (row && row->committed & AB_UNWIND_COMMITTED) {
		/* before the store that is all that is left of popf */
		if (s->op == AB_OP_POPF &&
		    e->text[ip - e->window - AB_WINDOW_TEXT] == 0xc6)
			c->rflags |= AB_FL_IF;
		c->rip = (uint32_t)s->addr + s->total_len - base;
		return UNDO_END;
	}
	c->rip = (uint32_t)s->addr - base;
	return UNDO_START;
}

/* Do the site's op; it runs (delta) away from its link address. */
void site_call(struct engine *e, struct ab_site *s, uint32_t delta)
{
	struct ab_cpu *c = &e->m->cpu;
	const struct ab_insn *in = &s->insn;
	uint32_t next = (uint32_t)s->addr + delta - (uint32_t)c->seg[AB_SEG_CS].base;
	unsigned i;

	c->rip = next;
	for (i = 0; i < s->count; i++) {
		if (i == 0 && s->op == AB_OP_VSYSCALL) {
			next += in->len;	/* its no-op */
			c->rip = next;
			continue;
		}
		if (i > 0)
			in = &e->seq[e->seq_first[s - e->mon->guest->site] + i - 1];
		next += in->len;
		/* an ordinary instruction has no op of its own */
		engine_emulate_as(e, in, AB_PROF_CALL, in->op || i ? in->op : s->op, 0);
		if ((uint32_t)c->rip != next)
			return;		/* a fault or a transfer */
	}
}

/* Decode the instructions of every sequence, and let the last one of each site
 * end where the no-ops do: that is where the monitor comes back. */
static void index_sequences(struct engine *e)
{
	struct ab_guest *g = e->mon->guest;
	struct ab_insn *in;
	size_t i, n = 0;
	unsigned k, off;

	for (i = 0; i < g->nsite; i++)
		n += g->site[i].count;
	e->seq = mmap(NULL, (n + 1) * sizeof(*e->seq) + (g->nsite + 1) * sizeof(uint32_t),
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (e->seq == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the table of sequences");
	e->seq_first = (uint32_t *)(e->seq + n + 1);
	for (i = n = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];

		if (s->state != AB_SITE_OK)
			continue;
		e->seq_first[i] = (uint32_t)n;
		in = &s->insn;
		off = in->len;
		for (k = 1; k < s->count; k++) {
			in = &e->seq[n++];
			if (ab_decode(s->orig + off, s->insn_len - off, s->code_bits, in) < 0)
				engine_died(e, "the sequence at %x does not decode",
					    (uint32_t)s->addr);
			off += in->len;
		}
		in->len = (uint8_t)(in->len + s->total_len - s->insn_len);
	}
}

static void index_sites(struct engine *e)
{
	struct ab_guest *g = e->mon->guest;
	size_t i, j, n = 0, gap;

	e->site_pa = mmap(NULL, (g->nsite + 1) * sizeof(uint32_t), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (e->site_pa == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the table of sites");
	for (i = 0; i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK)
			e->site_pa[n++] = (uint32_t)i;
	e->nsite_pa = n;
	for (gap = n / 2; gap; gap /= 2)	/* Shell's sort: nearly sorted input */
		for (i = gap; i < n; i++) {
			uint32_t v = e->site_pa[i];

			for (j = i; j >= gap && g->site[e->site_pa[j - gap]].paddr >
			     g->site[v].paddr; j -= gap)
				e->site_pa[j] = e->site_pa[j - gap];
			e->site_pa[j] = v;
		}
}

/* The window's memory lies behind guest RAM in the same memfd, since that is the
 * only file that the cage lets us map: one page for the vCPU, then the text. */
void site_init(struct engine *e)
{
	struct mon *mon = e->mon;
	size_t text = 0;
	uint8_t *p;

	index_sites(e);
	if (mon->target == MON_HOSTED && mon->patch) {
		text = (mon->patch->text_size + PAGE - 1) & ~(size_t)(PAGE - 1);
		e->window = e->stubs_at = mon->window;
		e->text_end = e->window + AB_WINDOW_TEXT + (uint32_t)mon->patch->text_size;
		e->window_end = (e->text_end + PAGE - 1) & ~(PAGE - 1);
		index_sequences(e);
	}
	if (PAGE + text > MON_WINDOW_ROOM)
		mon_end(mon, MON_FAILED, "the wedge and its stubs are larger than the window");
	p = mmap(NULL, PAGE + text, PROT_READ | PROT_WRITE, MAP_SHARED, mon->ram_fd,
		 (off_t)mon->ram_size);
	if (p == MAP_FAILED)
		mon_end(mon, MON_FAILED, "no memory for the wedge window");
	e->vp = (struct ab_vcpu_page *)p;
	e->text = p + PAGE;
	if (text) {
		const uint64_t entry[AB_ENTRY_SLOTS] = {
			[AB_ENTRY_CALL] = (uint64_t)(uintptr_t)engine_call_entry,
			[AB_ENTRY_IRET] = (uint64_t)(uintptr_t)engine_iret_entry,
			[AB_ENTRY_VSYSCALL] = (uint64_t)(uintptr_t)engine_vsyscall_entry,
		};

		memcpy(e->text, mon->patch->text, mon->patch->text_size);
		memcpy(e->text + mon->wedge->man.entry_slot, entry, sizeof(entry));
	}
}
