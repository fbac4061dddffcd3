/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c: strings for JSON.  Symbol and file names come from files that nobody
 * vouches for, so they may hold any bytes, also such as are no UTF-8.
 */
#include "lib/json.h"

#include <stdbool.h>
#include <string.h>

/* Length of the UTF-8 sequence at (s), 0 when it is none. */
static unsigned utf8_len(const unsigned char *s)
{
	unsigned n = *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* no overlong forms, surrogates, or code points from 0x110000 on */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void json_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', out);
	while (*s) {
		unsigned n = utf8_len(s);

		if (n) {
			fwrite(s, 1, n, out);
			s += n;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\t')
			fputs("\\t", out);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else if (*s < 0x80)
			putc(*s, out);
		else
			fputs("\\ufffd", out);
		s++;
	}
	putc('"', out);
}
