// SPDX-License-Identifier: GPL-3.0-or-later
/* Response files. */
#include "config.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "afterburner/args.h"
#include "lib/diag.h"
#include "lib/file.h"

#define MAX_FILES 2000		/* a file may name itself */

struct args {
	char **v;
	int n, room;
	unsigned files;
};

static void args_add(struct args *a, char *s)
{
	if (a->n + 1 >= a->room) {
		a->room = a->room * 2 + 16;
		a->v = xrealloc(a->v, a->room * sizeof(*a->v));
	}
	a->v[a->n++] = s;
	a->v[a->n] = NULL;
}

/* The next argument of a response file's text: blanks part them, quotes keep
 * them together, a backslash takes the next character as it is. */
static char *next_word(const char **text)
{
	const char *p = *text;
	char *word, *w;
	char quote = 0;

	while (isspace((unsigned char)*p))
		p++;
	*text = p;
	if (!*p)
		return NULL;
	w = word = xmalloc(strlen(p) + 1);
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (*p == '\\' && p[1])
			*w++ = *++p;
		else if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		else
			*w++ = *p;
	}
	*w = 0;
	*text = p;
	return word;
}

static void expand(struct args *a, char *arg)
{
	const char *p;
	char *text, *word;
	size_t size;

	if (arg[0] != '@' || a->files >= MAX_FILES ||
	    file_read(arg + 1, &text, &size)) {
		args_add(a, arg);
		return;
	}
	a->files++;
	p = text;
	while ((word = next_word(&p)))
		expand(a, word);
	free(text);
}

char **args_expand(int *argc, char **argv)
{
	struct args a = { 0 };

	for (int i = 0; i < *argc; i++)
		expand(&a, argv[i]);
	*argc = a.n;
	return a.v;
}
