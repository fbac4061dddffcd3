/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elfview.c: bounds-checked access to an ELF file in memory.
 *
 * Own code rather than libelf, since it is handed files that nobody vouches
 * for, and since "which field is wrong" is what the user has to be told.  All
 * reads go through elf_bytes(), the one place that compares with the size.
 */
#include "lib/elfview.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int elf_fail(struct elfview *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return -1;
}

const uint8_t *elf_bytes(struct elfview *v, uint64_t off, uint64_t len)
{
	if (off > v->size || len > v->size - off) {
		elf_fail(v, "0x%llx bytes at offset 0x%llx lie outside the file (0x%zx bytes)",
		     (unsigned long long)len, (unsigned long long)off, v->size);
		return NULL;
	}
	return v->data + off;
}

/* Entry (i) of a table of entries of (size) bytes at file offset (off). */
static const uint8_t *table_entry(struct elfview *v, uint64_t off, uint64_t i,
				  uint64_t size)
{
	uint64_t at;

	if (__builtin_mul_overflow(i, size, &at) ||
	    __builtin_add_overflow(at, off, &at)) {
		elf_fail(v, "table offset overflows");
		return NULL;
	}
	return elf_bytes(v, at, size);
}

static size_t shdr_size(const struct elfview *v)
{
	return v->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

static size_t phdr_size(const struct elfview *v)
{
	return v->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static int get_section(struct elfview *v, uint32_t i, struct elf_sec *out,
		       uint32_t *name)
{
	const uint8_t *p = table_entry(v, v->shoff, i, shdr_size(v));

	if (!p)
		return -1;
	*name = get_le32(p);
	*out = (struct elf_sec) { .index = i, .name = "", .type = get_le32(p + 4) };
	if (v->is64) {
		out->flags = get_le64(p + 8);
		out->addr = get_le64(p + 16);
		out->offset = get_le64(p + 24);
		out->size = get_le64(p + 32);
		out->link = get_le32(p + 40);
		out->info = get_le32(p + 44);
		out->align = get_le64(p + 48);
		out->entsize = get_le64(p + 56);
	} else {
		out->flags = get_le32(p + 8);
		out->addr = get_le32(p + 12);
		out->offset = get_le32(p + 16);
		out->size = get_le32(p + 20);
		out->link = get_le32(p + 24);
		out->info = get_le32(p + 28);
		out->align = get_le32(p + 32);
		out->entsize = get_le32(p + 36);
	}
	return 0;
}

/* Counts too large for the header's 16 bits stand in section 0. */
static int read_large_counts(struct elfview *v)
{
	struct elf_sec zero;
	uint32_t name;

	if (!v->shoff) {
		v->shnum = 0;
		return 0;
	}
	if (v->shnum && v->phnum != PN_XNUM && v->shstrndx != SHN_XINDEX)
		return 0;
	if (get_section(v, 0, &zero, &name))
		return elf_fail(v, "section header table at offset 0x%llx lies outside the file",
				(unsigned long long)v->shoff);
	if (!v->shnum) {
		if (zero.size > UINT32_MAX)
			return elf_fail(v, "impossible number of sections");
		v->shnum = zero.size;
	}
	if (v->phnum == PN_XNUM)
		v->phnum = zero.info;
	if (v->shstrndx == SHN_XINDEX)
		v->shstrndx = zero.link;
	return 0;
}

static int check_tables(struct elfview *v)
{
	if (v->phnum && !elf_bytes(v, v->phoff, (uint64_t)v->phnum * phdr_size(v)))
		return elf_fail(v, "program header table (%u entries at offset 0x%llx) lies outside the file",
				v->phnum, (unsigned long long)v->phoff);
	if (v->shnum && !elf_bytes(v, v->shoff, (uint64_t)v->shnum * shdr_size(v)))
		return elf_fail(v, "section header table (%u entries at offset 0x%llx) lies outside the file",
				v->shnum, (unsigned long long)v->shoff);
	if (v->shstrndx && v->shstrndx >= v->shnum)
		return elf_fail(v, "section name table index %u of %u sections",
				v->shstrndx, v->shnum);
	return 0;
}

static int read_header(struct elfview *v)
{
	size_t size = v->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	const uint8_t *p = elf_bytes(v, 0, size);
	unsigned phentsize, shentsize;

	if (!p)
		return elf_fail(v, "cut off inside the ELF header");
	v->type = get_le16(p + 16);
	v->machine = get_le16(p + 18);
	if (v->is64) {
		v->entry = get_le64(p + 24);
		v->phoff = get_le64(p + 32);
		v->shoff = get_le64(p + 40);
		p += 54;
	} else {
		v->entry = get_le32(p + 24);
		v->phoff = get_le32(p + 28);
		v->shoff = get_le32(p + 32);
		p += 42;
	}
	phentsize = get_le16(p);
	v->phnum = get_le16(p + 2);
	shentsize = get_le16(p + 4);
	v->shnum = get_le16(p + 6);
	v->shstrndx = get_le16(p + 8);
	if (v->phnum && phentsize != phdr_size(v))
		return elf_fail(v, "program header size %u instead of %zu",
				phentsize, phdr_size(v));
	if (v->shoff && shentsize != shdr_size(v))
		return elf_fail(v, "section header size %u instead of %zu",
				shentsize, shdr_size(v));
	return 0;
}

int elf_view(struct elfview *v, const void *data, size_t size)
{
	memset(v, 0, sizeof(*v));
	v->data = data;
	v->size = size;
	if (size < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG))
		return elf_fail(v, "not an ELF file");
	if (v->data[EI_CLASS] != ELFCLASS32 && v->data[EI_CLASS] != ELFCLASS64)
		return elf_fail(v, "unknown ELF class %u", v->data[EI_CLASS]);
	if (v->data[EI_DATA] != ELFDATA2LSB)
		return elf_fail(v, "not a little-endian ELF file");
	if (v->data[EI_VERSION] != EV_CURRENT)
		return elf_fail(v, "unknown ELF version %u", v->data[EI_VERSION]);
	v->is64 = v->data[EI_CLASS] == ELFCLASS64;
	if (read_header(v))
		return -1;
	if (v->machine != (v->is64 ? EM_X86_64 : EM_386))
		return elf_fail(v, "machine %u with ELF class %s is neither i386 nor x86-64",
				v->machine, v->is64 ? "64" : "32");
	return read_large_counts(v) || check_tables(v) ? -1 : 0;
}

/* The string at (off) of string section (i), NULL when it is none. */
static const char *get_string(struct elfview *v, uint32_t i, uint32_t off)
{
	struct elf_sec sec;
	const uint8_t *p;
	uint32_t name;

	if (!i || i >= v->shnum || get_section(v, i, &sec, &name))
		return NULL;
	if (sec.type == SHT_NOBITS || off >= sec.size)
		return NULL;
	p = elf_bytes(v, sec.offset, sec.size);
	if (!p || !memchr(p + off, 0, sec.size - off))
		return NULL;
	return (const char *)p + off;
}

int elf_section(struct elfview *v, uint32_t i, struct elf_sec *out)
{
	uint32_t name;

	if (i >= v->shnum)
		return elf_fail(v, "section %u of %u", i, v->shnum);
	if (get_section(v, i, out, &name))
		return -1;
	if (v->shstrndx) {
		out->name = get_string(v, v->shstrndx, name);
		if (!out->name)
			return elf_fail(v, "section %u: its name lies outside the name table", i);
	}
	return 0;
}

int elf_segment(struct elfview *v, uint32_t i, struct elf_seg *out)
{
	const uint8_t *p;

	if (i >= v->phnum)
		return elf_fail(v, "segment %u of %u", i, v->phnum);
	p = table_entry(v, v->phoff, i, phdr_size(v));
	if (!p)
		return -1;
	out->type = get_le32(p);
	if (v->is64) {
		out->flags = get_le32(p + 4);
		out->offset = get_le64(p + 8);
		out->vaddr = get_le64(p + 16);
		out->paddr = get_le64(p + 24);
		out->filesz = get_le64(p + 32);
		out->memsz = get_le64(p + 40);
		out->align = get_le64(p + 48);
	} else {
		out->offset = get_le32(p + 4);
		out->vaddr = get_le32(p + 8);
		out->paddr = get_le32(p + 12);
		out->filesz = get_le32(p + 16);
		out->memsz = get_le32(p + 20);
		out->flags = get_le32(p + 24);
		out->align = get_le32(p + 28);
	}
	return 0;
}

const uint8_t *elf_contents(struct elfview *v, const struct elf_sec *sec)
{
	const uint8_t *p;

	if (sec->type == SHT_NOBITS) {
		elf_fail(v, "section %s has no bytes in the file", sec->name);
		return NULL;
	}
	p = elf_bytes(v, sec->offset, sec->size);
	if (!p)
		elf_fail(v, "section %s (0x%llx bytes at offset 0x%llx) lies outside the file",
		     sec->name, (unsigned long long)sec->size,
		     (unsigned long long)sec->offset);
	return p;
}

uint32_t elf_find_name(struct elfview *v, const char *name)
{
	struct elf_sec sec;

	for (uint32_t i = 1; i < v->shnum; i++)
		if (!elf_section(v, i, &sec) && !strcmp(sec.name, name))
			return i;
	return 0;
}

uint32_t elf_find_type(struct elfview *v, uint32_t type, uint32_t from)
{
	struct elf_sec sec;
	uint32_t name;

	for (uint32_t i = from ? from : 1; i < v->shnum; i++)
		if (!get_section(v, i, &sec, &name) && sec.type == type)
			return i;
	return 0;
}

static int entry_count(struct elfview *v, const struct elf_sec *sec, size_t size,
		       const char *what, uint32_t *count)
{
	if (sec->entsize != size)
		return elf_fail(v, "%s %s: entry size %llu instead of %zu", what, sec->name,
				(unsigned long long)sec->entsize, size);
	if (!elf_contents(v, sec))
		return -1;
	if (sec->size / size > UINT32_MAX)
		return elf_fail(v, "%s %s is too large", what, sec->name);
	*count = sec->size / size;
	return 0;
}

int elf_symbol_count(struct elfview *v, const struct elf_sec *sec, uint32_t *count)
{
	return entry_count(v, sec, v->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym),
			   "symbol table", count);
}

/* The section of a symbol whose number does not fit into 16 bits. */
static int extended_index(struct elfview *v, const struct elf_sec *sec, uint32_t i,
			  uint32_t *shndx)
{
	struct elf_sec x;
	const uint8_t *p;
	uint32_t name, n = 0;

	while ((n = elf_find_type(v, SHT_SYMTAB_SHNDX, n + 1))) {
		if (get_section(v, n, &x, &name) || x.link != sec->index)
			continue;
		p = table_entry(v, x.offset, i, 4);
		if (!p || (uint64_t)i * 4 + 4 > x.size)
			break;
		*shndx = get_le32(p);
		return 0;
	}
	return elf_fail(v, "symbol %u of %s: no extended section index", i, sec->name);
}

int elf_get_symbol(struct elfview *v, const struct elf_sec *sec, uint32_t i,
		   struct elf_symbol *out)
{
	size_t size = v->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const uint8_t *p;
	uint8_t info;
	uint32_t name;

	if ((uint64_t)i * size + size > sec->size)
		return elf_fail(v, "symbol %u lies outside of %s", i, sec->name);
	p = table_entry(v, sec->offset, i, size);
	if (!p)
		return -1;
	name = get_le32(p);
	if (v->is64) {
		info = p[4];
		out->shndx = get_le16(p + 6);
		out->value = get_le64(p + 8);
		out->size = get_le64(p + 16);
	} else {
		out->value = get_le32(p + 4);
		out->size = get_le32(p + 8);
		info = p[12];
		out->shndx = get_le16(p + 14);
	}
	out->type = info & 15;
	out->bind = info >> 4;
	if (out->shndx == SHN_XINDEX && extended_index(v, sec, i, &out->shndx))
		return -1;
	out->name = "";
	if (name) {
		out->name = get_string(v, sec->link, name);
		if (!out->name)
			return elf_fail(v, "symbol %u of %s: its name lies outside the string table",
					i, sec->name);
	}
	return 0;
}

static size_t reloc_size(const struct elfview *v, const struct elf_sec *sec)
{
	if (sec->type == SHT_RELA)
		return v->is64 ? sizeof(Elf64_Rela) : sizeof(Elf32_Rela);
	return v->is64 ? sizeof(Elf64_Rel) : sizeof(Elf32_Rel);
}

int elf_reloc_count(struct elfview *v, const struct elf_sec *sec, uint32_t *count)
{
	return entry_count(v, sec, reloc_size(v, sec), "relocation section", count);
}

int elf_get_reloc(struct elfview *v, const struct elf_sec *sec, uint32_t i,
		  struct elf_reloc *out)
{
	size_t size = reloc_size(v, sec);
	const uint8_t *p;

	if ((uint64_t)i * size + size > sec->size)
		return elf_fail(v, "relocation %u lies outside of %s", i, sec->name);
	p = table_entry(v, sec->offset, i, size);
	if (!p)
		return -1;
	out->addend = 0;
	if (v->is64) {
		out->offset = get_le64(p);
		out->type = get_le32(p + 8);
		out->sym = get_le32(p + 12);
		if (sec->type == SHT_RELA)
			out->addend = (int64_t)get_le64(p + 16);
	} else {
		out->offset = get_le32(p);
		out->type = p[4];
		out->sym = get_le32(p + 4) >> 8;
		if (sec->type == SHT_RELA)
			out->addend = (int32_t)get_le32(p + 8);
	}
	return 0;
}
