/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading trap profiles, and adding them up.
 *
 * A profile may hold a million records of 120 bytes, and several are added up, so
 * they come in pieces, are checked as they come, and each goes where it stays: there
 * is never more in memory than the sum and what is new in the file that is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "abi/ops.h"
#include "lib/diag.h"
#include "lib/profile.h"

#define EM_386_		3u
#define EM_X86_64_	62u
#define VERSION_END	12u	/* of the field in the header */
#define CHUNK		512u	/* records */

struct profile_stream {
	char *name;
	int fd;				/* -1: from memory */
	const char *data;
	size_t left;			/* there */
	struct ab_profile_header head;
	uint64_t seen;			/* records in chunks so far */
	size_t n, at;			/* in this one */
	bool failed;
	/* [0] is the last of the chunk before */
	struct ab_profile_record chunk[1 + CHUNK];
};

static void *fail(struct profile_stream *s, const char *fault)
{
	if (!s->failed)
		error("%s: corrupt profile: %s", s->name, fault);
	s->failed = true;
	return NULL;
}

/* Up to (size) bytes; fewer at the end, and after a message. */
static size_t fetch(struct profile_stream *s, void *buf, size_t size)
{
	size_t have = 0;

	if (s->fd < 0) {
		have = size < s->left ? size : s->left;
		if (have)
			memcpy(buf, s->data, have);
		s->data += have;
		s->left -= have;
		return have;
	}
	while (have < size) {
		ssize_t n = read(s->fd, (char *)buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !s->failed) {
			error("%s: cannot read the profile: %s", s->name, strerror(errno));
			s->failed = true;
		}
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

/* ---- the header ---- */

static const char *header_fault(const struct ab_profile_header *h)
{
	if (h->header_size != sizeof *h ||
	    h->record_size != sizeof(struct ab_profile_record) ||
	    h->span_size != sizeof(struct ab_profile_span))
		return "its header, record or span size is wrong";
	if (h->machine != EM_386_ && h->machine != EM_X86_64_)
		return "it is for an unknown machine";
	if (h->build_id_len > sizeof h->build_id)
		return "its build-id is too long";
	if (memchr(h->target, 0, sizeof h->target) == NULL)
		return "its target name does not end";
	if (h->target[strspn(h->target, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return "its target name is no word";	/* it goes to terminals and rule files */
	if (h->complete > 1)
		return "its completeness mark is wrong";
	return NULL;
}

/* What can be said before anything is read, where the size is known. */
static const char *size_fault(const struct ab_profile_header *h, uint64_t size)
{
	uint64_t room = (size - sizeof *h) / sizeof(struct ab_profile_record);

	if (h->nrecords > room || h->nspans > room - h->nrecords)
		return "it is cut off: there is less than its header says";
	if (h->nrecords + h->nspans != room ||
	    (size - sizeof *h) % sizeof(struct ab_profile_record))
		return "there is something after its end";
	return NULL;
}

static int head_read(struct profile_stream *s, uint64_t size)
{
	struct ab_profile_header *h = &s->head;
	size_t n = fetch(s, h, sizeof *h);
	const char *fault;

	if (s->failed)
		return -1;
	if (n < sizeof h->magic || memcmp(h->magic, AB_PROFILE_MAGIC, sizeof h->magic)) {
		error("%s: not a trap profile", s->name);
		return -1;
	}
	if (n >= VERSION_END && h->version != AB_PROFILE_VERSION) {
		error("%s: a trap profile of version %u; this program reads "
		      "version %u: make it anew, or use the program that made it",
		      s->name, h->version, AB_PROFILE_VERSION);
		return -1;
	}
	fault = n < sizeof *h ? "it is cut off" : header_fault(h);
	if (!fault && size)
		fault = size_fault(h, size);
	if (fault)
		fail(s, fault);
	return fault ? -1 : 0;
}

static void stream_free(struct profile_stream *s)
{
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	free(s->name);
	free(s);
}

/* Of (size) bytes, 0: not known. */
static struct profile_stream *stream_new(const char *name, int fd, const void *data,
					 uint64_t size)
{
	struct profile_stream *s = xcalloc(1, sizeof *s);

	s->name = xstrdup(name);
	s->fd = fd;
	s->data = data;
	s->left = data ? size : 0;
	if (!head_read(s, size))
		return s;
	stream_free(s);
	return NULL;
}

struct profile_stream *profile_open(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		error("%s: cannot read the profile: %s", path, strerror(errno));
		if (fd > STDIN_FILENO)
			close(fd);
		return NULL;
	}
	return stream_new(path, fd, NULL, S_ISREG(st.st_mode) && fd != STDIN_FILENO ?
			  (uint64_t)st.st_size : 0);
}

const struct ab_profile_header *profile_head(const struct profile_stream *s)
{
	return &s->head;
}

/* ---- records and spans ---- */

static const char *record_fault(const struct ab_profile_record *r)
{
	if (!r->count)
		return "a count of zero";
	if (r->op >= AB_OP_COUNT)
		return "an unknown operation";
	if (r->kind < AB_PROF_TRAP || r->kind > AB_PROF_SYSCALL)
		return "an unknown kind";
	if (r->ring > 3)
		return "a ring above 3";
	if (r->insn_len > 15)
		return "an instruction of more than 15 bytes";
	if (r->page_class >= AB_PAGE_CLASSES)
		return "an unknown class of page";
	return NULL;
}

static bool chunk_read(struct profile_stream *s)
{
	uint64_t left = s->head.nrecords - s->seen;
	size_t want = left < CHUNK ? left : CHUNK;

	if (!want)
		return false;
	s->chunk[0] = s->chunk[s->n];
	s->n = s->at = 0;
	if (fetch(s, s->chunk + 1, want * sizeof *s->chunk) < want * sizeof *s->chunk)
		return fail(s, "it is cut off: there is less than its header says");
	s->n = want;
	s->seen += want;
	return true;
}

const struct ab_profile_record *profile_next(struct profile_stream *s)
{
	const struct ab_profile_record *r;
	const char *fault;
	uint64_t i;

	if (s->failed || (s->at == s->n && !chunk_read(s)))
		return NULL;
	r = &s->chunk[++s->at];
	i = s->seen - s->n + s->at - 1;
	fault = record_fault(r);
	if (!fault && i && profile_compare(r - 1, r) >= 0)
		fault = "a place out of order";
	if (!fault)
		return r;
	error("%s: corrupt profile: record %llu has %s", s->name, (unsigned long long)i,
	      fault);
	s->failed = true;
	return NULL;
}

static struct ab_profile_span *spans_read(struct profile_stream *s)
{
	struct ab_profile_span *span = NULL;
	uint32_t i, room = 0;

	for (i = 0; i < s->head.nspans && !s->failed; i++) {
		if (i == room) {
			room = room < s->head.nspans / 2 ? room * 2 + 64 : s->head.nspans;
			span = xrealloc(span, room * sizeof *span);
		}
		if (fetch(s, &span[i], sizeof *span) < sizeof *span) {
			fail(s, "it is cut off: there is less than its header says");
		} else if (i && span[i].end_ns <= span[i - 1].end_ns) {
			error("%s: corrupt profile: span %u goes back in time", s->name, i);
			s->failed = true;
		}
	}
	return span;
}

int profile_close(struct profile_stream *s, struct ab_profile_span **span)
{
	struct ab_profile_span *v;
	int ret;
	char more;

	while (profile_next(s))
		;
	v = spans_read(s);
	if (!s->failed && fetch(s, &more, 1))
		fail(s, "there is something after its end");
	ret = s->failed ? -1 : 0;
	stream_free(s);
	if (!span || ret) {
		free(v);
		v = NULL;
	}
	if (span)
		*span = v;
	return ret;
}

/* ---- adding up ---- */

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void record_add(struct ab_profile_record *to,
		       const struct ab_profile_record *from)
{
	unsigned i;

	to->count = add_capped(to->count, from->count);
	to->cycles = add_capped(to->cycles, from->cycles);
	if (from->cycles_max > to->cycles_max)
		to->cycles_max = from->cycles_max;
	for (i = 0; i < AB_PROFILE_HIST; i++)
		to->hist[i] = to->hist[i] > UINT32_MAX - from->hist[i] ?
			UINT32_MAX : to->hist[i] + from->hist[i];
}

/* Without a build-id nothing tells two guests apart. */
static bool same_guest(const struct ab_profile_header *a,
		       const struct ab_profile_header *b)
{
	if (a->machine != b->machine)
		return false;
	if (!a->build_id_len || !b->build_id_len)
		return true;
	return a->build_id_len == b->build_id_len &&
		!memcmp(a->build_id, b->build_id, a->build_id_len);
}

/* Places that the sum does not have yet, in order. */
struct fresh {
	struct ab_profile_record *rec;
	size_t n, room;
};

static void fresh_push(struct fresh *f, const struct ab_profile_record *r, uint64_t most)
{
	if (f->n == f->room) {
		f->room = f->room < most / 2 ? f->room * 2 + CHUNK : most;
		f->rec = xrealloc(f->rec, f->room * sizeof *f->rec);
	}
	f->rec[f->n++] = *r;
}

static void records_add(struct profile *sum, struct profile_stream *s, struct fresh *f)
{
	const struct ab_profile_record *r;
	size_t at = 0, n = sum->head.nrecords;

	while ((r = profile_next(s))) {
		int c = 1;

		while (at < n && (c = profile_compare(&sum->rec[at], r)) < 0)
			at++;
		if (at < n && !c)
			record_add(&sum->rec[at], r);
		else
			fresh_push(f, r, s->head.nrecords);
	}
}

/* From the last on, so that both can stay where they are. */
static void fresh_insert(struct profile *sum, struct fresh *f)
{
	size_t a = sum->head.nrecords, b = f->n, at = a + b;

	sum->head.nrecords = at;
	if (!a) {
		free(sum->rec);
		sum->rec = f->rec;
		return;
	}
	if (b)
		sum->rec = xrealloc(sum->rec, at * sizeof *sum->rec);
	while (b) {
		bool old = a && profile_compare(&sum->rec[a - 1], &f->rec[b - 1]) > 0;

		sum->rec[--at] = old ? sum->rec[--a] : f->rec[--b];
	}
	free(f->rec);
}

/* One run after the other: the times of (span) begin where (sum) ends. */
static void spans_add(struct profile *sum, const struct ab_profile_span *span, uint32_t add)
{
	uint32_t i, n = sum->head.nspans;
	uint64_t last = n ? sum->span[n - 1].end_ns : 0;
	uint64_t start = sum->head.run_ns > last ? sum->head.run_ns : last;

	sum->span = xrealloc(sum->span, ((size_t)n + add + 1) * sizeof *sum->span);
	for (i = 0; i < add; i++) {
		sum->span[n] = span[i];
		sum->span[n].end_ns = add_capped(start, span[i].end_ns);
		if (!n || sum->span[n].end_ns > sum->span[n - 1].end_ns)
			n++;
	}
	sum->head.nspans = n;
}

static int can_add(const struct profile *sum, const struct profile_stream *s)
{
	if (!same_guest(&sum->head, &s->head)) {
		error("%s: a profile of another guest (its build-id differs)", s->name);
		return -1;
	}
	if (s->head.nspans > UINT32_MAX - sum->head.nspans) {
		error("%s: too long a timeline to be added", s->name);
		return -1;
	}
	return 0;
}

static int stream_add(struct profile *sum, struct profile_stream *s)
{
	struct ab_profile_header head = s->head;
	struct ab_profile_span *span;
	struct fresh f = { 0 };

	if (!sum->head.machine) {
		sum->head = head;
		sum->head.nrecords = sum->head.nspans = 0;
		sum->head.run_ns = sum->head.lost = 0;
	} else if (can_add(sum, s)) {
		stream_free(s);
		return -1;
	}
	records_add(sum, s, &f);
	if (profile_close(s, &span)) {
		free(f.rec);
		return -1;
	}
	fresh_insert(sum, &f);
	spans_add(sum, span, head.nspans);
	free(span);
	sum->head.lost = add_capped(sum->head.lost, head.lost);
	sum->head.run_ns = add_capped(sum->head.run_ns, head.run_ns);
	sum->head.complete = sum->head.complete && head.complete;
	return 0;
}

static int read_into(struct profile *sum, struct profile_stream *s)
{
	if (s && !stream_add(sum, s))
		return 0;
	profile_free(sum);
	return -1;
}

int profile_read(const char *path, struct profile *sum)
{
	return read_into(sum, profile_open(path));
}

int profile_parse(const char *name, const void *data, size_t size, struct profile *sum)
{
	return read_into(sum, stream_new(name, -1, size ? data : "", size));
}
