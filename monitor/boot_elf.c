/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ELF segments into guest RAM, and the notes that tell a boot protocol.  The
 * loader's library has parsed and checked the program headers; what it cannot
 * know, whether they fit this RAM and one another, is checked here.
 */
#include "monitor/boot.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include "lib/diag.h"

/* One stretch of a segment, [from, to) from its start. */
static int stretch_load(struct boot *b, const struct ab_segment *s, uint64_t from,
			uint64_t to, const char *what)
{
	uint64_t bytes = s->filesz < to ? s->filesz : to;

	if (from >= to)
		return 0;
	if (boot_reserve(b, s->paddr + from, to - from, what))
		return -1;
	if (bytes > from)
		boot_write(b, s->paddr + from, b->guest->data + s->offset + from,
			   bytes - from);
	else
		bytes = from;
	memset(b->ram + s->paddr + bytes, 0, to - bytes);
	if (s->paddr + to > b->kernel_end)
		b->kernel_end = s->paddr + to;
	return 0;
}

/*
 * Linkers often put the file's headers in front of a kernel at 1 MiB, so into
 * the BIOS: there, writes are lost, as on any PC.  Only what lies outside of the
 * video and BIOS area is loaded.
 */
static int segment_load(struct boot *b, const struct ab_segment *s, size_t index)
{
	const struct ab_guest *g = b->guest;
	uint64_t low = 0, high = 0;	/* not loaded: [low, high) */
	char what[32];

	snprintf(what, sizeof what, "segment %zu", index);
	if (s->filesz > s->memsz) {
		error("%s: %s has more bytes in the file than in memory", b->path,
		      what);
		return -1;
	}
	if (s->offset > g->size || s->filesz > g->size - s->offset) {
		error("%s: %s lies beyond the end of the file", b->path, what);
		return -1;
	}
	if (s->paddr < BOOT_HOLE_END &&
	    (s->paddr >= BOOT_HOLE || s->memsz > BOOT_HOLE - s->paddr)) {
		low = s->paddr < BOOT_HOLE ? BOOT_HOLE - s->paddr : 0;
		high = s->memsz < BOOT_HOLE_END - s->paddr ? s->memsz :
			BOOT_HOLE_END - s->paddr;
	}
	if (low < high && (s->flags & (PF_W | PF_X)))
		warn("%s: %s: what lies in the video and BIOS area (0xa0000 to "
		     "0xfffff) is not loaded", b->path, what);
	return stretch_load(b, s, 0, low, what) ||
		stretch_load(b, s, high, s->memsz, what) ? -1 : 0;
}

/* Linkers write the entry's linear address; protocols want the physical one. */
uint32_t boot_elf_physical(const struct ab_guest *g, uint64_t addr)
{
	size_t i;

	for (i = 0; i < g->nseg; i++) {
		const struct ab_segment *s = &g->seg[i];

		if (s->paddr != s->vaddr && (s->flags & PF_X) &&
		    addr >= s->vaddr && addr - s->vaddr < s->filesz)
			return (uint32_t)(addr - s->vaddr + s->paddr);
	}
	return (uint32_t)addr;
}

int boot_elf_load(struct boot *b, uint32_t *entry)
{
	const struct ab_guest *g = b->guest;
	size_t i;

	if (!g->nseg) {
		error("%s: no segment to load", b->path);
		return -1;
	}
	for (i = 0; i < g->nseg; i++)
		if (g->seg[i].memsz && segment_load(b, &g->seg[i], i))
			return -1;
	if (g->entry > UINT32_MAX) {
		error("%s: the entry point 0x%llx lies above 4 GiB", b->path,
		      (unsigned long long)g->entry);
		return -1;
	}
	*entry = boot_elf_physical(g, g->entry);
	return 0;
}

/* ---- notes ---- */

struct want {
	const char *owner;
	uint32_t type;
	const uint8_t *desc;
	uint32_t size;
};

/* Walk the notes in (p, n). */
static bool notes_scan(const uint8_t *p, size_t n, struct want *w)
{
	size_t owner = strlen(w->owner) + 1;

	while (n >= 12) {
		uint64_t namesz = get32(p), descsz = get32(p + 4);
		uint32_t type = get32(p + 8);
		uint64_t desc = 12 + ((namesz + 3) & ~3ull);
		uint64_t next = desc + ((descsz + 3) & ~3ull);

		if (desc + descsz > n)
			return false;
		if (namesz == owner && !memcmp(p + 12, w->owner, owner) &&
		    (w->type == ~0u || type == w->type)) {
			w->desc = p + desc;
			w->size = (uint32_t)descsz;
			return true;
		}
		if (next >= n)
			return false;
		p += next;
		n -= next;
	}
	return false;
}

/* One row of the program or section header table: notes at (offset, size). */
static bool notes_at(const struct ab_guest *g, uint64_t offset, uint64_t size,
		     struct want *w)
{
	if (offset > g->size || size > g->size - offset)
		return false;
	return notes_scan(g->data + offset, size, w);
}

bool boot_elf_note(const struct ab_guest *g, const char *owner, uint32_t type,
		   const uint8_t **desc, uint32_t *size)
{
	struct want w = { owner, type, NULL, 0 };
	Elf32_Ehdr eh;
	Elf32_Phdr ph;
	Elf32_Shdr sh;
	bool found = false;
	uint64_t at;
	unsigned i;

	if (g->size < sizeof eh || memcmp(g->data, ELFMAG, SELFMAG) ||
	    g->data[EI_CLASS] != ELFCLASS32)
		return false;
	memcpy(&eh, g->data, sizeof eh);
	for (i = 0; i < eh.e_phnum && !found; i++) {
		at = (uint64_t)eh.e_phoff + (uint64_t)i * eh.e_phentsize;
		if (eh.e_phentsize < sizeof ph || at + sizeof ph > g->size)
			break;
		memcpy(&ph, g->data + at, sizeof ph);
		if (ph.p_type == PT_NOTE)
			found = notes_at(g, ph.p_offset, ph.p_filesz, &w);
	}
	for (i = 0; i < eh.e_shnum && !found; i++) {
		at = (uint64_t)eh.e_shoff + (uint64_t)i * eh.e_shentsize;
		if (eh.e_shentsize < sizeof sh || at + sizeof sh > g->size)
			break;
		memcpy(&sh, g->data + at, sizeof sh);
		if (sh.sh_type == SHT_NOTE)
			found = notes_at(g, sh.sh_offset, sh.sh_size, &w);
	}
	*desc = w.desc;
	*size = w.size;
	return found;
}
