/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `aftermon import`: the command, and the table that the readers fill.
 *
 * Other hypervisors say where a guest left, at best why, and never with which
 * bytes: those come from the guest's file.
 */
#include "monitor/import.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/cmdline.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "lib/file.h"
#include "monitor/broker.h"

#define EM_386_		3u
#define EM_X86_64_	62u
#define FUNCTION_MAX	65536u
#define SPANS_MAX	4096u

/* ---- the table ---- */

static size_t slot_hash(const struct import *m, uint64_t addr, unsigned op,
			unsigned kind)
{
	uint64_t h = (addr ^ (uint64_t)op << 48 ^ (uint64_t)kind << 56) *
		0x9e3779b97f4a7c15ull;

	return (size_t)(h >> 32) & (m->nslot - 1);
}

static struct ab_profile_record *slot_find(struct import *m, uint64_t addr, unsigned op,
					   unsigned kind)
{
	size_t i = slot_hash(m, addr, op, kind);

	while (m->slot[i].count && (m->slot[i].addr != addr || m->slot[i].op != op ||
				    m->slot[i].kind != kind))
		i = (i + 1) & (m->nslot - 1);
	return &m->slot[i];
}

static void table_grow(struct import *m)
{
	struct ab_profile_record *old = m->slot;
	size_t i, n = m->nslot;

	m->nslot = n ? n * 2 : 1024;
	m->slot = xcalloc(m->nslot, sizeof *m->slot);
	for (i = 0; i < n; i++)
		if (old[i].count)
			*slot_find(m, old[i].addr, old[i].op, old[i].kind) = old[i];
	free(old);
}

static int decode_at(const struct import *m, uint64_t addr, struct ab_insn *in)
{
	size_t left;
	const uint8_t *p = m->guest ? ab_guest_code(m->guest, addr, &left) : NULL;

	return p ? ab_decode(p, left, m->guest->machine == EM_X86_64_ ? 64 : 32, in) : -1;
}

/* Where the instruction before (addr) begins: found by reading its function from
 * the start, since x86 code cannot be read backwards.  0: not found. */
static uint64_t instruction_before(const struct import *m, uint64_t addr)
{
	uint64_t off, at;
	struct ab_insn in;

	if (!addr || !m->guest || !ab_guest_symbol(m->guest, addr - 1, &off) ||
	    off > FUNCTION_MAX)
		return 0;
	for (at = addr - 1 - off; at < addr; ) {
		int n = decode_at(m, at, &in);

		if (n < 1)
			return 0;
		if (at + (unsigned)n == addr)
			return at;
		at += (unsigned)n;
	}
	return 0;
}

/* In the second that the last import_time() named; a trace of days ends in one
 * long span. */
static void span_add(struct import *m, unsigned kind, uint64_t cycles)
{
	uint64_t second = m->now > m->first ? (m->now - m->first) / m->khz / 1000 : 0;
	uint32_t n = second < SPANS_MAX ? (uint32_t)second + 1 : SPANS_MAX;

	if (n > m->nspan) {
		m->span = xrealloc(m->span, n * sizeof *m->span);
		for (; m->nspan < n; m->nspan++)
			m->span[m->nspan] = (struct ab_profile_span){
				.end_ns = (m->nspan + 1) * 1000000000ull,
			};
	}
	m->span[n - 1].count[kind]++;
	m->span[n - 1].cycles[kind] += cycles;
}

/* The instruction whose emulation ended at (*addr): the one before, or, where the
 * emulation ended in a fault of the guest's, the one there. */
static int emulated_find(const struct import *m, uint64_t *addr, struct ab_insn *in)
{
	uint64_t before = instruction_before(m, *addr);
	struct ab_insn there = { 0 };
	int n;

	if (!before)
		return -1;
	n = decode_at(m, before, in);
	if (!in->op && decode_at(m, *addr, &there) > 0 && there.op) {
		*in = there;
		return there.len;
	}
	*addr = before;
	return n;
}

void import_hit(struct import *m, uint64_t addr, bool after, unsigned op, unsigned kind,
		uint64_t cycles, unsigned page_class)
{
	struct ab_profile_record *r;
	struct ab_insn in = { 0 };
	int n = after ? emulated_find(m, &addr, &in) : decode_at(m, addr, &in);

	if (n > 0 && kind == AB_PROF_TRAP && op == AB_OP_NONE)
		op = in.op;
	if (m->used * 2 >= m->nslot)
		table_grow(m);
	r = slot_find(m, addr, op, kind);
	if (!r->count) {
		m->used++;
		r->addr = addr;
		r->op = (uint16_t)op;
		r->kind = (uint8_t)kind;
		r->page_class = (uint8_t)page_class;
		r->ring = m->wide && addr < 1ull << 47 ? 3 : 0;
		if (n > 0) {
			r->insn_len = (uint8_t)n;
			memcpy(r->insn, in.bytes, (size_t)n);
		}
	}
	span_add(m, kind, cycles);
	r->count++;
	r->cycles = r->cycles > UINT64_MAX - cycles ? UINT64_MAX : r->cycles + cycles;
	if (cycles > r->cycles_max)
		r->cycles_max = cycles;
	for (n = 0; n < AB_PROFILE_HIST - 1 && cycles >> (n + 7); n++)
		;
	if (r->hist[n] < UINT32_MAX)
		r->hist[n]++;
}

void import_time(struct import *m, uint64_t time)
{
	if (!m->first || time < m->first)
		m->first = time;
	if (time > m->last)
		m->last = time;
	m->now = time;
}

void import_finish(struct import *m, struct profile *out)
{
	size_t i, n = 0;

	profile_new(out, m->used, m->nspan);
	if (m->nspan)
		memcpy(out->span, m->span, m->nspan * sizeof *m->span);
	for (i = 0; i < m->nslot; i++)
		if (m->slot[i].count)
			out->rec[n++] = m->slot[i];
	profile_sort(out);
	out->head.machine = m->wide ? EM_X86_64_ : EM_386_;
	out->head.complete = 1;
	if (!m->guest)
		return;
	out->head.machine = m->guest->machine;
	out->head.build_id_len = m->guest->build_id_len;
	memcpy(out->head.build_id, m->guest->build_id, m->guest->build_id_len);
}

void import_free(struct import *m)
{
	free(m->slot);
	free(m->span);
	ab_guest_close(m->guest);
}

/* ---- the command ---- */

enum { OPT_FROM = 256, OPT_GUEST, OPT_KHZ };

static const struct option options[] = {
	{ "from", required_argument, NULL, OPT_FROM },
	{ "guest", required_argument, NULL, OPT_GUEST },
	{ "khz", required_argument, NULL, OPT_KHZ },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char help_text[] =
"Usage: aftermon import --from kvm|xen FILE [OPTION]... -o PROFILE\n"
"Make a trap profile of another hypervisor's trace.\n"
"\n"
"      --from kvm         text of perf script or trace-cmd report, with kvm_exit\n"
"                         and, if recorded, kvm_entry, kvm_pio, kvm_mmio, kvm_msr\n"
"      --from xen         what xentrace wrote (events 0x0020f000)\n"
"      --guest GUEST      the guest's ELF file: instructions, build-id; tune\n"
"                         needs both\n"
"      --khz N            xen: cycles a millisecond (default 1000000)\n"
"  -o, --output FILE      where to write, whole or not at all\n"
"  -h, --help             this text\n";

struct source {
	const char *name;
	int (*read)(struct import *, const void *data, size_t size);
};

struct import_options {
	const struct source *from;
	const char *file, *guest, *output;
	uint64_t khz;
};

static const struct source sources[] = {
	{ "kvm", import_kvm }, { "xen", import_xen }, { NULL, NULL }
};

static const struct source *source_find(const char *name)
{
	const struct source *s;

	for (s = sources; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	die_usage("--from: '%s' is none of kvm, xen", name);
}

static uint64_t khz_parse(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > 100000000)
		die_usage("--khz: '%s' is no clock rate in kHz", text);
	return n;
}

static void options_parse(int argc, char **argv, struct import_options *o)
{
	int c;

	*o = (struct import_options){ .khz = 1000000 };
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (c) {
		case OPT_FROM:
			o->from = source_find(optarg);
			break;
		case OPT_GUEST:
			o->guest = optarg;
			break;
		case OPT_KHZ:
			o->khz = khz_parse(optarg);
			break;
		case 'o':
			o->output = optarg;
			break;
		default:
			cmdline_other(c, argv, help_text);
		}
	}
	if (!o->from)
		die_usage("import: --from is missing: kvm or xen");
	if (optind + 1 != argc)
		die_usage("import: give one trace");
	if (!o->output)
		die_usage("import: -o is missing: where to write the profile");
	o->file = argv[optind];
}

static int trace_read(struct import *m, const struct import_options *o)
{
	char *data;
	size_t size;
	int ret;

	if (file_read(o->file, &data, &size)) {
		error("%s: cannot read the trace: %s", o->file, strerror(errno));
		return -1;
	}
	ret = o->from->read(m, data, size);
	free(data);
	return ret;
}

int command_import(int argc, char **argv)
{
	struct import_options o;
	struct import m = { 0 };
	struct profile p = { 0 };
	int ret = -1;

	options_parse(argc, argv, &o);
	m.name = o.file;
	m.khz = o.khz;
	if (o.guest && !(m.guest = ab_guest_open(o.guest)))
		return AB_EXIT_FAIL;
	m.wide = m.guest && m.guest->machine == EM_X86_64_;
	if (!trace_read(&m, &o)) {
		import_finish(&m, &p);
		snprintf(p.head.target, sizeof p.head.target, "%s", o.from->name);
		p.head.tsc_khz = o.khz;
		p.head.run_ns = (uint64_t)((double)(m.last - m.first) * 1e6 / (double)o.khz);
		ret = profile_write(o.output, &p);
		if (!ret && !p.head.nrecords)
			warn("%s: no event in it that a profile could hold", o.file);
	}
	profile_free(&p);
	import_free(&m);
	return ret ? AB_EXIT_FAIL : AB_EXIT_OK;
}
