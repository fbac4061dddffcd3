/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source files for excerpts.  Their names come from debug information, which nobody
 * vouches for: only regular files of a sane size are read, and a line is text to be
 * escaped, never more.
 */
#include "monitor/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/diag.h"
#include "lib/file.h"

#define FILES_MAX	256u
#define SIZE_MAX_	(4u << 20)

struct source {
	char *name, *text;		/* text NULL: not to be had */
	size_t size;
	size_t *start;			/* of each line, nline + 1 of them */
	unsigned nline;
};

struct sources {
	struct source file[FILES_MAX];
	unsigned n;
};

struct sources *sources_new(void)
{
	return xcalloc(1, sizeof(struct sources));
}

void sources_free(struct sources *s)
{
	unsigned i;

	for (i = 0; s && i < s->n; i++) {
		free(s->file[i].name);
		free(s->file[i].text);
		free(s->file[i].start);
	}
	free(s);
}

static void lines_find(struct source *f)
{
	size_t i, room = 0;

	for (i = 0; i <= f->size; i++) {
		if (i && i < f->size && f->text[i - 1] != '\n')
			continue;
		if (f->nline + 2 > room) {
			room = room ? room * 2 : 256;
			f->start = xrealloc(f->start, room * sizeof *f->start);
		}
		f->start[f->nline++] = i;
	}
	f->nline--;
}

static struct source *source_open(struct sources *s, const char *name)
{
	struct source *f = &s->file[s->n++];
	struct stat st;

	f->name = xstrdup(name);
	if (stat(name, &st) || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_ ||
	    file_read(name, &f->text, &f->size)) {
		f->text = NULL;
		return f;
	}
	lines_find(f);
	return f;
}

const char *source_line(struct sources *s, const char *file, unsigned n, size_t *len)
{
	struct source *f = NULL;
	unsigned i;

	for (i = 0; i < s->n && !f; i++)
		if (!strcmp(s->file[i].name, file))
			f = &s->file[i];
	if (!f && s->n < FILES_MAX)
		f = source_open(s, file);
	if (!f || !f->text || !n || n > f->nline)
		return NULL;
	*len = f->start[n] - f->start[n - 1];
	while (*len && (f->text[f->start[n - 1] + *len - 1] == '\n' ||
			f->text[f->start[n - 1] + *len - 1] == '\r'))
		--*len;
	return f->text + f->start[n - 1];
}
