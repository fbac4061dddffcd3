// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Keep the assembler text of a whole build, so that it can be looked at, and
 * assembled again in other ways, without the compiler.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "afterburner/emit.h"
#include "afterburner/keep.h"
#include "lib/diag.h"
#include "lib/file.h"

/* Parallel jobs write into the same folder: process and time tell them apart. */
static char *new_name(const char *dir)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return xasprintf("%s/%08lx%08lx-%d", dir, (long)t.tv_sec, t.tv_nsec,
			 (int)getpid());
}

static void put_line(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
	buf_put(b, "\n", 1);
}

void keep_input(const char *text, size_t len, const char *object, int argc,
		char *const *argv, const int *input, int ninput)
{
	const char *dir = getenv("AFTERBURNER_KEEP");
	struct buf args = { 0 };
	char cwd[PATH_MAX], *base, *path;

	if (!dir || !*dir)
		return;
	if (!getcwd(cwd, sizeof(cwd)))
		die("getcwd: %s", strerror(errno));
	put_line(&args, cwd);
	put_line(&args, object);
	for (int i = 1, k = 0; i < argc; i++) {
		if (k < ninput && input[k] == i)
			k++;
		else
			put_line(&args, argv[i]);
	}
	base = new_name(dir);
	path = xasprintf("%s.s", base);
	if (file_write(path, text, len, 0666))
		die("AFTERBURNER_KEEP: cannot write %s: %s", path, strerror(errno));
	free(path);
	path = xasprintf("%s.args", base);
	if (file_write(path, args.p, args.len, 0666))
		die("AFTERBURNER_KEEP: cannot write %s: %s", path, strerror(errno));
	free(path);
	free(base);
	free(args.p);
}
