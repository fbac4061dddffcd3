/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * aftermon run --stats: what happened how often, how much memory the guest touched,
 * and what cost most, out of the trap profile, which is kept for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "abi/ops.h"
#include "lib/decode.h"
#include "lib/diag.h"
#include "monitor/broker.h"
#include "monitor/rank.h"

#define COSTS	6u		/* the largest are printed */

static const struct {
	const char *name, *text;
} stats[MON_STAT_COUNT] = {
	[MON_STAT_TRAP] = { "traps", "operations emulated after a fault" },
	[MON_STAT_CALL] = { "calls", "of patched sites into the monitor" },
	[MON_STAT_MMIO] = { "mmio", "accesses to device memory" },
	[MON_STAT_SHADOW] = { "shadow", "misses filled from the page tables" },
	[MON_STAT_FAULT] = { "exceptions", "delivered to the guest" },
	[MON_STAT_SYSCALL] = { "syscalls", "ring-3 int n" },
	[MON_STAT_FAST] = { "vsyscalls", "ring-3 system calls without a trap" },
	[MON_STAT_IRQ] = { "interrupts", "delivered to the guest" },
	[MON_STAT_DOORBELL] = { "doorbell", "faults of sti and popf" },
	[MON_STAT_FLUSH] = { "flushes", "of the whole shadow" },
	[MON_STAT_EVICT] = { "evictions", "of the shadow for want of mappings" },
	[MON_STAT_SPACE] = { "spaces", "address-space switches" },
	[MON_STAT_HANDOVER] = { "handovers", "between vCPU processes" },
	[MON_STAT_IDLE] = { "idle", "waits for an interrupt" },
	[MON_STAT_MEND] = { "mended", "selectors in ring 3" },
	[MON_STAT_DISK] = { "disk", "requests to virtio disks" },
	[MON_STAT_BLOCK] = { "translated", "blocks of guest code" },
};

static void number_print(const char *name, uint64_t number, const char *text)
{
	fprintf(stderr, "%-10s %14llu  %s\n", name, (unsigned long long)number, text);
}

static void sites_print(const struct ab_patch *p)
{
	number_print("inline", p->inlined, "sites patched in place");
	number_print("stubs", p->stubbed, "sites with a stub");
	number_print("trapped", p->trapped, "sites overwritten by a trap");
	number_print("left", p->left, "sites left to trap");
}

/* RAM is a file of its own, which has pages where it was touched. */
static void memory_print(const struct broker *b)
{
	struct rusage vcpu, own;
	struct stat st;

	if (!fstat(b->mon.ram_fd, &st))
		number_print("ram", (uint64_t)st.st_blocks / 2, "KiB of guest memory were touched");
	if (!getrusage(RUSAGE_CHILDREN, &vcpu) && !getrusage(RUSAGE_SELF, &own))
		number_print("resident", (uint64_t)(vcpu.ru_maxrss > own.ru_maxrss ?
						    vcpu.ru_maxrss : own.ru_maxrss),
			     "KiB, guest memory among them, at most in a process");
}

/* ---- what cost most ---- */

struct cost {			/* of one kind and op */
	uint64_t count, cycles;
	uint64_t most, at;	/* cycles of its costliest place */
};

static void costs_sum(const struct profile *p, struct cost *cost)
{
	uint64_t i;

	for (i = 0; i < p->head.nrecords; i++) {
		const struct ab_profile_record *r = &p->rec[i];
		struct cost *c = &cost[r->kind * AB_OP_COUNT + r->op];

		c->count += r->count;
		c->cycles += r->cycles;
		if (r->cycles >= c->most) {
			c->most = r->cycles;
			c->at = r->addr;
		}
	}
}

static void cost_print(struct broker *b)
{
	const uint32_t n = AB_PROF_KINDS * AB_OP_COUNT;
	double all = (double)(b->end_ns - b->start_ns) * (double)b->mon.tsc_khz / 1e6;
	struct cost *cost = xcalloc(n, sizeof *cost);
	struct rank *rank = xcalloc(n, sizeof *rank);
	struct profile p;
	char place[160];
	uint32_t i;

	profile_collect(b, &p, true);
	costs_sum(&p, cost);
	for (i = 0; i < n; i++)
		rank[i] = (struct rank){ .weight = cost[i].cycles, .at = i };
	rank_sort(rank, n);
	for (i = 0; i < COSTS && rank[i].weight && all > 0; i++) {
		const struct cost *c = &cost[rank[i].at];
		unsigned op = rank[i].at % AB_OP_COUNT;

		place_format(b, c->at, place, sizeof place);
		fprintf(stderr, "%-10s %14.2f  %% of the time: %s%s%s, %llu times, most at %s\n",
			"cost", 100 * (double)c->cycles / all,
			profile_kind_name(rank[i].at / AB_OP_COUNT), op ? " of " : "",
			op ? ab_op_name(op) : "", (unsigned long long)c->count, place);
	}
	profile_free(&p);
	free(rank);
	free(cost);
}

/* "NAME NUMBER  TEXT" a line: scripts read it. */
void stats_print(struct broker *b)
{
	unsigned i;

	fprintf(stderr, "%-10s %14.3f  seconds\n", "time",
		(double)(b->end_ns - b->start_ns) / 1e9);
	for (i = 0; i < MON_STAT_COUNT; i++)
		number_print(stats[i].name, b->mon.sh->stat[i], stats[i].text);
	if (b->mon.target == MON_HOSTED)
		sites_print(&b->patch);
	memory_print(b);
	cost_print(b);
}
