/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_signal.c: host signals, in and out.
 *
 * The handler never returns to guest code by rt_sigreturn: it leaves by
 * engine_resume() as patched sites do, which restores the FPU image of the
 * signal frame, so nothing has to be written back into the frame and one way
 * out serves all.  Hence SA_NODEFER and no mask: a signal that comes while
 * 64-bit code runs only leaves a mark (engine.async), and sends engine_resume
 * back to its beginning when it had already looked at the mark.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "lib/decode.h"
#include "monitor/engine.h"
#include "monitor/sys.h"

#define HWCAP2_FSGSBASE_BIT 2u

#define INSN_MAX	15u

static bool use_wrfsbase;

bool signal_has_gsbase(void)
{
	return use_wrfsbase;
}

static void set_fsbase(uint64_t base)
{
	if (use_wrfsbase)
		__asm__ volatile("wrfsbase %0" : : "r"(base));
	else
		sys_call3(SYS_arch_prctl, ARCH_SET_FS, (long)base, 0);
}

/* libc's %fs; the guest's is put back on the way out. */
void libc_world(struct engine *e)
{
	if (e->bt_on)
		return;		/* it is never left */
	set_fsbase(e->host_fsbase);
	e->segs_dirty = 1;
}

bool trap_is_async(const struct trap *t)
{
	return t->sig == SIGALRM || t->sig == MON_SIGNAL;
}

/* A signal while 64-bit code runs: our own, or the guest's if it jumped out of
 * compatibility mode. */
static void in_monitor(struct engine *e, int sig, siginfo_t *si, greg_t *g)
{
	uint64_t ip = (uint64_t)g[REG_RIP], to;
	bool async = sig == SIGALRM || sig == MON_SIGNAL;

	/* who gets the vCPU looks at clock and kicks by itself */
	if (async && !space_has_turn(e))
		return;
	to = fast_signal(e, ip, async, sig == SIGSEGV && g[REG_TRAPNO] == AB_PF ?
			 (uint64_t)g[REG_CR2] : UINT64_MAX, (unsigned)g[REG_ERR]);
	if (to)
		g[REG_RIP] = (greg_t)to;
	if (async) {
		e->async = 1;
		if (ip >= (uint64_t)(uintptr_t)engine_resume_begin &&
		    ip < (uint64_t)(uintptr_t)engine_resume_end) {
			g[REG_RIP] = (greg_t)(uintptr_t)engine_resume_begin;
			g[REG_EFL] = AB_FL_IF | 2;	/* they were the guest's already */
		}
		return;
	}
	if (to)
		return;
	if (sig == SIGTRAP && g[REG_TRAPNO] == 1) {
		/* a single step, ours or the guest's, went along into a call; the
		 * guest's only where there is no stub: see debug_trap() */
		g[REG_EFL] &= ~(greg_t)AB_FL_TF;
		e->call_tf = !e->step || e->step_tf;
		return;
	}
	if (native_faulted(e, &ip, (int)g[REG_TRAPNO])) {
		g[REG_RIP] = (greg_t)ip;
		return;
	}
	if (ip < 1ull << 32)
		engine_died(e, "guest code at %x left 32-bit mode (host signal %d, trap %d)",
			    (uint32_t)ip, sig, (int)g[REG_TRAPNO]);
	engine_died(e, "internal error: signal %d, trap %d at host address %lx, fault address %lx",
		    sig, (int)g[REG_TRAPNO], ip - (uint64_t)(uintptr_t)&engine_main,
		    (uint64_t)g[REG_CR2]);
}

/* In the image of a fault RF is set by the processor.  The guest's own is there while the
 * instruction that an iret has set it for is not done. */
static void own_rf(struct engine *e, const struct trap *t)
{
	const struct ab_cpu *c = &e->m->cpu;

	if (t->trapno < 0 || t->trapno == AB_DB || t->trapno == AB_BP || t->trapno == AB_OF)
		return;
	e->rflags &= ~(uint64_t)AB_FL_RF;
	if ((uint32_t)e->rip == (uint32_t)c->rip)
		e->rflags |= c->rflags & AB_FL_RF;
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *g = uc->uc_mcontext.gregs;
	struct engine *e = &engine;
	struct trap t;
	uint64_t sel = (uint64_t)g[REG_CSGSFS];

	/* guest's DF, NT and AC must not be ours */
	__asm__ volatile("pushq $2; popfq" : : : "cc", "memory");
	if ((sel & 0xffff) == HOST_CS64 && !(e->bt_on && bt_interrupted(e, g))) {
		in_monitor(e, sig, si, g);
		/* The host's sigreturn leaves NT as it is here. */
		if (g[REG_EFL] & AB_FL_NT)
			__asm__ volatile("pushq %0; popfq" : : "i"(2 | AB_FL_NT) : "cc", "memory");
		return;
	}
	__asm__ volatile("movl %%ds, %0" : "=r"(e->ds));
	__asm__ volatile("movl %%es, %0" : "=r"(e->es));
	__asm__ volatile("movl %%fs, %0" : "=r"(e->fs));
	__asm__ volatile("movl %%gs, %0" : "=r"(e->gs));
	libc_world(e);
	e->gpr[AB_EAX] = (uint64_t)g[REG_RAX];
	e->gpr[AB_ECX] = (uint64_t)g[REG_RCX];
	e->gpr[AB_EDX] = (uint64_t)g[REG_RDX];
	e->gpr[AB_EBX] = (uint64_t)g[REG_RBX];
	e->gpr[AB_ESP] = (uint64_t)g[REG_RSP];
	e->gpr[AB_EBP] = (uint64_t)g[REG_RBP];
	e->gpr[AB_ESI] = (uint64_t)g[REG_RSI];
	e->gpr[AB_EDI] = (uint64_t)g[REG_RDI];
	e->rip = (uint64_t)g[REG_RIP];
	e->rflags = (uint64_t)g[REG_EFL];
	e->fp = uc->uc_mcontext.fpregs;
	t.sig = sig;
	t.trapno = sig == SIGALRM || sig == MON_SIGNAL || sig == SIGSYS ?
		-1 : (int)g[REG_TRAPNO];
	t.err = t.trapno == AB_DB ? si->si_code != TRAP_TRACE : (uint32_t)g[REG_ERR];
	t.cr2 = (uint32_t)g[REG_CR2];
	own_rf(e, &t);
	if (e->bt_on && bt_step_over(e) && trap_is_async(&t)) {
		/* the step's trap comes first */
		e->async = 1;
		t = (struct trap){ .sig = SIGTRAP, .trapno = AB_DB };
	}
	engine_trap_entry(e, &t);
}

/* No instruction: one longer than 15 bytes is #GP, one that goes on in a page that
 * cannot be read is that page's fault. */
static void decode_fault(struct engine *e, uint64_t at, int why, size_t got)
{
	struct ab_machine *m = e->m;
	uint8_t byte;

	m->fault = (struct ab_fault){ .vector = AB_UD };
	if (why == AB_DECODE_SHORT && got >= INSN_MAX)
		m->fault = (struct ab_fault){ .vector = AB_GP, .has_error = true };
	else if (why == AB_DECODE_SHORT)
		ab_fetch(m, at + got, &byte, 1, &got);
	engine_check(e, AB_FAULT);
}

bool trap_decode(struct engine *e, struct ab_insn *in)
{
	struct ab_machine *m = e->m;
	struct ab_cpu *c = &m->cpu;
	uint64_t at = c->seg[AB_SEG_CS].base + c->rip;
	const uint8_t *code;
	uint8_t bytes[16];
	size_t got = 0;
	int n;

	/* a hlt over a site stands for what was there */
	got = site_original(e, (uint32_t)at, &code);
	if (!got) {
		if (ab_fetch(m, at, bytes, INSN_MAX, &got) != AB_OK) {
			engine_check(e, AB_FAULT);
			return false;
		}
		code = bytes;
	}
	n = ab_decode(code, got, c->seg[AB_SEG_CS].attr & 0x4000 ? 32 : 16, in);
	if (n < 0) {
		decode_fault(e, at, n, got);
		return false;
	}
	in->addr = c->rip;
	return true;
}

static void *stack_for_signals(struct engine *e, size_t *size)
{
	size_t n = getauxval(AT_MINSIGSTKSZ);
	void *p;

	n = (n > 4096 ? n : 4096) * 4 + (256u << 10);
	n = (n + PAGE - 1) & ~(size_t)(PAGE - 1);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the signal stack");
	*size = n;
	return p;
}

void signal_init(struct engine *e)
{
	static const int signals[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM, MON_SIGNAL,
	};
	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	stack_t ss = { 0 };
	unsigned i;

	use_wrfsbase = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT;
	sys_call3(SYS_arch_prctl, ARCH_GET_FS, (long)&e->host_fsbase, 0);
	ss.ss_sp = stack_for_signals(e, &ss.ss_size);
	if (sigaltstack(&ss, NULL))
		mon_end(e->mon, MON_FAILED, "the host refuses a signal stack");
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], &sa, NULL))
			mon_end(e->mon, MON_FAILED, "the host refuses a signal handler");
}
