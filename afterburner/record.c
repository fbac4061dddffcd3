// SPDX-License-Identifier: GPL-3.0-or-later
/* The build record; see record.h. */
#include "config.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "afterburner/emit.h"
#include "afterburner/record.h"
#include "afterburner/report.h"
#include "lib/decode.h"
#include "lib/file.h"

#define MAGIC "afterburner-record\t1\n"

bool path_is_temporary(const char *path)
{
	const char *tmp = getenv("TMPDIR"), *slash = strrchr(path, '/');
	size_t len = slash ? slash - path : 0;

	if (!tmp || !*tmp)
		tmp = "/tmp";
	while (len > 1 && path[len - 1] == '/')
		len--;
	return slash && len == strlen(tmp) && !memcmp(path, tmp, len);
}

struct tally {
	const char *what;
	unsigned long n;
};

struct tallies {
	struct tally *t;
	size_t n;
};

static void tally(struct tallies *t, const char *what, unsigned long n)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->t[i].what, what))
			break;
	if (i == t->n) {
		t->t = array_grow(t->t, t->n, sizeof(*t->t));
		t->t[t->n++] = (struct tally){ what, 0 };
	}
	t->t[i].n += n;
}

static void put_tallies(struct buf *b, const char *kind, struct tallies *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_printf(b, "%s\t%s\t%lu\n", kind, t->t[i].what, t->t[i].n);
	free(t->t);
}

char *record_write(const struct unit *u, const char *object)
{
	const char *env = getenv("AFTERBURNER_RECORD");
	struct tallies ops = { 0 }, skips = { 0 };
	size_t sites = 0, padded = 0;
	struct buf b = { 0 };
	struct stat st;
	char *path;

	if ((env && !strcmp(env, "no")) || path_is_temporary(object) ||
	    (!stat(object, &st) && !S_ISREG(st.st_mode)))
		return NULL;
	for (size_t i = 0; i < u->nsite; i++) {
		const struct site *s = &u->site[i];

		if (s->reason) {
			tally(&skips, s->reason, 1);
			continue;
		}
		tally(&ops, ab_op_name(s->op), 1);
		sites++;
		padded += s->pad;
	}
	buf_printf(&b, MAGIC "source\t%.*s\nsites\t%zu\t%zu\t%zu\n",
		   u->source ? (int)u->source_len : (int)strlen(u->name),
		   u->source ? u->source : u->name, sites, padded, u->nskipped);
	put_tallies(&b, "op", &ops);
	put_tallies(&b, "skip", &skips);
	for (size_t i = 0; i < rules_count(u->rules); i++)
		buf_printf(&b, "rule\t%s\t%lu\n", rules_where(u->rules, i),
			   rules_hits(u->rules, i));
	path = xasprintf("%s.ab", object);
	/* a read-only folder fails the assembler, which says it better */
	if (file_write(path, b.p, b.len, 0666)) {
		errno = 0;
		free(path);
		path = NULL;
	}
	free(b.p);
	return path;
}

struct sums {
	struct tallies op, skip, rule;
	unsigned long files, stale, with_sites, sites, padded, skipped;
	bool errors;
};

static void add_line(struct sums *s, char *line)
{
	char *what = strchr(line, '\t'), *count;
	unsigned long n, a, b, c;

	if (!what)
		return;
	*what++ = 0;
	if (!strcmp(line, "sites")) {
		if (sscanf(what, "%lu\t%lu\t%lu", &a, &b, &c) != 3)
			return;
		s->with_sites += a > 0;
		s->sites += a;
		s->padded += b;
		s->skipped += c;
		return;
	}
	count = strrchr(what, '\t');
	if (!count)
		return;
	*count++ = 0;
	n = strtoul(count, NULL, 10);
	if (!strcmp(line, "op"))
		tally(&s->op, what, n);
	else if (!strcmp(line, "skip"))
		tally(&s->skip, what, n);
	else if (!strcmp(line, "rule"))
		tally(&s->rule, what, n);
}

/* The record is written before its object: is there one that is not older? */
static bool has_object(const char *path)
{
	char *object = xstrndup(path, strlen(path) - 3);
	struct stat o, r;
	bool has;

	has = !stat(object, &o) && !stat(path, &r) &&
	      (o.st_mtim.tv_sec > r.st_mtim.tv_sec ||
	       (o.st_mtim.tv_sec == r.st_mtim.tv_sec &&
		o.st_mtim.tv_nsec >= r.st_mtim.tv_nsec));
	free(object);
	return has;
}

static void add_record(struct sums *s, const char *path)
{
	char *text, *save = NULL;
	size_t size;

	if (file_read(path, &text, &size))
		return;
	if (strncmp(text, MAGIC, sizeof(MAGIC) - 1)) {
		free(text);
	} else if (!has_object(path)) {
		s->stale++;
		free(text);
	} else {
		s->files++;
		/* lines live on: tallies point into them */
		for (char *l = strtok_r(text, "\n", &save); l;
		     l = strtok_r(NULL, "\n", &save))
			add_line(s, l);
	}
}

static void add_folder(struct sums *s, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d) {
		error("cannot read %s: %s", dir, strerror(errno));
		s->errors = true;
		return;
	}
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);
		struct stat st;
		char *path;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		path = xasprintf("%s/%s", dir, e->d_name);
		if (!lstat(path, &st) && S_ISDIR(st.st_mode))
			add_folder(s, path);
		else if (len > 3 && !strcmp(e->d_name + len - 3, ".ab"))
			add_record(s, path);
		free(path);
	}
	closedir(d);
}

static int by_count(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->what, y->what);
}

static void print_tallies(const struct tallies *t, const char *title, bool json)
{
	if (t->n)
		qsort(t->t, t->n, sizeof(*t->t), by_count);
	if (json)
		printf(",\"%s\":{", title);
	else if (t->n)
		printf("%s:\n", title);
	for (size_t i = 0; i < t->n; i++) {
		if (json) {
			fputs(i ? "," : "", stdout);
			json_string(stdout, t->t[i].what, strlen(t->t[i].what));
			printf(":%lu", t->t[i].n);
		} else {
			printf("%8lu  %s\n", t->t[i].n, t->t[i].what);
		}
	}
	if (json)
		printf("}");
}

/* Rules that matched nothing. */
static void print_idle(const struct sums *s, bool json)
{
	const char *comma = "";
	bool any = false;

	if (json)
		printf(",\"unused_rules\":[");
	for (size_t i = 0; i < s->rule.n; i++) {
		const char *what = s->rule.t[i].what;

		if (s->rule.t[i].n)
			continue;
		if (json) {
			fputs(comma, stdout);
			json_string(stdout, what, strlen(what));
			comma = ",";
		} else {
			printf("%s          %s\n",
			       any ? "" : "rules that matched nothing:\n", what);
		}
		any = true;
	}
	if (json)
		printf("]");
}

int record_summary(const char *dir, enum stats how)
{
	bool json = how == STATS_JSON;
	struct sums s = { 0 };

	add_folder(&s, dir);
	if (s.errors)
		return AB_EXIT_FAIL;
	if (!s.files && !s.stale) {
		error("no build records below %s: was it built with aftercc?", dir);
		return AB_EXIT_FAIL;
	}
	printf(json ? "{\"files\":%lu,\"files_with_sites\":%lu,\"sites\":%lu,"
		"\"padded\":%lu,\"skipped\":%lu" :
		"%lu files, %lu with sites: %lu sites (%lu padded), %lu skipped\n",
		s.files, s.with_sites, s.sites, s.padded, s.skipped);
	if (json)
		printf(",\"stale_records\":%lu", s.stale);
	else if (s.stale)
		printf("not counted: %lu records whose object is missing or older: a "
		       "compile failed\n", s.stale);
	print_tallies(&s.op, json ? "ops" : "sites by op", json);
	print_tallies(&s.skip, json ? "skipped_because" : "skipped because", json);
	print_idle(&s, json);
	if (json)
		printf("}\n");
	if (fflush(stdout) || ferror(stdout)) {
		error("cannot write the summary: %s", strerror(errno));
		return AB_EXIT_FAIL;
	}
	free(s.op.t);
	free(s.skip.t);
	free(s.rule.t);
	return AB_EXIT_OK;
}
