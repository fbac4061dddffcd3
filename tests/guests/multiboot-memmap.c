/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What multiboot hands over: magic, memory, map, command line, modules. */
#include "guest.h"

struct entry {
	uint32_t size;
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

void guest_main(void)
{
	const uint32_t *mb = (uint32_t *)boot_info;
	const struct entry *e;
	bool low = false, kernel = false, beyond = false;
	word at;

	check(boot_magic == 0x2badb002, "the magic number");
	check(mb[0] & 1 && mb[1] >= 512 && mb[1] <= 640, "lower memory");
	check(mb[2] > 60 * 1024, "upper memory");
	check(mb[0] & 4 && mb[4], "a command line");
	check(!(mb[0] & 8) || mb[5] == 0, "no modules");
	check(mb[0] & 64 && mb[11] >= 2 * 24, "a memory map");
	for (at = mb[12]; at < mb[12] + mb[11]; at += e->size + 4) {
		e = (void *)at;
		if (e->type != 1)
			continue;
		low |= e->base == 0 && e->length >= 512 * 1024;
		kernel |= e->base == 0x100000 && e->length >= 60u << 20;
		beyond |= e->base + e->length > 64u << 20;
	}
	check(low, "memory from 0");
	check(kernel, "memory from 1 MiB");
	check(!beyond, "none that is not there");
}
