/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PVH direct boot: an ELF note of Xen's names a 32-bit entry, ebx points to a
 * start record with modules, command line and memory map.
 */
#include "monitor/boot.h"

#include <stdlib.h>
#include <string.h>
#include "lib/diag.h"

#define NOTE_OWNER	"Xen"
#define NOTE_PHYS32	18u
#define START_MAGIC	0x336ec578u

/* struct hvm_start_info, version 1 */
enum { S_MAGIC = 0, S_VERSION = 4, S_FLAGS = 8, S_MODULES = 12, S_MODLIST = 16,
       S_CMDLINE = 24, S_RSDP = 32, S_MEMMAP = 40, S_MEMMAP_N = 48, S_SIZE = 56 };

bool pvh_is(const struct boot *b)
{
	const uint8_t *desc;
	uint32_t size;

	return boot_elf_note(b->guest, NOTE_OWNER, NOTE_PHYS32, &desc, &size) &&
		(size == 4 || size == 8);
}

static int modules_put(struct boot *b, uint8_t *start)
{
	uint8_t *list;
	uint64_t pa = 0;
	size_t i;

	if (!b->nmodule)
		return 0;
	list = xcalloc(b->nmodule, 32);
	for (i = 0; i < b->nmodule; i++) {
		struct boot_module *m = &b->module[i];
		const char *space = strchr(m->line, ' ');
		uint64_t line = 0;

		if (space) {
			line = boot_put(b, space + 1, strlen(space + 1) + 1,
					"a module's command line");
			if (!line)
				break;
		}
		put64(list + 32 * i, m->start);
		put64(list + 32 * i + 8, m->size);
		put64(list + 32 * i + 16, line);
	}
	if (i == b->nmodule)
		pa = boot_put(b, list, 32 * b->nmodule, "the module list");
	free(list);
	put32(start + S_MODULES, (uint32_t)b->nmodule);
	put64(start + S_MODLIST, pa);
	return pa ? 0 : -1;
}

static int map_put(struct boot *b, uint8_t *start)
{
	uint8_t map[BOOT_E820 * 24] = { 0 };
	uint64_t pa;
	size_t i;

	for (i = 0; i < b->nmap; i++) {
		put64(map + 24 * i, b->map[i].start);
		put64(map + 24 * i + 8, b->map[i].size);
		put32(map + 24 * i + 16, b->map[i].type);
	}
	pa = boot_put(b, map, 24 * b->nmap, "the memory map");
	put64(start + S_MEMMAP, pa);
	put32(start + S_MEMMAP_N, (uint32_t)b->nmap);
	return pa ? 0 : -1;
}

int pvh_load(struct boot *b)
{
	uint8_t start[S_SIZE] = { 0 };
	const uint8_t *desc;
	uint32_t size, unused;
	uint64_t entry, line;

	b->regs.protocol = "PVH";
	boot_elf_note(b->guest, NOTE_OWNER, NOTE_PHYS32, &desc, &size);
	entry = size == 8 ? get64(desc) : get32(desc);
	if (entry > UINT32_MAX) {
		error("%s: the PVH entry 0x%llx lies above 4 GiB", b->path,
		      (unsigned long long)entry);
		return -1;
	}
	if (boot_elf_load(b, &unused) || boot_modules_load(b))
		return -1;
	line = boot_put(b, b->append, strlen(b->append) + 1, "the command line");
	if (!line || modules_put(b, start) || map_put(b, start))
		return -1;
	put32(start + S_MAGIC, START_MAGIC);
	put32(start + S_VERSION, 1);
	put64(start + S_CMDLINE, line);
	put64(start + S_RSDP, b->rsdp);
	b->regs.eip = (uint32_t)entry;
	b->regs.ebx = (uint32_t)boot_put(b, start, sizeof start,
					 "the PVH start record");
	return b->regs.ebx ? 0 : -1;
}
