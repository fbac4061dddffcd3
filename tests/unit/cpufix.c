/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpufix.c: the fake host and the small kernel of the CPU tests. */
#include <stdlib.h>
#include "cpufix.h"
#include "lib/decode.h"
#include "tests/unit/run.h"

static struct ab_machine machine;
struct ab_machine *M = &machine;
struct cpufix F;
uint8_t RAM[RAM_SIZE];
static struct ab_cpu before;	/* the last instruction */

static void *host_phys(struct ab_machine *m, uint64_t pa, size_t len)
{
	ck_assert_uint_le((pa & 4095) + len, 4096);
	if (pa >= RAM_SIZE || len > RAM_SIZE - pa)
		return NULL;
	return RAM + pa;
}

static void host_tlb_page(struct ab_machine *m, uint64_t va)
{
	F.tlb_page++;
	F.last_page = va;
}

static void host_tlb_all(struct ab_machine *m, bool global)
{
	F.tlb_all++;
	F.tlb_global += global;
}

static void host_paging(struct ab_machine *m)
{
	F.paging++;
}

static uint64_t host_now(struct ab_machine *m)
{
	return 1000;
}

static void host_timer(struct ab_machine *m, uint64_t ns)
{
}

static uint64_t host_wall(struct ab_machine *m)
{
	return 1700000000;
}

static void host_out(struct ab_machine *m, uint8_t byte)
{
}

static void host_end(struct ab_machine *m, int status, const char *why)
{
}

/* A processor that has everything, so that what is missing was filtered. */
static void host_cpuid(struct ab_machine *m, uint32_t r[4])
{
	uint32_t leaf = r[0];
	unsigned i;

	r[0] = r[1] = r[2] = r[3] = 0xffffffff;
	if (leaf == 0 || leaf == 0x80000000)
		r[0] = leaf + 0x20;
	if (leaf == 0) {
		r[1] = F.intel ? 0x756e6547 : 0x68747541;
		r[3] = F.intel ? 0x49656e69 : 0x69746e65;
		r[2] = F.intel ? 0x6c65746e : 0x444d4163;
	}
	for (i = 0; i < 8; i++)
		if (F.forbid[i][2] && F.forbid[i][0] == leaf)
			r[F.forbid[i][1]] &= ~F.forbid[i][2];
}

static uint64_t host_tsc(struct ab_machine *m)
{
	return F.tsc;
}

static const struct ab_host host = {
	.phys = host_phys, .tlb_page = host_tlb_page, .tlb_all = host_tlb_all,
	.paging_changed = host_paging, .now = host_now, .set_timer = host_timer,
	.wall = host_wall, .console_out = host_out, .end = host_end,
	.cpuid = host_cpuid, .tsc = host_tsc,
};

uint32_t peek32(uint32_t pa)
{
	uint32_t v;

	memcpy(&v, RAM + pa, 4);
	return v;
}

uint64_t peek64(uint32_t pa)
{
	uint64_t v;

	memcpy(&v, RAM + pa, 8);
	return v;
}

void poke32(uint32_t pa, uint32_t v)
{
	memcpy(RAM + pa, &v, 4);
}

void poke64(uint32_t pa, uint64_t v)
{
	memcpy(RAM + pa, &v, 8);
}

void desc_put(uint32_t table, uint16_t sel, uint32_t base, uint32_t limit, unsigned attr)
{
	uint32_t at = table + (sel & 0xfff8);

	poke32(at, (limit & 0xffff) | base << 16);
	poke32(at + 4, (base >> 16 & 0xff) | (attr & 0xf0ff) << 8 | (limit & 0xf0000) |
	       (base & 0xff000000));
}

void gate_put(uint32_t at, uint16_t sel, uint32_t off, unsigned attr, unsigned param)
{
	poke32(at, (off & 0xffff) | (uint32_t)sel << 16);
	poke32(at + 4, (off & 0xffff0000) | attr << 8 | param);
}

void idt_put(unsigned vec, uint16_t sel, uint32_t off, unsigned attr)
{
	gate_put(IDT + vec * 8, sel, off, attr, 0);
}

static void set_seg(unsigned seg, uint16_t sel, unsigned attr)
{
	M->cpu.seg[seg] = (struct ab_seg){ sel, attr, 0xffffffff, 0 };
}

static void start_tables(void)
{
	unsigned i;

	desc_put(GDT, CS0, 0, FLAT, AT_CODE0);
	desc_put(GDT, DS0, 0, FLAT, AT_DATA0);
	desc_put(GDT, CS3, 0, FLAT, AT_CODE3);
	desc_put(GDT, DS3, 0, FLAT, AT_DATA3);
	desc_put(GDT, TR, TSS, 0x67, 0x8b);
	desc_put(GDT, LDTR, LDT, 0xff, 0x82);
	desc_put(GDT, CS1, 0, FLAT, 0xc0bb);
	desc_put(GDT, DS1, 0, FLAT, 0xc0b3);
	desc_put(GDT, CSC, 0, FLAT, 0xc09f);
	for (i = 0; i < 256; i++)
		idt_put(i, CS0, HANDLER(i), 0x8e);
	poke32(TSS + 4, STACK0_TSS);
	poke32(TSS + 8, DS0);
	poke32(TSS + 12, STACK0_TSS - 0x2000);
	poke32(TSS + 16, DS1);
	poke32(TSS + 100, 0x680000);	/* I/O map beyond the limit */
}

void cpu_start(void)
{
	memset(RAM, 0, sizeof(RAM));
	memset(&F, 0, sizeof(F));
	F.tsc = 0x123456789a;
	ab_machine_init(M, &host, NULL, RAM_SIZE, 1000000);
	start_tables();
	M->cpu.cr0 = AB_CR0_PE | AB_CR0_ET | AB_CR0_NE | AB_CR0_WP;
	M->cpu.rip = CODE;
	M->cpu.gpr[AB_ESP] = STACK0;
	M->cpu.gdtr = (struct ab_dtr){ GDT, 0x1ff };
	M->cpu.idtr = (struct ab_dtr){ IDT, 0x7ff };
	set_seg(AB_SEG_CS, CS0, AT_CODE0);
	set_seg(AB_SEG_SS, DS0, AT_DATA0);
	set_seg(AB_SEG_DS, DS0, AT_DATA0);
	set_seg(AB_SEG_ES, DS0, AT_DATA0);
	set_seg(AB_SEG_FS, DS0, AT_DATA0);
	set_seg(AB_SEG_GS, DS0, AT_DATA0);
	M->cpu.tr = (struct ab_seg){ TR, 0x8b, 0x67, TSS };
	M->cpu.ldtr = (struct ab_seg){ LDTR, 0x82, 0xff, LDT };
}

void cpu_start_ring3(void)
{
	unsigned i;

	cpu_start();
	set_seg(AB_SEG_CS, CS3, AT_CODE3);
	for (i = 0; i < AB_SEG_COUNT; i++)
		if (i != AB_SEG_CS)
			set_seg(i, DS3, AT_DATA3);
	M->cpu.cpl = 3;
	M->cpu.gpr[AB_ESP] = STACK3;
	M->cpu.rflags |= AB_FL_IF;
}

void cpu_start_long(void)
{
	unsigned i;

	cpu_start();
	M->long_mode = 1;
	/* 1 GiB page at 0 and at the top of the address space */
	poke64(TABLES, (TABLES + 0x1000) | 7);
	poke64(TABLES + 511 * 8, (TABLES + 0x1000) | 7);
	poke64(TABLES + 0x1000, 0x87);
	M->cpu.cr3 = TABLES;
	M->cpu.cr4 = AB_CR4_PAE;
	M->cpu.efer = AB_EFER_LME | AB_EFER_LMA | AB_EFER_SCE | AB_EFER_NX;
	M->cpu.cr0 |= AB_CR0_PG;
	desc_put(GDT, CS0, 0, FLAT, 0xa09b);
	desc_put(GDT, CS3, 0, FLAT, 0xa0fb);
	set_seg(AB_SEG_CS, CS0, 0xa09b);
	for (i = 0; i < 256; i++) {
		gate_put(IDT + i * 16, CS0, HANDLER(i), 0x8e, 0);
		poke64(IDT + i * 16 + 8, 0);
	}
	M->cpu.idtr.limit = 0xfff;
	poke64(TSS + 4, STACK0_TSS);
}

enum ab_result run(const void *bytes, size_t len)
{
	int bits = (int)ab_code_size(M) * 8;
	struct ab_insn insn = { .addr = M->cpu.rip };
	size_t got = 0;
	uint8_t buf[16];

	ck_assert_int_eq(ab_write(M, M->cpu.seg[AB_SEG_CS].base + M->cpu.rip, bytes, len,
				  0), AB_OK);
	ck_assert_int_eq(ab_fetch(M, M->cpu.seg[AB_SEG_CS].base + M->cpu.rip, buf, len,
				  &got), AB_OK);
	ck_assert_uint_eq(got, len);
	ck_assert_int_eq(ab_decode(buf, len, bits, &insn), (int)len);
	before = M->cpu;
	return ab_emulate(M, &insn);
}

void expect_fault(enum ab_result r, int line, unsigned vec, uint32_t error)
{
	ck_assert_msg(r == AB_FAULT, "line %d: result %d, not a fault", line, r);
	ck_assert_msg(M->fault.vector == vec, "line %d: vector %u, not %u", line,
		      M->fault.vector, vec);
	if (error == NOERR)
		ck_assert_msg(!M->fault.has_error, "line %d: has an error code", line);
	else
		ck_assert_msg(M->fault.has_error && M->fault.error == error,
			      "line %d: error code %x, not %x", line, M->fault.error,
			      error);
	ck_assert_msg(!memcmp(&M->cpu, &before, sizeof(before)),
		      "line %d: registers have changed", line);
}

uint32_t stack(unsigned n)
{
	return peek32((uint32_t)M->cpu.gpr[AB_ESP] + n * 4);
}

uint64_t stack64(unsigned n)
{
	return peek64((uint32_t)M->cpu.gpr[AB_ESP] + n * 8);
}

int cpu_main(const char *name, void (*add)(TCase *))
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, cpu_start, NULL);
	add(tc);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
