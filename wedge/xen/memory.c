/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: whose page is whose.
 *
 * Xen gives the domain `frames` pseudo-physical frames and a list of the machine
 * frames behind them.  The guest believes in physical memory from 0 up without a
 * gap; it gets all frames but those of the wedge (its image, the list, the first
 * page tables: one stretch, the hole) and the pool, which is at the top:
 *
 *	guest frame g  ->  frame g            below the hole
 *	               ->  frame g + hole     from there on
 *
 * All frames are mapped once, at DIRECT_MAP, which is how the wedge reads and writes
 * guest memory.  Xen allows no writable mapping of a page table, so the pool, where
 * shadow tables come from, is read-only there: it is cleared and filled by
 * hypercalls.
 */
#include "xen/pv.h"

#define ENTRIES		512ul
#define POOL_SHARE	32		/* a page of tables for so many of memory */
#define POOL_EXTRA	1024
#define RAM_LIMIT	(0xc0000000ul / PAGE)	/* devices above */
#define CLEAR_BATCH	32

#define P_RW	(AB_PTE_P | AB_PTE_W | AB_PTE_A | AB_PTE_D | AB_PTE_NX)
#define P_RO	(AB_PTE_P | AB_PTE_A | AB_PTE_NX)
#define P_TABLE	(AB_PTE_P | AB_PTE_W | AB_PTE_U | AB_PTE_A | AB_PTE_D)

/* Where page tables are filled in before they are any. */
static uint64_t scratch[ENTRIES] __attribute__((aligned(4096)));

uint64_t memory_mfn(uint64_t frame)
{
	return ((const uint64_t *)xen.info->mfn_list)[frame];
}

uint64_t memory_frame(uint64_t gfn)
{
	return gfn < xen.hole ? gfn : gfn + (xen.hole_end - xen.hole);
}

static uint64_t machine_of(uint64_t frame)
{
	return memory_mfn(frame) * PAGE;
}

static uint64_t linear_base(void)
{
	return embed.base - embed.paddr;
}

/* ---- start of day: the direct map ---- */

static void scratch_map(uint64_t frame)
{
	hypercall_must(__HYPERVISOR_update_va_mapping, (uint64_t)scratch,
		       machine_of(frame) | P_RW, UVMF_INVLPG, 0, "map a page for a moment");
}

/* Is (frame) a page table, now or later? */
static bool is_table(uint64_t frame)
{
	uint64_t first = (xen.info->pt_base - linear_base()) / PAGE;

	return frame >= xen.pool ||
	       (frame >= first && frame < first + xen.info->nr_pt_frames);
}

/* Frames for the direct map's own tables, from the pool's start. */
struct builder {
	uint64_t next;
};

/* One level of tables for frames [0, n) of the level below, which begin at frame
 * (below); level 1: of memory itself.  Returns the first table. */
static uint64_t build_level(struct builder *b, unsigned level, uint64_t below, uint64_t n)
{
	uint64_t first = b->next, i, k;

	for (i = 0; i < n; i += ENTRIES) {
		scratch_map(b->next++);
		for (k = 0; k < ENTRIES; k++) {
			uint64_t frame = below + i + k;

			if (i + k >= n)
				scratch[k] = 0;
			else
				scratch[k] = machine_of(frame) |
					(level > 1 ? P_TABLE : is_table(frame) ? P_RO : P_RW);
		}
	}
	return first;
}

static void build_direct_map(struct builder *b)
{
	uint64_t own = ((uint64_t)scratch - linear_base()) / PAGE;
	uint64_t l1, l2, l3, n = xen.frames;
	struct mmu_update u;

	l1 = build_level(b, 1, 0, n);
	n = b->next - l1;
	l2 = build_level(b, 2, l1, n);
	n = b->next - l2;
	l3 = build_level(b, 3, l2, n);
	scratch_map(own);
	u.ptr = machine_of((xen.info->pt_base - linear_base()) / PAGE) +
		(DIRECT_MAP >> 39 & 511) * 8;
	u.val = machine_of(l3) | P_TABLE;
	hypercall_must(__HYPERVISOR_mmu_update, (uint64_t)&u, 1, 0, DOMID_SELF,
		       "map the domain's memory");
}

/* ---- the pool ---- */

/* Clear some of the pages that were given back. */
static void pool_clean(void)
{
	struct mmuext_op op[CLEAR_BATCH];
	unsigned n = 0;

	while (n < CLEAR_BATCH && xen.nclean + n < xen.nfree) {
		op[n].cmd = MMUEXT_CLEAR_PAGE;
		op[n].arg1.mfn = memory_mfn(xen.free_page[xen.nclean + n]);
		n++;
	}
	if (!n)
		return;
	hypercall_must(__HYPERVISOR_mmuext_op, (uint64_t)op, n, 0, DOMID_SELF,
		       "clear pages for page tables");
	xen.nclean += n;
}

uint64_t pool_take(void)
{
	uint64_t frame;

	if (!xen.nclean)
		pool_clean();
	if (!xen.nclean)
		return 0;
	frame = xen.free_page[--xen.nclean];
	xen.free_page[xen.nclean] = xen.free_page[--xen.nfree];
	return frame;
}

void pool_give(uint64_t frame)
{
	xen.free_page[xen.nfree++] = (uint32_t)frame;
}

uint64_t pool_frame(uint64_t entry)
{
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START;

	return m2p[(entry & MFN_MASK) / PAGE];
}

/* ---- the whole ---- */

void memory_init(void)
{
	const struct start_info *si = xen.info;
	struct builder b;
	uint64_t list, frame;

	xen.frames = si->nr_pages;
	xen.hole = embed.paddr / PAGE;
	/* the first page tables and the stack are the last of what Xen laid out */
	xen.hole_end = (si->pt_base - linear_base()) / PAGE + si->nr_pt_frames + 1;
	xen.pool = xen.frames - (xen.frames / POOL_SHARE + POOL_EXTRA);
	list = (xen.frames - xen.pool) * (sizeof(uint32_t) + SHADOW_TABLE) / PAGE + 1;
	if (xen.frames < 4 * POOL_EXTRA || xen.pool < xen.hole_end + list)
		xen_die("the domain has too little memory for this guest");
	b.next = xen.pool;
	build_direct_map(&b);

	/* what is known of each pool page lies right below the pool */
	xen.tables = memory_direct(xen.pool - list);
	ab_memset(xen.tables, 0, list * PAGE);
	xen.free_page = (uint32_t *)((uint8_t *)xen.tables +
				     (xen.frames - xen.pool) * SHADOW_TABLE);
	for (frame = xen.frames; frame > b.next; frame--)
		pool_give(frame - 1);
	xen.guest_frames = xen.pool - list - (xen.hole_end - xen.hole);
	if (xen.guest_frames > RAM_LIMIT)
		xen.guest_frames = RAM_LIMIT;
}
