/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read-only view of an ELF file in memory, 32 and 64 bits, little endian.
 * Every access is checked: a corrupt file gives an error, never a bad pointer.
 * Nothing is allocated and nothing is printed; after a failure view->why says
 * what is wrong with the file.
 */
#ifndef AB_LIB_ELFVIEW_H
#define AB_LIB_ELFVIEW_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elfview {
	const uint8_t *data;
	size_t size;
	bool is64;
	uint16_t type, machine;
	uint64_t entry;
	uint64_t phoff, shoff;
	uint32_t phnum, shnum, shstrndx;
	char why[160];
};

struct elf_sec {
	uint32_t index;
	const char *name;	/* "" when it has none */
	uint32_t type, link, info;
	uint64_t flags, addr, offset, size, align, entsize;
};

struct elf_seg {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_symbol {
	const char *name;	/* "" when it has none */
	uint64_t value, size;
	uint32_t shndx;		/* SHN_XINDEX resolved */
	uint8_t type, bind;
};

struct elf_reloc {
	uint64_t offset;
	int64_t addend;		/* of a SHT_RELA section, else 0 */
	uint32_t type, sym;
};

/* Check the header of (data, size) and fill *view.  Accepts EM_386 (ELF32) and
 * EM_X86_64 (ELF64).  Returns 0, or -1 with view->why. */
int elf_view(struct elfview *view, const void *data, size_t size);

/* Note in view->why what is wrong; returns -1. */
int elf_fail(struct elfview *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Section and program header number (i).  0, or -1 with why. */
int elf_section(struct elfview *, uint32_t i, struct elf_sec *out);
int elf_segment(struct elfview *, uint32_t i, struct elf_seg *out);

/* Pointer to (len) bytes at file offset (off), NULL with why when the file
 * does not have them. */
const uint8_t *elf_bytes(struct elfview *, uint64_t off, uint64_t len);
/* The contents of (sec); NULL with why for SHT_NOBITS or when it leaves the
 * file.  An empty section gives a non-NULL pointer. */
const uint8_t *elf_contents(struct elfview *, const struct elf_sec *sec);

/* Find a section by name or by type: its index from (from) on, or 0. */
uint32_t elf_find_name(struct elfview *, const char *name);
uint32_t elf_find_type(struct elfview *, uint32_t type, uint32_t from);

/* Number of entries of symbol table or relocation section (sec), and entry
 * (i).  -1 with why when the table is malformed. */
int elf_symbol_count(struct elfview *, const struct elf_sec *sec, uint32_t *count);
int elf_get_symbol(struct elfview *, const struct elf_sec *sec, uint32_t i,
		   struct elf_symbol *out);
int elf_reloc_count(struct elfview *, const struct elf_sec *sec, uint32_t *count);
int elf_get_reloc(struct elfview *, const struct elf_sec *sec, uint32_t i,
		  struct elf_reloc *out);

/* Unaligned little-endian loads. */
static inline uint16_t get_le16(const void *p)
{
	const uint8_t *b = p;

	return b[0] | b[1] << 8;
}

static inline uint32_t get_le32(const void *p)
{
	return get_le16(p) | (uint32_t)get_le16((const uint8_t *)p + 2) << 16;
}

static inline uint64_t get_le64(const void *p)
{
	return get_le32(p) | (uint64_t)get_le32((const uint8_t *)p + 4) << 32;
}

/* and stores */
static inline void put_le16(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = v;
	b[1] = v >> 8;
}

static inline void put_le32(void *p, uint32_t v)
{
	put_le16(p, v);
	put_le16((uint8_t *)p + 2, v >> 16);
}

static inline void put_le64(void *p, uint64_t v)
{
	put_le32(p, v);
	put_le32((uint8_t *)p + 4, v >> 32);
}

#endif
