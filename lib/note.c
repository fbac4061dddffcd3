/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * note.c: walk ELF notes and decode patch notes.
 *
 * Linkers merge note sections of different alignment and put zero bytes in
 * between, so the walk steps over zero words instead of relying on the
 * section's alignment.  A stripped file may have segments only, a linked one
 * both, and then each note must be seen once.
 */
#include "lib/note.h"

#include <string.h>

#define NOTE_HEADER	12u
#define ALIGN4(n)	(((uint64_t)(n) + 3) & ~3ull)

/* A stretch of the file that holds notes. */
struct span {
	const uint8_t *p;
	uint64_t size, offset, addr;
	uint32_t section;
	const char *name;
};

static bool is_note_section(const struct elf_sec *sec)
{
	/* a linker script that mixes sections may make them PROGBITS */
	return sec->type == SHT_NOTE ||
	       (sec->type == SHT_PROGBITS && !strncmp(sec->name, ".note", 5));
}

static bool in_note_section(struct elfview *v, uint64_t offset)
{
	struct elf_sec sec;

	for (uint32_t i = 1; i < v->shnum; i++) {
		if (elf_section(v, i, &sec) || !is_note_section(&sec))
			continue;
		if (offset >= sec.offset && offset - sec.offset < sec.size)
			return true;
	}
	return false;
}

/* The note at (at) of (s), and where the next one begins. */
static int parse_note(struct elfview *v, const struct span *s, uint64_t at,
		      struct elf_note *n, uint64_t *next)
{
	uint64_t left = s->size - at, desc;

	if (left < NOTE_HEADER)
		return elf_fail(v, "%s: cut off inside a note header at 0x%llx",
				s->name, (unsigned long long)at);
	n->owner_size = get_le32(s->p + at);
	n->desc_size = get_le32(s->p + at + 4);
	n->type = get_le32(s->p + at + 8);
	desc = NOTE_HEADER + ALIGN4(n->owner_size);
	if (desc > left || n->desc_size > left - desc)
		return elf_fail(v, "%s: note at 0x%llx (name of %u bytes, contents of %u) leaves its section",
				s->name, (unsigned long long)at, n->owner_size, n->desc_size);
	n->owner = (const char *)s->p + at + NOTE_HEADER;
	n->desc = s->p + at + desc;
	n->desc_addr = s->addr + at + desc;
	n->desc_offset = s->offset + at + desc;
	n->section = s->section;
	*next = at + desc + ALIGN4(n->desc_size);
	return 0;
}

/* Sections that linkers take for notes by their name may hold anything: bytes that
 * are no notes are an error only where ours are among them. */
static bool holds_ours(const struct span *s)
{
	return memmem(s->p, s->size, AB_NOTE_NAME, sizeof(AB_NOTE_NAME)) != NULL;
}

static int walk_span(struct elfview *v, const struct span *s, elf_note_fn fn, void *ctx)
{
	uint64_t at = 0;

	while (at < s->size) {
		struct elf_note note;
		int ret;

		if (s->size - at >= 4 && !get_le32(s->p + at)) {
			at += 4;
			continue;
		}
		if (s->size - at < 4)		/* padding of the section's end */
			return 0;
		if (parse_note(v, s, at, &note, &at))
			return holds_ours(s) ? -1 : 0;
		if (!s->section && in_note_section(v, note.desc_offset - 1))
			continue;
		ret = fn(ctx, v, &note);
		if (ret)
			return ret;
	}
	return 0;
}

int elf_notes_walk(struct elfview *v, elf_note_fn fn, void *ctx)
{
	int ret;

	for (uint32_t i = 1; i < v->shnum; i++) {
		struct elf_sec sec;
		struct span s;

		if (elf_section(v, i, &sec))
			return -1;
		if (!is_note_section(&sec) || !sec.size)
			continue;
		s = (struct span) { .size = sec.size, .offset = sec.offset,
				    .addr = sec.addr, .section = i, .name = sec.name };
		s.p = elf_contents(v, &sec);
		if (!s.p)
			return -1;
		ret = walk_span(v, &s, fn, ctx);
		/* what only has the name of a note may hold anything */
		if (ret && !(ret == -1 && sec.type != SHT_NOTE))
			return ret;
	}
	for (uint32_t i = 0; i < v->phnum; i++) {
		struct elf_seg seg;
		struct span s;

		if (elf_segment(v, i, &seg))
			return -1;
		if (seg.type != PT_NOTE || !seg.filesz)
			continue;
		s = (struct span) { .size = seg.filesz, .offset = seg.offset,
				    .addr = seg.vaddr, .name = "PT_NOTE segment" };
		s.p = elf_bytes(v, seg.offset, seg.filesz);
		if (!s.p)
			return -1;
		ret = walk_span(v, &s, fn, ctx);
		if (ret)
			return ret;
	}
	return 0;
}

bool elf_note_is(const struct elf_note *n, const char *owner, uint32_t type)
{
	return n->type == type && n->owner_size == strlen(owner) + 1 &&
	       !memcmp(n->owner, owner, n->owner_size);
}

bool note_is_patch(const struct elf_note *n)
{
	return elf_note_is(n, AB_NOTE_NAME, AB_NOTE_TYPE);
}

/* Relocations against one note section of an ET_REL file, read in order. */
struct relocs {
	struct elf_sec sec;	/* index 0: there are none */
	struct elf_sec symtab;
	uint32_t count, next;
};

static int relocs_open(struct elfview *v, uint32_t section, struct relocs *r)
{
	struct elf_sec sec;

	memset(r, 0, sizeof(*r));
	for (uint32_t i = 1; i < v->shnum; i++) {
		if (elf_section(v, i, &sec))
			return -1;
		if ((sec.type != SHT_REL && sec.type != SHT_RELA) || sec.info != section)
			continue;
		if (elf_reloc_count(v, &sec, &r->count))
			return -1;
		if (!sec.link || elf_section(v, sec.link, &r->symtab) ||
		    r->symtab.type != SHT_SYMTAB)
			return elf_fail(v, "%s: its symbol table is missing", sec.name);
		r->sec = sec;
		return 0;
	}
	return 0;
}

/* The relocation at (offset).  They come in order, so go on after the last. */
static int relocs_find(struct elfview *v, struct relocs *r, uint64_t offset,
		       struct elf_reloc *out)
{
	for (uint32_t i = 0; i < r->count; i++) {
		uint32_t at = (r->next + (uint64_t)i) % r->count;

		if (elf_get_reloc(v, &r->sec, at, out))
			return -1;
		if (out->offset == offset) {
			r->next = at + 1;
			return 0;
		}
	}
	return elf_fail(v, "patch note: no relocation for the site at offset 0x%llx",
			(unsigned long long)offset);
}

/* What the field at (offset) of the note section will point to. */
static int relocated_site(struct elfview *v, struct relocs *r, uint64_t offset,
			  const uint8_t *field, struct note_site *site)
{
	struct elf_reloc rel;
	struct elf_symbol sym;
	int64_t addend;

	if (relocs_find(v, r, offset, &rel))
		return -1;
	if (rel.type != (v->is64 ? (uint32_t)R_X86_64_PC64 : (uint32_t)R_386_PC32))
		return elf_fail(v, "patch note: relocation type %u at offset 0x%llx is not position-relative",
				rel.type, (unsigned long long)offset);
	if (elf_get_symbol(v, &r->symtab, rel.sym, &sym))
		return -1;
	if (sym.shndx == SHN_UNDEF || sym.shndx >= v->shnum)
		return elf_fail(v, "patch note: site at offset 0x%llx lies in no section",
				(unsigned long long)offset);
	addend = rel.addend;
	if (r->sec.type == SHT_REL)
		addend = v->is64 ? (int64_t)get_le64(field) : (int32_t)get_le32(field);
	site->addr = sym.value + addend;
	site->section = sym.shndx;
	return 0;
}

/* A string table as ELF's: named by byte offset, the first byte is a NUL, and
 * what is not terminated inside it is no string. */
struct strings {
	const char *base;
	uint32_t size;
};

static const char *strings_get(const struct strings *t, uint32_t offset)
{
	if (!offset)
		return "";
	if (offset >= t->size || !memchr(t->base + offset, 0, t->size - offset))
		return NULL;
	return t->base + offset;
}

static int check_header(struct elfview *v, const struct elf_note *n,
			uint32_t *entry_size, uint32_t *strings)
{
	uint32_t want = v->is64 ? AB_NOTE_ENTRY64 : AB_NOTE_ENTRY32;

	if (n->desc_size < AB_NOTE_HEADER)
		return elf_fail(v, "patch note of %u bytes is shorter than its header",
				n->desc_size);
	if (get_le16(n->desc) != AB_NOTE_VERSION)
		return elf_fail(v, "patch note version %u; this program knows version %u",
				get_le16(n->desc), AB_NOTE_VERSION);
	if (n->desc[2] != (v->is64 ? 8 : 4))
		return elf_fail(v, "patch note with %u-byte addresses in an ELF%u file",
				n->desc[2], v->is64 ? 64 : 32);
	*entry_size = n->desc[3];
	*strings = get_le32(n->desc + 4);
	if (*entry_size != want)
		return elf_fail(v, "patch note entries of %u bytes instead of %u",
				*entry_size, want);
	if (get_le32(n->desc + 8))
		return elf_fail(v, "patch note flags 0x%x are unknown", get_le32(n->desc + 8));
	if (*strings < AB_NOTE_HEADER || *strings > n->desc_size ||
	    (*strings - AB_NOTE_HEADER) % *entry_size)
		return elf_fail(v, "patch note of %u bytes: its strings cannot begin at %u",
				n->desc_size, *strings);
	return 0;
}

static int read_entry(struct elfview *v, const struct elf_note *n, uint32_t at,
		      struct relocs *r, const struct strings *names,
		      struct note_site *site)
{
	const uint8_t *p = n->desc + at;
	uint64_t field = n->desc_addr + at;

	memset(site, 0, sizeof(*site));
	if (v->type == ET_REL) {
		if (relocated_site(v, r, field, p, site))
			return -1;
	} else if (v->is64) {
		site->addr = field + get_le64(p);
	} else {
		site->addr = (uint32_t)(field + get_le32(p));
	}
	p += v->is64 ? 8 : 4;
	site->insn_len = p[0];
	site->total_len = p[1];
	site->op = get_le16(p + 2);
	site->dead = get_le32(p + 4);
	site->code_bits = p[10];
	site->count = p[11];
	site->rule = strings_get(names, get_le16(p + 8));
	site->arg = strings_get(names, get_le32(p + 12));
	if (!site->rule || !site->arg)
		return elf_fail(v, "patch note: entry %u names a string at %u, its table has %u bytes",
				(at - AB_NOTE_HEADER) / n->desc[3],
				site->rule ? get_le32(p + 12) : get_le16(p + 8),
				names->size);
	return 0;
}

int note_sites(struct elfview *v, const struct elf_note *n, note_site_fn fn, void *ctx)
{
	uint32_t entry_size = 0, strings = 0;
	struct strings names;
	struct relocs relocs = { .count = 0 };
	int ret = 0;

	if (check_header(v, n, &entry_size, &strings))
		return -1;
	if (v->type == ET_REL && relocs_open(v, n->section, &relocs))
		return -1;
	names.base = (const char *)n->desc + strings;
	names.size = n->desc_size - strings;
	for (uint32_t at = AB_NOTE_HEADER; at < strings && !ret; at += entry_size) {
		struct note_site site;

		ret = read_entry(v, n, at, &relocs, &names, &site);
		if (!ret)
			ret = fn(ctx, &site);
	}
	return ret;
}
