/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shadow.c: the tables that the processor walks while the guest runs.
 *
 * Each guest address space (a cr3) has two shadows, one for when the guest is in
 * ring 0 (the window lies over it) and one of user pages only for ring 3.  They are
 * filled by page faults, a few neighbours at a time, from the guest's own tables,
 * and all changes go to Xen in batches right before the guest runs again.
 *
 * Third-level tables are shared by all spaces whose top entry is the same, so the
 * kernel's half is there once.  Every table of ours remembers the guest's entry
 * that it stands for.  At the points where a processor may forget translations
 * (cr3, invlpg) those entries are compared with the guest's present ones and what
 * the guest has taken away since is dropped; in between, stale is what hardware
 * would be too.
 *
 * Xen counts references to page tables: it refuses a writable mapping of one, and
 * clears nothing by itself.  Pages come zeroed from the pool.
 */
#include "xen/pv.h"

#define ENTRIES		512u
#define SPACES		48
#define NODES		192
#define QUEUE		512
#define KERNEL_VIEW	0
#define USER_VIEW	1
#define XEN_FIRST	256		/* top entries that are Xen's */
#define XEN_LAST	271
#define TOP		511u		/* the window's path */

#define P_TABLE	(AB_PTE_P | AB_PTE_W | AB_PTE_U | AB_PTE_A | AB_PTE_D)
/* What of a guest's entry decides about the tables below it, or about a large page. */
#define KEY_TABLE (AB_PTE_P | AB_PTE_W | AB_PTE_U | AB_PTE_NX | AB_PTE_PS | MFN_MASK)
#define KEY_PAGE  (KEY_TABLE | AB_PTE_D | AB_PTE_A)

struct table {
	uint64_t key;		/* of the guest's entry that it stands for */
	uint32_t epoch;		/* of its last comparison */
};

struct node {			/* a third-level table, shared */
	uint64_t key, frame;
	uint32_t refs;
	uint8_t view;
	bool top;		/* holds the window */
};

struct space {
	uint64_t cr3;
	uint64_t root[2];	/* frames; 0: not there yet */
	uint64_t used;
};

static const char window_taken[] = "the guest uses the addresses of the wedge's window";

_Static_assert(sizeof(struct table) == SHADOW_TABLE, "room that memory.c makes");

static struct shadow {
	struct space space[SPACES];
	struct node node[NODES];
	struct space *now;
	uint64_t stamp;
	uint32_t epoch;
	uint64_t base;		/* root that Xen has for the guest */
	uint64_t window_l1;
	bool sync, flush_tlb;
	uint64_t mode;		/* what else decides about access */
	unsigned n;
	struct mmu_update queue[QUEUE];
	struct table *table;	/* of each pool page */
} sh;

/* A guest's path to an address: its entries by level, 0 where it ends. */
struct path {
	uint64_t e[5];
	unsigned leaf;		/* level of the page: 1, 2, 3 */
};

/* ---- batches ---- */

static void queue_flush(void)
{
	unsigned n = sh.n;

	if (!n)
		return;
	sh.n = 0;
	xen.pte_updates += n;
	xen.mmu_calls++;
	hypercall_must(__HYPERVISOR_mmu_update, (uint64_t)sh.queue, n, 0, DOMID_SELF,
		       "page-table update");
}

static void entry_set(uint64_t frame, unsigned index, uint64_t value)
{
	if (sh.n == QUEUE)
		queue_flush();
	sh.queue[sh.n].ptr = memory_mfn(frame) * PAGE + index * 8 + MMU_NORMAL_PT_UPDATE;
	sh.queue[sh.n++].val = value;
}

static uint64_t entry_get(uint64_t frame, unsigned index)
{
	return ((volatile uint64_t *)memory_direct(frame))[index];
}

static void mmuext(unsigned cmd, uint64_t mfn, const char *what)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	hypercall_must(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF, what);
}

static struct table *table_of(uint64_t frame)
{
	return &sh.table[frame - xen.pool];
}

static uint64_t table_new(uint64_t key)
{
	uint64_t frame;

	queue_flush();		/* pages given back may still be named in there */
	frame = pool_take();
	if (frame) {
		table_of(frame)->key = key;
		table_of(frame)->epoch = sh.epoch;
	}
	return frame;
}

/* ---- taking down: the entry that named it is cleared before ---- */

static void table_drop(uint64_t frame, unsigned level)
{
	unsigned i;
	uint64_t e;

	if (frame == sh.window_l1)
		return;
	for (i = 0; level > 1 && i < ENTRIES; i++) {
		e = entry_get(frame, i);
		if (e & AB_PTE_P)
			table_drop(pool_frame(e), level - 1);
	}
	pool_give(frame);
}

/* Clear the entry and take down the table of (level) that it names. */
static void entry_drop(uint64_t frame, unsigned index, unsigned level)
{
	uint64_t child = pool_frame(entry_get(frame, index));

	entry_set(frame, index, 0);
	sh.flush_tlb = true;
	queue_flush();
	table_drop(child, level);
}

static struct node *node_of(uint64_t frame)
{
	unsigned i;

	for (i = 0; i < NODES; i++)
		if (sh.node[i].frame == frame)
			return &sh.node[i];
	xen_die("a shadow table that nobody knows");
}

static void node_drop(struct node *n)
{
	queue_flush();
	mmuext(MMUEXT_UNPIN_TABLE, memory_mfn(n->frame), "unpin a table");
	table_drop(n->frame, 3);
	n->frame = 0;
}

static void top_entry_drop(uint64_t root, unsigned index)
{
	struct node *n = node_of(pool_frame(entry_get(root, index)));

	entry_set(root, index, 0);
	sh.flush_tlb = true;
	n->refs--;
}

static void base_set(uint64_t root)
{
	mmuext(MMUEXT_NEW_USER_BASEPTR, root ? memory_mfn(root) : 0,
	       "set the guest's page tables");
	sh.base = root;
}

static void root_drop(struct space *s, unsigned view)
{
	uint64_t root = s->root[view];
	unsigned i;

	if (!root)
		return;
	if (sh.base == root)
		base_set(0);
	for (i = 0; i < ENTRIES; i++)
		if ((i < XEN_FIRST || i > XEN_LAST) && (entry_get(root, i) & AB_PTE_P))
			top_entry_drop(root, i);
	queue_flush();
	mmuext(MMUEXT_UNPIN_TABLE, memory_mfn(root), "unpin a top table");
	pool_give(root);
	s->root[view] = 0;
}

static void space_drop(struct space *s)
{
	root_drop(s, KERNEL_VIEW);
	root_drop(s, USER_VIEW);
	s->cr3 = 0;
	if (sh.now == s)
		sh.now = NULL;
}

/* Everything: when the pool is empty, or the rules of access changed. */
static void drop_all(void)
{
	unsigned i;

	queue_flush();
	for (i = 0; i < SPACES; i++)
		space_drop(&sh.space[i]);
	for (i = 0; i < NODES; i++)
		if (sh.node[i].frame)
			node_drop(&sh.node[i]);
	sh.sync = true;
}

/* ---- building ---- */

static uint64_t key_of(uint64_t e, unsigned level)
{
	if (!(e & AB_PTE_P))
		return 0;
	return e & (level > 1 && (e & AB_PTE_PS) ? KEY_PAGE : KEY_TABLE);
}

static uint64_t guest_entry(uint64_t table, unsigned index)
{
	const uint64_t *p = xen_host.phys(&machine, (table & MFN_MASK) + index * 8, 8);

	return p ? *(const volatile uint64_t *)p : 0;
}

static bool holds_window(uint64_t l2)
{
	uint64_t e = entry_get(l2, TOP);

	return (e & AB_PTE_P) && pool_frame(e) == sh.window_l1;
}

/* The table with the window stands for another guest entry now: only the window
 * stays in it. */
static void window_rekey(uint64_t l2, uint64_t key)
{
	unsigned i;

	for (i = 0; i < TOP; i++)
		if (entry_get(l2, i) & AB_PTE_P)
			entry_drop(l2, i, 1);
	table_of(l2)->key = key;
}

/* The way to the window in a new third-level table. */
static bool window_lay(uint64_t l3)
{
	uint64_t l2 = table_new(0);

	if (!l2)
		return false;
	entry_set(l2, TOP, memory_mfn(sh.window_l1) * PAGE | P_TABLE);
	entry_set(l3, TOP, memory_mfn(l2) * PAGE | P_TABLE);
	return true;
}

/* ---- comparing with the guest's tables ---- */

/* Does our entry (s) allow what the guest's (g) does not, or lead elsewhere? */
static bool page_stale(uint64_t s, uint64_t g, unsigned view)
{
	uint64_t gfn = (g & MFN_MASK) / PAGE;

	if (!(g & AB_PTE_P) || !(g & AB_PTE_A) || gfn >= xen.guest_frames)
		return true;
	if (view == USER_VIEW && !(g & AB_PTE_U))
		return true;
	if ((s & AB_PTE_W) && (!(g & AB_PTE_D) ||
			       (!(g & AB_PTE_W) && (machine.cpu.cr0 & AB_CR0_WP))))
		return true;
	if ((g & AB_PTE_NX) && !(s & AB_PTE_NX))
		return true;
	return memory_mfn(memory_frame(gfn)) != (s & MFN_MASK) / PAGE;
}

static void pages_compare(uint64_t frame, uint64_t guest, unsigned view)
{
	const volatile uint64_t *g = xen_host.phys(&machine, guest & MFN_MASK, 8);
	volatile uint64_t *s = memory_direct(frame);
	unsigned i;

	for (i = 0; i < ENTRIES; i++)
		if ((s[i] & AB_PTE_P) && (!g || page_stale(s[i], g[i], view))) {
			entry_set(frame, i, 0);
			sh.flush_tlb = true;
		}
}

/* Entries of our table at (level), which stands for the guest's (guest). */
static void table_compare(uint64_t frame, uint64_t guest, unsigned level, unsigned view,
			  bool top)
{
	unsigned i;
	uint64_t s, g, child;

	for (i = 0; i < ENTRIES; i++) {
		s = entry_get(frame, i);
		if (!(s & AB_PTE_P))
			continue;
		child = pool_frame(s);
		if (top && i == TOP) {	/* ours; below it may lie some of the guest's */
			if (level == 2)
				continue;
			g = guest_entry(guest, i);
			if ((g & AB_PTE_P) && ((g & AB_PTE_PS) ||
					       (guest_entry(g, TOP) & AB_PTE_P)))
				xen_die(window_taken);
			if (key_of(g, level) != table_of(child)->key)
				window_rekey(child, key_of(g, level));
			else if ((g & AB_PTE_P) && !(g & AB_PTE_PS))
				table_compare(child, g, level - 1, view, true);
			continue;
		}
		g = guest_entry(guest, i);
		if (key_of(g, level) != table_of(child)->key) {
			entry_drop(frame, i, level - 1);
			continue;
		}
		if (g & AB_PTE_PS)	/* one large page, unchanged */
			continue;
		if (level == 2)
			pages_compare(child, g, view);
		else
			table_compare(child, g, level - 1, view, false);
	}
}

/* ---- shared tables and top tables ---- */

static struct node *node_free(void)
{
	unsigned i;

	for (i = 0; i < NODES; i++)
		if (!sh.node[i].frame)
			return &sh.node[i];
	for (i = 0; i < NODES; i++)
		if (!sh.node[i].refs) {
			node_drop(&sh.node[i]);
			return &sh.node[i];
		}
	return NULL;
}

static struct node *node_get(uint64_t key, unsigned view, bool top)
{
	struct node *n;
	unsigned i;

	for (i = 0; i < NODES; i++) {
		n = &sh.node[i];
		if (n->frame && n->key == key && n->view == view && n->top == top)
			return n;
	}
	n = node_free();
	if (!n)
		return NULL;
	n->frame = table_new(key);
	if (!n->frame)
		return NULL;
	n->key = key;
	n->view = (uint8_t)view;
	n->top = top;
	n->refs = 0;
	/* pinned, it stays a table while no space names it */
	if (top && !window_lay(n->frame)) {
		pool_give(n->frame);
		n->frame = 0;
		return NULL;
	}
	queue_flush();
	mmuext(MMUEXT_PIN_L3_TABLE, memory_mfn(n->frame), "pin a table");
	return n;
}

/* Name the shared table for guest entry (key) in a top table. */
static bool top_entry_set(uint64_t root, unsigned index, uint64_t key, unsigned view)
{
	struct node *n = node_get(key, view, index == TOP && view == KERNEL_VIEW);

	if (!n)
		return false;
	/* one that was kept may be older than what the guest has there now */
	if (key & AB_PTE_P)
		table_compare(n->frame, key, 3, view, n->top);
	queue_flush();
	n->refs++;
	entry_set(root, index, memory_mfn(n->frame) * PAGE | P_TABLE);
	return true;
}

static uint64_t root_get(struct space *s, unsigned view)
{
	uint64_t root = s->root[view];

	if (root)
		return root;
	root = table_new(0);
	if (!root)
		return 0;
	if (view == KERNEL_VIEW &&
	    !top_entry_set(root, TOP, guest_entry(s->cr3, TOP) & KEY_TABLE, view)) {
		pool_give(root);
		return 0;
	}
	queue_flush();
	mmuext(MMUEXT_PIN_L4_TABLE, memory_mfn(root), "pin a top table");
	s->root[view] = root;
	return root;
}

static struct space *space_get(uint64_t cr3)
{
	struct space *s, *oldest = &sh.space[0];

	for (s = sh.space; s < sh.space + SPACES; s++) {
		if (s->used && s->cr3 == cr3)
			return s;
		if (s->used < oldest->used)
			oldest = s;
	}
	space_drop(oldest);
	oldest->cr3 = cr3;
	return oldest;
}

/* ---- whole spaces ---- */

static void root_compare(struct space *s, unsigned view)
{
	uint64_t root = s->root[view], e, g;
	unsigned i;

	if (!root)
		return;
	for (i = 0; i < ENTRIES; i++) {
		struct node *n;

		if (i >= XEN_FIRST && i <= XEN_LAST)
			continue;
		e = entry_get(root, i);
		if (!(e & AB_PTE_P))
			continue;
		n = node_of(pool_frame(e));
		g = guest_entry(s->cr3, i) & KEY_TABLE;
		if (g != n->key) {
			top_entry_drop(root, i);
			queue_flush();
			if (n->top && !top_entry_set(root, i, g, view))
				xen_die("no memory for page tables");
			queue_flush();
			n = n->top ? node_of(pool_frame(entry_get(root, i))) : NULL;
		}
		if (!n || !(g & AB_PTE_P) || table_of(n->frame)->epoch == sh.epoch)
			continue;
		table_of(n->frame)->epoch = sh.epoch;
		table_compare(n->frame, g, 3, view, n->top);
	}
	queue_flush();
}

static uint64_t access_mode(void)
{
	return (machine.cpu.cr0 & AB_CR0_WP) | (machine.cpu.efer & AB_EFER_NX);
}

static void sync(void)
{
	if ((machine.cpu.cr0 & AB_CR0_PG) == 0 || !(machine.cpu.efer & AB_EFER_LMA))
		xen_die("the guest switched paging off");
	if (sh.mode != access_mode()) {
		drop_all();
		sh.mode = access_mode();
	}
	sh.sync = false;
	sh.epoch++;
	xen.syncs++;
	queue_flush();
	sh.now = space_get(machine.cpu.cr3 & MFN_MASK);
	sh.now->used = ++sh.stamp;
	root_compare(sh.now, KERNEL_VIEW);
	root_compare(sh.now, USER_VIEW);
}

/* ---- faults ---- */

static bool path_read(uint64_t va, struct path *p)
{
	uint64_t table = machine.cpu.cr3;
	unsigned level;

	for (level = 4; level; level--) {
		p->e[level] = guest_entry(table, va >> (3 + level * 9) & 511);
		p->leaf = level;
		if (!(p->e[level] & AB_PTE_P))
			return false;
		if (level == 1 || (level < 4 && (p->e[level] & AB_PTE_PS)))
			return true;
		table = p->e[level];
	}
	return false;
}

/* Our table of (level) under entry (index) of (frame), for guest entry (key): there
 * already, or new.  0: no memory. */
static uint64_t table_under(uint64_t frame, unsigned index, unsigned level, uint64_t key)
{
	uint64_t e = entry_get(frame, index), child;

	if (e & AB_PTE_P) {
		child = pool_frame(e);
		if (table_of(child)->key == key)
			return child;
		if (child == sh.window_l1)
			xen_die(window_taken);
		if (level == 2 && holds_window(child)) {
			window_rekey(child, key);
			return child;
		}
		entry_drop(frame, index, level);
	}
	child = table_new(key);
	if (child)
		entry_set(frame, index, memory_mfn(child) * PAGE | P_TABLE);
	return child;
}

/* The last-level table for (va). */
static uint64_t last_table(uint64_t va, const struct path *p, unsigned view)
{
	uint64_t frame = root_get(sh.now, view), e;
	unsigned i = va >> 39 & 511, level;

	if (!frame)
		return 0;
	e = entry_get(frame, i);
	if ((e & AB_PTE_P) && node_of(pool_frame(e))->key != (p->e[4] & KEY_TABLE)) {
		top_entry_drop(frame, i);
		e = 0;
	}
	if (!(e & AB_PTE_P)) {
		if (!top_entry_set(frame, i, p->e[4] & KEY_TABLE, view))
			return 0;
		queue_flush();
		e = entry_get(frame, i);
	}
	frame = pool_frame(e);
	for (level = 3; level > 1 && frame; level--) {
		unsigned from = p->leaf > level ? p->leaf : level;

		frame = table_under(frame, va >> (3 + level * 9) & 511, level - 1,
				    key_of(p->e[from], from));
	}
	return frame;
}

/* Our entry for guest entry (g), whose page is at (pa); 0: not to be mapped. */
static uint64_t page_entry(uint64_t g, uint64_t pa, unsigned view, bool write, bool nx)
{
	uint64_t gfn = pa / PAGE, e;

	if (!(g & AB_PTE_P) || !(g & AB_PTE_A) || gfn >= xen.guest_frames ||
	    ab_mmio_page(&machine, pa) || (view == USER_VIEW && !(g & AB_PTE_U)))
		return 0;
	e = memory_mfn(memory_frame(gfn)) * PAGE | AB_PTE_P | AB_PTE_A | AB_PTE_D;
	if (!(machine.cpu.cr0 & AB_CR0_WP) && view == KERNEL_VIEW)
		write = true;
	else
		write = write && (g & AB_PTE_W);
	if (write && (g & AB_PTE_D))
		e |= AB_PTE_W;
	if (nx || (g & AB_PTE_NX))
		e |= AB_PTE_NX;
	return e;
}

/* Map (va) and its neighbours that the guest has used already. */
static bool map(uint64_t va, const struct path *p, unsigned view)
{
	unsigned around = p->leaf > 1 ? 32 : 16, first = (va >> 12 & 511) & ~(around - 1);
	uint64_t table = last_table(va, p, view), e, g, pa;
	bool write = true, nx = false;
	unsigned i, level;

	if (!table)
		return false;
	for (level = 4; level > p->leaf; level--) {
		write = write && (p->e[level] & AB_PTE_W);
		nx = nx || (p->e[level] & AB_PTE_NX);
	}
	for (i = first; i < first + around; i++) {
		if (p->leaf > 1) {
			uint64_t mask = (PAGE << (p->leaf - 1) * 9) - 1;

			g = p->e[p->leaf];
			pa = (g & MFN_MASK & ~mask) |
			     (((va & ~0x1ffffful) | (uint64_t)i << 12) & mask);
		} else {
			g = guest_entry(p->e[2], i);
			pa = g & MFN_MASK;
		}
		e = page_entry(g, pa, view, write, nx);
		if (e && e != entry_get(table, i)) {
			if (entry_get(table, i) & AB_PTE_P)
				sh.flush_tlb = true;
			entry_set(table, i, e);
		}
	}
	return true;
}

enum shadow_result shadow_fault(uint64_t va, unsigned error)
{
	struct ab_machine *m = &machine;
	unsigned view = m->cpu.cpl == 3 ? USER_VIEW : KERNEL_VIEW;
	unsigned acc = (error & (AB_PF_W | AB_PF_I)) | (view == USER_VIEW ? AB_ACC_U : 0);
	struct ab_xlat x;
	struct path p;

	if ((uint64_t)((int64_t)(va << 16) >> 16) != va)
		xen_die("a page fault at an address that is none");
	if (ab_walk(m, va, acc, false, &x) != AB_OK)
		return SHADOW_GUEST_FAULT;
	if (x.pa / PAGE >= xen.guest_frames || ab_mmio_page(m, x.pa))
		return SHADOW_MMIO;
	if (sh.sync)
		sync();
	if (!path_read(va, &p))
		xen_die("page tables that change while they are read");
	if (va >> 39 >= (XEN_FIRST | 0x1fffe00ul) && va >> 39 <= (XEN_LAST | 0x1fffe00ul))
		xen_die("the guest maps pages where Xen lies (0xffff800000000000 to "
			"0xffff87ffffffffff)");
	if (!map(va, &p, view)) {
		drop_all();
		sync();
		if (!map(va, &p, view))
			xen_die("no memory for page tables");
	}
	return SHADOW_DONE;
}

/* Our translation of (va) in one view is stale; where the guest's upper entries are
 * others now, so may be more. */
static void view_invalidate(uint64_t frame, uint64_t va, const struct path *p, bool whole)
{
	unsigned level, from;
	uint64_t e;

	for (level = 4; level; level--) {
		e = entry_get(frame, va >> (3 + level * 9) & 511);
		if (!(e & AB_PTE_P))
			return;
		if (level == 1) {
			entry_set(frame, va >> 12 & 511, 0);
			sh.flush_tlb = true;
			return;
		}
		frame = pool_frame(e);
		from = level > p->leaf ? level : p->leaf;
		if ((!whole && level == p->leaf) ||
		    key_of(p->e[from], from) != table_of(frame)->key) {
			sh.sync = true;
			return;
		}
	}
}

/* invlpg, in the present space. */
void shadow_page(uint64_t va)
{
	unsigned view;
	struct path p;
	bool whole;

	if (sh.sync || !sh.now || va >= embed.window)
		return;
	queue_flush();
	whole = path_read(va, &p);
	for (view = 0; view < 2 && !sh.sync; view++)
		if (sh.now->root[view])
			view_invalidate(sh.now->root[view], va, &p, whole);
}

void shadow_all(void)
{
	sh.sync = true;
}

void shadow_enter(void)
{
	unsigned view = machine.cpu.cpl == 3 ? USER_VIEW : KERNEL_VIEW;
	uint64_t root;

	if (sh.sync)
		sync();
	root = root_get(sh.now, view);
	if (!root) {
		drop_all();
		sync();
		root = root_get(sh.now, view);
		if (!root)
			xen_die("no memory for page tables");
	}
	queue_flush();
	if (sh.flush_tlb)
		mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, "flush translations");
	sh.flush_tlb = false;
	if (root != sh.base)
		base_set(root);
}

/* ---- start of day ---- */

/* The window's last-level table: vCPU page (twice, as the ABI lays it out), then
 * the stubs. */
void shadow_init(void)
{
	uint64_t base = embed.base - embed.paddr, i;
	uint64_t page = memory_mfn(((uint64_t)&vcpu - base) / PAGE) * PAGE;
	uint64_t flags = AB_PTE_P | AB_PTE_A | AB_PTE_D;

	sh.table = xen.tables;
	sh.sync = true;
	sh.window_l1 = pool_take();
	for (i = 0; i < 2; i++)
		entry_set(sh.window_l1, (unsigned)i, page | flags | AB_PTE_W | AB_PTE_NX);
	for (i = 0; i < (embed.text_size + PAGE - 1) / PAGE; i++)
		entry_set(sh.window_l1, (unsigned)(AB_WINDOW_TEXT / PAGE + i),
			  memory_mfn((embed.text - base) / PAGE + i) * PAGE | flags);
	queue_flush();
}
