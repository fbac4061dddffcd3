/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loader's library on hand-made guests (tests/loader): what is read from
 * notes, what every template and hole becomes, what is refused, and that a
 * refusal changes nothing.
 */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/elfview.h"
#include "loader/loader.h"
#include "tests/unit/run.h"

#define WINDOW	0xffc00000u
#define TEXT	(WINDOW + AB_WINDOW_TEXT)

static struct ab_guest *g;
static struct ab_wedge *w;
static struct ab_patch patch;

static const char *built(const char *name)
{
	static char path[4096];
	const char *top = getenv("top_builddir");

	snprintf(path, sizeof(path), "%s/tests/loader/%s", top ? top : ".", name);
	return path;
}

static void setup(void)
{
	g = ab_guest_open(built("sample32.elf"));
	ck_assert_ptr_nonnull(g);
	w = ab_wedge_open("test", g->machine, built("data/wedge/test.o"));
	ck_assert_ptr_nonnull(w);
}

static void setup_patched(void)
{
	setup();
	ck_assert_int_eq(ab_patch(g, w, WINDOW, NULL, NULL, &patch), 0);
}

static void teardown(void)
{
	ab_patch_free(&patch);
	ab_wedge_close(w);
	ab_guest_close(g);
}

/* The (n)th site of (op) in the guest. */
static struct ab_site *site(unsigned op, unsigned n)
{
	for (size_t i = 0; i < g->nsite; i++)
		if (g->site[i].op == op && !n--)
			return &g->site[i];
	ck_abort_msg("no site %s", ab_op_name(op));
}

static const uint8_t *now(const struct ab_site *s)
{
	return g->data + s->offset;
}

/* The stub that the site jumps to; its address is checked against the jump. */
static const uint8_t *stub(const struct ab_site *s)
{
	const uint8_t *p = now(s);
	uint32_t at = s->addr + 5 + get_le32(p + 1);

	ck_assert_uint_eq(p[0], 0xe9);
	ck_assert_uint_eq(at, s->stub);
	ck_assert_uint_ge(at, TEXT + w->text_size);
	ck_assert_uint_le(at + s->stub_len, TEXT + patch.text_size);
	return patch.text + (at - TEXT);
}

START_TEST(sites)
{
	struct ab_site *s = site(AB_OP_STI, 0);
	uint64_t off;

	ck_assert_uint_eq(g->nsite, 36);
	ck_assert_uint_eq(g->nbad, 0);
	ck_assert_str_eq(s->rule, "sample.rules:20");
	ck_assert_uint_eq(s->insn_len, 1);
	ck_assert_uint_eq(s->total_len, 9);
	ck_assert_str_eq(ab_guest_symbol(g, s->addr, &off), "flags");
	ck_assert_uint_eq(off, 7);
	ck_assert_str_eq(ab_guest_symbol(g, site(AB_OP_INVLPG, 0)->addr, &off), "memory");
	ck_assert_str_eq(s->section, ".text");
	ck_assert_uint_eq(s->section_off, s->addr - 0xc0100000);
	ck_assert_uint_eq(ab_guest_lookup(g, "variable") & 0xfff00000, 0xc0100000);
	ck_assert_uint_eq(ab_guest_lookup(g, "no_such"), 0);
	ck_assert_uint_eq(site(AB_OP_POPF, 0)->dead, AB_DEAD_REG(0));
	ck_assert_uint_eq(site(AB_OP_POPF, 1)->dead, AB_DEAD_FLAGS);
	ck_assert_str_eq(site(AB_OP_HOOK_ENTRY, 0)->arg, "the_hook");
	ck_assert_ptr_eq(ab_guest_site(g, s->addr), s);
	ck_assert_ptr_null(ab_guest_site(g, s->addr + 1));
	for (size_t i = 1; i < g->nsite; i++)
		ck_assert_uint_lt(g->site[i - 1].addr, g->site[i].addr);
}
END_TEST

START_TEST(inline_forms)
{
	static const uint8_t cli[] = { 0xc6, 5, 0, 0, 0xc0, 0xff, 0xc0 };
	static const uint8_t sti[] = { 0xc6, 5, 0, 0x10, 0xc0, 0xff, 0, 0x66, 0x90 };
	static const uint8_t cr0_ebx[] = { 0x8b, 0x1d, 0x10, 0, 0xc0, 0xff };
	static const uint8_t cr3_esi[] = { 0x8b, 0x35, 0x18, 0, 0xc0, 0xff };
	static const uint8_t fs_edi[] = { 0x8b, 0x3d, 0x30, 0, 0xc0, 0xff, 0x90 };
	static const uint8_t cs_ax[] = { 0x66, 0x8b, 5, 0x24, 0, 0xc0, 0xff };
	static const uint8_t push_cs[] = { 0xff, 0x35, 0x24, 0, 0xc0, 0xff };

	ck_assert_mem_eq(now(site(AB_OP_CLI, 0)), cli, sizeof(cli));
	ck_assert_mem_eq(now(site(AB_OP_STI, 0)), sti, sizeof(sti));
	ck_assert_mem_eq(now(site(AB_OP_READ_CR, 0)), cr0_ebx, sizeof(cr0_ebx));
	ck_assert_mem_eq(now(site(AB_OP_READ_CR, 1)), cr3_esi, sizeof(cr3_esi));
	ck_assert_mem_eq(now(site(AB_OP_READ_SEG, 0)), fs_edi, sizeof(fs_edi));
	ck_assert_mem_eq(now(site(AB_OP_READ_SEG, 1)), cs_ax, sizeof(cs_ax));
	ck_assert_mem_eq(now(site(AB_OP_PUSH_SEG, 0)), push_cs, sizeof(push_cs));
}
END_TEST

/* The generic template: mov $site, %eax; jmp text + 32. */
static void assert_generic(const struct ab_site *s)
{
	const uint8_t *p = stub(s);

	ck_assert_uint_eq(p[0], 0xb8);
	ck_assert_uint_eq(get_le32(p + 1), s - g->site);
	ck_assert_uint_eq(p[5], 0xe9);
	ck_assert_uint_eq((uint32_t)(s->stub + 10 + get_le32(p + 6)), TEXT + 32);
}

START_TEST(stubs)
{
	struct ab_site *s = site(AB_OP_PUSHF, 0);
	const uint8_t *p = stub(s);

	/* back to the end of the site */
	ck_assert_uint_eq(p[0], 0x9c);
	ck_assert_uint_eq((uint32_t)(s->stub + 6 + get_le32(p + 2)), (uint32_t)s->addr + 5);
	/* only where the flags are dead */
	ck_assert_uint_eq(stub(site(AB_OP_POPF, 1))[0], 0x9d);
	assert_generic(site(AB_OP_POPF, 0));
	s = site(AB_OP_PORT_IN, 0);
	p = stub(s);
	ck_assert_uint_eq(p[1], 0x60);
	ck_assert_uint_eq(get_le32(p + 3), TEXT + 16);
	/* the register of the pop, not of the pushf */
	s = site(AB_OP_PUSHF_POP, 0);
	p = stub(s);
	ck_assert_uint_eq(p[0], 0x58 | 2);
	ck_assert_uint_eq((uint32_t)(s->stub + 6 + get_le32(p + 2)), TEXT + 24);
}
END_TEST

/* Forms that no special template was written for: 16-bit, memory operands,
 * prefixes, other control registers, sequences. */
START_TEST(generic_forms)
{
	assert_generic(site(AB_OP_PUSHF, 1));		/* pushfw */
	assert_generic(site(AB_OP_READ_CR, 2));		/* %cr2 has no row */
	assert_generic(site(AB_OP_WRITE_CR, 0));
	assert_generic(site(AB_OP_READ_SEG, 2));	/* to memory */
	assert_generic(site(AB_OP_PUSH_SEG, 1));	/* pushw */
	assert_generic(site(AB_OP_LGDT, 0));
	assert_generic(site(AB_OP_LGDT, 1));
	assert_generic(site(AB_OP_PORT_INS, 0));
	assert_generic(site(AB_OP_PORT_OUTS, 0));
	assert_generic(site(AB_OP_PUSHF_POP_CLI, 0));	/* pops into memory */
	assert_generic(site(AB_OP_PUSH_POPF, 0));
	assert_generic(site(AB_OP_STI_HLT, 0));
	assert_generic(site(AB_OP_SS_SP, 0));
	assert_generic(site(AB_OP_HOOK_ENTRY, 0));
	assert_generic(site(AB_OP_FAR_JMP, 0));
}
END_TEST

START_TEST(left_alone)
{
	static const unsigned ops[] = { AB_OP_INT3, AB_OP_HLT, AB_OP_MMIO_WRITE,
					AB_OP_RDTSC };

	for (size_t i = 0; i < 4; i++) {
		struct ab_site *s = site(ops[i], 0);

		ck_assert_mem_eq(now(s), s->orig, s->total_len);
		ck_assert_uint_eq(s->stub, 0);
	}
	ck_assert_int_eq(site(AB_OP_INT3, 0)->template, -1);
	ck_assert_int_ge(site(AB_OP_RDTSC, 0)->template, 0);	/* AB_FORM_NATIVE */
	ck_assert_mem_eq(now(site(AB_OP_PUSHF, 2)), "\x9c", 1);	/* 16-bit code */
	ck_assert_uint_eq(patch.native, 1);
	ck_assert_uint_eq(patch.left, 4);
	ck_assert_uint_eq(patch.bad, 0);
	ck_assert_uint_eq(patch.inlined + patch.stubbed, 36 - 1 - 4);
}
END_TEST

/* Every byte outside of sites is as it was; sites decode linearly. */
START_TEST(linear)
{
	struct ab_guest *old = ab_guest_open(built("sample32.elf"));
	uint8_t *inside = calloc(1, g->size);

	for (size_t i = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];
		unsigned at = 0;

		memset(inside + s->offset, 1, s->total_len);
		while (at < s->total_len) {
			struct ab_insn insn = { 0 };
			int len = ab_decode(now(s) + at, s->total_len - at,
					    s->code_bits, &insn);

			ck_assert_int_gt(len, 0);
			ck_assert(s->template < 0 || !at || s->stub_len == 0 ||
				  ab_insn_is_nop(&insn, 32));
			at += len;
		}
		ck_assert_uint_eq(at, s->total_len);
	}
	for (size_t i = 0; i < g->size; i++)
		if (!inside[i])
			ck_assert_uint_eq(g->data[i], old->data[i]);
	free(inside);
	ab_guest_close(old);
}
END_TEST

START_TEST(site_at)
{
	uint32_t off;

	for (size_t i = 0; i < g->nsite; i++) {
		struct ab_site *s = &g->site[i];
		bool inl = s->template >= 0 && !s->stub &&
			   w->tmpl[s->template].form == AB_FORM_INLINE;
		unsigned len = inl ? w->tmpl[s->template].code_len : s->stub_len;
		uint32_t base = inl ? s->addr : s->stub;

		for (uint32_t k = 0; k < len; k++) {
			ck_assert_ptr_eq(ab_patch_site_at(g, w, base + k, &off), s);
			ck_assert_uint_eq(off, k);
		}
		if (!inl)
			ck_assert_ptr_null(ab_patch_site_at(g, w, s->addr, &off));
	}
	ck_assert_ptr_null(ab_patch_site_at(g, w, 0, &off));
	ck_assert_ptr_null(ab_patch_site_at(g, w, 0xffffffff, &off));
	ck_assert_ptr_null(ab_patch_site_at(g, w, TEXT + w->text_size - 1, &off));
}
END_TEST

static bool skip_cli(const struct ab_site *s, void *arg)
{
	++*(int *)arg;
	return s->op == AB_OP_CLI;
}

START_TEST(skipping)
{
	int asked = 0;

	ck_assert_int_eq(ab_patch(g, w, 0x10000000, skip_cli, &asked, &patch), 0);
	ck_assert_int_eq(asked, 35);		/* not about 16-bit code */
	ck_assert_mem_eq(now(site(AB_OP_CLI, 0)), site(AB_OP_CLI, 0)->orig, 7);
	/* another window: displacements go down */
	ck_assert_uint_eq(site(AB_OP_PUSHF, 0)->stub & 0xff000000, 0x10000000);
	ck_assert_uint_eq(get_le32(now(site(AB_OP_STI, 0)) + 2), 0x10001000);
}
END_TEST

START_TEST(trapping)
{
	/* silent and host-dependent ones: pushf x2, popf x2, read_seg x3, push_seg x2,
	 * rdtsc, smsw, pushf_pop, pushf_pop_cli, push_popf, ss_sp, far_jmp, iret */
	ck_assert_uint_eq(ab_patch_trap(g), 17);
	ck_assert_uint_eq(now(site(AB_OP_PUSHF, 0))[0], 0xf4);
	ck_assert_uint_eq(now(site(AB_OP_RDTSC, 0))[0], 0xf4);
	ck_assert_uint_eq(now(site(AB_OP_CLI, 0))[0], 0xfa);
	ck_assert_uint_eq(now(site(AB_OP_STI_HLT, 0))[0], 0xfb);
	ck_assert_uint_eq(now(site(AB_OP_PUSHF, 2))[0], 0x9c);	/* 16-bit */
	ck_assert_uint_eq(now(site(AB_OP_HOOK_ENTRY, 0))[0],
			  site(AB_OP_HOOK_ENTRY, 0)->orig[0]);
}
END_TEST

START_TEST(refusal)
{
	struct ab_guest *r = ab_guest_open(built("refused32.elf"));
	uint8_t *before = malloc(r->size);

	memcpy(before, r->data, r->size);
	ck_assert_int_eq(ab_patch(r, w, WINDOW, NULL, NULL, &patch), -1);
	ck_assert_mem_eq(before, r->data, r->size);
	ck_assert_ptr_null(patch.text);
	for (size_t i = 0; i < r->nsite; i++)
		ck_assert_int_eq(r->site[i].template, -1);
	free(before);
	ab_guest_close(r);
}
END_TEST

START_TEST(too_small_window)
{
	uint8_t *before = malloc(g->size);

	memcpy(before, g->data, g->size);
	w->man.window_size = AB_WINDOW_TEXT + w->text_size + 64;
	ck_assert_int_eq(ab_patch(g, w, WINDOW, NULL, NULL, &patch), -1);
	ck_assert_mem_eq(before, g->data, g->size);
	/* stubs that would leave the 4 GiB */
	w->man.window_size = 0;
	ck_assert_int_eq(ab_patch(g, w, 0xffffd000, NULL, NULL, &patch), 0);
	ab_patch_free(&patch);
	free(before);
}
END_TEST

/* A template whose code is cut in the middle of an instruction. */
START_TEST(broken_template)
{
	uint8_t *before = malloc(g->size);

	memcpy(before, g->data, g->size);
	w->tmpl[1].code_len = 3;		/* sti */
	w->tmpl[1].hole_count = 0;
	ck_assert_int_eq(ab_patch(g, w, WINDOW, NULL, NULL, &patch), -1);
	ck_assert_mem_eq(before, g->data, g->size);
	free(before);
}
END_TEST

START_TEST(bad_sites)
{
	static const struct {
		enum ab_site_state state;
		unsigned count;
	} want[] = {
		{ AB_SITE_OK, 3 }, { AB_SITE_BAD_ADDRESS, 4 }, { AB_SITE_BAD_BYTES, 4 },
		{ AB_SITE_BAD_PAD, 2 }, { AB_SITE_OVERLAP, 1 }, { AB_SITE_BAD_ENTRY, 6 },
	};
	struct ab_guest *b = ab_guest_open(built("bad32.elf"));
	unsigned have[6] = { 0 };
	uint8_t *before;

	ck_assert_ptr_nonnull(b);
	for (size_t i = 0; i < b->nsite; i++)
		have[b->site[i].state]++;
	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_eq(have[want[i].state], want[i].count);
	ck_assert_uint_eq(b->nbad, 17);
	before = malloc(b->size);
	memcpy(before, b->data, b->size);
	ck_assert_int_eq(ab_patch(b, w, WINDOW, NULL, NULL, &patch), 0);
	ck_assert_uint_eq(patch.bad, 17);
	ck_assert_uint_eq(patch.inlined, 3);
	for (size_t i = 0; i < b->nsite; i++)		/* bad ones are untouched */
		if (b->site[i].state == AB_SITE_OK)
			memcpy(b->data + b->site[i].offset, b->site[i].orig,
			       b->site[i].total_len);
	ck_assert_mem_eq(before, b->data, b->size);
	free(before);
	ab_guest_close(b);
}
END_TEST

START_TEST(written_and_taken_back)
{
	static const char out[] = "check_patch.out";
	struct ab_guest *old = ab_guest_open(built("sample32.elf")), *p;
	struct ab_patch again;
	size_t text = 0;

	ck_assert_int_eq(ab_image_write(g, w, WINDOW, &patch, out), 0);
	p = ab_guest_open(out);
	ck_assert_ptr_nonnull(p);
	remove(out);
	ck_assert_str_eq(p->patched, "test");
	ck_assert_uint_eq(p->nsite, 36);
	ck_assert_uint_eq(p->nbad, 0);
	/* the loaded bytes are the patched ones, the segments the old ones */
	ck_assert_uint_eq(p->nseg, old->nseg);
	for (size_t i = 0; i < old->nseg; i++) {
		ck_assert_uint_eq(p->seg[i].vaddr, old->seg[i].vaddr);
		ck_assert_uint_eq(p->seg[i].offset, old->seg[i].offset);
		if (p->seg[i].flags & PF_X)
			text = i;
	}
	/* (another one holds the ELF header, whose section table has moved) */
	ck_assert_mem_eq(p->data + p->seg[text].offset, g->data + g->seg[text].offset,
			 g->seg[text].filesz);
	/* patching twice is refused, and changes nothing */
	ck_assert_int_eq(ab_patch(p, w, WINDOW, NULL, NULL, &again), -1);
	ck_assert_mem_eq(p->data + p->seg[text].offset, g->data + g->seg[text].offset,
			 g->seg[text].filesz);
	ck_assert_int_eq(ab_unpatch(p), 0);
	ck_assert_str_eq(p->patched, "");
	ck_assert_int_eq(ab_unpatch(p), -1);
	ck_assert_mem_eq(p->data + p->seg[text].offset,
			 old->data + old->seg[text].offset, old->seg[text].filesz);
	/* and may be patched anew */
	ck_assert_int_eq(ab_patch(p, w, WINDOW, NULL, NULL, &again), 0);
	ck_assert_mem_eq(p->data + p->seg[text].offset, g->data + g->seg[text].offset,
			 g->seg[text].filesz);
	ck_assert_uint_eq(again.text_size, patch.text_size);
	ck_assert_mem_eq(again.text, patch.text, patch.text_size);
	ab_patch_free(&again);
	ab_guest_close(p);
	ab_guest_close(old);
}
END_TEST

START_TEST(object_files)
{
	static const char *const name[] = { "sample32.o", "sample64.o", "sample32-r.o" };
	static const size_t count[] = { 36, 8, 36 };

	for (int i = 0; i < 3; i++) {
		struct ab_guest *o = ab_guest_open(built(name[i]));

		ck_assert_ptr_nonnull(o);
		ck_assert_uint_eq(o->type, ET_REL);
		ck_assert_uint_eq(o->nsite, count[i]);
		ck_assert_uint_eq(o->nbad, 0);
		ck_assert_str_eq(o->site[0].section, ".text");
		if (o->machine == EM_386)
			ck_assert_int_eq(ab_patch(o, w, WINDOW, NULL, NULL, &patch), -1);
		ab_guest_close(o);
	}
}
END_TEST

START_TEST(other_machine)
{
	struct ab_guest *x = ab_guest_open(built("sample64.elf"));

	ck_assert_ptr_nonnull(x);
	ck_assert_uint_eq(x->nsite, 8);
	ck_assert_uint_eq(x->nbad, 0);
	ck_assert_uint_eq(x->site[1].dead, AB_DEAD_REG(8) | AB_DEAD_REG(15));
	ck_assert_int_eq(ab_patch(x, w, WINDOW, NULL, NULL, &patch), -1);
	ck_assert_ptr_null(ab_wedge_open("test", EM_X86_64, built("data/wedge/test.o")));
	/* 64-bit code reaches 2 GiB: the top of the address space wraps to it in
	 * one direction only */
	w->man.machine = EM_X86_64;
	ck_assert_int_eq(ab_patch(x, w, 0x10000000, NULL, NULL, &patch), -1);
	ab_guest_close(x);
}
END_TEST

/* The same code serves 64-bit guests, where the window is in reach. */
START_TEST(near_64)
{
	struct ab_guest *x = ab_guest_open(built("sample64-near.elf"));

	ck_assert_ptr_nonnull(x);
	w->man.machine = EM_X86_64;
	ck_assert_int_eq(ab_patch(x, w, 0x0f000000, NULL, NULL, &patch), 0);
	/* pushfq (no row for 8 bytes), mov %cr3 to %r9, lgdt, iretq, invlpg */
	ck_assert_uint_eq(patch.stubbed, 5);
	for (size_t i = 0; i < x->nsite; i++) {
		struct ab_site *s = &x->site[i];
		const uint8_t *p = x->data + s->offset;

		if (!s->stub)
			continue;
		ck_assert_uint_eq(p[0], 0xe9);
		ck_assert_uint_eq(s->addr + 5 + (int32_t)get_le32(p + 1), s->stub);
		p = patch.text + (s->stub - 0x0f002000);
		ck_assert_uint_eq(get_le32(p + 1), i);
		ck_assert_uint_eq(s->stub + 10 + (int32_t)get_le32(p + 6), 0x0f002000 + 32);
	}
	ab_guest_close(x);
}
END_TEST

START_TEST(stripped)
{
	struct ab_guest *s = ab_guest_open(built("sample32-stripped.elf"));

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->nsite, 36);
	ck_assert_uint_eq(s->nbad, 0);
	ck_assert_ptr_null(ab_guest_symbol(s, s->site[0].addr, NULL));
	ab_guest_close(s);
}
END_TEST

static void add_tests(Suite *s)
{
	TCase *fresh = tcase_create("fresh"), *patched = tcase_create("patched");

	tcase_add_checked_fixture(fresh, setup, teardown);
	tcase_add_checked_fixture(patched, setup_patched, teardown);
	tcase_add_test(fresh, sites);
	tcase_add_test(fresh, skipping);
	tcase_add_test(fresh, trapping);
	tcase_add_test(fresh, refusal);
	tcase_add_test(fresh, too_small_window);
	tcase_add_test(fresh, broken_template);
	tcase_add_test(fresh, bad_sites);
	tcase_add_test(fresh, object_files);
	tcase_add_test(fresh, other_machine);
	tcase_add_test(fresh, near_64);
	tcase_add_test(fresh, stripped);
	tcase_add_test(patched, inline_forms);
	tcase_add_test(patched, stubs);
	tcase_add_test(patched, generic_forms);
	tcase_add_test(patched, left_alone);
	tcase_add_test(patched, linear);
	tcase_add_test(patched, site_at);
	tcase_add_test(patched, written_and_taken_back);
	suite_add_tcase(s, fresh);
	suite_add_tcase(s, patched);
}

int main(void)
{
	Suite *s = suite_create("loader");

	add_tests(s);
	return suite_run(s);
}
