/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the file that the user named to a patched kernel in guest RAM.
 *
 * The loader's library opens ELF files.  What is none is turned into one in an
 * anonymous file first: the kernel inside a bzImage is unpacked, a flat image
 * (multiboot's, or a bzImage's that is not packed) gets an ELF header in front
 * (it has no notes, so every operation in it traps).
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "monitor/boot.h"
#include "monitor/broker.h"

#define WRAPPER		96u	/* ELF and program header, padded */
#define BZIMAGE_HEADER	0x290u

/* ---- files ---- */

/* Open (data, size) with the loader's library under the name (path). */
static struct ab_guest *memory_open(const char *path, const void *data,
				    size_t size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);
	struct ab_guest *g;
	size_t done = 0;
	char name[32];

	while (fd >= 0 && done < size) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done < size) {
		error("%s: no memory for a copy: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	g = ab_guest_open(name);
	close(fd);
	if (g) {
		free(g->path);
		g->path = xstrdup(path);
	}
	return g;
}

static struct ab_guest *flat_open(const char *path, const struct bzimage_code *c)
{
	uint8_t *elf = xcalloc(1, WRAPPER + c->size);
	const Elf32_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_phoff = sizeof eh, .e_ehsize = sizeof eh,
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
		.e_shentsize = sizeof(Elf32_Shdr), .e_entry = c->addr,
	};
	const Elf32_Phdr ph = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = WRAPPER,
		.p_vaddr = c->addr, .p_paddr = c->addr,
		.p_filesz = (Elf32_Word)c->size, .p_memsz = (Elf32_Word)c->mem_size,
	};
	struct ab_guest *g;

	_Static_assert(sizeof eh + sizeof ph <= WRAPPER, "room");
	memcpy(elf, &eh, sizeof eh);
	memcpy(elf + sizeof eh, &ph, sizeof ph);
	memcpy(elf + WRAPPER, c->data, c->size);
	g = memory_open(path, elf, WRAPPER + c->size);
	free(elf);
	return g;
}

static bool is_multiboot(const uint8_t *data, size_t size)
{
	const struct ab_guest g = { .data = (uint8_t *)(uintptr_t)data,
				    .size = size };
	const struct boot b = { .guest = &g };

	return multiboot1_is(&b) || multiboot2_is(&b);
}

static struct ab_guest *bzimage_open(struct broker *b, const uint8_t *data,
				     size_t size)
{
	const char *path = b->opt->guest;
	struct ab_guest *g = NULL;
	struct bzimage_code code;
	uint8_t *kernel = NULL;
	size_t n;

	if (bzimage_plain(data, size, &code))
		g = flat_open(path, &code);
	else if (bzimage_unpack(path, data, size, &kernel, &n))
		return NULL;
	else if (n < SELFMAG || memcmp(kernel, ELFMAG, SELFMAG))
		error("%s: what this bzImage holds is no ELF file: give the vmlinux",
		      path);
	else
		g = memory_open(path, kernel, n);
	free(kernel);
	if (g) {
		b->linux_header_size = size < BZIMAGE_HEADER ? size :
			BZIMAGE_HEADER;
		b->linux_header = xmalloc(b->linux_header_size);
		memcpy(b->linux_header, data, b->linux_header_size);
	}
	return g;
}

static int file_check(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		error("%s: cannot open the guest: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		error("%s: not a file", path);
		return -1;
	}
	if ((uint64_t)st.st_size > MON_RAM_MAX) {
		error("%s: too large for a guest", path);
		return -1;
	}
	return 0;
}

static struct ab_guest *guest_open(struct broker *b)
{
	const char *path = b->opt->guest;
	struct ab_guest *g = NULL;
	uint8_t *data;
	size_t size;

	if (file_check(path))
		return NULL;
	if (file_read(path, (char **)&data, &size)) {
		error("%s: cannot read the guest: %s", path, strerror(errno));
		return NULL;
	}
	if (size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG))
		g = ab_guest_open(path);
	else if (bzimage_is(data, size))
		g = bzimage_open(b, data, size);
	else if (is_multiboot(data, size))
		g = flat_open(path, &(struct bzimage_code){
				.data = data, .size = size, .mem_size = size });
	else
		error("%s: not a kernel that aftermon can boot: neither ELF, nor "
		      "multiboot, nor a Linux bzImage", path);
	free(data);
	return g;
}

/* ---- patching ---- */

static int guest_check(const struct ab_guest *g)
{
	if (g->machine != EM_386) {
		error("%s: a 64-bit kernel; aftermon runs 32-bit (i386) guests",
		      g->path);
		return -1;
	}
	if (g->type != ET_EXEC && g->type != ET_DYN) {
		error("%s: an object file, not a kernel", g->path);
		return -1;
	}
	return 0;
}

/* Where the window lies at first.  Its size is known when all is patched. */
static uint32_t window_place(const struct ab_guest *g, const struct ab_wedge *w)
{
	size_t i, most = 0, size;

	for (i = 0; i < w->man.ntemplates; i++)
		if (w->tmpl[i].code_len > most)
			most = w->tmpl[i].code_len;
	size = AB_WINDOW_TEXT + w->text_size + g->nsite * (most + 16);
	return w->man.window + MON_WINDOW_ASIDE(size);
}

static int guest_patch(struct broker *b)
{
	struct mon *m = &b->mon;
	struct ab_guest *g = b->guest;

	if (*g->patched && strcmp(g->patched, "hosted")) {
		error("%s: is patched for %s; aftermon runs unpatched files, or "
		      "those patched for hosted", g->path, g->patched);
		return -1;
	}
	/* Patched on disk: back to its original, then as any other, so that the
	 * window may lie elsewhere and -t none works too. */
	if (*g->patched && ab_unpatch(g))
		return -1;
	if (m->target == MON_NONE) {
		ab_patch_trap(g);
		return 0;
	}
	m->wedge = ab_wedge_open("hosted", EM_386, NULL);
	if (!m->wedge)
		return -1;
	m->window = b->opt->window ? b->opt->window : window_place(g, m->wedge);
	if (ab_patch(g, m->wedge, m->window, NULL, NULL, &b->patch))
		return -1;
	m->patch = &b->patch;
	return 0;
}

int guest_prepare(struct broker *b)
{
	b->guest = guest_open(b);
	if (!b->guest || guest_check(b->guest))
		return -1;
	b->mon.guest = b->guest;
	b->mon.target = b->opt->target;
	return guest_patch(b);
}

/* ---- booting ---- */

/* The command line as the guest gets it: "tsc_early_khz=auto" tells Linux how fast
 * the time stamp counter runs, which it could not measure where it may be stopped
 * at any time. */
static char *command_line(const struct broker *b)
{
	static const char word[] = "tsc_early_khz=auto";
	const char *s = b->opt->append ? b->opt->append : "", *at = s;
	size_t n = sizeof(word) - 1;

	while ((at = strstr(at, word)) &&
	       ((at > s && at[-1] != ' ') || (at[n] && at[n] != ' ')))
		at += n;
	if (!at)
		return xstrdup(s);
	return xasprintf("%.*s%u%s", (int)(at - s + n - 4), s, b->mon.tsc_khz, at + n);
}

int guest_boot(struct broker *b)
{
	struct mon *m = &b->mon;
	struct boot *boot = xcalloc(1, sizeof *boot);
	char *line = command_line(b);
	int ret = -1;

	boot->path = b->opt->guest;
	boot->guest = b->guest;
	boot->linux_header = b->linux_header;
	boot->linux_header_size = b->linux_header_size;
	boot->ram = m->ram;
	boot->ram_size = m->ram_size;
	boot->append = line;
	boot->rsdp = ab_firmware_tables(m->ram);
	if (!boot_modules_read(b->opt->initrd, &boot->module, &boot->nmodule))
		ret = boot_load(boot);
	m->boot = boot->regs;
	boot_modules_free(boot->module, boot->nmodule);
	free(boot);
	free(line);
	return ret;
}

void guest_release(struct broker *b)
{
	if (b->mon.patch)
		ab_patch_free(&b->patch);
	ab_wedge_close(b->mon.wedge);
	ab_guest_close(b->guest);
	free(b->linux_header);
}
