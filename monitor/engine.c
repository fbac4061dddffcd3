/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.c: the vCPU's life: start, and what happens between leaving guest code
 * and entering it again.
 *
 * m->cpu is the guest's state while 64-bit code runs; struct engine holds the
 * host's registers for it.  Every way in ends in engine_leave(): interrupts are
 * delivered or the doorbell is armed, an idle guest sleeps, and the host's
 * registers are made from m->cpu.  Nothing else decides about interrupts, so
 * they come at the same instruction whatever brought the guest here.
 */
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "monitor/engine.h"

struct engine engine;

/* EFLAGS bits that hardware holds for us at CPL 3. */
#define HW_FLAGS (AB_FL_ARITH | AB_FL_TF | AB_FL_DF | AB_FL_NT | AB_FL_ID | AB_FL_RF)

#define STACK_SIZE	(256u << 10)

_Noreturn void engine_died(struct engine *e, const char *fmt, ...)
{
	char why[MON_WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	mon_vformat(why, sizeof(why), fmt, ap);
	va_end(ap);
	mon_end(e->mon, MON_DIED, why);
}

/* Guest state from the host registers that guest code was left with. */
void engine_state_in(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	uint64_t keep = AB_FL_IOPL;
	unsigned i;

	fast_sync(e);
	for (i = 0; i < 8; i++)
		c->gpr[i] = (uint32_t)e->gpr[i];
	c->rip = (uint32_t)e->rip;
	/* AC is hardware's at CPL 3 only: below, it would make faults there. */
	if (c->cpl < 3)
		keep |= AB_FL_AC;
	c->rflags = (c->rflags & keep) | 2 |
		(e->rflags & (HW_FLAGS | (AB_FL_AC & ~keep)));
	if (e->step && !e->step_tf)
		c->rflags &= ~(uint64_t)AB_FL_TF;
	c->rflags |= e->vp->vif == 0 ? AB_FL_IF : 0;
	e->stepped = e->step;
	e->step = false;
	if (c->shadow && (uint32_t)c->rip != e->shadow_rip)
		c->shadow = 0;
}

/* The vCPU page as the guest's inline loads shall see it. */
static void vcpu_page_out(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	struct ab_vcpu_page *vp = e->vp;
	unsigned i;

	vp->vif = c->rflags & AB_FL_IF ? 0 : AB_VIF_OFF;
	vp->sysflags = c->rflags & (AB_FL_IOPL | (c->cpl < 3 ? AB_FL_AC : 0));
	vp->cr0 = c->cr0;
	vp->cr2 = c->cr2;
	vp->cr3 = c->cr3;
	vp->cr4 = c->cr4;
	for (i = 0; i < AB_SEG_COUNT; i++)
		vp->sel[i] = c->seg[i].sel;
	vp->ldtr = c->ldtr.sel;
	vp->tr = c->tr.sel;
}

void engine_state_out(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	unsigned i;

	for (i = 0; i < 8; i++)
		e->gpr[i] = (uint32_t)c->gpr[i];
	e->rip = (uint32_t)c->rip;
	e->rflags = (c->rflags & (HW_FLAGS | (c->cpl == 3 ? AB_FL_AC : 0))) | 0x202;
	e->step_tf = c->rflags & AB_FL_TF;
	if (e->step)
		e->rflags |= AB_FL_TF;
	if (c->shadow)
		e->shadow_rip = (uint32_t)c->rip;
	vcpu_page_out(e);
	seg_out(e);
	if (e->kind == SPACE_KERNEL)
		fast_out(e);
}

/* Time, terminal and the broker's wishes. */
void engine_poll(struct engine *e)
{
	struct ab_machine *m = e->m;
	uint32_t kicks = mon_kicks(e->mon);

	if (kicks & MON_KICK_STOP)
		mon_end(e->mon, 0, "stopped");
	if (kicks & MON_KICK_DEBUG)
		e->debug_stop = SIGINT;
	if (e->deadline && host_now() >= e->deadline) {
		space_unsettle(e);
		e->deadline = 0;
		ab_timer(m);
	}
	m->host->console_ready(m);
	host_disk_poll(m);
}

static bool interrupt_waits(struct engine *e)
{
	return e->m->irq_hint && ab_interrupt_pending(e->m);
}

static void idle(struct engine *e)
{
	e->mon->sh->stat[MON_STAT_IDLE]++;
	mon_idle(e->mon, e->deadline);
	engine.async = 0;
	engine_poll(e);
}

/* Hardware has no #NM for user mode; translated code knows its FPU instructions.  Where
 * the user wants segments, ring 3 gets it at its beginning. */
static void no_fpu(struct engine *e)
{
	struct ab_machine *m = e->m;

	if (e->mon->engine_free)
		space_translate(e);
	if (m->cpu.cpl == 3 && m->cpu.cr0 & AB_CR0_TS) {
		m->fault = (struct ab_fault){ .vector = AB_NM };
		engine_check(e, AB_FAULT);
	}
}

/* Deliver what is due; sleep while the guest is halted. */
static void settle(struct engine *e)
{
	struct ab_machine *m = e->m;
	struct ab_cpu *c = &m->cpu;

	for (;;) {
		if (e->async) {
			e->async = 0;
			engine_poll(e);
		}
		/* a step is one instruction, not an interrupt handler */
		if (m->irq_hint && ab_interrupt_ready(m) &&
		    (!e->debug_step || c->halted)) {
			e->mon->sh->stat[MON_STAT_IRQ]++;
			engine_check(e, ab_interrupt(m));
			continue;
		}
		if (!c->halted)
			break;
		if (!(c->rflags & AB_FL_IF) && !(m->irq_hint & AB_HINT_NMI))
			engine_died(e, "the guest halted with interrupts off at %x",
				    (uint32_t)c->rip);
		c->shadow = 0;
		if (!interrupt_waits(e))
			idle(e);
		if (e->debug_stop)
			debug_look(e);
	}
	if (!e->bt_on && c->cr0 & (AB_CR0_TS | AB_CR0_EM))
		no_fpu(e);
}

void engine_leave(struct engine *e)
{
	struct ab_machine *m = e->m;
	struct trap t;

	do {
		settle(e);
		while (m->cpu.cpl == 3 && e->kind == SPACE_KERNEL && !e->bt_on) {
			user_choose(e);
			if (user_beyond_limits(e)) {
				settle(e);
				continue;
			}
			if (e->limits)
				break;
			user_run(e, &t);
			engine_trap(e, &t);
			settle(e);
		}
	} while (space_settle(e));
	if (e->mon->debug && e->kind == SPACE_KERNEL)
		debug_look(e);
	shadow_expect(e);
	if (e->kind == SPACE_KERNEL)
		window_close(e, m->cpu.cpl == 1 || m->cpu.cpl == 2);
	if (e->kind == SPACE_KERNEL && interrupt_waits(e)) {
		if (m->cpu.rflags & AB_FL_IF)
			e->step = true;		/* in a shadow: one more */
		else if (e->window != e->window_end)
			window_doorbell(e, true);
	} else if (e->doorbell_armed) {
		window_doorbell(e, false);
	}
	engine_state_out(e);
}

static enum ab_result raise_counted(struct engine *e)
{
	struct ab_machine *m = e->m;
	uint64_t at = m->cpu.rip, start;
	unsigned ring = m->cpu.cpl;
	enum ab_result r;

	if (!e->mon->profile || m->fault.vector != AB_PF)
		return ab_raise(m);
	start = rdtsc();
	r = ab_raise(m);
	mon_profile_hit(e->mon, at, AB_OP_NONE, AB_PROF_FAULT, ring, rdtsc() - start,
			NULL, 0, 0);
	return r;
}

/* What wedge/core said: deliver the fault, or end the run. */
void engine_check(struct engine *e, enum ab_result r)
{
	struct ab_machine *m = e->m;

	if (r == AB_FAULT) {
		e->mon->sh->stat[MON_STAT_FAULT]++;
		m->cpu.halted = 0;
		if (e->mon->trace)
			mon_log(e->mon, "fault %u error %x cr2 %x at %x ring %u\n",
				m->fault.vector, m->fault.error,
				(uint32_t)m->fault.cr2, (uint32_t)m->cpu.rip,
				m->cpu.cpl);
		r = raise_counted(e);
	}
	if (r == AB_UNSUPPORTED)
		engine_died(e, "not supported: %s (at %x)", m->why,
			    (uint32_t)m->cpu.rip);
	if (r == AB_SHUTDOWN)
		engine_died(e, "triple fault at %x", (uint32_t)m->cpu.rip);
}

/* Emulate one instruction at cpu.rip and count it. */
void engine_emulate(struct engine *e, const struct ab_insn *in, unsigned kind)
{
	engine_emulate_as(e, in, kind, in->op, 0);
}

void engine_emulate_as(struct engine *e, const struct ab_insn *in, unsigned kind,
		       unsigned op, unsigned page_class)
{
	struct ab_machine *m = e->m;
	uint64_t at = m->cpu.rip, start = 0;
	unsigned ring = m->cpu.cpl;
	enum ab_result r;

	m->cpu.shadow = 0;
	if (e->mon->trace)
		mon_log(e->mon, "trap %x ring %u op %u len %u\n", (uint32_t)at,
			ring, in->op, in->len);
	if (e->mon->profile)
		start = rdtsc();
	r = ab_emulate(m, in);
	if (e->mon->profile)
		mon_profile_hit(e->mon, at, op, kind, ring, rdtsc() - start,
				in->bytes, in->len, page_class);
	/* a single step over it is the core's to raise */
	if (r != AB_OK)
		engine_check(e, r);
}

/* A patched site's far jump: e's general registers and flags are filled. */
void engine_call(void)
{
	struct engine *e = &engine;
	struct ab_guest *g = e->mon->guest;
	uint32_t n = e->vp->site;

	e->mon->sh->stat[MON_STAT_CALL]++;
	if (n >= g->nsite || g->site[n].state != AB_SITE_OK)
		engine_died(e, "the vCPU page names site %u, which does not exist", n);
	e->rip = (uint32_t)g->site[n].addr;
	bt_step_end(e);
	engine_state_in(e);
	site_call(e, &g->site[n], 0);
	engine_leave(e);
}

/* Signals came between the last look and the way out. */
void engine_async(void)
{
	struct engine *e = &engine;

	e->async = 0;
	if (e->kind == SPACE_USER) {
		struct trap t = { .sig = MON_SIGNAL };

		user_trap(e, &t);
	}
	/* A step inside a stub may have been on its way: nothing is delivered
	 * there, and sti's shadow, if that is what it was for, is still on. */
	if (site_undo(e) != UNDO_NONE && e->step && !e->step_tf)
		e->m->cpu.shadow = 1;
	e->step = false;
	engine_poll(e);
	engine_leave(e);
}

_Noreturn void engine_main(struct mon *mon)
{
	struct engine *e = &engine;
	struct ab_machine *m = mon->machine;
	uint8_t *stack;

	e->mon = mon;
	e->m = m;
	e->kind = SPACE_KERNEL;
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		mon_end(mon, MON_FAILED, "no memory for the monitor's stack");
	e->stack = stack + STACK_SIZE;
	/* a timer that ends before signal_init() is seen by engine_poll() */
	signal(SIGALRM, SIG_IGN);
	site_init(e);
	host_init(e);
	native_init(e);
	if (mon->engine == MON_ENGINE_TRANSLATE)
		bt_init(e);
	copy_init(e);
	shadow_init(e);
	fast_init(e);
	vsyscall_set(e, VSYSCALL_INT);
	user_init(e);		/* forks the nursery of more spaces */
	signal_init(e);
	/* From here on alarms come. */
	ab_machine_init(m, &engine_host, e, mon->ram_size, mon->tsc_khz);
	boot_cpu_setup(mon, &m->cpu);
	window_lay(e);
	sandbox_enter(mon);
	engine_poll(e);
	if (mon->debug)
		e->debug_stop = SIGTRAP;
	engine_leave(e);
	e->segs_dirty = 1;
	/* From here on this process has no libc world but in signals. */
	engine_resume();
}
