/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trap profiles in files.
 *
 * A profile may hold a million records, so the reader keeps the file's own bytes
 * and points into them (the format's sizes keep records aligned) instead of
 * copying.  The format is little endian, as are the hosts that we run on.
 */
#include "lib/profile.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ops.h"
#include "lib/diag.h"
#include "lib/file.h"

#define EM_386_		3u
#define EM_X86_64_	62u
#define VERSION_END	12u	/* of the field in the header */

const char *profile_kind_name(unsigned kind)
{
	static const char *const names[] = {
		[AB_PROF_TRAP] = "trap", [AB_PROF_CALL] = "call",
		[AB_PROF_MMIO] = "mmio", [AB_PROF_SHADOW] = "shadow",
		[AB_PROF_FAULT] = "fault", [AB_PROF_SYSCALL] = "syscall",
	};

	if (kind >= sizeof names / sizeof names[0] || !names[kind])
		return "unknown";
	return names[kind];
}

const char *profile_page_name(unsigned page_class)
{
	static const char *const names[AB_PAGE_CLASSES] = {
		[AB_PAGE_UNKNOWN] = "", [AB_PAGE_RAM] = "RAM",
		[AB_PAGE_TABLE] = "page table", [AB_PAGE_NOBODY] = "no device",
		[AB_PAGE_LAPIC] = "local APIC", [AB_PAGE_IOAPIC] = "I/O APIC",
		[AB_PAGE_DEVICE] = "device",
	};

	return page_class < AB_PAGE_CLASSES ? names[page_class] : "";
}

static int record_compare(const void *x, const void *y)
{
	const struct ab_profile_record *a = x, *b = y;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

void profile_sort(struct profile *p)
{
	qsort(p->rec, p->head.nrecords, sizeof *p->rec, record_compare);
}

void profile_new(struct profile *p, size_t n, size_t nspans)
{
	*p = (struct profile){ .head.nrecords = n, .head.nspans = (uint32_t)nspans };
	p->buf = xcalloc(n + nspans + 1, sizeof *p->rec);
	p->rec = p->buf;
	p->span = (void *)(p->rec + n);
}

_Static_assert(sizeof(struct ab_profile_span) == sizeof(struct ab_profile_record),
	       "one buffer holds both");

void profile_free(struct profile *p)
{
	free(p->buf);
	*p = (struct profile){ 0 };
}

/* ---- reading ---- */

static const char *header_fault(const struct ab_profile_header *h, size_t size)
{
	size_t room = (size - sizeof *h) / sizeof(struct ab_profile_record);

	if (h->header_size != sizeof *h ||
	    h->record_size != sizeof(struct ab_profile_record) ||
	    h->span_size != sizeof(struct ab_profile_span))
		return "its header, record or span size is wrong";
	if (h->nrecords > room || h->nspans > room - h->nrecords)
		return "it is cut off: there is less than its header says";
	if (h->nrecords + h->nspans != room ||
	    (size - sizeof *h) % sizeof(struct ab_profile_record))
		return "there is something after its end";
	if (h->machine != EM_386_ && h->machine != EM_X86_64_)
		return "it is for an unknown machine";
	if (h->build_id_len > sizeof h->build_id)
		return "its build-id is too long";
	if (memchr(h->target, 0, sizeof h->target) == NULL)
		return "its target name does not end";
	if (h->complete > 1)
		return "its completeness mark is wrong";
	return NULL;
}

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

static int records_check(const char *name, const struct profile *p)
{
	uint64_t i;

	for (i = 0; i < p->head.nrecords; i++) {
		const char *fault = record_fault(&p->rec[i]);

		if (!fault && i && record_compare(&p->rec[i - 1], &p->rec[i]) >= 0)
			fault = "a place out of order";
		if (fault) {
			error("%s: corrupt profile: record %llu has %s", name,
			      (unsigned long long)i, fault);
			return -1;
		}
	}
	return 0;
}

static int spans_check(const char *name, const struct profile *p)
{
	uint32_t i;

	for (i = 0; i < p->head.nspans; i++)
		if (i && p->span[i].end_ns <= p->span[i - 1].end_ns) {
			error("%s: corrupt profile: span %u goes back in time", name, i);
			return -1;
		}
	return 0;
}

int profile_parse(const char *name, void *data, size_t size, struct profile *out)
{
	const char *fault;

	*out = (struct profile){ .buf = data };
	if (size < sizeof out->head.magic ||
	    memcmp(data, AB_PROFILE_MAGIC, sizeof out->head.magic)) {
		error("%s: not a trap profile", name);
		goto fail;
	}
	memcpy(&out->head, data, size < sizeof out->head ? size : sizeof out->head);
	if (size >= VERSION_END && out->head.version != AB_PROFILE_VERSION) {
		error("%s: a trap profile of version %u; this program reads "
		      "version %u: make it anew, or use the program that made it",
		      name, out->head.version, AB_PROFILE_VERSION);
		goto fail;
	}
	if (size < sizeof out->head) {
		error("%s: corrupt profile: it is cut off", name);
		goto fail;
	}
	fault = header_fault(&out->head, size);
	if (fault) {
		error("%s: corrupt profile: %s", name, fault);
		goto fail;
	}
	out->rec = (void *)((char *)data + sizeof out->head);
	out->span = (void *)(out->rec + out->head.nrecords);
	if (!records_check(name, out) && !spans_check(name, out))
		return 0;
fail:
	profile_free(out);
	return -1;
}

int profile_read(const char *path, struct profile *out)
{
	char *data;
	size_t size;

	if (file_read(path, &data, &size)) {
		error("%s: cannot read the profile: %s", path, strerror(errno));
		return -1;
	}
	return profile_parse(path, data, size, out);
}

/* ---- writing ---- */

char *profile_bytes(struct profile *p, size_t *size)
{
	size_t records = p->head.nrecords * sizeof *p->rec;
	size_t spans = p->head.nspans * sizeof *p->span;
	char *buf = xmalloc(sizeof p->head + records + spans);

	memcpy(p->head.magic, AB_PROFILE_MAGIC, sizeof p->head.magic);
	p->head.version = AB_PROFILE_VERSION;
	p->head.header_size = sizeof p->head;
	p->head.record_size = sizeof *p->rec;
	p->head.span_size = sizeof *p->span;
	memcpy(buf, &p->head, sizeof p->head);
	memcpy(buf + sizeof p->head, p->rec, records);
	memcpy(buf + sizeof p->head + records, p->span, spans);
	*size = sizeof p->head + records + spans;
	return buf;
}

int profile_write(const char *path, struct profile *p)
{
	size_t size;
	char *buf = profile_bytes(p, &size);
	int ret = file_write(path, buf, size, 0666);

	if (ret)
		error("%s: cannot write the profile: %s", path, strerror(errno));
	free(buf);
	return ret;
}

/* ---- merging ---- */

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

/* One run after the other: the times of (from) begin where (into) ends. */
static void spans_append(struct profile *sum, const struct profile *into,
			 const struct profile *from)
{
	uint64_t last = into->head.nspans ? into->span[into->head.nspans - 1].end_ns : 0;
	uint64_t start = into->head.run_ns > last ? into->head.run_ns : last;
	uint32_t i, n = into->head.nspans;

	memcpy(sum->span, into->span, n * sizeof *sum->span);
	for (i = 0; i < from->head.nspans; i++) {
		sum->span[n] = from->span[i];
		sum->span[n].end_ns = add_capped(start, from->span[i].end_ns);
		if (!n || sum->span[n].end_ns > sum->span[n - 1].end_ns)
			n++;
	}
	sum->head.nspans = n;
}

int profile_merge(struct profile *into, const struct profile *from,
		  const char *from_name)
{
	size_t a = 0, b = 0, n = 0;
	size_t na = into->head.nrecords, nb = from->head.nrecords;
	struct profile sum;

	if (!same_guest(&into->head, &from->head)) {
		error("%s: a profile of another guest (its build-id differs)",
		      from_name);
		return -1;
	}
	if (from->head.nspans > UINT32_MAX - into->head.nspans) {
		error("%s: too long a timeline to be added", from_name);
		return -1;
	}
	profile_new(&sum, na + nb, into->head.nspans + from->head.nspans);
	while (a < na || b < nb) {
		int c = a == na ? 1 : b == nb ? -1 :
			record_compare(&into->rec[a], &from->rec[b]);

		sum.rec[n] = c <= 0 ? into->rec[a] : from->rec[b];
		if (!c)
			record_add(&sum.rec[n], &from->rec[b]);
		a += c <= 0;
		b += c >= 0;
		n++;
	}
	sum.head = into->head;
	sum.head.nrecords = n;
	spans_append(&sum, into, from);
	sum.head.lost = add_capped(into->head.lost, from->head.lost);
	sum.head.run_ns = add_capped(into->head.run_ns, from->head.run_ns);
	sum.head.complete = into->head.complete && from->head.complete;
	profile_free(into);
	*into = sum;
	return 0;
}
