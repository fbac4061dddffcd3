/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbols.c: from addresses to functions and back.
 *
 * Kernels' assembly is full of labels without type or size.  What has a size that
 * covers the address is the function, as the afterburner has it (func.c), whatever its
 * type; the nearest label of the same section is the next best.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "loader/priv.h"

#define LOOK_BACK	64	/* labels inside one function */

/* The address that (sym) has in the guest's linear space; false when it is
 * undefined, absolute or common. */
static bool symbol_address(struct guest_priv *p, const struct elf_symbol *sym,
			   struct elf_sec *sec, uint64_t *addr)
{
	const struct code_region *r;

	if (sym->shndx == SHN_UNDEF || sym->shndx >= p->view.shnum ||
	    elf_section(&p->view, sym->shndx, sec))
		return false;
	*addr = sym->value;
	if (p->view.type != ET_REL)
		return true;
	r = guest_region_of(p, sym->shndx);
	if (!r)
		return false;
	*addr += r->addr;
	return true;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct code_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->func - y->func;	/* the last one is taken: a function */
}

static void add_symbol(struct guest_priv *p, const struct elf_symbol *sym)
{
	struct elf_sec sec;
	uint64_t addr, start;

	if ((sym->type != STT_FUNC && sym->type != STT_NOTYPE) || !*sym->name ||
	    !symbol_address(p, sym, &sec, &addr) || !(sec.flags & SHF_EXECINSTR))
		return;
	start = p->view.type == ET_REL ? addr - sym->value : sec.addr;
	if (addr < start || addr - start > sec.size)
		return;
	if (!(p->nsymbol & (p->nsymbol - 1)))
		p->symbol = xrealloc(p->symbol, (p->nsymbol ? p->nsymbol * 2 : 1) *
						sizeof(p->symbol[0]));
	p->symbol[p->nsymbol++] = (struct code_symbol) {
		.addr = addr, .size = sym->size, .end = start + sec.size,
		.name = sym->name, .func = sym->type == STT_FUNC,
	};
}

/* The symbol table, dynamic symbols when there is no other. */
static bool find_symtab(struct elfview *v, struct elf_sec *tab, uint32_t *count)
{
	uint32_t i = elf_find_type(v, SHT_SYMTAB, 1);

	if (!i)
		i = elf_find_type(v, SHT_DYNSYM, 1);
	return i && !elf_section(v, i, tab) && !elf_symbol_count(v, tab, count);
}

static void read_symbols(struct guest_priv *p)
{
	struct elf_symbol sym;
	struct elf_sec tab;
	uint32_t count;

	p->symbols_read = true;
	if (!find_symtab(&p->view, &tab, &count))
		return;
	for (uint32_t i = 1; i < count; i++)
		if (!elf_get_symbol(&p->view, &tab, i, &sym))
			add_symbol(p, &sym);
	if (p->nsymbol)
		qsort(p->symbol, p->nsymbol, sizeof(p->symbol[0]), compare_symbols);
}

const char *ab_guest_symbol(struct ab_guest *g, uint64_t addr, uint64_t *offset)
{
	struct guest_priv *p = g->priv;
	const struct code_symbol *best = NULL;
	size_t lo = 0, hi;

	if (!p->symbols_read)
		read_symbols(p);
	hi = p->nsymbol;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (p->symbol[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i > 0 && lo - i < LOOK_BACK; i--) {
		const struct code_symbol *s = &p->symbol[i - 1];

		if (addr - s->addr < s->size) {
			best = s;
			break;
		}
		/* a function that ends before addr does not reach it */
		if (!best && addr < s->end && !s->size)
			best = s;
	}
	if (!best)
		return NULL;
	if (offset)
		*offset = addr - best->addr;
	return best->name;
}

uint64_t ab_guest_lookup(struct ab_guest *g, const char *name)
{
	struct guest_priv *p = g->priv;
	struct elf_symbol sym;
	struct elf_sec tab, sec;
	uint64_t addr;
	uint32_t count;

	if (!find_symtab(&p->view, &tab, &count))
		return 0;
	for (uint32_t i = 1; i < count; i++)
		if (!elf_get_symbol(&p->view, &tab, i, &sym) &&
		    !strcmp(sym.name, name) && sym.shndx != SHN_UNDEF) {
			if (sym.shndx >= SHN_LORESERVE && sym.shndx >= p->view.shnum)
				return sym.shndx == SHN_ABS ? sym.value : 0;
			if (symbol_address(p, &sym, &sec, &addr))
				return addr;
		}
	return 0;
}
