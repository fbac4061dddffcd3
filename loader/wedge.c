/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wedge.c: open a wedge object and check every number in its manifest, so that
 * the patcher can use the rows without a further test.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "loader/priv.h"

#define TEMPLATE_MAX	4096	/* bytes of one template's code */
#define IMAGE_MAX	(1u << 28)

static const uint8_t hole_size[] = {
	[AB_HOLE_SITE] = 4, [AB_HOLE_EXIT] = 4, [AB_HOLE_VCPU] = 4,
	[AB_HOLE_DOORBELL] = 4, [AB_HOLE_TEXT] = 4, [AB_HOLE_TEXT_REL] = 4,
	[AB_HOLE_REG_RM] = 1, [AB_HOLE_REG_REG] = 1, [AB_HOLE_IMM8] = 1,
	[AB_HOLE_SUB4] = 4, [AB_HOLE_REX_R] = 1, [AB_HOLE_SRC_RM] = 1,
};

static int check_template(struct elfview *v, const struct ab_wedge *w, unsigned i)
{
	const struct ab_wedge_template *t = &w->tmpl[i];
	const struct ab_wedge_manifest *m = &w->man;

	if (!ab_op_info(t->op) || t->form < AB_FORM_INLINE || t->form > AB_FORM_NATIVE ||
	    t->match > AB_MATCH_SRC_REG)
		return elf_fail(v, "template %u: op %u, form %u or match %u is unknown",
				i, t->op, t->form, t->match);
	if (t->code > w->text_size || t->code_len > w->text_size - t->code ||
	    t->code_len > (t->form == AB_FORM_INLINE ? AB_SITE_MAX : TEMPLATE_MAX) ||
	    (!t->code_len && t->form != AB_FORM_NATIVE))
		return elf_fail(v, "template %u: %u bytes of code at 0x%x are impossible",
				i, t->code_len, t->code);
	if (t->hole_first + t->hole_count > m->nholes ||
	    t->unwind_first + t->unwind_count > m->nunwinds)
		return elf_fail(v, "template %u: its rows lie outside the manifest", i);
	for (unsigned k = 0; k < t->hole_count; k++) {
		const struct ab_wedge_hole *h = &w->hole[t->hole_first + k];

		if (!h->kind || h->kind >= sizeof(hole_size) ||
		    h->offset + hole_size[h->kind] > t->code_len)
			return elf_fail(v, "template %u: hole of kind %u at 0x%x is impossible",
					i, h->kind, h->offset);
	}
	return 0;
}

static int check_manifest(struct elfview *v, const struct ab_wedge *w, uint64_t size)
{
	const struct ab_wedge_manifest *m = &w->man;
	uint64_t want = sizeof(*m) + (uint64_t)m->ntemplates * sizeof(*w->tmpl) +
			(uint64_t)m->nholes * sizeof(*w->hole) +
			(uint64_t)m->nunwinds * sizeof(*w->unwind);

	if (m->magic != AB_WEDGE_MAGIC)
		return elf_fail(v, "is not a wedge");
	if (m->abi != AB_WEDGE_ABI)
		return elf_fail(v, "wedge ABI %u; this program knows %u", m->abi, AB_WEDGE_ABI);
	if (size != want)
		return elf_fail(v, "manifest of %llu bytes instead of %llu",
				(unsigned long long)size, (unsigned long long)want);
	if (!memchr(m->target, 0, sizeof(m->target)) || !m->target[0])
		return elf_fail(v, "manifest names no target");
	if (w->text_size < 8 * AB_ENTRY_SLOTS ||
	    m->entry_slot > w->text_size - 8 * AB_ENTRY_SLOTS)
		return elf_fail(v, "entry slots 0x%x lie outside its code", m->entry_slot);
	return 0;
}

static int get_named(struct elfview *v, const char *name, struct elf_sec *sec,
		     const uint8_t **bytes)
{
	uint32_t i = elf_find_name(v, name);

	if (!i)
		return elf_fail(v, "is not a wedge: it has no section %s", name);
	if (elf_section(v, i, sec))
		return -1;
	*bytes = elf_contents(v, sec);
	return *bytes ? 0 : -1;
}

static uint8_t *copy_section(struct elfview *v, const char *name, size_t *size)
{
	const uint8_t *bytes;
	struct elf_sec sec;
	uint8_t *copy;

	if (get_named(v, name, &sec, &bytes))
		return NULL;
	copy = xmalloc(sec.size ? sec.size : 1);
	memcpy(copy, bytes, sec.size);
	*size = sec.size;
	return copy;
}

/* A wedge that carries its machine. */
static int read_image(struct elfview *v, struct ab_wedge *w)
{
	struct ab_embed e;

	w->image = copy_section(v, ".ab.image", &w->image_size);
	w->note = w->image ? copy_section(v, ".ab.note", &w->note_size) : NULL;
	if (!w->note)
		return -1;
	if (w->image_size < sizeof(e))
		return elf_fail(v, ".ab.image is cut off");
	memcpy(&e, w->image, sizeof(e));
	if (e.magic != AB_EMBED_MAGIC)
		return elf_fail(v, ".ab.image does not begin with its header");
	if (e.size < w->image_size || e.size > IMAGE_MAX || !e.align ||
	    (e.align & (e.align - 1)) || e.base & (e.align - 1) || (e.base & 4095))
		return elf_fail(v, ".ab.image: size 0x%llx, alignment 0x%x or base 0x%llx is impossible",
				(unsigned long long)e.size, e.align,
				(unsigned long long)e.base);
	if (e.note_bias && (w->note_size < 8 || e.note_bias > w->note_size - 8))
		return elf_fail(v, ".ab.note: bias 0x%x lies outside of it", e.note_bias);
	return 0;
}

static void *copy_rows(const uint8_t **p, size_t n, size_t size)
{
	void *rows = xcalloc(n, size);

	memcpy(rows, *p, n * size);
	*p += n * size;
	return rows;
}

static int read_wedge(struct elfview *v, struct ab_wedge *w)
{
	struct elf_sec man, text;
	const uint8_t *p, *code;

	if (get_named(v, ".ab.manifest", &man, &p) ||
	    get_named(v, ".ab.text", &text, &code))
		return -1;
	/* what is not position independent has not been linked */
	for (uint32_t i = 1; i < v->shnum; i++) {
		struct elf_sec s;

		if (elf_section(v, i, &s))
			return -1;
		if ((s.type == SHT_REL || s.type == SHT_RELA) && s.size &&
		    (s.info == man.index || s.info == text.index))
			return elf_fail(v, "section %s has relocations", s.name);
	}
	if (man.size < sizeof(w->man))
		return elf_fail(v, "its manifest is cut off");
	memcpy(&w->man, p, sizeof(w->man));
	w->text_size = text.size;
	if (check_manifest(v, w, man.size))
		return -1;
	p += sizeof(w->man);
	if ((w->man.flags & AB_WEDGE_EMBEDS) && read_image(v, w))
		return -1;
	w->tmpl = copy_rows(&p, w->man.ntemplates, sizeof(*w->tmpl));
	w->hole = copy_rows(&p, w->man.nholes, sizeof(*w->hole));
	w->unwind = copy_rows(&p, w->man.nunwinds, sizeof(*w->unwind));
	w->text = xmalloc(text.size);
	memcpy(w->text, code, text.size);
	for (unsigned i = 0; i < w->man.ntemplates; i++)
		if (check_template(v, w, i))
			return -1;
	return 0;
}

const char *ab_machine_name(unsigned machine)
{
	return machine == EM_386 ? "i386" : machine == EM_X86_64 ? "x86-64" : "other";
}

struct ab_wedge *ab_wedge_open(const char *target, uint16_t machine, const char *path)
{
	char *name = xasprintf("%s.o", target), *data = NULL;
	char *found = path ? xstrdup(path) : strchr(target, '/') ? NULL :
		      file_find("wedge", name);
	struct ab_wedge *w = NULL;
	struct elfview view;
	size_t size;

	free(name);
	if (!found) {
		error("there is no wedge for target '%s' ('afterload targets' lists them)",
		      target);
		return NULL;
	}
	if (file_read(found, &data, &size)) {
		error("%s: cannot read: %s", found, strerror(errno));
		free(found);
		return NULL;
	}
	w = xcalloc(1, sizeof(*w));
	w->path = found;
	if (elf_view(&view, data, size) || read_wedge(&view, w)) {
		error("%s: %s", found, view.why);
		ab_wedge_close(w);
		w = NULL;
	} else if (machine && w->man.machine != machine) {
		error("target '%s' takes %s guests, this one is %s", w->man.target,
		      ab_machine_name(w->man.machine), ab_machine_name(machine));
		ab_wedge_close(w);
		w = NULL;
	}
	free(data);
	return w;
}

void ab_wedge_close(struct ab_wedge *w)
{
	if (!w)
		return;
	free(w->path);
	free(w->tmpl);
	free(w->hole);
	free(w->unwind);
	free(w->text);
	free(w->image);
	free(w->note);
	free(w);
}
