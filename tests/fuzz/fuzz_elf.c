/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer target: the ELF view, the note reader, site verification.  Every
 * accessor is asked for every index and a little more.  Built and run by
 * tests/fuzz/elf.sh; seeds are the hand-made guests of tests/loader.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/note.h"
#include "loader/priv.h"

#define INDEX_MAX	4096	/* counts may be anything up to 2^32 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t few(uint32_t n)
{
	return n < INDEX_MAX ? n + 2 : INDEX_MAX;
}

static int use_site(void *sum, const struct note_site *s)
{
	*(size_t *)sum += strlen(s->rule) + strlen(s->arg) + s->addr;
	return 0;
}

static int use_note(void *sum, struct elfview *v, const struct elf_note *n)
{
	for (uint32_t i = 0; i < n->desc_size; i++)
		*(size_t *)sum += n->desc[i];
	for (uint32_t i = 0; i < n->owner_size; i++)
		*(size_t *)sum += n->owner[i];
	if (note_is_patch(n))
		note_sites(v, n, use_site, sum);
	return 0;
}

static void use_section(struct elfview *v, uint32_t i, size_t *sum)
{
	struct elf_sec sec;
	struct elf_symbol sym;
	struct elf_reloc rel;
	const uint8_t *p;
	uint32_t n;

	if (elf_section(v, i, &sec))
		return;
	*sum += strlen(sec.name);
	p = elf_contents(v, &sec);
	if (p && sec.size)
		*sum += p[0] + p[sec.size - 1];
	if (!elf_symbol_count(v, &sec, &n))
		for (uint32_t k = 0; k < few(n); k++)
			if (!elf_get_symbol(v, &sec, k, &sym))
				*sum += strlen(sym.name);
	if (!elf_reloc_count(v, &sec, &n))
		for (uint32_t k = 0; k < few(n); k++)
			if (!elf_get_reloc(v, &sec, k, &rel))
				*sum += rel.sym;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile size_t sink;
	uint8_t *copy = malloc(size + 1);
	struct elfview v;
	struct elf_seg seg;
	struct ab_guest *g;
	size_t sum = 0;
	char text[64];

	if (!elf_view(&v, data, size)) {
		for (uint32_t i = 0; i < few(v.shnum); i++)
			use_section(&v, i, &sum);
		for (uint32_t i = 0; i < few(v.phnum); i++)
			if (!elf_segment(&v, i, &seg))
				sum += seg.filesz;
		elf_notes_walk(&v, use_note, &sum);
		sum += elf_find_name(&v, ".text") + elf_find_type(&v, SHT_NOTE, 0);
	}
	memcpy(copy, data, size);
	g = guest_from_memory("fuzz", copy, size);
	if (g) {
		for (size_t i = 0; i < g->nsite; i++) {
			ab_site_disassemble(&g->site[i], text, sizeof(text));
			sum += ab_guest_symbol(g, g->site[i].addr, NULL) != NULL;
		}
		sum += ab_guest_lookup(g, "main") + ab_patch_trap(g);
		ab_guest_close(g);
	}
	sink = sum;
	return 0;
}
