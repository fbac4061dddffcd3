/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list.c: what notes say, in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/out.h"
#include "loader/afterload.h"
#include "loader/priv.h"

#define TEXT_MAX	256

void dead_text(const struct ab_guest *g, uint32_t dead, char *buf, size_t size)
{
	static const char *const reg[] = {
		"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		"cf", "pf", "af", "zf", "sf", "of",
	};
	const char *wide = g->machine == EM_X86_64 ? "r" : "e", *sep = "";
	size_t used = 0;

	if ((dead & AB_DEAD_FLAGS) == AB_DEAD_FLAGS) {
		used = snprintf(buf, size, "flags");
		dead &= ~AB_DEAD_FLAGS;
		sep = ",";
	}
	for (unsigned i = 0; i < sizeof(reg) / sizeof(reg[0]) && used < size; i++) {
		if (!(dead & 1u << i))
			continue;
		used += snprintf(buf + used, size - used, "%s%s%s", sep,
				 i < 8 ? wide : "", reg[i]);
		sep = ",";
	}
	if (!used)
		snprintf(buf, size, "-");
}

/* Names in files may be anything; a terminal gets what can be printed. */
static const char *printable(const char *name, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && name[i]; i++)
		buf[i] = (unsigned char)name[i] >= 0x20 && name[i] != 0x7f ? name[i] : '?';
	buf[i] = '\0';
	return i ? buf : "-";
}

void symbol_text(struct ab_guest *g, uint64_t addr, char *buf, size_t size)
{
	char clean[TEXT_MAX];
	uint64_t off;
	const char *name = ab_guest_symbol(g, addr, &off);

	buf[0] = '\0';
	if (!name)
		return;
	printable(name, clean, sizeof(clean));
	if (off)
		snprintf(buf, size, "%.200s+0x%" PRIx64, clean, off);
	else
		snprintf(buf, size, "%s", clean);
}

/* Where the site is: in an object, its place in its section says more. */
static void place_text(const struct ab_guest *g, const struct ab_site *s,
		       char *buf, size_t size)
{
	char clean[TEXT_MAX];

	if (g->type != ET_REL)
		snprintf(buf, size, "%0*" PRIx64, g->machine == EM_X86_64 ? 16 : 8, s->addr);
	else if (s->state == AB_SITE_BAD_ADDRESS)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%.200s+0x%" PRIx64,
			 printable(s->section, clean, sizeof(clean)), s->section_off);
}

static void list_text(struct ab_guest *g, const struct ab_site *s)
{
	char place[TEXT_MAX], insn[TEXT_MAX], fn[TEXT_MAX], dead[TEXT_MAX];
	char rule[TEXT_MAX], arg[TEXT_MAX];

	place_text(g, s, place, sizeof(place));
	ab_site_disassemble(s, insn, sizeof(insn));
	symbol_text(g, s->addr, fn, sizeof(fn));
	dead_text(g, s->dead, dead, sizeof(dead));
	printf("%s  %2u/%-2u  %-13s %-32s %-28s dead=%s rule=%s", place,
	       s->insn_len, s->total_len, ab_op_name(s->op), insn, *fn ? fn : "-",
	       dead, printable(s->rule, rule, sizeof(rule)));
	if (*s->arg)
		printf(" arg=%s", printable(s->arg, arg, sizeof(arg)));
	if (s->code_bits != (g->machine == EM_X86_64 ? 64 : 32))
		printf(" code%u", s->code_bits);
	printf("  %s%s\n", s->state == AB_SITE_OK ? "" : "BAD: ",
	       ab_site_state_text(s->state));
}

static void json_field(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	json_string(stdout, value);
}

static void list_json(struct ab_guest *g, const struct ab_site *s, bool last)
{
	char insn[TEXT_MAX], dead[TEXT_MAX];
	uint64_t off = 0;
	const char *fn = ab_guest_symbol(g, s->addr, &off);

	ab_site_disassemble(s, insn, sizeof(insn));
	dead_text(g, s->dead, dead, sizeof(dead));
	printf("    {\"addr\": %" PRIu64, s->addr);
	json_field("op", ab_op_name(s->op));
	json_field("insn", insn);
	json_field("function", fn ? fn : "");
	printf(", \"offset\": %" PRIu64, off);
	json_field("section", s->section);
	printf(", \"section_offset\": %" PRIu64 ", \"insn_len\": %u, \"total_len\": %u, "
	       "\"count\": %u, \"bits\": %u", s->section_off, s->insn_len,
	       s->total_len, s->count, s->code_bits);
	json_field("rule", s->rule);
	json_field("arg", s->arg);
	json_field("dead", strcmp(dead, "-") ? dead : "");
	json_field("state", ab_site_state_text(s->state));
	printf("}%s\n", last ? "" : ",");
}

int list_sites(struct ab_guest *g, bool json)
{
	if (json) {
		printf("{\n  \"guest\": ");
		json_string(stdout, g->path);
		printf(",\n  \"machine\": \"%s\",\n  \"build_id\": \"",
		       ab_machine_name(g->machine));
		for (unsigned i = 0; i < g->build_id_len; i++)
			printf("%02x", g->build_id[i]);
		printf("\",\n  \"patched\": ");
		json_string(stdout, g->patched);
		printf(",\n  \"bad\": %zu,\n  \"sites\": [\n", g->nbad);
	}
	for (size_t i = 0; i < g->nsite; i++) {
		if (json)
			list_json(g, &g->site[i], i + 1 == g->nsite);
		else
			list_text(g, &g->site[i]);
	}
	if (json) {
		printf("  ]\n}\n");
	} else {
		printf("%zu sites, %zu bad\n", g->nsite, g->nbad);
		if (g->patched[0])
			printf("patched for target %s\n", g->patched);
	}
	return 0;
}

void print_stats(const struct ab_guest *g, const struct ab_wedge *w)
{
	enum { INLINED, STUBBED, NATIVE, LEFT, BAD, COLUMNS };
	struct { size_t n[COLUMNS]; } row[AB_OP_COUNT + 1] = { 0 };
	size_t *sum = row[AB_OP_COUNT].n;

	for (size_t i = 0; i < g->nsite; i++) {
		const struct ab_site *s = &g->site[i];
		unsigned form = s->template < 0 ? 0 : w->tmpl[s->template].form;
		unsigned col = s->state != AB_SITE_OK ? BAD :
			       form == AB_FORM_INLINE ? INLINED :
			       form == AB_FORM_STUB ? STUBBED :
			       form == AB_FORM_NATIVE ? NATIVE : LEFT;

		row[ab_op_info(s->op) ? s->op : 0].n[col]++;
		sum[col]++;
	}
	printf("%-14s %8s %8s %8s %8s %8s\n", "op", "inlined", "stubbed", "native",
	       "left", "bad");
	for (unsigned op = 0; op <= AB_OP_COUNT; op++) {
		const size_t *n = row[op].n;
		size_t all = 0;

		for (unsigned c = 0; c < COLUMNS; c++)
			all += n[c];
		if (all || op == AB_OP_COUNT)
			printf("%-14s %8zu %8zu %8zu %8zu %8zu\n",
			       op == AB_OP_COUNT ? "all" : ab_op_name(op), n[INLINED],
			       n[STUBBED], n[NATIVE], n[LEFT], n[BAD]);
	}
}
