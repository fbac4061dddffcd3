/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.c: is every note good, and has every sensitive instruction one?
 *
 * The second question can only be answered by disassembling the code sections
 * from their start.  That is a heuristic: data between functions may look like
 * instructions, and code of another width is read wrongly; function symbols
 * bring it back into step.  A silent instruction without a note matters most,
 * since it would run hosted with the wrong result and nobody would hear of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/diag.h"
#include "loader/afterload.h"
#include "loader/priv.h"

#define TEXT_MAX	256

struct sweep {
	struct ab_guest *g;
	const uint8_t *bytes;
	uint64_t addr, size;
	const char *section;
	size_t symbol;			/* next one in p->symbol to come */
	size_t found[AB_CPL3_NONE + 1];	/* by what they do at CPL 3 */
};

/* The next function that begins after (addr): decoding starts afresh there. */
static uint64_t next_function(struct sweep *sw, uint64_t addr)
{
	struct guest_priv *p = sw->g->priv;

	while (sw->symbol < p->nsymbol &&
	       (p->symbol[sw->symbol].addr <= addr || !p->symbol[sw->symbol].func))
		sw->symbol++;
	return sw->symbol < p->nsymbol ? p->symbol[sw->symbol].addr : UINT64_MAX;
}

/* int3 between functions is what compilers pad with. */
static bool is_padding(struct sweep *sw, const struct ab_insn *insn)
{
	struct guest_priv *p = sw->g->priv;
	uint64_t addr = insn->addr;

	if (insn->op != AB_OP_INT3)
		return false;
	for (size_t i = sw->symbol; i > 0 && sw->symbol - i < 8; i--) {
		const struct code_symbol *s = &p->symbol[i - 1];

		if (s->func && s->addr <= addr)
			return addr - s->addr >= s->size;
	}
	return p->nsymbol > 0;
}

static void report(struct sweep *sw, const struct ab_insn *insn, unsigned cpl3)
{
	static const char *const what[] = {
		[AB_CPL3_TRAPS] = "traps",
		[AB_CPL3_SILENT] = "SILENT",
		[AB_CPL3_HOST] = "HOST",
	};
	char text[TEXT_MAX], fn[TEXT_MAX];
	int bits = sw->g->machine == EM_X86_64 ? 64 : 32;
	uint64_t shown = sw->g->type == ET_REL ? insn->addr - sw->addr : insn->addr;

	sw->found[cpl3]++;
	ab_disassemble(insn->bytes, insn->len, bits, insn->addr, text, sizeof(text));
	symbol_text(sw->g, insn->addr, fn, sizeof(fn));
	printf("%-6s  %0*" PRIx64 "  %-12s %-32s %s  %s\n", what[cpl3], bits / 4,
	       shown, ab_op_name(insn->op), text, *fn ? fn : "-", sw->section);
}

/* Disassemble one stretch of code, stepping over noted sites. */
static void sweep_code(struct sweep *sw)
{
	int bits = sw->g->machine == EM_X86_64 ? 64 : 32;
	uint64_t at = 0;

	sw->symbol = 0;
	while (at < sw->size) {
		struct ab_insn insn = { .addr = sw->addr + at };
		const struct ab_site *s = ab_guest_site(sw->g, insn.addr);
		uint64_t limit = next_function(sw, insn.addr);
		const struct ab_op_info *info;
		int len;

		if (s) {
			at += s->total_len;
			continue;
		}
		len = ab_decode(sw->bytes + at, sw->size - at, bits, &insn);
		if (len <= 0) {
			at++;
			continue;
		}
		if (limit - insn.addr < (uint64_t)len) {
			at = limit - sw->addr;
			continue;
		}
		info = ab_op_info(insn.op);
		if (info && info->cpl3 != AB_CPL3_NONE && !is_padding(sw, &insn))
			report(sw, &insn, info->cpl3);
		at += len;
	}
}

/* All code sections, or all executable segments when there are no sections. */
static int sweep_guest(struct sweep *sw)
{
	struct guest_priv *p = sw->g->priv;
	bool any = false;

	ab_guest_symbol(sw->g, 0, NULL);	/* reads the symbols */
	for (uint32_t i = 1; i < p->view.shnum; i++) {
		const struct code_region *r = NULL;
		struct elf_sec sec;

		if (elf_section(&p->view, i, &sec))
			return -1;
		if (!(sec.flags & SHF_EXECINSTR) || !(sec.flags & SHF_ALLOC) ||
		    sec.type != SHT_PROGBITS || !sec.size)
			continue;
		if (sw->g->type == ET_REL && !(r = guest_region_of(p, i)))
			continue;
		sw->bytes = elf_contents(&p->view, &sec);
		if (!sw->bytes)
			return -1;
		sw->addr = r ? r->addr : sec.addr;
		sw->size = sec.size;
		sw->section = sec.name;
		sweep_code(sw);
		any = true;
	}
	for (size_t i = 0; i < p->nregion && !any; i++) {
		sw->bytes = p->view.data + p->region[i].offset;
		sw->addr = p->region[i].addr;
		sw->size = p->region[i].size;
		sw->section = "";
		sweep_code(sw);
	}
	return 0;
}

static void report_bad(struct ab_guest *g)
{
	for (size_t i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];
		char fn[TEXT_MAX];

		if (s->state == AB_SITE_OK)
			continue;
		symbol_text(g, s->addr, fn, sizeof(fn));
		error("%s: site 0x%" PRIx64 "%s%s%s (%s, rule %s): %s", g->path, s->addr,
		      *fn ? " (" : "", fn, *fn ? ")" : "", ab_op_name(s->op),
		      *s->rule ? s->rule : "unknown", ab_site_state_text(s->state));
	}
}

int check_guest(struct ab_guest *g)
{
	struct sweep sw = { .g = g };
	struct guest_priv *p = g->priv;
	size_t silent, host, traps;

	report_bad(g);
	if (sweep_guest(&sw)) {
		error("%s: %s", g->path, p->view.why);
		return AB_EXIT_FAIL;
	}
	silent = sw.found[AB_CPL3_SILENT];
	host = sw.found[AB_CPL3_HOST];
	traps = sw.found[AB_CPL3_TRAPS];
	printf("%zu sites: %zu good, %zu bad\n", g->nsite, g->nsite - g->nbad, g->nbad);
	printf("%zu sensitive instructions without a note: %zu silent, "
	       "%zu that depend on the host, %zu that trap\n",
	       silent + host + traps, silent, host, traps);
	if (silent)
		warn("%s: %zu instructions would run hosted with the wrong result, and "
		     "nothing would say so; build with rules that name them",
		     g->path, silent);
	return g->nbad ? AB_EXIT_FAIL : AB_EXIT_OK;
}
