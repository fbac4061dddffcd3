/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest.c: open a guest, read its notes, find out what it is.
 *
 * The file stays in memory as it is on disk; addresses are turned into offsets
 * through its executable segments.  An ET_REL file (an object, a kernel module)
 * has none, so its code sections are laid one after the other from 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "lib/note.h"
#include "loader/priv.h"

#define NT_BUILD_ID	3

const struct code_region *guest_region(const struct guest_priv *p, uint64_t addr)
{
	for (size_t i = 0; i < p->nregion; i++)
		if (addr >= p->region[i].addr &&
		    addr - p->region[i].addr < p->region[i].size)
			return &p->region[i];
	return NULL;
}

const struct code_region *guest_region_of(const struct guest_priv *p, uint32_t section)
{
	for (size_t i = 0; i < p->nregion; i++)
		if (p->region[i].section == section)
			return &p->region[i];
	return NULL;
}

void guest_add_region(struct guest_priv *p, struct code_region r)
{
	p->region = xrealloc(p->region, (p->nregion + 1) * sizeof(r));
	p->region[p->nregion++] = r;
}

/* Bytes at an address space's end must not wrap. */
static bool wraps(uint64_t addr, uint64_t size, bool is64)
{
	uint64_t last;

	if (__builtin_add_overflow(addr, size, &last))
		return true;
	return !is64 && last > 1ull << 32;
}

static int read_segments(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elfview *v = &p->view;

	g->seg = xcalloc(v->phnum, sizeof(g->seg[0]));
	for (uint32_t i = 0; i < v->phnum; i++) {
		struct elf_seg s;

		if (elf_segment(v, i, &s))
			return -1;
		if (s.type != PT_LOAD || !s.memsz)
			continue;
		if (s.filesz > s.memsz || wraps(s.vaddr, s.memsz, v->is64) ||
		    wraps(s.paddr, s.memsz, v->is64))
			return elf_fail(v, "segment %u: sizes 0x%" PRIx64 " in the file, 0x%"
					PRIx64 " in memory at 0x%" PRIx64 " are impossible",
					i, s.filesz, s.memsz, s.vaddr);
		if (!elf_bytes(v, s.offset, s.filesz))
			return elf_fail(v, "segment %u (0x%" PRIx64 " bytes at offset 0x%"
					PRIx64 ") lies outside the file",
					i, s.filesz, s.offset);
		g->seg[g->nseg++] = (struct ab_segment) {
			.vaddr = s.vaddr, .paddr = s.paddr, .filesz = s.filesz,
			.memsz = s.memsz, .offset = s.offset, .align = s.align,
			.flags = s.flags,
		};
		if ((s.flags & PF_X) && s.filesz)
			guest_add_region(p, (struct code_region) { .addr = s.vaddr,
				.paddr = s.paddr, .size = s.filesz, .offset = s.offset });
	}
	return 0;
}

/* Kernels also run code from segments that do not say so: i386 Linux has its
 * start-up code in a writable one.  There the section's flag counts. */
static int read_code_sections(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elfview *v = &p->view;

	for (uint32_t i = 1; i < v->shnum; i++) {
		struct elf_sec s;

		if (elf_section(v, i, &s))
			return -1;
		if ((s.flags & (SHF_EXECINSTR | SHF_ALLOC)) != (SHF_EXECINSTR | SHF_ALLOC) ||
		    s.type != SHT_PROGBITS || !s.size || guest_region(p, s.addr))
			continue;
		for (size_t k = 0; k < g->nseg; k++) {
			const struct ab_segment *seg = &g->seg[k];
			uint64_t at = s.addr - seg->vaddr;

			if (at >= seg->filesz || s.size > seg->filesz - at ||
			    s.offset != seg->offset + at)
				continue;
			guest_add_region(p, (struct code_region) { .addr = s.addr,
				.paddr = seg->paddr + at, .size = s.size,
				.offset = s.offset });
			break;
		}
	}
	return 0;
}

static int lay_out_sections(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elfview *v = &p->view;
	uint64_t base = 0;

	for (uint32_t i = 1; i < v->shnum; i++) {
		struct elf_sec s;

		if (elf_section(v, i, &s))
			return -1;
		if (!(s.flags & SHF_EXECINSTR) || s.type != SHT_PROGBITS || !s.size)
			continue;
		if (!elf_contents(v, &s))
			return -1;
		guest_add_region(p, (struct code_region) { .addr = base, .paddr = base,
			.size = s.size, .offset = s.offset, .section = i });
		base += (s.size + 15) & ~15ull;
	}
	return 0;
}

int guest_add_site(struct ab_guest *g, const struct note_site *n)
{
	struct guest_priv *p = g->priv;
	uint64_t addr = n->addr;
	struct ab_site *s;

	if (n->section) {
		const struct code_region *r = guest_region_of(p, n->section);

		/* out of every region when there is none or it is too far */
		addr = r && addr < r->size ? r->addr + addr : UINT64_MAX;
	}
	/* doubles at powers of two */
	if (!(g->nsite & (g->nsite - 1)))
		g->site = xrealloc(g->site, (g->nsite ? g->nsite * 2 : 1) * sizeof(*s));
	s = &g->site[g->nsite++];
	memset(s, 0, sizeof(*s));
	s->addr = addr;
	s->op = n->op;
	s->insn_len = n->insn_len;
	s->total_len = n->total_len;
	s->code_bits = n->code_bits;
	s->count = n->count;
	s->dead = n->dead;
	s->rule = n->rule;
	s->arg = n->arg;
	s->section = "";
	return 0;
}

static int add_site(void *ctx, const struct note_site *n)
{
	return guest_add_site(ctx, n);
}

static int read_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	struct ab_guest *g = ctx;
	struct guest_priv *p = g->priv;

	if (note_is_patch(n))
		return note_sites(v, n, add_site, g);
	if (elf_note_is(n, AB_NOTE_NAME, AB_NOTE_TYPE_PATCHED)) {
		if (p->patched_desc)
			return elf_fail(v, "two notes say that it was patched");
		p->patched_desc = xmalloc(n->desc_size);
		memcpy(p->patched_desc, n->desc, n->desc_size);
		p->patched_size = n->desc_size;
	} else if (elf_note_is(n, "GNU", NT_BUILD_ID) && !g->build_id_len) {
		g->build_id_len = n->desc_size < sizeof(g->build_id) ?
				  n->desc_size : sizeof(g->build_id);
		memcpy(g->build_id, n->desc, g->build_id_len);
	}
	return 0;
}

/* Sites' section names, when there are sections.  Both are sorted by address in
 * all files that a linker made, but nothing relies on that. */
static int name_sections(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elfview *v = &p->view;

	for (size_t i = 0; i < g->nsite; i++)
		g->site[i].section_off = 0;
	for (uint32_t k = 1; k < v->shnum; k++) {
		const struct code_region *r = NULL;
		struct elf_sec sec;
		uint64_t start;
		size_t lo = 0, hi = g->nsite;

		if (elf_section(v, k, &sec))
			return -1;
		if (!(sec.flags & SHF_ALLOC) || !sec.size || sec.type == SHT_NOBITS)
			continue;
		if (v->type == ET_REL && !(r = guest_region_of(p, k)))
			continue;
		start = r ? r->addr : sec.addr;
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (g->site[mid].addr < start)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < g->nsite && g->site[lo].addr - start < sec.size; lo++) {
			g->site[lo].section = sec.name;
			g->site[lo].section_off = g->site[lo].addr - start;
		}
	}
	return 0;
}

static int read_guest(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elfview *v = &p->view;

	if (elf_view(v, g->data, g->size))
		return -1;
	g->machine = v->machine;
	g->type = v->type;
	g->entry = v->entry;
	if (v->type != ET_EXEC && v->type != ET_DYN && v->type != ET_REL)
		return elf_fail(v, "ELF type %u is neither a program nor an object", v->type);
	if (v->type == ET_REL ? lay_out_sections(g) :
	    read_segments(g) || read_code_sections(g))
		return -1;
	if (elf_notes_walk(v, read_note, g))
		return -1;
	guest_read_embedded(g);
	if (p->patched_desc) {
		if (image_read_saved(g))
			return -1;
		image_swap(g);		/* sites are verified as they were */
	}
	guest_verify(g);
	if (p->patched_desc) {
		image_swap(g);
		if (image_check_saved(g))
			return -1;
	}
	return name_sections(g);
}

struct ab_guest *guest_from_memory(const char *path, void *data, size_t size)
{
	struct ab_guest *g = xcalloc(1, sizeof(*g));
	struct guest_priv *p = xcalloc(1, sizeof(*p));

	g->priv = p;
	g->path = xstrdup(path);
	g->data = data;
	g->size = size;
	if (read_guest(g)) {
		error("%s: %s", path, p->view.why);
		ab_guest_close(g);
		return NULL;
	}
	return g;
}

const uint8_t *ab_guest_code(const struct ab_guest *g, uint64_t addr, size_t *left)
{
	const struct code_region *r = guest_region(g->priv, addr);

	if (!r)
		return NULL;
	*left = r->size - (addr - r->addr);
	return g->data + r->offset + (addr - r->addr);
}

struct ab_guest *ab_guest_open(const char *path)
{
	char *data;
	size_t size;

	if (file_read(path, &data, &size)) {
		error("%s: cannot read: %s", path, strerror(errno));
		return NULL;
	}
	return guest_from_memory(path, data, size);
}

void ab_guest_close(struct ab_guest *g)
{
	struct guest_priv *p;

	if (!g)
		return;
	p = g->priv;
	free(p->region);
	free(p->symbol);
	free(p->patched_desc);
	free(p->saved);
	free(p->stub_site);
	free(p);
	free(g->path);
	free(g->data);
	free(g->seg);
	free(g->site);
	free(g);
}

struct ab_site *ab_guest_site(struct ab_guest *g, uint64_t addr)
{
	size_t lo = 0, hi = g->nsite;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (g->site[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* several notes may claim one address: one of them at most is good */
	for (; lo < g->nsite && g->site[lo].addr == addr; lo++)
		if (g->site[lo].state == AB_SITE_OK)
			return &g->site[lo];
	return NULL;
}

const uint8_t *ab_guest_loaded(const struct ab_guest *g, uint64_t pa)
{
	for (size_t i = 0; i < g->nseg; i++)
		if (pa - g->seg[i].paddr < g->seg[i].filesz)
			return g->data + g->seg[i].offset + (pa - g->seg[i].paddr);
	return NULL;
}
