/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hardware task switches in 32-bit protected mode: far jmp and call to a TSS or
 * a task gate, iret from a nested task, interrupts through task gates.  16-bit
 * TSSs can hold stacks (seg.c), but no task to switch to.
 *
 * Everything that can fault in the old task is checked first.  Once the registers
 * are those of the new task, what is wrong with its segments is a fault of the
 * new task, reported before its first instruction.
 */
#include "core/cpu.h"

#define TSS_LIMIT	103u

/* Offsets in the TSS */
#define TSS_CR3		28
#define TSS_EIP		32	/* eip, eflags, 8 registers, 6 selectors */
#define TSS_LDT		96
#define TSS_TRAP	100
#define WORDS		16

enum cause { BY_JMP, BY_CALL, BY_IRET, BY_EVENT };

struct switch_ {
	enum cause cause;
	unsigned ext;		/* in error codes: EXT */
	uint64_t rip;		/* saved in the old task */
	uint64_t flags;
	uint32_t cr3, ldt, trap;
	uint32_t in[WORDS];	/* of the new task, as from TSS_EIP */
};

static enum ab_result ts_sel(struct ab_machine *m, const struct switch_ *s, uint16_t sel)
{
	return ab_fault_code(m, AB_TS, AB_SEL_ERR(sel) | s->ext);
}

/* The TSS that (sel) names: busy for iret, available otherwise. */
static enum ab_result find_tss(struct ab_machine *m, const struct switch_ *s, uint16_t sel,
			       struct ab_desc *d)
{
	uint8_t vec = s->cause == BY_IRET ? AB_TS : AB_GP;
	unsigned type = s->cause == BY_IRET ? AB_SYS_TSS_BUSY : AB_SYS_TSS;
	uint32_t error = AB_SEL_ERR(sel) | s->ext;

	if ((sel & 4) || AB_SEL_NULL(sel))
		return ab_fault_code(m, vec, error);
	AB_TRY(ab_desc_read(m, sel, vec, s->ext, d));
	if (!(d->attr & AB_AT_S) && (d->attr & AB_AT_TYPE) == (type & ~8u))
		return ab_unsupported(m, "a 16-bit task");
	if ((d->attr & AB_AT_S) || (d->attr & AB_AT_TYPE) != type)
		return ab_fault_code(m, vec, error);
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, error);
	if (d->limit < TSS_LIMIT)
		return ts_sel(m, s, sel);
	return AB_OK;
}

/* The old task's registers into its TSS. */
static enum ab_result save_old(struct ab_machine *m, const struct switch_ *s)
{
	uint32_t out[WORDS];
	unsigned i;

	out[0] = (uint32_t)s->rip;
	out[1] = (uint32_t)s->flags;
	for (i = 0; i < 8; i++)
		out[2 + i] = (uint32_t)m->cpu.gpr[i];
	for (i = 0; i < AB_SEG_COUNT; i++)	/* in the order of AB_SEG_* */
		out[10 + i] = m->cpu.seg[i].sel;
	return ab_sys_write(m, m->cpu.tr.base + TSS_EIP, out, sizeof(out));
}

static enum ab_result read_new(struct ab_machine *m, struct switch_ *s,
			       const struct ab_desc *d)
{
	AB_TRY(ab_sys_read(m, d->base + TSS_CR3, &s->cr3, 4));
	AB_TRY(ab_sys_read(m, d->base + TSS_EIP, s->in, sizeof(s->in)));
	AB_TRY(ab_sys_read(m, d->base + TSS_LDT, &s->ldt, 4));
	return ab_sys_read(m, d->base + TSS_TRAP, &s->trap, 4);
}

/* Busy bits, back link, the old task's state.  The old TSS descriptor is the one
 * that TR names now. */
static enum ab_result write_tables(struct ab_machine *m, const struct switch_ *s,
				   struct ab_desc *d)
{
	bool nested = s->cause == BY_CALL || s->cause == BY_EVENT;
	uint32_t link = m->cpu.tr.sel;
	struct ab_desc old;

	AB_TRY(ab_probe(m, m->cpu.tr.base + TSS_EIP, WORDS * 4, AB_ACC_W));
	if (nested)
		AB_TRY(ab_probe(m, d->base, 2, AB_ACC_W));
	if (!nested) {
		AB_TRY(ab_desc_read(m, m->cpu.tr.sel, AB_TS, s->ext, &old));
		AB_TRY(ab_desc_set_type(m, &old, AB_SYS_TSS));
	}
	AB_TRY(save_old(m, s));
	if (nested)
		AB_TRY(ab_sys_write(m, d->base, &link, 2));
	if (s->cause != BY_IRET)
		AB_TRY(ab_desc_set_type(m, d, AB_SYS_TSS_BUSY));
	d->attr = (d->attr & ~AB_AT_TYPE) | AB_SYS_TSS_BUSY;
	return AB_OK;
}

static enum ab_result load_cr3(struct ab_machine *m, uint32_t cr3)
{
	uint64_t old = m->cpu.cr3;

	if (!(m->cpu.cr0 & AB_CR0_PG))
		return AB_OK;
	if (m->cpu.cr4 & AB_CR4_PAE)
		AB_TRY(ab_load_pdptes(m, cr3));
	m->cpu.cr3 = cr3;
	if (cr3 != old)
		m->host->paging_changed(m);
	m->host->tlb_all(m, false);
	return AB_OK;
}

/* Registers of the new task; segments are selectors without descriptors yet. */
static void load_registers(struct ab_machine *m, const struct switch_ *s,
			   const struct ab_desc *d)
{
	const uint64_t flags = AB_FL_ARITH | AB_FL_TF | AB_FL_IF | AB_FL_DF | AB_FL_IOPL |
			       AB_FL_NT | AB_FL_RF | AB_FL_AC | AB_FL_ID;
	unsigned i;

	ab_desc_to_seg(d, d->sel & 0xfffc, &m->cpu.tr);
	m->cpu.cr0 |= AB_CR0_TS;
	m->cpu.rip = s->in[0];
	m->cpu.rflags = (s->in[1] & flags) | 2;
	if (s->cause == BY_CALL || s->cause == BY_EVENT)
		m->cpu.rflags |= AB_FL_NT;
	for (i = 0; i < 8; i++)
		m->cpu.gpr[i] = s->in[2 + i];
	for (i = 0; i < AB_SEG_COUNT; i++)
		ab_seg_null(&m->cpu.seg[i], (uint16_t)s->in[10 + i]);
	ab_seg_null(&m->cpu.ldtr, (uint16_t)s->ldt);
	m->cpu.cpl = AB_SEL_RPL(s->in[10 + AB_SEG_CS]);
	m->cpu.shadow = AB_SHADOW_NONE;
	m->cpu.halted = 0;
}

static enum ab_result task_ldt(struct ab_machine *m, const struct switch_ *s)
{
	uint16_t sel = m->cpu.ldtr.sel;
	struct ab_desc d;

	if (AB_SEL_NULL(sel))
		return AB_OK;
	if (sel & 4)
		return ts_sel(m, s, sel);
	AB_TRY(ab_desc_read(m, sel, AB_TS, s->ext, &d));
	if ((d.attr & (AB_AT_S | AB_AT_TYPE | AB_AT_P)) != (AB_SYS_LDT | AB_AT_P))
		return ts_sel(m, s, sel);
	ab_desc_to_seg(&d, sel, &m->cpu.ldtr);
	return AB_OK;
}

static enum ab_result task_code(struct ab_machine *m, const struct switch_ *s)
{
	uint16_t sel = m->cpu.seg[AB_SEG_CS].sel;
	struct ab_desc d;
	unsigned dpl;

	if (AB_SEL_NULL(sel))
		return ts_sel(m, s, sel);
	AB_TRY(ab_desc_read(m, sel, AB_TS, s->ext, &d));
	dpl = AB_AT_DPL(d.attr);
	if (!ab_desc_is_code(&d) ||
	    (d.attr & AB_AT_EC ? dpl > AB_SEL_RPL(sel) : dpl != AB_SEL_RPL(sel)))
		return ts_sel(m, s, sel);
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel) | s->ext);
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, &m->cpu.seg[AB_SEG_CS]);
	return AB_OK;
}

static enum ab_result task_stack(struct ab_machine *m, const struct switch_ *s)
{
	uint16_t sel = m->cpu.seg[AB_SEG_SS].sel;
	unsigned cpl = m->cpu.cpl;
	struct ab_desc d;

	if (AB_SEL_NULL(sel))
		return ts_sel(m, s, sel);
	AB_TRY(ab_desc_read(m, sel, AB_TS, s->ext, &d));
	if (!ab_desc_is_stack(&d) || AB_AT_DPL(d.attr) != cpl || AB_SEL_RPL(sel) != cpl)
		return ts_sel(m, s, sel);
	if (!(d.attr & AB_AT_P))
		return ab_fault_code(m, AB_SS, AB_SEL_ERR(sel) | s->ext);
	AB_TRY(ab_desc_touch(m, &d));
	ab_desc_to_seg(&d, sel, &m->cpu.seg[AB_SEG_SS]);
	return AB_OK;
}

/* A data segment: the checks of mov, with #TS for #GP. */
static enum ab_result task_data(struct ab_machine *m, const struct switch_ *s, unsigned seg)
{
	enum ab_result r = ab_load_seg(m, seg, m->cpu.seg[seg].sel);

	if (r == AB_FAULT && m->fault.vector != AB_PF) {
		if (m->fault.vector == AB_GP)
			m->fault.vector = AB_TS;
		m->fault.error |= s->ext;
	}
	return r;
}

static enum ab_result load_segments(struct ab_machine *m, const struct switch_ *s)
{
	AB_TRY(task_ldt(m, s));
	AB_TRY(task_code(m, s));
	AB_TRY(task_stack(m, s));
	AB_TRY(task_data(m, s, AB_SEG_DS));
	AB_TRY(task_data(m, s, AB_SEG_ES));
	AB_TRY(task_data(m, s, AB_SEG_FS));
	AB_TRY(task_data(m, s, AB_SEG_GS));
	if (m->cpu.rip > m->cpu.seg[AB_SEG_CS].limit)
		return ab_fault_code(m, AB_GP, s->ext);
	return AB_OK;
}

static enum ab_result task_switch(struct ab_machine *m, struct switch_ *s,
				  struct ab_desc *d)
{
	AB_TRY(read_new(m, s, d));
	if (s->in[1] & AB_FL_VM)
		return ab_unsupported(m, "a task in virtual-8086 mode");
	AB_TRY(write_tables(m, s, d));
	load_registers(m, s, d);
	AB_TRY(load_cr3(m, s->cr3));
	return load_segments(m, s);
}

/* The debug trap that the new TSS asks for. */
static enum ab_result task_trap(struct ab_machine *m, const struct switch_ *s)
{
	if (!(s->trap & 1))
		return AB_OK;
	m->cpu.dr[6] |= AB_DR6_BT;
	return ab_fault(m, AB_DB);
}

enum ab_result ab_task_far(struct ab_machine *m, const struct ab_desc *gate, bool call,
			   uint64_t next)
{
	struct switch_ s = { .cause = call ? BY_CALL : BY_JMP, .rip = next };
	unsigned dpl = AB_AT_DPL(gate->attr);
	uint16_t sel = gate->sel;
	struct ab_desc d;

	if (m->cpu.cpl > dpl || AB_SEL_RPL(sel) > dpl)
		return ab_fault_code(m, AB_GP, AB_SEL_ERR(sel));
	if ((gate->attr & AB_AT_TYPE) == AB_SYS_TASK) {
		if (!(gate->attr & AB_AT_P))
			return ab_fault_code(m, AB_NP, AB_SEL_ERR(sel));
		sel = gate->gate_sel;
	}
	AB_TRY(find_tss(m, &s, sel, &d));
	s.flags = m->cpu.rflags & ~(uint64_t)AB_FL_RF;
	AB_TRY(task_switch(m, &s, &d));
	return task_trap(m, &s);
}

enum ab_result ab_task_return(struct ab_machine *m, uint64_t next)
{
	struct switch_ s = { .cause = BY_IRET, .rip = next };
	struct ab_desc d;
	uint16_t link;

	AB_TRY(ab_sys_read(m, m->cpu.tr.base, &link, 2));
	AB_TRY(find_tss(m, &s, link, &d));
	s.flags = m->cpu.rflags & ~(uint64_t)(AB_FL_RF | AB_FL_NT);
	m->cpu.nmi_masked = 0;
	AB_TRY(task_switch(m, &s, &d));
	return task_trap(m, &s);
}

enum ab_result ab_task_gate(struct ab_machine *m, uint16_t sel, const struct ab_event *ev)
{
	struct switch_ s = { .cause = BY_EVENT, .rip = ev->rip, .ext = ev->soft ? 0 : 1 };
	struct ab_stack st;
	struct ab_desc d;

	AB_TRY(find_tss(m, &s, sel, &d));
	s.flags = m->cpu.rflags & ~(uint64_t)AB_FL_RF;
	if (ev->set_rf)
		s.flags |= AB_FL_RF;
	AB_TRY(task_switch(m, &s, &d));
	if (ev->has_error) {
		ab_stack_current(m, &st);
		st.error = s.ext;
		AB_TRY(ab_stack_push(m, &st, 4, ev->error));
		ab_stack_commit(m, &st);
	}
	return task_trap(m, &s);
}
