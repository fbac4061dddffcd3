/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine_debug.c: the guest under a debugger (--gdb).
 *
 * The debugger's stub is the broker's (gdb.c): it reads registers and memory
 * where they lie and plants breakpoints in guest memory.  The engine only stops:
 * before the first instruction, at a planted int3, after one step, and when
 * asked to.  The guest's own trap flag is set for a step, so what is emulated
 * counts as one instruction too.
 */
#include <signal.h>
#include "monitor/engine.h"

/* On the way back to the guest, with its state in cpu. */
void debug_look(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;

	if (e->debug_step && (uint32_t)c->rip != e->debug_rip)
		e->debug_stop = SIGTRAP;
	if (e->debug_stop) {
		e->debug_step = mon_debug_stop(e->mon, e->debug_stop) ==
			MON_DEBUG_STEP;
		e->debug_rip = (uint32_t)c->rip;
		e->debug_stop = 0;
		bt_changed(e);		/* it may have planted breakpoints */
	}
	if (e->debug_step)
		e->step = true;
}

/* An int3 of the guest's, rip behind it: the debugger's? */
bool debug_breakpoint(struct engine *e)
{
	struct ab_cpu *c = &e->m->cpu;
	uint32_t at = (uint32_t)(c->seg[AB_SEG_CS].base + c->rip - 1);

	if (!mon_debug_planted(e->mon, at))
		return false;
	c->rip = (uint32_t)(c->rip - 1);
	e->debug_stop = SIGTRAP;
	return true;
}
