/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux64.c: Linux's 64-bit boot protocol (Documentation/x86/boot.rst).
 *
 * The kernel lies at its physical addresses already.  Long mode with everything
 * below 4 GiB mapped to itself, a GDT with __BOOT_CS and __BOOT_DS, the "zero page"
 * in rsi; command line and initrd are what Xen was given for this domain.
 */
#include "xen/pv.h"

/* Low memory of the guest that only the start uses. */
enum { TABLES = 0x10000, GDT = 0x16000, ZERO_PAGE = 0x17000, COMMAND_LINE = 0x18000 };

enum { Z_E820_COUNT = 0x1e8, Z_BOOT_FLAG = 0x1fe, Z_MAGIC = 0x202, Z_VERSION = 0x206,
       Z_LOADER = 0x210, Z_LOADFLAGS = 0x211, Z_RAMDISK = 0x218, Z_RAMDISK_SIZE = 0x21c,
       Z_CMDLINE = 0x228, Z_ALIGNMENT = 0x230, Z_CMDLINE_SIZE = 0x238, Z_RSDP = 0x70,
       Z_VIDEO_MODE = 0x06, Z_VIDEO_COLS = 0x07, Z_VIDEO_LINES = 0x0e, Z_VIDEO_VGA = 0x0f,
       Z_E820 = 0x2d0 };

#define BOOT_CS		0x10
#define BOOT_DS		0x18
#define INITRD_MAX	0x37ffffffu
#define LARGE		0x200000ul
#define E820_RAM	1
#define E820_RESERVED	2

static uint8_t *low(uint64_t pa)
{
	return (uint8_t *)memory_direct(0) + pa;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/* 4 GiB by large pages where they are. */
static void identity_map(void)
{
	uint64_t *l4 = (uint64_t *)low(TABLES), *l3 = (uint64_t *)low(TABLES + PAGE);
	uint64_t *l2 = (uint64_t *)low(TABLES + 2 * PAGE);
	unsigned i;

	ab_memset(l4, 0, 2 * PAGE);
	l4[0] = (TABLES + PAGE) | AB_PTE_P | AB_PTE_W;
	for (i = 0; i < 4; i++)
		l3[i] = (TABLES + (2 + i) * PAGE) | AB_PTE_P | AB_PTE_W;
	for (i = 0; i < 4 * 512; i++)
		l2[i] = i * LARGE | AB_PTE_P | AB_PTE_W | AB_PTE_PS;
}

static void e820(uint8_t *z, uint64_t start, uint64_t end, uint32_t type)
{
	uint8_t *e = z + Z_E820 + 20 * z[Z_E820_COUNT]++;

	put64(e, start);
	put64(e + 8, end - start);
	put32(e + 16, type);
}

/* Page by page, since the guest's memory has the wedge's hole in it. */
static void copy_to_guest(uint64_t pa, const uint8_t *from, uint64_t n)
{
	while (n) {
		uint64_t part = PAGE - pa % PAGE;

		if (part > n)
			part = n;
		ab_memcpy((uint8_t *)memory_direct(memory_frame(pa / PAGE)) + pa % PAGE,
			  from, part);
		pa += part;
		from += part;
		n -= part;
	}
}

static void initrd(uint8_t *z)
{
	const struct start_info *si = xen.info;
	uint64_t top = machine.ram_size, pa;
	const uint8_t *from = (const uint8_t *)si->mod_start;

	if (!si->mod_len)
		return;
	if (si->flags & SIF_MOD_START_PFN)
		from = memory_direct(si->mod_start);
	if (top > INITRD_MAX)
		top = INITRD_MAX + 1ul;
	if (si->mod_len > top - embed.guest_end)
		xen_die("the initrd does not fit into the guest's memory");
	pa = (top - si->mod_len) & ~(PAGE - 1);
	if (pa < embed.guest_end)
		xen_die("the initrd does not fit into the guest's memory");
	copy_to_guest(pa, from, si->mod_len);
	put32(z + Z_RAMDISK, (uint32_t)pa);
	put32(z + Z_RAMDISK_SIZE, (uint32_t)si->mod_len);
}

static void zero_page(uint64_t rsdp)
{
	uint8_t *z = low(ZERO_PAGE), *line = low(COMMAND_LINE);

	ab_memset(z, 0, PAGE);
	ab_memset(line, 0, PAGE);
	ab_memcpy(line, xen.info->cmd_line, MAX_GUEST_CMDLINE);
	put16(z + Z_BOOT_FLAG, 0xaa55);
	put32(z + Z_MAGIC, 0x53726448);		/* "HdrS" */
	put16(z + Z_VERSION, 0x020f);
	z[Z_LOADER] = 0xff;
	z[Z_LOADFLAGS] = 1;
	put32(z + Z_CMDLINE, COMMAND_LINE);
	put32(z + Z_CMDLINE_SIZE, 2047);
	put32(z + Z_ALIGNMENT, 0x1000000);
	put64(z + Z_RSDP, rsdp);
	z[Z_VIDEO_MODE] = 3;
	z[Z_VIDEO_COLS] = 80;
	z[Z_VIDEO_LINES] = 25;
	z[Z_VIDEO_VGA] = 1;
	e820(z, 0, AB_EBDA & ~(PAGE - 1), E820_RAM);
	e820(z, AB_EBDA & ~(PAGE - 1), 0xa0000, E820_RESERVED);
	e820(z, AB_FIRMWARE, 0x100000, E820_RESERVED);
	e820(z, 0x100000, machine.ram_size, E820_RAM);
	initrd(z);
}

void boot_linux64(uint64_t rsdp)
{
	struct ab_cpu *c = &machine.cpu;
	uint64_t *gdt = (uint64_t *)low(GDT);

	if (machine.ram_size < embed.guest_end + 4 * LARGE)
		xen_die("the domain has less memory than this kernel needs");
	identity_map();
	gdt[0] = gdt[1] = 0;
	gdt[BOOT_CS / 8] = 0x00af9b000000ffff;
	gdt[BOOT_DS / 8] = 0x00cf93000000ffff;
	zero_page(rsdp);
	boot_long_mode(BOOT_CS, BOOT_DS, TABLES);
	c->gdtr.base = GDT;
	c->gdtr.limit = 4 * 8 - 1;
	c->gpr[AB_ESI] = ZERO_PAGE;
}
