/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image.c: patched guests as files.
 *
 * The patched bytes stand where the sites are, so the loaded layout is the old
 * one; behind the file's old end come a note (which target), the original bytes
 * of every site that was changed, the wedge with its stubs, and new section
 * headers.  With the original bytes at hand, a patched file can be verified as
 * strictly as a fresh one, and taken back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "loader/priv.h"

#define ORIG_HEADER	8
#define ORIG_ENTRY	12	/* before the bytes */
#define ADDED		4	/* sections, at most */

static int read_patched_note(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	const uint8_t *d = p->patched_desc;

	if (p->patched_size < PATCHED_SIZE)
		return elf_fail(&p->view, "the note of a patched file is cut off (%u bytes)",
				p->patched_size);
	if (get_le32(d) != PATCHED_VERSION)
		return elf_fail(&p->view, "patched by another version of afterload (format %u, this is %u)",
				get_le32(d), PATCHED_VERSION);
	if (!d[8] || !memchr(d + 8, 0, sizeof(g->patched)))
		return elf_fail(&p->view, "the note of a patched file names no target");
	memcpy(g->patched, d + 8, sizeof(g->patched));
	for (const char *c = g->patched; *c; c++)
		if (*c <= ' ' || *c > '~')
			return elf_fail(&p->view, "the note of a patched file names no target");
	return 0;
}

static int read_saved_entry(struct guest_priv *p, const uint8_t *d, uint64_t left,
			    uint64_t end, struct saved_bytes *s)
{
	const struct code_region *r;

	if (left < ORIG_ENTRY)
		return elf_fail(&p->view, SECTION_ORIG " is cut off");
	s->addr = get_le64(d);
	s->len = get_le32(d + 8);
	if (!s->len || s->len > AB_SITE_MAX || s->len > left - ORIG_ENTRY)
		return elf_fail(&p->view, SECTION_ORIG ": %u bytes at 0x%" PRIx64
				" are impossible", s->len, s->addr);
	r = guest_region(p, s->addr);
	if (!r || s->len > r->size - (s->addr - r->addr))
		return elf_fail(&p->view, SECTION_ORIG ": 0x%" PRIx64
				" is not in executable bytes of the file", s->addr);
	if (s->addr < end)
		return elf_fail(&p->view, SECTION_ORIG ": entries overlap at 0x%" PRIx64,
				s->addr);
	s->offset = r->offset + (s->addr - r->addr);
	memcpy(s->bytes, d + ORIG_ENTRY, s->len);
	return 0;
}

int image_read_saved(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;
	struct elf_sec sec;
	const uint8_t *d;
	uint64_t at = ORIG_HEADER, end = 0;
	uint32_t i, count;

	if (read_patched_note(g))
		return -1;
	i = elf_find_name(&p->view, SECTION_ORIG);
	if (!i)
		return elf_fail(&p->view, "patched for %s, but the original bytes (section "
				SECTION_ORIG ") are missing", g->patched);
	if (elf_section(&p->view, i, &sec) || !(d = elf_contents(&p->view, &sec)))
		return -1;
	if (sec.size < ORIG_HEADER || get_le32(d) != ORIG_VERSION)
		return elf_fail(&p->view, SECTION_ORIG " has an unknown format");
	count = get_le32(d + 4);
	if (count > sec.size / ORIG_ENTRY)
		return elf_fail(&p->view, SECTION_ORIG ": %u entries do not fit into it", count);
	p->saved = xcalloc(count, sizeof(p->saved[0]));
	for (i = 0; i < count; i++) {
		struct saved_bytes *s = &p->saved[i];

		if (read_saved_entry(p, d + at, sec.size - at, end, s))
			return -1;
		end = s->addr + s->len;
		at += ORIG_ENTRY + ((s->len + 3) & ~3u);
		if (at > sec.size)
			at = sec.size;
	}
	p->nsaved = count;
	return 0;
}

int image_check_saved(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;

	for (size_t i = 0; i < p->nsaved; i++) {
		const struct ab_site *s = ab_guest_site(g, p->saved[i].addr);

		if (!s || s->total_len != p->saved[i].len)
			return elf_fail(&p->view, SECTION_ORIG ": no good site of %u bytes at 0x%"
					PRIx64, p->saved[i].len, p->saved[i].addr);
	}
	return 0;
}

void image_swap(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;

	for (size_t i = 0; i < p->nsaved; i++) {
		struct saved_bytes *s = &p->saved[i];
		uint8_t old[AB_SITE_MAX];

		memcpy(old, g->data + s->offset, s->len);
		memcpy(g->data + s->offset, s->bytes, s->len);
		memcpy(s->bytes, old, s->len);
	}
}

int ab_unpatch(struct ab_guest *g)
{
	struct guest_priv *p = g->priv;

	if (!g->patched[0]) {
		error("%s: is not patched", g->path);
		return -1;
	}
	image_swap(g);
	p->nsaved = 0;
	memset(g->patched, 0, sizeof(g->patched));
	return 0;
}

uint64_t image_put(struct image_out *o, const void *p, size_t n, size_t align)
{
	size_t at = (o->size + align - 1) / align * align;

	if (at + n > o->room) {
		o->room = (at + n) * 2;
		o->data = xrealloc(o->data, o->room);
	}
	memset(o->data + o->size, 0, at - o->size + n);
	if (p && n)
		memcpy(o->data + at, p, n);
	o->size = at + n;
	return at;
}

static struct elf_sec put_note(struct image_out *o, const struct ab_guest *g,
			       const struct ab_wedge *w, uint32_t window, uint32_t count)
{
	uint8_t note[12 + sizeof(AB_NOTE_NAME) + PATCHED_SIZE] = { 0 };
	uint8_t *d = note + 12 + sizeof(AB_NOTE_NAME);

	_Static_assert(sizeof(AB_NOTE_NAME) % 4 == 0, "no padding after the owner");
	put_le32(note, sizeof(AB_NOTE_NAME));
	put_le32(note + 4, PATCHED_SIZE);
	put_le32(note + 8, AB_NOTE_TYPE_PATCHED);
	memcpy(note + 12, AB_NOTE_NAME, sizeof(AB_NOTE_NAME));
	put_le32(d, PATCHED_VERSION);
	put_le32(d + 4, w->man.abi);
	memcpy(d + 8, w->man.target, sizeof(w->man.target));
	put_le32(d + 24, window);
	put_le32(d + 28, count);
	return (struct elf_sec) { .name = SECTION_PATCHED, .type = SHT_NOTE, .align = 4,
		.size = sizeof(note), .offset = image_put(o, note, sizeof(note), 4) };
}

/* Was (s) changed by the patch? */
static bool site_changed(const struct ab_guest *g, const struct ab_site *s)
{
	return s->state == AB_SITE_OK && (s->template >= 0 || s->trapped) &&
	       memcmp(g->data + s->offset, s->orig, s->total_len);
}

static struct elf_sec put_orig(struct image_out *o, const struct ab_guest *g, uint32_t count)
{
	uint8_t head[ORIG_ENTRY];
	uint64_t at;

	put_le32(head, ORIG_VERSION);
	put_le32(head + 4, count);
	at = image_put(o, head, ORIG_HEADER, 4);
	for (size_t i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];

		if (!site_changed(g, s))
			continue;
		put_le64(head, s->addr);
		put_le32(head + 8, s->total_len);
		image_put(o, head, ORIG_ENTRY, 4);
		image_put(o, s->orig, s->total_len, 4);
	}
	image_put(o, NULL, 0, 4);
	return (struct elf_sec) { .name = SECTION_ORIG, .type = SHT_PROGBITS, .align = 4,
		.offset = at, .size = o->size - at };
}

static void store_header(uint8_t *p, bool is64, const struct elf_sec *s, uint32_t name)
{
	put_le32(p, name);
	put_le32(p + 4, s->type);
	if (is64) {
		put_le64(p + 8, s->flags);
		put_le64(p + 16, s->addr);
		put_le64(p + 24, s->offset);
		put_le64(p + 32, s->size);
		put_le32(p + 40, s->link);
		put_le32(p + 44, s->info);
		put_le64(p + 48, s->align);
		put_le64(p + 56, s->entsize);
	} else {
		put_le32(p + 8, s->flags);
		put_le32(p + 12, s->addr);
		put_le32(p + 16, s->offset);
		put_le32(p + 20, s->size);
		put_le32(p + 24, s->link);
		put_le32(p + 28, s->info);
		put_le32(p + 32, s->align);
		put_le32(p + 36, s->entsize);
	}
}

/* The section name table with the new names behind the old ones. */
static int put_names(struct image_out *o, struct elfview *v, struct elf_sec *strtab,
		     const struct elf_sec *added, int n, uint32_t *name)
{
	const uint8_t *old = NULL;
	uint64_t at;

	*strtab = (struct elf_sec) { .name = ".shstrtab", .type = SHT_STRTAB, .align = 1 };
	if (v->shstrndx && (elf_section(v, v->shstrndx, strtab) ||
			    !(old = elf_contents(v, strtab))))
		return -1;
	at = image_put(o, old, old ? strtab->size : 1, 1);
	for (int i = 0; i < n; i++) {
		name[i] = o->size - at;
		image_put(o, added[i].name, strlen(added[i].name) + 1, 1);
	}
	name[n] = o->size - at;
	image_put(o, strtab->name, strlen(strtab->name) + 1, 1);
	strtab->offset = at;
	strtab->size = o->size - at;
	return 0;
}

/* Old section headers, the added ones, and the name table's when it is new. */
static int put_headers(struct image_out *o, struct elfview *v, const struct elf_sec *added,
		       int n)
{
	size_t size = v->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	uint32_t old = v->shnum ? v->shnum : 1;
	uint32_t total = old + n + !v->shstrndx, name[ADDED + 1];
	uint32_t strndx = v->shstrndx ? v->shstrndx : total - 1;
	struct elf_sec strtab;
	uint8_t *h;
	uint64_t at;

	if (total >= SHN_LORESERVE)
		return elf_fail(v, "has too many sections to add any");
	if (put_names(o, v, &strtab, added, n, name))
		return -1;
	at = image_put(o, NULL, total * size, 8);
	h = o->data + at;
	if (v->shnum)
		memcpy(h, v->data + v->shoff, old * size);
	for (int i = 0; i < n; i++)
		store_header(h + (old + i) * size, v->is64, &added[i], name[i]);
	store_header(h + strndx * size, v->is64, &strtab,
		     v->shstrndx ? get_le32(h + strndx * size) : name[n]);
	if (!v->is64 && at > UINT32_MAX)
		return elf_fail(v, "becomes too large for ELF32");
	if (v->is64)
		put_le64(o->data + 40, at);
	else
		put_le32(o->data + 32, at);
	put_le16(o->data + (v->is64 ? 58 : 46), size);
	put_le16(o->data + (v->is64 ? 60 : 48), total);
	put_le16(o->data + (v->is64 ? 62 : 50), strndx);
	return 0;
}

int ab_image_write(struct ab_guest *g, const struct ab_wedge *w, uint32_t window,
		   const struct ab_patch *p, const char *path)
{
	struct guest_priv *priv = g->priv;
	struct elf_sec added[ADDED];
	struct image_out o = { .data = NULL };
	uint32_t count = 0;
	int ret = -1;

	for (size_t i = 0; i < g->nsite; i++)
		count += site_changed(g, &g->site[i]);
	image_put(&o, g->data, g->size, 1);
	added[0] = put_note(&o, g, w, window, count);
	added[1] = put_orig(&o, g, count);
	added[2] = (struct elf_sec) { .name = SECTION_WEDGE, .type = SHT_PROGBITS,
		.flags = SHF_EXECINSTR, .addr = ab_window_addr(g->machine, window) + AB_WINDOW_TEXT,
		.align = 16, .size = p->text_size,
		.offset = image_put(&o, p->text, p->text_size, 16) };
	if (w->image && embed_put(&o, g, w, p, &added[3]))
		;	/* said why */
	else if (put_headers(&o, &priv->view, added, w->image ? 4 : 3))
		error("%s: %s", g->path, priv->view.why);
	else if (file_write(path, o.data, o.size, 0777))
		error("%s: cannot write: %s", path, strerror(errno));
	else
		ret = 0;
	free(o.data);
	return ret;
}
