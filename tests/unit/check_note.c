/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ELF view and note reader on images that are built here, byte by byte. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/ops.h"
#include "lib/note.h"
#include "tests/unit/run.h"

/* A file that is built up: ELF header, then what put() appends. */
static struct {
	uint8_t b[8192];
	size_t size;
} f;

static size_t put(const void *p, size_t n)
{
	size_t at = f.size;

	ck_assert_uint_le(at + n, sizeof(f.b));
	memcpy(f.b + at, p, n);
	f.size += n;
	return at;
}

static size_t put32(uint32_t v)
{
	uint8_t b[4];

	put_le32(b, v);
	return put(b, 4);
}

static void begin(bool is64)
{
	memset(&f, 0, sizeof(f));
	memcpy(f.b, ELFMAG, SELFMAG);
	f.b[EI_CLASS] = is64 ? ELFCLASS64 : ELFCLASS32;
	f.b[EI_DATA] = ELFDATA2LSB;
	f.b[EI_VERSION] = EV_CURRENT;
	put_le16(f.b + 16, ET_EXEC);
	put_le16(f.b + 18, is64 ? EM_X86_64 : EM_386);
	f.size = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
}

static Elf32_Ehdr *ehdr(void)
{
	return (Elf32_Ehdr *)f.b;
}

static void put_segments(const Elf32_Phdr *p, unsigned n)
{
	ehdr()->e_phoff = put(p, n * sizeof(*p));
	ehdr()->e_phnum = n;
	ehdr()->e_phentsize = sizeof(*p);
}

static void put_sections(const Elf32_Shdr *s, unsigned n)
{
	f.size = (f.size + 3) & ~3ul;
	ehdr()->e_shoff = put(s, n * sizeof(*s));
	ehdr()->e_shnum = n;
	ehdr()->e_shentsize = sizeof(*s);
}

/* One patch note with one cli entry for the site at (site), when the note will
 * lie at address (addr). */
static size_t put_patch_note(uint32_t addr, uint32_t site)
{
	static const uint8_t tail[] = { 1, 7, AB_OP_CLI, 0, 3, 0, 0, 0,
					1, 0, 32, 1, 0, 0, 0, 0 };
	size_t at = put32(12);

	put32(12 + 20 + 8);
	put32(AB_NOTE_TYPE);
	put(AB_NOTE_NAME, 12);
	put("\1\0\4\x14", 4);
	put32(32);
	put32(0);
	put32(site - (addr + 24 + 12));
	put(tail, sizeof(tail));
	put("\0rule:9\0", 8);
	return at;
}

#define NOTE_SIZE 64

struct seen {
	unsigned notes, sites;
	uint64_t addr;
	char rule[64];
	uint32_t dead;
};

static int see_site(void *ctx, const struct note_site *s)
{
	struct seen *seen = ctx;

	seen->sites++;
	seen->addr = s->addr;
	seen->dead = s->dead;
	snprintf(seen->rule, sizeof(seen->rule), "%s", s->rule);
	return 0;
}

static int see_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	((struct seen *)ctx)->notes++;
	return note_is_patch(n) ? note_sites(v, n, see_site, ctx) : 0;
}

static struct elfview v;

static int walk(struct seen *seen)
{
	/* the exact size, so that ASan sees what leaves the file */
	uint8_t *copy = malloc(f.size);
	int ret;

	memset(seen, 0, sizeof(*seen));
	memcpy(copy, f.b, f.size);
	ret = elf_view(&v, copy, f.size);
	if (!ret)
		ret = elf_notes_walk(&v, see_note, seen);
	free(copy);
	return ret;
}

static void assert_refused(const char *why)
{
	struct seen seen;

	ck_assert_int_eq(walk(&seen), -1);
	if (!strstr(v.why, why))
		ck_abort_msg("'%s' is not about '%s'", v.why, why);
}

static void build_segment(void)
{
	size_t at;

	begin(false);
	at = put_patch_note(0x8000, 0xc0100000);
	put_segments(&(Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_vaddr = 0x8000,
				    .p_filesz = NOTE_SIZE, .p_memsz = NOTE_SIZE }, 1);
}

START_TEST(from_segment)
{
	struct seen seen;

	build_segment();
	ck_assert_int_eq(walk(&seen), 0);
	ck_assert_uint_eq(seen.sites, 1);
	ck_assert_uint_eq(seen.addr, 0xc0100000);
	ck_assert_uint_eq(seen.dead, 3);
	ck_assert_str_eq(seen.rule, "rule:9");
}
END_TEST

START_TEST(seen_once)
{
	struct seen seen;
	Elf32_Shdr sec[2] = { { 0 } };
	size_t at;

	begin(false);
	at = put_patch_note(0x8000, 0x1234);
	sec[1] = (Elf32_Shdr){ .sh_type = SHT_NOTE, .sh_addr = 0x8000,
			       .sh_offset = at, .sh_size = NOTE_SIZE };
	put_sections(sec, 2);
	put_segments(&(Elf32_Phdr){ .p_type = PT_NOTE, .p_offset = at, .p_vaddr = 0x8000,
				    .p_filesz = NOTE_SIZE, .p_memsz = NOTE_SIZE }, 1);
	ck_assert_int_eq(walk(&seen), 0);
	ck_assert_uint_eq(seen.notes, 1);
	ck_assert_uint_eq(seen.addr, 0x1234);
}
END_TEST

/* Merged by a linker: foreign notes, other alignment, zero words between. */
START_TEST(among_others)
{
	struct seen seen;
	Elf32_Shdr sec[2] = { { 0 } };
	size_t from, at;

	begin(false);
	from = put32(4);
	put32(5);
	put32(3);
	put("GNU\0abcde\0\0\0", 12);
	put32(0);
	put32(0);
	at = f.size - from;
	put_patch_note(at, 0x100);
	put32(0);
	at = f.size - from;
	put_patch_note(at, 0x200);
	put32(12);		/* our name, another type */
	put32(0);
	put32(0x1234);
	put(AB_NOTE_NAME, 12);
	put("\0\0", 2);		/* a tail that is no word */
	sec[1] = (Elf32_Shdr){ .sh_type = SHT_NOTE, .sh_offset = from,
			       .sh_size = f.size - from, .sh_addralign = 8 };
	put_sections(sec, 2);
	ck_assert_int_eq(walk(&seen), 0);
	ck_assert_uint_eq(seen.notes, 4);
	ck_assert_uint_eq(seen.sites, 2);
	ck_assert_uint_eq(seen.addr, 0x200);
}
END_TEST

/* Each field of note and header, wrong: offset in the note, value, complaint. */
START_TEST(wrong_fields)
{
	static const struct {
		unsigned at;
		uint32_t value;
		const char *why;
	} wrong[] = {
		{ 0, 0xffffffff, "leaves its section" },
		{ 0, 0x1000, "leaves its section" },
		{ 4, 0xffffffff, "leaves its section" },
		{ 4, 41, "leaves its section" },
		{ 4, 8, "shorter than its header" },
		{ 24, 0x14040002, "version 2" },
		{ 24, 0x14080001, "8-byte addresses in an ELF32" },
		{ 24, 0x18040001, "entries of 24 bytes" },
		{ 24, 0x00040001, "entries of 0 bytes" },
		{ 28, 0, "strings cannot begin at 0" },
		{ 28, 31, "strings cannot begin at 31" },
		{ 28, 52, "strings cannot begin at 52" },
		{ 28, 0xfffffffc, "strings cannot begin" },
		{ 32, 1, "flags" },
		{ 48, 0x01200008, "names a string at 8" },
		{ 48, 0x0120ffff, "names a string at 65535" },
		{ 52, 0x80000000, "names a string at 2147483648" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		build_segment();
		put_le32(f.b + sizeof(Elf32_Ehdr) + wrong[i].at, wrong[i].value);
		assert_refused(wrong[i].why);
	}
	/* a string without an end */
	build_segment();
	memset(f.b + sizeof(Elf32_Ehdr) + NOTE_SIZE - 7, 'x', 7);
	assert_refused("names a string");
}
END_TEST

START_TEST(foreign_section)
{
	struct seen seen;
	Elf32_Shdr sec[3] = { { 0 } };
	size_t names, junk;

	/* what is only called a note may hold anything */
	begin(false);
	names = put("\0.note.x\0.shstrtab", 19);
	junk = put("no note at all, but more than twelve bytes", 42);
	sec[1] = (Elf32_Shdr){ .sh_name = 1, .sh_type = SHT_PROGBITS,
			       .sh_offset = junk, .sh_size = 42 };
	sec[2] = (Elf32_Shdr){ .sh_name = 9, .sh_type = SHT_STRTAB,
			       .sh_offset = names, .sh_size = 19 };
	put_sections(sec, 3);
	ehdr()->e_shstrndx = 2;
	ck_assert_int_eq(walk(&seen), 0);
	ck_assert_uint_eq(seen.notes, 0);
	/* also when the assembler gave it the type, for its name */
	((Elf32_Shdr *)(f.b + ehdr()->e_shoff))[1].sh_type = SHT_NOTE;
	ck_assert_int_eq(walk(&seen), 0);
	ck_assert_uint_eq(seen.notes, 0);
	/* but not when it says that it is ours */
	memcpy(f.b + junk + 20, AB_NOTE_NAME, sizeof(AB_NOTE_NAME));
	assert_refused(".note.x: note at");
}
END_TEST

START_TEST(headers)
{
	struct elfview e;
	Elf32_Shdr sec[2] = { { 0 } };

	build_segment();
	for (size_t n = 0; n < sizeof(Elf32_Ehdr); n++)
		ck_assert_int_eq(elf_view(&e, f.b, n), -1);
	ehdr()->e_phnum = 2;
	assert_refused("program header table");
	build_segment();
	ehdr()->e_phoff = 0xfffffff0;
	assert_refused("program header table");
	build_segment();
	ehdr()->e_phentsize = 33;
	assert_refused("program header size 33");
	build_segment();
	ehdr()->e_shoff = 0xffffff00;
	ehdr()->e_shnum = 1;
	ehdr()->e_shentsize = sizeof(Elf32_Shdr);
	assert_refused("section header table");
	begin(false);
	put_sections(sec, 2);
	ehdr()->e_shstrndx = 2;
	assert_refused("name table index 2 of 2");
	begin(false);
	f.b[EI_DATA] = ELFDATA2MSB;
	assert_refused("little-endian");
	begin(false);
	put_le16(f.b + 18, EM_X86_64);		/* x32 */
	assert_refused("neither i386 nor x86-64");
}
END_TEST

/* Counts that do not fit into 16 bits stand in section 0. */
START_TEST(large_counts)
{
	struct elfview e;
	Elf32_Shdr sec[3] = { { 0 } };

	begin(false);
	sec[0].sh_size = 3;
	sec[0].sh_link = 2;
	sec[0].sh_info = 1;
	put_segments(&(Elf32_Phdr){ .p_type = PT_LOAD }, 1);
	put_sections(sec, 3);
	ehdr()->e_shnum = 0;
	ehdr()->e_shstrndx = SHN_XINDEX;
	ehdr()->e_phnum = PN_XNUM;
	ck_assert_int_eq(elf_view(&e, f.b, f.size), 0);
	ck_assert_uint_eq(e.shnum, 3);
	ck_assert_uint_eq(e.shstrndx, 2);
	ck_assert_uint_eq(e.phnum, 1);
	((Elf32_Shdr *)(f.b + ehdr()->e_shoff))->sh_size = 0xffffffff;
	ck_assert_int_eq(elf_view(&e, f.b, f.size), -1);
}
END_TEST

START_TEST(accessors)
{
	struct elfview e;
	struct elf_sec sec = { .name = "x", .type = SHT_NOBITS, .size = 1 };
	struct elf_seg seg;
	uint32_t n;

	build_segment();
	ck_assert_int_eq(elf_view(&e, f.b, f.size), 0);
	ck_assert_ptr_nonnull(elf_bytes(&e, f.size, 0));
	ck_assert_ptr_null(elf_bytes(&e, f.size, 1));
	ck_assert_ptr_null(elf_bytes(&e, UINT64_MAX, 2));
	ck_assert_ptr_null(elf_bytes(&e, 2, UINT64_MAX));
	ck_assert_ptr_null(elf_contents(&e, &sec));
	ck_assert_int_eq(elf_segment(&e, 1, &seg), -1);
	ck_assert_int_eq(elf_section(&e, 0, &sec), -1);
	sec = (struct elf_sec){ .name = "t", .type = SHT_SYMTAB, .size = 16, .entsize = 15 };
	ck_assert_int_eq(elf_symbol_count(&e, &sec, &n), -1);
	sec.entsize = 16;
	sec.offset = f.size - 8;
	ck_assert_int_eq(elf_symbol_count(&e, &sec, &n), -1);
	ck_assert_ptr_nonnull(strstr(e.why, "lies outside the file"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notes");
	TCase *c = tcase_create("notes");

	tcase_add_test(c, from_segment);
	tcase_add_test(c, seen_once);
	tcase_add_test(c, among_others);
	tcase_add_test(c, wrong_fields);
	tcase_add_test(c, foreign_section);
	tcase_add_test(c, headers);
	tcase_add_test(c, large_counts);
	tcase_add_test(c, accessors);
	suite_add_tcase(s, c);
	return suite_run(s);
}
