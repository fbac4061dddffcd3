/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM's exits, from the text of `perf script` or `trace-cmd report`:
 *
 *   qemu-system-x86  4711 [001]  100.000001: kvm:kvm_exit: vcpu 0 reason CPUID rip 0x...
 *   qemu-system-x86-4711  [001]   100.000001: kvm_exit:  reason CPUID rip 0x... info 0 0
 *
 * What comes between an exit and the next entry of the same thread says more
 * about it: which port, which MSR, that the page was a device's.  The time to that
 * entry is the cost, a nanosecond counting as a cycle.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ops.h"
#include "lib/diag.h"
#include "monitor/import.h"

#define THREADS_MAX	4096u
#define LAPIC		0xfee00000u

/* Both vendors' names.  Without an op: what follows, or the guest's file, tells. */
static const struct reason {
	const char *name;
	uint16_t op;
	uint8_t kind;
} reasons[] = {
	{ "CPUID", AB_OP_CPUID, AB_PROF_TRAP }, { "cpuid", AB_OP_CPUID, AB_PROF_TRAP },
	{ "HLT", AB_OP_HLT, AB_PROF_TRAP }, { "hlt", AB_OP_HLT, AB_PROF_TRAP },
	{ "INVLPG", AB_OP_INVLPG, AB_PROF_TRAP }, { "invlpg", AB_OP_INVLPG, AB_PROF_TRAP },
	{ "INVPCID", AB_OP_INVPCID, AB_PROF_TRAP }, { "invpcid", AB_OP_INVPCID, AB_PROF_TRAP },
	{ "INVD", AB_OP_INVD, AB_PROF_TRAP }, { "invd", AB_OP_INVD, AB_PROF_TRAP },
	{ "WBINVD", AB_OP_WBINVD, AB_PROF_TRAP }, { "wbinvd", AB_OP_WBINVD, AB_PROF_TRAP },
	{ "RDPMC", AB_OP_RDPMC, AB_PROF_TRAP }, { "rdpmc", AB_OP_RDPMC, AB_PROF_TRAP },
	{ "RDTSC", AB_OP_RDTSC, AB_PROF_TRAP }, { "rdtsc", AB_OP_RDTSC, AB_PROF_TRAP },
	{ "RDTSCP", AB_OP_RDTSCP, AB_PROF_TRAP }, { "rdtscp", AB_OP_RDTSCP, AB_PROF_TRAP },
	{ "VMCALL", AB_OP_VMCALL, AB_PROF_TRAP }, { "vmmcall", AB_OP_VMMCALL, AB_PROF_TRAP },
	{ "MSR_READ", AB_OP_RDMSR, AB_PROF_TRAP }, { "MSR_WRITE", AB_OP_WRMSR, AB_PROF_TRAP },
	{ "msr", AB_OP_NONE, AB_PROF_TRAP },
	{ "IO_INSTRUCTION", AB_OP_NONE, AB_PROF_TRAP }, { "io", AB_OP_NONE, AB_PROF_TRAP },
	{ "CR_ACCESS", AB_OP_NONE, AB_PROF_TRAP }, { "DR_ACCESS", AB_OP_NONE, AB_PROF_TRAP },
	{ "read_cr", AB_OP_READ_CR, AB_PROF_TRAP }, { "write_cr", AB_OP_WRITE_CR, AB_PROF_TRAP },
	{ "read_dr", AB_OP_READ_DR, AB_PROF_TRAP }, { "write_dr", AB_OP_WRITE_DR, AB_PROF_TRAP },
	{ "GDTR_IDTR", AB_OP_NONE, AB_PROF_TRAP }, { "LDTR_TR", AB_OP_NONE, AB_PROF_TRAP },
	{ "XSETBV", AB_OP_XSETBV, AB_PROF_TRAP }, { "xsetbv", AB_OP_XSETBV, AB_PROF_TRAP },
	{ "MWAIT_INSTRUCTION", AB_OP_MWAIT, AB_PROF_TRAP }, { "mwait", AB_OP_MWAIT, AB_PROF_TRAP },
	{ "MONITOR_INSTRUCTION", AB_OP_MONITOR, AB_PROF_TRAP },
	{ "monitor", AB_OP_MONITOR, AB_PROF_TRAP },
	{ "EPT_VIOLATION", AB_OP_NONE, AB_PROF_SHADOW }, { "npf", AB_OP_NONE, AB_PROF_SHADOW },
	{ "EPT_MISCONFIG", AB_OP_NONE, AB_PROF_MMIO },
	{ "EXCEPTION_NMI", AB_OP_NONE, AB_PROF_FAULT },
};

struct thread {
	unsigned long pid;
	bool out;			/* between exit and entry */
	uint64_t since, rip;
	unsigned op, kind, page;
};

struct reader {
	struct import *m;
	struct thread *thread;
	size_t nthread;
	size_t events;
};

static struct thread *thread_of(struct reader *r, unsigned long pid)
{
	size_t i;

	for (i = 0; i < r->nthread; i++)
		if (r->thread[i].pid == pid)
			return &r->thread[i];
	if (r->nthread == THREADS_MAX)
		return NULL;
	r->thread = xrealloc(r->thread, (r->nthread + 1) * sizeof *r->thread);
	r->thread[r->nthread] = (struct thread){ .pid = pid };
	return &r->thread[r->nthread++];
}

static void exit_count(struct reader *r, struct thread *t, uint64_t now)
{
	if (t->out)
		import_hit(r->m, t->rip, false, t->op, t->kind,
			   now > t->since ? now - t->since : 0, t->page);
	t->out = false;
}

/* Names ending in a register's number stand in the table without it. */
static const struct reason *reason_find(const char *s, size_t n)
{
	size_t i;

	if (n > 7 && (!memcmp(s, "read_", 5) || !memcmp(s, "write_", 6)))
		while (isdigit((unsigned char)s[n - 1]))
			n--;
	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strlen(reasons[i].name) == n && !memcmp(reasons[i].name, s, n))
			return &reasons[i];
	return NULL;
}

/* The word after (key), NULL when the line has none. */
static const char *value_of(const char *line, const char *key)
{
	const char *p = strstr(line, key);

	return p ? p + strlen(key) : NULL;
}

static void on_exit_event(struct reader *r, struct thread *t, const char *rest, uint64_t now)
{
	const char *name = value_of(rest, "reason "), *rip = value_of(rest, "rip ");
	const struct reason *why;

	exit_count(r, t, now);
	if (!name || !rip) {
		r->m->other++;
		return;
	}
	why = reason_find(name, strcspn(name, " "));
	if (!why) {
		r->m->other++;	/* an interrupt of the host's, say */
		return;
	}
	*t = (struct thread){ .pid = t->pid, .out = true, .since = now,
			      .rip = strtoull(rip, NULL, 16), .op = why->op,
			      .kind = why->kind };
	r->m->wide |= t->rip >> 32 != 0;
}

/* kvm_pio, kvm_mmio, kvm_msr: more about the exit that is under way. */
static void on_detail(struct thread *t, const char *event, const char *rest)
{
	bool write = strstr(rest, "write") != NULL;

	const char *gpa = value_of(rest, "gpa ");

	if (!strcmp(event, "kvm_mmio")) {
		t->kind = AB_PROF_MMIO;
		t->page = gpa ? ab_profile_page_at(strtoull(gpa, NULL, 16), LAPIC, 1) :
			AB_PAGE_DEVICE;
	} else if (!strcmp(event, "kvm_pio") && t->kind == AB_PROF_TRAP)
		t->op = write ? AB_OP_PORT_OUT : AB_OP_PORT_IN;
	else if (!strcmp(event, "kvm_msr") && t->kind == AB_PROF_TRAP)
		t->op = write ? AB_OP_WRMSR : AB_OP_RDMSR;
}

/* "pid [cpu] seconds.micros: event: rest".  False: no such line. */
static bool line_parse(const char *line, unsigned long *pid, uint64_t *ns, char event[32],
		       const char **rest)
{
	const char *cpu = strchr(line, '['), *p = cpu, *colon;
	unsigned long long s;
	char *end;
	unsigned digits = 0;
	size_t n;

	while (p > line && isspace((unsigned char)p[-1]))
		p--;
	while (p > line && isdigit((unsigned char)p[-1]))
		p--;
	if (!cpu || !isdigit((unsigned char)*p))
		return false;
	*pid = strtoul(p, NULL, 10);
	p = strchr(cpu, ']');
	p = p ? p + 1 + strspn(p + 1, " \t") : cpu;
	while (*p && !isdigit((unsigned char)*p))	/* trace-cmd's latency flags */
		p += strcspn(p, " ") + strspn(p + strcspn(p, " "), " ");
	s = strtoull(p, &end, 10);
	*ns = s * 1000000000u;
	if (*end++ != '.')
		return false;
	for (s = 100000000; isdigit((unsigned char)*end); end++, digits++, s /= 10)
		*ns += s * (unsigned)(*end - '0');
	if (!digits || *end++ != ':')
		return false;
	end += strspn(end, " \t");
	if (!strncmp(end, "kvm:", 4))
		end += 4;
	colon = strchr(end, ':');
	n = colon ? (size_t)(colon - end) : 0;
	if (!n || n > 31)
		return false;
	memcpy(event, end, n);
	event[n] = '\0';
	*rest = colon + 1;
	return true;
}

static void line_read(struct reader *r, const char *line)
{
	unsigned long pid;
	const char *rest;
	struct thread *t;
	char event[32];
	uint64_t ns;

	if (!line_parse(line, &pid, &ns, event, &rest) || strncmp(event, "kvm_", 4))
		return;
	r->events++;
	t = thread_of(r, pid);
	if (!t) {
		r->m->other++;
		return;
	}
	import_time(r->m, ns);
	if (!strcmp(event, "kvm_exit"))
		on_exit_event(r, t, rest, ns);
	else if (!strcmp(event, "kvm_entry"))
		exit_count(r, t, ns);
	else if (t->out)
		on_detail(t, event, rest);
}

int import_kvm(struct import *m, const void *data, size_t size)
{
	struct reader r = { .m = m };
	const char *p = data, *end = p + size;
	size_t i;

	while (p < end) {
		size_t n = (size_t)((const char *)(memchr(p, '\n', (size_t)(end - p)) ?: end) - p);
		char *line = xstrndup(p, n);

		line_read(&r, line);
		free(line);
		p += n + 1;
	}
	for (i = 0; i < r.nthread; i++)
		exit_count(&r, &r.thread[i], r.thread[i].since);
	free(r.thread);
	if (r.events)
		return 0;
	error("%s: no KVM event in it: record kvm:kvm_exit and kvm:kvm_entry, and give the text of perf script or trace-cmd report",
	      m->name);
	return -1;
}
