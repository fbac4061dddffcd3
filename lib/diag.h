/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Diagnostics of the host tools: "prog: file:line:col: error: text", the source
 * line and a caret when there is one, colours by isatty, NO_COLOR and
 * --color.  Exit statuses are API: 0 done, 1 failure, 2 usage.
 */
#ifndef AB_LIB_DIAG_H
#define AB_LIB_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { AB_EXIT_OK = 0, AB_EXIT_FAIL = 1, AB_EXIT_USAGE = 2 };

enum ab_severity { AB_NOTE, AB_WARNING, AB_ERROR };

struct ab_loc {
	const char *file;	/* NULL: no place */
	unsigned line;		/* 1-based; 0: unknown */
	unsigned col;		/* 1-based, in bytes; 0: unknown */
	const char *text;	/* start of the source line, or NULL */
	size_t len;		/* its length, newline excluded */
};

/* Set the program name that messages begin with (a static string). */
void diag_init(const char *prog);

enum diag_color { DIAG_COLOR_AUTO, DIAG_COLOR_ALWAYS, DIAG_COLOR_NEVER };

/* --color[=WHEN]: "auto" (the default: colours on a terminal, unless NO_COLOR
 * is set), "always" (also NULL, a bare --color) or "never".  Returns -1 for any
 * other word. */
int diag_set_color(const char *when);
/* Whether output on (fd) gets colours. */
bool diag_use_color(int fd);

/* Print one message.  (category) is printed as "[-Wcategory]" when non-NULL. */
void diag_at(enum ab_severity, const struct ab_loc *loc, const char *category,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_vat(enum ab_severity, const struct ab_loc *loc, const char *category,
	      const char *fmt, va_list ap);

void error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* error() and exit(AB_EXIT_FAIL). */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* error(), "Try 'prog --help'", exit(AB_EXIT_USAGE). */
void die_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Flush standard output; die when anything written to it was lost (a full disk,
 * /dev/full).  Call it before the end of main(). */
void diag_close_stdout(void);

/* Allocation that dies with a message instead of returning NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
