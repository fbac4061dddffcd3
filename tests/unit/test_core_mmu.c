/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page walks: every combination of the permission bits at every level, against
 * what the SDM's rules say, for 2, 3 and 4 levels; reserved bits, accessed and
 * dirty, large pages, peeking.
 */
#include "cpufix.h"

#define P	AB_PTE_P
#define W	AB_PTE_W
#define U	AB_PTE_U
#define NX	AB_PTE_NX
#define VA	0x00c03123ull
#define PAGE	0x00345000ull

static struct ab_xlat x;

/* Tables for one page at VA.  levels: 2, 3, 4; e[]: entry bits, leaf first. */
static uint32_t entry_at[4];

static void tables(unsigned levels, const uint64_t *e)
{
	unsigned bits = levels == 2 ? 10 : 9, size = levels == 2 ? 4 : 8, i;
	unsigned inmem = levels == 3 ? 2 : levels;
	uint64_t target = PAGE, v;

	memset(RAM + TABLES, 0, 0x6000);
	for (i = 0; i < inmem; i++) {
		uint32_t table = TABLES + i * 0x1000;

		entry_at[i] = table + (VA >> (12 + bits * i) & ((1u << bits) - 1)) * size;
		v = target | e[i];
		if (size == 8)
			poke64(entry_at[i], v);
		else
			poke32(entry_at[i], (uint32_t)v);
		target = table;
	}
	M->cpu.cr3 = target;
	M->cpu.cr0 |= AB_CR0_PG;
	if (levels > 2)
		M->cpu.cr4 |= AB_CR4_PAE;
	if (levels == 4)
		M->cpu.efer |= AB_EFER_LME | AB_EFER_LMA;
	if (levels == 3) {
		memset(M->cpu.pdpte, 0, sizeof(M->cpu.pdpte));
		M->cpu.pdpte[VA >> 30] = target | P;
	}
}

static uint64_t entry(unsigned levels, unsigned i)
{
	return levels == 2 ? peek32(entry_at[i]) : peek64(entry_at[i]);
}

static void expect_pf(uint64_t va, unsigned acc, uint32_t error)
{
	ck_assert_int_eq(ab_walk(M, va, acc, false, &x), AB_FAULT);
	ck_assert_uint_eq(M->fault.vector, AB_PF);
	ck_assert_uint_eq(M->fault.cr2, va);
	ck_assert_msg(M->fault.has_error && M->fault.error == error,
		      "va %llx access %x: error %x, not %x", (unsigned long long)va, acc,
		      M->fault.error, error);
}

/* One combination of entry bits and access against the rules. */
static void check(unsigned levels, const uint64_t *e, unsigned acc, bool nxe)
{
	unsigned n = levels == 3 ? 2 : levels, i;
	bool w = true, u = true, nx = false, allowed;
	bool wp = M->cpu.cr0 & AB_CR0_WP;
	uint32_t error = acc & (AB_PF_W | AB_PF_U);

	if (nxe)
		error |= acc & AB_PF_I;
	for (i = n; i-- > 0; ) {
		if (!(e[i] & P)) {
			expect_pf(VA, acc, error);
			return;
		}
		if ((e[i] & NX) && !nxe) {
			expect_pf(VA, acc, error | AB_PF_P | AB_PF_RSVD);
			return;
		}
		w = w && (e[i] & W);
		u = u && (e[i] & U);
		nx = nx || (e[i] & NX);
	}
	allowed = !((acc & AB_ACC_U) && !u) && !((acc & AB_ACC_X) && nx);
	if ((acc & AB_ACC_W) && !w && ((acc & AB_ACC_U) || wp))
		allowed = false;
	if (!allowed) {
		expect_pf(VA, acc, error | AB_PF_P);
		for (i = 0; i < n; i++)		/* the walk came through tables */
			ck_assert_uint_eq(entry(levels, i) & (AB_PTE_A | AB_PTE_D),
					  i ? AB_PTE_A : 0);
		return;
	}
	ck_assert_int_eq(ab_walk(M, VA, acc, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, PAGE | (VA & 0xfff));
	ck_assert_uint_eq(x.page_size, 4096);
	ck_assert_int_eq(x.user, u);
	ck_assert_int_eq(x.exec, !nx);
	ck_assert_int_eq(x.dirty, (acc & AB_ACC_W) != 0);
	ck_assert_int_eq(x.writable, x.dirty && (w || (!(acc & AB_ACC_U) && !wp)));
	for (i = 0; i < n; i++) {
		ck_assert(entry(levels, i) & AB_PTE_A);
		ck_assert_int_eq((entry(levels, i) & AB_PTE_D) != 0,
				 i == 0 && (acc & AB_ACC_W));
	}
}

/* All combinations of P, W, U (and NX) in all entries, all accesses, WP. */
static void all(unsigned levels, bool nxe)
{
	static const unsigned accs[] = { 0, AB_ACC_W, AB_ACC_X, AB_ACC_U,
		AB_ACC_U | AB_ACC_W, AB_ACC_U | AB_ACC_X };
	unsigned n = levels == 3 ? 2 : levels, per = levels == 2 ? 3 : 4;
	unsigned combo, i, a, wp;
	uint64_t e[4];

	if (nxe)
		M->cpu.efer |= AB_EFER_NX;
	for (combo = 0; combo < 1u << per * n; combo++) {
		for (i = 0; i < n; i++) {
			unsigned c = combo >> i * per;

			e[i] = (c & 7) | (levels > 2 && (c & 8) ? NX : 0);
		}
		for (a = 0; a < sizeof(accs) / sizeof(accs[0]); a++) {
			for (wp = 0; wp < 2; wp++) {
				tables(levels, e);
				M->cpu.cr0 &= ~(uint64_t)AB_CR0_WP;
				if (wp)
					M->cpu.cr0 |= AB_CR0_WP;
				check(levels, e, accs[a], nxe);
			}
		}
	}
}

START_TEST(permissions_2level)
{
	all(2, false);
}
END_TEST

START_TEST(permissions_pae)
{
	all(3, false);
}
END_TEST

START_TEST(permissions_pae_nx)
{
	all(3, true);
}
END_TEST

START_TEST(permissions_4level)
{
	all(4, false);
}
END_TEST

START_TEST(permissions_4level_nx)
{
	all(4, true);
}
END_TEST

START_TEST(paging_off)
{
	M->cpu.cr0 &= ~(uint64_t)AB_CR0_PG;
	ck_assert_int_eq(ab_walk(M, 0x1fffff123ull, AB_ACC_W | AB_ACC_U, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0xfffff123);
	ck_assert(x.writable && x.user && x.exec && !x.global);
}
END_TEST

START_TEST(large_4m)
{
	static const uint64_t e[2] = { 0, 0 };

	tables(2, e);
	poke32(entry_at[1], 0x00400000 | P | W | AB_PTE_PS);
	/* without PSE the bit means nothing, and the table is at 4 MiB */
	expect_pf(VA, 0, 0);
	M->cpu.cr4 |= AB_CR4_PSE;
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0x00400000 | (VA & 0x3fffff));
	ck_assert_uint_eq(x.page_size, 4u << 20);
	ck_assert(!x.writable);			/* not dirty yet */
	ck_assert_uint_eq(peek32(entry_at[1]) & 0x60, 0x20);
	ck_assert_int_eq(ab_walk(M, VA, AB_ACC_W, false, &x), AB_OK);
	ck_assert(x.writable);
	ck_assert_uint_eq(peek32(entry_at[1]) & 0x60, 0x60);
	/* PSE-36: bits 20:13 are address bits 39:32; bit 21 is reserved */
	poke32(entry_at[1], 0x00400000 | 0x5a << 13 | P | AB_PTE_PS);
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0x5a00400000ull | (VA & 0x3fffff));
	poke32(entry_at[1], 0x00600000 | P | W | AB_PTE_PS);
	expect_pf(VA, AB_ACC_W, AB_PF_P | AB_PF_RSVD | AB_PF_W);
}
END_TEST

START_TEST(large_2m)
{
	static const uint64_t e[2] = { 0, 0 };

	tables(3, e);
	poke64(entry_at[1], 0x00400000 | P | W | U | AB_PTE_PS);
	ck_assert_int_eq(ab_walk(M, VA, AB_ACC_W, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0x00400000 | (VA & 0x1fffff));
	ck_assert_uint_eq(x.page_size, 2u << 20);
	poke64(entry_at[1], 0x00402000 | P | W | U | AB_PTE_PS);
	expect_pf(VA, AB_ACC_U, AB_PF_P | AB_PF_RSVD | AB_PF_U);
	poke64(entry_at[1], 0x00401000 | P | W | U | AB_PTE_PS);	/* PAT */
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0x00400000 | (VA & 0x1fffff));
}
END_TEST

START_TEST(large_1g)
{
	static const uint64_t e[4] = { P, P, 0x80 | P | W, P | W };

	tables(4, e);
	/* address bits 29:13 are reserved, and TABLES + 0x1000 has some */
	expect_pf(VA, 0, AB_PF_P | AB_PF_RSVD);
	poke64(entry_at[2], 0x40000000 | 0x80 | P | W);
	ck_assert_int_eq(ab_walk(M, VA, AB_ACC_W, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0x40000000 | VA);
	ck_assert_uint_eq(x.page_size, 1u << 30);
	poke64(entry_at[3], peek64(entry_at[3]) | 0x80);	/* PS in a PML4E */
	expect_pf(VA, 0, AB_PF_P | AB_PF_RSVD);
}
END_TEST

START_TEST(reserved_bits)
{
	static const uint64_t e[4] = { P | W | U, P | W | U, P | W | U, P | W | U };
	unsigned bit, level;

	for (level = 0; level < 2; level++) {
		for (bit = 40; bit < 64; bit++) {
			tables(3, e);
			M->cpu.efer |= AB_EFER_NX;
			poke64(entry_at[level], peek64(entry_at[level]) | 1ull << bit);
			if (bit == 63)
				ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
			else
				expect_pf(VA, AB_ACC_U,
					  AB_PF_P | AB_PF_RSVD | AB_PF_U);
		}
	}
	for (level = 0; level < 4; level++) {
		for (bit = 40; bit < 63; bit++) {
			tables(4, e);
			poke64(entry_at[level], peek64(entry_at[level]) | 1ull << bit);
			if (bit >= 52)	/* for software */
				ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
			else
				expect_pf(VA, 0, AB_PF_P | AB_PF_RSVD);
		}
	}
	/* a reserved bit below an entry that forbids the access still wins */
	tables(4, e);
	poke64(entry_at[3], peek64(entry_at[3]) & ~(uint64_t)U);
	poke64(entry_at[0], peek64(entry_at[0]) | 1ull << 45);
	expect_pf(VA, AB_ACC_U, AB_PF_P | AB_PF_RSVD | AB_PF_U);
	/* a 2-level page table entry has none; not-present entries neither */
	M->cpu.efer = 0;
	M->cpu.cr4 = 0;
	tables(2, e);
	poke32(entry_at[0], peek32(entry_at[0]) | 0xf80);
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	tables(3, e);
	poke64(entry_at[0], ~1ull);
	expect_pf(VA, 0, 0);
}
END_TEST

START_TEST(global_bit)
{
	static const uint64_t e[2] = { P | AB_PTE_G, P };

	tables(2, e);
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert(!x.global);
	M->cpu.cr4 |= AB_CR4_PGE;
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert(x.global);
}
END_TEST

START_TEST(peek_changes_nothing)
{
	static const uint64_t e[2] = { P | W, P | W };

	tables(2, e);
	ck_assert_int_eq(ab_walk(M, VA, AB_ACC_W, true, &x), AB_OK);
	ck_assert_uint_eq(peek32(entry_at[0]) & 0x60, 0);
	ck_assert_uint_eq(peek32(entry_at[1]) & 0x60, 0);
	ck_assert(!x.dirty && !x.writable);
}
END_TEST

START_TEST(tables_outside_ram)
{
	/* reads as ones: a 4 MiB page with its reserved bit set, or a table */
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = 0xf0000000;
	M->cpu.cr4 |= AB_CR4_PSE;
	expect_pf(VA, 0, AB_PF_P | AB_PF_RSVD);
	M->cpu.cr4 = 0;
	ck_assert_int_eq(ab_walk(M, VA, 0, false, &x), AB_OK);
	ck_assert_uint_eq(x.pa, 0xfffff123);
}
END_TEST

START_TEST(pdptes)
{
	unsigned i;

	poke64(TABLES, 0x1000 | P);
	poke64(TABLES + 8, 0x1e6);	/* reserved, but not present */
	ck_assert_int_eq(ab_load_pdptes(M, TABLES), AB_OK);
	ck_assert_uint_eq(M->cpu.pdpte[0], 0x1001);
	for (i = 0; i < 64; i++) {
		if (!(0xffffff00000001e6ull >> i & 1))
			continue;
		poke64(TABLES + 16, 0x2000 | P | 1ull << i);
		ck_assert_int_eq(ab_load_pdptes(M, TABLES), AB_FAULT);
		ck_assert_uint_eq(M->fault.vector, AB_GP);
		ck_assert_uint_eq(M->cpu.pdpte[2], 0);
	}
	/* a PDPTE that is not present: the fault comes at the access */
	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr4 |= AB_CR4_PAE;
	expect_pf(0x40000000, AB_ACC_U | AB_ACC_W, AB_PF_U | AB_PF_W);
}
END_TEST

/* ---- mem.c on top ---- */

START_TEST(crossing)
{
	static const uint64_t e[2] = { P | W, P | W };
	uint8_t buf[8];

	tables(2, e);	/* VA's page only: the next one is not present */
	memset(RAM + PAGE, 0x11, 4096);
	ck_assert_int_eq(ab_read(M, 0xc03ffc, buf, 4, 0), AB_OK);
	ck_assert_int_eq(ab_write(M, 0xc03ffe, "abcd", 4, 0), AB_FAULT);
	ck_assert_uint_eq(M->fault.cr2, 0xc04000);
	ck_assert_uint_eq(M->fault.error, AB_PF_W);
	ck_assert_uint_eq(RAM[PAGE + 0xffe], 0x11);	/* nothing half done */
	/* the second page elsewhere */
	poke32(entry_at[0] + 4, 0x700000 | P | W);
	ck_assert_int_eq(ab_write(M, 0xc03ffe, "abcd", 4, 0), AB_OK);
	ck_assert_mem_eq(RAM + PAGE + 0xffe, "ab", 2);
	ck_assert_mem_eq(RAM + 0x700000, "cd", 2);
	ck_assert_int_eq(ab_read(M, 0xc03ffe, buf, 4, 0), AB_OK);
	ck_assert_mem_eq(buf, "abcd", 4);
}
END_TEST

START_TEST(wraps_at_4g)
{
	uint8_t buf[4];

	M->cpu.cr0 |= AB_CR0_PG;
	M->cpu.cr3 = TABLES;
	poke32(TABLES, (TABLES + 0x1000) | P | W);
	poke32(TABLES + 4092, (TABLES + 0x2000) | P | W);
	poke32(TABLES + 0x1000, 0x500000 | P | W);
	poke32(TABLES + 0x2ffc, 0x501000 | P | W);
	memcpy(RAM + 0x501ffe, "xy", 2);
	memcpy(RAM + 0x500000, "zt", 2);
	ck_assert_int_eq(ab_read(M, 0xfffffffe, buf, 4, 0), AB_OK);
	ck_assert_mem_eq(buf, "xyzt", 4);
}
END_TEST

START_TEST(fetch_stops_at_fault)
{
	static const uint64_t e[2] = { P | U, P | U };
	uint8_t buf[15];
	size_t got;

	tables(2, e);
	M->cpu.cpl = 3;
	ck_assert_int_eq(ab_fetch(M, 0xc03ffb, buf, 15, &got), AB_OK);
	ck_assert_uint_eq(got, 5);
	ck_assert_int_eq(ab_fetch(M, 0xc04000, buf, 15, &got), AB_FAULT);
	ck_assert_uint_eq(M->fault.error, AB_PF_U);
}
END_TEST

START_TEST(no_ram_reads_ones)
{
	uint8_t buf[6];

	ck_assert_int_eq(ab_write(M, 0xd0000000, "junk", 4, 0), AB_OK);
	ck_assert_int_eq(ab_read(M, 0xd0000000, buf, 6, 0), AB_OK);
	ck_assert_mem_eq(buf, "\xff\xff\xff\xff\xff\xff", 6);
}
END_TEST

static void add(TCase *tc)
{
	tcase_set_timeout(tc, 60);
	ADD(tc, permissions_2level);
	ADD(tc, permissions_pae);
	ADD(tc, permissions_pae_nx);
	ADD(tc, permissions_4level);
	ADD(tc, permissions_4level_nx);
	ADD(tc, paging_off);
	ADD(tc, large_4m);
	ADD(tc, large_2m);
	ADD(tc, large_1g);
	ADD(tc, reserved_bits);
	ADD(tc, global_bit);
	ADD(tc, peek_changes_nothing);
	ADD(tc, tables_outside_ram);
	ADD(tc, pdptes);
	ADD(tc, crossing);
	ADD(tc, wraps_at_4g);
	ADD(tc, fetch_stops_at_fault);
	ADD(tc, no_ram_reads_ones);
}

int main(void)
{
	return cpu_main("core: paging", add);
}
