/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See view.h.  Nothing runs in a view, so most of its surroundings do nothing. */
#include "monitor/view.h"

#include <stddef.h>
#include <string.h>
#include <time.h>
#include "core/core.h"
#include "monitor/broker.h"

static void *view_phys(struct ab_machine *m, uint64_t pa, size_t len)
{
	struct mon *mon = m->host_data;

	if (pa >= mon->ram_size || len > mon->ram_size - pa)
		return NULL;
	return mon->ram + pa;
}

static void view_page(struct ab_machine *m, uint64_t va) { }
static void view_flag(struct ab_machine *m, bool global_too) { }
static void view_nothing(struct ab_machine *m) { }
static void view_number(struct ab_machine *m, uint64_t ns) { }
static void view_byte(struct ab_machine *m, uint8_t byte) { }
static void view_end(struct ab_machine *m, int status, const char *why) { }

static uint64_t view_now(struct ab_machine *m)
{
	return now_ns();
}

static uint64_t view_wall(struct ab_machine *m)
{
	return (uint64_t)time(NULL);
}

static void view_cpuid(struct ab_machine *m, uint32_t regs[4])
{
	regs[0] = regs[1] = regs[2] = regs[3] = 0;
}

static uint64_t view_tsc(struct ab_machine *m)
{
	return __builtin_ia32_rdtsc();
}

static const struct ab_host view_host = {
	.phys = view_phys,
	.tlb_page = view_page,
	.tlb_all = view_flag,
	.paging_changed = view_nothing,
	.now = view_now,
	.set_timer = view_number,
	.wall = view_wall,
	.console_out = view_byte,
	.end = view_end,
	.cpuid = view_cpuid,
	.tsc = view_tsc,
};

void view_attach(struct ab_machine *copy, struct mon *m)
{
	copy->host = &view_host;
	copy->host_data = m;
	copy->ram_size = m->ram_size;
}

/* The bytes at (va) that lie in one page; shortens *len to them. */
static void *view_page_bytes(struct ab_machine *m, uint64_t va, size_t *len)
{
	size_t part = 4096 - (size_t)(va & 4095);
	struct ab_xlat x;

	if (*len > part)
		*len = part;
	if (ab_walk(m, (uint32_t)va, AB_ACC_R, true, &x) != AB_OK)
		return NULL;
	return m->host->phys(m, x.pa, *len);
}

static bool view_copy(struct ab_machine *m, uint64_t va, uint8_t *to,
		      const uint8_t *from, size_t len)
{
	while (len) {
		size_t part = len;
		void *p = view_page_bytes(m, va, &part);

		if (!p)
			return false;
		if (to) {
			memcpy(to, p, part);
			to += part;
		} else {
			memcpy(p, from, part);
			from += part;
		}
		va += part;
		len -= part;
	}
	return true;
}

bool view_read(struct ab_machine *m, uint64_t va, void *buf, size_t len)
{
	return view_copy(m, va, buf, NULL, len);
}

bool view_write(struct ab_machine *m, uint64_t va, const void *buf, size_t len)
{
	return view_copy(m, va, NULL, buf, len);
}
