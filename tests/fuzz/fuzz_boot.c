/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer: any file as a guest: opened, unpacked, booted into RAM of 8 MiB with
 * unmapped pages around it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "monitor/boot.h"

#define RAM	(8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *ram_get(void)
{
	static uint8_t *ram;

	if (!ram) {
		ram = mmap(NULL, RAM + 8192, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ram += 4096;
		if (mprotect(ram, RAM, PROT_READ | PROT_WRITE))
			abort();
	}
	return ram;
}

static void boot_one(struct ab_guest *g, const uint8_t *header, size_t header_size)
{
	struct boot_module *module;
	struct boot *b = calloc(1, sizeof *b);

	module = calloc(1, sizeof *module);
	module->line = strdup("module of seven words, more or less");
	module->data = (uint8_t *)strdup("contents");
	module->size = 8;
	b->path = "guest";
	b->guest = g;
	b->linux_header = header;
	b->linux_header_size = header_size;
	b->ram = ram_get();
	b->ram_size = RAM;
	b->append = "command line";
	b->module = module;
	b->nmodule = 1;
	b->rsdp = 0xf0000;
	if (!boot_load(b) && (b->regs.eip >= RAM || b->regs.ebx >= RAM ||
			      b->regs.esi >= RAM))
		abort();
	boot_modules_free(module, 1);
	free(b);
}

static void elf_open(const uint8_t *data, size_t size, const uint8_t *header,
		     size_t header_size)
{
	int fd = memfd_create("guest", 0);
	struct ab_guest *g;
	char name[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	g = ab_guest_open(name);
	close(fd);
	if (g)
		boot_one(g, header, header_size);
	ab_guest_close(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bzimage_code code;
	uint8_t *kernel;
	size_t n;

	if (!bzimage_is(data, size)) {
		elf_open(data, size, NULL, 0);
	} else if (bzimage_plain(data, size, &code)) {
		if (code.data < data || code.size > (size_t)(data + size - code.data))
			abort();
	} else if (!bzimage_unpack("guest", data, size, &kernel, &n)) {
		elf_open(kernel, n, data, size < 0x290 ? size : 0x290);
		free(kernel);
	}
	return 0;
}
