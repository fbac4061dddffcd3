/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boot protocols: what a guest finds at entry, and what is refused.  Guests are
 * made by hand; RAM is a buffer with guard pages behind it, so that a byte too
 * many is a crash.
 */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "core/core.h"
#include "lib/diag.h"
#include "monitor/boot.h"
#include "monitor/broker.h"
#include "tests/unit/run.h"

#define RAM	(16u << 20)

static uint8_t *ram;
static struct ab_guest guest;
static struct ab_segment segs[8];
static uint8_t file[0x10000];
static struct boot boot;
static struct boot_module modules[2];

static void setup(void)
{
	uint8_t *p = mmap(NULL, RAM + 8192, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(p != MAP_FAILED);
	ram = p + 4096;
	ck_assert(!mprotect(ram, RAM, PROT_READ | PROT_WRITE));
	memset(file, 0, sizeof file);
	memset(segs, 0, sizeof segs);
	memset(&boot, 0, sizeof boot);
	memset(modules, 0, sizeof modules);
	guest = (struct ab_guest){ .path = "guest", .data = file,
		.size = sizeof file, .machine = EM_386, .type = ET_EXEC,
		.entry = 0x100000, .seg = segs, .nseg = 1 };
	segs[0] = (struct ab_segment){ .vaddr = 0x100000, .paddr = 0x100000,
		.filesz = 0x1000, .memsz = 0x3000, .offset = 0x1000,
		.align = 4096, .flags = PF_R | PF_X };
	boot.path = "guest";
	boot.guest = &guest;
	boot.ram = ram;
	boot.ram_size = RAM;
	boot.append = "";
	memset(file + 0x1000, 0xa5, 0x1000);
}

static void teardown(void)
{
	munmap(ram - 4096, RAM + 8192);
}

static void header1(size_t at, uint32_t flags)
{
	put32(file + at, 0x1badb002);
	put32(file + at + 4, flags);
	put32(file + at + 8, -(0x1badb002 + flags));
}

static void module_add(unsigned i, const char *line, const char *data)
{
	modules[i].line = (char *)(uintptr_t)line;
	modules[i].data = (uint8_t *)(uintptr_t)data;
	modules[i].size = strlen(data);
	boot.module = modules;
	boot.nmodule = i + 1;
}

/* ---- multiboot 1 ---- */

START_TEST(multiboot_elf)
{
	const uint8_t *info, *mods, *map;
	uint32_t flags, i, end;

	header1(0x1100, 3);
	boot.append = "a=1 b";
	module_add(0, "mod0 x y", "first module");
	module_add(1, "mod1", "second");
	memset(ram + 0x101000, 0xff, 0x2000);
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eax, 0x2badb002);
	ck_assert_uint_eq(boot.regs.eip, 0x100000);
	ck_assert_uint_eq(ram[0x100000], 0xa5);
	for (i = 0x101000; i < 0x103000; i++)
		ck_assert_uint_eq(ram[i], 0);
	info = ram + boot.regs.ebx;
	flags = get32(info);
	ck_assert_uint_eq(flags & 0x4f, 0x4f);
	ck_assert_uint_eq(get32(info + 4), 639);
	ck_assert_uint_eq(get32(info + 8), (RAM - BOOT_TOP) / 1024 - 1024);
	ck_assert_str_eq((char *)ram + get32(info + 16), "guest a=1 b");
	ck_assert_uint_eq(get32(info + 20), 2);
	mods = ram + get32(info + 24);
	for (i = 0; i < 2; i++) {
		uint32_t start = get32(mods + 16 * i);

		end = get32(mods + 16 * i + 4);
		ck_assert_uint_eq(start % 4096, 0);
		ck_assert_uint_ge(start, 0x103000);
		ck_assert_uint_eq(end - start, modules[i].size);
		ck_assert(!memcmp(ram + start, modules[i].data, end - start));
		ck_assert_str_eq((char *)ram + get32(mods + 16 * i + 8),
				 modules[i].line);
	}
	map = ram + get32(info + 48);
	end = get32(info + 44);
	for (i = 0; i < end; i += get32(map + i) + 4)
		if (get64(map + i + 4) == 0x100000) {
			ck_assert_uint_eq(get64(map + i + 12), RAM - 0x100000 - BOOT_TOP);
			ck_assert_uint_eq(get32(map + i + 20), 1);
		}
	ck_assert_uint_eq(i, end);
}
END_TEST

START_TEST(multiboot_kludge)
{
	header1(0x40, 0x10003);
	put32(file + 0x4c, 0x200040);	/* header, load, load end, bss end, entry */
	put32(file + 0x50, 0x200000);
	put32(file + 0x54, 0x202000);
	put32(file + 0x58, 0x204000);
	put32(file + 0x5c, 0x200100);
	memset(ram + 0x200000, 0xff, 0x5000);
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eip, 0x200100);
	ck_assert(!memcmp(ram + 0x200000, file, 0x2000));
	ck_assert_uint_eq(ram[0x202000], 0);
	ck_assert_uint_eq(ram[0x203fff], 0);
	ck_assert_uint_eq(ram[0x204000], 0xff);
}
END_TEST

static const struct { uint32_t header, load, load_end, bss_end, entry; } bad_kludge[] = {
	{ 0x200040, 0x200041, 0, 0, 0x200100 },		/* load above header */
	{ 0x200080, 0x200000, 0, 0, 0x200100 },		/* before the file */
	{ 0x200040, 0x200000, 0x300000, 0, 0x200100 },	/* end of file */
	{ 0x200040, 0x200000, 0x100000, 0, 0x200100 },
	{ 0x200040, 0x200000, 0x202000, 0x201000, 0x200100 },
	{ 0x200040, 0x200000, 0x202000, 0xffffffff, 0x200100 },	/* RAM */
	{ 0xfffff040, 0xfffff000, 0, 0, 0xfffff000 },
	{ 0x200040, 0x200000, 0x202000, 0x204000, 0x204000 },	/* entry */
	{ 0x90040, 0x90000, 0x9ff00, 0xa1000, 0x90100 },	/* video */
};

START_TEST(multiboot_bad_kludge)
{
	header1(0x40, 0x10003);
	put32(file + 0x4c, bad_kludge[_i].header);
	put32(file + 0x50, bad_kludge[_i].load);
	put32(file + 0x54, bad_kludge[_i].load_end);
	put32(file + 0x58, bad_kludge[_i].bss_end);
	put32(file + 0x5c, bad_kludge[_i].entry);
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(multiboot_demands)
{
	header1(0x1100, 0x8003);
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(multiboot_cut_header)
{
	guest.size = 0x1000;
	header1(0xff0, 0x10003);
	guest.nseg = 0;
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

/* ---- segments ---- */

static const struct { uint64_t paddr, filesz, memsz, offset; } bad_segs[] = {
	{ RAM - 0x1000, 0x1000, 0x1001, 0 },	/* beyond RAM */
	{ 0xffffffff00000000, 0x1000, 0x1000, 0 },
	{ 0xfffffffffffff000, 0x1000, 0x2000, 0 },
	{ 0x102fff, 0x10, 0x10, 0 },		/* overlaps segment 0 */
	{ 0x0ff000, 0x10, 0x2000, 0 },
	{ 0x200000, 0x2000, 0x1000, 0 },	/* more in the file */
	{ 0x200000, 0x1000, 0x1000, 0xf001 },	/* end of file */
	{ 0x200000, 0x1000, 0x1000, UINT64_MAX },
};

START_TEST(segment_bad)
{
	header1(0x1100, 3);
	guest.nseg = 2;
	segs[1] = (struct ab_segment){ .vaddr = 0x200000,
		.paddr = bad_segs[_i].paddr, .filesz = bad_segs[_i].filesz,
		.memsz = bad_segs[_i].memsz, .offset = bad_segs[_i].offset,
		.flags = PF_R | PF_W };
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

/* What lies over the BIOS is lost, what lies around it is not. */
START_TEST(segment_over_bios)
{
	header1(0x100, 3);
	memset(file + 0x1000, 0x5a, 0x3000);
	segs[0].paddr = segs[0].vaddr = 0xff000;
	segs[0].filesz = segs[0].memsz = 0x3000;
	memset(ram + 0xff000, 0x11, 0x1000);
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(ram[0xff000], 0x11);
	ck_assert_uint_eq(ram[0xfffff], 0x11);
	ck_assert_uint_eq(ram[0x100000], 0x5a);
	ck_assert_uint_eq(ram[0x101fff], 0x5a);
	ck_assert_uint_eq(ram[0x102000], 0);
}
END_TEST

START_TEST(entry_bad)
{
	header1(0x1100, 3);
	guest.entry = 0x103000 + (unsigned)_i;
	if (_i == 1)
		guest.entry = UINT64_MAX;
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(entry_linear)
{
	header1(0x1100, 3);
	segs[0].vaddr = 0xc0100000;
	guest.entry = 0xc0100010;
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eip, 0x100010);
}
END_TEST

START_TEST(module_too_large)
{
	header1(0x1100, 3);
	module_add(0, "m", "x");
	modules[0].size = RAM;
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(machine_64)
{
	header1(0x1100, 3);
	guest.machine = EM_X86_64;
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(nothing_to_load)
{
	guest.nseg = 0;
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(plain_elf)
{
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eip, 0x100000);
	ck_assert_str_eq(boot.regs.protocol, "plain ELF");
}
END_TEST

/* ---- multiboot 2 ---- */

static size_t header2(size_t at, const uint8_t *tags, size_t n)
{
	uint32_t length = 16 + (uint32_t)n + 8;

	put32(file + at, 0xe85250d6);
	put32(file + at + 4, 0);
	put32(file + at + 8, length);
	put32(file + at + 12, -(0xe85250d6 + length));
	if (n)
		memcpy(file + at + 16, tags, n);
	put32(file + at + 16 + n, 0);
	put32(file + at + 16 + n + 4, 8);
	return at;
}

static const uint8_t *tag_find(const uint8_t *info, uint32_t type)
{
	uint32_t at = 8, end = get32(info);

	while (at < end) {
		if (get32(info + at) == type)
			return info + at;
		ck_assert_uint_ge(get32(info + at + 4), 8);
		at += (get32(info + at + 4) + 7) & ~7u;
	}
	ck_assert_uint_eq(at, end);
	return NULL;
}

START_TEST(multiboot2_elf)
{
	const uint8_t *info, *t;

	header2(0x1100, NULL, 0);
	boot.append = "words";
	module_add(0, "mod zero", "data");
	memcpy(ram + 0xf0000, "RSD PTR ", 8);
	boot.rsdp = 0xf0000;
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eax, 0x36d76289);
	ck_assert_uint_eq(boot.regs.ebx % 8, 0);
	info = ram + boot.regs.ebx;
	ck_assert_str_eq((char *)tag_find(info, 1) + 8, "guest words");
	t = tag_find(info, 3);
	ck_assert(!memcmp(ram + get32(t + 8), "data", 4));
	ck_assert_uint_eq(get32(t + 12) - get32(t + 8), 4);
	ck_assert_str_eq((char *)t + 16, "mod zero");
	t = tag_find(info, 4);
	ck_assert_uint_eq(get32(t + 12), (RAM - BOOT_TOP) / 1024 - 1024);
	t = tag_find(info, 6);
	ck_assert_uint_eq(get32(t + 8), 24);
	ck_assert(!memcmp(tag_find(info, 14) + 8, "RSD PTR ", 8));
	ck_assert_ptr_nonnull(tag_find(info, 0));
}
END_TEST

START_TEST(multiboot2_entry)
{
	uint8_t tags[16] = { 0 };

	put16(tags, 3);
	put32(tags + 4, 12);
	put32(tags + 8, 0x100200);
	header2(0x1100, tags, 16);
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eip, 0x100200);
}
END_TEST

static const struct { uint16_t type, flags; uint32_t size; } bad_tags[] = {
	{ 77, 0, 8 },		/* required, unknown */
	{ 3, 0, 8 },		/* too short */
	{ 2, 0, 16 },		/* likewise */
	{ 4, 0, 4 },		/* no tag is that short */
	{ 4, 0, 0xfffffff0 },
};

START_TEST(multiboot2_bad_tag)
{
	uint8_t tags[16] = { 0 };

	put16(tags, bad_tags[_i].type);
	put16(tags + 2, bad_tags[_i].flags);
	put32(tags + 4, bad_tags[_i].size);
	header2(0x1100, tags, 16);
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

/* ---- Linux, PVH ---- */

/* An ELF header with one note in front, for those that look for notes. */
static void note_put(const char *owner, uint32_t type, const void *desc,
		     uint32_t size)
{
	Elf32_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32 },
		.e_phoff = 64, .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1 };
	Elf32_Phdr ph = { .p_type = PT_NOTE, .p_offset = 128, .p_filesz = 64 };

	memcpy(file, &eh, sizeof eh);
	memcpy(file + 64, &ph, sizeof ph);
	put32(file + 128, (uint32_t)strlen(owner) + 1);
	put32(file + 132, size);
	put32(file + 136, type);
	strcpy((char *)file + 140, owner);
	memcpy(file + 140 + ((strlen(owner) + 4) & ~3u), desc, size);
}

START_TEST(linux_vmlinux)
{
	const uint8_t *z;
	uint32_t i;

	note_put("Linux", 0x100, "salt", 4);
	boot.append = "console=ttyS0";
	boot.rsdp = 0xf1230;
	module_add(0, "initrd.gz", "initrd contents");
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_str_eq(boot.regs.protocol, "Linux");
	ck_assert_uint_eq(boot.regs.cs, 0x10);
	ck_assert_uint_eq(boot.regs.ds, 0x18);
	z = ram + boot.regs.esi;
	ck_assert_uint_eq(get16(z + 0x1fe), 0xaa55);
	ck_assert(!memcmp(z + 0x202, "HdrS", 4));
	ck_assert_uint_eq(z[0x210], 0xff);
	ck_assert_str_eq((char *)ram + get32(z + 0x228), "console=ttyS0");
	ck_assert_uint_eq(get32(z + 0x21c), 15);
	ck_assert(!memcmp(ram + get32(z + 0x218), "initrd contents", 15));
	ck_assert_uint_eq(get32(z + 0x218) % 4096, 0);
	ck_assert_uint_gt(get32(z + 0x218), RAM - BOOT_TOP - 0x2000);
	ck_assert_uint_eq(get64(z + 0x70), 0xf1230);
	for (i = 0; i < z[0x1e8]; i++)
		if (get64(z + 0x2d0 + 20 * i) == 0x100000)
			ck_assert_uint_eq(get64(z + 0x2d0 + 20 * i + 8),
					  RAM - 0x100000 - BOOT_TOP);
	ck_assert_uint_ge(i, 3);
	/* selectors 0x10 and 0x18 of the boot GDT are flat code and data */
	ck_assert_uint_eq(get64(ram + boot.regs.gdt + 0x10), 0xcf9b000000ffff);
	ck_assert_uint_eq(get64(ram + boot.regs.gdt + 0x18), 0xcf93000000ffff);
}
END_TEST

START_TEST(linux_two_initrds)
{
	note_put("Linux", 0x100, "salt", 4);
	module_add(0, "a", "a");
	module_add(1, "b", "b");
	ck_assert_int_eq(boot_load(&boot), -1);
}
END_TEST

START_TEST(linux_long_line)
{
	char *line = xcalloc(1, 4096);

	memset(line, 'x', 2048);
	note_put("Linux", 0x100, "salt", 4);
	boot.append = line;
	ck_assert_int_eq(boot_load(&boot), -1);
	free(line);
}
END_TEST

START_TEST(pvh)
{
	const uint8_t *s;
	uint8_t entry[4];

	put32(entry, 0x100040);
	note_put("Xen", 18, entry, 4);
	boot.append = "abc";
	boot.rsdp = 0xf0000;
	module_add(0, "file args here", "module");
	ck_assert_int_eq(boot_load(&boot), 0);
	ck_assert_uint_eq(boot.regs.eip, 0x100040);
	s = ram + boot.regs.ebx;
	ck_assert_uint_eq(get32(s), 0x336ec578);
	ck_assert_uint_eq(get32(s + 4), 1);
	ck_assert_uint_eq(get32(s + 12), 1);
	ck_assert_str_eq((char *)ram + get64(s + 24), "abc");
	ck_assert_uint_eq(get64(s + 32), 0xf0000);
	s = ram + get64(s + 16);
	ck_assert(!memcmp(ram + get64(s), "module", get64(s + 8)));
	ck_assert_str_eq((char *)ram + get64(s + 16), "args here");
}
END_TEST

START_TEST(note_corrupt)
{
	uint8_t entry[4] = { 0 };

	note_put("Xen", 18, entry, 4);
	put32(file + (_i ? 132 : 128), 0xfffffff0);
	ck_assert(!pvh_is(&boot));
}
END_TEST

/* ---- bzImage ---- */

static size_t bzimage_make(uint8_t *out, const uint8_t *kernel, size_t n)
{
	z_stream z = { 0 };

	memset(out, 0, 1024);
	out[0x1f1] = 1;
	put16(out + 0x1fe, 0xaa55);
	memcpy(out + 0x202, "HdrS", 4);
	put16(out + 0x206, 0x020f);
	out[0x211] = 1;
	put32(out + 0x248, 16);
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)kernel;
	z.avail_in = (uInt)n;
	z.next_out = out + 1024 + 16;
	z.avail_out = 0x10000;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	put32(out + 0x24c, (uint32_t)z.total_out);
	deflateEnd(&z);
	return 1024 + 16 + z.total_out;
}

START_TEST(bzimage)
{
	uint8_t *image = xmalloc(0x20000), *out;
	size_t n = bzimage_make(image, file, sizeof file), size;

	ck_assert(bzimage_is(image, n));
	ck_assert_int_eq(bzimage_unpack("bz", image, n, &out, &size), 0);
	ck_assert_uint_eq(size, sizeof file);
	ck_assert(!memcmp(out, file, size));
	free(out);
	ck_assert_int_eq(bzimage_unpack("bz", image, n - 1, &out, &size), -1);
	image[1024 + 16 + 20] ^= 0x55;
	ck_assert_int_eq(bzimage_unpack("bz", image, n, &out, &size), -1);
	image[1024 + 16] = 0;
	ck_assert_int_eq(bzimage_unpack("bz", image, n, &out, &size), -1);
	put32(image + 0x24c, 0xffffffff);
	ck_assert_int_eq(bzimage_unpack("bz", image, n, &out, &size), -1);
	put16(image + 0x206, 0x0207);
	ck_assert_int_eq(bzimage_unpack("bz", image, n, &out, &size), -1);
	ck_assert(!bzimage_is(image, 0x24f));
	free(image);
}
END_TEST

/* Without a payload: the 32-bit code as it is. */
START_TEST(bzimage_code)
{
	uint8_t *image = xmalloc(0x20000);
	struct bzimage_code c;
	size_t n = bzimage_make(image, file, sizeof file);

	ck_assert(!bzimage_plain(image, n, &c));
	put32(image + 0x24c, 0);
	put32(image + 0x214, 0x100000);
	put32(image + 0x260, 0x5000);
	ck_assert(bzimage_plain(image, n, &c));
	ck_assert_ptr_eq(c.data, image + 1024);
	ck_assert_uint_eq(c.size, n - 1024);
	ck_assert_uint_eq(c.addr, 0x100000);
	ck_assert_uint_eq(c.mem_size, 0x5000);
	put32(image + 0x260, 1);
	ck_assert(bzimage_plain(image, n, &c));
	ck_assert_uint_eq(c.mem_size, n - 1024);
	ck_assert(!bzimage_plain(image, 1024, &c));
	put16(image + 0x206, 0x0207);
	ck_assert(!bzimage_plain(image, n, &c));
	free(image);
}
END_TEST

/* ---- entry state, options ---- */

START_TEST(cpu_state)
{
	struct mon m = { .boot = { .eip = 0x100000, .eax = 1, .ebx = 2, .esi = 3,
				   .cs = 8, .ds = 16, .gdt = 0x5000,
				   .gdt_limit = 0x17 } };
	struct ab_cpu cpu = { 0 };

	boot_cpu_setup(&m, &cpu);
	ck_assert_uint_eq(cpu.rip, 0x100000);
	ck_assert_uint_eq(cpu.gpr[AB_EAX], 1);
	ck_assert_uint_eq(cpu.gpr[AB_EBX], 2);
	ck_assert_uint_eq(cpu.gpr[AB_ESI], 3);
	ck_assert_uint_eq(cpu.rflags, 2);
	ck_assert_uint_eq(cpu.cr0, 0x11);
	ck_assert_uint_eq(cpu.seg[AB_SEG_CS].sel, 8);
	ck_assert_uint_eq(cpu.seg[AB_SEG_CS].attr, 0xc09b);
	ck_assert_uint_eq(cpu.seg[AB_SEG_SS].sel, 16);
	ck_assert_uint_eq(cpu.seg[AB_SEG_SS].attr, 0xc093);
	ck_assert_uint_eq(cpu.seg[AB_SEG_GS].limit, 0xffffffff);
	ck_assert_uint_eq(cpu.gdtr.base, 0x5000);
}
END_TEST

/* ---- how much memory there is for a guest ---- */

static void tree_file(const char *root, const char *path, const char *text)
{
	char *name = xasprintf("%s/%s", root, path), *at;
	FILE *f;

	for (at = name + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(name, 0700);
	}
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	free(name);
}

static void tree_remove(const char *root)
{
	char *command = xasprintf("rm -rf '%s'", root);

	ck_assert_int_eq(system(command), 0);
	free(command);
}

START_TEST(cgroup_limits)
{
	char root[] = "/tmp/test_boot.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_uint_eq(host_cgroup_memory(root), UINT64_MAX);
	tree_file(root, "proc/self/cgroup", "5:devices:/x\n4:memory:/a/b\n0::/c/d\n");
	ck_assert_uint_eq(host_cgroup_memory(root), UINT64_MAX);
	tree_file(root, "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9000000\n");
	ck_assert_uint_eq(host_cgroup_memory(root), 9000000);
	/* a folder above has less */
	tree_file(root, "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "8000000\n");
	ck_assert_uint_eq(host_cgroup_memory(root), 8000000);
	/* version 2 */
	tree_file(root, "sys/fs/cgroup/c/d/memory.max", "max\n");
	ck_assert_uint_eq(host_cgroup_memory(root), 8000000);
	tree_file(root, "sys/fs/cgroup/memory.max", "7000000\n");
	ck_assert_uint_eq(host_cgroup_memory(root), 7000000);
	tree_remove(root);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("boot");
	TCase *t = tcase_create("boot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, multiboot_elf);
	tcase_add_test(t, multiboot_kludge);
	tcase_add_loop_test(t, multiboot_bad_kludge, 0,
			    sizeof bad_kludge / sizeof bad_kludge[0]);
	tcase_add_test(t, multiboot_demands);
	tcase_add_test(t, multiboot_cut_header);
	tcase_add_loop_test(t, segment_bad, 0, sizeof bad_segs / sizeof bad_segs[0]);
	tcase_add_test(t, segment_over_bios);
	tcase_add_loop_test(t, entry_bad, 0, 2);
	tcase_add_test(t, entry_linear);
	tcase_add_test(t, module_too_large);
	tcase_add_test(t, machine_64);
	tcase_add_test(t, nothing_to_load);
	tcase_add_test(t, plain_elf);
	tcase_add_test(t, multiboot2_elf);
	tcase_add_test(t, multiboot2_entry);
	tcase_add_loop_test(t, multiboot2_bad_tag, 0,
			    sizeof bad_tags / sizeof bad_tags[0]);
	tcase_add_test(t, linux_vmlinux);
	tcase_add_test(t, linux_two_initrds);
	tcase_add_test(t, linux_long_line);
	tcase_add_test(t, pvh);
	tcase_add_loop_test(t, note_corrupt, 0, 2);
	tcase_add_test(t, bzimage);
	tcase_add_test(t, bzimage_code);
	tcase_add_test(t, cpu_state);
	tcase_add_test(t, cgroup_limits);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	diag_init("test_boot");
	return suite_run(suite());
}
