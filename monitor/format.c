/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A printf for the vCPU processes: integers and strings only, no libc, no
 * allocation, bounded.  See mon.h for the conversions.
 */
#include "monitor/mon.h"

struct out {
	char *buf;
	size_t size, len;	/* len counts what fitted */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len++] = c;
}

static void put_number(struct out *o, uint64_t v, unsigned base, bool minus,
		       unsigned width, char fill)
{
	char digits[24];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (minus && fill == '0')
		put(o, '-');
	for (; width > n + minus; width--)
		put(o, fill);
	if (minus && fill != '0')
		put(o, '-');
	while (n)
		put(o, digits[--n]);
}

static void put_string(struct out *o, const char *s, unsigned width, bool left)
{
	size_t n = 0;

	if (!s)
		s = "(null)";
	while (s[n])
		n++;
	for (; !left && width > n; width--)
		put(o, ' ');
	for (size_t i = 0; i < n; i++)
		put(o, s[i]);
	for (; left && width > n; width--)
		put(o, ' ');
}

struct spec {
	bool left;
	char fill;
	unsigned width;
	int size;		/* 0 int, 1 long, 2 long long */
};

static const char *spec_parse(const char *f, struct spec *s)
{
	*s = (struct spec){ .fill = ' ' };
	if (*f == '-') {
		s->left = true;
		f++;
	}
	if (*f == '0') {
		s->fill = '0';
		f++;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = (s->width * 10 + (unsigned)(*f - '0')) % 256;
	for (; *f == 'l' || *f == 'z'; f++)
		s->size++;
	return f;
}

size_t mon_vformat(char *buf, size_t size, const char *f, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct spec s;
	int64_t d;

	for (; *f; f++) {
		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = spec_parse(f + 1, &s);
		switch (*f) {
		case 's':
			put_string(&o, va_arg(ap, const char *), s.width, s.left);
			break;
		case 'c':
			put(&o, (char)va_arg(ap, int));
			break;
		case 'd':
			d = s.size ? va_arg(ap, long) : va_arg(ap, int);
			put_number(&o, d < 0 ? -(uint64_t)d : (uint64_t)d, 10,
				   d < 0, s.width, s.fill);
			break;
		case 'u':
		case 'x':
			put_number(&o, s.size ? va_arg(ap, unsigned long) :
				   va_arg(ap, unsigned), *f == 'x' ? 16 : 10,
				   false, s.width, s.fill);
			break;
		case '\0':
			f--;
			break;
		default:
			put(&o, *f);
		}
	}
	if (size)
		buf[o.len] = '\0';
	return o.len;
}

size_t mon_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = mon_vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
