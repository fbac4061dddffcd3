/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linux by its 32-bit boot protocol: the kernel's ELF (a vmlinux, or what a
 * bzImage holds) at its physical addresses, the "zero page" in esi.  A vmlinux
 * has no setup header of its own; one with the fields that the kernel reads is
 * made up.
 */
#include "monitor/boot.h"

#include <string.h>
#include "lib/diag.h"

/* Fields of the zero page (Documentation/x86/boot.rst). */
enum { Z_VIDEO_MODE = 0x06, Z_VIDEO_COLS = 0x07, Z_VIDEO_LINES = 0x0e,
       Z_VIDEO_VGA = 0x0f, Z_VIDEO_POINTS = 0x10, Z_RSDP = 0x70,
       Z_ALT_MEM = 0x1e0, Z_E820_COUNT = 0x1e8, Z_HEADER = 0x1f1,
       Z_VID_MODE = 0x1fa, Z_BOOT_FLAG = 0x1fe, Z_JUMP = 0x201, Z_MAGIC = 0x202,
       Z_VERSION = 0x206, Z_LOADER = 0x210, Z_LOADFLAGS = 0x211,
       Z_CODE32 = 0x214, Z_RAMDISK = 0x218, Z_RAMDISK_SIZE = 0x21c,
       Z_CMDLINE = 0x228, Z_INITRD_MAX = 0x22c, Z_ALIGNMENT = 0x230,
       Z_CMDLINE_SIZE = 0x238, Z_E820 = 0x2d0, Z_SIZE = 4096 };

#define HEADER_MAGIC	0x53726448u	/* "HdrS" */
#define INITRD_MAX	0x37ffffffu
#define CMDLINE_MAX	2047u
#define BOOT_CS		0x10
#define BOOT_DS		0x18

/* Linux leaves notes of its own; older kernels are known by their banner. */
static bool banner_found(const struct ab_guest *g)
{
	static const char banner[] = "Linux version ";
	const uint8_t *p = memmem(g->data, g->size, banner, sizeof banner - 1);

	return p && p + sizeof banner <= g->data + g->size &&
		p[sizeof banner - 1] >= '0' && p[sizeof banner - 1] <= '9';
}

bool linux_is(const struct boot *b)
{
	const uint8_t *desc;
	uint32_t size;

	if (b->linux_header)
		return true;
	if (!b->guest->nseg)
		return false;
	return boot_elf_note(b->guest, "Linux", ~0u, &desc, &size) ||
		banner_found(b->guest);
}

/* Copy the setup header of a bzImage; its end is the jump's target. */
static void header_copy(const struct boot *b, uint8_t *z)
{
	size_t end = Z_MAGIC + b->linux_header[Z_JUMP];

	if (end > b->linux_header_size)
		end = b->linux_header_size;
	if (end > 0x290)
		end = 0x290;
	memcpy(z + Z_HEADER, b->linux_header + Z_HEADER, end - Z_HEADER);
}

static void header_make(uint8_t *z)
{
	put16(z + Z_BOOT_FLAG, 0xaa55);
	put32(z + Z_MAGIC, HEADER_MAGIC);
	put16(z + Z_VERSION, 0x020f);
	put32(z + Z_INITRD_MAX, INITRD_MAX);
	put32(z + Z_ALIGNMENT, 0x1000000);
	put32(z + Z_CMDLINE_SIZE, CMDLINE_MAX);
}

static int initrd_load(struct boot *b, uint8_t *z)
{
	struct boot_module *m = b->module;
	uint64_t max = get32(z + Z_INITRD_MAX), pa;

	if (!b->nmodule)
		return 0;
	if (b->nmodule > 1) {
		error("%s: Linux takes one initrd, not %zu (a comma in its name "
		      "separates files)", b->path, b->nmodule);
		return -1;
	}
	if (!m->size) {
		error("%s: the initrd is empty", m->line);
		return -1;
	}
	pa = boot_alloc(b, (m->size + 4095) / 4096 * 4096, 4096, 0x100000,
			(max ? max : INITRD_MAX) + 1, true, "the initrd");
	if (!pa)
		return -1;
	boot_write(b, pa, m->data, m->size);
	put32(z + Z_RAMDISK, (uint32_t)pa);
	put32(z + Z_RAMDISK_SIZE, (uint32_t)m->size);
	return 0;
}

static int cmdline_put(struct boot *b, uint8_t *z)
{
	uint32_t max = get32(z + Z_CMDLINE_SIZE);
	size_t len = strlen(b->append);
	uint64_t pa;

	if (len > (max ? max : 255)) {
		error("--append: this kernel takes at most %u bytes of command line",
		      max ? max : 255);
		return -1;
	}
	pa = boot_put(b, b->append, len + 1, "the command line");
	put32(z + Z_CMDLINE, (uint32_t)pa);
	return pa ? 0 : -1;
}

static void screen_fill(uint8_t *z)
{
	z[Z_VIDEO_MODE] = 3;
	z[Z_VIDEO_COLS] = 80;
	z[Z_VIDEO_LINES] = 25;
	z[Z_VIDEO_VGA] = 1;
	put16(z + Z_VIDEO_POINTS, 16);
	put16(z + Z_VID_MODE, 0xffff);
}

static void memory_fill(const struct boot *b, uint8_t *z)
{
	size_t i;

	put32(z + Z_ALT_MEM, (uint32_t)((b->ram_top >> 10) - 1024));
	put64(z + Z_RSDP, b->rsdp);
	z[Z_E820_COUNT] = (uint8_t)b->nmap;
	for (i = 0; i < b->nmap; i++) {
		put64(z + Z_E820 + 20 * i, b->map[i].start);
		put64(z + Z_E820 + 20 * i + 8, b->map[i].size);
		put32(z + Z_E820 + 20 * i + 16, b->map[i].type);
	}
}

int linux_load(struct boot *b)
{
	uint8_t z[Z_SIZE] = { 0 };
	uint64_t pa;

	b->regs.protocol = "Linux";
	if (boot_elf_load(b, &b->regs.eip))
		return -1;
	if (b->linux_header)
		header_copy(b, z);
	else
		header_make(z);
	z[Z_LOADER] = 0xff;
	z[Z_LOADFLAGS] |= 1;			/* loaded high */
	put32(z + Z_CODE32, b->regs.eip);
	screen_fill(z);
	memory_fill(b, z);
	if (cmdline_put(b, z) || initrd_load(b, z))
		return -1;
	pa = boot_put(b, z, sizeof z, "the zero page");
	if (!pa)
		return -1;
	b->regs.esi = (uint32_t)pa;
	b->regs.cs = BOOT_CS;
	b->regs.ds = BOOT_DS;
	return 0;
}
