/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_trap.c: what each trap of guest code means to the guest.
 *
 * The host's exception is one of: the guest's own (delivered), a sensitive
 * instruction (emulated), a page that the shadow does not have yet (mapped), an
 * access that no mapping can serve (emulated), or news from outside (polled).
 */
#include <signal.h>
#include "monitor/engine.h"

static void raise_fault(struct engine *e, unsigned vector, bool has_error,
			uint32_t error)
{
	e->m->fault = (struct ab_fault){
		.vector = (uint8_t)vector, .has_error = has_error, .error = error,
	};
	engine_check(e, AB_FAULT);
}

/* What lies at linear (va), for the profile. */
static unsigned page_class(struct engine *e, uint32_t va, unsigned acc)
{
	struct ab_machine *m = e->m;
	struct ab_xlat x;

	if (!e->mon->profile || ab_walk(m, va, acc, true, &x) != AB_OK)
		return AB_PAGE_UNKNOWN;
	if (x.pa < e->mon->ram_size)
		return AB_PAGE_RAM;
	return ab_profile_page_at(x.pa, m->cpu.apic_base & ~0xfffull, ab_mmio_page(m, x.pa));
}

/* Translated code need not fault each time that it comes here. */
static void learn_slow(struct engine *e, const struct ab_insn *in, uint32_t va, unsigned acc)
{
	struct ab_machine *m = e->m;
	struct ab_xlat x;

	/* string instructions go over many pages, this one by chance */
	if (in->op == AB_OP_NONE && !(in->gen >= AB_GEN_MOVS && in->gen <= AB_GEN_SCAS) &&
	    ab_walk(m, va, acc, true, &x) == AB_OK &&
	    (x.pa >= e->mon->ram_size || !bt_writable(e, (uint32_t)(x.pa >> 12))) &&
	    ab_walk(m, linear_ip(e), AB_ACC_X, true, &x) == AB_OK)
		bt_slow(e, x.pa);
}

/* Emulate the access to (va) by the instruction at cpu.rip. */
static void emulate_access(struct engine *e, uint32_t va, unsigned acc)
{
	struct ab_insn in;
	struct ab_site *s;
	uint32_t delta;

	if (e->mon->target == MON_HOSTED &&
	    (s = site_at(e, linear_ip(e), &delta)) && s->template >= 0) {
		site_call(e, s, delta);
		return;
	}
	if (!trap_decode(e, &in))
		return;
	if (e->bt_on)
		learn_slow(e, &in, va, acc);
	engine_emulate_as(e, &in, AB_PROF_MMIO, in.op, page_class(e, va, acc));
}

bool engine_device(struct engine *e, const struct ab_insn *in)
{
	struct ab_machine *m = e->m;
	struct ab_xlat x;
	unsigned i, acc;
	uint32_t va;

	for (i = 0; i < in->nopnd && in->opnd[i].kind != AB_OPND_MEM; i++)
		;
	if (i == in->nopnd)
		return false;
	va = (uint32_t)(m->cpu.seg[in->opnd[i].seg].base +
			ab_effective_address(m, in, &in->opnd[i]));
	acc = (m->cpu.cpl == 3 ? AB_ACC_U : 0) |
	      (in->opnd[i].access & AB_WRITES ? AB_ACC_W : 0);
	if (ab_walk(m, va, acc, true, &x) != AB_OK)
		return false;
	bt_slow_hit(e, x.pa >= e->mon->ram_size ||
		    (acc & AB_ACC_W && !bt_writable(e, (uint32_t)(x.pa >> 12))));
	if (x.pa < e->mon->ram_size)
		return false;
	e->mon->sh->stat[MON_STAT_MMIO]++;
	engine_emulate_as(e, in, AB_PROF_MMIO, in->op, page_class(e, va, acc));
	return true;
}

/* A site whose jump could not be taken. */
static void site_trap(struct engine *e, struct ab_site *s, uint32_t delta)
{
	e->mon->sh->stat[MON_STAT_TRAP]++;
	site_call(e, s, delta);
}

/* In the window: the wedge's own pages, or a guest that maps something there. */
static void window_fault(struct engine *e, const struct trap *t, enum site_undo undo)
{
	struct ab_machine *m = e->m;
	struct ab_site *s;
	struct ab_xlat x;
	uint32_t delta;

	if (undo == UNDO_END) {
		e->mon->sh->stat[MON_STAT_DOORBELL]++;
		return;
	}
	s = site_at(e, linear_ip(e), &delta);
	if (s && s->template >= 0) {
		e->mon->sh->stat[MON_STAT_DOORBELL]++;
		site_call(e, s, delta);
		return;
	}
	if (ab_walk(m, t->cr2, (t->err & (AB_PF_W | AB_PF_I)) |
		    (m->cpu.cpl == 3 ? AB_ACC_U : 0), false, &x) != AB_OK) {
		engine_check(e, AB_FAULT);
		return;
	}
	window_check(e);
	if (t->cr2 < e->window || t->cr2 >= e->window_end)
		return;		/* it has moved */
	engine_died(e, "the guest uses address %x, where the wedge window lies; choose another place by --window",
		    t->cr2);
}

/* The guest's own: it will come back to the instruction with the page there. */
static void guest_page_fault(struct engine *e, uint32_t va, unsigned acc)
{
	e->expect = (struct expect){
		.wanted = true, .va = va, .acc = acc, .rip = e->m->cpu.rip,
		.cpl = e->m->cpu.cpl, .cr3 = e->m->cpu.cr3,
	};
	engine_check(e, AB_FAULT);
}

static void page_fault(struct engine *e, const struct trap *t, enum site_undo undo)
{
	struct ab_machine *m = e->m;
	struct ab_site *s;
	struct ab_xlat x;
	uint32_t va = t->cr2, delta;
	unsigned acc = (t->err & (AB_PF_W | AB_PF_I)) |
		       (m->cpu.cpl == 3 ? AB_ACC_U : 0);

	if (e->window != e->window_end && va >= e->window && va < e->window_end) {
		window_fault(e, t, undo);
		return;
	}
	window_check_near(e, va);
	/* the push of a vDSO's far call: it stands for an int, which has none */
	if (acc == (AB_ACC_U | AB_ACC_W) && e->limits &&
	    (uint32_t)(m->cpu.gpr[AB_ESP] - 1 - va) < 8 &&
	    (s = site_at(e, linear_ip(e), &delta)) && s->op == AB_OP_VSYSCALL &&
	    s->template >= 0 && ab_walk(m, va, acc, true, &x) != AB_OK) {
		site_call(e, s, delta);
		return;
	}
	if (acc & AB_PF_I && (s = site_displaced(e, va, &delta))) {
		site_trap(e, s, delta);
		return;
	}
	if (m->cpu.cpl == 3 && !e->limits && !e->bt_on && e->kind == SPACE_KERNEL) {
		/* the user space could not resolve it */
		if (ab_walk(m, va, acc, false, &x) != AB_OK) {
			guest_page_fault(e, va, acc);
			return;
		}
		if (x.pa < e->mon->ram_size && va >= e->mon->low_base)
			return;
	} else {
		switch (shadow_fault(e, va, acc)) {
		case SHADOW_DONE:
			return;
		case SHADOW_GUEST:
			guest_page_fault(e, va, acc);
			return;
		case SHADOW_EMULATE:
			break;
		}
	}
	if (acc & AB_PF_I && va < e->mon->low_base && e->mon->engine_free && !e->bt_on)
		space_translate(e);
	if (acc & AB_PF_I)
		engine_died(e, "the guest runs code at %x, where it has no memory or the host lets us map none (vm.mmap_min_addr; --engine translate needs none)",
			    va);
	e->mon->sh->stat[MON_STAT_MMIO]++;
	emulate_access(e, va, acc);
}

static void trap_emulate(struct engine *e, const struct ab_insn *in)
{
	e->mon->sh->stat[MON_STAT_TRAP]++;
	engine_emulate(e, in, AB_PROF_TRAP);
}

void engine_undefined(struct engine *e)
{
	raise_fault(e, AB_UD, false, 0);
}

void engine_gp0(struct engine *e)
{
	raise_fault(e, AB_GP, true, 0);
}

void engine_privileged(struct engine *e, const struct ab_insn *in)
{
	struct ab_site *s;
	uint32_t delta;

	if (e->mon->target == MON_HOSTED &&
	    (s = site_at(e, linear_ip(e), &delta)) && s->template >= 0)
		site_trap(e, s, delta);
	else
		trap_emulate(e, in);
}

/* Is this kernel code that no file tells of, loaded by the guest itself: the kernel that
 * a boot loader brings, a driver's module?  What does not trap there would show the
 * host, and cli and popf would not know of each other. */
static bool is_foreign(struct engine *e, const struct ab_site *s)
{
	struct ab_xlat x;

	return !s && !e->m->cpu.cpl &&
	       ab_walk(e->m, linear_ip(e), AB_ACC_R, true, &x) == AB_OK &&
	       !ab_guest_loaded(e->mon->guest, x.pa);
}

/* #GP, #SS, #NP, #UD: a sensitive instruction, or the guest's own mistake. */
static void general_fault(struct engine *e, const struct trap *t)
{
	struct ab_machine *m = e->m;
	struct ab_insn in;
	struct ab_site *s;
	uint32_t delta;

	if (t->trapno == AB_GP && vsyscall_trap(e))
		return;
	s = site_at(e, linear_ip(e), &delta);
	if (s && e->mon->target == MON_HOSTED && s->template >= 0) {
		site_trap(e, s, delta);
		return;
	}
	if (!trap_decode(e, &in))
		return;
	if (in.op != AB_OP_NONE) {
		if (e->mon->engine_free && is_foreign(e, s)) {
			if (e->mon->trace)
				mon_log(e->mon, "kernel code at %x is not the file's: translated from here on\n",
					linear_ip(e));
			space_translate(e);
		}
		trap_emulate(e, &in);
		return;
	}
	if (t->trapno == AB_UD) {
		raise_fault(e, AB_UD, false, 0);
		return;
	}
	if (seg_left_over(e)) {
		engine_emulate(e, &in, AB_PROF_TRAP);
		return;
	}
	if (e->limits && m->cpu.cpl == 3) {
		if (in.gen == AB_GEN_JMP || in.gen == AB_GEN_CALL || in.gen == AB_GEN_RET) {
			/* to above the limit: let the fetch fault there */
			engine_emulate(e, &in, AB_PROF_TRAP);
			return;
		}
		if (seg_limits_fault(e, &in)) {
			if (m->fault.vector != 0xff)
				engine_check(e, AB_FAULT);
			return;
		}
	}
	raise_fault(e, t->trapno == AB_SS ? AB_SS : AB_GP, true, 0);
}

/* int1 has no DR6 bit of its own.  Under some hypervisors a host leaves rip at it
 * instead of behind it. */
static bool is_int1(struct engine *e, bool *before)
{
	uint64_t at = linear_ip(e);
	unsigned acc = e->m->cpu.cpl == 3 ? AB_ACC_U : 0;
	uint8_t byte;

	*before = ab_read(e->m, at, &byte, 1, acc) == AB_OK && byte == 0xf1;
	return *before || (ab_read(e->m, at - 1, &byte, 1, acc) == AB_OK && byte == 0xf1);
}

static void debug_trap(struct engine *e, const struct trap *t, enum site_undo undo)
{
	struct ab_machine *m = e->m;
	struct ab_site *s;
	uint32_t delta;
	bool before;

	/* a step into a stub: the site's op is the step */
	if (undo == UNDO_START && (s = site_at(e, linear_ip(e), &delta))) {
		site_trap(e, s, delta);
		return;
	}
	if (e->stepped && !e->step_tf) {
		/* the shadow is over, also where a loop of one instruction led
		 * back to its place: engine_leave() goes on */
		m->cpu.shadow = 0;
		return;
	}
	if (t->err && is_int1(e, &before))
		m->cpu.rip = (uint32_t)(m->cpu.rip + before);
	else
		m->cpu.dr[6] |= AB_DR6_BS;
	raise_fault(e, AB_DB, false, 0);
}

/* Is this address in the wedge's code? */
static bool in_wedge_text(const struct engine *e, uint32_t ip)
{
	return e->window != e->window_end && ip >= e->window + AB_WINDOW_TEXT &&
	       ip < e->text_end;
}

/* A single step of ours inside a stub: the guest's instruction is not done yet.  One of
 * the guest's ends there: see debug_trap(). */
static bool step_in_window(struct engine *e, const struct trap *t)
{
	struct ab_cpu *c = &e->m->cpu;
	uint32_t ip = linear_ip(e), image;

	if (t->trapno != AB_DB || !in_wedge_text(e, ip) || !e->stepped || e->step_tf)
		return false;
	/* pushf has just stored our TF: the guest must not see it */
	if (e->text[ip - e->window - AB_WINDOW_TEXT - 1] == 0x9c &&
	    ab_read(e->m, c->seg[AB_SEG_SS].base + c->gpr[AB_ESP], &image, 4,
		    AB_ACC_R) == AB_OK) {
		image &= ~AB_FL_TF;
		ab_write(e->m, c->seg[AB_SEG_SS].base + c->gpr[AB_ESP], &image, 4, AB_ACC_W);
	}
	e->step = true;
	return true;
}

/* int 0x80 and its kin reached the host as a system call; rip is behind it. */
static void system_call(struct engine *e)
{
	struct ab_machine *m = e->m;
	uint8_t b[2] = { 0, 0 };
	struct ab_insn in;

	m->cpu.rip = (uint32_t)(m->cpu.rip - 2);
	ab_read(m, m->cpu.seg[AB_SEG_CS].base + m->cpu.rip, b, 2,
		m->cpu.cpl == 3 ? AB_ACC_U : 0);
	if (b[0] != 0xcd || b[1] != 0x80) {
		/* syscall or sysenter: hidden in CPUID */
		raise_fault(e, AB_UD, false, 0);
		return;
	}
	e->mon->sh->stat[MON_STAT_SYSCALL]++;
	if (trap_decode(e, &in))
		engine_emulate(e, &in, m->cpu.cpl == 3 ? AB_PROF_SYSCALL : AB_PROF_TRAP);
}

/* An interrupt is due where sti's shadow may still be on: one instruction more. */
static void shadow_of_sti(struct engine *e)
{
	struct ab_machine *m = e->m;

	if (m->cpu.rflags & AB_FL_IF && !m->cpu.shadow && m->cpu.cpl < 3 &&
	    m->irq_hint && e->window != e->window_end &&
	    site_after_sti(e, linear_ip(e)))
		m->cpu.shadow = 1;
}

/* The host's own CR0.AM is on.  Where the guest's is not, its AC flag does nothing:
 * the access is emulated, since to take the flag away would show. */
static void alignment_fault(struct engine *e)
{
	struct ab_insn in;

	if (e->m->cpu.cr0 & AB_CR0_AM)
		raise_fault(e, AB_AC, true, 0);
	else if (trap_decode(e, &in))
		engine_emulate(e, &in, AB_PROF_TRAP);
}

void engine_trap(struct engine *e, const struct trap *t)
{
	enum site_undo undo = site_undo(e);

	if (trap_is_async(t)) {
		engine_poll(e);
		shadow_of_sti(e);
		return;
	}
	if (t->sig == SIGSYS) {
		system_call(e);
		return;
	}
	switch (t->trapno) {
	case AB_PF:
		page_fault(e, t, undo);
		break;
	case AB_GP:
	case AB_SS:
	case AB_NP:
	case AB_UD:
		general_fault(e, t);
		break;
	case AB_DB:
		debug_trap(e, t, undo);
		break;
	case AB_BP:
		if (e->mon->debug && debug_breakpoint(e))
			break;
		/* fall through */
	case AB_OF:
		e->mon->sh->stat[MON_STAT_TRAP]++;
		e->m->cpu.shadow = 0;
		engine_check(e, ab_deliver(e->m, (uint8_t)t->trapno, true));
		break;
	case AB_DE:
	case AB_BR:
	case AB_MF:
	case AB_XM:
		raise_fault(e, (unsigned)t->trapno, false, 0);
		break;
	case AB_AC:
		alignment_fault(e);
		break;
	default:
		engine_died(e, "unexpected host signal %d (trap %d) at %x", t->sig,
			    t->trapno, (uint32_t)e->m->cpu.rip);
	}
}

/* From the signal handler: registers are in e. */
_Noreturn void engine_trap_entry(struct engine *e, const struct trap *t)
{
	struct ab_machine *m = e->m;
	unsigned acc;

	engine_state_in(e);
	if (!e->bt_on)
		seg_in(e);
	if (step_in_window(e, t) ||
	    (e->mended && (t->trapno == AB_PF || t->trapno == AB_GP || t->trapno == AB_SS))) {
		engine_state_out(e);	/* again, with the segments it should have */
	} else if (e->kind == SPACE_USER) {
		/* A page that ring 3 may have is mapped here and now. */
		acc = (t->err & (AB_PF_W | AB_PF_I)) | AB_ACC_U;
		if (t->trapno != AB_PF || m->cpu.cpl != 3 ||
		    shadow_fault(e, t->cr2, acc) != SHADOW_DONE)
			user_trap(e, t);
		engine_state_out(e);
	} else {
		engine_trap(e, t);
		engine_leave(e);
	}
	engine_resume();
}
