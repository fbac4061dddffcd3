// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * objcmp PLAIN.o AFTERBURNED.o: is the second object the first one, but for
 * pads and patch notes?
 *
 * Code is compared instruction by instruction: no-ops (pads and alignment) are
 * left out on both sides, and the n-th instruction of one must be the n-th of
 * the other, byte for byte, where an address inside of code counts as the
 * number of the instruction that it leads to.  Data, relocations (and so
 * exception tables), symbols and lengths of alternatives are compared in the
 * same terms; line tables and ranges of debug information by dwarfcmp.c,
 * unwind tables by cficmp.c.  Passed are .gcc_except_table*: C has none.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ops.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "lib/note.h"
#include "tests/identity/objcmp.h"

static int failures;

void fail(const char *fmt, ...)
{
	va_list ap;

	if (failures++ > 20)
		return;
	va_start(ap, fmt);
	fputs("objcmp: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

struct elf_sec section(struct object *o, uint32_t i)
{
	struct elf_sec s;

	if (elf_section(&o->v, i, &s))
		die("%s: %s", o->path, o->v.why);
	return s;
}

static int mark_pad(void *ctx, const struct note_site *s)
{
	/* a vsyscall site's no-op is part of it, before the two bytes of its int */
	bool first = s->op == AB_OP_VSYSCALL;
	unsigned from = first ? 0 : s->insn_len, to = first ? s->total_len - 2 : s->total_len;
	struct object *o = ctx;
	struct elf_sec sec = section(o, s->section);

	if (o->pad[s->section] && o->bits[s->section] != s->code_bits)
		o->bits[s->section] = MIXED;
	else
		o->bits[s->section] = s->code_bits;
	if (!o->pad[s->section])
		o->pad[s->section] = xcalloc(1, sec.size + 1);
	for (unsigned i = from; i < to; i++)
		if (s->addr + i < sec.size)
			o->pad[s->section][s->addr + i] = 1;
	return 0;
}

static int mark_note(void *ctx, struct elfview *v, const struct elf_note *n)
{
	return note_is_patch(n) ? note_sites(v, n, mark_pad, ctx) : 0;
}

static void object_open(struct object *o, const char *path)
{
	size_t size;
	uint32_t i;

	*o = (struct object){ .path = path };
	if (file_read(path, &o->data, &size))
		die("cannot read %s", path);
	if (elf_view(&o->v, o->data, size))
		die("%s: %s", path, o->v.why);
	o->bits = xcalloc(o->v.shnum + 1, 1);
	memset(o->bits, o->v.is64 ? 64 : 32, o->v.shnum + 1);
	o->code = xcalloc(o->v.shnum + 1, sizeof(*o->code));
	o->peer = xcalloc(o->v.shnum + 1, sizeof(*o->peer));
	o->pad = xcalloc(o->v.shnum + 1, sizeof(*o->pad));
	i = elf_find_type(&o->v, SHT_SYMTAB, 1);
	if (i) {
		o->symtab = section(o, i);
		elf_symbol_count(&o->v, &o->symtab, &o->nsym);
	}
	if (elf_notes_walk(&o->v, mark_note, o) < 0)
		die("%s: %s", path, o->v.why);
}

/* Instructions that are no no-ops.  Pads are taken out first: what is data in
 * code decodes to the same nonsense on both sides then. */
static void code_read(struct object *o, uint32_t index)
{
	struct elf_sec s = section(o, index);
	const uint8_t *b = elf_contents(&o->v, &s);
	struct code *c = &o->code[index];
	const uint8_t *pad = o->pad[index];
	uint8_t *plain = xcalloc(1, s.size + 1);
	uint64_t *off = xcalloc(s.size + 1, sizeof(*off)), n = 0;

	for (uint64_t i = 0; i < s.size; i++) {
		if (pad && pad[i])
			continue;
		off[n] = i;
		plain[n++] = b[i];
	}
	c->insn = xcalloc(s.size + 1, sizeof(*c->insn));
	c->size = s.size;
	for (uint64_t at = 0; at < n;) {
		struct ab_insn in;
		int len = ab_decode(plain + at, n - at, o->bits[index], &in);

		if (!plain[at] && !plain[at + 1]) {	/* what data is filled with */
			at += at + 1 < n ? 2 : 1;
			continue;
		}
		if (len > 0 && (in.gen == AB_GEN_NOP ||
				/* what code is filled with, too */
				in.op == AB_OP_INT3 ||
				(in.gen == AB_GEN_LEA && in.nopnd == 2 &&
				 in.opnd[1].kind == AB_OPND_MEM &&
				 in.opnd[1].base == (int)in.opnd[0].reg &&
				 !in.opnd[1].disp && in.opnd[1].index < 0))) {
			at += len;
			continue;
		}
		c->insn[c->n++] = (struct insn){ off[at], at, len > 0 ? len : 1,
						 len > 0 };
		at += len > 0 ? len : 1;
	}
	c->insn[c->n].off = s.size;
	c->plain = plain;
	c->pads = s.size - n;
	c->off = off;
}

/* Number of the first instruction at or behind (off). */
static size_t number_at(const struct code *c, uint64_t off)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->insn[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Do (x) and (y) stand between the same two instructions, and not inside of one?
 * Between an instruction and its pad counts, too. */
static bool same_border(const struct code *a, uint64_t x, const struct code *b,
			uint64_t y)
{
	size_t n = number_at(a, x);

	return x <= a->size && y <= b->size && n == number_at(b, y) &&
	       (a->insn[n].off == x || (n && a->insn[n - 1].off + a->insn[n - 1].len <= x));
}

static bool is_ours(const char *name)
{
	return !strncmp(name, ".note.afterburner", 17) ||
	       !strncmp(name, ".rel.note.afterburner", 21) ||
	       !strncmp(name, ".rela.note.afterburner", 22);
}

static bool is_table(uint32_t type)
{
	return type == SHT_SYMTAB || type == SHT_STRTAB || type == SHT_REL ||
	       type == SHT_RELA || type == SHT_GROUP || type == SHT_SYMTAB_SHNDX;
}

/* Contents that measure distances in code, in a language of their own. */
static bool is_measured(const char *name)
{
	return !strncmp(name, ".debug_", 7) || !strcmp(name, ".eh_frame") ||
	       !strncmp(name, ".gcc_except_table", 17);
}

static void sections_pair(struct object *a, struct object *b)
{
	uint32_t j = 1;

	for (uint32_t i = 1; i < a->v.shnum; i++) {
		struct elf_sec s = section(a, i);
		struct elf_sec t = { 0 };

		if (is_table(s.type))
			continue;
		for (; j < b->v.shnum; j++) {
			t = section(b, j);
			if (!is_table(t.type) && !is_ours(t.name))
				break;
		}
		if (j == b->v.shnum || strcmp(s.name, t.name) || s.type != t.type ||
		    s.flags != t.flags) {
			fail("section %s has no like", s.name);
			return;
		}
		a->peer[i] = j++;
		a->bits[i] = b->bits[a->peer[i]];
		if (s.flags & SHF_EXECINSTR && s.type == SHT_PROGBITS &&
		    a->bits[i] != MIXED) {
			code_read(a, i);
			code_read(b, a->peer[i]);
		}
	}
}

bool same_place(struct object *a, struct object *b, uint32_t i,
		       uint64_t x, uint64_t y)
{
	const struct code *c = &a->code[i];

	if (i && a->bits[i] == MIXED)
		return true;
	if (!i || !c->insn)
		return x == y;
	return number_at(c, x) == number_at(&b->code[a->peer[i]], y);
}

struct relocs {
	struct elf_sec sec;
	uint32_t n;
};

static bool relocs_of(struct object *o, uint32_t target, struct relocs *r)
{
	for (uint32_t i = 1; i < o->v.shnum; i++) {
		struct elf_sec s = section(o, i);

		if ((s.type != SHT_REL && s.type != SHT_RELA) || s.info != target)
			continue;
		r->sec = s;
		if (elf_reloc_count(&o->v, &s, &r->n))
			die("%s: %s", o->path, o->v.why);
		return true;
	}
	r->n = 0;
	return false;
}

static struct elf_symbol symbol(struct object *o, uint32_t i)
{
	struct elf_symbol s;

	if (elf_get_symbol(&o->v, &o->symtab, i, &s))
		die("%s: %s", o->path, o->v.why);
	return s;
}

static bool is_relative(struct object *o, uint32_t type)
{
	return o->v.is64 ? type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
			   type == R_X86_64_PC8 || type == R_X86_64_PC16 :
			   type == R_386_PC32 || type == R_386_PLT32 ||
			   type == R_386_PC8 || type == R_386_PC16;
}

static int64_t addend(const struct relocs *r, const struct elf_reloc *rel,
		      const uint8_t *bytes)
{
	if (r->sec.type == SHT_RELA)
		return rel->addend;
	switch (rel->type) {
	case R_386_8: case R_386_PC8:
		return (int8_t)bytes[rel->offset];
	case R_386_16: case R_386_PC16:
		return (int16_t)(bytes[rel->offset] | bytes[rel->offset + 1] << 8);
	default:
		return (int32_t)get_le32(bytes + rel->offset);
	}
}

/* "TABLE-HERE(%ebp)": a distance in code that is part of an operand grows by the
 * pads in between.  True when two instructions of (a) are (x) apart, and the same
 * two are (y) apart in (b). */
static bool grown(const struct code *a, const struct code *b, int64_t x, int64_t y)
{
	if (x < 0) {
		x = -x;
		y = -y;
	}
	if (y <= x || y - x > b->pads)
		return false;
	for (size_t k = 0; k < a->n; k++) {
		uint64_t to = a->insn[k].off + x;
		size_t m = number_at(a, to);

		if (to > a->size)
			return false;
		if (a->insn[m].off == to && m <= b->n &&
		    b->insn[m].off - b->insn[k].off == (uint64_t)y)
			return true;
	}
	return false;
}

/* An entry of a jump table in data, PLACE in code - begin of the table, is
 * relative to itself: the addend is too large by its distance from the begin,
 * which is not known.  True when some distance makes both the same place. */
static bool same_entry(struct object *a, struct object *b, uint32_t code,
		       uint64_t offset, int64_t x, int64_t y)
{
	const struct code *ca = &a->code[code], *cb = &b->code[a->peer[code]];

	if (!ca->insn)
		return false;
	for (int64_t k = 0; k <= (int64_t)offset && k <= x && k <= y; k += 4) {
		size_t n = number_at(ca, x - k), m = number_at(cb, y - k);

		if (n == m && ca->insn[n].off == (uint64_t)(x - k) &&
		    cb->insn[m].off == (uint64_t)(y - k))
			return true;
	}
	return false;
}

/* By name; of what has a number in its name (.L\@ of a macro), by place. */
static bool same_symbol(struct object *a, struct object *b,
			const struct elf_symbol *x, const struct elf_symbol *y)
{
	if (!strcmp(x->name, y->name))
		return true;
	return !strncmp(x->name, ".L", 2) && !strncmp(y->name, ".L", 2) &&
	       x->shndx && x->shndx < a->v.shnum && a->peer[x->shndx] == y->shndx &&
	       same_place(a, b, x->shndx, x->value, y->value);
}

/* Relocations of section (i): same places, types, symbols; marks the bytes that
 * they cover in both. */
static void relocs_compare(struct object *a, struct object *b, uint32_t i,
			   uint8_t *ma, uint8_t *mb)
{
	struct elf_sec s = section(a, i), t = section(b, a->peer[i]);
	const uint8_t *ba = elf_contents(&a->v, &s), *bb = elf_contents(&b->v, &t);
	struct relocs ra, rb;

	relocs_of(a, i, &ra);
	relocs_of(b, a->peer[i], &rb);
	if (ra.n != rb.n) {
		if (!is_measured(s.name))
			fail("%s: %u relocations, then %u", s.name, ra.n, rb.n);
		return;
	}
	for (uint32_t k = 0; k < ra.n; k++) {
		struct elf_reloc x, y;
		struct elf_symbol sx, sy;
		int64_t ax, ay;

		if (elf_get_reloc(&a->v, &ra.sec, k, &x) ||
		    elf_get_reloc(&b->v, &rb.sec, k, &y))
			die("relocations cannot be read");
		sx = symbol(a, x.sym);
		sy = symbol(b, y.sym);
		for (int n = 0; n < (a->v.is64 && x.type == R_X86_64_64 ? 8 : 4); n++) {
			if (x.offset + n < s.size)
				ma[x.offset + n] = 1;
			if (y.offset + n < t.size)
				mb[y.offset + n] = 1;
		}
		if (x.type != y.type || !same_symbol(a, b, &sx, &sy)) {
			fail("%s: relocation %u: type %u %s, then %u %s", s.name,
			     k, x.type, sx.name, y.type, sy.name);
			continue;
		}
		if (is_measured(s.name))
			continue;
		if (!same_place(a, b, i, x.offset, y.offset) &&
		    !a->code[i].insn)
			fail("%s: relocation %u moved: %#lx, %#lx", s.name, k,
			     (long)x.offset, (long)y.offset);
		ax = addend(&ra, &x, ba);
		ay = addend(&rb, &y, bb);
		if (sx.type == STT_SECTION) {
			int rel = is_relative(a, x.type) && a->code[i].insn ? 4 : 0;

			if (rel && grown(&a->code[i], &b->code[a->peer[i]], ax, ay))
				continue;
			/* "TABLE - 0xf0000": no place, but arithmetic with one */
			if (ax == ay && (ax < -16 || (uint64_t)ax > section(a, sx.shndx).size + 16))
				continue;
			if (!same_place(a, b, sx.shndx, ax + rel, ay + rel) &&
			    !same_place(a, b, sx.shndx, ax, ay) &&
			    !(is_relative(a, x.type) && !a->code[i].insn &&
			      same_entry(a, b, sx.shndx, x.offset, ax, ay)))
				fail("%s+%#lx: relocation against %s+%#lx, then %#lx",
				     s.name, (long)x.offset, section(a, sx.shndx).name,
				     (long)ax, (long)ay);
		} else if (ax != ay && !(sx.shndx && a->code[sx.shndx].insn)) {
			fail("%s+%#lx: addend %ld, then %ld", s.name,
			     (long)x.offset, (long)ax, (long)ay);
		}
	}
}

static bool same_but_distance(const struct code *ca, const struct code *cb,
			      const struct ab_insn *x, const struct ab_insn *y)
{
	if (x->op != y->op || x->gen != y->gen || x->nopnd != y->nopnd ||
	    x->opsize != y->opsize)
		return false;
	for (int i = 0; i < x->nopnd; i++) {
		struct ab_operand a = x->opnd[i], b = y->opnd[i];

		if (a.kind == AB_OPND_REL)
			return false;
		if (a.disp != b.disp && !grown(ca, cb, a.disp, b.disp))
			return false;
		if (a.imm != b.imm && !grown(ca, cb, a.imm, b.imm))
			return false;
		if (a.kind != b.kind || a.size != b.size || a.reg != b.reg ||
		    a.high8 != b.high8 || a.seg != b.seg || a.base != b.base ||
		    a.index != b.index || a.scale != b.scale)
			return false;
	}
	return true;
}

/* The place that the instruction's operand names relative to itself. */
static bool relative_target(const struct ab_insn *in, uint64_t next, uint64_t *to)
{
	for (int i = 0; i < in->nopnd; i++) {
		const struct ab_operand *o = &in->opnd[i];

		if (o->kind == AB_OPND_REL) {
			*to = next + o->imm;
			return true;
		}
		if (o->kind == AB_OPND_MEM && o->base == AB_REG_RIP) {
			*to = next + o->disp;
			return true;
		}
	}
	return false;
}

static bool same_bytes(const struct code *ca, const struct insn *x,
		       const uint8_t *ma, const struct code *cb,
		       const struct insn *y, const uint8_t *mb)
{
	if (x->len != y->len)
		return false;
	for (int n = 0; n < x->len; n++)
		if (ca->plain[x->pos + n] != cb->plain[y->pos + n] &&
		    !(ma[ca->off[x->pos + n]] && mb[cb->off[y->pos + n]]))
			return false;
	return true;
}

static void code_compare(struct object *a, struct object *b, uint32_t i,
			 const uint8_t *ma, const uint8_t *mb)
{
	struct elf_sec s = section(a, i);
	const struct code *ca = &a->code[i], *cb = &b->code[a->peer[i]];

	if (ca->n != cb->n) {
		fail("%s: %zu instructions, then %zu", s.name, ca->n, cb->n);
		return;
	}
	for (size_t k = 0; k < ca->n; k++) {
		const struct insn *x = &ca->insn[k], *y = &cb->insn[k];
		struct ab_insn ix, iy;
		uint64_t tx, ty;

		if (same_bytes(ca, x, ma, cb, y, mb))
			continue;
		if (!x->known || !y->known) {
			fail("%s+%#lx: byte differs", s.name, (long)x->off);
			continue;
		}
		ab_decode(ca->plain + x->pos, x->len, a->bits[i], &ix);
		ab_decode(cb->plain + y->pos, y->len, a->bits[i], &iy);
		if (same_but_distance(ca, cb, &ix, &iy))
			continue;
		if (ix.op != iy.op || ix.gen != iy.gen || ix.cc != iy.cc ||
		    !relative_target(&ix, x->off + x->len, &tx) ||
		    !relative_target(&iy, y->off + y->len, &ty) ||
		    !same_place(a, b, i, tx, ty))
			fail("%s+%#lx: another instruction at +%#lx", s.name,
			     (long)x->off, (long)y->off);
	}
}

bool reloc_target(struct object *o, uint32_t i, uint64_t off, uint32_t *sec,
		  uint64_t *place)
{
	struct elf_sec s = section(o, i);
	const uint8_t *bytes = elf_contents(&o->v, &s);
	struct relocs r;
	struct elf_reloc rel;

	relocs_of(o, i, &r);
	for (uint32_t k = 0; k < r.n; k++) {
		struct elf_symbol sym;

		if (elf_get_reloc(&o->v, &r.sec, k, &rel) || rel.offset != off)
			continue;
		sym = symbol(o, rel.sym);
		*sec = sym.shndx;
		*place = sym.value + addend(&r, &rel, bytes);
		return sym.shndx && sym.shndx < o->v.shnum;
	}
	return false;
}

/* Where entry (k) of (r), relative to itself, points to in code. */
static bool reloc_place(struct object *o, struct relocs *r, uint32_t k,
			const uint8_t *bytes, uint32_t *section, uint64_t *place)
{
	struct elf_reloc rel;
	struct elf_symbol s;

	if (elf_get_reloc(&o->v, &r->sec, k, &rel))
		return false;
	s = symbol(o, rel.sym);
	*section = s.shndx;
	*place = s.value + addend(r, &rel, bytes);
	return s.shndx && s.shndx < o->v.shnum && o->code[s.shndx].insn;
}

/* Byte (n) of table (i) differs.  An alternative tells how long the code is that
 * one of its places begins: then it must end in front of the same instruction,
 * and the places stand just before the byte. */
static bool same_length(struct object *a, struct object *b, uint32_t i, uint64_t n,
			uint8_t x, uint8_t y)
{
	struct elf_sec s = section(a, i), t = section(b, a->peer[i]);
	const uint8_t *ba = elf_contents(&a->v, &s), *bb = elf_contents(&b->v, &t);
	struct relocs ra, rb;
	struct elf_reloc r;

	relocs_of(a, i, &ra);
	relocs_of(b, a->peer[i], &rb);
	for (uint32_t k = 0; k < ra.n && k < rb.n; k++) {
		uint32_t sa, sb;
		uint64_t pa, pb;

		if (elf_get_reloc(&a->v, &ra.sec, k, &r) || r.offset >= n ||
		    r.offset + 12 <= n)
			continue;
		if (!reloc_place(a, &ra, k, ba, &sa, &pa) ||
		    !reloc_place(b, &rb, k, bb, &sb, &pb) || a->peer[sa] != sb)
			continue;
		if (same_place(a, b, sa, pa, pb) &&
		    same_border(&a->code[sa], pa + x, &b->code[sb], pb + y))
			return true;
	}
	return false;
}

static void section_compare(struct object *a, struct object *b, uint32_t i)
{
	struct elf_sec s = section(a, i), t = section(b, a->peer[i]);
	uint8_t *ma = xcalloc(1, s.size + 1), *mb = xcalloc(1, t.size + 1);
	const uint8_t *ba, *bb;

	if (a->bits[i] == MIXED)
		goto out;
	if (s.type == SHT_NOBITS) {
		if (s.size != t.size)
			fail("%s: size %ld, then %ld", s.name, (long)s.size,
			     (long)t.size);
		goto out;
	}
	ba = elf_contents(&a->v, &s);
	bb = elf_contents(&b->v, &t);
	relocs_compare(a, b, i, ma, mb);
	if (a->code[i].insn) {
		code_compare(a, b, i, ma, mb);
	} else if (!is_measured(s.name)) {
		if (s.size != t.size)
			fail("%s: size %ld, then %ld", s.name, (long)s.size,
			     (long)t.size);
		for (uint64_t n = 0; n < s.size && n < t.size; n++)
			if (ba[n] != bb[n] && !(ma[n] && mb[n]) &&
			    (strcmp(s.name, ".altinstructions") ||
			     !same_length(a, b, i, n, ba[n], bb[n]))) {
				fail("%s+%#lx: data differs", s.name, (long)n);
				break;
			}
	}
out:
	free(ma);
	free(mb);
}

/* The next symbol that is none of a section: those come and go with
 * relocations.  False at the end. */
static bool next_symbol(struct object *o, uint32_t *i, struct elf_symbol *s)
{
	while (*i < o->nsym) {
		*s = symbol(o, (*i)++);
		if (s->type != STT_SECTION)
			return true;
	}
	return false;
}

static void symbols_compare(struct object *a, struct object *b)
{
	struct elf_symbol x, y;
	uint32_t i = 1, j = 1;

	while (next_symbol(a, &i, &x)) {
		bool local = x.shndx && x.shndx < a->v.shnum;

		if (!next_symbol(b, &j, &y)) {
			fail("symbol %s is gone", x.name);
			return;
		}
		if (!same_symbol(a, b, &x, &y) || x.type != y.type || x.bind != y.bind)
			fail("symbol %u: %s, then %s", i, x.name, y.name);
		else if (!local ? x.shndx != y.shndx || x.value != y.value :
			 !same_place(a, b, x.shndx, x.value, y.value) ||
			 !same_place(a, b, x.shndx, x.value + x.size,
				     y.value + y.size))
			fail("symbol %s moved: %#lx+%#lx, then %#lx+%#lx", x.name,
			     (long)x.value, (long)x.size, (long)y.value, (long)y.size);
	}
	if (next_symbol(b, &j, &y))
		fail("symbol %s is new", y.name);
}

int main(int argc, char **argv)
{
	struct object a, b;

	diag_init("objcmp");
	if (argc != 3)
		die_usage("objcmp PLAIN.o AFTERBURNED.o");
	object_open(&a, argv[1]);
	object_open(&b, argv[2]);
	sections_pair(&a, &b);
	for (uint32_t i = 1; i < a.v.shnum && !failures; i++)
		if (a.peer[i]) {
			section_compare(&a, &b, i);
			cfi_compare(&a, &b, i);
		}
	if (!failures)
		symbols_compare(&a, &b);
	if (!failures)
		dwarf_compare(&a, &b);
	if (failures)
		fprintf(stderr, "objcmp: %s and %s differ\n", argv[1], argv[2]);
	return failures ? AB_EXIT_FAIL : AB_EXIT_OK;
}
