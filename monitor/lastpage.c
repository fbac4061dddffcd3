/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last page of a guest that died: registers, the instruction, the stack and
 * the call chain, with names where the guest has symbols.
 *
 * The vCPU's state comes from shared memory that the guest may have written
 * over: it is copied, and guest memory is only read through the page walk of
 * wedge/core over a bounds-checked view of RAM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/core.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/view.h"

#define FRAMES	16
#define STACK	8

void place_format(struct broker *b, uint64_t addr, char *buf, size_t size)
{
	uint64_t offset = 0;
	const char *name = ab_guest_symbol(b->guest, addr, &offset);

	if (name)
		snprintf(buf, size, "0x%08llx (%.100s+0x%llx)",
			 (unsigned long long)addr, name,
			 (unsigned long long)offset);
	else
		snprintf(buf, size, "0x%08llx", (unsigned long long)addr);
}

static void registers_print(const struct ab_cpu *c)
{
	static const char *const seg[] = { "es", "cs", "ss", "ds", "fs", "gs" };
	unsigned i;

	fprintf(stderr, "  eax %08x  ebx %08x  ecx %08x  edx %08x\n",
		(unsigned)c->gpr[AB_EAX], (unsigned)c->gpr[AB_EBX],
		(unsigned)c->gpr[AB_ECX], (unsigned)c->gpr[AB_EDX]);
	fprintf(stderr, "  esi %08x  edi %08x  ebp %08x  esp %08x\n",
		(unsigned)c->gpr[AB_ESI], (unsigned)c->gpr[AB_EDI],
		(unsigned)c->gpr[AB_EBP], (unsigned)c->gpr[AB_ESP]);
	fprintf(stderr, "  eip %08x  eflags %08x  ring %u%s\n", (unsigned)c->rip,
		(unsigned)c->rflags, c->cpl & 3u, c->halted ? "  halted" : "");
	fprintf(stderr, "  cr0 %08x  cr2 %08x  cr3 %08x  cr4 %08x\n",
		(unsigned)c->cr0, (unsigned)c->cr2, (unsigned)c->cr3,
		(unsigned)c->cr4);
	for (i = 0; i < AB_SEG_COUNT; i++)
		fprintf(stderr, "  %s %04x%s", seg[i], c->seg[i].sel,
			i == AB_SEG_COUNT - 1 ? "\n" : "");
	fprintf(stderr, "  gdt %08x+%04x  idt %08x+%04x  ldt %04x  tr %04x\n",
		(unsigned)c->gdtr.base, c->gdtr.limit, (unsigned)c->idtr.base,
		c->idtr.limit, c->ldtr.sel, c->tr.sel);
}

/* The guest's own instruction, where a site is patched. */
static bool site_print(struct broker *b, uint64_t at, uint8_t first, const char *place)
{
	const struct ab_site *s = ab_guest_site(b->guest, at);
	char text[160];

	if (!s || s->state != AB_SITE_OK || first != b->guest->data[s->offset] ||
	    first == s->orig[0])
		return false;
	ab_site_disassemble(s, text, sizeof text);
	fprintf(stderr, "  at %s: %s  [patched]\n", place, text);
	return true;
}

static void instruction_print(struct broker *b, struct ab_machine *m)
{
	uint64_t at = (uint32_t)(m->cpu.seg[AB_SEG_CS].base + m->cpu.rip);
	uint8_t bytes[15];
	char text[160], place[160];
	size_t n = sizeof bytes;
	int len;

	place_format(b, at, place, sizeof place);
	while (n && !view_read(m, at, bytes, n))
		n--;
	if (!n) {
		fprintf(stderr, "  at %s: (not mapped)\n", place);
		return;
	}
	if (site_print(b, at, bytes[0], place))
		return;
	len = ab_disassemble(bytes, n, 32, at, text, sizeof text);
	fprintf(stderr, "  at %s: %s  [", place, text);
	for (int i = 0; i < len && i < (int)n; i++)
		fprintf(stderr, "%s%02x", i ? " " : "", bytes[i]);
	fputs("]\n", stderr);
}

static void stack_print(struct ab_machine *m)
{
	uint64_t sp = (uint32_t)(m->cpu.seg[AB_SEG_SS].base +
				 (uint32_t)m->cpu.gpr[AB_ESP]);
	uint32_t word;
	unsigned i;

	fputs("  stack:", stderr);
	for (i = 0; i < STACK; i++) {
		if (!view_read(m, sp + 4 * i, &word, sizeof word)) {
			fputs(" (not mapped)", stderr);
			break;
		}
		fprintf(stderr, " %08x", word);
	}
	fputc('\n', stderr);
}

/* By frame pointers, as far as they lead upwards. */
static void calls_print(struct broker *b, struct ab_machine *m)
{
	uint32_t ebp = (uint32_t)m->cpu.gpr[AB_EBP], frame[2];
	char place[160];
	unsigned i;

	for (i = 0; i < FRAMES && ebp; i++) {
		if (!view_read(m, ebp, frame, sizeof frame) || !frame[1])
			break;
		place_format(b, frame[1], place, sizeof place);
		fprintf(stderr, "  called from %s\n", place);
		if (frame[0] <= ebp)
			break;
		ebp = frame[0];
	}
}

void last_page_print(struct broker *b)
{
	struct ab_machine *m = xmalloc(sizeof *m);
	uint32_t len = b->mon.sh->text_len;
	char *text;

	memcpy(m, b->mon.machine, sizeof *m);
	view_attach(m, &b->mon);
	if (len > MON_TEXT_MAX)
		len = MON_TEXT_MAX;
	registers_print(&m->cpu);
	instruction_print(b, m);
	stack_print(m);
	calls_print(b, m);
	if (len) {
		text = xmalloc(len + 1);
		text_clean(text, len + 1, b->mon.sh->text, len, true);
		fputs(text, stderr);
		free(text);
	}
	free(m);
}
