/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diag.c: messages on standard error, and allocation that cannot fail.
 *
 * Every message is built whole and written by one call, so that the messages
 * of a parallel build do not mix in the middle of a line.  A source line may be
 * megabytes long or hold terminal escapes: only a piece around the column is
 * shown, and what is not printable is shown as '?'.
 */
#include "lib/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_MAX	120	/* bytes of a source line that are shown */

#define SGR_BOLD	"\033[1m"
#define SGR_RED		"\033[1;31m"
#define SGR_MAGENTA	"\033[1;35m"
#define SGR_CYAN	"\033[1;36m"
#define SGR_GREEN	"\033[1;32m"
#define SGR_OFF		"\033[0m"

/* Set once by main(), before anything is printed. */
static const char *prog_name = "afterburner";
static enum diag_color color_mode = DIAG_COLOR_AUTO;

static const struct {
	const char *name, *sgr;
} severities[] = {
	[AB_NOTE]    = { "note",    SGR_CYAN },
	[AB_WARNING] = { "warning", SGR_MAGENTA },
	[AB_ERROR]   = { "error",   SGR_RED },
};

void diag_init(const char *prog)
{
	prog_name = prog;
}

int diag_set_color(const char *when)
{
	static const char *const names[] = {
		[DIAG_COLOR_AUTO] = "auto",
		[DIAG_COLOR_ALWAYS] = "always",
		[DIAG_COLOR_NEVER] = "never",
	};

	if (!when)
		when = "always";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(when, names[i])) {
			color_mode = i;
			return 0;
		}
	}
	return -1;
}

bool diag_use_color(int fd)
{
	const char *no, *term;

	if (color_mode != DIAG_COLOR_AUTO)
		return color_mode == DIAG_COLOR_ALWAYS;
	no = getenv("NO_COLOR");
	if (no && *no)
		return false;
	term = getenv("TERM");
	return isatty(fd) && term && strcmp(term, "dumb");
}

/* The source line, cut to a piece around the column, and a caret below it. */
static void put_source(FILE *out, const struct ab_loc *loc, bool color)
{
	size_t from = 0, len = loc->len, col = loc->col ? loc->col - 1 : 0;
	size_t shown;

	if (col > len)
		col = len;
	if (len > SHOWN_MAX && col > SHOWN_MAX / 2)
		from = col - SHOWN_MAX / 2;
	shown = len - from < SHOWN_MAX ? len - from : SHOWN_MAX;
	fprintf(out, "%5u | %s", loc->line, from ? "..." : "");
	for (size_t i = from; i < from + shown; i++) {
		unsigned char c = loc->text[i];

		/* bytes from 0x80 on may be UTF-8: let them pass */
		putc(c == '\t' || (c >= 0x20 && c != 0x7f) ? c : '?', out);
	}
	fprintf(out, "%s\n", from + shown < len ? "..." : "");
	if (!loc->col)
		return;
	fprintf(out, "      | %s", from ? "   " : "");
	for (size_t i = from; i < col; i++) {
		unsigned char c = loc->text[i];

		if ((c & 0xc0) != 0x80)		/* one column a character */
			putc(c == '\t' ? '\t' : ' ', out);
	}
	fprintf(out, "%s^%s\n", color ? SGR_GREEN : "", color ? SGR_OFF : "");
}

/* Names out of hostile files must not steer the user's terminal. */
static void put_clean(FILE *out, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	for (char *c = text; *c; c++)
		putc(((unsigned char)*c >= 0x20 && *c != 0x7f) || *c == '\t' ||
		     *c == '\n' ? *c : '?', out);
	free(text);
}

void diag_vat(enum ab_severity sev, const struct ab_loc *loc,
	      const char *category, const char *fmt, va_list ap)
{
	bool color = diag_use_color(STDERR_FILENO);
	const char *off = color ? SGR_OFF : "";
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	fprintf(out, "%s%s: ", color ? SGR_BOLD : "", prog_name);
	if (loc && loc->file) {
		fprintf(out, "%s:", loc->file);
		if (loc->line)
			fprintf(out, "%u:", loc->line);
		if (loc->line && loc->col)
			fprintf(out, "%u:", loc->col);
		putc(' ', out);
	}
	fprintf(out, "%s%s%s:%s ", off, color ? severities[sev].sgr : "",
		severities[sev].name, off);
	put_clean(out, fmt, ap);
	if (category)
		fprintf(out, " [-W%s]", category);
	putc('\n', out);
	if (loc && loc->file && loc->line && loc->text)
		put_source(out, loc, color);
	fflush(stdout);
	if (!fclose(out))
		fwrite(text, 1, size, stderr);
	fflush(stderr);
	free(text);
}

void diag_at(enum ab_severity sev, const struct ab_loc *loc,
	     const char *category, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vat(sev, loc, category, fmt, ap);
	va_end(ap);
}

void error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vat(AB_ERROR, NULL, NULL, fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vat(AB_WARNING, NULL, NULL, fmt, ap);
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vat(AB_ERROR, NULL, NULL, fmt, ap);
	va_end(ap);
	exit(AB_EXIT_FAIL);
}

void die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_vat(AB_ERROR, NULL, NULL, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try '%s --help' for more information.\n", prog_name);
	exit(AB_EXIT_USAGE);
}

void diag_close_stdout(void)
{
	/* a write error may show only now, when the buffer goes out */
	if (fflush(stdout) || ferror(stdout))
		die("cannot write to standard output");
}

static void no_memory(size_t n)
{
	die("out of memory (%zu bytes wanted)", n);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		no_memory(n);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		no_memory(n);
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		no_memory(n);
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	char *p;

	n = strnlen(s, n);
	p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	return p;
}
