/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that matter: mnemonics of the op table, prefixes, directives. */
#ifndef AB_WORDS_H
#define AB_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/ops.h"

enum word_kind { W_NONE, W_MNEMONIC, W_PREFIX, W_DIRECTIVE };

enum directive {
	D_NONE,
	D_SECTION, D_PUSHSECTION, D_POPSECTION, D_PREVIOUS, D_SUBSECTION,
	D_TEXT, D_DATA, D_BSS, D_ABSOLUTE,
	D_CODE16, D_CODE32, D_CODE64, D_INTEL, D_ATT,
	D_MACRO, D_ENDM, D_PURGEM, D_REPT, D_IRP, D_ENDR, D_IF, D_ELSE, D_ENDIF,
	D_ALTMACRO, D_NOALTMACRO, D_TYPE, D_SIZE, D_FILE, D_BYTES, D_INCLUDE,
	D_QUIET,	/* emits nothing, changes nothing that we follow */
	D_SET, D_END,
	D_ORG,		/* sets the location; also ". = ..." */
	D_BUNDLE,
};

struct word {
	const char *text;
	uint32_t hash;
	uint8_t len;
	uint8_t kind;		/* enum word_kind */
	uint16_t code;		/* enum directive; first row of the mnemonic */
};

#define WORD_SLOTS 2048
#define WORD_ROWS 320		/* at least as many as mnemonics.def has */
#define WORD_MAX 512		/* mnemonics, prefixes and directives */

/* Made at every start, so it is kept small: pages that nobody touches cost
 * nothing. */
struct words {
	uint16_t slot[WORD_SLOTS];	/* by hash: number of a word + 1 */
	uint16_t next_row[WORD_ROWS];	/* of the same mnemonic; 0: none */
	uint16_t n;
	struct word word[WORD_MAX];
};

struct words *words_new(void);

/* The word with (hash) and this text, whatever the case of its letters. */
const struct word *word_find(const struct words *, uint32_t hash,
			     const char *text, size_t len);

struct syntax {
	bool intel;
	bool noprefix;		/* registers need no '%' */
};

/* After .intel_syntax or .att_syntax (code) with (args, len). */
void syntax_set(struct syntax *, enum directive code, const char *args,
		size_t len);

/* Which op the mnemonic whose first row is (row) is with the operands at
 * (text, pos .. end); AB_OP_NONE for an innocuous one. */
enum ab_op words_op(const struct words *, unsigned row, const char *text,
		    size_t pos, size_t end, struct syntax);

/* Kind of the register that (text, pos .. end) is: 's' segment, 'c' control,
 * 'd' debug, 0 none of these. */
char words_register(const char *text, size_t pos, size_t end, bool noprefix);

#endif
