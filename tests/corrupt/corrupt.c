/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corrupt GUEST WEDGE: break a file in every way that is cheap to think of (cut
 * it off anywhere, flip bits, set bytes and words to extreme values), open and
 * patch what comes out.  Nothing may crash; what is refused must be named in
 * exactly one line; a refused patch must change nothing; and a good one must
 * only change bytes of good sites.
 *
 * corrupt -w WEDGE GUEST: the same with a broken wedge.
 *
 * CORRUPT_FULL=1 in the environment tries every bit and more words.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/decode.h"
#include "lib/file.h"
#include "loader/priv.h"

static int err_fd;		/* standard error of the code under test */
static size_t opened, refused, patched;
static bool failed;

static void fail(const char *what, size_t at)
{
	printf("%s (mutation at 0x%zx)\n", what, at);
	failed = true;
}

static void messages_reset(void)
{
	if (ftruncate(err_fd, 0) || lseek(err_fd, 0, SEEK_SET))
		abort();
}

static unsigned messages_count(void)
{
	static char buf[65536];
	ssize_t n = pread(err_fd, buf, sizeof(buf), 0);
	unsigned lines = 0;

	for (ssize_t i = 0; i < n; i++)
		lines += buf[i] == '\n';
	return lines;
}

/* Everything that changed must lie in a good site that has a template. */
static void check_changes(struct ab_guest *g, const uint8_t *before, size_t at)
{
	uint8_t *may = calloc(1, g->size);

	for (size_t i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];

		if (s->state == AB_SITE_OK && s->template >= 0)
			memset(may + s->offset, 1, s->total_len);
	}
	for (size_t i = 0; i < g->size; i++)
		if (g->data[i] != before[i] && !may[i]) {
			fail("a byte outside of good sites changed", at);
			break;
		}
	free(may);
}

static void try_patch(struct ab_guest *g, const struct ab_wedge *w, size_t at)
{
	uint8_t *before = malloc(g->size + 1);
	struct ab_patch p;
	uint32_t off;

	memcpy(before, g->data, g->size);
	messages_reset();
	if (g->machine != w->man.machine || ab_patch(g, w, 0xffc00000, NULL, NULL, &p)) {
		if (g->machine == w->man.machine && !messages_count())
			fail("a patch was refused without a word", at);
		if (memcmp(before, g->data, g->size))
			fail("a refused patch changed the guest", at);
	} else {
		patched++;
		check_changes(g, before, at);
		for (size_t i = 0; i < g->nsite; i += 5)
			ab_patch_site_at(g, w, g->site[i].addr, &off);
		ab_patch_free(&p);
	}
	free(before);
}

static void try_guest(const uint8_t *data, size_t size, const struct ab_wedge *w,
		      size_t at)
{
	uint8_t *copy = malloc(size + 1);	/* its end is watched by ASan */
	struct ab_guest *g;
	char text[256];

	memcpy(copy, data, size);
	messages_reset();
	g = guest_from_memory("guest", copy, size);
	if (!g) {
		refused++;
		if (messages_count() != 1)
			fail("a refused guest was not named in one line", at);
		return;
	}
	opened++;
	for (size_t i = 0; i < g->nsite; i++) {
		ab_site_disassemble(&g->site[i], text, sizeof(text));
		ab_guest_symbol(g, g->site[i].addr, NULL);
	}
	ab_guest_lookup(g, "variable");
	if (g->patched[0])
		ab_unpatch(g);
	try_patch(g, w, at);
	ab_guest_close(g);
}

static void try_wedge(const uint8_t *data, size_t size, const char *guest, size_t at)
{
	struct ab_wedge *w;
	struct ab_guest *g;
	char path[64];
	int fd = memfd_create("wedge", 0);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	messages_reset();
	w = ab_wedge_open("test", EM_386, path);
	if (!w) {
		refused++;
		if (messages_count() != 1)
			fail("a refused wedge was not named in one line", at);
	} else {
		opened++;
		g = ab_guest_open(guest);
		try_patch(g, w, at);
		ab_guest_close(g);
		ab_wedge_close(w);
	}
	close(fd);
}

struct run {
	const uint8_t *data;
	size_t size;
	const struct ab_wedge *w;
	const char *guest;	/* with -w */
};

static void try(const struct run *r, const uint8_t *data, size_t size, size_t at)
{
	if (r->guest)
		try_wedge(data, size, r->guest, at);
	else
		try_guest(data, size, r->w, at);
}

static void mutate_all(const struct run *r)
{
	static const uint32_t words[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff,
					  0xfffffff0, 0x10000, 0xff00 };
	bool full = getenv("CORRUPT_FULL") != NULL;
	size_t nwords = sizeof(words) / sizeof(words[0]);
	uint8_t *m = malloc(r->size);

	for (size_t len = 0; len < r->size; len += full || len < 256 ? 1 : 61)
		try(r, r->data, len, len);
	for (size_t at = 0; at < r->size; at++) {
		/* zeros between sections matter to nobody */
		if (!full && at > 512 && at % 64 && !r->data[at] && !r->data[at - 1])
			continue;
		memcpy(m, r->data, r->size);
		for (unsigned bit = at % 5; bit < 8; bit += full || at < 128 ? 1 : 5) {
			m[at] = r->data[at] ^ 1 << bit;
			try(r, m, r->size, at);
		}
		m[at] = r->data[at];
		if (at % 4 || at + 4 > r->size)
			continue;
		for (size_t k = 0; k < nwords; k += full ? 1 : 3) {
			put_le32(m + at, words[k]);
			try(r, m, r->size, at);
		}
	}
	free(m);
}

int main(int argc, char **argv)
{
	bool wedge = argc == 4 && !strcmp(argv[1], "-w");
	struct run r = { .guest = wedge ? argv[3] : NULL };
	struct ab_wedge *w = NULL;
	char *data;

	if (argc != 3 && !wedge)
		return 2;
	err_fd = memfd_create("messages", 0);
	if (file_read(wedge ? argv[2] : argv[1], &data, &r.size))
		return 1;
	r.data = (uint8_t *)data;
	if (!wedge)
		w = ab_wedge_open("test", EM_386, argv[2]);
	if (!wedge && !w)
		return 1;
	r.w = w;
	dup2(err_fd, STDERR_FILENO);
	mutate_all(&r);
	printf("%s: %zu refused, %zu opened, %zu patched\n", wedge ? argv[2] : argv[1],
	       refused, opened, patched);
	ab_wedge_close(w);
	free(data);
	/* a run that opened nothing, or refused nothing, tested nothing */
	return failed || !opened || !refused;
}
