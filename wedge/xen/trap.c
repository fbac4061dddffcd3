/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trap.c: what each entry from Xen means to the guest, and the way back.
 *
 * The guest runs in what Xen takes for user mode, so every privileged instruction
 * of its ends here as a #GP, undisturbed by Xen's own emulation.  What is not
 * patched is decoded, emulated by wedge/core, and counted with its address.
 */
#include <xen/sched.h>
#include "xen/pv.h"

#define VECTOR_EVENT	256
#define VECTOR_SYSCALL	257
#define VECTOR_FAILSAFE	258
#define SAME_FAULTS	64	/* a fault that comes back so often is never mended */

/* What head.S gives to Xen when it leaves. */
struct iret_context exit_frame;

static struct vcpu_info *info(void)
{
	return (struct vcpu_info *)vcpu.info;
}

void trap_check(enum ab_result r)
{
	if (r == AB_FAULT)
		r = ab_raise(&machine);
	if (r == AB_UNSUPPORTED)
		xen_die(machine.why);
	if (r == AB_SHUTDOWN)
		xen_die("triple fault");
	if (r != AB_OK)
		xen_die("a fault that nobody takes");
}

static void raise(unsigned vector, bool has_error, uint32_t error)
{
	site_undo();
	machine.fault = (struct ab_fault){
		.vector = (uint8_t)vector, .has_error = has_error, .error = error,
	};
	trap_check(AB_FAULT);
}

static void count(unsigned op)
{
	struct xen_site_count *h;
	unsigned i, at = (unsigned)(machine.cpu.rip * 0x9e3779b97f4a7c15ull >> 50);

	xen.traps[op]++;
	for (i = 0; i < 16; i++) {
		h = &xen.hot[(at + i) % XEN_HOT];
		if (!h->count) {
			h->rip = machine.cpu.rip;
			h->op = op;
		}
		if (h->rip == machine.cpu.rip && h->op == op) {
			h->count++;
			return;
		}
	}
}

/* Decode at rip.  False after a fault of the guest, which has been delivered. */
static bool decode_here(struct ab_insn *in, bool *known)
{
	uint8_t bytes[16];
	size_t got = 0;
	enum ab_result r = ab_fetch(&machine, machine.cpu.rip, bytes, 15, &got);

	if (r != AB_OK) {
		trap_check(r);
		return false;
	}
	*known = ab_insn_decode(bytes, got, ab_code64_now() ? 64 : 32, in) > 0;
	return true;
}

/* A sensitive instruction (also one that names a selector or a gate, which are the
 * guest's and not Xen's), or the guest's own fault. */
static void general_protection(uint32_t error)
{
	const struct ab_embed_site *s;
	struct ab_insn in = { 0 };
	bool known;

	site_undo();
	s = site_at(machine.cpu.rip);
	if (s && s->addr == machine.cpu.rip) {
		/* in a stub, or a hlt over an instruction too short for a jump */
		if (s->tmpl == SITE_TRAPS)
			count(s->op);
		trap_check(site_run(s));
		return;
	}
	if (!decode_here(&in, &known))
		return;
	/* an error code is about Xen's tables, if the instruction loads a selector */
	if (!known || !in.op) {
		raise(AB_GP, true, error);
		return;
	}
	count(in.op);
	trap_check(ab_emulate(&machine, &in));
}

/* An access to a device's registers. */
static void mmio(void)
{
	struct ab_insn in = { 0 };
	bool known;

	xen.mmio++;
	if (!decode_here(&in, &known))
		return;
	if (!known)
		xen_die("an access to device memory by an instruction that is not known");
	trap_check(ab_emulate(&machine, &in));
}

/* The same fault again and again, with nothing in between, is a bug of ours or of
 * the tables: say so. */
static void check_progress(uint64_t va)
{
	bool next = xen.entries == xen.last_entry + 1;

	xen.last_entry = xen.entries;
	if (next && va == xen.last_fault && machine.cpu.rip == xen.last_rip) {
		if (++xen.same_fault == SAME_FAULTS)
			xen_die("a page fault that does not go away");
		return;
	}
	xen.last_fault = va;
	xen.last_rip = machine.cpu.rip;
	xen.same_fault = 0;
}

static void page_fault(uint32_t error)
{
	uint64_t va = info()->arch.cr2;
	const struct ab_embed_site *s;

	if (va >= embed.window) {
		/* patched code in ring 3, where the window is not */
		s = site_at(machine.cpu.rip);
		if (!s || machine.cpu.cpl != 3)
			xen_die("the guest uses the addresses of the wedge's window");
		site_undo();
		trap_check(site_run(s));
		return;
	}
	switch (shadow_fault(va, error)) {
	case SHADOW_DONE:
		xen.faults_hidden++;
		check_progress(va);
		break;
	case SHADOW_MMIO:
		mmio();
		break;
	case SHADOW_GUEST_FAULT: {
		struct ab_fault f = machine.fault;

		xen.faults_guest++;
		site_undo();
		machine.fault = f;
		trap_check(AB_FAULT);
		break;
	}
	}
}

static void system_call(void)
{
	static const uint8_t bytes[2] = { 0x0f, 0x05 };
	struct ab_insn in = { 0 };

	if (machine.cpu.cpl == 0 && site_call())
		return;
	xen.syscalls++;
	machine.cpu.rip -= 2;
	ab_insn_decode(bytes, sizeof(bytes), 64, &in);
	trap_check(ab_emulate(&machine, &in));
}

static void device_not_available(void)
{
	xen.hw_ts = false;		/* Xen clears it with the exception */
	if (machine.cpu.cr0 & (AB_CR0_TS | AB_CR0_EM))
		raise(AB_NM, false, 0);
}

static void breakpoint(unsigned vector)
{
	enum ab_result r = ab_deliver(&machine, (uint8_t)vector, true);

	trap_check(r);
}

static void dispatch(unsigned vector, uint32_t error)
{
	switch (vector) {
	case VECTOR_EVENT:
		xen.upcalls++;
		break;
	case VECTOR_SYSCALL:
		system_call();
		break;
	case VECTOR_FAILSAFE:
		xen_die("Xen cannot return to the guest: a bad selector or address");
	case AB_GP:
		general_protection(error);
		break;
	case AB_PF:
		page_fault(error);
		break;
	case AB_NM:
		device_not_available();
		break;
	case AB_BP:
	case AB_OF:
		breakpoint(vector);
		break;
	default:
		raise(vector, vector == AB_DF || (vector >= AB_TS && vector <= AB_PF) ||
		      vector == AB_AC, error);
		break;
	}
}

/* ---- back to the guest ---- */

static void segments_set(void)
{
	const struct ab_seg *fs = &machine.cpu.seg[AB_SEG_FS];
	const struct ab_seg *gs = &machine.cpu.seg[AB_SEG_GS];

	if (fs->base != xen.fs_base) {
		xen.fs_base = fs->base;
		hypercall_must(__HYPERVISOR_set_segment_base, SEGBASE_FS, fs->base, 0, 0,
			       "set the base of fs");
	}
	if (gs->base != xen.gs_base) {
		xen.gs_base = gs->base;
		hypercall_must(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER, gs->base,
			       0, 0, "set the base of gs");
	}
}

static void fpu_set(void)
{
	bool ts = machine.cpu.cr0 & (AB_CR0_TS | AB_CR0_EM);

	if (ts == xen.hw_ts)
		return;
	xen.hw_ts = ts;
	hypercall_must(__HYPERVISOR_fpu_taskswitch, ts, 0, 0, 0, "set CR0.TS");
}

/* Xen emulates both for the wedge, as for any kernel of its guests. */
static void xcr0_set(void)
{
	uint64_t v = machine.cpu.xcr0, cr4;

	if (v == xen.xcr0)
		return;
	xen.xcr0 = v;
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | AB_CR4_OSXSAVE));
	__asm__ volatile("xsetbv" : : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(0));
}

static void page_publish(void)
{
	const struct ab_cpu *c = &machine.cpu;
	unsigned i;

	vcpu.cr0 = c->cr0;
	vcpu.cr2 = c->cr2;
	vcpu.cr3 = c->cr3;
	vcpu.cr4 = c->cr4;
	vcpu.sysflags = c->rflags & AB_FL_IOPL;
	for (i = 0; i < AB_SEG_COUNT; i++)
		vcpu.sel[i] = c->seg[i].sel;
}

/* Let in what waits, sleep while the guest does. */
static void deliver(void)
{
	struct ab_machine *m = &machine;

	for (;;) {
		events_handle();
		if (xen.ended)
			xen_finish();
		m->cpu.shadow = 0;
		if (ab_interrupt_ready(m)) {
			site_undo();
			trap_check(ab_interrupt(m));
			continue;
		}
		if (!m->cpu.halted)
			return;
		if (!(m->cpu.rflags & AB_FL_IF))
			xen_die("the guest halted with interrupts off");
		events_wait();
		info()->evtchn_upcall_pending = 1;	/* look at all of them */
	}
}

void xen_leave(void)
{
	struct ab_cpu *c = &machine.cpu;
	bool on;

	deliver();
	on = c->rflags & AB_FL_IF;
	page_publish();
	fpu_set();
	xcr0_set();
	segments_set();
	shadow_enter();
	/* an interrupt that waits for the guest's sti: its stub looks at this */
	if (!on && ab_interrupt_pending(&machine))
		info()->evtchn_upcall_pending = 1;
	exit_frame.rip = c->rip;
	exit_frame.cs = ab_code64_now() ? FLAT_USER_CS64 : FLAT_USER_CS32;
	exit_frame.rflags = (c->rflags & ~(uint64_t)(AB_FL_IOPL | AB_FL_VM | AB_FL_RF)) | 2;
	exit_frame.rsp = c->gpr[AB_ESP];
	exit_frame.ss = FLAT_USER_SS64;
	exit_frame.flags = 0;
}

/* From head.S.  Registers are in the virtual CPU already. */
void xen_trap(uint64_t vector, uint64_t error, uint64_t cs, uint64_t rflags)
{
	struct ab_cpu *c = &machine.cpu;

	if (!(cs & 3)) {
		xen_print("\nwedge: vector %u error %x cr2 %x\n", vector, error,
			  info()->arch.cr2);
		c->cpl = 0;
		xen_die("a fault in the wedge itself");
	}
	xen.entries++;
	c->rflags = (rflags & ~(uint64_t)(AB_FL_IOPL | AB_FL_VM)) | (c->rflags & AB_FL_IOPL);
	dispatch((unsigned)vector, (uint32_t)error);
	xen_leave();
}
