/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ELF notes, and our own among them (include/abi/patchnote.h).  Like the view
 * below it, nothing here trusts the file; view->why says what is wrong.
 */
#ifndef AB_LIB_NOTE_H
#define AB_LIB_NOTE_H

#include "abi/patchnote.h"
#include "lib/elfview.h"

struct elf_note {
	const char *owner;	/* (owner_size) bytes, its NUL included */
	uint32_t owner_size;
	uint32_t type;
	const uint8_t *desc;
	uint32_t desc_size;
	uint64_t desc_addr;	/* linear address of desc; ET_REL: its offset
				   in the section */
	uint64_t desc_offset;	/* in the file */
	uint32_t section;	/* 0: found through a PT_NOTE segment */
};

typedef int (*elf_note_fn)(void *ctx, struct elfview *, const struct elf_note *);

/* Call (fn) for every note of every note section, and of every PT_NOTE segment
 * that no section covers.  Stops when fn returns nonzero and returns that; 0 at
 * the end, -1 with why when a note section or segment is malformed. */
int elf_notes_walk(struct elfview *, elf_note_fn fn, void *ctx);
bool elf_note_is(const struct elf_note *, const char *owner, uint32_t type);

/* One entry of a patch note. */
struct note_site {
	uint64_t addr;		/* linear address; ET_REL: offset in (section) */
	uint32_t section;	/* ET_REL: index of the text section; else 0 */
	uint16_t op;
	uint8_t insn_len, total_len, code_bits, count;
	uint32_t dead;
	const char *rule, *arg;	/* in the file; "" when the entry has none */
};

typedef int (*note_site_fn)(void *ctx, const struct note_site *);

/* Is (note) a patch note? */
bool note_is_patch(const struct elf_note *);
/* Call (fn) for every entry of patch note (note); relocations against it are
 * applied in an ET_REL file.  Returns as elf_notes_walk(). */
int note_sites(struct elfview *, const struct elf_note *note, note_site_fn fn, void *ctx);

#endif
