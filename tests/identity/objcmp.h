/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What objcmp.c knows of its two objects, for the parts that look at tables. */
#ifndef OBJCMP_H
#define OBJCMP_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/elfview.h"

struct insn {
	uint64_t off;		/* in the section */
	uint64_t pos;		/* in code.plain */
	uint8_t len;
	bool known;		/* decoded; else one byte */
};

struct code {			/* of a section with code */
	struct insn *insn;
	size_t n;
	uint64_t size;
	uint8_t *plain;		/* contents without pads */
	uint64_t *off;		/* where each of these bytes lies */
	int64_t pads;		/* bytes of pads */
};

struct object {
	const char *path;
	char *data;
	struct elfview v;
	struct code *code;	/* by section index; insn NULL: no code */
	uint32_t *peer;		/* PLAIN: section of the other object */
	uint8_t **pad;		/* AFTERBURNED: one byte a byte, 1: pad */
	struct elf_sec symtab;
	uint32_t nsym;
	uint8_t *bits;		/* of the code in a section: as its sites say */
};

#define MIXED 1			/* code of two widths: not compared */

/* A difference: one line, of which the first few are printed. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Same place in both, (x) in section (i) of a and (y) in its like of b?  In code:
 * in front of the same instruction. */
bool same_place(struct object *a, struct object *b, uint32_t i,
		       uint64_t x, uint64_t y);

/* What the relocation at (off) of section (i) points to, addend included. */
bool reloc_target(struct object *, uint32_t i, uint64_t off, uint32_t *section,
		  uint64_t *place);
struct elf_sec section(struct object *, uint32_t i);

/* dwarfcmp.c: line tables and ranges of debug information. */
void dwarf_compare(struct object *a, struct object *b);
/* cficmp.c: unwind tables, .eh_frame and .debug_frame; (i) is one of a's. */
void cfi_compare(struct object *a, struct object *b, uint32_t i);

#endif
