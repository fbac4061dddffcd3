/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.c: whole-file input, all-or-nothing output, and our own data files.
 *
 * Output goes to a temporary file in the same folder and is renamed over the
 * old one, so that a full disk or a kill never leaves half a file under the
 * name that somebody will use.
 */
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/diag.h"

/* Read (fd) to its end. */
static int fd_read_all(int fd, size_t hint, char **data, size_t *size)
{
	size_t room = hint + 1 > 4096 ? hint + 1 : 4096, have = 0;
	char *buf = malloc(room + 1);

	if (!buf)
		return -1;
	for (;;) {
		ssize_t n = read(fd, buf + have, room - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(buf);
			return -1;
		}
		if (!n)
			break;
		have += n;
		if (have == room) {
			char *more = NULL;

			if (room <= SIZE_MAX / 4)
				more = realloc(buf, room * 2 + 1);
			else
				errno = EFBIG;
			if (!more) {
				free(buf);
				return -1;
			}
			buf = more;
			room *= 2;
		}
	}
	buf[have] = '\0';
	*data = buf;
	*size = have;
	return 0;
}

int file_read(const char *path, char **data, size_t *size)
{
	struct stat st;
	int fd, ret, saved;
	size_t hint;

	if (!strcmp(path, "-"))
		return fd_read_all(STDIN_FILENO, 0, data, size);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st)) {
		ret = -1;
	} else {
		hint = S_ISREG(st.st_mode) && st.st_size > 0 ? st.st_size : 0;
		ret = fd_read_all(fd, hint, data, size);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

static int fd_write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		size -= n;
	}
	return 0;
}

/* Devices, pipes, sockets: there is nothing to rename over. */
static int write_direct(const char *path, const void *data, size_t size)
{
	int fd, ret, saved;

	if (!strcmp(path, "-"))
		return fd_write_all(STDOUT_FILENO, data, size);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = fd_write_all(fd, data, size);
	saved = errno;
	if (close(fd) && !ret)
		return -1;
	errno = saved;
	return ret;
}

static int write_beside(const char *path, const void *data, size_t size, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	/* not derived from the name: that may be as long as names can be */
	char *tmp = xasprintf("%.*s.ab-XXXXXX",
			      slash ? (int)(slash + 1 - path) : 0, path);
	int fd = mkostemp(tmp, O_CLOEXEC), ret, saved;

	if (fd < 0) {
		saved = errno;
		free(tmp);
		errno = saved;
		return -1;
	}
	ret = fd_write_all(fd, data, size);
	if (!ret)
		ret = fchmod(fd, mode);
	saved = errno;
	if (close(fd) && !ret) {
		saved = errno;
		ret = -1;
	}
	if (!ret && rename(tmp, path)) {
		saved = errno;
		ret = -1;
	}
	if (ret)
		unlink(tmp);
	free(tmp);
	errno = saved;
	return ret;
}

int file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	struct stat st;
	char *real;
	mode_t mask;
	int ret, saved;

	if (!strcmp(path, "-"))
		return write_direct(path, data, size);
	if (stat(path, &st)) {
		if (errno != ENOENT)
			return -1;
		mask = umask(0);
		umask(mask);
		return write_beside(path, data, size, mode & ~mask);
	}
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return write_direct(path, data, size);
	/* rename() would replace a file that its owner has write-protected */
	if (access(path, W_OK))
		return -1;
	/* and a symbolic link instead of what it points to */
	real = realpath(path, NULL);
	if (!real)
		return -1;
	ret = write_beside(real, data, size, st.st_mode & 07777);
	saved = errno;
	free(real);
	errno = saved;
	return ret;
}

/* DIR/KIND/NAME when it is a file that we can read, else NULL. */
static char *data_file(const char *dir, const char *kind, const char *name)
{
	char *path = xasprintf("%s/%s/%s", dir, kind, name);
	struct stat st;

	if (!stat(path, &st) && !S_ISDIR(st.st_mode) && !access(path, R_OK))
		return path;
	free(path);
	return NULL;
}

/* The places where our data may lie, first to last. */
struct places {
	const char *dir[6];
	size_t n;
	char beside[2][PATH_MAX + 32];
};

/* A program that was installed finds what was installed with it, also when the
 * whole was moved or staged (DESTDIR); ours lie in bin/ and libexec/NAME/.  One
 * that runs where it was built finds what was built and what is in the source. */
static void places_of_program(struct places *p)
{
	static const char *const up[2] = { "/..", "/../.." };
	char exe[PATH_MAX], build[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t len;
	char *slash;

	if (n < 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return;
	for (int i = 0; i < 2; i++) {
		snprintf(p->beside[i], sizeof(p->beside[i]), "%.*s%s/share/afterburner",
			 (int)(slash - exe), exe, up[i]);
		if (!access(p->beside[i], X_OK))
			p->dir[p->n++] = p->beside[i];
	}
	if (p->n || !realpath(AB_BUILDDIR, build))
		return;
	len = strlen(build);
	if (!strncmp(exe, build, len) && exe[len] == '/') {
		p->dir[p->n++] = AB_BUILDDIR;
		p->dir[p->n++] = AB_SRCDIR;
	}
}

static void places_find(struct places *p)
{
	const char *env = getenv("AFTERBURNER_DATADIR");

	p->n = 0;
	places_of_program(p);
	if (env && *env) {
		memmove(p->dir + 1, p->dir, p->n * sizeof(p->dir[0]));
		p->dir[0] = env;
		p->n++;
	}
	p->dir[p->n++] = AB_DATADIR;
}

char *file_find(const char *kind, const char *name)
{
	struct places p;
	char *path = NULL;

	if (!*name || *name == '/')
		return NULL;
	places_find(&p);
	for (size_t i = 0; i < p.n && !path; i++)
		path = data_file(p.dir[i], kind, name);
	return path;
}

static void each_of(const char *dir, const char *kind, const char *suffix,
		    void (*fn)(void *, const char *, const char *), void *ctx)
{
	char *place = xasprintf("%s/%s", dir, kind);
	struct dirent **entry;
	int n = scandir(place, &entry, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;
		size_t len = strlen(name), slen = strlen(suffix);
		char *path = data_file(dir, kind, name), *first;

		if (path && len > slen && !strcmp(name + len - slen, suffix)) {
			first = file_find(kind, name);
			if (first && !strcmp(first, path))
				fn(ctx, path, name);
			free(first);
		}
		free(path);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	free(place);
}

void file_each(const char *kind, const char *suffix,
	       void (*fn)(void *ctx, const char *path, const char *name), void *ctx)
{
	struct places p;

	places_find(&p);
	for (size_t i = 0; i < p.n; i++)
		each_of(p.dir[i], kind, suffix, fn, ctx);
}
