// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Debug information of two objects, as a debugger reads it (libdw): every row of
 * every line table, and every address range of every entry must be the same,
 * where a place in code is the instruction that it is in front of.
 */
#include "config.h"
#include <stdio.h>
#include "tests/identity/objcmp.h"
#ifdef AB_HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <string.h>
#include "lib/diag.h"

struct side {
	struct object *o;
	Dwfl *dwfl;
	Dwfl_Module *mod;
	Dwarf *dwarf;		/* NULL: none */
	Dwarf_Addr bias;
};

static int no_debuginfo(Dwfl_Module *mod, void **data, const char *name,
			Dwarf_Addr base, const char *file, const char *link,
			GElf_Word crc, char **found)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)link;
	(void)crc, (void)found;
	return -1;
}

static void side_open(struct side *s, struct object *o)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = no_debuginfo,
		.section_address = dwfl_offline_section_address,
	};

	*s = (struct side){ .o = o, .dwfl = dwfl_begin(&callbacks) };
	if (!s->dwfl)
		die("libdwfl: %s", dwfl_errmsg(-1));
	s->mod = dwfl_report_offline(s->dwfl, "", o->path, -1);
	if (!s->mod)
		die("%s: %s", o->path, dwfl_errmsg(-1));
	dwfl_report_end(s->dwfl, NULL, NULL);
	s->dwarf = dwfl_module_getdwarf(s->mod, &s->bias);
}

/* The section that (addr) is in, and where there; (end): the end of something. */
static bool place_of(struct side *s, Dwarf_Addr addr, bool end, uint32_t *section,
		     uint64_t *off)
{
	Dwarf_Addr at = addr - end, bias;
	Elf_Scn *scn = dwfl_module_address_section(s->mod, &at, &bias);

	if (!scn)
		return false;
	*section = elf_ndxscn(scn);
	*off = at + end;
	return true;
}

static bool same_address(struct side *a, struct side *b, Dwarf_Addr x, Dwarf_Addr y,
			 bool end)
{
	uint32_t i, j;
	uint64_t p, q;
	bool known = place_of(a, x, end, &i, &p);

	if (known != place_of(b, y, end, &j, &q))
		return false;
	if (!known)
		return x == y;
	return i < a->o->v.shnum && a->o->peer[i] == j &&
	       same_place(a->o, b->o, i, p, q);
}

static bool same_string(const char *x, const char *y)
{
	return x && y ? !strcmp(x, y) : x == y;
}

static bool same_row(struct side *a, struct side *b, Dwarf_Line *x, Dwarf_Line *y)
{
	Dwarf_Addr at = 0, bt = 0;
	int m = 0, n = 0;
	bool p = false, q = false;

	dwarf_lineendsequence(x, &p);
	dwarf_lineendsequence(y, &q);
	dwarf_lineaddr(x, &at);
	dwarf_lineaddr(y, &bt);
	/* a row at the end of a section: the next one may begin at that address */
	if (p != q || (!same_address(a, b, at + a->bias, bt + b->bias, p) &&
		       !same_address(a, b, at + a->bias, bt + b->bias, true)))
		return false;
	dwarf_lineno(x, &m);
	dwarf_lineno(y, &n);
	if (m != n)
		return false;
	dwarf_linecol(x, &m);
	dwarf_linecol(y, &n);
	dwarf_linebeginstatement(x, &p);
	dwarf_linebeginstatement(y, &q);
	return m == n && p == q &&
	       same_string(dwarf_linesrc(x, NULL, NULL), dwarf_linesrc(y, NULL, NULL));
}

static void lines_compare(struct side *a, struct side *b, Dwarf_Die *x, Dwarf_Die *y)
{
	Dwarf_Lines *la, *lb;
	size_t n, m;

	if (dwarf_getsrclines(x, &la, &n))
		n = 0;
	if (dwarf_getsrclines(y, &lb, &m))
		m = 0;
	if (n != m) {
		fail("line table: %zu rows, then %zu", n, m);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *r = dwarf_onesrcline(la, i), *s = dwarf_onesrcline(lb, i);

		if (!same_row(a, b, r, s)) {
			Dwarf_Addr addr = 0;
			int line = 0;

			dwarf_lineaddr(r, &addr);
			dwarf_lineno(r, &line);
			fail("line table: row %zu (line %d, %#lx) differs", i, line,
			     (long)addr);
			return;
		}
	}
}

/* The address ranges of an entry. */
static void ranges_compare(struct side *a, struct side *b, Dwarf_Die *x, Dwarf_Die *y)
{
	Dwarf_Addr base, from, to, base2, from2, to2;
	ptrdiff_t i = 0, j = 0;

	for (;;) {
		i = dwarf_ranges(x, i, &base, &from, &to);
		j = dwarf_ranges(y, j, &base2, &from2, &to2);
		if ((i > 0) != (j > 0)) {
			fail("%s: other ranges", dwarf_diename(x) ? dwarf_diename(x) : "?");
			return;
		}
		if (i <= 0)
			return;
		if ((from == to) != (from2 == to2) ||
		    (from != to &&
		     (!same_address(a, b, from + a->bias, from2 + b->bias, false) ||
		      !same_address(a, b, to + a->bias, to2 + b->bias, true))))
			fail("%s: range %#lx-%#lx, then %#lx-%#lx",
			     dwarf_diename(x) ? dwarf_diename(x) : "?", (long)from,
			     (long)to, (long)from2, (long)to2);
	}
}

/* An entry of the debug information and all that is in it. */
static void entry_compare(struct side *a, struct side *b, Dwarf_Die x, Dwarf_Die y)
{
	for (;;) {
		Dwarf_Die cx, cy;
		int hx, hy;

		if (dwarf_tag(&x) != dwarf_tag(&y) ||
		    !same_string(dwarf_diename(&x), dwarf_diename(&y))) {
			fail("debug information: other entries");
			return;
		}
		ranges_compare(a, b, &x, &y);
		hx = dwarf_child(&x, &cx);
		hy = dwarf_child(&y, &cy);
		if (hx != hy) {
			fail("debug information: other children");
			return;
		}
		if (!hx)
			entry_compare(a, b, cx, cy);
		hx = dwarf_siblingof(&x, &x);
		hy = dwarf_siblingof(&y, &y);
		if (hx != hy)
			fail("debug information: other siblings");
		if (hx || hy)
			return;
	}
}

static void units_compare(struct side *a, struct side *b)
{
	Dwarf_CU *cx = NULL, *cy = NULL;

	for (;;) {
		Dwarf_Die x, y;
		int rx = dwarf_get_units(a->dwarf, cx, &cx, NULL, NULL, &x, NULL);
		int ry = dwarf_get_units(b->dwarf, cy, &cy, NULL, NULL, &y, NULL);

		if (rx != ry)
			fail("debug information: other units");
		if (rx || ry)
			return;
		lines_compare(a, b, &x, &y);
		entry_compare(a, b, x, y);
	}
}

void dwarf_compare(struct object *a, struct object *b)
{
	struct side x, y;

	side_open(&x, a);
	side_open(&y, b);
	if (!x.dwarf != !y.dwarf)
		fail("debug information: only in one");
	if (x.dwarf && y.dwarf)
		units_compare(&x, &y);
	dwfl_end(x.dwfl);
	dwfl_end(y.dwfl);
}
#else
void dwarf_compare(struct object *a, struct object *b)
{
	(void)a;
	(void)b;
	fputs("objcmp: built without libdw: line tables are not compared\n", stderr);
}
#endif
