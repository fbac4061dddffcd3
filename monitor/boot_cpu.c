/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual CPU at the moment of entry.  All protocols agree: 32-bit protected
 * mode, flat segments, paging off, interrupts off; they differ in registers.
 */
#include "core/core.h"
#include "monitor/mon.h"

#define ATTR_CODE32	0xc09bu		/* G D P S, code, read, accessed */
#define ATTR_DATA32	0xc093u		/* G B P S, data, write, accessed */

static struct ab_seg flat(uint16_t sel, uint16_t attr)
{
	return (struct ab_seg){ .sel = sel, .attr = attr, .limit = 0xffffffffu };
}

void boot_cpu_setup(const struct mon *m, struct ab_cpu *cpu)
{
	const struct mon_boot *b = &m->boot;
	unsigned i;

	cpu->gpr[AB_EAX] = b->eax;
	cpu->gpr[AB_EBX] = b->ebx;
	cpu->gpr[AB_ECX] = b->ecx;
	cpu->gpr[AB_EDX] = b->edx;
	cpu->gpr[AB_ESI] = b->esi;
	cpu->gpr[AB_EDI] = b->edi;
	cpu->gpr[AB_EBP] = b->ebp;
	cpu->gpr[AB_ESP] = b->esp;
	cpu->rip = b->eip;
	cpu->rflags = 2;
	cpu->cpl = 0;
	cpu->cr0 = AB_CR0_PE | AB_CR0_ET;
	for (i = 0; i < AB_SEG_COUNT; i++)
		cpu->seg[i] = flat(b->ds, ATTR_DATA32);
	cpu->seg[AB_SEG_CS] = flat(b->cs, ATTR_CODE32);
	cpu->gdtr.base = b->gdt;
	cpu->gdtr.limit = b->gdt_limit;
}
