/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Multiboot 1: an ELF file, or a flat image whose header says where it goes
 * (the "a.out kludge").  What the guest finds agrees with QEMU's -kernel: the
 * command line begins with the kernel's name, modules follow the kernel.
 */
#include "monitor/boot.h"

#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"

#define MAGIC		0x1badb002u
#define LOADED		0x2badb002u
#define SEARCH		(8192u + 96)	/* a flat image has got a header before it */
#define FLAG_VIDEO	0x00000004u
#define FLAG_KLUDGE	0x00010000u
#define FLAG_KNOWN	0x00000007u	/* of those a loader must understand */
#define FLAG_MUST	0x0000ffffu

/* Information structure: offsets, and flags that say what is there. */
enum { I_FLAGS = 0, I_LOWER = 4, I_UPPER = 8, I_BOOTDEV = 12, I_CMDLINE = 16,
       I_MODS = 20, I_MODS_ADDR = 24, I_MMAP_LEN = 44, I_MMAP_ADDR = 48,
       I_LOADER = 64, I_SIZE = 120 };
#define INFO_FLAGS	0x0000024fu	/* memory, boot device, command line,
					   modules, memory map, loader name */

static const uint8_t *header_find(const struct boot *b)
{
	const uint8_t *p = b->guest->data;
	size_t at, end = b->guest->size < SEARCH ? b->guest->size : SEARCH;

	for (at = 0; at + 12 <= end; at += 4)
		if (get32(p + at) == MAGIC &&
		    get32(p + at) + get32(p + at + 4) + get32(p + at + 8) == 0)
			return p + at;
	return NULL;
}

bool multiboot1_is(const struct boot *b)
{
	return header_find(b) != NULL;
}

struct kludge {
	uint32_t header, load, load_end, bss_end, entry;
	uint64_t offset;	/* of the load address in the file */
	uint64_t size;		/* bytes from the file */
	uint64_t memory;	/* bytes in memory */
};

static int kludge_parse(const struct boot *b, const uint8_t *h, struct kludge *k)
{
	const struct ab_guest *g = b->guest;
	uint64_t at = (uint64_t)(h - g->data);

	if (at + 32 > g->size) {
		error("%s: the multiboot header is cut off", b->path);
		return -1;
	}
	k->header = get32(h + 12);
	k->load = get32(h + 16);
	k->load_end = get32(h + 20);
	k->bss_end = get32(h + 24);
	k->entry = get32(h + 28);
	if (k->header < k->load || k->header - k->load > at) {
		error("%s: multiboot load address 0x%x does not fit header address "
		      "0x%x at file offset 0x%llx", b->path, k->load, k->header,
		      (unsigned long long)at);
		return -1;
	}
	k->offset = at - (k->header - k->load);
	k->size = k->load_end ? (uint64_t)k->load_end - k->load :
		g->size - k->offset;
	if ((k->load_end && k->load_end < k->load) ||
	    k->size > g->size - k->offset) {
		error("%s: multiboot load end 0x%x lies beyond the end of the file",
		      b->path, k->load_end);
		return -1;
	}
	k->memory = k->size;
	if (k->bss_end) {
		if (k->bss_end < k->load || k->bss_end - k->load < k->size) {
			error("%s: multiboot bss end 0x%x lies below the load end",
			      b->path, k->bss_end);
			return -1;
		}
		k->memory = k->bss_end - k->load;
	}
	return 0;
}

static int kludge_load(struct boot *b, const uint8_t *h)
{
	struct kludge k;

	if (kludge_parse(b, h, &k) ||
	    boot_reserve(b, k.load, k.memory, "the multiboot image"))
		return -1;
	boot_write(b, k.load, b->guest->data + k.offset, k.size);
	memset(b->ram + k.load + k.size, 0, k.memory - k.size);
	b->kernel_end = k.load + k.memory;
	b->regs.eip = k.entry;
	return 0;
}

static uint32_t modules_put(struct boot *b)
{
	uint8_t *table;
	uint64_t pa;
	size_t i;

	if (!b->nmodule)
		return 0;
	table = xcalloc(b->nmodule, 16);
	for (i = 0; i < b->nmodule; i++) {
		struct boot_module *m = &b->module[i];
		uint64_t line = boot_put(b, m->line, strlen(m->line) + 1,
					 "a module's command line");

		if (!line) {
			free(table);
			return 0;
		}
		put32(table + 16 * i, m->start);
		put32(table + 16 * i + 4, m->start + (uint32_t)m->size);
		put32(table + 16 * i + 8, (uint32_t)line);
	}
	pa = boot_put(b, table, 16 * b->nmodule, "the module table");
	free(table);
	return (uint32_t)pa;
}

static uint32_t map_put(struct boot *b)
{
	uint8_t map[BOOT_E820 * 24];
	size_t i;

	for (i = 0; i < b->nmap; i++) {
		put32(map + 24 * i, 20);
		put64(map + 24 * i + 4, b->map[i].start);
		put64(map + 24 * i + 12, b->map[i].size);
		put32(map + 24 * i + 20, b->map[i].type);
	}
	return (uint32_t)boot_put(b, map, 24 * b->nmap, "the memory map");
}

static uint32_t text_put(struct boot *b, const char *s, const char *what)
{
	return (uint32_t)boot_put(b, s, strlen(s) + 1, what);
}

static int info_put(struct boot *b)
{
	uint8_t info[I_SIZE] = { 0 };
	char *cmdline = boot_command_line(b);
	uint32_t line = text_put(b, cmdline, "the command line");
	uint32_t mods = modules_put(b), map = map_put(b);
	uint32_t name = text_put(b, "aftermon", "the loader's name");

	free(cmdline);
	if (!line || !map || !name || (b->nmodule && !mods))
		return -1;
	put32(info + I_FLAGS, INFO_FLAGS);
	put32(info + I_LOWER, 639);
	put32(info + I_UPPER, (uint32_t)((b->ram_top >> 10) - 1024));
	put32(info + I_BOOTDEV, 0x8000ffff);
	put32(info + I_CMDLINE, line);
	put32(info + I_MODS, (uint32_t)b->nmodule);
	put32(info + I_MODS_ADDR, mods);
	put32(info + I_MMAP_LEN, (uint32_t)(24 * b->nmap));
	put32(info + I_MMAP_ADDR, map);
	put32(info + I_LOADER, name);
	b->regs.ebx = (uint32_t)boot_put(b, info, sizeof info,
					 "the multiboot information");
	return b->regs.ebx ? 0 : -1;
}

int multiboot1_load(struct boot *b)
{
	const uint8_t *h = header_find(b);
	uint32_t flags = get32(h + 4);

	b->regs.protocol = "multiboot";
	if (flags & FLAG_MUST & ~FLAG_KNOWN) {
		error("%s: the multiboot header demands features 0x%x that are not "
		      "known", b->path, flags & FLAG_MUST & ~FLAG_KNOWN);
		return -1;
	}
	if (flags & FLAG_VIDEO)
		warn("%s: the multiboot header asks for a video mode; the screen "
		     "stays in 80x25 text", b->path);
	if (flags & FLAG_KLUDGE ? kludge_load(b, h) :
	    boot_elf_load(b, &b->regs.eip))
		return -1;
	b->regs.eax = LOADED;
	return boot_modules_load(b) || info_put(b) ? -1 : 0;
}
