/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Multiboot 2: the header is a list of tags, and so is the information that the
 * guest gets.  A required tag that we cannot honour is an error.
 */
#include "monitor/boot.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"

#define MAGIC		0xe85250d6u
#define LOADED		0x36d76289u
#define SEARCH		32768u

/* Header tags. */
enum { H_END, H_INFO, H_ADDRESS, H_ENTRY, H_CONSOLE, H_FRAMEBUFFER, H_ALIGN,
       H_EFI_SERVICES, H_EFI32, H_EFI64, H_RELOCATABLE };
/* Information tags. */
enum { T_END, T_CMDLINE, T_LOADER, T_MODULE, T_MEMORY, T_BOOTDEV, T_MMAP,
       T_ELF = 9, T_ACPI_OLD = 14 };

struct header {
	const uint8_t *start;
	uint32_t length;
	const uint8_t *address;		/* tags, or NULL */
	const uint8_t *entry;
};

static const uint8_t *header_find(const struct boot *b)
{
	const uint8_t *p = b->guest->data;
	size_t at, end = b->guest->size < SEARCH ? b->guest->size : SEARCH;

	for (at = 0; at + 16 <= end; at += 8)
		if (get32(p + at) == MAGIC &&
		    get32(p + at) + get32(p + at + 4) + get32(p + at + 8) +
		    get32(p + at + 12) == 0)
			return p + at;
	return NULL;
}

bool multiboot2_is(const struct boot *b)
{
	return header_find(b) != NULL;
}

/* ---- header ---- */

static int tag_take(const struct boot *b, struct header *h, const uint8_t *t,
		    uint32_t size)
{
	unsigned type = get16(t);
	bool optional = get16(t + 2) & 1;

	switch (type) {
	case H_ADDRESS:
		if (size < 24)
			break;
		h->address = t;
		return 0;
	case H_ENTRY:
		if (size < 12)
			break;
		h->entry = t;
		return 0;
	case H_FRAMEBUFFER:
		warn("%s: the multiboot 2 header asks for a framebuffer; the screen "
		     "stays in 80x25 text", b->path);
		return 0;
	case H_INFO:
	case H_CONSOLE:
	case H_ALIGN:
	case H_EFI_SERVICES:
	case H_EFI32:
	case H_EFI64:
	case H_RELOCATABLE:
		return 0;
	default:
		if (optional)
			return 0;
		error("%s: the multiboot 2 header demands feature %u, which is not "
		      "known", b->path, type);
		return -1;
	}
	error("%s: multiboot 2 header tag %u is too short", b->path, type);
	return -1;
}

static int header_parse(const struct boot *b, struct header *h)
{
	const struct ab_guest *g = b->guest;
	uint64_t at, end;

	h->start = header_find(b);
	h->length = get32(h->start + 8);
	at = (uint64_t)(h->start - g->data);
	end = at + h->length;
	if (get32(h->start + 4) != 0) {
		error("%s: the multiboot 2 header is for another architecture",
		      b->path);
		return -1;
	}
	if (h->length < 16 || end > g->size) {
		error("%s: the multiboot 2 header's length of %u bytes is wrong",
		      b->path, h->length);
		return -1;
	}
	for (at += 16; at + 8 <= end;) {
		const uint8_t *t = g->data + at;
		uint32_t size = get32(t + 4);

		if (get16(t) == H_END)
			return 0;
		if (size < 8 || size > end - at) {
			error("%s: multiboot 2 header tag %u has a wrong size, %u",
			      b->path, get16(t), size);
			return -1;
		}
		if (tag_take(b, h, t, size))
			return -1;
		at += (size + 7ull) & ~7ull;
	}
	return 0;
}

/* The address tag: the image goes where it says, whatever the ELF header. */
static int address_load(struct boot *b, const struct header *h)
{
	const struct ab_guest *g = b->guest;
	uint64_t at = (uint64_t)(h->start - g->data);
	uint64_t header = get32(h->address + 8), load = get32(h->address + 12);
	uint64_t load_end = get32(h->address + 16);
	uint64_t bss_end = get32(h->address + 20);
	uint64_t offset, size, memory;

	if (load == UINT32_MAX) {	/* "from the start of the file" */
		load = header - at;
		offset = 0;
	} else {
		offset = at - (header - load);
	}
	if (header < load || offset > at) {
		error("%s: multiboot 2 load and header address do not fit the file",
		      b->path);
		return -1;
	}
	size = load_end ? load_end - load : g->size - offset;
	memory = bss_end ? bss_end - load : size;
	if ((load_end && load_end < load) || (bss_end && bss_end < load) ||
	    size > g->size - offset || memory < size) {
		error("%s: multiboot 2 load or bss end address is wrong", b->path);
		return -1;
	}
	if (boot_reserve(b, load, memory, "the multiboot image"))
		return -1;
	boot_write(b, load, g->data + offset, size);
	memset(b->ram + load + size, 0, memory - size);
	b->kernel_end = load + memory;
	return 0;
}

/* ---- information ---- */

struct info {
	uint8_t *data;
	size_t size;
};

/* Append a tag with room for (size) bytes after its header; returns that room. */
static uint8_t *tag_add(struct info *in, uint32_t type, size_t size)
{
	size_t at = in->size, whole = (8 + size + 7) & ~(size_t)7;

	in->data = xrealloc(in->data, at + whole);
	memset(in->data + at, 0, whole);
	put32(in->data + at, type);
	put32(in->data + at + 4, (uint32_t)(8 + size));
	in->size = at + whole;
	return in->data + at + 8;
}

static void tag_text(struct info *in, uint32_t type, const char *s)
{
	memcpy(tag_add(in, type, strlen(s) + 1), s, strlen(s) + 1);
}

static void tags_modules(const struct boot *b, struct info *in)
{
	size_t i;

	for (i = 0; i < b->nmodule; i++) {
		const struct boot_module *m = &b->module[i];
		size_t len = strlen(m->line) + 1;
		uint8_t *t = tag_add(in, T_MODULE, 8 + len);

		put32(t, m->start);
		put32(t + 4, m->start + (uint32_t)m->size);
		memcpy(t + 8, m->line, len);
	}
}

static void tags_memory(const struct boot *b, struct info *in)
{
	uint8_t *t = tag_add(in, T_MEMORY, 8);
	size_t i;

	put32(t, 639);
	put32(t + 4, (uint32_t)((b->ram_top >> 10) - 1024));
	t = tag_add(in, T_MMAP, 8 + 24 * b->nmap);
	put32(t, 24);
	for (i = 0; i < b->nmap; i++) {
		put64(t + 8 + 24 * i, b->map[i].start);
		put64(t + 16 + 24 * i, b->map[i].size);
		put32(t + 24 + 24 * i, b->map[i].type);
	}
}

/* The section headers; sections that are not in memory (symbols) are loaded, as
 * GRUB does, so that kernels can name their functions. */
static int tag_sections(struct boot *b, struct info *in)
{
	const struct ab_guest *g = b->guest;
	Elf32_Ehdr eh;
	uint8_t *t;
	unsigned i;

	if (g->size < sizeof eh || memcmp(g->data, ELFMAG, SELFMAG) ||
	    g->data[EI_CLASS] != ELFCLASS32)
		return 0;
	memcpy(&eh, g->data, sizeof eh);
	if (!eh.e_shnum || eh.e_shentsize != sizeof(Elf32_Shdr) ||
	    eh.e_shoff > g->size ||
	    (uint64_t)eh.e_shnum * sizeof(Elf32_Shdr) > g->size - eh.e_shoff)
		return 0;
	t = tag_add(in, T_ELF, 12 + eh.e_shnum * sizeof(Elf32_Shdr));
	put32(t, eh.e_shnum);
	put32(t + 4, sizeof(Elf32_Shdr));
	put32(t + 8, eh.e_shstrndx);
	for (i = 0; i < eh.e_shnum; i++) {
		Elf32_Shdr sh;
		uint64_t pa;

		memcpy(&sh, g->data + eh.e_shoff + i * sizeof sh, sizeof sh);
		if (!sh.sh_addr && sh.sh_size &&
		    (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_STRTAB) &&
		    sh.sh_offset <= g->size &&
		    sh.sh_size <= g->size - sh.sh_offset) {
			pa = boot_alloc(b, sh.sh_size, 4096, b->kernel_end,
					b->ram_size, false, "an ELF section");
			if (!pa)
				return -1;
			boot_write(b, pa, g->data + sh.sh_offset, sh.sh_size);
			sh.sh_addr = (uint32_t)pa;
		}
		memcpy(t + 12 + i * sizeof sh, &sh, sizeof sh);
	}
	return 0;
}

static int info_put(struct boot *b)
{
	struct info in = { xcalloc(1, 8), 8 };
	char *cmdline = boot_command_line(b);
	uint8_t *t;
	int ret;

	tag_text(&in, T_CMDLINE, cmdline);
	free(cmdline);
	tag_text(&in, T_LOADER, "aftermon");
	tags_modules(b, &in);
	tags_memory(b, &in);
	t = tag_add(&in, T_BOOTDEV, 12);
	put32(t, 0x80);
	put32(t + 4, UINT32_MAX);
	put32(t + 8, UINT32_MAX);
	if (b->rsdp && b->rsdp + 20 <= b->ram_size)
		memcpy(tag_add(&in, T_ACPI_OLD, 20), b->ram + b->rsdp, 20);
	ret = tag_sections(b, &in);
	tag_add(&in, T_END, 0);
	put32(in.data, (uint32_t)in.size);
	if (!ret) {
		b->regs.ebx = (uint32_t)boot_put(b, in.data, in.size,
						 "the multiboot information");
		ret = b->regs.ebx ? 0 : -1;
	}
	free(in.data);
	return ret;
}

int multiboot2_load(struct boot *b)
{
	struct header h = { 0 };

	b->regs.protocol = "multiboot 2";
	if (header_parse(b, &h))
		return -1;
	if (h.address && !h.entry) {
		error("%s: a multiboot 2 address tag without an entry tag", b->path);
		return -1;
	}
	if (h.address ? address_load(b, &h) : boot_elf_load(b, &b->regs.eip))
		return -1;
	if (h.entry)
		b->regs.eip = get32(h.entry + 8);
	b->regs.eax = LOADED;
	return boot_modules_load(b) || info_put(b) ? -1 : 0;
}
