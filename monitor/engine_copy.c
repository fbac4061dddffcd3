/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_copy.c: patched code that the guest has copied.
 *
 * A kernel that moves itself, or lays a function of its own into another page,
 * copies its sites as they are patched.  What was put inline is right anywhere.  A
 * jump to a stub leads astray, by as much as the copy lies away from the site, and
 * where it ends there may be code.  But each such jump has a displacement of its own
 * (loader/patch.c), so it says wherever it stands which site it was copied from.
 *
 * Translated code: bt_emit.c asks copy_astray() and leaves for site_call().
 *
 * 32-bit segments: a page is made executable when code is fetched from it, and is then
 * looked through; in jumps that would go astray the first byte becomes a hlt, which
 * traps, while the displacement stays and says for what.  From then on the page cannot
 * be written to.  A store makes it writable, and no longer executable.  The image's own
 * code need not be looked at before something is stored there.  A page that runs and is
 * written to again and again is left alone.  Unless a copy was found there: such a page
 * is mapped in one place only when it can be run or written to, in all processes.  And
 * unless code there writes to its own page: that is left alone from then on.
 */
#include <elf.h>
#include <sys/mman.h>
#include "monitor/engine.h"

#define JMP		0xe9
#define JMP_LEN		5u
#define TIMES		0x0fu	/* that a page was written to after it ran: its state, */
#define TIMES_MAX	15u
#define TIMES_IMAGE	4u	/* less of them for the image's code: kernels patch themselves */
#define IMAGE		0x80u	/* the image's code, */
#define OLD		0x10u	/* may hold copies from before the window moved */
#define FOUND		0x20u	/* copied jumps were there */
#define CLEAN		0x40u	/* to which nothing was stored since it was looked at */
#define LOOK		32u	/* bytes of longer sites are not looked for in copies */
#define ALIKE_MIN	8u	/* see hlt_of() */

/* ---- guest memory ---- */

/* (n) bytes at linear (va), as far as there are any; no bit in the guest's tables
 * changes.  Their number. */
static unsigned peek(struct engine *e, uint32_t va, uint8_t *buf, unsigned n)
{
	struct ab_xlat x;
	unsigned i, part;
	const void *p;

	for (i = 0; i < n; i += part) {
		part = PAGE - ((va + i) & (PAGE - 1));
		if (part > n - i)
			part = n - i;
		if (ab_walk(e->m, (uint32_t)(va + i), AB_ACC_R, true, &x) != AB_OK)
			break;
		p = engine_host.phys(e->m, x.pa, part);
		if (!p)
			break;
		ab_memcpy(buf + i, p, part);
	}
	return i;
}

static uint32_t get32(const uint8_t *p)
{
	return *(const uint32_t *)p;
}

/* ---- what the loader wrote ---- */

static const uint8_t *written(const struct engine *e, const struct ab_site *s)
{
	return e->mon->guest->data + s->offset;
}

static const struct ab_wedge_template *template_of(const struct engine *e,
						   const struct ab_site *s)
{
	return s->template < 0 ? NULL : &e->mon->wedge->tmpl[s->template];
}

static bool is_stub(const struct engine *e, const struct ab_site *s)
{
	const struct ab_wedge_template *t = template_of(e, s);

	return t && t->form == AB_FORM_STUB;
}

/* Does offset (at) of the site's bytes hold an address or displacement that moves with
 * the window? */
static bool moves(const struct engine *e, const struct ab_site *s, unsigned at)
{
	const struct ab_wedge_template *t = template_of(e, s);
	unsigned i;

	if (!t || t->form != AB_FORM_INLINE)
		return t && t->form == AB_FORM_STUB && at == 1;
	for (i = 0; i < t->hole_count; i++) {
		const struct ab_wedge_hole *h = &e->mon->wedge->hole[t->hole_first + i];

		if (h->offset == at && (h->kind == AB_HOLE_VCPU || h->kind == AB_HOLE_DOORBELL ||
					h->kind == AB_HOLE_TEXT || h->kind == AB_HOLE_TEXT_REL))
			return true;
	}
	return false;
}

/* (v) where the loader wrote (was): is it that for a window that there is or was?  How
 * far behind the present one. */
static bool for_window(const struct engine *e, uint32_t v, uint32_t was, uint32_t *behind)
{
	const struct copies *c = e->copies;
	uint32_t i;

	for (i = 0; i < c->nwindow; i++)
		if (v - was == c->window[i] - c->window[0]) {
			*behind = c->now - c->window[i];
			return true;
		}
	return false;
}

/* Are these (n) bytes what was written over (s), or the same with a hlt for its jump?  Of
 * no-ops behind a jump, there may be less. */
static bool holds(const struct engine *e, const struct ab_site *s, const uint8_t *code,
		  unsigned n, uint32_t *behind)
{
	const uint8_t *as = written(e, s);
	unsigned i;

	*behind = 0;
	if (n < (is_stub(e, s) ? JMP_LEN : s->total_len))
		return false;
	for (i = 0; i < s->total_len && i < n; i++) {
		if (moves(e, s, i)) {
			if (!for_window(e, get32(code + i), get32(as + i), behind))
				return false;
			i += 3;
		} else if (code[i] != as[i] &&
			   (i || code[0] != AB_TRAP_BYTE || !is_stub(e, s))) {
			return false;
		}
	}
	return true;
}

bool copy_intact(struct engine *e, const struct ab_site *s, uint32_t ip)
{
	uint8_t code[AB_SITE_MAX];
	uint32_t behind;

	return s->op == AB_OP_VSYSCALL ||	/* the monitor changes it itself */
	       holds(e, s, code, peek(e, ip, code, s->total_len), &behind);
}

/* ---- from bytes to their site ---- */

static struct ab_site *by_displacement(const struct engine *e, uint32_t disp)
{
	uint32_t i = ab_jump_hash(disp) & e->jump_mask, n;

	for (; (n = e->jump_hash[i]); i = (i + 1) & e->jump_mask)
		if (e->jump[n - 1].disp == disp)
			return &e->mon->guest->site[e->jump[n - 1].site];
	return NULL;
}

/* The site whose jump has displacement (disp), for any window.  That of most jumps is
 * far from all that there are. */
static inline struct ab_site *jump_of(const struct engine *e, uint32_t disp)
{
	const struct copies *c = e->copies;
	struct ab_site *s = NULL;
	uint32_t i, was;

	for (i = 0; i < c->nwindow && !s; i++) {
		was = disp - (c->window[i] - c->window[0]);
		if (was - e->jump_least <= e->jump_range)
			s = by_displacement(e, was);
	}
	return s;
}

/* A site with the same inline code: all that have it do the same. */
static struct ab_site *inline_of(const struct engine *e, const uint8_t *code, unsigned n,
				 uint32_t *behind)
{
	uint32_t i;

	for (i = 0; i < e->ninline; i++) {
		struct ab_site *s = &e->mon->guest->site[e->inline_site[i]];

		if (holds(e, s, code, n, behind))
			return s;
	}
	return NULL;
}

/* The same byte in a copy, where a jump may have become a hlt? */
static bool alike(uint8_t a, uint8_t b)
{
	return a == b || (a == JMP && b == AB_TRAP_BYTE) || (b == JMP && a == AB_TRAP_BYTE);
}

/* How many bytes of (n) at (code), and of (lead) before it, are like those of the image
 * at (s)'s; 0 when the site's own are not. */
static unsigned likeness(const struct engine *e, const struct ab_site *s, const uint8_t *code,
			 unsigned n, unsigned lead)
{
	const struct ab_guest *g = e->mon->guest;
	const uint8_t *as = written(e, s);
	unsigned before = 0, after = 0;

	while (after < n && s->offset + after < g->size && alike(code[after], as[after]))
		after++;
	while (before < lead && before < s->offset &&
	       alike(code[-1 - (int)before], as[-1 - (int)before]))
		before++;
	return after < s->total_len && after < LOOK ? 0 : before + after;
}

/* Is the hlt at (ip) one that the file has there: the guest's own, and no copy? */
static bool own_hlt(struct engine *e, uint32_t ip)
{
	const uint8_t *was;
	struct ab_xlat x;

	if (ab_walk(e->m, ip, AB_ACC_R, true, &x) != AB_OK)
		return false;
	was = ab_guest_loaded(e->mon->guest, x.pa);
	return was && *was == AB_TRAP_BYTE;
}

/* The site with a hlt, its own or one that stands for its op, that a hlt at (ip) is a
 * copy of.  One byte tells little: the code around must be like the image's. */
static struct ab_site *hlt_of(struct engine *e, uint32_t ip)
{
	struct ab_site *best = NULL;
	unsigned most = ALIKE_MIN - 1, lead = LOOK, n;
	uint8_t code[2 * LOOK];
	uint32_t i;

	if (peek(e, ip - lead, code, lead) < lead)
		lead = ip & (PAGE - 1) & (LOOK - 1);
	n = peek(e, ip - lead, code, lead + LOOK);
	for (i = 0; i < e->nhlt && n > lead; i++) {
		struct ab_site *s = &e->mon->guest->site[e->hlt_site[i]];
		unsigned like = likeness(e, s, code + lead, n - lead, lead);

		if (like > most) {
			most = like;
			best = s;
		}
	}
	return best;
}

/* Is (byte) the first one of any site that a fault could be about? */
static bool may_begin(const struct engine *e, uint8_t byte)
{
	return e->copy_first[byte >> 3] >> (byte & 7) & 1;
}

struct ab_site *copy_find(struct engine *e, uint32_t ip)
{
	struct ab_site *s;
	uint32_t behind;
	uint8_t code[LOOK];
	unsigned n;

	if (!peek(e, ip, code, 1) || !may_begin(e, code[0]))
		return NULL;
	s = ab_guest_site(e->mon->guest, ip);
	if (s && copy_intact(e, s, ip))
		return s;		/* at its address, in another page */
	n = peek(e, ip, code, LOOK);
	if (n >= JMP_LEN && (code[0] == JMP || code[0] == AB_TRAP_BYTE)) {
		s = jump_of(e, get32(code + 1));
		if (s && holds(e, s, code, n, &behind))
			return s;
	}
	if (n && code[0] == AB_TRAP_BYTE)
		return own_hlt(e, ip) ? NULL : hlt_of(e, ip);
	return inline_of(e, code, n, &behind);
}

bool copy_after_sti(struct engine *e, uint32_t ip)
{
	uint8_t code[2 * LOOK];
	unsigned n = peek(e, ip - LOOK, code, 2 * LOOK), i;
	const struct ab_site *s;
	uint32_t behind;

	for (i = 0; i < n && i < LOOK; i++) {
		if (!may_begin(e, code[i]))
			continue;
		s = inline_of(e, code + i, n - i, &behind);
		if (s && s->op == AB_OP_STI && LOOK - i <= s->total_len)
			return true;
	}
	return false;
}

/* ---- jumps that go astray ---- */

/* The copied site at linear (ip), where a jump with displacement (disp) stands that does
 * not lead to its stub. */
static struct ab_site *astray(struct engine *e, uint32_t ip, uint32_t disp)
{
	const struct copies *c = e->copies;
	struct ab_site *s = jump_of(e, disp);
	uint8_t code[LOOK];
	uint32_t behind;

	if (!s || ip + disp == (uint32_t)s->addr + get32(written(e, s) + 1) +
		   (c->now - c->window[0]) ||
	    !holds(e, s, code, peek(e, ip, code, LOOK), &behind))
		return NULL;
	return s;
}

bool copy_astray(struct engine *e, uint32_t ip, uint32_t disp)
{
	return astray(e, ip, disp);
}

/* Can inline code that begins at (p) work on any window?  Its address is where the
 * templates have it. */
static bool names_window(const struct copies *c, const uint8_t *p)
{
	uint32_t i, at;

	for (at = 1; at <= 3; at++)
		for (i = 0; i < c->nwindow; i++)
			if (get32(p + at) - c->window[i] < AB_WINDOW_TEXT)
				return true;
	return false;
}

/* Copied inline code at linear (va) that works on a window which is no more: its site. */
static struct ab_site *stale(struct engine *e, uint32_t va, uint8_t code[LOOK],
			     uint32_t *behind)
{
	struct ab_site *s = inline_of(e, code, peek(e, va, code, LOOK), behind);

	return s && *behind ? s : NULL;
}

bool copy_stale(struct engine *e, uint32_t ip, const uint8_t *bytes)
{
	uint8_t code[LOOK];
	uint32_t behind;

	return e->copies->nwindow > 1 && names_window(e->copies, bytes) &&
	       stale(e, ip, code, &behind);
}

/* ---- pages that code is fetched from ---- */

/* Put byte (to) into a copy, at linear (va). */
static void change(struct engine *e, uint32_t va, uint8_t to)
{
	struct ab_xlat x;
	uint8_t *state;

	if (ab_walk(e->m, va, AB_ACC_R, true, &x) != AB_OK || x.pa >= e->mon->ram_size)
		return;
	state = &e->copies->page[x.pa >> 12];
	*state = (uint8_t)((*state | FOUND) & ~CLEAN);
	e->mon->ram[x.pa] = to;
}

/* For --trace. */
static void say(struct engine *e, const struct ab_site *s, uint32_t va)
{
	if (e->mon->trace)
		mon_log(e->mon, "site %x was copied to %x\n", (uint32_t)s->addr, va);
}

/* Inline code that stands at (va) and works on no window that there is: it shall. */
static bool renew(struct engine *e, uint32_t va, bool mend)
{
	uint8_t code[LOOK];
	uint32_t behind;
	struct ab_site *s = stale(e, va, code, &behind);
	unsigned i;

	if (!s)
		return false;
	window_move_code(e, template_of(e, s), code, behind, false);
	for (i = 0; mend && i < s->total_len; i++)
		change(e, va + i, code[i]);
	if (mend)
		say(e, s, va);
	return true;
}

/* The byte at linear (va) is a jump's: when that goes astray, it becomes a hlt.  But not
 * where the image's own site is mapped a second time. */
static bool stop_jump(struct engine *e, uint32_t va, bool mend)
{
	uint8_t disp[4];
	struct ab_site *s;
	struct ab_xlat x;

	if (peek(e, va + 1, disp, 4) < 4 || !(s = astray(e, va, get32(disp))) ||
	    ab_walk(e->m, va, AB_ACC_R, true, &x) != AB_OK || x.pa == s->paddr)
		return false;
	if (mend) {
		change(e, va, AB_TRAP_BYTE);
		say(e, s, va);
	}
	return true;
}

/* Are pages run by the processor itself? */
static bool watching(const struct engine *e)
{
	return e->copies->jumps && !e->bt_on;
}

/* A jump to (ip), where there is no code: a copied site's?  It can be any site's.  The
 * page that it stands in is mapped, since it ran. */
struct ab_site *copy_jumped(struct engine *e, uint32_t ip, uint32_t *delta)
{
	const struct shadow *v = shadow_view(e);
	uint32_t moved = e->copies->now - e->copies->window[0], from, i;
	struct ab_site *s;

	for (i = 0; i < e->njump; i++) {
		from = ip - JMP_LEN - (e->jump[i].disp + moved);
		if (from >= v->low && !(v->page[from >> 12] & SH_PRESENT))
			continue;
		s = &e->mon->guest->site[e->jump[i].site];
		*delta = from - (uint32_t)s->addr;
		if (!*delta || !copy_intact(e, s, from))
			continue;
		if (watching(e))
			stop_jump(e, from, true);
		return s;
	}
	return NULL;
}

/* Which bytes of a page are a jump's first: a bit each.  The registers that this takes may
 * be the guest's still. */
static void find_jumps(const uint8_t *page, uint64_t bits[PAGE / 64])
{
	const uint64_t eight = 0x0101010101010101ull * JMP;
	uint8_t keep[32];
	uint32_t a, b, c, d, i;

	__asm__ volatile("movdqu %%xmm0, (%0); movdqu %%xmm1, 16(%0)" : : "r"(keep) : "memory");
	__asm__ volatile("movq %0, %%xmm0; punpcklqdq %%xmm0, %%xmm0" : : "r"(eight));
	for (i = 0; i < PAGE / 64; i++) {
		__asm__ volatile("movdqa (%4), %%xmm1; pcmpeqb %%xmm0, %%xmm1; pmovmskb %%xmm1, %0;"
				 "movdqa 16(%4), %%xmm1; pcmpeqb %%xmm0, %%xmm1; pmovmskb %%xmm1, %1;"
				 "movdqa 32(%4), %%xmm1; pcmpeqb %%xmm0, %%xmm1; pmovmskb %%xmm1, %2;"
				 "movdqa 48(%4), %%xmm1; pcmpeqb %%xmm0, %%xmm1; pmovmskb %%xmm1, %3"
				 : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d)
				 : "r"(page + 64 * i) : "memory");
		bits[i] = (uint64_t)(d << 16 | c) << 32 | b << 16 | a;
	}
	__asm__ volatile("movdqu (%0), %%xmm0; movdqu 16(%0), %%xmm1" : : "r"(keep) : "memory");
}

/* All inline copies of a page. */
static bool renew_page(struct engine *e, uint32_t va, uint32_t frame, bool mend)
{
	const uint8_t *p = e->mon->ram + ((uint64_t)frame << 12);
	bool found = false;
	uint32_t i;

	for (i = 0; i < PAGE; i++)
		if (may_begin(e, p[i]) && (i + 7 > PAGE || names_window(e->copies, p + i)))
			found |= renew(e, va + i, mend);
	return found;
}

/* All jumps of a page, and those of which it has only the end. */
static bool look(struct engine *e, uint32_t va, uint32_t frame, bool mend)
{
	const uint8_t *p = e->mon->ram + ((uint64_t)frame << 12);
	uint64_t bits[PAGE / 64];
	bool found = false;
	uint32_t i, k;
	uint8_t before[4];

	va &= ~(PAGE - 1);
	k = peek(e, va - 4, before, 4);
	for (i = 0; i < k; i++)
		if (before[i] == JMP)
			found |= stop_jump(e, va - 4 + i, mend);
	find_jumps(p, bits);
	for (i = 0; i < PAGE / 64; i++)
		for (; bits[i]; bits[i] &= bits[i] - 1) {
			k = 64 * i + (uint32_t)__builtin_ctzll(bits[i]);
			if (k + JMP_LEN > PAGE || jump_of(e, get32(p + k + 1)))
				found |= stop_jump(e, va + k, mend);
		}
	return found;
}

bool copy_look(struct engine *e, uint32_t va, uint32_t frame, bool mend)
{
	uint8_t *state = &e->copies->page[frame];
	bool found;

	if (*state & CLEAN)
		return true;
	found = look(e, va, frame, mend);
	if (*state & OLD && renew_page(e, va & ~(PAGE - 1), frame, mend))
		found = true;
	if (found && !mend)
		return false;
	*state &= (uint8_t)~OLD;
	if (found)
		return true;
	if ((*state & (IMAGE | FOUND)) == IMAGE)
		*state |= CLEAN;
	return true;
}

bool copy_image_look(struct engine *e, uint32_t va, uint32_t frame)
{
	return e->copies->page[frame] & IMAGE && copy_look(e, va, frame, false);
}

enum copy_page copy_page(const struct engine *e, uint32_t frame)
{
	uint8_t state = e->copies->page[frame];

	if (!watching(e) || (state & (FOUND | TIMES)) == TIMES_MAX)
		return COPY_FREE;
	if (state & FOUND)
		return COPY_FOUND;
	return state & CLEAN ? COPY_RUNS : COPY_UNSEEN;
}

/* Does the instruction at cpu.rip stand in (frame)? */
static bool by_itself(const struct engine *e, uint32_t frame)
{
	const struct shadow *s = &e->sh;
	uint32_t first = linear_ip(e) >> 12, last = (linear_ip(e) + 14) >> 12;

	return (s->page[first] & SH_PRESENT && s->frame[first] == frame) ||
	       (s->page[last % PAGES_4G] & SH_PRESENT && s->frame[last % PAGES_4G] == frame);
}

void copy_stored(struct engine *e, uint32_t frame)
{
	uint8_t *state = &e->copies->page[frame];

	if (by_itself(e, frame)) {
		/* it needs both rights at once, a stack beside its code, perhaps */
		*state = (uint8_t)((*state & IMAGE) | TIMES_MAX);
		return;
	}
	*state &= (uint8_t)~CLEAN;
	if ((*state & TIMES) < TIMES_MAX)
		++*state;
}

void copy_alone(struct engine *e, uint32_t page, uint32_t frame)
{
	struct copies *c = e->copies;

	c->log[c->seq++ % COPY_LOG] = frame;
	e->copies_seen = c->seq;
	shadow_frame(e, frame, page);
}

void copy_catch_up(struct engine *e)
{
	struct copies *c = e->copies;

	if (c->seq - e->copies_seen > COPY_LOG)
		shadow_reset(e);
	else
		for (; e->copies_seen != c->seq; e->copies_seen++)
			shadow_frame(e, c->log[e->copies_seen % COPY_LOG], PAGES_4G);
	e->copies_seen = c->seq;
}

void copy_window(struct engine *e, uint32_t window)
{
	struct copies *c = e->copies;
	uint32_t i;

	c->now = window;
	for (i = 0; c->nwindow && i < e->mon->ram_size >> 12; i++)
		c->page[i] |= OLD;
	for (i = 0; i < c->nwindow; i++)
		if (c->window[i] == window)
			return;
	if (c->nwindow < COPY_WINDOWS)
		c->window[c->nwindow++] = window;
}

/* ---- start ---- */

static void *table(struct engine *e, size_t size, int how)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	if (p == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the table of copied sites");
	return p;
}

static void index_jump(struct engine *e, const struct ab_site *s)
{
	uint32_t disp = get32(written(e, s) + 1), i = ab_jump_hash(disp) & e->jump_mask;

	while (e->jump_hash[i])
		i = (i + 1) & e->jump_mask;
	e->jump[e->njump].disp = disp;
	e->jump[e->njump].site = (uint32_t)(s - e->mon->guest->site);
	e->jump_hash[i] = ++e->njump;
	/* modulo 4 GiB they lie around the first one's */
	if (e->njump == 1)
		e->jump_least = disp;
	if (disp - e->jump_least > e->jump_range) {
		if (disp - e->jump_least < 1u << 31) {
			e->jump_range = disp - e->jump_least;
		} else {
			e->jump_range += e->jump_least - disp;
			e->jump_least = disp;
		}
	}
}

static void index_site(struct engine *e, const struct ab_site *s)
{
	const struct ab_wedge_template *t = template_of(e, s);
	const uint8_t *as = written(e, s);
	uint32_t behind, n = (uint32_t)(s - e->mon->guest->site);

	if (is_stub(e, s)) {
		index_jump(e, s);
	} else if (t && t->form == AB_FORM_INLINE && s->op != AB_OP_VSYSCALL) {
		if (inline_of(e, as, s->total_len, &behind))
			return;
		e->inline_site[e->ninline++] = n;
	} else if (as[0] == AB_TRAP_BYTE) {
		e->hlt_site[e->nhlt++] = n;
	} else {
		return;
	}
	e->copy_first[as[0] >> 3] |= (uint8_t)(1u << (as[0] & 7));
	e->copy_first[AB_TRAP_BYTE >> 3] |= 1u << (AB_TRAP_BYTE & 7);
}

/* The image's code: from the first site of each segment to its last. */
static void image_known(struct engine *e)
{
	const struct ab_guest *g = e->mon->guest;
	uint64_t first, last, at;
	size_t i, k;

	for (i = 0; i < g->nseg; i++) {
		first = UINT64_MAX;
		last = 0;
		for (k = 0; g->seg[i].flags & PF_X && k < g->nsite; k++) {
			at = g->site[k].paddr;
			if (g->site[k].state != AB_SITE_OK || at - g->seg[i].paddr >= g->seg[i].filesz)
				continue;
			first = at < first ? at : first;
			last = at > last ? at : last;
		}
		for (at = first >> 12; at <= last >> 12 && at < e->mon->ram_size >> 12; at++)
			e->copies->page[at] = IMAGE | CLEAN | (TIMES_MAX - TIMES_IMAGE);
	}
}

void copy_init(struct engine *e)
{
	struct ab_guest *g = e->mon->guest;
	size_t i, n = ab_jump_slots(g->nsite);

	e->copies = table(e, sizeof(*e->copies) + (e->mon->ram_size >> 12), MAP_SHARED);
	e->jump = table(e, (g->nsite + 1) * sizeof(*e->jump), MAP_PRIVATE);
	e->jump_hash = table(e, n * sizeof(uint32_t), MAP_PRIVATE);
	e->jump_mask = (uint32_t)n - 1;
	e->inline_site = table(e, (g->nsite + 1) * sizeof(uint32_t), MAP_PRIVATE);
	e->hlt_site = table(e, (g->nsite + 1) * sizeof(uint32_t), MAP_PRIVATE);
	copy_window(e, e->window);
	for (i = 0; i < g->nsite; i++)
		if (g->site[i].state == AB_SITE_OK)
			index_site(e, &g->site[i]);
	image_known(e);
	e->copies->jumps = e->njump;
}
