/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading rule files: finding them, includes, and errors with their place.
 *
 * A file has two names: its path, for messages, and a short one that goes into
 * patch notes ("x86/full.rules:12").  Of a stock file the short one does not
 * say where the project is installed, so that builds are reproducible.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/file.h"
#include "rules/rules_int.h"
#include "rules/parse.h"

/* Made by flex and bison. */
int rules_yylex_init_extra(struct reader *, void **scanner);
int rules_yylex_destroy(void *scanner);
struct yy_buffer_state *rules_yy_scan_bytes(const char *, int len, void *scanner);

static void rd_diag(const struct reader *rd, enum ab_severity severity,
		    const struct rule_loc *at, const char *fmt, va_list ap)
{
	struct ab_loc loc = {
		.file = rd->path, .line = at->line, .col = at->col,
		.text = rd->text + at->bol,
	};
	const char *end = memchr(loc.text, '\n', rd->len - at->bol);

	loc.len = end ? (size_t)(end - loc.text) : rd->len - at->bol;
	if (loc.len && loc.text[loc.len - 1] == '\r')
		loc.len--;
	diag_vat(severity, &loc, NULL, fmt, ap);
}

bool reader_gives_up(const struct reader *rd)
{
	return rd->errors >= RULES_MAX_ERRORS;
}

void reader_error(struct reader *rd, const struct rule_loc *at, const char *fmt, ...)
{
	va_list ap;

	if (rd->errors++ >= RULES_MAX_ERRORS)
		return;
	va_start(ap, fmt);
	rd_diag(rd, AB_ERROR, at, fmt, ap);
	va_end(ap);
}

static void __attribute__((format(printf, 3, 4)))
reader_note(const struct reader *rd, const struct rule_loc *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rd_diag(rd, AB_NOTE, at, fmt, ap);
	va_end(ap);
}

/* What no statement can be made of is found before the scanner sees it. */
static int text_check(struct reader *rd)
{
	const char *p = rd->text, *end = rd->text + rd->len;
	const char *nul = memchr(p, '\0', rd->len);
	struct ab_loc loc = { .file = rd->path };

	for (loc.line = 1; p < end; loc.line++) {
		const char *eol = memchr(p, '\n', end - p);

		if (!eol)
			eol = end;
		if (nul && nul < eol) {
			loc.col = nul - p + 1;
			diag_at(AB_ERROR, &loc, NULL, "a NUL byte: this is no rule file");
			return -1;
		}
		if (eol - p > RULES_MAX_LINE) {
			diag_at(AB_ERROR, &loc, NULL, "this line has %zu bytes; at most "
				"%u are read (an indented line continues the one before it)",
				(size_t)(eol - p), RULES_MAX_LINE);
			return -1;
		}
		p = eol + 1;
	}
	return 0;
}

static int reader_run(struct reader *rd)
{
	union rules_value held;
	void *scanner;
	int rc;

	if (rd->len > RULES_MAX_FILE) {
		error("%s: a rule file of more than %u MiB is not read", rd->path,
		      RULES_MAX_FILE >> 20);
		return -1;
	}
	if (text_check(rd) < 0)
		return -1;
	rd->line = 1;
	rd->held_value = &held;
	if (rules_yylex_init_extra(rd, &scanner))
		die("out of memory");
	rules_yy_scan_bytes(rd->text, rd->len, scanner);
	rc = rules_yyparse(scanner, rd);
	rules_yylex_destroy(scanner);
	if (reader_gives_up(rd))
		error("%s: %u errors; the rest is not read", rd->path, RULES_MAX_ERRORS);
	return rc || rd->errors ? -1 : 0;
}

int rules_parse(struct rules *r, const char *name, const char *text, size_t len)
{
	struct reader rd = {
		.rules = r, .path = name, .name = name, .text = text, .len = len,
	};

	rd.path = rd.name = rules_strndup(r, name, strlen(name));
	return reader_run(&rd);
}

/* Why (path) cannot be a rule file, or NULL.  Sets *st. */
static const char *path_unfit(const char *path, struct stat *st)
{
	if (stat(path, st) < 0)
		return strerror(errno);
	if (S_ISDIR(st->st_mode))
		return "is a directory";
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return "is no regular file";
	return NULL;
}

/* Read the file rd->path, already looked at by stat(). */
static int reader_file(struct reader *rd)
{
	char *text;
	size_t len;
	int rc;

	if (file_read(rd->path, &text, &len) < 0) {
		error("cannot read rules '%s': %s", rd->path, strerror(errno));
		return -1;
	}
	rd->text = text;
	rd->len = len;
	rc = reader_run(rd);
	free(text);
	return rc;
}

int rules_load(struct rules *r, const char *path)
{
	struct reader rd = { .rules = r };
	struct stat st = { 0 };
	const char *unfit = NULL;
	char *found;

	if (!strcmp(path, "-")) {
		rd.path = path;
		rd.name = "<stdin>";
		return reader_file(&rd);
	}
	rd.name = rules_strndup(r, path, strlen(path));
	rd.path = rd.name;
	unfit = path_unfit(path, &st);
	if (unfit && *path != '/' && (found = file_find("rules", path))) {
		rd.path = rules_strndup(r, found, strlen(found));
		free(found);
		unfit = path_unfit(rd.path, &st);
	}
	if (unfit) {
		error("cannot read rules '%s': %s%s", path, unfit,
		      strchr(path, '/') || errno != ENOENT ? "" :
		      " (and no stock rules have that name)");
		return -1;
	}
	rd.dev = st.st_dev;
	rd.ino = st.st_ino;
	return reader_file(&rd);
}

/*
 * Looking into rule files without loading them: most objects hold nothing
 * sensitive, and all but the reading of the files is then for nothing.
 */

/* Where the WHAT of a rule begins with a mnemonic in quotes, it may be an
 * ordinary instruction.  (p) is behind pad or keep; what follows ';' or '/' does
 * not begin the rule, nor does what a clause says. */
static bool peek_what(const char *p, const char *end)
{
	static const char *const clause[] = { "in", "not", "as", "to", "because",
					      "bits" };

	while (p < end) {
		const char *word = p;

		if (*p == '"')
			return true;
		if (*p == '\n' && p + 1 < end && !strchr(" \t\r\n#", p[1]))
			return false;
		if (*p == ';' || *p == '/')
			return false;
		if (*p == '#') {
			p = memchr(p, '\n', end - p);
			if (!p)
				return false;
			continue;
		}
		while (p < end && ((*p >= 'a' && *p <= 'z') || *p == '_'))
			p++;
		for (size_t i = 0; i < sizeof(clause) / sizeof(clause[0]); i++)
			if ((size_t)(p - word) == strlen(clause[i]) &&
			    !memcmp(word, clause[i], p - word))
				return false;
		p += p == word;
	}
	return false;
}

static char *path_beside(struct rules *r, const char *base, const char *name);
static bool peek_file(struct rules *r, const char *path, const char *name,
		      unsigned depth);

static bool peek_include(struct rules *r, const char *path, const char *p,
			 const char *end, unsigned depth)
{
	const char *open, *close, *name;

	end = memchr(p, '\n', end - p) ?: end;
	open = memchr(p, '"', end - p);
	close = open ? memchr(open + 1, '"', end - open - 1) : NULL;
	if (!close || close == open + 1 || memchr(open, '\\', close - open))
		return true;
	name = rules_strndup(r, open + 1, close - open - 1);
	return peek_file(r, *name == '/' ? name : path_beside(r, path, name), name,
			 depth + 1);
}

static bool peek_text(struct rules *r, const char *path, const char *text,
		      size_t len, unsigned depth)
{
	const char *p = text, *end = text + len;

	while (p < end) {
		size_t left = end - p;

		if (left > 4 && !memcmp(p, "hook", 4))
			return true;
		if (left > 4 && (!memcmp(p, "pad", 3) || !memcmp(p, "keep", 4)) &&
		    peek_what(p + (*p == 'p' ? 3 : 4), end))
			return true;
		if (left > 7 && !memcmp(p, "include", 7) &&
		    peek_include(r, path, p + 7, end, depth))
			return true;
		p = memchr(p, '\n', left);
		if (!p++)
			break;
	}
	return false;
}

static bool peek_file(struct rules *r, const char *path, const char *name,
		      unsigned depth)
{
	char *text, *found = NULL;
	struct stat st;
	size_t len;
	bool more;

	if (depth > RULES_MAX_DEPTH)
		return true;
	if (path_unfit(path, &st) && *name != '/')
		path = found = file_find("rules", name);
	/* what cannot be read twice is loaded at once, as is what cannot be read */
	if (!path || path_unfit(path, &st) || !S_ISREG(st.st_mode) ||
	    file_read(path, &text, &len) < 0) {
		free(found);
		return true;
	}
	more = peek_text(r, path, text, len, depth);
	free(found);
	free(text);
	return more;
}

bool rules_text_may_want_more(struct rules *r, const char *name, const char *text,
			      size_t len)
{
	return peek_text(r, name, text, len, 0);
}

bool rules_may_want_more(struct rules *r, const char *path)
{
	return peek_file(r, path, path, 0);
}

/* (name) beside (base): in its folder. */
static char *path_beside(struct rules *r, const char *base, const char *name)
{
	const char *slash = strrchr(base, '/');
	size_t dir = slash ? slash + 1 - base : 0, len = strlen(name);
	char *path = rules_alloc(r, dir + len + 1);

	memcpy(path, base, dir);
	memcpy(path + dir, name, len);
	return path;
}

/* Is that file being read already?  Says so. */
static bool include_cycle(struct reader *rd, const struct stat *st,
			  const char *name, const struct rule_loc *at)
{
	for (const struct reader *up = rd; up; up = up->parent) {
		if (!up->ino || up->ino != st->st_ino || up->dev != st->st_dev)
			continue;
		reader_error(rd, at, up == rd ? "'%s' includes itself" :
			     "'%s' is being read already: this closes a cycle of "
			     "includes", name);
		return true;
	}
	return false;
}

static bool include_limit(struct reader *rd, const struct rule_loc *at)
{
	if (rd->depth >= RULES_MAX_DEPTH)
		reader_error(rd, at, "includes are nested deeper than %d",
			     RULES_MAX_DEPTH);
	else if (rd->rules->nincludes >= RULES_MAX_INCLUDES)
		reader_error(rd, at, "more than %d includes", RULES_MAX_INCLUDES);
	else
		return false;
	return true;
}

int reader_include(struct reader *rd, const char *name, bool skips_only,
		   const struct rule_loc *at)
{
	struct reader sub = { .rules = rd->rules, .parent = rd, .depth = rd->depth + 1,
			      .skips_only = skips_only || rd->skips_only };
	struct stat st;
	const char *unfit;
	char *found;
	int rc;

	if (include_limit(rd, at))
		return -1;
	sub.path = sub.name = name;
	if (*name != '/') {
		sub.path = path_beside(rd->rules, rd->path, name);
		sub.name = path_beside(rd->rules, rd->name, name);
	}
	unfit = *name ? path_unfit(sub.path, &st) : "its name is empty";
	if (unfit && *name && *name != '/' && (found = file_find("rules", name))) {
		sub.path = rules_strndup(rd->rules, found, strlen(found));
		sub.name = name;
		free(found);
		unfit = path_unfit(sub.path, &st);
	}
	if (unfit) {
		reader_error(rd, at, "cannot include '%s': %s", name, unfit);
		return -1;
	}
	if (include_cycle(rd, &st, name, at))
		return -1;
	rd->rules->nincludes++;
	sub.dev = st.st_dev;
	sub.ino = st.st_ino;
	rc = reader_file(&sub);
	if (rc < 0) {
		rd->errors++;
		reader_note(rd, at, "included from here");
	}
	return rc;
}
