/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Globs over strings that need not end in NUL (they point into the assembly
 * text), which is why fnmatch() does not serve: '*' any characters, '/' too;
 * '?' one; '[a-z]', '[!a-z]' one of a set; '\' takes the next one literally.
 */
#include "rules/rules_int.h"

/* Match (c) against the set after '['; sets *end behind its ']'.  A set that
 * never ends is an ordinary '['. */
static bool set_match(const char *set, unsigned char c, const char **end)
{
	const char *p = set;
	bool negated = *p == '!' || *p == '^';
	bool found = false;

	p += negated;
	do {
		unsigned char lo = *p, hi;

		if (lo == '\\' && p[1])
			lo = *++p;
		if (!lo) {
			*end = set;
			return c == '[';
		}
		hi = lo;
		if (p[1] == '-' && p[2] && p[2] != ']') {
			p += 2;
			if (*p == '\\' && p[1])
				p++;
			hi = *p;
		}
		found |= lo <= c && c <= hi;
		p++;
	} while (*p != ']');
	*end = p + 1;
	return found != negated;
}

/* Match one character; *next is the rest of the glob. */
static bool one_match(const char *glob, unsigned char c, const char **next)
{
	switch (*glob) {
	case '?':
		*next = glob + 1;
		return true;
	case '[':
		return set_match(glob + 1, c, next);
	case '\\':
		if (glob[1])
			glob++;
		/* fall through */
	default:
		*next = glob + 1;
		return (unsigned char)*glob == c;
	}
}

/* Only the last '*' is ever tried again: earlier ones have matched as little
 * as they can, and more would not help.  So the cost is at most length times
 * length, never exponential. */
bool glob_match(const char *glob, const char *s, size_t n)
{
	const char *end = s + n, *star = NULL, *retry = NULL, *next;

	while (s < end) {
		if (*glob == '*') {
			star = ++glob;
			retry = s;
		} else if (*glob && one_match(glob, *s, &next)) {
			glob = next;
			s++;
		} else if (star) {
			glob = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}
