/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trap profiles: names, order, writing.  The format is little endian, as are the
 * hosts that we run on.
 */
#include "lib/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"
#include "lib/file.h"

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

int profile_compare(const void *x, const void *y)
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
	qsort(p->rec, p->head.nrecords, sizeof *p->rec, profile_compare);
}

void profile_new(struct profile *p, size_t n, size_t nspans)
{
	*p = (struct profile){ .head.nrecords = n, .head.nspans = (uint32_t)nspans };
	p->rec = xcalloc(n + 1, sizeof *p->rec);
	p->span = xcalloc(nspans + 1, sizeof *p->span);
}

void profile_free(struct profile *p)
{
	free(p->rec);
	free(p->span);
	*p = (struct profile){ 0 };
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
