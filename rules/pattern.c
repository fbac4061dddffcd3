/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operand patterns, by PCRE2.  They search (no implied anchors), see bytes, and
 * '$' is the very end.
 *
 * The afterburner starts once an object, so a pattern is compiled when the first
 * instruction comes that everything else in the rule fits.  Errors must not
 * wait that long: a pattern that is not plainly right is compiled on reading.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>
#include "rules/rules_int.h"

/* Operands are short: a pattern that takes more steps than this runs wild. */
#define MATCH_LIMIT	1000000
#define HEAP_LIMIT_KIB	20000

static bool is_word(unsigned char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Length of a set of word characters and ranges of them, "[er]", "[a-d0-9]", at
 * (s); 0 when it is anything else. */
static size_t plain_set(const char *s, size_t n)
{
	size_t i = 1;

	while (i < n && is_word(s[i])) {
		if (i + 2 < n && s[i + 1] == '-') {
			if (!is_word(s[i + 2]) || s[i + 2] < s[i])
				return 0;
			i += 2;
		}
		i++;
	}
	return i > 1 && i < n && s[i] == ']' ? i + 1 : 0;
}

/* Is this pattern made only of characters, escaped punctuation, '.', '^', '$',
 * '|', single quantifiers, and simple sets?  All of those compile. */
bool pattern_is_plain(const struct pattern *pat)
{
	size_t set;
	bool atom = false;		/* something that a quantifier can repeat */

	for (size_t i = 0; i < pat->len; i++) {
		unsigned char c = pat->text[i];

		switch (c) {
		case '\\':
			c = pat->text[++i];	/* the scanner saw to it */
			if (c >= 0x80 || (is_word(c) && !strchr("bBdDsSwW", c)))
				return false;
			atom = (c | 32) != 'b';
			break;
		case '*': case '+': case '?':
			if (!atom)
				return false;
			atom = false;
			break;
		case '^': case '$': case '|':
			atom = false;
			break;
		case '[':
			set = plain_set(pat->text + i, pat->len - i);
			if (!set)
				return false;
			i += set - 1;
			atom = true;
			break;
		case '(': case ')': case '{': case '}':
			return false;
		default:
			atom = true;
		}
	}
	return true;
}

int pattern_compile(struct pattern *pat, char *msg, size_t size, size_t *offset)
{
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	int code;

	if (pat->caseless)
		options |= PCRE2_CASELESS;
	pat->code = pcre2_compile((PCRE2_SPTR)pat->text, pat->len, options,
				  &code, offset, NULL);
	if (pat->code)
		return 0;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)msg, size);
	return -1;
}

static void match_prepare(struct rules *r)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);

	r->match_data = pcre2_match_data_create(1, NULL);
	if (!context || !r->match_data)
		die("out of memory");
	pcre2_set_match_limit(context, MATCH_LIMIT);
	pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
	r->match_context = context;
}

bool pattern_match(struct rules *r, const struct rule *rule, struct pattern *pat,
		   const char *s, size_t n)
{
	char msg[128];
	size_t offset;
	int rc;

	if (!pat->code && pattern_compile(pat, msg, sizeof(msg), &offset) < 0)
		die("%s: operand pattern /%s/: %s", rule->where, pat->text, msg);
	if (!r->match_data)
		match_prepare(r);
	rc = pcre2_match(pat->code, (PCRE2_SPTR)s, n, 0, 0, r->match_data,
			 r->match_context);
	if (rc >= 0)
		return true;
	if (rc == PCRE2_ERROR_NOMATCH)
		return false;
	/* No answer is not "no": a site would be lost in silence. */
	pcre2_get_error_message(rc, (PCRE2_UCHAR *)msg, sizeof(msg));
	die("%s: operand pattern /%s/ gave up on \"%.*s\" (%s); write a simpler one",
	    rule->where, pat->text, (int)(n < 80 ? n : 80), s, msg);
}

void pattern_free(struct pattern *pat)
{
	pcre2_code_free(pat->code);
}

void pattern_cleanup(struct rules *r)
{
	pcre2_match_data_free(r->match_data);
	pcre2_match_context_free(r->match_context);
}
