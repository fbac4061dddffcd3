/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The patch note, version 1: what the afterburner tells a loader.
 * Specification with examples: docs/patch-note.md.
 * Self-contained: freestanding C11 headers only.
 *
 * One ELF note (SHT_NOTE) per object and text section, in a section named
 * ".note.afterburner" + the text section's name, flags "o?" (link order, same
 * group).  Linkers may merge note sections: readers walk every SHT_NOTE
 * section and PT_NOTE segment and filter by owner name and type.
 *
 *   note header (gABI): namesz = 12, descsz, type = AB_NOTE_TYPE
 *   name: "Afterburner\0"
 *   desc:
 *     OFFSET SIZE
 *     0      2    version      AB_NOTE_VERSION
 *     2      1    addr_size    4 (i386) or 8 (x86-64): size of site_rel
 *     3      1    entry_size   AB_NOTE_ENTRY32 or AB_NOTE_ENTRY64
 *     4      4    strings      offset of the string table from desc, which is
 *                              also the end of the entries
 *     8      4    flags        0
 *     12     -    entries      (strings - 12) / entry_size of them
 *     strings -   a string table as ELF's: a NUL, then NUL-terminated strings,
 *                 named by their byte offset in it.  Then zero bytes up to
 *                 descsz (a multiple of 4).
 *
 * An entry (all little endian, no alignment beyond 4):
 *     0      4|8  site_rel     site address - address of this field
 *     +0     1    insn_len     original bytes (the whole sequence)
 *     +1     1    total_len    original bytes and the no-ops after them
 *     +2     2    op           enum ab_op
 *     +4     4    dead         AB_DEAD_*: provably dead after the site
 *     +8     2    rule         offset in strings of the rule that made it
 *                              ("file:line"), 0: none
 *     +10    1    code_bits    16, 32 or 64
 *     +11    1    count        instructions in the site (1, or a sequence)
 *     +12    4    arg          for hooks: offset in strings; else 0
 */
#ifndef AB_ABI_PATCHNOTE_H
#define AB_ABI_PATCHNOTE_H

#define AB_NOTE_NAME		"Afterburner"	/* with its NUL: 12 bytes */
#define AB_NOTE_SECTION		".note.afterburner"
#define AB_NOTE_TYPE		0x314e4241u	/* "ABN1" in memory */
#define AB_NOTE_VERSION		1
#define AB_NOTE_HEADER		12
#define AB_NOTE_ENTRY32		20
#define AB_NOTE_ENTRY64		24

/* Written by afterload into a file that it patched: {u32 version, u32 wedge
 * ABI, char target[16], ...}; see docs/patch-note.md. */
#define AB_NOTE_TYPE_PATCHED	0x31504241u	/* "ABP1" */

/* dead: one bit a general register (Intel's numbers: eax ecx edx ebx esp ebp
 * esi edi r8..r15), then the arithmetic flags.  Zero is always right. */
#define AB_DEAD_REG(n)		(1u << (n))
#define AB_DEAD_CF		(1u << 16)
#define AB_DEAD_PF		(1u << 17)
#define AB_DEAD_AF		(1u << 18)
#define AB_DEAD_ZF		(1u << 19)
#define AB_DEAD_SF		(1u << 20)
#define AB_DEAD_OF		(1u << 21)
#define AB_DEAD_FLAGS		(0x3fu << 16)
#define AB_DEAD_MASK		0x003fffffu

#ifndef __ASSEMBLER__
#include <stdint.h>

struct ab_note_header {
	uint16_t version;
	uint8_t  addr_size;
	uint8_t  entry_size;
	uint32_t strings;
	uint32_t flags;
};

struct ab_note_entry32 {
	int32_t  site_rel;
	uint8_t  insn_len;
	uint8_t  total_len;
	uint16_t op;
	uint32_t dead;
	uint16_t rule;
	uint8_t  code_bits;
	uint8_t  count;
	uint32_t arg;
};

struct ab_note_entry64 {
	int32_t  site_rel_lo;
	int32_t  site_rel_hi;
	uint8_t  insn_len;
	uint8_t  total_len;
	uint16_t op;
	uint32_t dead;
	uint16_t rule;
	uint8_t  code_bits;
	uint8_t  count;
	uint32_t arg;
};

_Static_assert(sizeof(struct ab_note_header) == AB_NOTE_HEADER, "ABI");
_Static_assert(sizeof(struct ab_note_entry32) == AB_NOTE_ENTRY32, "ABI");
_Static_assert(sizeof(struct ab_note_entry64) == AB_NOTE_ENTRY64, "ABI");
#endif

#endif
