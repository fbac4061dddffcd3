/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all boot protocols have in common: who owns which physical memory, the
 * memory map, modules, and the choice of the protocol.
 *
 * Each byte of guest RAM that a boot loader fills is first reserved by name, so
 * that two segments, or a segment and a module, that want the same place end in
 * a message and never in a silently damaged guest.
 */
#include "monitor/boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/core.h"
#include "lib/diag.h"
#include "lib/file.h"

#define LOW_START	0x1000u		/* vectors, BIOS data lie below */
#define LOW_END		0x9f000u	/* EBDA above */
#define STACK_MIN	0x10000u
#define STACK_SIZE	0x4000u
#define PAGE		4096u
#define CMDLINE_MAX	(1u << 16)

/* ---- who owns what ---- */

static const struct boot_range *range_find(const struct boot *b, uint64_t start,
					   uint64_t end)
{
	size_t i;

	for (i = 0; i < b->nused; i++)
		if (start < b->used[i].end && b->used[i].start < end)
			return &b->used[i];
	return NULL;
}

int boot_reserve(struct boot *b, uint64_t start, uint64_t size, const char *what)
{
	const struct boot_range *r;
	struct boot_range *new;
	uint64_t end;

	if (!size)
		return 0;
	if (__builtin_add_overflow(start, size, &end) || end > b->ram_size) {
		error("%s: %s at 0x%llx, 0x%llx bytes, lies beyond the guest's "
		      "RAM of %llu MiB (give more with -m)", b->path, what,
		      (unsigned long long)start, (unsigned long long)size,
		      (unsigned long long)(b->ram_size >> 20));
		return -1;
	}
	if (start < BOOT_HOLE_END && end > BOOT_HOLE) {
		error("%s: %s at 0x%llx, 0x%llx bytes, lies in the video and BIOS "
		      "area (0xa0000 to 0xfffff)", b->path, what,
		      (unsigned long long)start, (unsigned long long)size);
		return -1;
	}
	r = range_find(b, start, end);
	if (r) {
		error("%s: %s at 0x%llx, 0x%llx bytes, overlaps %s at 0x%llx",
		      b->path, what, (unsigned long long)start,
		      (unsigned long long)size, r->what,
		      (unsigned long long)r->start);
		return -1;
	}
	if (b->nused == BOOT_RANGES) {
		error("%s: more than %u segments and modules", b->path,
		      BOOT_RANGES);
		return -1;
	}
	new = &b->used[b->nused++];
	new->start = start;
	new->end = end;
	snprintf(new->what, sizeof new->what, "%s", what);
	return 0;
}

/* Is [at, at + size) free?  If not, where to try next: just past (or before)
 * what stands in the way. */
static bool place_free(const struct boot *b, uint64_t at, uint64_t size,
		       uint64_t align, bool high, uint64_t *next)
{
	const struct boot_range *r = range_find(b, at, at + size);

	if (at < BOOT_HOLE_END && at + size > LOW_END) {
		if (high)
			*next = size > LOW_END ? 0 :
				(LOW_END - size) / align * align;
		else
			*next = BOOT_HOLE_END;
		return false;
	}
	if (!r)
		return true;
	if (high)
		*next = r->start < size ? 0 : (r->start - size) / align * align;
	else
		*next = (r->end + align - 1) / align * align;
	return false;
}

/* A free range as boot_alloc() wants it, or 0. */
static uint64_t place_find(const struct boot *b, uint64_t size, uint64_t align,
			   uint64_t min, uint64_t max, bool high)
{
	uint64_t at, next;

	if (min < LOW_START)
		min = LOW_START;
	if (max > b->ram_top)
		max = b->ram_top;
	if (!size || size > max || min > max - size)
		return 0;
	at = high ? (max - size) / align * align : (min + align - 1) / align * align;
	for (; at >= min && at + size <= max; at = next)
		if (place_free(b, at, size, align, high, &next))
			return at;
	return 0;
}

uint64_t boot_alloc(struct boot *b, uint64_t size, uint64_t align, uint64_t min,
		    uint64_t max, bool high, const char *what)
{
	uint64_t at = place_find(b, size, align, min, max, high);

	if (at)
		return boot_reserve(b, at, size, what) ? 0 : at;
	error("%s: no room for %s (%llu KiB) in the guest's RAM of %llu MiB "
	      "(give more with -m)", b->path, what,
	      (unsigned long long)((size + 1023) >> 10),
	      (unsigned long long)(b->ram_size >> 20));
	return 0;
}

void boot_write(struct boot *b, uint64_t pa, const void *data, size_t size)
{
	/* Callers have reserved it: a second look costs nothing. */
	if (size && pa <= b->ram_size && size <= b->ram_size - pa)
		memcpy(b->ram + pa, data, size);
}

uint64_t boot_put(struct boot *b, const void *data, size_t size, const char *what)
{
	bool low = size < 0x20000 && b->ram_size >= LOW_END;
	uint64_t pa = boot_alloc(b, size, 16, low ? LOW_START : BOOT_HOLE_END,
				 low ? LOW_END : b->ram_size, !low, what);

	if (pa)
		boot_write(b, pa, data, size);
	return pa;
}

/* ---- memory map: consistent with what ab_firmware_tables() lays there ---- */

static void map_add(struct boot *b, uint64_t start, uint64_t end, uint32_t type)
{
	if (start < end)
		b->map[b->nmap++] = (struct boot_e820){ start, end - start, type };
}

static void map_build(struct boot *b)
{
	map_add(b, 0, AB_EBDA, 1);
	map_add(b, AB_EBDA, BOOT_HOLE, 2);
	map_add(b, AB_FIRMWARE, BOOT_HOLE_END, 2);
	b->ram_top = b->ram_size;
	if (b->ram_size > BOOT_HOLE_END + BOOT_TOP)
		b->ram_top -= BOOT_TOP;
	map_add(b, BOOT_HOLE_END, b->ram_top, 1);
	map_add(b, b->ram_top, b->ram_size, 2);
	map_add(b, 0xfffc0000u, 0x100000000ull, 2);
}

/* ---- modules ---- */

void boot_modules_free(struct boot_module *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(m[i].line);
		free(m[i].data);
	}
	free(m);
}

static int module_read(struct boot_module *m, const char *text, size_t len)
{
	char *path;
	int ret = 0;

	m->line = xstrndup(text, len);
	path = xstrndup(m->line, strcspn(m->line, " "));
	if (!*path) {
		error("--initrd: empty file name in the list");
		ret = -1;
	} else if (file_read(path, (char **)&m->data, &m->size)) {
		error("%s: cannot read the initrd: %s", path, strerror(errno));
		ret = -1;
	} else if (m->size > MON_RAM_MAX) {
		error("%s: too large for an initrd", path);
		ret = -1;
	}
	free(path);
	return ret;
}

int boot_modules_read(const char *list, struct boot_module **out, size_t *n)
{
	struct boot_module *m = NULL;
	size_t count = 0;

	while (list) {
		size_t len = strcspn(list, ",");

		m = xrealloc(m, (count + 1) * sizeof *m);
		m[count] = (struct boot_module){ 0 };
		if (module_read(&m[count++], list, len)) {
			boot_modules_free(m, count);
			return -1;
		}
		list = list[len] ? list + len + 1 : NULL;
	}
	*out = m;
	*n = count;
	return 0;
}

int boot_modules_load(struct boot *b)
{
	uint64_t min = b->kernel_end > BOOT_HOLE_END ? b->kernel_end : BOOT_HOLE_END;
	size_t i;

	for (i = 0; i < b->nmodule; i++) {
		struct boot_module *m = &b->module[i];
		uint64_t size = m->size ? m->size : 1;
		uint64_t pa = boot_alloc(b, (size + PAGE - 1) / PAGE * PAGE, PAGE,
					 min, b->ram_size, false, "a module");

		if (!pa)
			return -1;
		boot_write(b, pa, m->data, m->size);
		m->start = (uint32_t)pa;
	}
	return 0;
}

char *boot_command_line(const struct boot *b)
{
	return *b->append ? xasprintf("%s %s", b->path, b->append) :
		xstrdup(b->path);
}

/* ---- entry ---- */

/* A flat GDT with the selectors that the protocol promises; a guest may iret
 * or reload with them before it has a GDT of its own. */
static int gdt_put(struct boot *b)
{
	uint8_t gdt[32] = { 0 };
	struct mon_boot *r = &b->regs;
	uint64_t pa;

	if (!r->cs) {
		r->cs = 0x08;
		r->ds = 0x10;
	}
	put64(gdt + r->cs, 0x00cf9b000000ffffull);
	put64(gdt + r->ds, 0x00cf93000000ffffull);
	pa = boot_put(b, gdt, sizeof gdt, "the boot GDT");
	if (!pa)
		return -1;
	r->gdt = (uint32_t)pa;
	r->gdt_limit = (uint16_t)(r->ds + 7);
	return 0;
}

/* No protocol promises a stack, but every loader leaves one, and there are kernels
 * that start on it.  Not in the first 64 KiB, where many hosts can map nothing. */
static void stack_leave(struct boot *b)
{
	uint64_t at = place_find(b, STACK_SIZE, PAGE, STACK_MIN, LOW_END, true);

	if (at)
		b->regs.esp = (uint32_t)at + STACK_SIZE;
}

static int plain_load(struct boot *b)
{
	b->regs.protocol = "plain ELF";
	warn("%s: no multiboot, PVH or Linux header: entered at its ELF entry "
	     "point, 32-bit protected mode, without boot information", b->path);
	return boot_elf_load(b, &b->regs.eip);
}

static const struct {
	bool (*is)(const struct boot *);
	int (*load)(struct boot *);
} protocols[] = {
	{ multiboot1_is, multiboot1_load },
	{ multiboot2_is, multiboot2_load },
	{ linux_is, linux_load },
	{ pvh_is, pvh_load },
};

static int protocol_load(struct boot *b)
{
	size_t i;

	for (i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
		if (protocols[i].is(b))
			return protocols[i].load(b);
	if (!b->guest->nseg) {
		error("%s: not a kernel that aftermon can boot: neither an ELF file "
		      "with segments to load, nor multiboot, nor a Linux bzImage",
		      b->path);
		return -1;
	}
	return plain_load(b);
}

/* The entry must be RAM that something was loaded to. */
static int entry_check(const struct boot *b)
{
	uint64_t eip = b->regs.eip;

	if (range_find(b, eip, eip + 1))
		return 0;
	error("%s: the entry point 0x%llx is not inside anything that was loaded",
	      b->path, (unsigned long long)eip);
	return -1;
}

int boot_load(struct boot *b)
{
	if (b->guest->machine && b->guest->machine != 3 /* EM_386 */) {
		error("%s: a 64-bit kernel; aftermon runs 32-bit (i386) guests",
		      b->path);
		return -1;
	}
	if (strlen(b->append) > CMDLINE_MAX) {
		error("--append: a command line of more than %u bytes", CMDLINE_MAX);
		return -1;
	}
	map_build(b);
	if (protocol_load(b) || entry_check(b) || gdt_put(b))
		return -1;
	stack_leave(b);
	return 0;
}
