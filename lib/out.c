/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/out.h"

#include <stdbool.h>
#include <string.h>

#define PLACES	20u		/* decimal digits of 64 bits */

void out_begin(struct out *o, FILE *f)
{
	o->f = f;
	o->n = 0;
}

void out_end(struct out *o)
{
	fwrite(o->buf, 1, o->n, o->f);
	o->n = 0;
}

void out_long(struct out *o, const char *s, size_t n)
{
	out_end(o);
	if (n > sizeof o->buf) {
		fwrite(s, 1, n, o->f);
		return;
	}
	memcpy(o->buf, s, n);
	o->n = n;
}

static void fill(struct out *o, size_t n)
{
	static const char blanks[] = "                                ";

	for (; n >= sizeof blanks; n -= sizeof blanks - 1)
		out_bytes(o, blanks, sizeof blanks - 1);
	out_bytes(o, blanks, n);
}

static void digits(struct out *o, uint64_t v, unsigned base, unsigned width)
{
	char d[PLACES], *end = d + sizeof d, *p = end;

	if (base == 10)
		do
			*--p = (char)('0' + v % 10);
		while (v /= 10);
	else
		do
			*--p = "0123456789abcdef"[v & 15];
		while (v >>= 4);
	if (width > (size_t)(end - p))
		fill(o, width - (size_t)(end - p));
	out_bytes(o, p, (size_t)(end - p));
}

void out_number(struct out *o, uint64_t v, unsigned width)
{
	if (v < 10 && width < 2)
		out_char(o, (char)('0' + v));
	else
		digits(o, v, 10, width);
}

void out_hex(struct out *o, uint64_t v)
{
	out_bytes(o, "0x", 2);
	digits(o, v, 16, 0);
}

void out_left(struct out *o, const char *s, unsigned width)
{
	size_t n = strlen(s);

	out_bytes(o, s, n);
	if (width > n)
		fill(o, width - n);
}

void out_fixed2(struct out *o, double v, unsigned width)
{
	uint64_t hundredths = (uint64_t)(v * 100 + 0.5);

	digits(o, hundredths / 100, 10, width > 3 ? width - 3 : 0);
	out_char(o, '.');
	out_char(o, (char)('0' + hundredths / 10 % 10));
	out_char(o, (char)('0' + hundredths % 10));
}

/* ---- JSON ----
 * Symbol and file names come from files that nobody vouches for, so they may hold
 * any bytes, also such as are no UTF-8. */

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

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void escaped(struct out *o, unsigned char c)
{
	char text[8];

	if (c == '"' || c == '\\')
		snprintf(text, sizeof text, "\\%c", c);
	else if (c == '\n' || c == '\t')
		snprintf(text, sizeof text, c == '\n' ? "\\n" : "\\t");
	else
		snprintf(text, sizeof text, "\\u%04x", c < 0x80 ? c : 0xfffd);
	out_text(o, text);
}

void out_json(struct out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text, *from;

	out_char(o, '"');
	while (*s) {
		unsigned n = 0;

		for (from = s; plain(*s) || (n = utf8_len(s)); s += n ? n : 1, n = 0)
			;
		out_bytes(o, (const char *)from, (size_t)(s - from));
		if (*s)
			escaped(o, *s++);
	}
	out_char(o, '"');
}

void json_string(FILE *f, const char *text)
{
	struct out o;

	out_begin(&o, f);
	out_json(&o, text);
	out_end(&o);
}
