/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory by linear address, and the segment checks before it.  Page
 * crossings are checked whole before the first byte moves, so that an access
 * faults as one.
 */
#include "core/cpu.h"

#define PAGE	4096u

static void phys_read(struct ab_machine *m, uint64_t pa, uint8_t *buf, size_t len)
{
	const void *p = m->host->phys(m, pa, len);
	size_t n;

	if (p) {
		ab_memcpy(buf, p, len);
		return;
	}
	for (; len; len -= n, buf += n, pa += n) {
		n = len < 8 ? len : 8;
		if (!ab_mmio_read(m, pa, buf, n))
			ab_memset(buf, 0xff, n);
	}
}

static void phys_write(struct ab_machine *m, uint64_t pa, const uint8_t *buf, size_t len)
{
	void *p = m->host->phys(m, pa, len);
	size_t n;

	if (p) {
		ab_memcpy(p, buf, len);
		if (m->host->stored)
			m->host->stored(m, pa, len);
		return;
	}
	for (; len; len -= n, buf += n, pa += n) {
		n = len < 8 ? len : 8;
		ab_mmio_write(m, pa, buf, n);
	}
}

/* Linear addresses wrap at 4 GiB outside long mode. */
static uint64_t va_wrap(const struct ab_machine *m, uint64_t va)
{
	return ab_long_mode(m) ? va : va & 0xffffffff;
}

static size_t page_room(uint64_t va, size_t len)
{
	size_t room = PAGE - (va & (PAGE - 1));

	return len < room ? len : room;
}

enum ab_result ab_probe(struct ab_machine *m, uint64_t va, size_t len, unsigned acc)
{
	struct ab_xlat x;
	size_t n;

	for (; len; len -= n, va += n) {
		va = va_wrap(m, va);
		n = page_room(va, len);
		AB_TRY(ab_walk(m, va, acc, false, &x));
	}
	return AB_OK;
}

enum ab_result ab_read(struct ab_machine *m, uint64_t va, void *buf, size_t len,
		       unsigned acc)
{
	struct ab_xlat x;
	uint8_t *p = buf;
	size_t n;

	va = va_wrap(m, va);
	if (page_room(va, len) < len)
		AB_TRY(ab_probe(m, va, len, acc));
	for (; len; len -= n, va += n, p += n) {
		va = va_wrap(m, va);
		n = page_room(va, len);
		AB_TRY(ab_walk(m, va, acc, false, &x));
		phys_read(m, x.pa, p, n);
	}
	return AB_OK;
}

enum ab_result ab_write(struct ab_machine *m, uint64_t va, const void *buf, size_t len,
			unsigned acc)
{
	struct ab_xlat x;
	const uint8_t *p = buf;
	size_t n;

	acc |= AB_ACC_W;
	va = va_wrap(m, va);
	if (page_room(va, len) < len)
		AB_TRY(ab_probe(m, va, len, acc));
	for (; len; len -= n, va += n, p += n) {
		va = va_wrap(m, va);
		n = page_room(va, len);
		AB_TRY(ab_walk(m, va, acc, false, &x));
		phys_write(m, x.pa, p, n);
	}
	return AB_OK;
}

enum ab_result ab_sys_read(struct ab_machine *m, uint64_t va, void *buf, size_t len)
{
	return ab_read(m, va, buf, len, AB_ACC_R);
}

enum ab_result ab_sys_write(struct ab_machine *m, uint64_t va, const void *buf, size_t len)
{
	return ab_write(m, va, buf, len, AB_ACC_W);
}

enum ab_result ab_fetch(struct ab_machine *m, uint64_t va, void *buf, size_t len,
			size_t *got)
{
	struct ab_xlat x;
	uint8_t *p = buf;
	size_t n;

	*got = 0;
	for (; len; len -= n, va += n) {
		va = va_wrap(m, va);
		n = page_room(va, len);
		if (ab_code64(m) && !ab_canonical(va))
			return *got ? AB_OK : ab_fault_code(m, AB_GP, 0);
		if (ab_walk(m, va, AB_ACC_X | ab_acc_ring(m), false, &x) != AB_OK)
			return *got ? AB_OK : AB_FAULT;
		phys_read(m, x.pa, p + *got, n);
		*got += n;
	}
	return AB_OK;
}

bool ab_seg_room(const struct ab_seg *s, uint64_t off, uint64_t len)
{
	uint64_t top, last = off + len - 1;

	if (!(s->attr & AB_AT_CODE) && (s->attr & AB_AT_EC)) {
		top = s->attr & AB_AT_DB ? 0xffffffff : 0xffff;
		return off > s->limit && last <= top;
	}
	/* A flat segment has no end: the access wraps, as on hardware. */
	if (s->limit == 0xffffffff)
		return off <= 0xffffffff;
	return last <= s->limit;
}

static bool seg_type_allows(const struct ab_seg *s, unsigned acc)
{
	if (!(s->attr & AB_AT_P))
		return false;		/* null or unusable */
	if (acc & AB_ACC_X)
		return s->attr & AB_AT_CODE;
	if (s->attr & AB_AT_CODE)
		return !(acc & AB_ACC_W) && (s->attr & AB_AT_RW);
	return !(acc & AB_ACC_W) || (s->attr & AB_AT_RW);
}

static bool misaligned(const struct ab_machine *m, uint64_t va, size_t len)
{
	return m->cpu.cpl == 3 && (m->cpu.cr0 & AB_CR0_AM) &&
	       (m->cpu.rflags & AB_FL_AC) && len <= 8 && !(len & (len - 1)) &&
	       (va & (len - 1));
}

enum ab_result ab_linear(struct ab_machine *m, unsigned seg, uint64_t off, size_t len,
			 unsigned acc, uint64_t *va)
{
	const struct ab_seg *s = &m->cpu.seg[seg];
	uint64_t addr;
	bool ok;

	if (ab_code64(m)) {
		addr = off + (seg >= AB_SEG_FS ? s->base : 0);
		ok = ab_canonical(addr) && ab_canonical(addr + len - 1);
	} else {
		addr = (s->base + off) & 0xffffffff;
		ok = seg_type_allows(s, acc) && ab_seg_room(s, off, len);
	}
	if (!ok)
		return ab_fault_code(m, seg == AB_SEG_SS ? AB_SS : AB_GP, 0);
	if (!(acc & AB_ACC_X) && misaligned(m, addr, len))
		return ab_fault_code(m, AB_AC, 0);
	*va = addr;
	return AB_OK;
}

enum ab_result ab_load(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
		       unsigned acc, uint64_t *value)
{
	uint64_t va, v = 0;

	AB_TRY(ab_linear(m, seg, off, size, acc, &va));
	AB_TRY(ab_read(m, va, &v, size, (acc & AB_ACC_W) | ab_acc_ring(m)));
	*value = v;
	return AB_OK;
}

enum ab_result ab_store(struct ab_machine *m, unsigned seg, uint64_t off, unsigned size,
			uint64_t value)
{
	uint64_t va;

	AB_TRY(ab_linear(m, seg, off, size, AB_ACC_W, &va));
	return ab_write(m, va, &value, size, AB_ACC_W | ab_acc_ring(m));
}

void ab_stack_current(const struct ab_machine *m, struct ab_stack *st)
{
	st->ss = &m->cpu.seg[AB_SEG_SS];
	st->width = ab_stack_size(m);
	st->sp = ab_gpr(m, AB_ESP, st->width);
	st->acc = ab_acc_ring(m);
	st->error = 0;
}

void ab_stack_inner(const struct ab_machine *m, struct ab_stack *st,
		    const struct ab_seg *ss, uint64_t sp, unsigned cpl, unsigned ext)
{
	st->ss = ss;
	st->width = ab_long_mode(m) ? 8 : ss->attr & AB_AT_DB ? 4 : 2;
	st->sp = sp & ab_size_mask(st->width);
	st->acc = cpl == 3 ? AB_ACC_U : 0;
	st->error = AB_SEL_ERR(ss->sel) | ext;
}

static enum ab_result stack_range(struct ab_machine *m, const struct ab_stack *st,
				  uint64_t off, unsigned bytes)
{
	bool ok;

	if (st->width == 8)
		ok = ab_canonical(off) && ab_canonical(off + bytes - 1);
	else
		ok = seg_type_allows(st->ss, AB_ACC_W) && ab_seg_room(st->ss, off, bytes);
	return ok ? AB_OK : ab_fault_code(m, AB_SS, st->error);
}

enum ab_result ab_stack_room(struct ab_machine *m, const struct ab_stack *st,
			     unsigned bytes)
{
	return stack_range(m, st, (st->sp - bytes) & ab_size_mask(st->width), bytes);
}

enum ab_result ab_stack_holds(struct ab_machine *m, const struct ab_stack *st,
			      unsigned skip, unsigned bytes)
{
	return stack_range(m, st, (st->sp + skip) & ab_size_mask(st->width), bytes);
}

static uint64_t stack_va(const struct ab_stack *st, uint64_t off)
{
	return st->width == 8 ? off : (st->ss->base + off) & 0xffffffff;
}

enum ab_result ab_stack_push(struct ab_machine *m, struct ab_stack *st, unsigned size,
			     uint64_t value)
{
	uint64_t sp = (st->sp - size) & ab_size_mask(st->width);
	uint64_t va = stack_va(st, sp);

	AB_TRY(stack_range(m, st, sp, size));
	if (st->acc && misaligned(m, va, size))
		return ab_fault_code(m, AB_AC, 0);
	AB_TRY(ab_write(m, va, &value, size, AB_ACC_W | st->acc));
	st->sp = sp;
	return AB_OK;
}

enum ab_result ab_stack_pop(struct ab_machine *m, struct ab_stack *st, unsigned size,
			    uint64_t *value)
{
	uint64_t va = stack_va(st, st->sp), v = 0;

	AB_TRY(stack_range(m, st, st->sp, size));
	if (st->acc && misaligned(m, va, size))
		return ab_fault_code(m, AB_AC, 0);
	AB_TRY(ab_read(m, va, &v, size, AB_ACC_R | st->acc));
	st->sp = (st->sp + size) & ab_size_mask(st->width);
	*value = v;
	return AB_OK;
}

void ab_stack_commit(struct ab_machine *m, const struct ab_stack *st)
{
	ab_gpr_set(m, AB_ESP, st->width, st->sp);
}
