/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_user.c: where ring 3 runs.
 *
 * separate: a second process, the *user space*, whose low 4 GiB hold nothing but
 * pages that the guest's tables give to ring 3: no window, no kernel page, so
 * nothing that code there does can reach one.  The two processes hand the vCPU
 * to each other by a futex word; the virtual CPU is in shared memory, FPU state
 * travels as an XSAVE image.
 *
 * limits: the same process as the kernel, behind segment limits.  Only where
 * every user page lies below every supervisor page; when that ceases to be true,
 * `auto` goes over to separate for good.
 */
#include <signal.h>
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

static void copy(void *to, const void *from, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

/* The guest's FPU state into the shared image. */
static void fp_save(struct engine *e)
{
	struct handover *ho = e->ho;

	if (e->fp == ho->fp)
		return;
	if (e->fp) {
		/* a signal frame: the kernel left its size there */
		const uint32_t *sw = (const uint32_t *)((uint8_t *)e->fp + 464);
		size_t n = sw[0] == 0x46505853 ? sw[4] : 512;

		copy(ho->fp, e->fp, n < sizeof(ho->fp) ? n : sizeof(ho->fp));
	} else {
		__asm__ volatile("xsave64 %0" : "=m"(ho->fp)
				 : "a"((uint32_t)e->fp_mask),
				   "d"((uint32_t)(e->fp_mask >> 32)) : "memory");
	}
	e->fp = ho->fp;
}

/* Until it is this process's turn, or a signal came (false). */
static bool wait_turn(struct engine *e)
{
	struct handover *ho = e->ho;
	uint32_t turn;

	while ((turn = __atomic_load_n(&ho->turn, __ATOMIC_ACQUIRE)) != e->kind) {
		if (e->async && e->kind == SPACE_KERNEL)
			return false;
		sys_futex_wait(&ho->turn, turn, NULL);
	}
	return true;
}

static void give_turn(struct engine *e, enum space_kind to)
{
	__atomic_store_n(&e->ho->turn, to, __ATOMIC_RELEASE);
	sys_futex_wake(&e->ho->turn, 1);
}

/* Invalidations that the guest's kernel made while the user space slept. */
void user_apply_flushes(struct engine *e)
{
	struct handover *ho = e->ho;
	uint32_t i;

	if (ho->flush_all & 4)
		shadow_reset(e);
	else if (ho->flush_all)
		shadow_flush(e, ho->flush_all & 2);
	for (i = 0; i < ho->nflush && i < USER_FLUSHES; i++)
		shadow_page(e, ho->flush[i]);
	ho->flush_all = 0;
	ho->nflush = 0;
}

/* In the user space: the vCPU is ours; run what m->cpu says. */
static _Noreturn void user_enter(struct engine *e)
{
	user_apply_flushes(e);
	if (e->ho->expect) {
		e->expect = true;
		e->expect_va = e->ho->expect_va;
		e->expect_acc = e->ho->expect_acc;
		e->expect_rip = e->m->cpu.rip;
		e->expect_cpl = 3;
		e->ho->expect = 0;
		shadow_expect(e);
	}
	e->fp = e->ho->fp;
	e->hcpl = 0xff;
	engine_state_out(e);
	e->segs_dirty = 1;
	engine_resume();
}

static _Noreturn void user_main(struct engine *e)
{
	e->kind = SPACE_USER;
	e->window = e->window_end = 0;	/* this space has none */
	e->limits = false;
	shadow_init(e);
	signal_init(e);
	e->ho->pid[SPACE_USER] = (uint32_t)sys_call3(SYS_getpid, 0, 0, 0);
	sandbox_enter(e->mon);
	while (!wait_turn(e))
		;
	/* A kick may have come before this process could take one: let the other
	 * look first. */
	e->async = 1;
	user_enter(e);
}

void user_init(struct engine *e)
{
	struct handover *ho;

	ho = mmap(NULL, sizeof(*ho), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ho == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the ring-3 process");
	e->ho = ho;
	e->limits = false;
	if (e->mon->user == MON_USER_LIMITS)
		return;
	switch (mon_fork(e->mon)) {
	case -1:
		mon_end(e->mon, MON_FAILED, "the host gives no second process for ring 3");
	case 0:
		user_main(e);
	}
}

uint64_t directory_entry(struct engine *e, uint64_t va)
{
	struct ab_machine *m = e->m;
	const uint8_t *table;
	uint64_t pdpte;

	if (!(m->cpu.cr4 & AB_CR4_PAE)) {
		table = engine_host.phys(m, m->cpu.cr3 & ~0xfffull, PAGE);
		return table ? ((const uint32_t *)table)[va >> 22] : 0;
	}
	pdpte = m->cpu.pdpte[va >> 30];
	if (!(pdpte & AB_PTE_P))
		return 0;
	table = engine_host.phys(m, pdpte & 0xffffff000ull, PAGE);
	return table ? ((const uint64_t *)table)[va >> 21 & 511] : 0;
}

/* What lies under a directory entry that lets ring 3 in: its last user page's end
 * into *user_end, its first other page into *kernel. */
static void table_split(struct engine *e, uint64_t pde, uint64_t va, uint64_t step,
			uint64_t *user_end, uint64_t *kernel)
{
	const uint8_t *table = engine_host.phys(e->m, pde & 0xffffff000ull, PAGE);
	unsigned i, n = (unsigned)(step / PAGE);
	uint64_t pte;

	for (i = 0; table && i < n; i++) {
		pte = n == 512 ? ((const uint64_t *)table)[i] :
				 ((const uint32_t *)table)[i];
		if (!(pte & AB_PTE_P))
			continue;
		if (pte & AB_PTE_U)
			*user_end = va + (uint64_t)(i + 1) * PAGE;
		else if (*kernel > va + (uint64_t)i * PAGE)
			*kernel = va + (uint64_t)i * PAGE;
	}
}

/* Do all of ring 3's pages lie below all others?  *top: where the others begin,
 * with room below them where there is no user page. */
static bool layout_split(struct engine *e, uint64_t *top)
{
	struct ab_machine *m = e->m;
	uint64_t step = m->cpu.cr4 & AB_CR4_PAE ? 1u << 21 : 1u << 22;
	uint64_t user_end = 0, kernel = 1ull << 32, va, pde;

	if (!(m->cpu.cr0 & AB_CR0_PG))
		return false;
	for (va = 0; va < 1ull << 32; va += step) {
		pde = directory_entry(e, va);
		if (!(pde & AB_PTE_P))
			continue;
		if (pde & AB_PTE_U && !(pde & AB_PTE_PS))
			table_split(e, pde, va, step, &user_end, &kernel);
		else if (pde & AB_PTE_U)
			user_end = va + step;
		else if (kernel > va)
			kernel = va;
	}
	if ((kernel & ~(step - 1)) >= user_end)
		kernel &= ~(step - 1);
	*top = kernel;
	return user_end <= kernel && kernel < 1ull << 32;
}

/* Decide how ring 3 runs, at the first return to it in each paging mode. */
void user_choose(struct engine *e)
{
	uint64_t top;

	if (e->limits || e->user_fixed)
		return;
	if (e->mon->user != MON_USER_SEPARATE && layout_split(e, &top)) {
		e->limits = true;
		e->user_top = top;
		e->hcpl = 0xff;
		shadow_reset(e);	/* pages mapped before the split was known */
	} else if (e->mon->user == MON_USER_LIMITS) {
		engine_died(e, "--user limits: this guest's user pages do not all lie below its kernel's; use --user separate");
	}
	e->user_fixed = true;
}

void user_abandon_limits(struct engine *e)
{
	if (e->mon->user == MON_USER_LIMITS)
		engine_died(e, "--user limits: this guest maps kernel pages below user pages; use --user separate");
	e->limits = false;
	e->user_fixed = true;
	e->hcpl = 0xff;
	shadow_reset(e);
}

bool user_beyond_limits(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	uint64_t va = (uint32_t)(c->seg[AB_SEG_CS].base + c->rip);
	struct ab_xlat x;

	if (!e->limits || va < e->user_top)
		return false;
	if (ab_walk(e->m, va, AB_ACC_U | AB_ACC_X, false, &x) != AB_OK) {
		engine_check(e, AB_FAULT);
		return true;
	}
	user_abandon_limits(e);
	return false;
}

/* In the kernel space: lend the vCPU to the user space until ring 3 traps. */
void user_run(struct engine *e, struct trap *t)
{
	struct handover *ho = e->ho;

	e->mon->sh->stat[MON_STAT_HANDOVER]++;
	fp_save(e);
	give_turn(e, SPACE_USER);
	while (!wait_turn(e)) {
		/* our signal is meant for the vCPU: pass it on */
		e->async = 0;
		sys_call3(SYS_kill, -e->mon->group, MON_SIGNAL, 0);
	}
	libc_world(e);			/* its trap will be decoded */
	t->sig = ho->sig;
	t->trapno = ho->trapno;
	t->err = ho->err;
	t->cr2 = (uint32_t)ho->cr2;
	e->async = 1;			/* look at clock and terminal */
}

/* In the user space: ring 3 trapped with something for the kernel space; come
 * back when it is to run again. */
_Noreturn void user_trap(struct engine *e, const struct trap *t)
{
	struct handover *ho = e->ho;

	fp_save(e);
	ho->sig = t->sig;
	ho->trapno = t->trapno;
	ho->err = t->err;
	ho->cr2 = t->cr2;
	e->async = 0;
	give_turn(e, SPACE_KERNEL);
	while (!wait_turn(e))
		;
	user_enter(e);
}
