// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Asking a compiler, once: "-print-prog-name=as" with and without our folder,
 * and whether it is clang.  Starting a driver costs about as much as assembling
 * a small file, so the answer is kept in a small file, which is only believed
 * for the same compiler, unchanged, with the same options that matter.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "afterburner/compiler.h"
#include "lib/diag.h"
#include "lib/file.h"

struct hash {
	uint64_t h;
};

static void hash_add(struct hash *h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h->h = (h->h ^ p[i]) * 0x100000001b3ull;
}

static void hash_string(struct hash *h, const char *s)
{
	hash_add(h, s, strlen(s) + 1);
}

static void hash_file(struct hash *h, const char *path)
{
	struct stat st;

	hash_string(h, path);
	if (stat(path, &st))
		return;
	hash_add(h, &st.st_ino, sizeof(st.st_ino));
	hash_add(h, &st.st_size, sizeof(st.st_size));
	hash_add(h, &st.st_mtim, sizeof(st.st_mtim));
}

/* Where execvp() would find (name), or NULL. */
static char *find_in_path(const char *name, const char *not_in)
{
	const char *path = getenv("PATH");
	char *copy, *save = NULL, *found = NULL;

	if (strchr(name, '/'))
		return xstrdup(name);
	copy = xstrdup(path && *path ? path : "/usr/bin:/bin");
	for (char *d = strtok_r(copy, ":", &save); d && !found;
	     d = strtok_r(NULL, ":", &save)) {
		char *file = xasprintf("%s/%s", d, name);
		char *ours = not_in ? xasprintf("%s%s", not_in, name) : NULL;
		struct stat a, b;

		if (!access(file, X_OK) && !stat(file, &a) && S_ISREG(a.st_mode) &&
		    !(ours && !stat(ours, &b) && a.st_ino == b.st_ino &&
		      a.st_dev == b.st_dev))
			found = file;
		else
			free(file);
		free(ours);
	}
	free(copy);
	return found;
}

/* Options that decide which assembler is run. */
static bool matters(const char *arg)
{
	return !strncmp(arg, "-B", 2) || !strncmp(arg, "--prefix=", 9) ||
	       !strncmp(arg, "--target=", 9) || !strcmp(arg, "-target") ||
	       !strcmp(arg, "-m32") || !strcmp(arg, "-m64") ||
	       !strcmp(arg, "-mx32") || !strncmp(arg, "-specs=", 7) ||
	       !strncmp(arg, "--gcc-toolchain=", 16);
}

static bool value_matters(const char *arg)
{
	return !strcmp(arg, "-B") || !strcmp(arg, "-target");
}

struct command {
	char **argv;
	int words, argc;
};

/* Run the compiler with (extra, question) and return the first line that it
 * prints, or NULL. */
static char *ask(const struct command *c, char *extra, char *question)
{
	char **argv = xcalloc(c->argc + 4, sizeof(*argv));
	int n = 0, fd[2], status, null;
	char buf[4096];
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	for (; n < c->words; n++)
		argv[n] = c->argv[n];
	if (extra)
		argv[n++] = extra;
	for (int i = c->words; i < c->argc; i++) {
		if (!matters(c->argv[i]))
			continue;
		argv[n++] = c->argv[i];
		if (value_matters(c->argv[i]) && i + 1 < c->argc)
			argv[n++] = c->argv[++i];
	}
	argv[n++] = question;
	if (pipe(fd) || (pid = fork()) < 0)
		die("cannot run %s: %s", argv[0], strerror(errno));
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(fd[1], 1);
		dup2(null, 2);
		close(fd[0]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fd[1]);
	while (len < sizeof(buf) - 1 &&
	       ((got = read(fd[0], buf + len, sizeof(buf) - 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? got : 0;
	close(fd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	free(argv);
	buf[len] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return buf[0] ? xstrdup(buf) : NULL;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static void ask_all(struct compiler *c, const struct command *cmd,
		    const char *folder)
{
	const char *name = cmd->argv[cmd->words - 1], *slash = strrchr(name, '/');
	char *ours = xasprintf("%sas", folder), *with, *first, *b;

	c->as = ask(cmd, NULL, "-print-prog-name=as");
	c->as_name = c->as ? xstrdup(c->as) : NULL;
	if (c->as && !strchr(c->as, '/')) {
		char *found = find_in_path(c->as, folder);

		free(c->as);
		c->as = found;
	}
	if (!c->as)
		die("%s does not say which assembler it runs "
		    "(-print-prog-name=as): is it a GCC or clang?", name);
	c->clang = strstr(slash ? slash + 1 : name, "clang");
	first = ask(cmd, NULL, "--version");
	if (first && strstr(first, "clang"))
		c->clang = true;
	free(first);
	b = xasprintf("-B%s", folder);
	with = ask(cmd, b, "-print-prog-name=as");
	if (!with || !same_file(with, ours))
		die("%s does not look for its assembler where -B says (it runs %s): "
		    "afterburner cannot see what it assembles", name,
		    with ? with : "another one");
	free(with);
	free(b);
	free(ours);
}

/* The cache file of the question, or NULL when there is no place for it. */
static char *cache_file(const struct command *c, const char *folder)
{
	const char *dir = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct hash h = { 0xcbf29ce484222325ull };
	const char *path = getenv("PATH");

	hash_string(&h, folder);
	hash_string(&h, path ? path : "");
	for (int i = 0; i < c->words; i++) {
		char *found = find_in_path(c->argv[i], NULL);

		if (!found)
			return NULL;
		hash_file(&h, found);
		free(found);
	}
	for (int i = c->words; i < c->argc; i++) {
		if (!matters(c->argv[i]))
			continue;
		hash_string(&h, c->argv[i]);
		if (value_matters(c->argv[i]) && i + 1 < c->argc)
			hash_string(&h, c->argv[++i]);
	}
	if (dir && *dir == '/')
		return xasprintf("%s/afterburner/%016llx", dir,
				 (unsigned long long)h.h);
	if (home && *home == '/')
		return xasprintf("%s/.cache/afterburner/%016llx", home,
				 (unsigned long long)h.h);
	return NULL;
}

/* One line: "1 c|- ASSEMBLER", and one with its name. */
static bool cache_read(struct compiler *c, const char *file)
{
	char *text, *nl, *end = NULL;
	size_t size;
	bool ok;

	if (!file || file_read(file, &text, &size))
		return false;
	nl = strchr(text, '\n');
	ok = nl && nl - text > 4 && text[0] == '1' && text[1] == ' ' &&
	     text[3] == ' ' && (end = strchr(nl + 1, '\n'));
	if (ok) {
		*nl = *end = 0;
		c->as_name = xstrdup(nl + 1);
		c->clang = text[2] == 'c';
		c->as = xstrdup(text + 4);
		ok = !access(c->as, X_OK);
	}
	free(text);
	return ok;
}

static void cache_write(const struct compiler *c, const char *file)
{
	char *line, *p;

	if (!file)
		return;
	p = xstrdup(file);
	for (char *s = p + 1; (s = strchr(s, '/')); s++) {
		*s = 0;
		mkdir(p, 0777);
		*s = '/';
	}
	free(p);
	line = xasprintf("1 %c %s\n%s\n", c->clang ? 'c' : '-', c->as,
			 c->as_name);
	/* it only saves time: failing is no error */
	if (file_write(file, line, strlen(line), 0666))
		errno = 0;
	free(line);
}

void compiler_ask(struct compiler *c, char **argv, int words, int argc,
		  const char *folder)
{
	struct command cmd = { argv, words, argc };
	char *found = find_in_path(argv[words - 1], NULL), *file;
	char real[PATH_MAX];

	*c = (struct compiler){ 0 };
	if (!found || access(found, X_OK)) {
		error("cannot run %s: %s", argv[words - 1], strerror(ENOENT));
		exit(127);
	}
	if (realpath(found, real))
		c->cached = strstr(real, "ccache") != NULL;
	free(found);
	file = cache_file(&cmd, folder);
	if (!cache_read(c, file)) {
		ask_all(c, &cmd, folder);
		cache_write(c, file);
	}
	free(file);
}

static void hash_contents(struct hash *h, const char *path)
{
	char *text;
	size_t size;

	hash_string(h, path);
	if (file_read(path, &text, &size))
		return;
	hash_add(h, text, size);
	free(text);
}

static void hash_stock(void *ctx, const char *path, const char *name)
{
	(void)name;
	hash_contents(ctx, path);
}

char *compiler_cache_key(const char *folder)
{
	const char *flags = getenv("AFTERBURNER_FLAGS");
	const char *rules = getenv("AFTERBURNER_RULES");
	struct hash h = { 0xcbf29ce484222325ull };
	char *as = xasprintf("%sas", folder), *copy, *save = NULL;

	hash_file(&h, as);
	hash_string(&h, flags ? flags : "");
	hash_string(&h, rules ? rules : "");
	copy = xasprintf("%s %s", flags ? flags : "", rules ? rules : "");
	for (char *w = strtok_r(copy, " \t\n:=", &save); w;
	     w = strtok_r(NULL, " \t\n:=", &save))
		if (!access(w, R_OK))
			hash_contents(&h, w);
	file_each("rules", ".rules", hash_stock, &h);
	file_each("rules/x86", ".rules", hash_stock, &h);
	free(copy);
	free(as);
	return xasprintf("-B/afterburner-key/%016llx", (unsigned long long)h.h);
}
