/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the loader's library share, and nobody else sees. */
#ifndef AB_LOADER_PRIV_H
#define AB_LOADER_PRIV_H

#include "lib/elfview.h"
#include "loader/loader.h"

#define REG_SP		4	/* esp, rsp */

/* Executable bytes of the file: a PT_LOAD with PF_X, or a code section of an
 * ET_REL file. */
struct code_region {
	uint64_t addr, paddr, size, offset;
	uint32_t section;	/* ET_REL: its index; else 0 */
};

struct code_symbol {
	uint64_t addr, size;
	uint64_t end;		/* of its section */
	const char *name;
	bool func;
};

/* Bytes that afterload replaced, as a patched file keeps them. */
struct saved_bytes {
	uint64_t addr, offset;
	uint32_t len;
	uint8_t bytes[AB_SITE_MAX];
};

struct guest_priv {
	struct elfview view;
	struct elfview image;	/* the embedded one that is looked at */
	struct code_region *region;
	size_t nregion;
	struct code_symbol *symbol;	/* sorted by addr */
	size_t nsymbol;
	bool symbols_read;
	uint8_t *patched_desc;		/* contents of the note, NULL: none */
	uint32_t patched_size;
	struct saved_bytes *saved;
	size_t nsaved;
	uint32_t *stub_site;		/* sites with stubs, by stub address */
	size_t nstub;
};

/* ab_guest_open() of a file that is in memory: (data, size), malloc'd, belongs to
 * the guest then, also on failure. */
struct ab_guest *guest_from_memory(const char *path, void *data, size_t size);

/* The region that holds (addr), or NULL. */
const struct code_region *guest_region(const struct guest_priv *, uint64_t addr);
/* The region of code section (section) of an ET_REL file, or NULL. */
const struct code_region *guest_region_of(const struct guest_priv *, uint32_t section);

struct note_site;
void guest_add_region(struct guest_priv *, struct code_region);
int guest_add_site(struct ab_guest *, const struct note_site *);

/* vdso.c: add the sites of images inside the guest's segments. */
void guest_read_embedded(struct ab_guest *);

/* verify.c: set state, insn and orig of every site, sort, find overlaps. */
void guest_verify(struct ab_guest *);

/* image.c: find what a patched file keeps; -1 after an error. */
int image_read_saved(struct ab_guest *);
/* Does every saved stretch belong to a site that was verified?  -1 if not. */
int image_check_saved(struct ab_guest *);
/* Exchange the saved bytes and those in g->data: patched <-> original. */
void image_swap(struct ab_guest *);

/* A file that grows at its end. */
struct image_out {
	uint8_t *data;
	size_t size, room;
};

/* Append (n) bytes (zeros when p is NULL) at the next multiple of (align);
 * where they went. */
uint64_t image_put(struct image_out *o, const void *p, size_t n, size_t align);

/* embed.c: the machine of a wedge that carries it, as a segment of the file with
 * what it must know of the guest, the wedge's notes (*note is their section), and
 * program headers for both. */
int embed_put(struct image_out *o, struct ab_guest *g, const struct ab_wedge *w,
	      const struct ab_patch *p, struct elf_sec *note);

/* The note of a patched file, after its version. */
#define PATCHED_VERSION		1
#define PATCHED_SIZE		32
#define SECTION_PATCHED		".note.afterburner-patched"
#define SECTION_ORIG		".afterburner.orig"
#define SECTION_WEDGE		".afterburner.wedge"
#define SECTION_NOTES		".note.afterburner-wedge"
#define ORIG_VERSION		1

#endif
