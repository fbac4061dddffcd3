// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Table of the words that matter, and the test of operands for mnemonics that
 * are sensitive with some operands only.  Nearly all statements are innocuous:
 * the scanner hashes a word while it reads it, so most cost one look at one
 * slot here.
 */
#include "config.h"
#include <string.h>
#include "afterburner/scan.h"
#include "afterburner/words.h"
#include "lib/diag.h"

enum form {
	FORM_ANY, FORM_SRC_SEG, FORM_DST_SEG, FORM_SRC_CR, FORM_DST_CR,
	FORM_SRC_DR, FORM_DST_DR, FORM_ONE_SEG, FORM_FAR,
};

struct row {
	const char *mnemonic;
	uint16_t op;
	uint8_t form;
};

static const struct row rows[] = {
#define AB_MNEM(mnem, op, form, modes, att, intel) \
	{ mnem, AB_OP_##op, FORM_##form },
#include "abi/mnemonics.def"
#undef AB_MNEM
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NROWS COUNT(rows)
_Static_assert(NROWS <= WORD_ROWS, "words.h: WORD_ROWS");

static const char *const prefixes[] = {
	"rep", "repe", "repz", "repne", "repnz", "lock", "data16", "data32",
	"addr16", "addr32", "cs", "ds", "es", "fs", "gs", "ss", "rex",
	"rex.w", "rex64", "rex.r", "rex.x", "rex.b", "rex.wb", "rex.wr",
	"xacquire", "xrelease", "bnd", "notrack", "wait",
};

static const struct {
	const char *text;
	uint16_t code;
} directives[] = {
	{ ".section", D_SECTION }, { ".section.s", D_SECTION },
	{ ".sect", D_SECTION }, { ".sect.s", D_SECTION },
	{ ".pushsection", D_PUSHSECTION },
	{ ".popsection", D_POPSECTION }, { ".previous", D_PREVIOUS },
	{ ".subsection", D_SUBSECTION }, { ".text", D_TEXT },
	{ ".data", D_DATA }, { ".bss", D_BSS }, { ".struct", D_ABSOLUTE },
	{ ".offset", D_ABSOLUTE },
	{ ".code16", D_CODE16 }, { ".code16gcc", D_CODE16 },
	{ ".code32", D_CODE32 }, { ".code64", D_CODE64 },
	{ ".intel_syntax", D_INTEL }, { ".att_syntax", D_ATT },
	{ ".macro", D_MACRO }, { ".endm", D_ENDM }, { ".purgem", D_PURGEM },
	{ ".rept", D_REPT }, { ".rep", D_REPT }, { ".irp", D_IRP },
	{ ".irpc", D_IRP }, { ".irep", D_IRP }, { ".irepc", D_IRP },
	{ ".endr", D_ENDR }, { ".endif", D_ENDIF }, { ".endc", D_ENDIF },
	{ ".else", D_ELSE },
	{ ".elseif", D_ELSE }, { ".elsec", D_ELSE },
	{ ".if", D_IF }, { ".ifdef", D_IF }, { ".ifndef", D_IF },
	{ ".ifnotdef", D_IF }, { ".ifb", D_IF }, { ".ifnb", D_IF },
	{ ".ifc", D_IF }, { ".ifnc", D_IF }, { ".ifeq", D_IF },
	{ ".ifeqs", D_IF }, { ".ifne", D_IF }, { ".ifnes", D_IF },
	{ ".ifge", D_IF }, { ".ifgt", D_IF }, { ".ifle", D_IF },
	{ ".iflt", D_IF },
	{ ".altmacro", D_ALTMACRO }, { ".noaltmacro", D_NOALTMACRO },
	{ ".type", D_TYPE }, { ".size", D_SIZE }, { ".file", D_FILE },
	{ ".byte", D_BYTES }, { ".word", D_BYTES }, { ".short", D_BYTES },
	{ ".value", D_BYTES }, { ".hword", D_BYTES }, { ".2byte", D_BYTES },
	{ ".long", D_BYTES }, { ".int", D_BYTES }, { ".4byte", D_BYTES },
	{ ".slong", D_BYTES },
	{ ".quad", D_BYTES }, { ".8byte", D_BYTES }, { ".dc.b", D_BYTES },
	{ ".dc.w", D_BYTES }, { ".dc.l", D_BYTES }, { ".dc", D_BYTES },
	{ ".include", D_INCLUDE }, { ".end", D_END }, { ".org", D_ORG },
	{ ".bundle_align_mode", D_BUNDLE },
	{ ".set", D_SET }, { ".equ", D_SET }, { ".equiv", D_SET },
	{ ".eqv", D_SET },
	{ ".loc", D_QUIET }, { ".loc_mark_labels", D_QUIET },
	{ ".globl", D_QUIET }, { ".global", D_QUIET }, { ".local", D_QUIET },
	{ ".weak", D_QUIET }, { ".hidden", D_QUIET }, { ".internal", D_QUIET },
	{ ".protected", D_QUIET }, { ".ident", D_QUIET }, { ".ln", D_QUIET },
	{ ".line", D_QUIET }, { ".extern", D_QUIET },
	{ ".cfi_startproc", D_QUIET }, { ".cfi_endproc", D_QUIET },
	{ ".cfi_def_cfa", D_QUIET }, { ".cfi_def_cfa_offset", D_QUIET },
	{ ".cfi_def_cfa_register", D_QUIET }, { ".cfi_offset", D_QUIET },
	{ ".cfi_adjust_cfa_offset", D_QUIET }, { ".cfi_restore", D_QUIET },
	{ ".cfi_rel_offset", D_QUIET }, { ".cfi_register", D_QUIET },
	{ ".cfi_remember_state", D_QUIET }, { ".cfi_escape", D_QUIET },
	{ ".cfi_restore_state", D_QUIET }, { ".cfi_undefined", D_QUIET },
	{ ".cfi_same_value", D_QUIET }, { ".cfi_signal_frame", D_QUIET },
	{ ".cfi_personality", D_QUIET }, { ".cfi_lsda", D_QUIET },
	{ ".cfi_sections", D_QUIET }, { ".cfi_window_save", D_QUIET },
	{ ".cfi_return_column", D_QUIET }, { ".cfi_val_offset", D_QUIET },
};

_Static_assert(NROWS + COUNT(prefixes) + COUNT(directives) <= WORD_MAX,
	       "words.h: WORD_MAX");

static void word_add(struct words *w, const char *text, enum word_kind kind,
		     unsigned code)
{
	size_t len = strlen(text);
	uint32_t h = word_hash(text, len);
	uint32_t i = h % WORD_SLOTS;

	while (w->slot[i])
		i = (i + 1) % WORD_SLOTS;
	w->word[w->n] = (struct word){ .text = text, .hash = h, .len = len,
				       .kind = kind, .code = code };
	w->slot[i] = ++w->n;
}

struct words *words_new(void)
{
	struct words *w = xcalloc(1, sizeof(*w));

	for (size_t i = 0; i < NROWS; i++) {
		const char *m = rows[i].mnemonic;
		const struct word *same = word_find(w, word_hash(m, strlen(m)), m,
						    strlen(m));
		size_t last;

		if (!same) {
			word_add(w, m, W_MNEMONIC, i);
			continue;
		}
		for (last = same->code; w->next_row[last]; )
			last = w->next_row[last];
		w->next_row[last] = i;
	}
	for (size_t i = 0; i < COUNT(prefixes); i++)
		word_add(w, prefixes[i], W_PREFIX, 0);
	for (size_t i = 0; i < COUNT(directives); i++)
		word_add(w, directives[i].text, W_DIRECTIVE, directives[i].code);
	return w;
}

static bool same_word(const char *lower, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (unsigned char)lower[i])
			return false;
	}
	return true;
}

const struct word *word_find(const struct words *w, uint32_t hash,
			     const char *text, size_t len)
{
	for (uint32_t i = hash % WORD_SLOTS; w->slot[i];
	     i = (i + 1) % WORD_SLOTS) {
		const struct word *s = &w->word[w->slot[i] - 1];

		if (s->hash == hash && s->len == len &&
		    same_word(s->text, text, len))
			return s;
	}
	return NULL;
}

void syntax_set(struct syntax *s, enum directive code, const char *args,
		size_t len)
{
	s->intel = code == D_INTEL;
	if (len >= 6 && !memcmp(args, "prefix", 6))
		s->noprefix = false;
	else if (len >= 8 && !memcmp(args, "noprefix", 8))
		s->noprefix = true;
	else
		s->noprefix = s->intel;
}

static size_t trim(const char *t, size_t *pos, size_t end)
{
	*pos = scan_blanks(t, end, *pos);
	while (end > *pos && (t[end - 1] == ' ' || t[end - 1] == '\t' ||
			      t[end - 1] == '\r'))
		end--;
	return end;
}

char words_register(const char *t, size_t pos, size_t end, bool noprefix)
{
	char a, b;

	end = trim(t, &pos, end);
	if (pos < end && t[pos] == '%')
		pos = scan_blanks(t, end, pos + 1);
	else if (!noprefix)
		return 0;
	if (end - pos < 2 || end - pos > 4)
		return 0;
	a = t[pos] | 0x20;
	b = t[pos + 1] | 0x20;
	if (end - pos == 2)
		return b == 's' && strchr("cdefgs", a) ? 's' : 0;
	for (size_t i = pos + 2; i < end; i++)
		if (t[i] < '0' || t[i] > '9')
			return 0;
	if (a == 'c' && b == 'r')
		return 'c';
	return a == 'd' && (b == 'r' || b == 'b') ? 'd' : 0;
}

static bool has_word(const char *t, size_t pos, size_t end, const char *word)
{
	size_t len = strlen(word);

	for (; pos + len <= end; pos++)
		if (same_word(word, t + pos, len) &&
		    (pos + len == end || !scan_is_word(t[pos + len])))
			return true;
	return false;
}

/* Intel syntax: a far pointer in memory, or SEGMENT:OFFSET.  FLAT: is no segment. */
static bool is_far(const char *t, size_t pos, size_t end, bool noprefix)
{
	size_t p;

	if (has_word(t, pos, end, "far") || has_word(t, pos, end, "fword") ||
	    has_word(t, pos, end, "tbyte"))
		return true;
	for (p = pos; p < end && t[p] != '['; p++)
		if (t[p] == ':')
			return !words_register(t, pos, p, noprefix) &&
			       !has_word(t, pos, p, "flat") &&
			       !has_word(t, pos, p, "ptr");
	return false;
}

static bool form_holds(enum form form, const char *t, size_t pos, size_t end,
		       struct syntax sx)
{
	size_t comma = scan_item(t, pos, end);
	bool two = comma < end && scan_item(t, comma + 1, end) == end;
	bool np = sx.noprefix;
	char first, second;

	switch (form) {
	case FORM_ANY:
		return true;
	case FORM_ONE_SEG:
		return comma == end && words_register(t, pos, end, np) == 's';
	case FORM_FAR:
		return comma < end || (sx.intel && is_far(t, pos, end, np));
	default:
		break;
	}
	if (!two)
		return false;
	first = words_register(t, pos, comma, np);
	second = words_register(t, comma + 1, end, np);
	if (sx.intel) {
		char c = first;

		first = second;
		second = c;
	}
	switch (form) {
	case FORM_SRC_SEG: return first == 's';
	case FORM_DST_SEG: return second == 's';
	case FORM_SRC_CR: return first == 'c';
	case FORM_DST_CR: return second == 'c';
	case FORM_SRC_DR: return first == 'd';
	case FORM_DST_DR: return second == 'd';
	default: return false;
	}
}

/* Is there a segment, control or debug register?  Most operands of mov, push
 * and pop have none, and this is all that it costs to pass them by. */
static bool has_special(const char *t, size_t pos, size_t end)
{
	const char *p = t + pos, *stop = t + end;

	while ((p = memchr(p, '%', stop - p))) {
		char a, b;

		if (stop - ++p < 2)
			return false;
		a = p[0] | 0x20;
		b = p[1] | 0x20;
		if (a == ' ' || a == ('\t' | 0x20))
			return true;		/* blanks behind '%' */
		if (b == 's' ? stop - p == 2 || !scan_is_word(p[2]) :
		    (a == 'c' || a == 'd') && (b == 'r' || b == 'b'))
			return true;
	}
	return false;
}

enum ab_op words_op(const struct words *w, unsigned row, const char *t,
		    size_t pos, size_t end, struct syntax sx)
{
	if (rows[row].form == FORM_ANY)
		return rows[row].op;
	if (!sx.noprefix && rows[row].form != FORM_FAR && !has_special(t, pos, end))
		return AB_OP_NONE;
	do {
		if (form_holds(rows[row].form, t, pos, end, sx))
			return rows[row].op;
		row = w->next_row[row];
	} while (row);
	return AB_OP_NONE;
}
