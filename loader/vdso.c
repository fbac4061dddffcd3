/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vdso.c: ELF images inside the guest's data.
 *
 * A kernel carries its vDSO as an image of its own and maps it into user
 * processes, wherever it likes.  So no site in it can be given a stub, which is
 * reached by a distance; only vsyscall sites, whose replacement is the same
 * wherever it lies, are taken.  What merely looks like an image is no error.
 */
#include <string.h>

#include "abi/ops.h"
#include "lib/note.h"
#include "loader/priv.h"

#define IMAGE_ALIGN	16

struct embedded {
	struct ab_guest *g;
	const struct ab_segment *seg;	/* of the guest, that it lies in */
	uint64_t at;			/* offset of the image in that segment */
};

/* An address in the image as one in the guest: by its executable segments. */
static bool image_site(struct embedded *em, struct elfview *v, uint64_t addr,
		       uint64_t *where, struct code_region *r)
{
	for (uint32_t i = 0; i < v->phnum; i++) {
		struct elf_seg s;

		if (elf_segment(v, i, &s))
			return false;
		if (s.type != PT_LOAD || !(s.flags & PF_X) || addr < s.vaddr ||
		    addr - s.vaddr >= s.filesz || !elf_bytes(v, s.offset, s.filesz))
			continue;
		r->addr = em->seg->vaddr + em->at + s.offset;
		r->paddr = em->seg->paddr + em->at + s.offset;
		r->offset = em->seg->offset + em->at + s.offset;
		r->size = s.filesz;
		*where = r->addr + (addr - s.vaddr);
		return true;
	}
	return false;
}

static int add_embedded(void *ctx, const struct note_site *n)
{
	struct embedded *em = ctx;
	struct guest_priv *p = em->g->priv;
	struct code_region r = { 0 };
	struct note_site here = *n;

	if (n->op != AB_OP_VSYSCALL || !image_site(em, &p->image, n->addr, &here.addr, &r))
		return 0;
	if (!guest_region(p, here.addr))
		guest_add_region(p, r);
	return guest_add_site(em->g, &here);
}

static int read_embedded_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	if (note_is_patch(n))
		note_sites(v, n, add_embedded, ctx);
	return 0;
}

void guest_read_embedded(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;

	for (size_t i = 0; i < g->nseg; i++) {
		const struct ab_segment *seg = &g->seg[i];
		const uint8_t *data = g->data + seg->offset;

		for (uint64_t at = 0; at + IMAGE_ALIGN < seg->filesz; at += IMAGE_ALIGN) {
			struct embedded em = { .g = g, .seg = seg, .at = at };

			if (!seg->offset && !at)
				continue;	/* the guest's own header */
			if (memcmp(data + at, ELFMAG, SELFMAG) ||
			    elf_view(&p->image, data + at, seg->filesz - at) ||
			    p->image.machine != g->machine || p->image.type != ET_DYN)
				continue;
			elf_notes_walk(&p->image, read_embedded_note, &em);
		}
	}
}
