/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loader's library: open a guest, read and verify its patch notes, patch
 * it for a target.  Used by afterload and by aftermon.  Nothing here trusts the
 * file: every offset is checked, and a site is only used when the bytes at it
 * are what its note says.
 *
 * Errors: functions that can fail return -1 after one diag error; none exits.
 */
#ifndef AB_LOADER_H
#define AB_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/insn.h"
#include "abi/patchnote.h"
#include "abi/wedge.h"

struct ab_segment {		/* one PT_LOAD */
	uint64_t vaddr, paddr, filesz, memsz, offset, align;
	uint32_t flags;		/* PF_R PF_W PF_X */
};

enum ab_site_state {
	AB_SITE_OK = 0,
	AB_SITE_BAD_ADDRESS,	/* not in file bytes of an executable segment or section */
	AB_SITE_BAD_BYTES,	/* bytes do not decode to the op of the note */
	AB_SITE_BAD_PAD,	/* bytes after the instruction are not whole no-ops */
	AB_SITE_OVERLAP,	/* overlaps an earlier site */
	AB_SITE_BAD_ENTRY,	/* lengths, op number or width out of range */
};

#define AB_SITE_MAX	255	/* longest site, no-ops included */

struct ab_site {
	uint64_t addr;		/* linear address of the site, as linked; in an
				   ET_REL file, as if its code sections lay one
				   after the other from 0 */
	uint64_t paddr;		/* physical address, from its segment */
	uint64_t offset;	/* of the site in the file */
	uint16_t op;
	uint8_t insn_len, total_len, code_bits, count;
	uint32_t dead;		/* AB_DEAD_* */
	const char *rule;	/* never NULL; "" when unknown */
	const char *arg;	/* never NULL */
	const char *section;	/* never NULL; "" when the file has no sections */
	uint64_t section_off;	/* of the site in its section */
	enum ab_site_state state;
	struct ab_insn insn;	/* first instruction; addr set; when state is OK */
	uint8_t orig[AB_SITE_MAX]; /* the original total_len bytes */
	/* filled by ab_patch: */
	int template;		/* index into the wedge's templates, -1: left to trap */
	uint64_t stub;		/* linear address of its stub, 0: none (inline) */
	uint32_t stub_len;
	bool trapped;		/* its first byte is a hlt that stands for the op */
};

struct ab_guest {
	char *path;
	uint8_t *data;		/* the whole file, writable (patching edits it) */
	size_t size;
	uint16_t machine;	/* EM_386 or EM_X86_64 */
	uint16_t type;		/* ET_EXEC, ET_DYN, ET_REL */
	uint64_t entry;		/* linear, as in the ELF header */
	struct ab_segment *seg;
	size_t nseg;
	struct ab_site *site;	/* sorted by addr; bad ones included */
	size_t nsite, nbad;
	uint8_t build_id[32];
	uint32_t build_id_len;
	char patched[16];	/* target that it was patched for already, "" if none */
	/* private: string storage, symbols */
	void *priv;
};

/* Open (path).  Notes are read and every site is verified. */
struct ab_guest *ab_guest_open(const char *path);
void ab_guest_close(struct ab_guest *);

/* Name of the function that (addr) lies in and the offset in it; NULL when the
 * guest has no symbols or none covers it. */
const char *ab_guest_symbol(struct ab_guest *, uint64_t addr, uint64_t *offset);
/* The file's bytes of the code at linear (addr), and how many follow there; NULL
 * where it has none. */
const uint8_t *ab_guest_code(const struct ab_guest *, uint64_t addr, size_t *left);
/* Linear address of symbol (name), or 0. */
uint64_t ab_guest_lookup(struct ab_guest *, const char *name);
/* The site at exactly (addr), NULL when none. */
struct ab_site *ab_guest_site(struct ab_guest *, uint64_t addr);
/* The byte of the file that is loaded to physical (pa); NULL where nothing is. */
const uint8_t *ab_guest_loaded(const struct ab_guest *, uint64_t pa);
const char *ab_site_state_text(enum ab_site_state);
/* Disassembly of the site's original instructions, "sti; hlt", into (buf). */
void ab_site_disassemble(const struct ab_site *, char *buf, size_t size);
/* The instruction whose operands the wedge's templates look at: the site's own,
 * or in a sequence the pop of pushf;pop and the push of push;popf. */
int ab_site_operands(const struct ab_site *, struct ab_insn *out);

/* Restore the original bytes of a guest that a file holds patched
 * (g->patched is not ""), in g->data; g->patched is "" then. */
int ab_unpatch(struct ab_guest *);

/* "i386", "x86-64". */
const char *ab_machine_name(unsigned machine);

struct ab_wedge {
	char *path;
	struct ab_wedge_manifest man;
	struct ab_wedge_template *tmpl;
	struct ab_wedge_hole *hole;
	struct ab_wedge_unwind *unwind;
	uint8_t *text;
	size_t text_size;
	uint8_t *image, *note;	/* AB_WEDGE_EMBEDS: .ab.image, .ab.note; else NULL */
	size_t image_size, note_size;
};

/* Open the wedge object of (target) for guests of (machine), found by
 * file_find("wedge", "TARGET.o"), or at (path) when it is not NULL.  Machine 0
 * takes any. */
struct ab_wedge *ab_wedge_open(const char *target, uint16_t machine, const char *path);
void ab_wedge_close(struct ab_wedge *);

struct ab_patch {
	uint32_t window;	/* base of the window, linear */
	uint8_t *text;		/* what lies at window + AB_WINDOW_TEXT */
	size_t text_size;	/* wedge text and stubs */
	size_t inlined, stubbed, native, trapped, left, bad;
};

/* Patch every good site of (g) in g->data for (w), stubs behind the wedge text,
 * for a window at linear address (window).  The bytes of all sites are first
 * built and checked in a buffer, then written, then read back.  A site whose op
 * no template serves is left when it traps at CPL 3.  When it is silent, a hlt
 * is written over its first byte if the target can do with that (AB_WEDGE_TRAPS);
 * else the patch is refused (nothing changed).  Code of another width than the guest's
 * (real-mode start-up code) is left as it is.  (skip), when not NULL, names
 * sites to leave alone.  The number that stubs give to the monitor is the site's
 * index in g->site.  */
int ab_patch(struct ab_guest *g, const struct ab_wedge *w, uint32_t window,
	     bool (*skip)(const struct ab_site *, void *), void *arg,
	     struct ab_patch *out);

/* For -t none: overwrite the first byte of each good site whose op does not
 * trap by itself at CPL 3 by hlt (0xf4).  Returns how many. */
size_t ab_patch_trap(struct ab_guest *g);

void ab_patch_free(struct ab_patch *);

/* Sites' jumps to their stubs have displacements that all differ: where one lies in a
 * hash table. */
static inline uint32_t ab_jump_hash(uint32_t disp)
{
	return (disp * 0x9e3779b1u) >> 8;
}

/* Its entries for (nsite) sites, a power of two, at least half of them free. */
static inline size_t ab_jump_slots(size_t nsite)
{
	size_t n = 16;

	while (n < 2 * nsite)
		n *= 2;
	return n;
}

/* The linear address that a window's 32 bits stand for in a guest of (machine). */
uint64_t ab_window_addr(uint16_t machine, uint32_t window);

/* Write (g), just patched with result (p), to (path): the ELF file with the
 * patched bytes, its loaded layout as it was, and three sections more (see
 * docs/patch-note.md).  Whole or not at all. */
int ab_image_write(struct ab_guest *g, const struct ab_wedge *w, uint32_t window,
		   const struct ab_patch *p, const char *path);

/* The site whose stub or inline code covers linear address (ip), with the
 * offset of ip in its template's code; NULL when ip is in none.  O(log n). */
struct ab_site *ab_patch_site_at(struct ab_guest *, const struct ab_wedge *,
				 uint32_t ip, uint32_t *offset);

#endif
