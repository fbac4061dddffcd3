/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lexical layer: cuts assembler text into statements as GNU as does, and
 * never copies or changes a byte.  Offsets count from the start of the text.
 */
#ifndef AB_SCAN_H
#define AB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stmt_kind {
	ST_END,		/* nothing left */
	ST_LABEL,	/* word: the label; goes on behind its colon */
	ST_ASSIGN,	/* word = args */
	ST_DIRECTIVE,	/* word begins with a dot */
	ST_INSN,	/* an instruction, a prefix or a macro call */
	ST_OTHER,	/* begins with something that is no word */
	ST_MARKER,	/* # LINE "FILE": args is all behind the '#' */
	ST_ERROR,	/* see struct scanner: error, error_at */
};

struct stmt {
	enum stmt_kind kind;
	bool quoted;		/* word stood in quotes; they are not part of it */
	bool macro;		/* a backslash stands in the word */
	uint32_t hash;		/* word_hash() of word */
	size_t start;		/* first byte: the word, or its quote */
	size_t word, word_len;
	size_t args, args_end;	/* trimmed; may hold block comments */
	size_t end;		/* the separator, or where scanning goes on */
};

struct scanner {
	const char *text;	/* one NUL stands behind the last byte */
	size_t size;
	size_t pos;
	const char *error;
	size_t error_at;
};

/* Letters count as lower case, as they do for GNU as. */
static inline uint32_t word_hash_step(uint32_t h, unsigned char c)
{
	return (h ^ (c | 0x20)) * 0x01000193u;
}
#define WORD_HASH_INIT 0x811c9dc5u
uint32_t word_hash(const char *s, size_t len);

/* The next statement; empty ones are passed over. */
enum stmt_kind scan_next(struct scanner *, struct stmt *);

/* From (pos), which is inside a statement or just behind a word: skip blanks
 * and block comments without a newline. */
size_t scan_blanks(const char *text, size_t size, size_t pos);

/* End of the item that begins at (pos) in operands that end at (end): the next
 * comma outside of brackets and strings, or (end). */
size_t scan_item(const char *text, size_t pos, size_t end);

/* Is (c) part of a symbol? */
bool scan_is_word(unsigned char c);

#endif
