/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and interrupts through the guest's IDT: gates of 8 and 16 bytes,
 * stack switch by the TSS, faults while delivering, double and triple faults.
 *
 * Delivery is written so that registers change only after the whole frame is
 * stored: an event whose delivery faults leaves the CPU as it was, and the new
 * fault is delivered from there.
 */
#include "core/cpu.h"

enum event_class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };

static enum event_class event_class(unsigned vector)
{
	switch (vector) {
	case AB_DE: case AB_TS: case AB_NP: case AB_SS: case AB_GP:
		return CONTRIBUTORY;
	case AB_PF:
		return PAGE_FAULT;
	case AB_DF:
		return DOUBLE_FAULT;
	default:
		return BENIGN;
	}
}

/* Exceptions whose saved rip is the instruction that caused them: RF is set in
 * the image, so that a breakpoint on it does not trigger twice. */
static bool is_fault_class(unsigned vector)
{
	switch (vector) {
	case AB_DB: case AB_NMI: case AB_BP: case AB_OF: case AB_DF: case AB_MC:
		return false;
	default:
		return vector < 32;
	}
}

struct gate {
	uint64_t offset;
	uint16_t sel;
	uint8_t type, dpl, ist;
	bool wide;		/* 32- or 64-bit: not 16-bit */
};

static uint32_t idt_error(const struct ab_event *ev)
{
	return ev->vector * 8u | 2u | (ev->soft ? 0 : 1);
}

static enum ab_result gate_read(struct ab_machine *m, const struct ab_event *ev,
				struct gate *g)
{
	unsigned size = ab_long_mode(m) ? 16 : 8;
	uint32_t word[4];

	if (ev->vector * size + size - 1 > m->cpu.idtr.limit)
		return ab_fault_code(m, AB_GP, idt_error(ev));
	AB_TRY(ab_sys_read(m, m->cpu.idtr.base + ev->vector * size, word, size));
	g->sel = word[0] >> 16;
	g->offset = (word[0] & 0xffff) | (word[1] & 0xffff0000);
	if (size == 16)
		g->offset |= (uint64_t)word[2] << 32;
	g->type = word[1] >> 8 & 31;
	g->dpl = word[1] >> 13 & 3;
	g->ist = size == 16 ? word[1] & 7 : 0;
	g->wide = g->type & 8;
	switch (g->type) {
	case AB_SYS_TASK: case AB_SYS_INT16: case AB_SYS_TRAP16:
		if (size == 16)
			return ab_fault_code(m, AB_GP, idt_error(ev));
		g->offset &= 0xffff;
		break;
	case AB_SYS_INT: case AB_SYS_TRAP:
		break;
	default:
		return ab_fault_code(m, AB_GP, idt_error(ev));
	}
	if (ev->soft && g->dpl < m->cpu.cpl)
		return ab_fault_code(m, AB_GP, idt_error(ev));
	if (!(word[1] & 0x8000))
		return ab_fault_code(m, AB_NP, idt_error(ev));
	return AB_OK;
}

static enum ab_result handler_code(struct ab_machine *m, const struct gate *g,
				   unsigned ext, struct ab_desc *d)
{
	uint32_t error = AB_SEL_ERR(g->sel) | ext;

	if (AB_SEL_NULL(g->sel))
		return ab_fault_code(m, AB_GP, ext);
	AB_TRY(ab_desc_read(m, g->sel, AB_GP, ext, d));
	if (!ab_desc_is_code(d) || AB_AT_DPL(d->attr) > m->cpu.cpl)
		return ab_fault_code(m, AB_GP, error);
	if (ab_long_mode(m) && (!(d->attr & AB_AT_L) || (d->attr & AB_AT_DB)))
		return ab_fault_code(m, AB_GP, error);
	if (!(d->attr & AB_AT_P))
		return ab_fault_code(m, AB_NP, error);
	return AB_OK;
}

static enum ab_result push_frame(struct ab_machine *m, const struct ab_event *ev,
				 struct ab_stack *st, unsigned size, bool with_stack)
{
	uint64_t flags = m->cpu.rflags & ~(uint64_t)AB_FL_RF;

	if (ev->set_rf || (!ev->soft && (m->cpu.rflags & AB_FL_RF)))
		flags |= AB_FL_RF;
	if (with_stack) {
		AB_TRY(ab_stack_push(m, st, size, m->cpu.seg[AB_SEG_SS].sel));
		AB_TRY(ab_stack_push(m, st, size, m->cpu.gpr[AB_ESP]));
	}
	AB_TRY(ab_stack_push(m, st, size, flags));
	AB_TRY(ab_stack_push(m, st, size, m->cpu.seg[AB_SEG_CS].sel));
	AB_TRY(ab_stack_push(m, st, size, ev->rip));
	if (ev->has_error)
		AB_TRY(ab_stack_push(m, st, size, ev->error));
	return AB_OK;
}

static void enter_handler(struct ab_machine *m, const struct gate *g, unsigned vector)
{
	m->cpu.rflags &= ~(uint64_t)(AB_FL_TF | AB_FL_NT | AB_FL_RF | AB_FL_VM);
	if (!(g->type & 1))	/* interrupt gates have even types */
		m->cpu.rflags &= ~(uint64_t)AB_FL_IF;
	m->cpu.shadow = AB_SHADOW_NONE;
	m->cpu.halted = 0;
	if (vector == AB_DB)
		m->cpu.dr[7] &= ~(uint64_t)AB_DR7_GD;
}

static enum ab_result deliver32(struct ab_machine *m, const struct ab_event *ev,
				const struct gate *g, struct ab_desc *d)
{
	unsigned ext = ev->soft ? 0 : 1, dpl = AB_AT_DPL(d->attr);
	unsigned size = g->wide ? 4 : 2, words = 3 + ev->has_error;
	bool inner = !(d->attr & AB_AT_EC) && dpl < m->cpu.cpl;
	unsigned cpl = inner ? dpl : m->cpu.cpl;
	uint64_t sp = m->cpu.gpr[AB_ESP];
	struct ab_stack st;
	struct ab_seg ss;

	if (inner) {
		AB_TRY(ab_inner_stack(m, dpl, ext, &ss, &sp));
		ab_stack_inner(m, &st, &ss, sp, dpl, ext);
		words += 2;
	} else {
		ab_stack_current(m, &st);
		st.error = ext;
	}
	AB_TRY(ab_stack_room(m, &st, words * size));
	AB_TRY(ab_code_offset(m, d, g->offset, ext));
	AB_TRY(ab_desc_touch(m, d));
	AB_TRY(push_frame(m, ev, &st, size, inner));
	if (inner)
		m->cpu.seg[AB_SEG_SS] = ss;
	m->cpu.gpr[AB_ESP] = sp;
	ab_stack_commit(m, &st);
	ab_enter_code(m, d, cpl, g->offset);
	return AB_OK;
}

static enum ab_result stack64(struct ab_machine *m, const struct gate *g, unsigned ext,
			      unsigned dpl, bool inner, struct ab_seg *ss, uint64_t *sp)
{
	unsigned at = 28 + g->ist * 8;

	if (g->ist) {
		if (at + 7 > m->cpu.tr.limit)
			return ab_fault_code(m, AB_TS, AB_SEL_ERR(m->cpu.tr.sel) | ext);
		AB_TRY(ab_sys_read(m, m->cpu.tr.base + at, sp, 8));
		if (inner)
			ab_seg_null(ss, dpl);
		return AB_OK;
	}
	if (inner)
		return ab_inner_stack(m, dpl, ext, ss, sp);
	return AB_OK;
}

static enum ab_result deliver64(struct ab_machine *m, const struct ab_event *ev,
				const struct gate *g, struct ab_desc *d)
{
	unsigned ext = ev->soft ? 0 : 1, dpl = AB_AT_DPL(d->attr);
	bool inner = !(d->attr & AB_AT_EC) && dpl < m->cpu.cpl;
	unsigned cpl = inner ? dpl : m->cpu.cpl;
	struct ab_seg ss = m->cpu.seg[AB_SEG_SS];
	uint64_t sp = m->cpu.gpr[AB_ESP];
	struct ab_stack st;

	AB_TRY(stack64(m, g, ext, dpl, inner, &ss, &sp));
	ab_stack_inner(m, &st, &ss, sp & ~15ull, cpl, ext);
	st.error = ext;
	AB_TRY(ab_stack_room(m, &st, (5 + ev->has_error) * 8));
	AB_TRY(ab_code_offset(m, d, g->offset, ext));
	AB_TRY(ab_desc_touch(m, d));
	AB_TRY(push_frame(m, ev, &st, 8, true));
	m->cpu.seg[AB_SEG_SS] = ss;
	m->cpu.gpr[AB_ESP] = st.sp;
	ab_enter_code(m, d, cpl, g->offset);
	return AB_OK;
}

enum ab_result ab_deliver_event(struct ab_machine *m, const struct ab_event *ev)
{
	unsigned ext = ev->soft ? 0 : 1;
	struct ab_desc d;
	struct gate g;

	if (!(m->cpu.cr0 & AB_CR0_PE))
		return ab_unsupported(m, "an interrupt in real mode");
	AB_TRY(gate_read(m, ev, &g));
	if (g.type == AB_SYS_TASK)
		return ab_task_gate(m, g.sel, ev);
	AB_TRY(handler_code(m, &g, ext, &d));
	AB_TRY(ab_long_mode(m) ? deliver64(m, ev, &g, &d) : deliver32(m, ev, &g, &d));
	enter_handler(m, &g, ev->vector);
	return AB_OK;
}

/* The event that comes after (first) when its delivery met (second): a double
 * fault, or (second) itself, or the end. */
static enum ab_result nested(struct ab_machine *m, unsigned first)
{
	enum event_class a = event_class(first), b = event_class(m->fault.vector);

	if (a == DOUBLE_FAULT && b != BENIGN)
		return AB_SHUTDOWN;
	if ((a == CONTRIBUTORY && b == CONTRIBUTORY) ||
	    (a == PAGE_FAULT && (b == CONTRIBUTORY || b == PAGE_FAULT)))
		ab_fault_code(m, AB_DF, 0);
	return AB_OK;
}

enum ab_result ab_raise(struct ab_machine *m)
{
	struct ab_event ev;
	enum ab_result r;

	for (;;) {
		ev.vector = m->fault.vector;
		ev.soft = m->fault.soft;
		ev.has_error = m->fault.has_error;
		ev.error = m->fault.error;
		ev.set_rf = !ev.soft && is_fault_class(ev.vector);
		ev.rip = m->cpu.rip;
		if (ev.vector == AB_PF)
			m->cpu.cr2 = m->fault.cr2;
		r = ab_deliver_event(m, &ev);
		if (r != AB_FAULT)
			return r;
		r = nested(m, ev.vector);
		if (r != AB_OK)
			return r;
	}
}

/* An int3, into or int $(vector) that ends at rip and could not be delivered:
 * rip goes back to it, for its fault. */
static void rewind_soft(struct ab_machine *m, uint8_t vector)
{
	uint64_t va = m->cpu.seg[AB_SEG_CS].base + m->cpu.rip;
	struct ab_fault fault = m->fault;
	uint8_t insn[2] = { 0, 0 };

	if (ab_read(m, va - 1, &insn[1], 1, 0) != AB_OK ||
	    ab_read(m, va - 2, &insn[0], 1, 0) != AB_OK)
		insn[0] = 0;
	m->fault = fault;
	if ((vector == AB_BP && insn[1] == 0xcc) || (vector == AB_OF && insn[1] == 0xce))
		m->cpu.rip -= 1;
	else if (insn[0] == 0xcd && insn[1] == vector)
		m->cpu.rip -= 2;
}

enum ab_result ab_deliver(struct ab_machine *m, uint8_t vector, bool soft)
{
	struct ab_event ev = { .vector = vector, .soft = soft, .rip = m->cpu.rip };
	enum ab_result r = ab_deliver_event(m, &ev);

	if (r == AB_FAULT && soft)
		rewind_soft(m, vector);
	if (r != AB_FAULT || soft)
		return r;
	/* An external interrupt is benign: its fault stands for itself. */
	return ab_raise(m);
}

bool ab_interrupt_pending(const struct ab_machine *m)
{
	return m->irq_hint && (ab_platform_interrupt_pending(m) ||
			       (ab_platform_nmi_pending(m) && !m->cpu.nmi_masked));
}

bool ab_interrupt_ready(const struct ab_machine *m)
{
	if (!m->irq_hint)
		return false;
	if (ab_platform_nmi_pending(m) && !m->cpu.nmi_masked)
		return m->cpu.shadow != AB_SHADOW_SS;
	return (m->cpu.rflags & AB_FL_IF) && !m->cpu.shadow &&
	       ab_platform_interrupt_pending(m);
}

enum ab_result ab_interrupt(struct ab_machine *m)
{
	int vector;

	if (ab_platform_nmi_pending(m) && !m->cpu.nmi_masked) {
		ab_platform_nmi_ack(m);
		m->cpu.nmi_masked = 1;
		vector = AB_NMI;
	} else {
		vector = ab_platform_interrupt_ack(m);
	}
	if (vector < 0)
		return AB_OK;
	m->cpu.halted = 0;
	return ab_deliver(m, vector, false);
}
