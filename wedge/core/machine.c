/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reset state, and how core functions report what the guest ran into.
 */
#include "core/cpu.h"

#define DR6_RESET	0xffff0ff0u
#define DR7_RESET	0x00000400u
#define PAT_RESET	0x0007040600070406ull
#define APIC_RESET	0xfee00900ull	/* enabled, bootstrap processor */
#define MISC_ENABLE_RESET 0x1ull	/* fast strings */

static void seg_reset(struct ab_seg *s, uint16_t sel, uint64_t base, uint16_t attr)
{
	s->sel = sel;
	s->base = base;
	s->limit = 0xffff;
	s->attr = attr;
}

static void cpu_reset(struct ab_cpu *cpu)
{
	unsigned i;

	cpu->rip = 0xfff0;
	cpu->rflags = 2;
	cpu->cr0 = AB_CR0_CD | AB_CR0_NW | AB_CR0_ET;
	cpu->xcr0 = 1;
	cpu->dr[6] = DR6_RESET;
	cpu->dr[7] = DR7_RESET;
	cpu->pat = PAT_RESET;
	cpu->apic_base = APIC_RESET;
	cpu->misc_enable = MISC_ENABLE_RESET;
	for (i = 0; i < AB_SEG_COUNT; i++)
		seg_reset(&cpu->seg[i], 0, 0, AB_AT_P | AB_AT_S | AB_AT_RW | AB_AT_ACCESSED);
	seg_reset(&cpu->seg[AB_SEG_CS], 0xf000, 0xffff0000,
		  AB_AT_P | AB_AT_S | AB_AT_CODE | AB_AT_RW | AB_AT_ACCESSED);
	seg_reset(&cpu->ldtr, 0, 0, AB_AT_P | AB_SYS_LDT);
	seg_reset(&cpu->tr, 0, 0, AB_AT_P | AB_SYS_TSS_BUSY);
	cpu->gdtr.limit = 0xffff;
	cpu->idtr.limit = 0xffff;
}

void ab_machine_init(struct ab_machine *m, const struct ab_host *host, void *host_data,
		     uint64_t ram_size, uint32_t tsc_khz)
{
	ab_memset(m, 0, sizeof(*m));
	m->host = host;
	m->host_data = host_data;
	m->ram_size = ram_size;
	m->tsc_khz = tsc_khz;
	cpu_reset(&m->cpu);
	ab_platform_init(m);
}

void ab_fault_set(struct ab_machine *m, uint8_t vector, bool has_error, uint32_t error)
{
	m->fault.vector = vector;
	m->fault.has_error = has_error;
	m->fault.soft = 0;
	m->fault.error = error;
	m->fault.cr2 = 0;
}

enum ab_result ab_unsupported(struct ab_machine *m, const char *what)
{
	size_t i;

	for (i = 0; what[i] && i < sizeof(m->why) - 1; i++)
		m->why[i] = what[i];
	m->why[i] = '\0';
	return AB_UNSUPPORTED;
}
