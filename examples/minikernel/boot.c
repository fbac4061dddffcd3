/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who started us, and is there memory enough?  A loader says so in one of
 * three ways: multiboot, PVH, or our own 64-bit entry (entry64.h).
 */
#include "kernel.h"
#include "entry64.h"

#define MB_MAGIC	0x2badb002
#define MB_HAS_MEMORY	1
#define MB_HAS_CMDLINE	4

struct multiboot_info {
	uint32_t flags, mem_lower, mem_upper;	/* KiB below and above 1 MiB */
	uint32_t boot_device, cmdline;
};

#define PVH_MAGIC	0x336ec578

struct pvh_info {
	uint32_t magic, version, flags, modules;
	uint64_t modlist, cmdline, rsdp, memmap;
	uint32_t memmap_entries, reserved;
};

struct pvh_memory {
	uint64_t addr, size;
	uint32_t type, reserved;
};
#define PVH_RAM		1

static bool multiboot_enough(const struct multiboot_info *mb)
{
	return mb->flags & MB_HAS_MEMORY && mb->mem_upper >= (RAM >> 10) - 1024;
}

static bool pvh_enough(const struct pvh_info *pvh)
{
	const struct pvh_memory *m = P2V(pvh->memmap);
	uint32_t i;

	for (i = 0; i < pvh->memmap_entries; i++, m++)
		if (m->type == PVH_RAM && m->addr <= 0x100000 &&
		    m->addr + m->size >= RAM)
			return true;
	return false;
}

unsigned boot_work;

static void words_read(const char *s)
{
	static const char work[] = "work=";

	for (; strlen(s) >= sizeof work; s++) {
		if (memcmp(s, work, sizeof work - 1))
			continue;
		for (s += sizeof work - 1; *s >= '0' && *s <= '9'; s++)
			boot_work = boot_work * 10 + (unsigned)(*s - '0');
		return;
	}
}

/* The command line may lie anywhere; only what is in our memory is mapped. */
static void command_line(word pa)
{
	if (pa && pa < RAM - PAGESIZE)
		words_read(P2V(pa));
}

void boot_check(word magic, word info)
{
	bool ok = false;

	if (magic == MB_MAGIC)
		ok = multiboot_enough(P2V(info));
	else if (magic == PVH_MAGIC)
		ok = pvh_enough(P2V(info));
	else if (magic == ENTRY64_MAGIC)
		ok = info >= RAM;
	check(ok, "boot: a loader that we know, and 16 MiB of memory");
	if (!ok)
		check_end();
	if (magic == MB_MAGIC &&
	    ((const struct multiboot_info *)P2V(info))->flags & MB_HAS_CMDLINE)
		command_line(((const struct multiboot_info *)P2V(info))->cmdline);
	else if (magic == PVH_MAGIC)
		command_line(((const struct pvh_info *)P2V(info))->cmdline);
}
