/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_user.c: where ring 3 runs.
 *
 * separate: a space of its own for each page directory (engine_space.c), whose low
 * 4 GiB hold nothing but pages that the guest's tables give to ring 3: no window,
 * no kernel page, so nothing that code there does can reach one.
 *
 * limits: the same process as the kernel, behind segment limits.  Only where
 * every user page lies below every supervisor page; when that ceases to be true,
 * `auto` goes over to separate for good.
 */
#include <signal.h>
#include <sys/mman.h>
#include "monitor/engine.h"
#include "monitor/sys.h"

/* In ring 3's space: the vCPU is ours; run what m->cpu says. */
_Noreturn void user_enter(struct engine *e)
{
	space_apply(e);
	shadow_expect(e);
	engine_state_out(e);
	e->segs_dirty = 1;
	engine_resume();
}

void user_init(struct engine *e)
{
	struct handover *ho;

	ho = mmap(NULL, sizeof(*ho), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ho == MAP_FAILED)
		mon_end(e->mon, MON_FAILED, "no memory for the pool of processes");
	e->ho = ho;
	e->limits = false;
	space_init(e);
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
		vsyscall_set(e, VSYSCALL_CALL);
		e->hcpl = 0xff;
		space_reset_all(e);	/* pages mapped before the split was known */
	} else if (e->mon->user == MON_USER_LIMITS) {
		engine_died(e, "--user limits: this guest's user pages do not all lie below its kernel's; use --user separate");
	} else {
		vsyscall_set(e, VSYSCALL_HLT);
	}
	e->user_fixed = true;
}

void user_abandon_limits(struct engine *e)
{
	if (e->mon->user == MON_USER_LIMITS)
		engine_died(e, "--user limits: this guest maps kernel pages below user pages; use --user separate");
	e->limits = false;
	vsyscall_set(e, VSYSCALL_HLT);
	e->user_fixed = true;
	e->hcpl = 0xff;
	space_reset_all(e);
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

/* In a kernel space: lend the vCPU to ring 3's until it traps. */
void user_run(struct engine *e, struct trap *t)
{
	struct handover *ho = e->ho;

	ho->home = e->self;
	space_lend(e, space_user(e));
	e->stepped = false;		/* what the kernel's space was left with */
	t->sig = ho->sig;
	t->trapno = ho->trapno;
	t->err = ho->err;
	t->cr2 = (uint32_t)ho->cr2;
}

/* In ring 3's space: a trap that is the kernel space's; come back when ring 3 is
 * to run here again. */
_Noreturn void user_trap(struct engine *e, const struct trap *t)
{
	struct handover *ho = e->ho;

	ho->sig = t->sig;
	ho->trapno = t->trapno;
	ho->err = t->err;
	ho->cr2 = t->cr2;
	e->async = 0;
	space_lend(e, ho->home);
	user_enter(e);
}
