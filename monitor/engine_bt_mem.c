/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_bt_mem.c: guest pages that hold translated code.
 *
 * Code that changes must not run as it was.  A page with translations is mapped
 * read-only by every process of the pool; a store to it drops them and makes it
 * writable again.  Where data lies beside code in one page that happens all the
 * time: after BT_HOT stores the page stays read-only, and stores that miss the
 * code are emulated.
 *
 * The processes of the pool share guest RAM and the translations, and run one at a
 * time; mappings and slots are each process's own.  What one does to a page is written
 * to a log that the others read when they get the vCPU.
 */
#include <string.h>
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/engine_bt.h"
#include "monitor/sys.h"

#define TIMES_ONE	2u		/* state: BT_CODE, and a count */
#define TIMES_MAX	(255u & ~BT_CODE)
#define BT_FEW		8u		/* pages to look for one by one */

static void tell(struct engine *e, uint32_t frame, unsigned what)
{
	struct bt_shared *sh = e->bt.sh;

	sh->log[sh->seq++ % BT_LOG] = frame << 1 | what;
	e->bt.seen = sh->seq;
}

static void protect_page(struct shadow *s, uint32_t i)
{
	s->page[i] &= (uint8_t)~SH_WRITE;
	s->whole[i >> 10] = false;
	s->maps += 2;
	sys_call3(SYS_mprotect, (long)(s->base + ((uint64_t)i << 12)), PAGE, PROT_READ);
}

/* May page (i) be written through, although it holds code? */
static bool exposed(const struct engine *e, const struct shadow *s, uint32_t i)
{
	return s->page[i] & SH_WRITE && !(s->page[i] & SH_WINDOW) &&
	       !bt_writable(e, s->frame[i]);
}

/* No mapping of (frame), BT_NONE: of any page that holds code, may be written through. */
static void protect_view(struct engine *e, struct shadow *s, uint32_t frame)
{
	uint32_t r, i;

	for (r = 0; r < REGIONS; r++)
		for (i = r << 10; s->count[r] && i < (r + 1) << 10; i++)
			if ((frame == BT_NONE || s->frame[i] == frame) && exposed(e, s, i))
				protect_page(s, i);
}

static void protect(struct engine *e, uint32_t frame)
{
	protect_view(e, &e->sh, frame);
	protect_view(e, &e->ush, frame);
}

void bt_protect_range(struct engine *e, uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = first; i < first + n; i++)
		if (exposed(e, e->view, i))
			protect_page(e->view, i);
}

bool bt_unprotect(struct engine *e, uint32_t page, uint32_t frame)
{
	struct shadow *s = e->view;

	if (!(s->page[page] & SH_PRESENT) || s->frame[page] != frame ||
	    sys_call3(SYS_mprotect, (long)(s->base + ((uint64_t)page << 12)), PAGE,
		      PROT_READ | PROT_WRITE))
		return false;
	s->page[page] |= SH_WRITE;
	return true;
}

static void kill_frame(struct engine *e, uint32_t frame)
{
	struct bt *bt = &e->bt;
	uint32_t n = bt->frame[frame], next;

	for (; n; n = next) {
		struct bt_block *b = &bt->block[n - 1];

		next = b->next[b->frame != frame];
		bt_kill(e, b);
	}
	bt->frame[frame] = 0;
}

void bt_forget(struct engine *e, uint32_t frame)
{
	kill_frame(e, frame);
	tell(e, frame, BT_WAS_WRITTEN);
}

/* Translations of (frame) are worth nothing any more, in no process. */
static void written(struct engine *e, uint32_t frame)
{
	uint8_t *state = &e->bt.sh->state[frame];

	bt_forget(e, frame);
	*state &= (uint8_t)~BT_CODE;
	if (*state < TIMES_MAX)
		*state = (uint8_t)(*state + TIMES_ONE);
}

bool bt_writable(const struct engine *e, uint32_t frame)
{
	return !e->bt_on || !(e->bt.sh->state[frame] & BT_CODE);
}

bool bt_write_fault(struct engine *e, uint32_t frame)
{
	if (e->bt.sh->state[frame] / TIMES_ONE >= BT_HOT)
		return false;
	written(e, frame);
	return true;
}

/* Do bytes [from, from + len) of page (frame) belong to (b)?  Both its pages can be one. */
static bool overlaps(const struct bt_block *b, uint32_t frame, uint32_t from, uint32_t len)
{
	uint32_t first = (uint32_t)b->pa & (PAGE - 1);

	return !b->dead &&
	       ((b->frame == frame && from < first + b->len && from + len > first) ||
		(b->frame2 == frame && from < b->len2));
}

/* The monitor writes to [from, from + len) of (frame).  Only what stands there goes,
 * where that happens often: else the page is the guest's again. */
static void stored(struct engine *e, uint32_t frame, uint32_t from, uint32_t len)
{
	struct bt *bt = &e->bt;
	bool hot = bt->sh->state[frame] / TIMES_ONE >= BT_HOT, left = false;
	uint32_t n, next;

	for (n = bt->frame[frame]; n; n = next) {
		struct bt_block *b = &bt->block[n - 1];

		next = b->next[b->frame != frame];
		left |= !b->dead;
		if (!overlaps(b, frame, from, len))
			continue;
		if (!hot) {
			written(e, frame);
			return;
		}
		bt_kill(e, b);
		tell(e, frame, BT_WAS_WRITTEN);
	}
	if (!left)
		written(e, frame);
}

void bt_stored(struct engine *e, uint64_t pa, uint64_t len)
{
	uint64_t end = pa + len, n;

	for (; pa < end && pa < e->mon->ram_size; pa += n) {
		uint32_t from = (uint32_t)pa & (PAGE - 1);

		n = PAGE - from;
		if (n > end - pa)
			n = end - pa;
		if (e->bt.sh->state[pa >> 12] & BT_CODE)
			stored(e, (uint32_t)(pa >> 12), from, (uint32_t)n);
	}
}

void bt_hold(struct engine *e, struct bt_block *b, unsigned nth)
{
	struct bt *bt = &e->bt;
	uint32_t frame = nth ? b->frame2 : b->frame;

	b->next[nth] = bt->frame[frame];
	bt->frame[frame] = (uint32_t)(b - bt->block) + 1;
	if ((uint64_t)frame << 12 >= e->mon->ram_size || bt->sh->state[frame] & BT_CODE)
		return;
	bt->sh->state[frame] |= BT_CODE;
	tell(e, frame, BT_BECAME_CODE);
	protect(e, frame);
}

void bt_changed(struct engine *e)
{
	if (e->bt_on)
		e->bt.sh->epoch++;
}

void bt_catch_up(struct engine *e)
{
	struct bt *bt = &e->bt;
	struct bt_shared *sh = bt->sh;
	uint32_t behind = sh->seq - bt->seen, entry;

	if (bt->epoch != sh->epoch && sh->epoch != sh->flushed) {
		sh->flushed = sh->epoch;
		bt_flush(e);
	}
	bt->epoch = sh->epoch;
	if (bt->generation != sh->generation) {
		bt->stale = BT_STALE_BOTH;
		bt->known = false;	/* contexts may have other numbers */
	}
	bt->generation = sh->generation;
	if (!behind)
		return;
	bt->link = NULL;
	if (behind > BT_FEW) {
		protect(e, BT_NONE);
		bt->stale = BT_STALE_BOTH;
		bt->seen = sh->seq;
	}
	for (; bt->seen != sh->seq; bt->seen++) {
		entry = sh->log[bt->seen % BT_LOG];
		if ((entry & 1) == BT_BECAME_CODE)
			protect(e, entry >> 1);
		else
			bt->stale = BT_STALE_BOTH;
	}
}
