/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * embed.c: the machine of a wedge inside the guest's own file.
 *
 * Where no process surrounds the guest, the hypervisor loads one file: the guest
 * with one segment more, behind all of its own in physical memory.  The segment is
 * the wedge's image at the linear address that it was linked for, then the window's
 * contents, the sites and the rows; struct ab_embed in its first bytes says where.
 * The wedge's notes tell the hypervisor how to start it.
 *
 * The program headers move to the end of the file, since there are two more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/note.h"
#include "loader/priv.h"

#define PAGE		4096u
#define PHDR		sizeof(Elf64_Phdr)
#define ADDED		2	/* segment, notes */

#define NOTE_ENTRY64	1	/* examples/minikernel/entry64.h */

struct boot_find {
	struct ab_embed *e;
};

static int find_boot_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	struct ab_embed *e = ((struct boot_find *)ctx)->e;

	if (elf_note_is(n, "Minikernel", NOTE_ENTRY64) && n->desc_size >= 32) {
		e->boot = AB_BOOT_ENTRY64;
		e->entry = get_le64(n->desc);
		e->arg[0] = get_le64(n->desc + 8);
		e->arg[1] = get_le64(n->desc + 24);
	}
	return 0;
}

/* Linux has notes of its own since 5.x; older ones are known by their banner. */
static bool is_linux(const struct ab_guest *g)
{
	static const char banner[] = "Linux version ";
	const uint8_t *p = memmem(g->data, g->size, banner, sizeof(banner) - 1);

	return p && p + sizeof(banner) <= g->data + g->size &&
	       p[sizeof(banner) - 1] >= '0' && p[sizeof(banner) - 1] <= '9';
}

/* How is the guest to be entered? */
static int find_boot(struct ab_guest *g, struct ab_embed *e)
{
	struct guest_priv *p = g->priv;
	struct boot_find f = { .e = e };

	if (elf_notes_walk(&p->view, find_boot_note, &f)) {
		error("%s: %s", g->path, p->view.why);
		return -1;
	}
	if (e->boot)
		return 0;
	if (is_linux(g)) {
		e->boot = AB_BOOT_LINUX64;
		e->entry = g->entry;
		return 0;
	}
	error("%s: has no 64-bit entry that is known: neither Linux nor a note like that "
	      "of examples/minikernel/entry64.h", g->path);
	return -1;
}

static uint64_t guest_end(const struct ab_guest *g)
{
	uint64_t end = 0;

	for (size_t i = 0; i < g->nseg; i++)
		if (g->seg[i].paddr + g->seg[i].memsz > end)
			end = g->seg[i].paddr + g->seg[i].memsz;
	return end;
}

static unsigned site_bytes(const struct ab_site *s)
{
	unsigned n = s->insn_len;

	return n <= AB_EMBED_ORIG ? n : 0;
}

static void site_fill(const struct ab_site *s, struct ab_embed_site *out)
{
	*out = (struct ab_embed_site) {
		.addr = s->addr, .stub = s->stub, .op = s->op,
		.tmpl = s->state != AB_SITE_OK ? 0xffff : s->trapped ? 0xfffe :
			s->template >= 0 ? s->template : 0xffff,
		.insn_len = s->insn_len, .total_len = s->total_len,
		.count = s->count, .code_bits = s->code_bits,
	};
	memcpy(out->orig, s->orig, site_bytes(s));
}

/* Sites as the machine reads them: little-endian, as this program's own host. */
static int put_sites(struct image_out *o, const struct ab_guest *g, struct ab_embed *e)
{
	struct ab_embed_site row;

	e->site = image_put(o, NULL, 0, PAGE);
	e->nsite = g->nsite;
	for (size_t i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];

		if (s->state == AB_SITE_OK && !site_bytes(s)) {
			error("%s: site 0x%" PRIx64 ": %u bytes of instructions are more than "
			      "a wedge can take", g->path, s->addr, s->insn_len);
			return -1;
		}
		site_fill(s, &row);
		image_put(o, &row, sizeof(row), 1);
	}
	return 0;
}

/* The segment's bytes behind the image: contents of (*o) from its start.  Places
 * in *e become linear. */
static int build_segment(struct image_out *o, struct ab_guest *g, const struct ab_wedge *w,
			 const struct ab_patch *p, struct ab_embed *e)
{
	image_put(o, w->image, w->image_size, 1);
	image_put(o, NULL, e->size - w->image_size, 1);
	e->text = image_put(o, NULL, 0, PAGE);
	image_put(o, p->text, p->text_size, 1);
	e->text_size = p->text_size;
	if (put_sites(o, g, e))
		return -1;
	e->tmpl = image_put(o, w->tmpl, w->man.ntemplates * sizeof(*w->tmpl), 8);
	e->ntmpl = w->man.ntemplates;
	e->unwind = image_put(o, w->unwind, w->man.nunwinds * sizeof(*w->unwind), 8);
	e->nunwind = w->man.nunwinds;
	image_put(o, NULL, 0, PAGE);
	e->total = o->size;
	e->text += e->base;
	e->site += e->base;
	e->tmpl += e->base;
	e->unwind += e->base;
	e->window = ab_window_addr(g->machine, p->window);
	memcpy(o->data, e, sizeof(*e));
	return 0;
}

static void store_phdr(uint8_t *h, uint32_t type, uint32_t flags, uint64_t offset,
		       uint64_t vaddr, uint64_t paddr, uint64_t size, uint64_t align)
{
	put_le32(h, type);
	put_le32(h + 4, flags);
	put_le64(h + 8, offset);
	put_le64(h + 16, vaddr);
	put_le64(h + 24, paddr);
	put_le64(h + 32, size);
	put_le64(h + 40, size);
	put_le64(h + 48, align);
}

/* Program headers with the two new ones, at the file's end. */
static int put_phdrs(struct image_out *o, struct ab_guest *g, const uint8_t added[][PHDR])
{
	uint64_t old = get_le64(g->data + 32);
	unsigned n = get_le16(g->data + 56);
	uint64_t at;

	if (get_le16(g->data + 54) != PHDR || n + ADDED >= PN_XNUM) {
		error("%s: its program headers cannot be extended", g->path);
		return -1;
	}
	at = image_put(o, g->data + old, n * PHDR, 8);
	image_put(o, added, ADDED * PHDR, 1);
	put_le64(o->data + 32, at);
	put_le16(o->data + 56, n + ADDED);
	return 0;
}

int embed_put(struct image_out *o, struct ab_guest *g, const struct ab_wedge *w,
	      const struct ab_patch *p, struct elf_sec *section)
{
	struct image_out seg = { .data = NULL }, note = { .data = NULL };
	uint8_t added[ADDED][PHDR] = { { 0 } };
	struct ab_embed e;
	uint64_t at;
	int ret = -1;

	memcpy(&e, w->image, sizeof(e));
	e.guest_end = guest_end(g);
	e.paddr = (e.guest_end + e.align - 1) & ~(uint64_t)(e.align - 1);
	if (e.guest_end > UINT32_MAX) {
		error("%s: its segments end at physical 0x%" PRIx64 "; target '%s' takes "
		      "guests below 4 GiB", g->path, e.guest_end, w->man.target);
		return -1;
	}
	if (find_boot(g, &e) || build_segment(&seg, g, w, p, &e))
		goto out;
	image_put(&note, w->note, w->note_size, 1);
	if (e.note_bias)
		put_le64(note.data + e.note_bias,
			 get_le64(note.data + e.note_bias) - e.paddr);
	at = image_put(o, seg.data, seg.size, PAGE);
	store_phdr(added[0], PT_LOAD, PF_R | PF_W, at, e.base, e.paddr, seg.size, PAGE);
	at = image_put(o, note.data, note.size, 8);
	store_phdr(added[1], PT_NOTE, PF_R, at, 0, 0, note.size, 4);
	*section = (struct elf_sec) { .name = SECTION_NOTES, .type = SHT_NOTE, .align = 4,
		.offset = at, .size = note.size };
	ret = put_phdrs(o, g, (const uint8_t (*)[PHDR])added);
out:
	free(seg.data);
	free(note.data);
	return ret;
}
