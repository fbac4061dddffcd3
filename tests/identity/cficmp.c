// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Unwind tables of two objects, entry by entry: the same functions from and to
 * the same instructions, and the same rules from the same instructions on.  How
 * far an advance is may differ by the pads in between, and so may its encoding.
 */
#include "config.h"
#include <string.h>
#include "tests/identity/objcmp.h"

struct table {
	struct object *o;
	uint32_t section;
	const uint8_t *b;
	uint64_t size, pos;
	bool eh;
};

/* What a CIE says that its FDEs need. */
struct cie {
	uint64_t off, code_align;
	uint8_t encoding;	/* of addresses */
	bool augmented;		/* FDEs hold a length of augmentation data */
};

struct entry {
	uint64_t off, end;	/* behind the length; behind the entry */
	uint64_t id_at, cie;	/* CIE: cie is its own offset */
	bool is_cie;
	uint64_t body;		/* instructions */
	uint32_t code;		/* FDE: section, range */
	uint64_t from, to;
	struct cie info;
};

enum { SIZE_MASK = 0x07 };	/* of an encoding */

static uint64_t uleb(const uint8_t *b, uint64_t *pos, uint64_t end)
{
	uint64_t v = 0;

	for (int shift = 0; *pos < end; shift += 7) {
		uint8_t c = b[(*pos)++];

		if (shift < 64)
			v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	return v;
}

static unsigned address_size(const struct table *t, uint8_t encoding)
{
	switch (encoding & SIZE_MASK) {
	case 2: return 2;
	case 3: return 4;
	case 4: return 8;
	default: return t->o->v.is64 ? 8 : 4;
	}
}

static void cie_read(struct table *t, uint64_t at, struct cie *c, uint64_t *body)
{
	uint64_t end = at + 4 + get_le32(t->b + at), p = at + 8, data;
	uint8_t version;
	const char *aug;

	*c = (struct cie){ .off = at };
	if (end > t->size || p >= end) {
		fail("unwind table: a CIE at %#lx that is none", (long)at);
		*body = t->size;
		return;
	}
	version = t->b[p++];
	aug = (const char *)t->b + p;
	p += strnlen(aug, end - p) + 1;
	if (version >= 4)
		p += 2;
	c->code_align = uleb(t->b, &p, end);
	uleb(t->b, &p, end);		/* data alignment: compared as bytes */
	if (version == 1)
		p++;
	else
		uleb(t->b, &p, end);
	if (*aug == 'z') {
		data = uleb(t->b, &p, end);
		*body = p + data;
		c->augmented = true;
		for (aug++; *aug && p < end; aug++) {
			if (*aug == 'R')
				c->encoding = t->b[p++];
			else if (*aug == 'L')
				p++;
			else if (*aug == 'P')
				p += 1 + address_size(t, t->b[p]);
		}
	} else {
		*body = p;
	}
}

/* The next entry; false at the end. */
static bool entry_next(struct table *t, struct entry *e)
{
	uint32_t len, id;
	unsigned size;
	uint64_t p, skip;

	if (t->pos + 8 > t->size || !(len = get_le32(t->b + t->pos)))
		return false;
	*e = (struct entry){ .off = t->pos, .end = t->pos + 4 + len,
			     .id_at = t->pos + 4 };
	if (len < 4 || len >= 0xfffffff0 || e->end > t->size) {
		fail("unwind table: an entry of %u bytes", len);
		return false;
	}
	t->pos = e->end;
	id = get_le32(t->b + e->id_at);
	e->is_cie = id == (t->eh ? 0 : 0xffffffff);
	if (e->is_cie) {
		cie_read(t, e->off, &e->info, &e->body);
		return true;
	}
	e->cie = t->eh ? e->id_at - id : id;
	if (!t->eh) {
		uint32_t sec;

		reloc_target(t->o, t->section, e->id_at, &sec, &e->cie);
	}
	if (e->cie + 12 > t->size) {
		fail("unwind table: an entry of no CIE");
		return false;
	}
	cie_read(t, e->cie, &e->info, &skip);
	size = address_size(t, e->info.encoding);
	p = e->id_at + 4;
	if (p + 2 * size > e->end ||
	    !reloc_target(t->o, t->section, p, &e->code, &e->from)) {
		fail("unwind table: an entry without a function");
		return false;
	}
	e->to = e->from + (size == 8 ? get_le64(t->b + p + size) :
			   get_le32(t->b + p + size));
	e->body = p + 2 * size;
	if (e->info.augmented) {
		skip = uleb(t->b, &e->body, e->end);
		e->body += skip;
	}
	return true;
}

/* One unwind instruction at *pos: an advance (adds to *loc), or its bytes. */
static bool is_advance(const struct table *t, const struct entry *e, uint64_t *pos,
		       uint64_t *loc)
{
	const uint8_t *b = t->b + *pos;
	uint64_t by;

	if (*b >> 6 == 1) {
		by = *b & 0x3f;
		*pos += 1;
	} else if (*b == 2) {
		by = b[1];
		*pos += 2;
	} else if (*b == 3) {
		by = get_le16(b + 1);
		*pos += 3;
	} else if (*b == 4) {
		by = get_le32(b + 1);
		*pos += 5;
	} else {
		return false;
	}
	*loc += by * e->info.code_align;
	return true;
}

/* Advances, and the no-ops that fill the end. */
static void pass_advances(const struct table *t, const struct entry *e,
			  uint64_t *pos, uint64_t *loc)
{
	while (*pos < e->end) {
		if (!t->b[*pos])
			++*pos;
		else if (!is_advance(t, e, pos, loc))
			return;
	}
}

/* Behind the unwind instruction at (pos), which is no advance. */
static uint64_t op_end(const struct table *t, uint64_t pos, uint64_t end)
{
	uint8_t op = t->b[pos++];
	uint64_t len;

	switch (op >> 6) {
	case 2:				/* offset */
		uleb(t->b, &pos, end);
		return pos;
	case 3:				/* restore */
		return pos;
	}
	switch (op) {
	case 0x05: case 0x09: case 0x0c: case 0x11: case 0x12: case 0x14: case 0x15:
		uleb(t->b, &pos, end);
		/* fall through */
	case 0x06: case 0x07: case 0x08: case 0x0d: case 0x0e: case 0x13: case 0x2e:
		uleb(t->b, &pos, end);
		return pos;
	case 0x10: case 0x16:
		uleb(t->b, &pos, end);
		/* fall through */
	case 0x0f:
		len = uleb(t->b, &pos, end);
		return len > end - pos ? end : pos + len;
	default:
		return pos;
	}
}

static void rules_compare(const struct table *x, const struct entry *e,
			  const struct table *y, const struct entry *f)
{
	uint64_t p = e->body, q = f->body, at = e->from, at2 = f->from;

	while (p < e->end || q < f->end) {
		uint64_t n, m;

		pass_advances(x, e, &p, &at);
		pass_advances(y, f, &q, &at2);
		if (p >= e->end && q >= f->end)
			return;
		n = p < e->end ? op_end(x, p, e->end) : p;
		m = q < f->end ? op_end(y, q, f->end) : q;
		if (n - p != m - q || memcmp(x->b + p, y->b + q, n - p)) {
			fail("unwind table: the rule at %#lx is another at %#lx",
			     (long)p, (long)q);
			return;
		}
		if (!e->is_cie && !same_place(x->o, y->o, e->code, at, at2)) {
			fail("unwind table: the rule from %#lx on holds from %#lx on",
			     (long)at, (long)at2);
			return;
		}
		p = n;
		q = m;
	}
}

static void entry_compare(const struct table *x, const struct entry *e,
			  const struct table *y, const struct entry *f)
{
	uint64_t head = e->body - e->off;

	if (e->is_cie != f->is_cie) {
		fail("unwind table: other entries");
		return;
	}
	if (e->is_cie) {
		if (f->body - f->off != head ||
		    memcmp(x->b + e->id_at, y->b + f->id_at, head - 4))
			fail("unwind table: other CIE at %#lx", (long)e->off);
	} else if (x->o->peer[e->code] != f->code ||
		   !same_place(x->o, y->o, e->code, e->from, f->from) ||
		   !same_place(x->o, y->o, e->code, e->to, f->to)) {
		fail("unwind table: %#lx-%#lx, then %#lx-%#lx", (long)e->from,
		     (long)e->to, (long)f->from, (long)f->to);
	}
	rules_compare(x, e, y, f);
}

void cfi_compare(struct object *a, struct object *b, uint32_t i)
{
	struct elf_sec s = section(a, i), r = section(b, a->peer[i]);
	struct table x = { .o = a, .section = i, .size = s.size };
	struct table y = { .o = b, .section = a->peer[i], .size = r.size };
	struct entry e, f;

	x.eh = y.eh = !strcmp(s.name, ".eh_frame");
	if (!x.eh && strcmp(s.name, ".debug_frame"))
		return;
	x.b = elf_contents(&a->v, &s);
	y.b = elf_contents(&b->v, &r);
	if (!x.b || !y.b)
		return;
	for (;;) {
		bool more = entry_next(&x, &e);

		if (more != entry_next(&y, &f))
			fail("unwind table: one has more entries");
		else if (more)
			entry_compare(&x, &e, &y, &f);
		if (!more || e.end >= x.size || f.end >= y.size)
			return;
	}
}
