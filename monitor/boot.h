/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading a guest into its RAM by the protocol that the file asks for.
 *
 * The protocol is chosen by what the file is: a Linux bzImage (unpacked first),
 * a multiboot 1 or 2 header, a Linux vmlinux, a PVH note, else any 32-bit ELF,
 * entered at its entry point.
 *
 * Functions that can fail return -1 after one error message.  Nothing is
 * written outside [ram, ram + ram_size), whatever the file says.
 */
#ifndef AB_MONITOR_BOOT_H
#define AB_MONITOR_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "loader/loader.h"
#include "monitor/mon.h"

struct boot_module {		/* --initrd "FILE ARGUMENTS" */
	char *line;		/* as the user wrote it: file name, then text */
	uint8_t *data;
	size_t size;
	uint32_t start;		/* physical, when it has been loaded */
};

struct boot_range {
	uint64_t start, end;
	char what[32];
};
#define BOOT_RANGES	96

struct boot_e820 {
	uint64_t start, size;
	uint32_t type;		/* 1: RAM, 2: reserved */
};
#define BOOT_E820	6

#define BOOT_HOLE	0xa0000u	/* video memory and BIOS */
#define BOOT_HOLE_END	0x100000u
#define BOOT_TOP	0x20000u	/* at the end of RAM: as a BIOS keeps its tables there,
					   the memory map calls it reserved */

struct boot {
	const char *path;		/* for messages and command lines */
	const struct ab_guest *guest;	/* image and its segments */
	const uint8_t *linux_header;	/* first sectors of a bzImage, or NULL */
	size_t linux_header_size;
	uint8_t *ram;
	uint64_t ram_size;
	const char *append;		/* never NULL */
	struct boot_module *module;
	size_t nmodule;
	uint64_t rsdp;			/* of the ACPI tables, 0: none */
	struct mon_boot regs;		/* result */
	/* private */
	struct boot_range used[BOOT_RANGES];
	size_t nused;
	struct boot_e820 map[BOOT_E820];
	size_t nmap;
	uint64_t ram_top;		/* end of usable RAM */
	uint64_t kernel_end;		/* end of the highest loaded segment */
};

/* Load everything and fill b->regs. */
int boot_load(struct boot *);

/* Read the files that a --initrd argument names ("A args,B args"). */
int boot_modules_read(const char *list, struct boot_module **out, size_t *n);
void boot_modules_free(struct boot_module *, size_t n);

/* ---- bzimage.c ---- */
/* Is (data, size) a Linux bzImage? */
bool bzimage_is(const uint8_t *data, size_t size);
/* An image without a packed kernel: its code, which starts at its first byte. */
struct bzimage_code {
	const uint8_t *data;
	size_t size, mem_size;
	uint32_t addr;
};
bool bzimage_plain(const uint8_t *data, size_t size, struct bzimage_code *);
/* Unpack the kernel in it into a malloc'd buffer. */
int bzimage_unpack(const char *path, const uint8_t *data, size_t size,
		   uint8_t **out, size_t *out_size);

/* ---- between the boot_*.c files ---- */
/* Take [start, start + size) for (what); an error when any of it is not RAM or
 * taken. */
int boot_reserve(struct boot *, uint64_t start, uint64_t size, const char *what);
/* A free range of (size) bytes within [min, max); highest or lowest.  0 after
 * an error when there is none. */
uint64_t boot_alloc(struct boot *, uint64_t size, uint64_t align, uint64_t min,
		    uint64_t max, bool high, const char *what);
/* Copy into RAM at a place that was reserved. */
void boot_write(struct boot *, uint64_t pa, const void *data, size_t size);
/* A small structure below 640 KiB, or else anywhere: its address, or 0. */
uint64_t boot_put(struct boot *, const void *data, size_t size, const char *what);
/* Load the ELF segments at their physical addresses; the physical entry. */
int boot_elf_load(struct boot *, uint32_t *entry);
/* The entry's physical address when the ELF header's is a linear one. */
uint32_t boot_elf_physical(const struct ab_guest *, uint64_t addr);
/* The first note (owner, type) of a 32-bit ELF; any type when type is ~0. */
bool boot_elf_note(const struct ab_guest *, const char *owner, uint32_t type,
		   const uint8_t **desc, uint32_t *size);
/* Load modules above the kernel, page by page. */
int boot_modules_load(struct boot *);
/* The command line with the kernel's name before it, malloc'd. */
char *boot_command_line(const struct boot *);

bool multiboot1_is(const struct boot *);
int multiboot1_load(struct boot *);
bool multiboot2_is(const struct boot *);
int multiboot2_load(struct boot *);
bool linux_is(const struct boot *);
int linux_load(struct boot *);
bool pvh_is(const struct boot *);
int pvh_load(struct boot *);

/* Little-endian fields of untrusted or unaligned memory. */
static inline uint32_t get16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) | get16(p + 2) << 16;
}

static inline uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

#endif
