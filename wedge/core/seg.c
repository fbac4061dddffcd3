/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors and segment registers: what is read from the guest's GDT and LDT,
 * in the order in which the processor checks it.
 */
#include "core/cpu.h"

static void desc_decode(struct ab_desc *d, uint32_t lo, uint32_t hi)
{
	unsigned type = hi >> 8 & AB_AT_TYPE;

	d->attr = hi >> 8 & AB_AT_MASK;
	d->gate_sel = lo >> 16;
	d->gate_param = hi & 31;
	d->limit = (lo & 0xffff) | (hi & 0xf0000);
	if (d->attr & AB_AT_G)
		d->limit = d->limit << 12 | 0xfff;
	d->base = lo >> 16 | (hi & 0xff) << 16 | (hi & 0xff000000);
	if (d->attr & AB_AT_S)
		return;
	if (type >= AB_SYS_CALL || (type >= AB_SYS_CALL16 && type <= AB_SYS_TRAP16)) {
		d->base = (lo & 0xffff) | (hi & 0xffff0000);
		if (type <= AB_SYS_TRAP16)
			d->base &= 0xffff;
	}
}

enum ab_result ab_desc_read(struct ab_machine *m, uint16_t sel, uint8_t vector,
			    unsigned ext, struct ab_desc *d)
{
	uint64_t table = m->cpu.gdtr.base;
	uint32_t limit = m->cpu.gdtr.limit, error = AB_SEL_ERR(sel) | ext, word[4];
	unsigned index = sel & 0xfff8;

	if (sel & 4) {
		if (!(m->cpu.ldtr.attr & AB_AT_P))
			return ab_fault_code(m, vector, error);
		table = m->cpu.ldtr.base;
		limit = m->cpu.ldtr.limit;
	}
	if (index + 7 > limit)
		return ab_fault_code(m, vector, error);
	d->va = table + index;
	d->sel = sel;
	AB_TRY(ab_sys_read(m, d->va, word, 8));
	desc_decode(d, word[0], word[1]);
	if (!ab_long_mode(m) || (d->attr & AB_AT_S))
		return AB_OK;
	if (index + 15 > limit)
		return ab_fault_code(m, vector, error);
	AB_TRY(ab_sys_read(m, d->va + 8, word + 2, 8));
	if (word[3] & 0x1f00)	/* the upper half is no descriptor of its own */
		return ab_fault_code(m, vector, error);
	d->base |= (uint64_t)word[2] << 32;
	return AB_OK;
}

enum ab_result ab_desc_set_type(struct ab_machine *m, struct ab_desc *d, unsigned type)
{
	uint8_t byte = (d->attr & 0xf0) | type;

	AB_TRY(ab_sys_write(m, d->va + 5, &byte, 1));
	d->attr = (d->attr & ~AB_AT_TYPE) | type;
	return AB_OK;
}

enum ab_result ab_desc_touch(struct ab_machine *m, struct ab_desc *d)
{
	if (d->attr & AB_AT_ACCESSED)
		return AB_OK;
	return ab_desc_set_type(m, d, (d->attr & AB_AT_TYPE) | AB_AT_ACCESSED);
}

void ab_desc_to_seg(const struct ab_desc *d, uint16_t sel, struct ab_seg *seg)
{
	seg->sel = sel;
	seg->attr = d->attr;
	seg->limit = d->limit;
	seg->base = d->base;
}

void ab_seg_decode(uint64_t raw, uint16_t sel, struct ab_seg *seg)
{
	struct ab_desc d;

	desc_decode(&d, (uint32_t)raw, (uint32_t)(raw >> 32));
	ab_desc_to_seg(&d, sel, seg);
}

void ab_seg_null(struct ab_seg *seg, uint16_t sel)
{
	seg->sel = sel;
	seg->attr = 0;
	seg->limit = 0;
	seg->base = 0;
}

static enum ab_result load_ss(struct ab_machine *m, uint16_t sel)
{
	unsigned cpl = m->cpu.cpl;
	struct ab_desc d;

	if (AB_SEL_NULL(sel)) {
		if (!ab_code64(m) || cpl == 3 || AB_SEL_RPL(sel) != cpl)
			return ab_gp0(m);
		ab_seg_null(&m->cpu.seg[AB_SEG_SS], sel);
		return AB_OK;
	}
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, &d));
	if (AB_SEL_RPL(sel) != cpl || !ab_desc_is_stack(&d) || AB_AT_DPL(d.attr) != cpl)
		return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_SS, AB_SEL_ERR(sel));
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, &m->cpu.seg[AB_SEG_SS]);
	return AB_OK;
}

/* Data, or code that can be read. */
static bool desc_readable(const struct ab_desc *d)
{
	if (!(d->attr & AB_AT_S))
		return false;
	return !(d->attr & AB_AT_CODE) || (d->attr & AB_AT_RW);
}

static bool conforming_code(unsigned attr)
{
	return (attr & (AB_AT_CODE | AB_AT_EC)) == (AB_AT_CODE | AB_AT_EC);
}

enum ab_result ab_load_seg(struct ab_machine *m, unsigned seg, uint16_t sel)
{
	struct ab_desc d;
	unsigned dpl;

	if (seg == AB_SEG_CS)
		return ab_fault(m, AB_UD);
	if (seg == AB_SEG_SS)
		return load_ss(m, sel);
	if (AB_SEL_NULL(sel)) {
		ab_seg_null(&m->cpu.seg[seg], sel);
		return AB_OK;
	}
	AB_TRY(ab_desc_read(m, sel, AB_GP, 0, &d));
	dpl = AB_AT_DPL(d.attr);
	if (!desc_readable(&d) ||
	    (!conforming_code(d.attr) && (AB_SEL_RPL(sel) > dpl || m->cpu.cpl > dpl)))
		return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel));
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, &m->cpu.seg[seg]);
	return AB_OK;
}

void ab_data_segs_outward(struct ab_machine *m, unsigned cpl)
{
	static const uint8_t segs[] = { AB_SEG_ES, AB_SEG_DS, AB_SEG_FS, AB_SEG_GS };
	struct ab_seg *s;
	unsigned i;

	for (i = 0; i < sizeof(segs); i++) {
		s = &m->cpu.seg[segs[i]];
		if (s->attr && !conforming_code(s->attr) && AB_AT_DPL(s->attr) < cpl)
			ab_seg_null(s, 0);
	}
}

static enum ab_result inner_stack64(struct ab_machine *m, unsigned dpl, unsigned ext,
				    struct ab_seg *ss, uint64_t *sp)
{
	unsigned at = 4 + dpl * 8;

	if (at + 7 > m->cpu.tr.limit)
		return ab_fault_code(m, AB_TS, AB_SEL_ERR(m->cpu.tr.sel) | ext);
	AB_TRY(ab_sys_read(m, m->cpu.tr.base + at, sp, 8));
	ab_seg_null(ss, dpl);
	return AB_OK;
}

/* Where the TSS keeps the stack of (dpl): 16-bit TSSs pack it in 4 bytes. */
static enum ab_result tss_stack(struct ab_machine *m, unsigned dpl, unsigned ext,
				uint16_t *sel, uint64_t *sp)
{
	const struct ab_seg *tr = &m->cpu.tr;
	bool wide = (tr->attr & AB_AT_TYPE) >= AB_SYS_TSS;
	unsigned at = wide ? 4 + dpl * 8 : 2 + dpl * 4;
	uint32_t esp = 0;

	if (at + (wide ? 5 : 3) > tr->limit)
		return ab_fault_code(m, AB_TS, AB_SEL_ERR(tr->sel) | ext);
	AB_TRY(ab_sys_read(m, tr->base + at, &esp, wide ? 4 : 2));
	AB_TRY(ab_sys_read(m, tr->base + at + (wide ? 4 : 2), sel, 2));
	*sp = esp;
	return AB_OK;
}

enum ab_result ab_inner_stack(struct ab_machine *m, unsigned dpl, unsigned ext,
			      struct ab_seg *ss, uint64_t *sp)
{
	struct ab_desc d;
	uint16_t sel;

	if (ab_long_mode(m))
		return inner_stack64(m, dpl, ext, ss, sp);
	AB_TRY(tss_stack(m, dpl, ext, &sel, sp));
	if (AB_SEL_NULL(sel))
		return ab_fault_code(m, AB_TS, ext);
	AB_TRY(ab_desc_read(m, sel, AB_TS, ext, &d));
	if (AB_SEL_RPL(sel) != dpl || AB_AT_DPL(d.attr) != dpl || !ab_desc_is_stack(&d))
		return ab_fault_code(m, AB_TS, AB_SEL_ERR(sel) | ext);
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_SS, AB_SEL_ERR(sel) | ext);
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, ss);
	return AB_OK;
}
